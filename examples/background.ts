// A process that runs beside the program: its lines as they come, its output from where one stopped, and its end.
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Stream } from "effect"
import { Processes, Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"

const program = Effect.gen(function*() {
  const processes = yield* Processes
  const ticker = yield* processes.spawn("sh", ["-c", "for i in $(seq 1 6); do echo tick $i; sleep 0.1; done"], {
    stdin: "none"
  })
  const lines = (stream: typeof ticker.stdout) => stream.pipe(Stream.decodeText(), Stream.splitLines)
  yield* Stream.runForEach(Stream.take(lines(ticker.stdout), 2), Console.log)

  // the second reader goes on where the first one stopped, as another program could
  const { stdoutCursor } = yield* ticker.cursors
  const again = yield* processes.attach(ticker.pid, { stdoutCursor })
  yield* Stream.runForEach(lines(again.stdout), (line) => Console.log(`again: ${line}`))
  yield* Console.log(yield* again.wait)

  // killed with all its descendants when the Scope closes; here by hand
  const server = yield* processes.spawn("sh", ["-c", "sleep 100 & wait"], { stdin: "none" })
  yield* Console.log(`${(yield* processes.list).length > 0 ? "it runs" : "it does not run"}`)
  yield* processes.stopProcess(server.pid)
  yield* Console.log(yield* server.wait)
})

program.pipe(Effect.scoped, Effect.provide(Vm.layer({})), Effect.provide(NodeSidecar.layer), NodeRuntime.runMain)
