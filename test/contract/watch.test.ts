import { assert, describe, layer } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { FilesystemShape, WatchEvent, WatchOptions } from "../../services/Filesystem.ts"
import { Vm } from "../../services/Vm.ts"
import type { WatchOverflow } from "../../src/errors/WatchOverflow.ts"
import { failureOf, live, subjects, told } from "./layers.ts"

const short = (event: WatchEvent): string =>
  event._tag === "ready"
    ? "ready"
    : event._tag === "moved"
    ? `moved ${event.from} ${event.path}`
    : `${event._tag} ${event.path}`

/** A watch that is ready, and what takes its next events. */
const begin = (filesystem: FilesystemShape, path: string, options?: WatchOptions) =>
  Effect.gen(function*() {
    const queue = yield* Queue.unbounded<WatchEvent>()
    const fiber = yield* Effect.forkScoped(
      Stream.runForEach(filesystem.watch(path, options), (event) => queue.offer(event))
    )
    const ready = yield* queue.take
    assert.strictEqual(ready._tag, "ready")
    const take = (count: number) =>
      Effect.map(Effect.all(Array.from({ length: count }, () => queue.take)), (all) => all.map(short))
    return { ready, take, queue, fiber }
  })

for (const subject of subjects) {
  describe(`watch over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("tells every change from ready on, of the directory or of all below it", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          yield* filesystem.mkdir("/srv/a", { recursive: true })
          const flat = yield* begin(filesystem, "/srv")
          const deep = yield* begin(filesystem, "/srv", { recursive: true })
          yield* filesystem.writeFile("/srv/a/f", "1")
          yield* filesystem.writeFile("/srv/g", "1")
          yield* filesystem.writeFile("/srvx", "1")
          yield* filesystem.move("/srv/g", "/tmp/g")
          yield* filesystem.delete("/srv/a", { recursive: true })
          assert.deepStrictEqual(yield* flat.take(3), ["created /srv/g", "moved /srv/g /tmp/g", "removed /srv/a"])
          assert.deepStrictEqual(yield* deep.take(5), [
            "created /srv/a/f",
            "created /srv/g",
            "moved /srv/g /tmp/g",
            "removed /srv/a/f",
            "removed /srv/a"
          ])
        }))

      it.scoped("tells what guests change", () =>
        Effect.gen(function*() {
          const vm = yield* Vm.make({})
          const home = yield* begin(vm.filesystem, "/home/user")
          yield* vm.processes.exec("echo hi > f; mv f g; rm g")
          const seen = ["created /home/user/f", "modified /home/user/f", "moved /home/user/f /home/user/g"]
          assert.deepStrictEqual(yield* home.take(4), [...seen, "removed /home/user/g"])
        }))

      it.scoped("goes on after a cursor, across watches", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          const scope = yield* Scope.make()
          const first = yield* Scope.extend(begin(filesystem, "/tmp"), scope)
          yield* filesystem.writeFile("/tmp/a", "1")
          const { cursor } = yield* first.queue.take
          yield* Scope.close(scope, Exit.void)
          yield* filesystem.writeFile("/tmp/b", "1")
          const second = yield* begin(filesystem, "/tmp", { since: cursor })
          yield* filesystem.writeFile("/tmp/c", "1")
          assert.deepStrictEqual(yield* second.take(2), ["created /tmp/b", "created /tmp/c"])
          const strange = Stream.runDrain(filesystem.watch("/tmp", { since: 1_000_000 }))
          assert.match(yield* told(strange), /^KernelError: EINVAL/)
          assert.match(
            yield* told(Stream.runDrain(filesystem.watch("/none"))),
            /^KernelError: ENOENT: .*watch '\/none'/
          )
          assert.match(yield* told(Stream.runDrain(filesystem.watch("tmp"))), /^PathError/)
        }))

      it.scoped("a reader that is too far behind learns what it has lost", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({ limits: { inodes: 40_000 } })
          const { cursor } = (yield* begin(filesystem, "/tmp")).ready
          // as slow as can be: it takes one event and no more
          const slow = yield* Stream.toPull(Stream.rechunk(filesystem.watch("/tmp"), 1))
          yield* slow
          // names so long that credit and log are used up by them
          const name = "x".repeat(200)
          yield* filesystem.writeFiles(
            Array.from({ length: 15_000 }, (_, i) => ({ path: `/tmp/${i}${name}`, content: "" }))
          )
          const old = yield* failureOf(Stream.runDrain(filesystem.watch("/tmp", { since: cursor })))
          assert.strictEqual(old._tag, "WatchOverflow")
          assert.strictEqual((old as WatchOverflow).from, cursor + 1)
          assert.isAbove((old as WatchOverflow).to, cursor + 6000)
          const rest = yield* Effect.either(Effect.forever(slow))
          assert.strictEqual(
            rest._tag === "Left" && rest.left._tag === "Some" ? rest.left.value._tag : "",
            "WatchOverflow"
          )
        }))

      it.scoped("ends with a restore and with the VM, and gives up its place when it is left", () =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const vm = yield* Scope.extend(Vm.make({}), scope)
          const before = yield* vm.snapshot
          const first = yield* begin(vm.filesystem, "/")
          yield* vm.restore(before)
          assert.match(
            yield* told(Fiber.join(first.fiber)),
            /^WatchOverflow: changes \d+ to \d+ are lost to the watch of \/:/
          )
          for (let i = 0; i < 70; i++) {
            const events = yield* Stream.runCollect(Stream.take(vm.filesystem.watch("/"), 1))
            assert.strictEqual(Chunk.size(events), 1)
          }
          const many = yield* Effect.forEach(Array.from({ length: 64 }), () => begin(vm.filesystem, "/"))
          const one = yield* told(Stream.runDrain(vm.filesystem.watch("/")))
          assert.match(one, /^KernelError: EMFILE: .*limit watches is 64/)
          yield* Scope.close(scope, Exit.void)
          assert.match(yield* told(Fiber.join(many[63].fiber)), /^SidecarError/)
        }))
    })
  })
}
