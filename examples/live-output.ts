// Output as it comes, and a deadline: what was said before it is there, and the error says why it ended.
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Stream } from "effect"
import { Processes, Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"

const countdown = `
for i in 3 2 1; do
  echo "$i ..."
  sleep 0.2
done
echo "now something that takes too long"
sleep 60
`

const program = Effect.gen(function*() {
  const processes = yield* Processes
  const decoder = new TextDecoder()
  yield* processes.run(countdown, { timeout: "1500 millis" }).pipe(
    Stream.runForEach((event) => {
      switch (event._tag) {
        case "Started":
          return Console.log(`process ${event.pid} has started`)
        case "Stdout":
        case "Stderr":
          return Console.log(`  ${decoder.decode(event.bytes).trimEnd()}`)
        case "Exited":
          return Console.log(`exit code ${event.exitCode}`)
      }
    }),
    Effect.catchTag("ProcessError", (error) => Console.log(`ended early: ${error.reason}`))
  )
  // the VM is as good as before
  const { stdout } = yield* processes.exec("echo still here")
  yield* Console.log(stdout.trim())
})

program.pipe(Effect.provide(Vm.layer({})), Effect.provide(NodeSidecar.layer), NodeRuntime.runMain)
