/**
 * Time that costs nothing. The clock of these layers goes from one event to the next as soon as nothing is going on: no
 * fiber of the program is ready to run, no file is being read, no guest of a TestSidecar is at work. A year of waiting takes
 * as long as what is done in it.
 *
 * What goes on elsewhere (sockets, sidecars in processes of their own, other threads) is not seen: time passes while the
 * program waits for it, unless it waits within `hold`.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { VirtualClock } from "./time/VirtualClock.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Where the clock begins: milliseconds of the epoch, or a date. Default: 1970-01-01. */
  readonly now?: number | Date | undefined
  /**
   * Real time for which it waits for a guest that does not come to an end; then time goes on without it. Default: 3 seconds.
   * More is right where no guest computes for ever and the machine may be busy.
   */
  readonly patience?: Duration.DurationInput | undefined
}

/**
 * Makes a clock that of the present fiber and of all that it begins, as long as the Scope is open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const install = (clock: VirtualClock): Effect.Effect<void, never, Scope.Scope> =>
  Effect.zipRight(
    Effect.withClockScoped(clock),
    Effect.locallyScoped(FiberRef.currentScheduler, clock.scheduler)
  )

const patienceOf = ({ patience }: Options): number | undefined =>
  patience === undefined ? undefined : Duration.toMillis(patience)

const millisecondsOf = (now: number | Date | undefined): number => now === undefined ? 0 : Number(now)

/**
 * A clock that runs by itself, from event to event. `TestClock.adjust` works on it, too.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<never> =>
  Layer.scopedDiscard(
    Effect.suspend(() =>
      install(new VirtualClock({ now: millisecondsOf(options.now), patience: patienceOf(options), running: true }))
    )
  )

/**
 * A clock that stands still until `TestClock.adjust` or `TestClock.setTime` is called, as TestClock does, but waits for what
 * is really going on between two instants, and takes a fraction of TestClock's real time for each.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerManual = (options: Options = {}): Layer.Layer<never> =>
  Layer.scopedDiscard(
    Effect.suspend(() => install(new VirtualClock({ now: millisecondsOf(options.now), patience: patienceOf(options) })))
  )

const withClock = <A, E, R>(use: (clock: VirtualClock) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) =>
    clock instanceof VirtualClock ? use(clock) : Effect.dieMessage("no layer of VirtualTime or TestSidecar is provided")
  )

/**
 * Waits until nothing is going on; no time passes.
 *
 * @since 0.1.0
 * @category time
 */
export const settle: Effect.Effect<void> = withClock((clock) => clock.settle)

/**
 * No time passes by itself while the effect runs, whatever it waits for.
 *
 * @since 0.1.0
 * @category time
 */
export const hold = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  withClock((clock) => clock.hold(effect))
