/** What goes over the connection: bulk calls are one request, and who reads slowly holds the other side back. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Vm } from "../../services/Vm.ts"
import { counted } from "./frames.ts"
import { bytes, live, same } from "./layers.ts"

const MiB = 1024 * 1024
/** The credit of a stream. */
const WINDOW = 512 * 1024

for (const { frames, layer: subject, name } of counted) {
  describe(`Frames of the Filesystem over ${name}`, () => {
    layer(subject, live)((it) => {
      it.scoped("bulk calls are one round trip, whatever their size", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({ limits: { filesystemBytes: 128 * MiB } })
          const entries = Array.from(
            { length: 2000 },
            (_, i) => ({ path: `/srv/${i % 20}/${i}`, content: bytes(i % 2000 === 7 ? 3 * MiB : 100, i) })
          )
          const paths = entries.map(({ path }) => path)
          const one = <A, E, R>(what: string, call: Effect.Effect<A, E, R>) =>
            Effect.gen(function*() {
              frames.reset()
              const value = yield* call
              assert.deepStrictEqual([frames.requests, frames.answers], [1, 1], what)
              return value
            })
          const written = yield* one("writeFiles", filesystem.writeFiles(entries))
          assert.isTrue(written.every(({ success }) => success))
          const read = yield* one("readFiles", filesystem.readFiles(paths))
          assert.isTrue(read.every(({ content }, index) => same(content!, entries[index].content)))
          assert.lengthOf(yield* one("readdirRecursive", filesystem.readdirRecursive("/srv")), 2020)
          assert.lengthOf(yield* one("walk", Stream.runCollect(filesystem.walk("/srv"))), 2020)
          assert.lengthOf(yield* one("glob", filesystem.glob("/srv/**/*7")), 200 + 2)
          yield* one("copy", filesystem.copy("/srv", "/copy", { recursive: true }))
          yield* one("readFile", filesystem.readFile("/srv/7/7"))
          yield* one("writeFile", filesystem.writeFile("/srv/large", bytes(5 * MiB)))
          yield* one("readStream", Stream.runDrain(filesystem.readStream("/srv/large")))
          const stream = Stream.rechunk(Stream.fromIterable(Array.from({ length: 40 }, () => bytes(100_000))), 1)
          yield* one("writeStream", Stream.run(stream, filesystem.writeStream("/srv/large")))
          yield* one("delete", filesystem.delete("/srv", { recursive: true }))
          // what does not pass its guards is not sent at all
          frames.reset()
          yield* filesystem.readFiles(["relative", "/a/../b"])
          assert.strictEqual(frames.requests, 0)
        }))

      it.scoped("a reader that waits suspends the sender, and nobody else", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({ limits: { filesystemBytes: 64 * MiB } })
          const content = bytes(20 * MiB)
          yield* filesystem.writeFile("/tmp/large", content)
          frames.reset()
          const parts: Array<Uint8Array> = []
          let most = 0
          yield* Stream.runForEach(filesystem.readStream("/tmp/large"), (part) =>
            Effect.gen(function*() {
              parts.push(part)
              if (parts.length % 50 !== 1) return
              // as much as may come has come by then
              yield* Effect.sleep(30)
              assert.strictEqual((yield* filesystem.stat("/tmp/large")).size, content.length)
              most = Math.max(most, frames.received - parts.reduce((sum, { length }) => sum + length, 0))
            }))
          assert.isTrue(same(Buffer.concat(parts), content))
          assert.isAtMost(most, 2 * WINDOW)
          assert.isAbove(most, 0)
          assert.strictEqual(frames.received, content.length)
        }))

      it.scoped("a stream that is left early costs what was under way, not the file", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({ limits: { filesystemBytes: 64 * MiB, openFiles: 4 } })
          yield* filesystem.writeFile("/tmp/large", bytes(20 * MiB))
          for (let i = 0; i < 8; i++) {
            frames.reset()
            const [first] = yield* Stream.runCollect(Stream.take(filesystem.readStream("/tmp/large"), 1))
            assert.isAbove(first.length, 0)
            yield* Effect.sleep(10)
            assert.isAtMost(frames.received, 4 * WINDOW)
          }
          yield* filesystem.readFile("/tmp/large")
        }))
    })
  })
}
