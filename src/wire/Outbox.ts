/**
 * What a connection has still to write: control frames first, then data in order, gathered per turn of the event loop,
 * and never more data handed to the link at once than control frames can bear to wait behind.
 *
 * @since 0.1.0
 */
import type { Link } from "./Connection.ts"
import * as Slab from "./Slab.ts"

type Frame = ReadonlyArray<Uint8Array>

const DATA_PER_WRITE = 256 * 1024
/** Up to so many bytes it is quicker to copy them than to hand them on by themselves. */
const SMALL = 1024

/**
 * @since 0.1.0
 * @category models
 */
export class Outbox {
  private controls: Array<Frame> = []
  private frames: Array<Frame> = []
  private next = 0
  private blocked = false
  private scheduled = false
  private closed = false

  constructor(private readonly link: Link) {}

  /** Queues a control frame. */
  control(frame: Frame): void {
    if (this.closed) return
    this.controls.push(frame)
    this.schedule()
  }

  /** Queues a data frame. */
  data(frame: Frame): void {
    if (this.closed) return
    this.frames.push(frame)
    this.schedule()
  }

  /** Queues a control frame that must not overtake what is already queued as data, if anything is. */
  afterPending(frame: Frame): void {
    if (this.next < this.frames.length) this.data(frame)
    else this.control(frame)
  }

  /** The link can take more. */
  resume(): void {
    this.blocked = false
    this.flush()
  }

  /** Writes what may be written now and a last frame, which goes out even where the link is full. */
  finish(frame: Frame): void {
    if (this.closed) return
    this.flush()
    this.link.send([...this.controls.flat(), ...frame])
    this.close()
  }

  /** Forgets what has not been written, and takes nothing more. */
  close(): void {
    this.closed = true
    this.controls = []
    this.frames = []
    this.next = 0
  }

  /** Writes what may be written now. */
  readonly flush = (): void => {
    this.scheduled = false
    while (!this.blocked && (this.controls.length > 0 || this.next < this.frames.length)) {
      this.blocked = !this.link.send(this.take())
    }
  }

  private take(): Array<Uint8Array> {
    const parts = new Parts()
    for (const frame of this.controls) parts.put(frame)
    this.controls = []
    let bytes = 0
    while (this.next < this.frames.length && bytes < DATA_PER_WRITE) bytes += parts.put(this.frames[this.next++])
    if (this.next === this.frames.length) {
      this.frames = []
      this.next = 0
    } else if (this.next > 1024) {
      this.frames = this.frames.slice(this.next)
      this.next = 0
    }
    return parts.finish()
  }

  private schedule(): void {
    if (this.scheduled || this.blocked) return
    this.scheduled = true
    queueMicrotask(this.flush)
  }
}

/** What is written at once. Small parts that follow each other become one, as most of the cost of a part is that it is one. */
class Parts {
  private readonly parts: Array<Uint8Array> = []
  private small: Array<Uint8Array> = []
  private smallBytes = 0

  /** Gives the bytes of a frame. */
  put(frame: Frame): number {
    let bytes = 0
    for (const part of frame) {
      bytes += part.length
      if (part.length > SMALL) {
        this.join()
        this.parts.push(part)
      } else if (part.length > 0) {
        this.small.push(part)
        this.smallBytes += part.length
      }
    }
    return bytes
  }

  finish(): Array<Uint8Array> {
    this.join()
    return this.parts
  }

  private join(): void {
    if (this.small.length === 1) this.parts.push(this.small[0])
    else if (this.small.length > 1) {
      const { memory, start } = Slab.take(this.smallBytes)
      let at = start
      for (const part of this.small) {
        memory.set(part, at)
        at += part.length
      }
      this.parts.push(memory.subarray(start, at))
    }
    this.small = []
    this.smallBytes = 0
  }
}
