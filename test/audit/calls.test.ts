/** Records of calls that were refused, and the end of an audit. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Vm } from "../../services/Vm.ts"
import { digest } from "../../src/tools/Json.ts"
import { live, subjects } from "../contract/layers.ts"
import { Orders, OrdersLive } from "../tools/kit.ts"
import { eventsOf } from "./support.ts"

const slow = {
  name: "slow",
  description: "Slow",
  tools: [{ name: "never", description: "Never ends", inputSchema: {}, execute: () => new Promise(() => {}) }]
}

for (const subject of subjects) {
  describe(`calls over ${subject.name}`, () => {
    layer(Layer.merge(subject.layer, OrdersLive), live)((it) => {
      it.scoped(
        "one that the policy denies has its decision, then its record with the digest of its input",
        () =>
          Effect.gen(function*() {
            const vm = yield* Vm.make({
              toolKits: [Orders],
              permissions: { tool: { default: "allow", rules: [{ mode: "deny", patterns: ["orders:f*"] }] } }
            })
            const { events } = yield* eventsOf(vm, vm.processes.exec("cat /etc/hostname; orders find --id 7"))
            const at = events.findIndex(({ _tag }) => _tag === "ToolCalled")
            const [decision, called] = events.slice(at - 1, at + 1)
            assert.deepInclude(decision, { _tag: "Decision", resource: "orders:find", mode: "deny", rule: 0 })
            assert.strictEqual(called.pid, decision.pid)
            assert.deepInclude(called._tag === "ToolCalled" ? called.record : {}, {
              name: "orders:find",
              sideEffect: "read",
              status: "denied",
              requestDigest: digest({ args: [], kwargs: { id: "7" } }),
              error: { code: "PERMISSION_DENIED", message: "EACCES: blocked by tool.invoke policy for orders:find" }
            })
            const read = events.findIndex((event) => event._tag === "Decision" && event.resource === "/etc/hostname")
            assert.isTrue(read >= 0 && read < at, "what was decided before comes before")
          }),
        60_000
      )

      it.scoped(
        "a reader has the record of a call that the end of the VM cuts off, and then ends",
        () =>
          Effect.gen(function*() {
            const scope = yield* Scope.make()
            const vm = yield* Scope.extend(Vm.make({ toolKits: [slow], audit: "all" }), scope)
            const reader = yield* Effect.fork(Stream.runCollect(vm.audit.events()))
            yield* Effect.fork(vm.processes.exec("slow never"))
            yield* vm.audit.events().pipe(
              Stream.takeUntil((event) => event._tag === "Decision" && event.resource === "slow:never"),
              Stream.runDrain
            )
            yield* Effect.sleep(50)
            yield* Scope.close(scope, Exit.void)
            const events = Array.from(yield* Fiber.join(reader))
            const called = events.filter((event) => event._tag === "ToolCalled")
            assert.deepStrictEqual(called.map((event) => event._tag === "ToolCalled" && event.record.status), [
              "uncertain"
            ])
          }),
        60_000
      )
    })
  })
}
