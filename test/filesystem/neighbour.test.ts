/** Long operations on one VM: another VM is served between their steps. Counted, not timed. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestSidecar } from "../../layers/testing/index.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import { live } from "../contract/layers.ts"

const ENTRIES = 16_000
const config = { limits: { inodes: 100_000, filesystemBytes: 256 * 1024 * 1024 } }

const filled = Effect.gen(function*() {
  const vm = yield* Vm.make(config)
  const entries = Array.from({ length: ENTRIES - 100 }, (_, i) => ({ path: `/srv/t/d${i % 100}/f${i}`, content: "x" }))
  const results = yield* vm.filesystem.writeFiles(entries)
  assert.isTrue(results.every(({ success }) => success))
  return vm
})

/** The next turn of the event loop: a connection in memory would go on for ever without one. */
const nextTurn = Effect.async<void>((resume) => {
  const turn = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(turn))
})

/** How many files of a neighbour are read one after the other while an effect runs. */
const servedDuring = <A, E>(neighbour: VmShape, effect: Effect.Effect<A, E>): Effect.Effect<number, E> =>
  Effect.gen(function*() {
    let served = 0
    const reader = yield* Effect.fork(Effect.forever(Effect.zipRight(
      Effect.tap(
        Effect.orDie(neighbour.filesystem.readFile("/etc/hostname")),
        () => Effect.sync(() => void served++)
      ),
      nextTurn
    )))
    yield* Effect.yieldNow()
    const before = served
    yield* effect
    const during = served - before
    yield* Fiber.interrupt(reader)
    return during
  })

layer(TestSidecar.layer(), live)((it) => {
  it.scoped("files of a neighbour are read while a tree of 16,000 entries is worked on", () =>
    Effect.gen(function*() {
      const vm = yield* filled
      const neighbour = yield* Vm.make({})
      const files = vm.filesystem
      const before = yield* vm.snapshot
      const served = {
        copy: yield* servedDuring(neighbour, files.copy("/srv/t", "/srv/copy", { recursive: true })),
        diff: yield* servedDuring(neighbour, vm.diff(before)),
        export: yield* servedDuring(neighbour, files.snapshotRootFilesystem()),
        list: yield* servedDuring(neighbour, files.readdirRecursive("/srv")),
        remove: yield* servedDuring(neighbour, files.delete("/srv/t", { recursive: true })),
        write: yield* servedDuring(
          neighbour,
          files.writeFiles(Array.from({ length: ENTRIES }, (_, i) => ({ path: `/srv/w/f${i}`, content: "x" })))
        ),
        large: yield* servedDuring(
          neighbour,
          files.writeFiles([{ path: "/srv/large", content: new Uint8Array(64 * 1024 * 1024) }])
        )
      }
      // 16,000 entries are 62 steps or more, and a large file 256; a slice has a few of them
      for (const [operation, reads] of Object.entries(served)) assert.isAtLeast(reads, 5, operation)
      assert.isFalse(yield* files.exists("/srv/t"))
      assert.strictEqual((yield* files.readdirRecursive("/srv/copy")).length, ENTRIES)
    }))

  it.scoped("and while a guest does so", () =>
    Effect.gen(function*() {
      const vm = yield* filled
      const neighbour = yield* Vm.make({})
      const sh = (command: string) =>
        Effect.map(vm.processes.exec(command), ({ exitCode, stderr }) =>
          assert.deepStrictEqual([exitCode, stderr], [0, ""]))
      yield* sh("true")
      const served = {
        copy: yield* servedDuring(neighbour, sh("cp -r /srv/t /tmp/copy")),
        remove: yield* servedDuring(neighbour, sh("rm -r /tmp/copy"))
      }
      for (const [operation, reads] of Object.entries(served)) {
        assert.isAtLeast(reads, 5, operation)
      }
      assert.isFalse(yield* vm.filesystem.exists("/tmp/copy"))
    }))
})
