/**
 * What a tree of processes has written, in order, with absolute positions: the last of it is kept, so that a reader can
 * go on where another one stopped. The process is suspended while a reader is too far behind; what nobody reads is dropped
 * from the front.
 */
import { OUTPUT_OVERHEAD, OUTPUT_WINDOW } from "../../guests/protocol.ts"

export type Channel = "stdout" | "stderr"

/** What a reader wants, and how far it has come: bytes of one channel, or of both together. */
export type View = Channel | "output"

/** Bytes that were written and are not kept any more. */
export interface Missing {
  readonly from: number
  readonly to: number
}

export interface OutputLogOptions {
  /** Bytes kept, overhead included; at least two windows. */
  readonly capacity: number
  /** Whether a process whose output nobody has read yet is suspended when there is no more room. */
  readonly unread: "discard" | "suspend"
  /** The process may write this much more. */
  readonly credit: (bytes: number) => void
  /** Runs the callback after some milliseconds; gives what cancels it. */
  readonly after: (milliseconds: number, run: () => void) => () => void
}

interface Segment {
  readonly channel: Channel
  /** Position in the output, in its channel, and in what it counts against the credit. */
  readonly start: number
  readonly channelStart: number
  readonly costStart: number
  bytes: Uint8Array
  length: number
  cost: number
}

/** Parts smaller than this are put together. */
const SMALL = 4096
/** How long a process that nobody has read yet waits for a first reader when there is no more room. */
const FIRST_READER_MS = 1_000

export class OutputLog {
  readonly readers = new Set<OutputReader>()
  private segments: Array<Segment> = []
  /** Segments dropped from the front: the number of the first that is kept. */
  private first = 0
  private readonly totals = { stdout: 0, stderr: 0, output: 0, cost: 0 }
  private readonly dropped = { stdout: 0, stderr: 0, output: 0 }
  /** What has been read of each channel by anybody. */
  private readonly read = { stdout: 0, stderr: 0 }
  private firstUnread = 0
  private credited = 0
  private waitsForReader = true
  private cancelWait: (() => void) | undefined
  private over = false
  private discards: boolean

  constructor(private readonly options: OutputLogOptions) {
    this.discards = options.unread === "discard"
  }

  get ended(): boolean {
    return this.over
  }

  /** Bytes that are kept. */
  get size(): number {
    return this.totals.output - this.dropped.output
  }

  append(channel: Channel, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const cost = bytes.length + OUTPUT_OVERHEAD
    const last = this.segments.at(-1)
    if (last?.channel === channel && last.length + bytes.length <= SMALL) grow(last, bytes, cost)
    else this.push(channel, bytes, cost)
    this.totals[channel] += bytes.length
    this.totals.output += bytes.length
    this.totals.cost += cost
    this.settle()
    for (const reader of Array.from(this.readers)) reader.wake()
  }

  /** Nobody will read: from now on the process is not suspended, unless somebody does. */
  discard(): void {
    this.discards = true
    this.waitsForReader = false
    this.settle()
  }

  /** Nothing follows. */
  end(): void {
    this.over = true
    this.cancelWait?.()
    for (const reader of Array.from(this.readers)) reader.wake()
  }

  /**
   * Reads from a position on, or from the oldest byte kept; `wake` is called when there is more, or the end. Gives what is
   * missing when the position is not kept any more. A position that has not been reached yet is taken for the end.
   */
  open(view: View, cursor: number | undefined, wake: () => void): OutputReader | Missing {
    const oldest = this.dropped[view]
    if (cursor !== undefined && cursor < oldest) return { from: cursor, to: oldest }
    const reader = new OutputReader(this, view, Math.min(cursor ?? oldest, this.totals[view]), wake)
    this.readers.add(reader)
    return reader
  }

  // --- used by readers ----------------------------------------------------------------------------------------------

  /** The number and content of the first segment that has something for a view from a position on. */
  seek(view: View, cursor: number, from: number): { readonly number: number; readonly segment: Segment } | undefined {
    for (let number = Math.max(from, this.first); number < this.first + this.segments.length; number++) {
      const segment = this.segments[number - this.first]
      if ((view === "output" || segment.channel === view) && startOf(segment, view) + segment.length > cursor) {
        return { number, segment }
      }
    }
    return undefined
  }

  get next(): number {
    return this.first + this.segments.length
  }

  /** Somebody has read a channel so far. */
  advance(channel: Channel, cursor: number): void {
    this.read[channel] = Math.max(this.read[channel], cursor)
    this.settle()
  }

  /** Gives the credit that readers leave, and drops what is beyond the capacity. */
  settle(): void {
    const held = this.heldFrom()
    const upTo = Math.min(this.totals.cost, held + this.options.capacity - OUTPUT_WINDOW)
    if (upTo > this.credited) {
      this.options.credit(upTo - this.credited)
      this.credited = upTo
    }
    while (this.segments.length > 1 && this.totals.cost - this.segments[0].costStart > this.options.capacity) {
      const [segment] = this.segments
      if (segment.costStart + segment.cost > held) break
      this.segments.shift()
      this.first++
      this.dropped[segment.channel] = segment.channelStart + segment.length
      this.dropped.output = segment.start + segment.length
    }
  }

  /** The cost position before which nobody needs anything. */
  private heldFrom(): number {
    let held = Number.POSITIVE_INFINITY
    for (const reader of this.readers) held = Math.min(held, reader.heldFrom() ?? this.totals.cost)
    if (!this.discards || this.waitsForReader) {
      const unread = this.unread()
      held = Math.min(held, unread)
      if (this.discards) this.waitForReader(unread)
    }
    return held
  }

  private unread(): number {
    for (this.firstUnread = Math.max(this.firstUnread, this.first); this.firstUnread < this.next; this.firstUnread++) {
      const { channel, channelStart, costStart, length } = this.segments[this.firstUnread - this.first]
      if (channelStart + length > this.read[channel]) return costStart
    }
    return this.totals.cost
  }

  /** A process that has no more room before anybody has read it gets a reader soon, or goes on without. */
  private waitForReader(unread: number): void {
    if (this.cancelWait !== undefined || this.totals.cost - unread < this.options.capacity - OUTPUT_WINDOW) return
    this.cancelWait = this.options.after(FIRST_READER_MS, () => {
      this.waitsForReader = false
      this.settle()
    })
  }

  private push(channel: Channel, bytes: Uint8Array, cost: number): void {
    const { cost: costStart, output: start } = this.totals
    this.segments.push({
      channel,
      start,
      channelStart: this.totals[channel],
      costStart,
      bytes,
      length: bytes.length,
      cost
    })
  }
}

const startOf = (segment: Segment, view: View): number => view === "output" ? segment.start : segment.channelStart

const grow = (segment: Segment, bytes: Uint8Array, cost: number): void => {
  const length = segment.length + bytes.length
  if (length > segment.bytes.length) {
    const larger = new Uint8Array(Math.min(SMALL, Math.max(256, length * 2)))
    larger.set(segment.bytes.subarray(0, segment.length))
    segment.bytes = larger
  }
  segment.bytes.set(bytes, segment.length)
  segment.length = length
  segment.cost += cost
}

export class OutputReader {
  private number = 0

  constructor(
    private readonly log: OutputLog,
    private readonly view: View,
    public cursor: number,
    readonly wake: () => void
  ) {}

  /** The next bytes, at most so many: a view that is good until the log changes. */
  next(max: number): { readonly channel: Channel; readonly bytes: Uint8Array } | undefined {
    const found = this.find()
    if (found === undefined || max <= 0) return undefined
    const { bytes, channel, channelStart, length } = found
    const offset = this.cursor - startOf(found, this.view)
    const part = bytes.subarray(offset, Math.min(length, offset + max))
    this.cursor += part.length
    this.log.advance(channel, channelStart + offset + part.length)
    return { channel, bytes: part }
  }

  /** Whether everything has been read that will ever be there. */
  get done(): boolean {
    return this.log.ended && this.find() === undefined
  }

  /** The cost position from which on it needs what is kept; nothing when it has read all. */
  heldFrom(): number | undefined {
    return this.find()?.costStart
  }

  close(): void {
    this.log.readers.delete(this)
    this.log.settle()
  }

  private find(): Segment | undefined {
    const found = this.log.seek(this.view, this.cursor, this.number)
    // a segment may still grow: the last one is looked at again
    this.number = found?.number ?? Math.max(this.number, this.log.next - 1)
    return found?.segment
  }
}
