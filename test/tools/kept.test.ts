import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Kept } from "../../layers/remote/tools/Kept.ts"

const HALF = 32 * 1024

/** Letters, so that bytes are characters. */
const letters = (length: number): string => {
  let text = ""
  for (let i = 0; i < length; i++) text += String.fromCharCode(97 + ((i * 7) ^ (i >>> 5)) % 26)
  return text
}

describe("what is kept of an output", () => {
  it("is all of it, or its beginning and its end, however it comes", () => {
    const sizes = FastCheck.array(
      FastCheck.oneof(FastCheck.nat(200), FastCheck.nat(100_000), FastCheck.constantFrom(HALF, HALF - 1, HALF + 1)),
      { maxLength: 8 }
    )
    FastCheck.assert(
      FastCheck.property(sizes, (sizes) => {
        const kept = new Kept()
        const all = letters(sizes.reduce((sum, size) => sum + size, 0))
        let at = 0
        for (const size of sizes) {
          // the buffer is another's, and is used again
          const bytes = new TextEncoder().encode(all.slice(at, at + size))
          kept.add(bytes)
          bytes.fill(0)
          at += size
        }
        const over = all.length - 2 * HALF
        assert.strictEqual(kept.truncated, over > 0)
        assert.strictEqual(
          kept.text(),
          over <= 0 ? all : `${all.slice(0, HALF)}\n[${over} bytes left out]\n${all.slice(-HALF)}`
        )
      }),
      { numRuns: 200 }
    )
  })
})
