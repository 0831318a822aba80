import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { GatherFile } from "../../layers/remote/Bytes.ts"
import * as Codec from "../../src/wire/Codec.ts"

const size = (bytes: number) => Codec.encode(Codec.f64, bytes)
const nothing = new Uint8Array(0)

describe("GatherFile", () => {
  it("gives the answer when nothing was announced", () => {
    const answer = new Uint8Array([1, 2, 3])
    const content = new GatherFile().finish(answer)
    assert.deepStrictEqual(content, answer)
  })

  it("puts pieces together, whether they were received into their place or not", () =>
    FastCheck.assert(FastCheck.property(
      FastCheck.array(FastCheck.tuple(FastCheck.uint8Array({ minLength: 1 }), FastCheck.boolean())),
      (pieces) => {
        const expected = pieces.flatMap(([bytes]) => Array.from(bytes))
        const gather = new GatherFile()
        gather.add(size(expected.length))
        for (const [bytes, placed] of pieces) {
          const place = placed ? gather.place(bytes.length) : undefined
          place?.set(bytes)
          gather.add(place ?? bytes)
        }
        assert.deepStrictEqual(Array.from(gather.finish(nothing)), expected)
      }
    )))

  it("is as long as what came, when the file has shrunk meanwhile", () => {
    const gather = new GatherFile()
    gather.add(size(10))
    gather.add(new Uint8Array([1, 2]))
    assert.deepStrictEqual(gather.finish(nothing), new Uint8Array([1, 2]))
  })

  it("refuses more than was announced, and gives no place for it", () => {
    const gather = new GatherFile()
    assert.isUndefined(gather.place(1))
    gather.add(size(4))
    gather.add(new Uint8Array(3))
    assert.isUndefined(gather.place(2))
    assert.strictEqual(gather.place(1)?.length, 1)
    assert.throws(() => gather.add(new Uint8Array(2)))
  })

  it.each([-1, 0.5, 2 ** 30 + 1])("refuses a size of %d before it allocates", (bytes) => {
    assert.throws(() => new GatherFile().add(size(bytes)))
  })
})
