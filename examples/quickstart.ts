// One VM for a program: write a file, run what a model might have written, read the result.
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { Filesystem, Processes, Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"

const program = Effect.gen(function*() {
  const files = yield* Filesystem
  const processes = yield* Processes
  yield* files.writeFile("/home/user/sales.csv", "north,3\nsouth,9\neast,5\n")
  const { exitCode, stdout } = yield* processes.exec("sort -t, -k2 -nr sales.csv | head -2 | tee top.csv", {
    cwd: "/home/user"
  })
  yield* Console.log(exitCode, stdout, yield* files.readFileString("/home/user/top.csv"))
})

program.pipe(Effect.provide(Vm.layer({})), Effect.provide(NodeSidecar.layer), NodeRuntime.runMain)
