import { assert, describe, it } from "@effect/vitest"
import * as Codec from "../../src/wire/Codec.ts"
import { Outbox } from "../../src/wire/Outbox.ts"
import * as Slab from "../../src/wire/Slab.ts"
import { random } from "./pair.ts"

describe("Slab", () => {
  it("no part overlaps one that is in use, whatever is given back in between", () => {
    const next = random(7)
    const held: Array<{ readonly bytes: Uint8Array; readonly fill: number }> = []
    for (let i = 0; i < 20_000; i++) {
      const size = 1 + Math.floor(next() * (next() < 0.1 ? 4000 : 300))
      const part = Slab.take(size)
      assert.isAtMost(part.start + size, part.memory.length)
      const kept = Math.floor(next() * size)
      // sometimes only after others have been taken
      if (next() < 0.5) Slab.giveBack(part, size, part.start + kept)
      else if (next() < 0.5) {
        const later = Slab.take(8)
        Slab.giveBack(part, size, part.start)
        held.push({ bytes: later.memory.subarray(later.start, later.start + 8).fill(201), fill: 201 })
        continue
      }
      held.push({ bytes: part.memory.subarray(part.start, part.start + kept).fill(i & 127), fill: i & 127 })
      if (held.length > 500) held.splice(0, 250)
    }
    for (const { bytes, fill } of held) assert.isTrue(bytes.every((byte) => byte === fill))
  })

  it("bodies keep what they are while others are written, within each other too", () => {
    const both = Codec.struct({ text: Codec.string, inner: Codec.rest })
    const bodies: Array<Uint8Array> = []
    const written = (i: number) => `${"é".repeat(i % 3)}${i}:${"x".repeat(i % 41)}`
    for (let i = 0; i < 2000; i++) {
      const inner = {
        text: written(i),
        get inner() {
          // an encoder at work while another one is
          return Codec.encode(Codec.string, "y".repeat(i % 700))
        }
      }
      bodies.push(Codec.encode(both, inner))
    }
    bodies.forEach((body, i) => {
      const { inner, text } = Codec.decode(both, body)
      assert.strictEqual(text, written(i))
      assert.strictEqual(Codec.decode(Codec.string, inner), "y".repeat(i % 700))
    })
  })
})

describe("Outbox", () => {
  it("gives the link the same bytes, small parts that follow each other as one", async () => {
    const next = random(11)
    for (let run = 0; run < 50; run++) {
      const sent: Array<Uint8Array> = []
      let calls = 0
      const outbox = new Outbox({ send: (parts) => (calls++, sent.push(...parts), true), close: () => {} })
      const frames = Array.from({ length: 1 + Math.floor(next() * 40) }, (_, i) => [
        new Uint8Array(9).fill(i),
        new Uint8Array(Math.floor(next() * 3)).fill(i + 64),
        new Uint8Array(next() < 0.3 ? 1025 + Math.floor(next() * 100_000) : Math.floor(next() * 1025)).fill(i + 128)
      ])
      for (const frame of frames) outbox.data(frame)
      await Promise.resolve()
      assert.deepStrictEqual(Buffer.concat(sent), Buffer.concat(frames.flat()))
      const large: Array<Uint8Array> = frames.flat().filter((part) => part.length > 1024)
      assert.isAtMost(sent.length, 2 * large.length + calls)
      // what is large is not copied
      assert.isTrue(large.every((part) => sent.includes(part)))
    }
  })
})
