/**
 * HalfSipHash-1-3 of a string under a random key of this process. Multiplicative hashes collide on known inputs
 * whatever their seed; this one leaves a guest that chooses file names nothing to aim at.
 */
let key: Int32Array | undefined
let key0 = 0
let key1 = 0

const setKey = (chosen: Int32Array): void => {
  key = chosen
  key0 = chosen[0]
  key1 = chosen[1]
}

/** For tests, whose guests are no enemies: a key that is known, so that no order depends on it. No effect after first use. */
export const fixHashKey = (): void => {
  if (key === undefined) setKey(new Int32Array([0x5eed, 0x5eed]))
}

/** The 32-bit hash of a string, as a signed integer. */
export type Hash = (text: string) => number

export const hashString: Hash = (text) => {
  if (key === undefined) setKey(crypto.getRandomValues(new Int32Array(2)))
  const length = text.length
  let v0 = key0
  let v1 = key1
  let v2 = 0x6c796765 ^ key0
  let v3 = 0x74656462 ^ key1
  // Words of two code units, then the length, then the finalizing rounds.
  for (let i = 0; i <= length + 7; i += 2) {
    let word = 0
    if (i < length) {
      word = text.charCodeAt(i)
      if (i + 1 < length) word |= text.charCodeAt(i + 1) << 16
    } else if (i < length + 2) {
      word = length << 16
    } else if (i < length + 4) {
      v2 ^= 0xff
    }
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  return v1 ^ v3
}
