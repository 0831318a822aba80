/**
 * A clock that shows what it is told. Between two instants it waits until nothing is going on any more: no fiber is ready to
 * run, no file is being read, and no guest of a TestSidecar is at work. It takes the place of a TestClock: `TestClock.adjust`
 * and its like work on it.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { TestClock } from "effect/TestClock"
import type { Due } from "../../../src/schedule/DueQueue.ts"
import { DueQueue } from "../../../src/schedule/DueQueue.ts"
import { CountingScheduler } from "./CountingScheduler.ts"
import { Quiescence } from "./Quiescence.ts"

class Timer implements Due {
  due = 0
  order = 0
  place = -1

  constructor(readonly run: () => void) {}
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Where the clock begins, in milliseconds of the epoch. Default: 0. */
  readonly now?: number | undefined
  /** Whether the clock goes to the next instant by itself whenever nothing is going on. Default: only when it is told to. */
  readonly running?: boolean | undefined
  /** Milliseconds of real time for which it waits for something that does not come to an end. Default: 3,000. */
  readonly patience?: number | undefined
}

/**
 * @since 0.1.0
 * @category clocks
 */
export class VirtualClock implements TestClock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  readonly scheduler = new CountingScheduler()
  readonly quiescence: Quiescence
  private readonly timers = new DueQueue<Timer>()
  private readonly running: boolean
  private now: number
  private going = false
  private holds = 0

  constructor(options: Options = {}) {
    this.quiescence = new Quiescence(this.scheduler, options.patience)
    this.now = options.now ?? 0
    this.running = options.running ?? false
  }

  /** Whole milliseconds, as clocks of machines have it. */
  unsafeCurrentTimeMillis(): number {
    return Math.floor(this.now)
  }

  unsafeCurrentTimeNanos(): bigint {
    const whole = Math.floor(this.now)
    return BigInt(whole) * 1_000_000n + BigInt(Math.round((this.now - whole) * 1e6))
  }

  readonly currentTimeMillis = Effect.sync(() => this.unsafeCurrentTimeMillis())
  readonly currentTimeNanos = Effect.sync(() => this.unsafeCurrentTimeNanos())

  /** Runs the callback when so many milliseconds have passed on this clock; gives what cancels it. */
  after(milliseconds: number, run: () => void): () => void {
    const timer = new Timer(run)
    this.timers.set(timer, this.now + milliseconds)
    if (this.running) this.go()
    return () => void this.timers.delete(timer)
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.suspend(() => {
      const milliseconds = Duration.toMillis(duration)
      if (milliseconds <= 0) return Effect.yieldNow()
      let cancel: (() => void) | undefined
      const wait = Effect.async<void>((resume) => {
        cancel = this.after(milliseconds, () => resume(Effect.void))
      })
      // what `async` itself is given to cancel with counts from its next step only
      return Effect.onInterrupt(wait, () => Effect.sync(() => cancel?.()))
    })
  }

  adjust(duration: Duration.DurationInput): Effect.Effect<void> {
    return Effect.suspend(() => this.runTo(this.now + Duration.toMillis(duration)))
  }

  adjustWith(duration: Duration.DurationInput) {
    return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.zipLeft(effect, this.adjust(duration), { concurrent: true })
  }

  setTime(time: number): Effect.Effect<void> {
    return Effect.suspend(() => this.runTo(time))
  }

  /** Brings back the time as it is now, but not the sleeps that have ended meanwhile. */
  get save(): Effect.Effect<Effect.Effect<void>> {
    return Effect.sync(() => {
      const { now } = this
      return Effect.sync(() => {
        this.now = now
      })
    })
  }

  get sleeps(): Effect.Effect<Chunk.Chunk<number>> {
    return Effect.sync(() => Chunk.fromIterable(this.timers).pipe(Chunk.map(({ due }) => due)))
  }

  /** Waits until nothing is going on; no time passes. */
  readonly settle: Effect.Effect<void> = Effect.async((resume) => {
    let left = false
    this.quiescence.then(() => left ? undefined : resume(Effect.void))
    return Effect.sync(() => {
      left = true
    })
  })

  /** No time passes by itself while the effect runs, whatever it waits for. */
  hold<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => this.holds++),
      () => effect,
      () =>
        Effect.sync(() => {
          this.holds--
          if (this.running) this.go()
        })
    )
  }

  /** Lets time pass up to an instant, from one timer to the next. */
  private runTo(end: number): Effect.Effect<void> {
    return Effect.async((resume) => {
      let left = false
      const step = () => {
        if (left) return
        if (this.jump(end)) return this.quiescence.then(step)
        this.now = end
        resume(Effect.void)
      }
      this.quiescence.then(step)
      return Effect.sync(() => {
        left = true
      })
    })
  }

  /** Goes to the instant of the first timer and runs what is due then; whether there was one until `end`. */
  private jump(end: number): boolean {
    const { first } = this.timers
    if (first === undefined || first.due > end || first.due === Infinity) return false
    this.now = Math.max(this.now, first.due)
    const due: Array<Timer> = []
    for (let timer = this.timers.take(this.now); timer !== undefined; timer = this.timers.take(this.now)) {
      due.push(timer)
    }
    for (const timer of due) timer.run()
    return true
  }

  private go(): void {
    if (this.going) return
    this.going = true
    const step = () => {
      if (this.holds === 0 && this.jump(Infinity)) return this.quiescence.then(step)
      this.going = false
    }
    this.quiescence.then(step)
  }
}
