/**
 * Cuts a byte stream into pieces that a header announces. Bytes are never joined into one growing buffer: a piece that
 * spans received chunks is copied, once, into a buffer of its own size. One that lies within a chunk is handed on as a view
 * of it, or copied as well where the chunks' memory is used again.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category models
 */
export class Cutter {
  private readonly head: Uint8Array
  private readonly view: DataView
  private headFilled = 0
  private body: Uint8Array | undefined
  private bodyFilled = 0

  /**
   * Every header begins with a `u32`. As soon as that is there, `bodyLength` turns it into the length of the body, or
   * throws when it is out of bounds: nothing is allocated for it then.
   */
  constructor(
    headerBytes: number,
    private readonly bodyLength: (prefix: number) => number,
    private readonly onPiece: (body: Uint8Array, header: DataView) => void,
    /** Gives the place that every body is copied into. Without it, a body that lies within one chunk is a view. */
    private readonly place?: (length: number, header: DataView) => Uint8Array
  ) {
    this.head = new Uint8Array(headerBytes)
    this.view = new DataView(this.head.buffer)
  }

  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      at += this.body === undefined ? this.pushHead(chunk, at) : this.pushBody(this.body, chunk, at)
    }
  }

  /** Whether the stream stands between two pieces, so that an end here is clean. */
  get idle(): boolean {
    return this.headFilled === 0 && this.body === undefined
  }

  private pushHead(chunk: Uint8Array, from: number): number {
    const taken = Math.min(this.head.length - this.headFilled, chunk.length - from)
    this.head.set(chunk.subarray(from, from + taken), this.headFilled)
    this.headFilled += taken
    if (this.headFilled < 4) return taken
    const length = this.bodyLength(this.view.getUint32(0, true))
    if (this.headFilled < this.head.length) return taken
    const at = from + taken
    if (chunk.length - at >= length && this.place !== undefined) {
      const body = this.place(length, this.view)
      body.set(chunk.subarray(at, at + length))
      this.emit(body)
      return taken + length
    }
    if (chunk.length - at >= length) {
      this.emit(chunk.subarray(at, at + length))
      return taken + length
    }
    this.body = this.place?.(length, this.view) ?? new Uint8Array(length)
    this.bodyFilled = 0
    return taken
  }

  private pushBody(body: Uint8Array, chunk: Uint8Array, from: number): number {
    const taken = Math.min(body.length - this.bodyFilled, chunk.length - from)
    body.set(chunk.subarray(from, from + taken), this.bodyFilled)
    this.bodyFilled += taken
    if (this.bodyFilled === body.length) {
      this.body = undefined
      this.emit(body)
    }
    return taken
  }

  private emit(body: Uint8Array): void {
    this.headFilled = 0
    this.onPiece(body, this.view)
  }
}
