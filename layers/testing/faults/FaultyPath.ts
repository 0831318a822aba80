/**
 * One direction of a connection on which things go wrong.
 *
 * @since 0.1.0
 */
import { FrameParser, header, HEADER_BYTES, Kind } from "../../../src/wire/Frame.ts"
import type { SeededRandom } from "../SeededRandom.ts"

/**
 * Chances between 0 and 1, each for one frame unless it says otherwise.
 *
 * @since 0.1.0
 * @category models
 */
export interface Faults {
  /** The frame is lost, and with it all that follows: a byte stream that has lost something delivers nothing after it. */
  readonly drop: number
  /** The connection ends in the middle of the frame. */
  readonly cut: number
  /** A write arrives in pieces of any size. */
  readonly split: number
  /** The frame changes places with the one after it in the same write, if that belongs to another exchange. */
  readonly reorder: number
  /** What a write may come late by, at most, in milliseconds. Nothing overtakes it. */
  readonly delay: number
}

/**
 * How often what has happened.
 *
 * @since 0.1.0
 * @category models
 */
export interface FaultCounts {
  frames: number
  dropped: number
  cut: number
  split: number
  reordered: number
  delayed: number
}

interface FrameBytes {
  readonly kind: number
  readonly id: number
  readonly bytes: Uint8Array
}

/** Frames of exchanges; the others have to come where they come. */
const belongsToExchange = ({ kind }: FrameBytes): boolean =>
  kind === Kind.request || kind === Kind.response || kind === Kind.failure || kind === Kind.chunk ||
  kind === Kind.end ||
  kind === Kind.credit || kind === Kind.cancel

const frameOf = (kind: number, id: number, body: Uint8Array): FrameBytes => {
  const bytes = new Uint8Array(HEADER_BYTES + body.length)
  bytes.set(header(kind as Kind, id, body.length))
  bytes.set(body, HEADER_BYTES)
  return { kind, id, bytes }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PathOptions {
  readonly random: SeededRandom
  readonly counts: FaultCounts
  /** The faults of the moment. */
  readonly faults: () => Faults
  readonly after: (milliseconds: number, run: () => void) => () => void
  readonly now: () => number
  readonly deliver: (bytes: Uint8Array) => void
  /** Ends the connection. */
  readonly end: () => void
}

/**
 * @since 0.1.0
 * @category models
 */
export class FaultyPath {
  private over = false
  private readonly parser: FrameParser
  private batch: Array<FrameBytes> = []
  /** Nothing arrives before what was sent earlier. */
  private busyUntil = -Infinity
  private readonly cancels = new Set<() => void>()

  constructor(private readonly options: PathOptions) {
    this.parser = new FrameParser(2 ** 31, (kind, id, body) => void this.batch.push(frameOf(kind, id, body)))
  }

  /** Takes bytes from one side, on their way to the other. */
  send(bytes: Uint8Array): void {
    if (this.over) return
    this.parser.push(bytes)
    const frames = this.batch
    this.batch = []
    this.reorder(frames)
    const bytesLeft: Array<Uint8Array> = []
    let ends = false
    for (const { bytes } of frames) {
      this.options.counts.frames++
      if (this.happens("drop")) {
        this.options.counts.dropped++
        this.over = true
        break
      }
      if (this.happens("cut")) {
        this.options.counts.cut++
        bytesLeft.push(bytes.subarray(0, this.options.random.below(bytes.length)))
        this.over = ends = true
        break
      }
      bytesLeft.push(bytes)
    }
    this.arrange(this.pieces(bytesLeft), ends)
  }

  /** Nothing more arrives. */
  close(): void {
    this.over = true
    for (const cancel of this.cancels) cancel()
    this.cancels.clear()
  }

  private happens(fault: "drop" | "cut" | "split" | "reorder"): boolean {
    const chance = this.options.faults()[fault]
    return chance > 0 && this.options.random.number() < chance
  }

  private reorder(frames: Array<FrameBytes>): void {
    for (let at = 0; at + 1 < frames.length; at++) {
      const [first, second] = [frames[at], frames[at + 1]]
      if (first.id === second.id || !belongsToExchange(first) || !belongsToExchange(second)) continue
      if (!this.happens("reorder")) continue
      this.options.counts.reordered++
      frames[at] = second
      frames[at + 1] = first
      at++
    }
  }

  private pieces(parts: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> {
    if (parts.length === 0 || !this.happens("split")) return parts
    this.options.counts.split++
    return parts.flatMap((part) => {
      const pieces: Array<Uint8Array> = []
      for (let rest = part; rest.length > 0;) {
        const size = 1 + this.options.random.below(Math.min(rest.length, 4096))
        pieces.push(rest.slice(0, size))
        rest = rest.subarray(size)
      }
      return pieces
    })
  }

  private arrange(pieces: ReadonlyArray<Uint8Array>, ends: boolean): void {
    const { after, counts, deliver, end, faults, now, random } = this.options
    const arrive = () => {
      for (const piece of pieces) deliver(piece)
      if (ends) end()
    }
    const late = faults().delay > 0 ? random.number() * faults().delay : 0
    const at = Math.max(this.busyUntil, now() + late)
    this.busyUntil = at
    if (at <= now()) return arrive()
    counts.delayed++
    const cancel = after(at - now(), () => {
      this.cancels.delete(cancel)
      arrive()
    })
    this.cancels.add(cancel)
  }
}
