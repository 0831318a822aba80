import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { DEFAULT_MAX_FRAME, FrameFault, FrameParser, header, Kind, LENGTH_OVERHEAD } from "../../src/wire/Frame.ts"

type Frame = readonly [kind: number, id: number, body: ReadonlyArray<number>]

const frame = FastCheck.tuple(
  FastCheck.constantFrom(...Object.values(Kind)),
  FastCheck.integer({ min: 0, max: 2 ** 32 - 1 }),
  FastCheck.array(FastCheck.nat(255), { maxLength: 60 })
)

const write = (frames: ReadonlyArray<Frame>): Uint8Array =>
  new Uint8Array(Buffer.concat(
    frames.flatMap(([kind, id, body]) => [header(kind as Kind, id, body.length), Uint8Array.from(body)])
  ))

const read = (pieces: Iterable<Uint8Array>, maxLength = DEFAULT_MAX_FRAME) => {
  const frames: Array<Frame> = []
  const parser = new FrameParser(maxLength, (kind, id, body) => void frames.push([kind, id, Array.from(body)]))
  for (const piece of pieces) parser.push(piece)
  return { frames, idle: parser.idle }
}

const lengthOnly = (length: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, length, true)
  return bytes
}

describe("FrameParser", () => {
  it("random cuts give what the whole gives", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(frame, { maxLength: 12 }),
        FastCheck.array(FastCheck.integer({ min: 0, max: 40 }), { minLength: 1 }),
        (frames, cuts) => {
          const bytes = write(frames)
          const pieces: Array<Uint8Array> = []
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = cuts[i % cuts.length] || (i % cuts.length === 0 ? 1 : 0)
            pieces.push(bytes.subarray(at, at + size))
            at += size
          }
          assert.deepStrictEqual(read(pieces), { frames, idle: true })
          assert.deepStrictEqual(read([bytes]), { frames, idle: true })
        }
      )
    )
  })

  it("byte by byte, and an end in the middle is seen", () => {
    const bytes = write([[Kind.chunk, 5, [1, 2, 3]], [Kind.end, 5, []]])
    assert.strictEqual(read(Array.from(bytes, (byte) => Uint8Array.of(byte))).frames.length, 2)
    for (let cut = 1; cut < bytes.length; cut++) {
      assert.strictEqual(read([bytes.subarray(0, cut)]).idle, cut === 12, `cut at ${cut}`)
    }
  })

  it("a length out of bounds is refused at its fourth byte, before anything is allocated", () => {
    const max = 1000
    for (const length of [0, 1, 4, max + 1, 2 ** 31, 2 ** 32 - 1]) {
      const before = process.memoryUsage().arrayBuffers
      assert.throws(() => {
        try {
          read([lengthOnly(length)], max)
        } catch (fault) {
          assert.instanceOf(fault, FrameFault)
          throw new Error((fault as FrameFault).detail)
        }
      }, `frame length ${length} is not within 5..${max}`)
      assert.isBelow(process.memoryUsage().arrayBuffers - before, 64 * 1024)
    }
    for (const length of [LENGTH_OVERHEAD, max]) {
      const body = new Uint8Array(length - LENGTH_OVERHEAD)
      assert.strictEqual(read([header(Kind.chunk, 1, body.length), body], max).frames.length, 1)
    }
  })

  it("gives every body memory of its own, so that what was pushed may be used again", () => {
    const chunk = write([[Kind.chunk, 1, [1, 2, 3, 4]]])
    const placed = new Uint8Array(4)
    const bodies: Array<Uint8Array> = []
    const parser = new FrameParser(
      1000,
      (_, __, body) => void bodies.push(body),
      () => bodies.length === 2 ? placed : undefined
    )
    parser.push(chunk)
    parser.push(chunk.subarray(0, 10))
    parser.push(chunk.subarray(10))
    parser.push(chunk)
    chunk.fill(0)
    assert.deepStrictEqual(bodies.map((body) => Array.from(body)), Array(3).fill([1, 2, 3, 4]))
    for (const body of bodies) assert.strictEqual(body.buffer.byteLength, 4)
    assert.strictEqual(bodies[2], placed)
  })
})
