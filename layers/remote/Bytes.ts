/**
 * Bytes on their way through a call: cut into pieces, and put together again.
 *
 * @since 0.1.0
 */
import * as Codec from "../../src/wire/Codec.ts"
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

/** The largest file that can be read whole: the most that the limit `readBytes` can be. */
const MAX_FILE = 2 ** 30

/**
 * Puts a file together whose size comes first, so that each piece is received into its place, or copied there once.
 *
 * @since 0.1.0
 * @category models
 */
export class GatherFile {
  private whole: Uint8Array | undefined
  private filled = 0

  /** Throws `Malformed` when it is not what was announced. */
  add(bytes: Uint8Array): void {
    if (this.whole === undefined) {
      const size = Codec.decode(Codec.f64, bytes)
      if (!Number.isInteger(size) || size < 0 || size > MAX_FILE) throw new Codec.Malformed(`file of ${size} bytes`)
      this.whole = new Uint8Array(size)
      return
    }
    if (bytes.length > this.whole.length - this.filled) {
      throw new Codec.Malformed(`more than the ${this.whole.length} bytes that were announced`)
    }
    if (bytes.buffer !== this.whole.buffer) this.whole.set(bytes, this.filled)
    this.filled += bytes.length
  }

  /** Where the next piece belongs, if it can be that long. */
  place(length: number): Uint8Array | undefined {
    const { filled, whole } = this
    return whole !== undefined && length <= whole.length - filled ? whole.subarray(filled, filled + length) : undefined
  }

  /** The content: `answer` itself when nothing came before it. A file that has shrunk meanwhile is shorter. */
  finish(answer: Uint8Array): Uint8Array {
    if (this.whole === undefined) return answer
    return this.filled === this.whole.length ? this.whole : this.whole.slice(0, this.filled)
  }
}
