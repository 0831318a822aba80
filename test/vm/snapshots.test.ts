import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestSidecar from "../../layers/testing/TestSidecar.ts"
import { Vm } from "../../services/Vm.ts"

describe("snapshots and forks", () => {
  it.scoped("a snapshot keeps a state, a difference tells what came after it, a restore brings it back", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({})
      yield* vm.filesystem.writeFile("/home/user/kept", "1")
      yield* vm.filesystem.writeFile("/home/user/changed", "1")
      const before = yield* vm.snapshot
      yield* vm.filesystem.writeFile("/home/user/changed", "22")
      yield* vm.filesystem.writeFile("/home/user/new", "333")
      yield* vm.filesystem.move("/home/user/kept", "/home/user/moved")
      const changes = yield* vm.diff(before)
      assert.deepStrictEqual(
        changes.map(({ from, kind, path, size }) => [kind, path, from ?? "", size]),
        [
          ["modified", "/home/user/changed", "", 2],
          ["moved", "/home/user/moved", "/home/user/kept", 1],
          ["created", "/home/user/new", "", 3]
        ]
      )
      yield* vm.restore(before)
      assert.deepStrictEqual(yield* vm.diff(before), [])
      assert.strictEqual(yield* vm.filesystem.readFileString("/home/user/kept"), "1")
      assert.isFalse(yield* vm.filesystem.exists("/home/user/new"))
    }).pipe(Effect.provide(TestSidecar.layer())))

  it.scoped("a fork has the files, mounts and snapshots of its origin and is independent of it, also of its end", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const vm = yield* Vm.make({ mounts: [{ path: "/data", plugin: { id: "memory" } }] }).pipe(Scope.extend(scope))
      yield* vm.filesystem.writeFile("/home/user/a", "origin")
      yield* vm.filesystem.writeFile("/data/b", "mounted")
      const before = yield* vm.snapshot
      const twin = yield* vm.fork
      assert.notStrictEqual(twin.vmId, vm.vmId)
      yield* twin.filesystem.writeFile("/home/user/a", "twin")
      yield* twin.filesystem.writeFile("/data/b", "twin too")
      assert.strictEqual(yield* vm.filesystem.readFileString("/home/user/a"), "origin")
      assert.strictEqual(yield* vm.filesystem.readFileString("/data/b"), "mounted")
      assert.deepStrictEqual((yield* twin.diff(before)).map(({ path }) => path), ["/home/user/a"])
      yield* Scope.close(scope, Exit.void)
      const error = yield* Effect.flip(vm.filesystem.readFile("/home/user/a"))
      assert.strictEqual(error._tag, "SidecarError")
      assert.strictEqual(yield* twin.filesystem.readFileString("/home/user/a"), "twin")
    }).pipe(Effect.provide(TestSidecar.layer())))

  it.scoped("a snapshot that is dropped is forgotten, once, and forks of then keep theirs", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({})
      yield* vm.filesystem.writeFile("/home/user/a", "then")
      const before = yield* vm.snapshot
      const other = yield* vm.snapshot
      const twin = yield* vm.fork
      yield* vm.dropSnapshot(before)
      for (const use of [vm.dropSnapshot(before), vm.restore(before), vm.diff(before)]) {
        const error = yield* Effect.flip(use)
        assert.strictEqual(error.message, "ENOENT: no such file or directory, snapshot '/'")
      }
      yield* vm.filesystem.writeFile("/home/user/a", "now")
      yield* vm.restore(other)
      assert.strictEqual(yield* vm.filesystem.readFileString("/home/user/a"), "then")
      yield* twin.filesystem.writeFile("/home/user/a", "twin")
      yield* twin.restore(before)
      assert.strictEqual(yield* twin.filesystem.readFileString("/home/user/a"), "then")
    }).pipe(Effect.provide(TestSidecar.layer())))

  it.scoped("a snapshot of another tree is refused", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({ mounts: [{ path: "/data", plugin: { id: "memory" } }] })
      const mounted = yield* vm.snapshotMount("/data")
      yield* vm.filesystem.writeFile("/data/x", "")
      assert.deepStrictEqual((yield* vm.diff(mounted)).map(({ path }) => path), ["/data/x"])
      const error = yield* Effect.flip(vm.restore(mounted))
      assert.strictEqual(error.message, "EINVAL: invalid argument, restore '/data'")
      const unknown = yield* Effect.flip(vm.diff({ vmId: vm.vmId, path: "/", snapshot: 99 }))
      assert.strictEqual(unknown.message, "ENOENT: no such file or directory, snapshot '/'")
    }).pipe(Effect.provide(TestSidecar.layer())))
})
