/**
 * Frames: `u32 length | u8 kind | u32 id | body`, little-endian. `length` counts what follows it (5 + body).
 *
 * @since 0.1.0
 */
import { memoryFor } from "./ChunkMemory.ts"
import { Cutter } from "./Cutter.ts"

/**
 * The kinds of frame. `request` opens an exchange, `response` or `failure` ends it; in between either side may send
 * `chunk`s (against byte credit) and one `end`. The rest are control frames and overtake data.
 *
 * @since 0.1.0
 * @category models
 */
export const Kind = {
  request: 1,
  response: 2,
  failure: 3,
  chunk: 4,
  end: 5,
  cancel: 6,
  credit: 7,
  event: 8,
  ping: 9,
  pong: 10,
  goaway: 11
} as const

/**
 * @since 0.1.0
 * @category models
 */
export type Kind = (typeof Kind)[keyof typeof Kind]

/**
 * Bytes of a frame before its body.
 *
 * @since 0.1.0
 * @category constants
 */
export const HEADER_BYTES = 9

/**
 * What `length` counts besides the body.
 *
 * @since 0.1.0
 * @category constants
 */
export const LENGTH_OVERHEAD = 5

/**
 * The largest `length` that a side accepts unless the handshake agrees on another: 1 MiB and the frame's own fields.
 *
 * @since 0.1.0
 * @category constants
 */
export const DEFAULT_MAX_FRAME = 1024 * 1024 + 64

/**
 * The largest `length` accepted from a peer that has not authenticated yet.
 *
 * @since 0.1.0
 * @category constants
 */
export const HANDSHAKE_MAX_FRAME = 16 * 1024

/**
 * The header of a frame whose body has `bodyLength` bytes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const header = (kind: Kind, id: number, bodyLength: number): Uint8Array => {
  const bytes = new Uint8Array(HEADER_BYTES)
  const length = bodyLength + LENGTH_OVERHEAD
  bytes[0] = length
  bytes[1] = length >>> 8
  bytes[2] = length >>> 16
  bytes[3] = length >>> 24
  bytes[4] = kind
  bytes[5] = id
  bytes[6] = id >>> 8
  bytes[7] = id >>> 16
  bytes[8] = id >>> 24
  return bytes
}

/**
 * Why a byte stream cannot be frames. It ends the connection: there is no way to find the next frame.
 *
 * @since 0.1.0
 * @category errors
 */
export class FrameFault {
  readonly _tag = "FrameFault"
  constructor(readonly detail: string) {}
}

/**
 * Cuts a byte stream into frames. A length above `maxLength` is refused before anything is allocated.
 *
 * @since 0.1.0
 * @category models
 */
export class FrameParser {
  private readonly cutter: Cutter

  /**
   * Every body is given memory of its own, which the receiver may keep: what is pushed may be used again afterwards.
   * `place` may name that memory.
   */
  constructor(
    public maxLength: number,
    onFrame: (kind: number, id: number, body: Uint8Array) => void,
    place: (kind: number, id: number, length: number) => Uint8Array | undefined = () => undefined
  ) {
    this.cutter = new Cutter(
      HEADER_BYTES,
      (length) => {
        if (length < LENGTH_OVERHEAD || length > this.maxLength) {
          throw new FrameFault(`frame length ${length} is not within ${LENGTH_OVERHEAD}..${this.maxLength}`)
        }
        return length - LENGTH_OVERHEAD
      },
      (body, header) => onFrame(header.getUint8(4), header.getUint32(5, true), body),
      (length, header) => place(header.getUint8(4), header.getUint32(5, true), length) ?? memoryFor(length)
    )
  }

  /** Feeds bytes; throws `FrameFault`. */
  push(piece: Uint8Array): void {
    this.cutter.push(piece)
  }

  /** Whether the stream stands between two frames, so that an end here is clean. */
  get idle(): boolean {
    return this.cutter.idle
  }
}
