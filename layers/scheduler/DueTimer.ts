/**
 * One timer for any number of due items. It wakes once for each instant at which something is due, however many items that
 * are, and not at all when there are none.
 *
 * Sleeping counts the time that passes, which is not what the wall clock shows: it is set, and machines are suspended. A
 * second fiber therefore looks at the clock every half minute of real time while anything is due, and lets the timer begin
 * anew where the two differ. With a clock of a test, which nobody sets behind its back, it has nothing to do.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Due } from "../../src/schedule/DueQueue.ts"
import { DueQueue } from "../../src/schedule/DueQueue.ts"
import * as OwnFibers from "./OwnFibers.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface DueTimer<A extends Due> {
  /** Puts an item in, or moves it. Whoever calls sees to it that this is not interrupted. */
  readonly set: (item: A, due: number) => Effect.Effect<void>
  readonly delete: (item: A) => Effect.Effect<void>
  /** Looks at the clock now: whoever calls need not wait for the next look. */
  readonly check: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface DueTimerOptions<A extends Due> {
  /** Called with an item that was due and is out of the queue now; may put it in again. Must not wait. */
  readonly onDue: (item: A, now: number) => Effect.Effect<void>
  /** Called when the clock was put back so far that what is planned has lost its meaning. */
  readonly onClockBack: (now: number) => Effect.Effect<void>
  /** What the looks at the clock are timed by. Default: real time, whatever clock the program was given. */
  readonly watch?: Clock.Clock | undefined
}

/** A clock put back by less was corrected: what has run does not run again. By more, it was wrong before. */
const CORRECTION = 3 * 3_600_000
/** Timers of the platform end at 24.8 days. */
const LONGEST_SLEEP = 20 * 86_400_000
const LOOK_EVERY = Duration.seconds(30)

const realTime = Clock.make()

class Timer<A extends Due> {
  readonly queue = new DueQueue<A>()
  readonly clock: Clock.Clock
  readonly begin: OwnFibers.Begin
  readonly options: DueTimerOptions<A>
  private fiber: Fiber.RuntimeFiber<void> | undefined
  private watcher: Fiber.RuntimeFiber<void> | undefined
  /** When the timer wakes; `undefined` while it is awake and looks at the queue by itself. */
  private wakesAt: number | undefined = Infinity
  private seen = -Infinity
  /** Counts the loops that were begun; only the last of them goes on. */
  private loops = 0

  constructor(clock: Clock.Clock, begin: OwnFibers.Begin, options: DueTimerOptions<A>) {
    this.clock = clock
    this.begin = begin
    this.options = options
  }

  /** Sees to it that the timer wakes in time for the first item. */
  readonly arm: Effect.Effect<void> = Effect.suspend(() => {
    const first = this.queue.first
    if (first === undefined || this.wakesAt === undefined) return Effect.void
    return first.due < this.wakesAt || !this.isSound(this.wakesAt) ? this.restart : Effect.void
  })

  /** Whether the clock may still show what it did when the timer went to sleep: somebody has looked, and it is not late. */
  private isSound(wakesAt: number): boolean {
    return this.watcher !== undefined && this.clock.unsafeCurrentTimeMillis() < wakesAt
  }

  private readonly notice: Effect.Effect<void> = Effect.suspend(() => {
    const now = this.clock.unsafeCurrentTimeMillis()
    const back = this.seen - now
    this.seen = now
    return back >= CORRECTION ? this.options.onClockBack(now) : Effect.void
  })

  readonly check: Effect.Effect<void> = Effect.suspend(() => {
    const first = this.queue.first
    const asleep = first !== undefined && this.wakesAt !== undefined
    const late = asleep && first.due <= this.clock.unsafeCurrentTimeMillis()
    return late ? Effect.zipRight(this.notice, this.restart) : this.notice
  }).pipe(Effect.uninterruptible)

  private readonly restart: Effect.Effect<void> = Effect.sync(() => {
    this.fiber?.unsafeInterruptAsFork(this.fiber.id())
    this.wakesAt = undefined
    this.fiber = this.begin(this.loop(++this.loops))
    this.watcher ??= this.begin(this.watch)
  })

  private readonly work: Effect.Effect<void> = Effect.suspend(() => {
    const now = this.clock.unsafeCurrentTimeMillis()
    return Effect.whileLoop({
      while: () => this.queue.first !== undefined && this.queue.first.due <= now,
      body: () => this.options.onDue(this.queue.take(now)!, now),
      step: () => undefined
    })
  })

  // a fiber takes over whether it can be interrupted: only its sleep may be, wherever it was begun
  private loop(number: number): Effect.Effect<void> {
    return Effect.uninterruptible(Effect.gen(this, function*() {
      // one that wakes as another takes its place leaves everything to that one
      while (number === this.loops) {
        this.wakesAt = undefined
        yield* this.notice
        yield* this.work
        const first = this.queue.first
        if (first === undefined) {
          this.wakesAt = Infinity
          return
        }
        this.wakesAt = first.due
        const time = first.due - this.clock.unsafeCurrentTimeMillis()
        if (time > 0) yield* Effect.interruptible(this.clock.sleep(Duration.millis(Math.min(time, LONGEST_SLEEP))))
      }
    }))
  }

  private readonly watch: Effect.Effect<void> = Effect.suspend(() => {
    const look = Effect.zipRight(Effect.interruptible((this.options.watch ?? realTime).sleep(LOOK_EVERY)), this.check)
    return Effect.whileLoop({ while: () => this.queue.size > 0, body: () => look, step: () => undefined })
  }).pipe(
    Effect.ensuring(Effect.sync(() => {
      this.watcher = undefined
    })),
    Effect.uninterruptible
  )
}

/**
 * A timer that lives as long as its Scope, on the Clock of the fiber that makes it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <A extends Due>(options: DueTimerOptions<A>): Effect.Effect<DueTimer<A>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const timer = new Timer<A>(yield* Effect.clock, yield* OwnFibers.make, options)
    return {
      set: (item, due) =>
        Effect.suspend(() => {
          timer.queue.set(item, due)
          return timer.arm
        }),
      delete: (item) =>
        Effect.sync(() => {
          timer.queue.delete(item)
        }),
      check: timer.check
    }
  })
