/**
 * Where the events of a scheduler go. Costs nothing until somebody reads.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { ScheduleEvent } from "../../src/schedule/ScheduleEvent.ts"

/** Events that a slow reader may be behind. */
const CAPACITY = 1024

type WithoutSequence<A> = A extends unknown ? Omit<A, "sequence"> : never

/**
 * An event before it has its number.
 *
 * @since 0.1.0
 * @category models
 */
export type UnnumberedEvent = WithoutSequence<ScheduleEvent>

/**
 * @since 0.1.0
 * @category models
 */
export class EventHub {
  /** `undefined` ends the streams, after whatever is still to be read. */
  private hub: PubSub.PubSub<ScheduleEvent | undefined> | undefined
  private sequence = 0
  private ended = false

  private readonly open: Effect.Effect<PubSub.PubSub<ScheduleEvent | undefined>> = Effect.suspend(() =>
    this.hub === undefined
      ? Effect.map(PubSub.sliding<ScheduleEvent | undefined>(CAPACITY), (hub) => this.hub ??= hub)
      : Effect.succeed(this.hub)
  )

  /**
   * @since 0.1.0
   */
  readonly stream: Stream.Stream<ScheduleEvent> = Stream.unwrapScoped(
    Effect.suspend(() => {
      if (this.ended) return Effect.succeed(Stream.empty)
      return Effect.flatMap(this.open, (hub) => Stream.fromPubSub(hub, { scoped: true })).pipe(
        Effect.map(Stream.takeWhile((event) => event !== undefined))
      )
    })
  )

  /**
   * @since 0.1.0
   */
  publish(event: UnnumberedEvent): void {
    const sequence = this.sequence++
    this.hub?.unsafeOffer({ ...event, sequence } as ScheduleEvent)
  }

  /**
   * @since 0.1.0
   */
  end(): void {
    this.ended = true
    this.hub?.unsafeOffer(undefined)
  }
}
