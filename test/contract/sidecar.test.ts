import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { NodeSidecar } from "../../layers/node/index.ts"
import { Filesystem } from "../../services/Filesystem.ts"
import { Processes } from "../../services/Processes.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import { Vm } from "../../services/Vm.ts"
import { SidecarPlacement } from "../../src/config/SidecarPlacement.ts"
import * as VmConfig from "../../src/config/VmConfig.ts"
import { sidecarsOf } from "../faults/support.ts"
import { live, subjects, told } from "./layers.ts"

const leaseOn = (handle: object) => Vm.make({ sidecar: { kind: "explicit", handle } })

for (const subject of subjects) {
  describe(`Sidecar over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("shared pools: ids, placement, description, counts", () =>
        Effect.gen(function*() {
          const sidecar = yield* Sidecar
          const handle = yield* sidecar.shared()
          assert.strictEqual(handle.sidecarId, "agent-os-shared-sidecar:default")
          assert.strictEqual(yield* sidecar.shared("default"), handle)
          assert.deepStrictEqual(yield* handle.describe, {
            sidecarId: "agent-os-shared-sidecar:default",
            placement: { kind: "shared", pool: "default" },
            state: "ready",
            activeVmCount: 0
          })
          const other = yield* sidecar.shared("other")
          assert.strictEqual(other.sidecarId, "agent-os-shared-sidecar:other")
          const encode = Schema.encodeSync(SidecarPlacement)
          assert.strictEqual(
            JSON.stringify(encode((yield* other.describe).placement)),
            "{\"kind\":\"shared\",\"pool\":\"other\"}"
          )
          // what is described is a copy
          const described = yield* handle.describe
          ;(described as any).placement.pool = "changed"
          assert.deepStrictEqual((yield* handle.describe).placement, { kind: "shared", pool: "default" })
          const scope = yield* Scope.make()
          const [a] = yield* Effect.all([Scope.extend(Vm.make({}), scope), Scope.extend(Vm.make({}), scope)])
          assert.strictEqual(a.sidecarId, "agent-os-shared-sidecar:default")
          assert.strictEqual((yield* handle.describe).activeVmCount, 2)
          assert.strictEqual((yield* handle.health).vms, 2)
          yield* Scope.close(scope, Exit.void)
          assert.strictEqual((yield* handle.describe).activeVmCount, 0)
          assert.strictEqual((yield* handle.health).vms, 0)
        }))

      it.scoped("programs of one pool share one process; pools do not", () =>
        Effect.gen(function*() {
          const sidecar = yield* Sidecar
          const uptime = (pool: string) => Effect.flatMap(sidecar.shared(pool), (handle) => handle.health)
          yield* Effect.all([
            Vm.make({ sidecar: { kind: "shared", pool: "one" } }),
            Vm.make({ sidecar: { kind: "shared", pool: "one" } })
          ], { concurrency: 2 })
          yield* Vm.make({ sidecar: { kind: "shared", pool: "two" } })
          const [one, two] = yield* Effect.all([uptime("one"), uptime("two")])
          assert.deepStrictEqual([one.vms, two.vms], [2, 1])
          assert.deepStrictEqual([one.sidecarId, two.sidecarId], [
            "agent-os-shared-sidecar:one",
            "agent-os-shared-sidecar:two"
          ])
        }))

      it.scoped("explicit handles: ids, leases, disposal", () =>
        Effect.gen(function*() {
          const sidecar = yield* Sidecar
          const unnamed = yield* sidecar.create()
          assert.match(unnamed.sidecarId, /^agent-os-sidecar-[0-9a-f]{8}-[0-9a-f-]{27}$/)
          const handle = yield* sidecar.create("mine")
          assert.deepStrictEqual((yield* handle.describe).placement, { kind: "explicit", sidecarId: "mine" })
          const vm = yield* leaseOn(handle)
          yield* leaseOn(handle)
          assert.strictEqual(vm.sidecarId, "mine")
          assert.strictEqual((yield* handle.describe).activeVmCount, 2)
          const running = yield* Effect.fork(Effect.exit(vm.processes.exec("sleep 30")))
          yield* Effect.sleep(30)
          yield* Effect.all([handle.dispose, handle.dispose], { concurrency: 2 })
          assert.deepStrictEqual([(yield* handle.describe).state, (yield* handle.describe).activeVmCount], [
            "disposed",
            0
          ])
          yield* Effect.timeout(Fiber.join(running), "2 seconds")
          yield* handle.dispose
          assert.strictEqual(
            yield* told(leaseOn(handle)),
            "SidecarError: Cannot lease VM from sidecar mine while it is disposed"
          )
          assert.match(yield* told(handle.health), /^SidecarError: Cannot ask sidecar mine .*disposed/)
          assert.match(yield* told(vm.filesystem.exists("/")), /^SidecarError: /)
        }))

      it.scoped("a lease that meets a disposal fails with a typed error, and is not interrupted", () =>
        Effect.gen(function*() {
          const sidecar = yield* Sidecar
          for (let i = 0; i < 6; i++) {
            const handle = yield* sidecar.create()
            const lease = yield* Effect.fork(Effect.exit(Effect.scoped(leaseOn(handle))))
            for (let turn = 0; turn < i; turn++) yield* Effect.yieldNow()
            if (i > 3) yield* Effect.sleep(i * 15)
            yield* handle.dispose
            const exit = yield* Fiber.join(lease).pipe(Effect.timeout("5 seconds"))
            if (Exit.isFailure(exit)) assert.match(String(exit.cause), /SidecarError|TransportError/)
            assert.isFalse(Exit.isInterrupted(exit))
          }
        }))

      it.scoped("a disposed pool is made anew", () =>
        Effect.gen(function*() {
          const sidecar = yield* Sidecar
          const first = yield* sidecar.shared("again")
          yield* first.dispose
          const second = yield* sidecar.shared("again")
          assert.notStrictEqual(first, second)
          assert.strictEqual((yield* second.describe).state, "ready")
          const vm = yield* Vm.make({ sidecar: { kind: "shared", pool: "again" } })
          assert.isTrue(yield* vm.filesystem.exists("/etc"))
        }))

      it.effect("an interrupted first lease does not spoil the next one", () =>
        Effect.gen(function*() {
          const sidecar = yield* Sidecar
          for (const wait of [0, 1, 10, 40]) {
            const handle = yield* sidecar.create()
            const lease = yield* Effect.fork(Effect.scoped(leaseOn(handle)))
            if (wait > 0) yield* Effect.sleep(wait)
            yield* Fiber.interrupt(lease)
            yield* Effect.scoped(Effect.flatMap(leaseOn(handle), (vm) => vm.filesystem.readdir("/"))).pipe(
              Effect.timeout("5 seconds")
            )
            assert.strictEqual((yield* handle.describe).activeVmCount, 0)
            assert.strictEqual((yield* handle.health).vms, 0)
            yield* handle.dispose
          }
        }))

      it.effect("Vm.layer gives a program one VM and its services", () =>
        Effect.gen(function*() {
          yield* (yield* Filesystem).writeFile("/tmp/x", "layered")
          assert.strictEqual((yield* (yield* Processes).exec("cat /tmp/x")).stdout, "layered")
          assert.strictEqual((yield* Vm).sidecarId, "agent-os-shared-sidecar:default")
        }).pipe(Effect.provide(Vm.layer({}))))
    })

    it.live("everything ends with the layer: calls fail, and none hangs", () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const context = yield* Layer.build(subject.layer).pipe(Scope.extend(scope))
        const vm = yield* Vm.make({}).pipe(
          Effect.provide(context),
          Effect.provideService(Scope.Scope, yield* Scope.make())
        )
        const running = yield* Effect.fork(Effect.exit(vm.processes.exec("sleep 30")))
        const asking = yield* Effect.fork(Effect.exit(Effect.forever(vm.snapshot)))
        yield* Effect.sleep(20)
        yield* Scope.close(scope, Exit.void).pipe(Effect.timeout("5 seconds"))
        yield* Effect.timeout(Fiber.join(running), "2 seconds")
        const asked = yield* Effect.timeout(Fiber.join(asking), "2 seconds")
        assert.isTrue(Exit.isFailure(asked) && asked.cause._tag === "Fail", "nobody interrupted it")
        assert.match(yield* told(Effect.timeout(vm.filesystem.exists("/"), "2 seconds")), /^SidecarError: /)
        assert.match(yield* told(Effect.timeout(vm.snapshot, "2 seconds")), /^SidecarError: /)
        const config = yield* VmConfig.decode({})
        const sidecar = yield* Sidecar.pipe(Effect.provide(context))
        const late = Effect.scoped(Effect.timeout(sidecar.lease(config), "2 seconds"))
        assert.isTrue(Exit.isFailure(yield* Effect.exit(late)))
      }), 20_000)
  })
}

describe("NodeSidecar", () => {
  it.live("the process ends when it is idle, and a new one starts", () =>
    Effect.gen(function*() {
      const handle = yield* (yield* Sidecar).shared()
      const pids = Effect.zipRight(handle.health, Effect.sync(() => sidecarsOf(process.pid).join()))
      yield* Effect.scoped(Vm.make({}))
      const first = yield* pids
      yield* Effect.sleep(20)
      assert.strictEqual(yield* pids, first, "within its time it is the same one")
      yield* Effect.sleep(300)
      yield* Effect.sync(() => assert.notInclude(sidecarsOf(process.pid).join(), first)).pipe(
        Effect.sandbox,
        Effect.retry({ times: 40, schedule: Schedule.spaced(50) })
      )
      assert.notStrictEqual(yield* pids, first)
      yield* Effect.scoped(Effect.flatMap(Vm.make({}), (vm) => vm.processes.exec("true")))
    }).pipe(Effect.provide(NodeSidecar.layerWith({ idleTimeToLive: 150 }))), 20_000)

  it.live("a dead process's leases are lost, and the next lease starts another", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({})
      for (const pid of sidecarsOf(process.pid)) process.kill(pid, "SIGKILL")
      assert.match(yield* told(vm.processes.exec("true")), /^SidecarError: sidecar error: .*signal SIGKILL/)
      assert.match(
        yield* told(vm.filesystem.exists("/")),
        /^SidecarError: sidecar error: the VM is gone.*signal SIGKILL/
      )
      const next = yield* Vm.make({}).pipe(Effect.retry({ times: 10, schedule: Schedule.spaced(50) }))
      assert.strictEqual((yield* next.processes.exec("echo new")).stdout, "new\n")
      assert.match(yield* told(vm.filesystem.exists("/")), /^SidecarError: .*gone/)
    }).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)), 20_000)
})
