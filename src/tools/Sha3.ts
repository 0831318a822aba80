/**
 * SHA3-256 (FIPS 202): Keccak-f[1600] on pairs of 32-bit words, so that it runs wherever the library does.
 *
 * @since 0.1.0
 */

const RATE = 136
const ROUNDS = 24

/** The offsets of the rotations along the path that rho and pi walk together, and the lanes of that path. */
const rotations: Array<number> = []
const lanes: Array<number> = []
for (let x = 1, y = 0, step = 0; step < 24; step++) {
  ;[x, y] = [y, (2 * x + 3 * y) % 5]
  lanes.push(x + 5 * y)
  rotations.push(((step + 1) * (step + 2) / 2) % 64)
}

/** The constants of iota, each from the bits of a linear feedback shift register. */
const constants = new Uint32Array(2 * ROUNDS)
for (let round = 0, register = 1; round < ROUNDS; round++) {
  for (let bit = 0; bit < 7; bit++) {
    const at = (1 << bit) - 1
    if ((register & 1) === 1) constants[2 * round + (at >>> 5)] ^= 1 << (at & 31)
    register = (register & 0x80) === 0 ? register << 1 : ((register << 1) ^ 0x71) & 0xff
  }
}

const hexadecimal = "0123456789abcdef"
const parity = new Uint32Array(10)
const plane = new Uint32Array(10)

const theta = (state: Uint32Array): void => {
  for (let x = 0; x < 10; x++) parity[x] = state[x] ^ state[x + 10] ^ state[x + 20] ^ state[x + 30] ^ state[x + 40]
  for (let x = 0; x < 10; x += 2) {
    const left = (x + 8) % 10
    const right = (x + 2) % 10
    const low = parity[left] ^ ((parity[right] << 1) | (parity[right + 1] >>> 31))
    const high = parity[left + 1] ^ ((parity[right + 1] << 1) | (parity[right] >>> 31))
    for (let y = 0; y < 50; y += 10) {
      state[y + x] ^= low
      state[y + x + 1] ^= high
    }
  }
}

const rhoPi = (state: Uint32Array): void => {
  let low = state[2]
  let high = state[3]
  for (let step = 0; step < 24; step++) {
    const at = 2 * lanes[step]
    const by = rotations[step]
    const a = by < 32 ? low : high
    const b = by < 32 ? high : low
    const bits = by & 31
    low = state[at]
    high = state[at + 1]
    state[at] = bits === 0 ? a : (a << bits) | (b >>> (32 - bits))
    state[at + 1] = bits === 0 ? b : (b << bits) | (a >>> (32 - bits))
  }
}

const chi = (state: Uint32Array): void => {
  for (let y = 0; y < 50; y += 10) {
    for (let x = 0; x < 10; x++) plane[x] = state[y + x]
    for (let x = 0; x < 10; x++) state[y + x] ^= ~plane[(x + 2) % 10] & plane[(x + 4) % 10]
  }
}

const permute = (state: Uint32Array): void => {
  for (let round = 0; round < ROUNDS; round++) {
    theta(state)
    rhoPi(state)
    chi(state)
    state[0] ^= constants[2 * round]
    state[1] ^= constants[2 * round + 1]
  }
}

/** Mixes the bytes at an offset into the state, up to `length` of them. */
const absorb = (state: Uint32Array, bytes: Uint8Array, from: number, length: number): void => {
  for (let i = 0; i < length; i++) state[i >>> 2] ^= bytes[from + i] << ((i & 3) << 3)
}

/**
 * The digest of bytes, as 64 characters of lower-case hexadecimal.
 *
 * @since 0.1.0
 * @category digests
 */
export const sha3 = (bytes: Uint8Array): string => {
  const state = new Uint32Array(50)
  let at = 0
  for (; at + RATE <= bytes.length; at += RATE) {
    absorb(state, bytes, at, RATE)
    permute(state)
  }
  const left = bytes.length - at
  absorb(state, bytes, at, left)
  state[left >>> 2] ^= 0x06 << ((left & 3) << 3)
  state[(RATE - 1) >>> 2] ^= 0x80 << 24
  permute(state)
  // made at once: a text that is put together piece by piece keeps its pieces
  const digits: Array<number> = []
  for (let i = 0; i < 32; i++) {
    const byte = state[i >>> 2] >>> ((i & 3) << 3)
    digits.push(hexadecimal.charCodeAt((byte >>> 4) & 0xf), hexadecimal.charCodeAt(byte & 0xf))
  }
  return String.fromCharCode(...digits)
}
