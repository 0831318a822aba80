/** The sizes of the pieces in which a file is read. */
import { assert, describe, it, layer } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { inPieces } from "../../layers/remote/Pieces.ts"
import * as TestSidecar from "../../layers/testing/TestSidecar.ts"
import { Vm } from "../../services/Vm.ts"
import { bytes, live, same } from "../contract/layers.ts"
import { fill, temporaryFolder } from "../node/support.ts"

const sizes = (stream: Stream.Stream<Uint8Array, unknown>) =>
  Effect.map(Stream.runCollect(stream), (pieces) => Array.from(pieces, (piece) => piece.length))

/** The sizes that a length makes. */
const expected = (length: number, size: number) => {
  const whole: Array<number> = Array.from({ length: Math.floor(length / size) }, () => size)
  return length % size === 0 ? whole : [...whole, length % size]
}

describe("readStream with chunkSize", () => {
  layer(TestSidecar.layer({ warmWorkers: 0 }), live)((it) => {
    it.scoped("gives pieces of that size, small, odd and large, and the same bytes", () =>
      Effect.gen(function*() {
        const { filesystem: files } = yield* Vm.make({})
        const content = bytes(1_000_003)
        yield* files.writeFile("/tmp/f", content)
        for (const chunkSize of [997, 4096, 65_536, 65_537, 300_000, 1_000_003, 16 * 1024 * 1024]) {
          const pieces = Chunk.toReadonlyArray(yield* Stream.runCollect(files.readStream("/tmp/f", { chunkSize })))
          assert.deepStrictEqual(pieces.map((piece) => piece.length), expected(content.length, chunkSize))
          assert.isTrue(same(Buffer.concat(pieces), content), String(chunkSize))
        }
        const part = files.readStream("/tmp/f", { chunkSize: 200_000, offset: 10, length: 450_000 })
        assert.deepStrictEqual(yield* sizes(part), [200_000, 200_000, 50_000])
        assert.deepStrictEqual(yield* sizes(files.readStream("/tmp/f", { chunkSize: 5, length: 0 })), [])
        const first = yield* Stream.runCollect(Stream.take(files.readStream("/tmp/f", { chunkSize: 100_000 }), 1))
        assert.deepStrictEqual(Array.from(first, (piece) => piece.length), [100_000])
      }))

    it.scoped("is the same on a mount", () =>
      Effect.gen(function*() {
        const hostPath = yield* temporaryFolder
        fill(hostPath, { f: "x".repeat(700_000) })
        const { filesystem: files } = yield* Vm.make({
          mounts: [{ path: "/data", plugin: { id: "host_dir", config: { hostPath } } }]
        })
        for (const chunkSize of [50_000, 300_000]) {
          const found = yield* sizes(files.readStream("/data/f", { chunkSize }))
          assert.deepStrictEqual(found, expected(700_000, chunkSize))
        }
      }))

    it.scoped("refuses what is no size, and says what the most is", () =>
      Effect.gen(function*() {
        const { filesystem: files } = yield* Vm.make({})
        yield* files.writeFile("/tmp/f", "x")
        for (const chunkSize of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 16 * 1024 * 1024 + 1]) {
          const error = yield* Effect.flip(Stream.runDrain(files.readStream("/tmp/f", { chunkSize })))
          assert.deepInclude(error, { errno: "EINVAL", limit: { name: "chunkSize", value: 16_777_216 } })
          assert.strictEqual(error.message, "EINVAL: invalid argument, read '/tmp/f'; limit chunkSize is 16777216")
        }
      }))
  })
})

describe("inPieces", () => {
  it.effect("gives what came before a failure, then the failure", () =>
    Effect.gen(function*() {
      const failing = Stream.concat(Stream.make(bytes(10), bytes(5)), Stream.fail("broken"))
      const got: Array<number> = []
      const error = yield* Effect.flip(
        Stream.runForEach(inPieces(4)(failing), (piece) => Effect.sync(() => got.push(piece.length)))
      )
      assert.deepStrictEqual([got, error], [[4, 4, 4, 3], "broken"])
    }))
})
