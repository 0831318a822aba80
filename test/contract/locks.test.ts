/** Extended attributes, locks and descriptors of the Filesystem service. */
import { assert, describe, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Vm } from "../../services/Vm.ts"
import { bytes, live, same, subjects, text, told } from "./layers.ts"

for (const subject of subjects) {
  describe(`Attributes, locks and descriptors over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("extended attributes are set, told, removed, and go with a fork", () =>
        Effect.gen(function*() {
          const vm = yield* Vm.make({})
          const { filesystem } = vm
          const large = bytes(65_536)
          yield* filesystem.writeFile("/tmp/f", "x")
          yield* filesystem.setXattr("/tmp/f", "user.origin", "https://example.org/ä")
          yield* filesystem.setXattr("/tmp/f", "user.large", large)
          const before = yield* vm.snapshot
          const twin = yield* vm.fork
          assert.deepStrictEqual(yield* filesystem.listXattrs("/tmp/f"), ["user.large", "user.origin"])
          assert.deepStrictEqual(yield* filesystem.getXattr("/tmp/f", "user.origin"), text("https://example.org/ä"))
          yield* filesystem.removeXattr("/tmp/f", "user.large")
          assert.deepStrictEqual((yield* vm.diff(before)).map(({ kind, path }) => [kind, path]), [[
            "modified",
            "/tmp/f"
          ]])
          assert.isTrue(same(yield* twin.filesystem.getXattr("/tmp/f", "user.large"), large))
          const created = filesystem.setXattr("/tmp/f", "user.origin", "", { mode: "create" })
          assert.strictEqual(
            yield* told(created),
            "KernelError: EEXIST: file already exists, setxattr '/tmp/f'"
          )
          const replaced = filesystem.setXattr("/tmp/f", "user.none", "", { mode: "replace" })
          assert.match(yield* told(replaced), /^KernelError: ENODATA: .*setxattr/)
          assert.match(yield* told(filesystem.getXattr("/tmp/f", "user.none")), /^KernelError: ENODATA/)
          assert.match(yield* told(filesystem.setXattr("/tmp/f", "security.x", "")), /^KernelError: ENOTSUP/)
          assert.match(
            yield* told(filesystem.setXattr("/tmp/f", "user.x", new Uint8Array(2 ** 21))),
            /^KernelError: E2BIG: .*; limit xattrValue is 65536$/
          )
          assert.match(yield* told(filesystem.setXattr("/proc/version", "user.x", "")), /^PathError: Path is read-only/)
          assert.match(yield* told(filesystem.getXattr("tmp", "user.x")), /^PathError: Path must be absolute/)
        }))

      it.scoped("a lock is held for a Scope, and whoever waits for it holds nothing up", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          const scope = yield* Scope.make()
          yield* Scope.extend(filesystem.lock("/tmp/lock"), scope)
          const refused = Effect.scoped(filesystem.lock("/tmp/lock", { wait: false }))
          assert.match(yield* told(refused), /^KernelError: EAGAIN: .*, flock '\/tmp\/lock'$/)
          const order: Array<string> = []
          const waiting = yield* Effect.forEach(["a", "b", "c"], (name) =>
            Effect.fork(Effect.scoped(Effect.andThen(
              filesystem.lock("/tmp/lock"),
              Effect.sync(() => order.push(name)).pipe(Effect.zipLeft(filesystem.writeFile("/tmp/last", name)))
            ))))
          // the VM's other calls go on, in the lane of those that wait
          for (let i = 0; i < 20; i++) yield* filesystem.writeFile(`/tmp/f${i}`, "x")
          assert.deepStrictEqual(order, [])
          yield* Scope.close(scope, Exit.void)
          yield* Effect.forEach(waiting, Fiber.join)
          assert.lengthOf(order, 3)
          assert.strictEqual(yield* filesystem.readFileString("/tmp/last"), order[2])
          yield* filesystem.lock("/tmp/lock", { wait: false })
          yield* filesystem.lock("/tmp", { kind: "shared", wait: false })
          yield* filesystem.lock("/tmp", { kind: "shared", wait: false })
        }))

      it.scoped("a wait that is interrupted is withdrawn, and never takes the lock away from others", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          const first = yield* filesystem.open("/tmp/lock", { flag: "w+" })
          yield* first.lock("exclusive")
          for (let i = 0; i < 50; i++) {
            const second = yield* Effect.fork(Effect.scoped(
              Effect.flatMap(filesystem.open("/tmp/lock"), (file) => file.lock("exclusive"))
            ))
            yield* Effect.yieldNow()
            if (i % 2 === 0) yield* filesystem.exists("/tmp")
            // let go in the very moment of the interruption
            yield* Effect.all([first.unlock, Fiber.interrupt(second)], { concurrency: 2 })
            yield* first.lock("exclusive", { wait: false }).pipe(Effect.retry({ times: 20 }))
          }
        }))

      it.scoped("a file whose wait was interrupted stays open, and is not given the lock later", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          const [first, second, third] = yield* Effect.all(
            [1, 2, 3].map(() => filesystem.open("/tmp/f", { flag: "a+" }))
          )
          yield* first.lock("exclusive")
          yield* Effect.timeoutOption(second.lock("exclusive"), "20 millis")
          yield* first.unlock
          yield* third.lock("exclusive", { wait: false })
          yield* second.write(text("still open"))
        }))

      it.scoped("guests and the host take turns with the same lock, by the program flock", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({})
          const scope = yield* Scope.make()
          yield* Scope.extend(filesystem.lock("/tmp/lock"), scope)
          const busy = yield* processes.exec(
            "flock -n /tmp/lock echo no; echo $?; flock -w 0.05 /tmp/lock echo no; echo $?"
          )
          assert.strictEqual(busy.stdout, "1\n1\n", busy.stderr)
          const waiting = yield* Effect.fork(processes.exec("flock /tmp/lock -c 'cat /tmp/said'"))
          // the VM's other calls go on while it waits
          yield* processes.exec("true")
          yield* filesystem.writeFile("/tmp/said", "by the host")
          yield* Scope.close(scope, Exit.void)
          assert.strictEqual((yield* Fiber.join(waiting)).stdout, "by the host")
          const holder = yield* processes.spawn("sh", ["-c", "exec 9>/tmp/lock; flock 9; echo held; sleep 60"])
          yield* Stream.runHead(holder.stdout)
          assert.match(
            yield* told(Effect.scoped(filesystem.lock("/tmp/lock", { wait: false }))),
            /^KernelError: EAGAIN/
          )
          // who waits and is stopped leaves nothing behind, and who held and is killed holds no more
          const stopped = processes.exec("flock /tmp/lock echo no", { timeout: 50 })
          assert.match(yield* told(stopped), /^ProcessError: /)
          yield* processes.killProcess(holder.pid)
          yield* filesystem.lock("/tmp/lock")
        }))

      it.scoped("a lock that is waited for ends with its file and with the VM", () =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const { filesystem } = yield* Scope.extend(Vm.make({}), scope)
          // it outlives the VM's own Scope
          const first = yield* filesystem.open("/tmp/lock", { flag: "w+" })
          yield* first.lock("shared")
          yield* first.lock("exclusive")
          const inner = yield* Scope.make()
          const second = yield* Scope.extend(filesystem.open("/tmp/lock"), inner)
          const closed = yield* Effect.fork(Effect.either(second.lock("shared")))
          const opened = yield* Deferred.make<void>()
          const released = yield* Effect.fork(Effect.scoped(
            filesystem.open("/tmp/lock").pipe(
              Effect.tap(Deferred.succeed(opened, void 0)),
              Effect.flatMap((file) => told(file.lock("exclusive")))
            )
          ))
          yield* Deferred.await(opened)
          yield* filesystem.exists("/tmp")
          yield* Scope.close(inner, Exit.void)
          const outcome = yield* Fiber.join(closed)
          assert.match(Either.isLeft(outcome) ? outcome.left.message : "taken", /^EBADF: .*, flock '\/tmp\/lock'$/)
          yield* Scope.close(scope, Exit.void)
          assert.match(yield* Fiber.join(released), /^SidecarError: .*released/)
        }))

      it.scoped("a duplicate shares position and lock, and keeps the file open", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({ limits: { openFiles: 4 } })
          const scope = yield* Scope.make()
          const file = yield* Scope.extend(filesystem.open("/tmp/f", { flag: "w+" }), scope)
          yield* file.lock("exclusive")
          const twin = yield* file.dup
          yield* file.write(text("hello "))
          yield* Scope.close(scope, Exit.void)
          yield* twin.write(text("world"))
          yield* twin.sync
          assert.strictEqual(yield* filesystem.readFileString("/tmp/f"), "hello world")
          assert.match(yield* told(file.stat), /^KernelError: EBADF/)
          assert.match(yield* told(Effect.scoped(filesystem.lock("/tmp/f", { wait: false }))), /EAGAIN/)
          const many = Effect.scoped(Effect.all(Array.from({ length: 4 }, () => twin.dup)))
          assert.match(yield* told(many), /^KernelError: ENFILE: .*limit openFiles is 4, raise limits.openFiles/)
          const device = yield* filesystem.open("/dev/null")
          assert.match(yield* told(device.sync), /^KernelError: EINVAL: .*fsync '\/dev\/null'/)
        }))
    })
  })
}
