/**
 * The audit of one VM, on the host's side: a ring of events, and readers that follow it by their cursors.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { AuditShape } from "../../../services/Audit.ts"
import type { AuditEvent } from "../../../src/audit/AuditEvent.ts"
import type { CallRecord } from "../../../src/tools/CallRecord.ts"
import { Malformed } from "../../../src/wire/Codec.ts"

type Omitted<Event> = Event extends unknown ? Omit<Event, "sequence" | "vmId"> : never

/**
 * An event before it has its place.
 *
 * @since 0.1.0
 * @category models
 */
export type NewEvent = Omitted<AuditEvent>

/**
 * Events that are kept.
 *
 * @since 0.1.0
 * @category constants
 */
export const KEPT_EVENTS = 4096

/**
 * @since 0.1.0
 * @category models
 */
export class AuditLog {
  private readonly ring: Array<AuditEvent | Batch> = []
  private next = 0
  private closed = false
  private underWay = 0
  private readonly readers = new Set<() => void>()
  private readonly idlers = new Set<() => void>()

  constructor(private readonly vmId: string) {}

  /** The event is the log's from now on, which gives it its place: a copy would cost more than all the rest. */
  append(event: NewEvent): void {
    this.ring[this.next % KEPT_EVENTS] = Object.assign(event, { sequence: this.next, vmId: this.vmId })
    this.next++
    wake(this.readers)
  }

  /** Events, `KEPT_EVENTS` at most, that are made when one of them is asked for: of most nobody asks. */
  appendLater(count: number, make: () => ReadonlyArray<NewEvent>): void {
    const batch = new Batch(this.vmId, this.next, count, make)
    for (let i = 0; i < count; i++) this.ring[this.next++ % KEPT_EVENTS] = batch
    wake(this.readers)
  }

  /** Nothing comes any more: readers end when they have read all. */
  close(): void {
    this.closed = true
    wake(this.readers)
  }

  /** Counts something that will have an event when it ends. */
  begin(): void {
    this.underWay++
  }

  /** It has ended, and its event is there. */
  end(): void {
    if (--this.underWay === 0) wake(this.idlers)
  }

  /** Waits until nothing is under way. */
  readonly idle: Effect.Effect<void> = Effect.suspend(() => this.until(this.idlers, () => this.underWay === 0))

  private get first(): number {
    return Math.max(0, this.next - KEPT_EVENTS)
  }

  private from(cursor: number): Array<AuditEvent> {
    const events: Array<AuditEvent> = []
    for (let at = Math.max(cursor, this.first); at < this.next; at++) {
      const kept = this.ring[at % KEPT_EVENTS]
      events.push(kept instanceof Batch ? kept.at(at) : kept)
    }
    return events
  }

  /** Asked when the listener is in its place: what happens before that is seen, what happens later is heard. */
  private until(listeners: Set<() => void>, holds: () => boolean): Effect.Effect<void> {
    return Effect.async((resume) => {
      if (holds()) return resume(Effect.void)
      const listener = () => resume(Effect.void)
      listeners.add(listener)
      return Effect.sync(() => listeners.delete(listener))
    })
  }

  private readonly step = (
    cursor: number
  ): Effect.Effect<Option.Option<readonly [Chunk.Chunk<AuditEvent>, number]>> =>
    Effect.map(this.until(this.readers, () => cursor < this.next || this.closed), () => {
      const { first, next } = this
      if (cursor >= next) return Option.none()
      const events = this.from(cursor)
      if (cursor < first) {
        const { time, vmId } = events[0]
        // the place of the last of them, so that who goes on after it goes on with what is there
        events.unshift({ _tag: "Lost", sequence: first - 1, time, vmId, count: first - cursor })
      }
      return Option.some([Chunk.unsafeFromArray(events), next] as const)
    })

  /**
   * `ask` has everything noted from then on; it is run by each reader that follows, before it reads. `latest` brings what has
   * been noted; it is run before what is kept is given.
   */
  shape(ask: Effect.Effect<void>, latest: Effect.Effect<void>): AuditShape {
    const events = (since?: number) =>
      Stream.unwrap(Effect.map(ask, () => Stream.unfoldChunkEffect(since ?? this.first, this.step)))
    const recent = Effect.map(Effect.suspend(() => this.closed ? Effect.void : latest), () => this.from(0))
    return {
      events,
      decisions: Stream.filter(
        Stream.suspend(() => events()),
        ({ _tag }) => _tag === "Decision" || _tag === "ApprovalSettled" || _tag === "Lost"
      ),
      recent,
      calls: Effect.map(recent, (events) => {
        // a call that waits for an approval has a record before its last one
        const records = new Map<number, CallRecord>()
        for (const event of events) {
          if (event._tag !== "ToolCalled") continue
          records.delete(event.call)
          records.set(event.call, event.record)
        }
        return Array.from(records.values())
      })
    }
  }
}

class Batch {
  private made: ReadonlyArray<NewEvent> | undefined

  constructor(
    private readonly vmId: string,
    private readonly first: number,
    private readonly count: number,
    private readonly make: () => ReadonlyArray<NewEvent>
  ) {}

  at(sequence: number): AuditEvent {
    this.made ??= this.read()
    return { ...this.made[sequence - this.first], sequence, vmId: this.vmId } as AuditEvent
  }

  /** What a sidecar tells that cannot be read is lost. */
  private read(): ReadonlyArray<NewEvent> {
    try {
      const made = this.make()
      if (made.length === this.count) return made
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
    }
    return Array.from({ length: this.count }, () => ({ _tag: "Lost", time: 0, count: 1 }))
  }
}

const wake = (listeners: Set<() => void>): void => {
  for (const resume of listeners) resume()
  listeners.clear()
}
