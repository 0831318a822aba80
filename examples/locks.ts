// Several workers share one queue file of a VM: each takes its lock for a Scope, and waits for the others meanwhile.
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { Filesystem, Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"

const queue = "/home/user/queue"

const takeNext = Effect.gen(function*() {
  const files = yield* Filesystem
  yield* files.lock(queue)
  const [next, ...rest] = (yield* files.readFileString(queue)).split(" ")
  yield* files.writeFile(queue, rest.join(" "))
  return next
}).pipe(Effect.scoped)

const program = Effect.gen(function*() {
  const files = yield* Filesystem
  yield* files.writeFile(queue, "a b c d e f g h")
  yield* files.setXattr(queue, "user.purpose", "work to be shared")
  const taken = yield* Effect.all(Array.from({ length: 8 }, () => takeNext), { concurrency: 4 })
  yield* Console.log(`each job once: ${taken.slice().sort().join(" ")}`)
  yield* Console.log((yield* files.listXattrs(queue)).join(" "))
})

program.pipe(Effect.provide(Vm.layer({})), Effect.provide(NodeSidecar.layer), NodeRuntime.runMain)
