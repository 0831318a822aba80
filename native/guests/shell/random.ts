/**
 * All randomness of the worker, from a seed that the kernel gives: the key stream of AES-256 in counter mode. It is as
 * good as the machine's own, and the same again where the seed is the same.
 */
import type { Cipher } from "node:crypto"
import { createCipheriv } from "node:crypto"

const KEY_BYTES = 32
const POOL_BYTES = 4096

export class SeededBytes {
  private readonly cipher: Cipher
  private pool = new Uint8Array(0)

  constructor(seed: Uint8Array) {
    this.cipher = createCipheriv("aes-256-ctr", seed.subarray(0, KEY_BYTES), new Uint8Array(16))
  }

  fill(target: Uint8Array): void {
    for (let at = 0; at < target.length;) {
      if (this.pool.length === 0) this.pool = this.cipher.update(new Uint8Array(POOL_BYTES))
      const size = Math.min(this.pool.length, target.length - at)
      target.set(this.pool.subarray(0, size), at)
      this.pool = this.pool.subarray(size)
      at += size
    }
  }

  /** From 0 up to, but not including, 1; 53 bits. */
  number(): number {
    const words = new Uint32Array(2)
    this.fill(new Uint8Array(words.buffer))
    return ((words[0] >>> 5) * 2 ** 26 + (words[1] >>> 6)) / 2 ** 53
  }

  /** A UUID of version 4. */
  uuid(): `${string}-${string}-${string}-${string}-${string}` {
    const bytes = new Uint8Array(16)
    this.fill(bytes)
    bytes[6] = (bytes[6] & 0x0f) | 0x40
    bytes[8] = (bytes[8] & 0x3f) | 0x80
    const hex = Buffer.from(bytes).toString("hex")
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
}

/** Replaces the sources of randomness of this worker. */
export const installRandom = (seed: Uint8Array): void => {
  const bytes = new SeededBytes(seed)
  Math.random = () => bytes.number()
  crypto.getRandomValues = (array) => {
    if (array !== null) bytes.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    return array
  }
  crypto.randomUUID = () => bytes.uuid()
}
