/**
 * A program that has just been started: its imports are done, no sidecar runs. Prints the milliseconds until the first
 * `echo` has ended.
 */
import * as Effect from "effect/Effect"
import { NodeSidecar } from "../../../layers/node/index.ts"
import { Vm } from "../../../services/Vm.ts"

const start = performance.now()

const program = Effect.gen(function*() {
  const vm = yield* Vm.make({})
  const leased = performance.now() - start
  const { stdout } = yield* vm.processes.exec("echo hello")
  if (stdout !== "hello\n") return yield* Effect.dieMessage(`unexpected output: ${stdout}`)
  console.log(JSON.stringify({ leased, total: performance.now() - start }))
})

await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)))
