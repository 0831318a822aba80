import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import type { Errno } from "../../src/Errno.ts"
import { errnoTable } from "../../src/Errno.ts"
import * as Codec from "../../src/wire/Codec.ts"
import { failureCodec, WireFailure } from "../../src/wire/Failure.ts"
import { toSchema } from "../../src/wire/Schemas.ts"
import { record, RecordParser } from "../../src/wire/Stream.ts"
import { codecs } from "./messages.ts"

const arbitraryOf = <A>(codec: Codec.Codec<A>) => Arbitrary.make(toSchema(codec))

/** Decodes; gives what was thrown if that is the one thing that may be. */
const attempt = <A>(codec: Codec.Codec<A>, body: Uint8Array): A | Codec.Malformed => {
  try {
    return Codec.decode(codec, body)
  } catch (thrown) {
    if (thrown instanceof Codec.Malformed) return thrown
    throw thrown
  }
}

/** How much of a value came out of its body: characters, bytes and list elements. */
const weigh = (shape: Codec.Shape, value: any): number => {
  switch (shape._tag) {
    case "string":
    case "bytes":
    case "rest":
      return value.length
    case "optional":
      return value === undefined ? 0 : weigh(shape.of, value)
    case "array":
      return value.reduce((sum: number, item: unknown) => sum + 1 + weigh(shape.of, item), 0)
    case "struct":
      return Object.entries(shape.fields).reduce((sum, [key, of]) => sum + weigh(of, value[key]), 0)
    default:
      return 0
  }
}

const mutated = FastCheck.array(FastCheck.tuple(FastCheck.nat(), FastCheck.nat(255)), { minLength: 1, maxLength: 6 })

const mutate = (body: Uint8Array, changes: ReadonlyArray<readonly [number, number]>): Uint8Array => {
  const copy = body.slice()
  for (const [at, byte] of changes) if (copy.length > 0) copy[at % copy.length] = byte
  return copy
}

describe("codecs", () => {
  for (const [name, codec] of Object.entries(codecs)) {
    it(`${name}: round trip`, () => {
      FastCheck.assert(
        FastCheck.property(arbitraryOf(codec), (value) => {
          assert.deepStrictEqual(Codec.decode(codec, Codec.encode(codec, value)), value)
        }),
        { numRuns: 60 }
      )
    })

    it(`${name}: a damaged body is malformed or another value`, () => {
      const schema = Schema.is(toSchema(codec))
      FastCheck.assert(
        FastCheck.property(
          arbitraryOf(codec),
          mutated,
          FastCheck.nat(),
          FastCheck.uint8Array({ minLength: 1, maxLength: 9 }),
          (value, changes, cut, tail) => {
            const body = Codec.encode(codec, value)
            const truncated = body.subarray(0, body.length === 0 ? 0 : cut % body.length)
            const extended = new Uint8Array([...body, ...tail])
            for (const bad of [mutate(body, changes), truncated, extended, tail]) {
              const result = attempt(codec, bad)
              if (result instanceof Codec.Malformed) continue
              assert.isTrue(schema(result), "what is decoded is what the codec describes")
              assert.isAtMost(weigh(codec.shape, result), bad.length, "nothing is made up beyond the body")
            }
          }
        ),
        { numRuns: 60 }
      )
    })
  }

  it("a list that claims more than its body holds is refused before it is made", () => {
    const codec = Codec.array(Codec.string)
    for (const length of [1, 1_000_000, 1_000_001, 2 ** 31, 2 ** 32 - 1]) {
      const body = Codec.encode(Codec.u32, length)
      const before = process.memoryUsage().arrayBuffers
      assert.instanceOf(attempt(codec, body), Codec.Malformed)
      assert.isBelow(process.memoryUsage().arrayBuffers - before, 1024 * 1024)
    }
    // elements without a byte of their own would come for free
    assert.instanceOf(attempt(Codec.array(Codec.struct({})), Codec.encode(Codec.u32, 1_000_000)), Codec.Malformed)
    assert.instanceOf(attempt(Codec.bytes, Codec.encode(Codec.u32, 2 ** 32 - 1)), Codec.Malformed)
    assert.instanceOf(attempt(Codec.f64, Codec.encode(Codec.f64, Number.NaN)), Codec.Malformed)
    assert.instanceOf(attempt(Codec.f64, Codec.encode(Codec.f64, Number.POSITIVE_INFINITY)), Codec.Malformed)
    assert.instanceOf(attempt(Codec.bool, Uint8Array.of(2)), Codec.Malformed)
    assert.instanceOf(attempt(Codec.literals("a", "b"), Uint8Array.of(2)), Codec.Malformed)
  })

  it("failures: round trip of every errno; an unknown number is EIO", () => {
    const errnos = FastCheck.constantFrom(...Object.keys(errnoTable) as Array<Errno>)
    const reasons = FastCheck.constantFrom("kernel", "gone", "refused", "cancelled", "internal")
    const text = FastCheck.string({ unit: "grapheme" })
    const maybe = FastCheck.option(text, { nil: undefined })
    const limits = FastCheck.option(
      FastCheck.record({ name: text, value: FastCheck.double({ noNaN: true, noDefaultInfinity: true }) }, {
        noNullPrototype: true
      }),
      { nil: undefined }
    )
    const denials = FastCheck.option(
      FastCheck.record({
        domain: FastCheck.constantFrom("fs", "network", "childProcess", "process", "env", "tool"),
        operation: text,
        resource: text,
        rule: FastCheck.option(FastCheck.nat(), { nil: undefined }),
        mode: FastCheck.constantFrom("deny", "ask")
      }, { noNullPrototype: true }),
      { nil: undefined }
    )
    FastCheck.assert(
      FastCheck.property(reasons, text, errnos, text, maybe, maybe, limits, denials, (...fields) => {
        const failure = new WireFailure(...fields as ConstructorParameters<typeof WireFailure>)
        const back = Codec.decode(failureCodec, Codec.encode(failureCodec, failure))
        assert.deepStrictEqual(back, failure)
        assert.instanceOf(back, WireFailure)
      })
    )
    const body = Codec.encode(failureCodec, new WireFailure("kernel", "", "ENOENT"))
    new DataView(body.buffer, body.byteOffset).setUint16(1, 9999, true)
    assert.strictEqual(Codec.decode(failureCodec, body).errno, "EIO")
  })

  it("records: random cuts give the same values; too large and unfinished ones are told", () => {
    const value = FastCheck.string({ unit: "grapheme", maxLength: 40 })
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(value),
        FastCheck.array(FastCheck.integer({ min: 1, max: 30 })),
        (texts, cuts) => {
          const stream = new Uint8Array(Buffer.concat(texts.map((text) => record(Codec.string, text))))
          const seen: Array<string> = []
          const parser = new RecordParser(Codec.string, 1000, (text) => void seen.push(text))
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = cuts.length === 0 ? stream.length : cuts[i % cuts.length]
            parser.push(stream.subarray(at, at + size))
            at += size
          }
          parser.finish()
          assert.deepStrictEqual(seen, texts)
        }
      )
    )
    const parser = new RecordParser(Codec.string, 10, () => {})
    assert.throws(() => parser.push(Codec.encode(Codec.u32, 11)))
    const other = new RecordParser(Codec.string, 10, () => {})
    other.push(Uint8Array.of(5, 0))
    assert.throws(() => other.finish())
  })
})
