/** What idle VMs cost the sidecar, and whether it is given back. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { SidecarHandle } from "../../services/Sidecar.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import { Vm } from "../../services/Vm.ts"
import type { Group } from "./bench.ts"
import { KiB, MiB } from "./bench.ts"
import { atLeast, atMost, row } from "./measure.ts"

/** The sidecar's resident memory once it stands still. */
export const settled = (sidecar: SidecarHandle) =>
  Effect.gen(function*() {
    let last = Number.POSITIVE_INFINITY
    // three seconds at least: a sidecar gives memory back only when it has been still for a while
    for (let i = 0, still = 0; i < 20 && still < 3; i++) {
      yield* Effect.sleep("1 second")
      const { rssBytes } = yield* sidecar.health
      still = Math.abs(rssBytes - last) < MiB / 4 ? still + 1 : 0
      last = rssBytes
    }
    return last
  })

export const memory: Group = {
  name: "memory",
  run: (settings) =>
    Effect.gen(function*() {
      const count = settings.quick ? 1000 : 10_000
      const sidecar = yield* Effect.flatMap(Sidecar, (service) => service.shared())
      yield* Vm.make({})
      // the code of leasing is loaded and warm before anything is counted
      yield* Effect.forEach(Array.from({ length: 200 }), () => Effect.scoped(Vm.make({})), { discard: true })
      const before = yield* settled(sidecar)
      const scope = yield* Scope.make()
      yield* Effect.forEach(Array.from({ length: count }), () => Scope.extend(Vm.make({}), scope), {
        concurrency: 64,
        discard: true
      })
      const held = yield* settled(sidecar)
      yield* Scope.close(scope, Exit.void)
      const after = yield* settled(sidecar)
      const each = (held - before) / count / KiB
      const returned = (100 * (held - after)) / (held - before)
      const mib = (bytes: number) => (bytes / MiB).toFixed(0)
      return [
        row(`idle VM, resident memory (${count.toLocaleString("en")} VMs)`, [each], {
          unit: "KiB",
          bar: atMost(50),
          note: `${mib(before)} MiB before, ${mib(held)} with them, ${mib(after)} after release`
        }),
        row("memory returned on release", [returned], { unit: "%", bar: atLeast(80) })
      ]
    }).pipe(Effect.scoped)
}
