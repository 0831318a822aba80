/**
 * The output of one process on its way to the kernel: cut into pieces, in order, and never more under way than the
 * credit in hand. A reader that does not read suspends the process.
 */
import type { FromWorker } from "../protocol.ts"
import { OUTPUT_CHUNK, OUTPUT_OVERHEAD, OUTPUT_WINDOW } from "../protocol.ts"
import type { OutputChannel } from "./engine.ts"

export class ProcessOutput {
  private credit = OUTPUT_WINDOW
  private wake: (() => void) | undefined
  private tail: Promise<void> = Promise.resolve()
  private queued = 0
  private closed = false

  constructor(
    private readonly pid: number,
    private readonly post: (message: FromWorker, transfer: Array<ArrayBuffer>) => void,
    private readonly signal: AbortSignal
  ) {
    signal.addEventListener("abort", () => this.wake?.(), { once: true })
  }

  readonly write = (channel: OutputChannel, bytes: Uint8Array): Promise<void> => {
    if (bytes.length === 0 || this.closed) return this.tail
    // Nothing waits and there is room: send at once, without a turn of the promise queue.
    if (
      this.queued === 0 && bytes.length <= OUTPUT_CHUNK && bytes.length + OUTPUT_OVERHEAD <= this.credit &&
      !this.signal.aborted
    ) {
      this.send(channel, bytes, 0, bytes.length)
      return this.tail
    }
    this.queued++
    const next = this.tail.then(() => this.drain(channel, bytes)).finally(() => {
      this.queued--
    })
    this.tail = next
    return next
  }

  grant(bytes: number): void {
    this.credit += bytes
    this.wake?.()
  }

  /** Takes nothing more. Resolves when all that was written has been sent. */
  close(): Promise<void> {
    this.closed = true
    return this.tail
  }

  private async drain(channel: OutputChannel, bytes: Uint8Array): Promise<void> {
    let offset = 0
    while (offset < bytes.length) {
      if (this.signal.aborted) return
      if (this.credit <= OUTPUT_OVERHEAD) {
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
        this.wake = undefined
        continue
      }
      const end = Math.min(bytes.length, offset + Math.min(OUTPUT_CHUNK, this.credit - OUTPUT_OVERHEAD))
      this.send(channel, bytes, offset, end)
      offset = end
    }
  }

  private send(channel: OutputChannel, bytes: Uint8Array, start: number, end: number): void {
    // A copy of its own: a view (Buffer's `slice` is one) would take its whole backing buffer along, which may hold other
    // processes' bytes, or what is still to be sent.
    const piece = new Uint8Array(bytes.subarray(start, end))
    this.credit -= piece.length + OUTPUT_OVERHEAD
    this.post({ _tag: "output", pid: this.pid, channel, bytes: piece }, [piece.buffer as ArrayBuffer])
  }
}
