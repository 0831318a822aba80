/**
 * Places that are taken in turn: one after the other, or a few at a time, first come, first served.
 *
 * A fiber that is interrupted between two steps of taking a permit of Effect's own semaphore keeps it for ever: the permit is
 * counted as taken where the fiber can still be interrupted, before anything sees to its return. Here nothing changes hands
 * in such a place. Whoever waits may be interrupted at any step, and a place that was handed over in that moment passes on.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

interface Waiter {
  /** Whether a place was handed over. */
  has: boolean
  wake: (() => void) | undefined
}

/**
 * Makes a part of a region interruptible that as a whole is not.
 *
 * @since 0.1.0
 * @category models
 */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/**
 * @since 0.1.0
 * @category models
 */
export class Turns {
  private free: number
  private readonly waiters = new Set<Waiter>()

  constructor(places = 1) {
    this.free = places
  }

  /**
   * Those that wait for a place.
   *
   * @since 0.1.0
   */
  get waiting(): number {
    return this.waiters.size
  }

  /**
   * Runs an effect in a place of its own, when those before it are done or gone.
   *
   * @since 0.1.0
   */
  readonly take = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    this.hold((restore) => restore(effect))

  /**
   * The same for what is to be interrupted only where it says so itself.
   *
   * @since 0.1.0
   */
  readonly hold = <A, E, R>(use: (restore: Restore) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.uninterruptibleMask((restore) => {
      const held = Effect.matchCauseEffect(Effect.suspend(() => use(restore)), {
        onSuccess: (value) => {
          this.leave()
          return Effect.succeed(value)
        },
        onFailure: (cause) => {
          this.leave()
          return Effect.failCause(cause)
        }
      })
      if (this.free > 0) {
        this.free--
        return held
      }
      const waiter: Waiter = { has: false, wake: undefined }
      this.waiters.add(waiter)
      return Effect.matchCauseEffect(restore(wait(waiter)), {
        onSuccess: () => held,
        onFailure: (cause) => {
          // whoever was handed a place and wants it no more hands it on
          if (!this.waiters.delete(waiter)) this.leave()
          return Effect.failCause(cause)
        }
      })
    })

  /**
   * Hands a place to whoever has waited longest; it is never free while somebody waits.
   *
   * @since 0.1.0
   */
  private leave(): void {
    for (const waiter of this.waiters) {
      this.waiters.delete(waiter)
      waiter.has = true
      waiter.wake?.()
      return
    }
    this.free++
  }
}

const wait = (waiter: Waiter): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (waiter.has) resume(Effect.void)
    else waiter.wake = () => resume(Effect.void)
  })
