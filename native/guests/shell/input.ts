/**
 * The standard input of a process on its way from the kernel: pieces wait here until they are read, and reading gives the
 * kernel credit for more.
 */
const END = new Uint8Array(0)

export interface InputEvents {
  /** That many bytes have been read. */
  readonly onRead: (bytes: number) => void
  /** Nobody will read any more. */
  readonly onClosed: () => void
}

export class Input {
  private readonly pieces: Array<Uint8Array> = []
  private waiting: Array<() => void> = []
  private ended = false
  private closed = false

  constructor(private readonly events: InputEvents) {}

  add(bytes: Uint8Array): void {
    if (this.closed || this.ended || bytes.length === 0) return
    this.pieces.push(bytes)
    this.wake()
  }

  end(): void {
    this.ended = true
    this.wake()
  }

  /** Bytes at hand; empty at the end, undefined when there are none yet. */
  peek(): Uint8Array | undefined {
    return this.pieces[0] ?? (this.ended ? END : undefined)
  }

  consume(count: number): void {
    if (count === 0) return
    const [first] = this.pieces
    if (count < first.length) this.pieces[0] = first.subarray(count)
    else this.pieces.shift()
    this.events.onRead(count)
  }

  /** Resolves when `peek` has an answer. */
  readable(): Promise<void> {
    return this.peek() === undefined ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve()
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.pieces.length = 0
    this.events.onClosed()
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}
