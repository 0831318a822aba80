/**
 * Bytes on their way through a call: cut into pieces, and put together again.
 *
 * @since 0.1.0
 */
import type * as Codec from "../../src/wire/Codec.ts"
import { CHUNK_BYTES, record } from "../../src/wire/Stream.ts"

/**
 * Gives the content of a buffer piece by piece.
 *
 * @since 0.1.0
 * @category constructors
 */
export const pieces = (bytes: Uint8Array): () => Uint8Array | undefined => {
  let at = 0
  return () => {
    if (at >= bytes.length) return undefined
    const piece = bytes.subarray(at, at + CHUNK_BYTES)
    at += piece.length
    return piece
  }
}

/**
 * Gives the records of values piece by piece, small ones packed together.
 *
 * @since 0.1.0
 * @category constructors
 */
export const records = <A>(codec: Codec.Codec<A>, values: Iterator<A>): () => Uint8Array | undefined => {
  const packed = new Uint8Array(CHUNK_BYTES)
  let pending: Uint8Array | undefined
  return () => {
    let filled = 0
    for (;;) {
      if (pending === undefined) {
        const next = values.next()
        if (next.done === true) return filled === 0 ? undefined : packed.slice(0, filled)
        pending = record(codec, next.value)
      }
      if (filled + pending.length > CHUNK_BYTES) {
        if (filled > 0) return packed.slice(0, filled)
        const large = pending
        pending = undefined
        return large
      }
      packed.set(pending, filled)
      filled += pending.length
      pending = undefined
    }
  }
}

/**
 * Puts received pieces together. One piece alone is copied too: a received piece is a view of a larger buffer.
 *
 * @since 0.1.0
 * @category models
 */
export class Gather {
  private readonly parts: Array<Uint8Array> = []
  private length = 0

  add(bytes: Uint8Array): void {
    this.parts.push(bytes)
    this.length += bytes.length
  }

  finish(last: Uint8Array): Uint8Array {
    const whole = new Uint8Array(this.length + last.length)
    let at = 0
    for (const part of this.parts) {
      whole.set(part, at)
      at += part.length
    }
    whole.set(last, at)
    return whole
  }
}
