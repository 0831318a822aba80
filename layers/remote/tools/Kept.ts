/**
 * What a model is shown of an output: all of it, or its beginning and its end.
 *
 * @since 0.1.0
 */

/** Bytes that are kept of the beginning, and of the end. */
const HALF = 32 * 1024

/**
 * @since 0.1.0
 * @category models
 */
export class Kept {
  private readonly head: Array<Uint8Array> = []
  private headBytes = 0
  private tail: Array<Uint8Array> = []
  private tailBytes = 0
  private dropped = 0

  get truncated(): boolean {
    return this.dropped > 0
  }

  add(bytes: Uint8Array): void {
    const first = bytes.subarray(0, HALF - this.headBytes)
    if (first.length > 0) this.head.push(first.slice())
    this.headBytes += first.length
    const rest = bytes.subarray(first.length)
    if (rest.length === 0) return
    this.tail.push(rest.slice())
    this.tailBytes += rest.length
    while (this.tailBytes > HALF) {
      const over = this.tailBytes - HALF
      const [oldest] = this.tail
      const gone = Math.min(over, oldest.length)
      if (gone === oldest.length) this.tail.shift()
      else this.tail[0] = oldest.subarray(gone)
      this.tailBytes -= gone
      this.dropped += gone
    }
  }

  text(): string {
    const join = (parts: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
      const whole = new Uint8Array(size)
      let at = 0
      for (const part of parts) {
        whole.set(part, at)
        at += part.length
      }
      return whole
    }
    const decoder = new TextDecoder()
    if (this.dropped === 0) {
      return decoder.decode(join([...this.head, ...this.tail], this.headBytes + this.tailBytes))
    }
    const head = decoder.decode(join(this.head, this.headBytes))
    return `${head}\n[${this.dropped} bytes left out]\n${decoder.decode(join(this.tail, this.tailBytes))}`
  }
}
