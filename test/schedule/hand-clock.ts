/**
 * A Clock worked by hand. Unlike TestClock it can be set without time having passed, as the clock of a machine can, and it goes
 * on at the cost of a turn of the event loop.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

interface Sleep {
  readonly at: number
  readonly wake: () => void
}

const turn = Effect.async<void>((resume) => {
  const timer = setTimeout(() => resume(Effect.void), 0)
  return Effect.sync(() => clearTimeout(timer))
})

/** Takes less time, and is enough where no more than a few fibers are ready at once. */
const shortTurn = Effect.async<void>((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

export class HandClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  readonly sleeps = new Set<Sleep>()
  /** Sleeps that ended. */
  wakes = 0
  private elapsed = 0
  private shift: number

  constructor(now: number, few = false) {
    this.shift = now
    this.settle = few ? Effect.zipRight(shortTurn, shortTurn) : Effect.zipRight(turn, turn)
  }

  unsafeCurrentTimeMillis(): number {
    return this.elapsed + this.shift
  }

  unsafeCurrentTimeNanos(): bigint {
    return BigInt(this.unsafeCurrentTimeMillis()) * 1_000_000n
  }

  readonly currentTimeMillis = Effect.sync(() => this.unsafeCurrentTimeMillis())
  readonly currentTimeNanos = Effect.sync(() => this.unsafeCurrentTimeNanos())

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.async((resume) => {
      const sleep: Sleep = { at: this.elapsed + Duration.toMillis(duration), wake: () => resume(Effect.void) }
      this.sleeps.add(sleep)
      return Effect.sync(() => {
        this.sleeps.delete(sleep)
      })
    })
  }

  /** Lets all fibers go on until they wait. */
  readonly settle: Effect.Effect<void>

  /** Time passes. */
  readonly pass = (duration: Duration.DurationInput): Effect.Effect<void> =>
    Effect.gen(this, function*() {
      const end = this.elapsed + Duration.toMillis(duration)
      yield* this.settle
      while (true) {
        let first: Sleep | undefined
        for (const sleep of this.sleeps) {
          if (sleep.at <= end && (first === undefined || sleep.at < first.at)) first = sleep
        }
        if (first === undefined) break
        this.elapsed = Math.max(this.elapsed, first.at)
        this.sleeps.delete(first)
        this.wakes++
        first.wake()
        yield* this.settle
      }
      this.elapsed = end
    })

  /** The clock is put forward or back. */
  readonly jump = (duration: Duration.DurationInput, direction: 1 | -1 = 1): Effect.Effect<void> =>
    Effect.sync(() => {
      this.shift += direction * Duration.toMillis(duration)
    })
}
