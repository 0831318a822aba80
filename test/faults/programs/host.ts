// a host that leases a VM, says which process it is on, and works until it is killed
import * as Effect from "effect/Effect"
import { NodeSidecar } from "../../../layers/node/index.ts"
import { Vm } from "../../../services/Vm.ts"
import { sidecarsOf } from "../support.ts"

const program = Effect.gen(function*() {
  const vm = yield* Vm.make({})
  yield* vm.processes.exec("echo started")
  yield* Effect.sync(() => process.stdout.write(`${sidecarsOf(process.pid).join()}\n`))
  yield* Effect.all([vm.processes.exec("while true; do :; done"), vm.processes.exec("cat /dev/zero > /dev/null")], {
    concurrency: 2
  })
}).pipe(
  Effect.scoped,
  Effect.provide(NodeSidecar.layerWith({ program: process.argv[2] ?? "", socketPath: process.argv[3] }))
)

void Effect.runPromise(program)
