/**
 * Streams on top of an exchange: bytes under credit, and records (values of a codec, of any size) cut out of them.
 *
 * @since 0.1.0
 */
import { CHUNK_BYTES } from "./ChunkMemory.ts"
import * as Codec from "./Codec.ts"
import { Cutter } from "./Cutter.ts"
import type { Exchange } from "./Exchange.ts"

export { CHUNK_BYTES } from "./ChunkMemory.ts"

/**
 * Parts as one: `length` is the sum of theirs.
 *
 * @since 0.1.0
 * @category conversions
 */
export const joined = (parts: ReadonlyArray<Uint8Array>, length: number): Uint8Array => {
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/**
 * Sends what `next` gives until it gives `undefined`, as fast as the reader grants credit, then calls `done`. `next` is
 * called only when its bytes can go out, so nothing gathers here. An empty piece is skipped.
 *
 * @since 0.1.0
 * @category combinators
 */
export const pump = (exchange: Exchange, next: () => Uint8Array | undefined, done: () => void): void => {
  let piece: Uint8Array | undefined
  let finished = false
  const step = (): void => {
    while (!finished && exchange.writable > 0) {
      if (piece === undefined || piece.length === 0) {
        piece = next()
        if (piece === undefined) {
          finished = true
          return done()
        }
        continue
      }
      const size = Math.min(piece.length, exchange.writable, CHUNK_BYTES)
      exchange.write(size === piece.length ? piece : piece.subarray(0, size))
      piece = piece.subarray(size)
    }
  }
  exchange.handlers.onWritable = step
  step()
}

/**
 * A record as it stands in a stream: its length and its body.
 *
 * @since 0.1.0
 * @category conversions
 */
export const record = <A>(codec: Codec.Codec<A>, value: A): Uint8Array => {
  const writer = new Codec.Writer()
  writer.u32(0)
  codec.write(writer, value)
  const bytes = writer.finish()
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, bytes.length - 4, true)
  return bytes
}

/**
 * Cuts a byte stream into records of at most `maxBytes`. A record that lies within one chunk is a view of it. Throws
 * `Malformed`, or for a larger record what `onTooLarge` throws.
 *
 * @since 0.1.0
 * @category models
 */
export class RecordParser<A> {
  private readonly cutter: Cutter

  constructor(
    codec: Codec.Codec<A>,
    maxBytes: number,
    onRecord: (value: A) => void,
    onTooLarge: (bytes: number) => never = (bytes) => {
      throw new Codec.Malformed(`record of ${bytes} bytes, at most ${maxBytes} allowed`)
    }
  ) {
    this.cutter = new Cutter(
      4,
      (length) => length > maxBytes ? onTooLarge(length) : length,
      (body) => onRecord(Codec.decode(codec, body))
    )
  }

  push(chunk: Uint8Array): void {
    this.cutter.push(chunk)
  }

  /** Throws when the stream ended inside a record. */
  finish(): void {
    if (!this.cutter.idle) throw new Codec.Malformed("stream ends inside a record")
  }
}
