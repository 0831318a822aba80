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
    Effect.uninterruptibleMask((restore) => {
      const use = Effect.ensuring(restore(effect), this.leave)
      if (this.free > 0) {
        this.free--
        return use
      }
      const waiter: Waiter = { has: false, wake: undefined }
      this.waiters.add(waiter)
      const gone = Effect.suspend(() => {
        if (waiter.has) return this.leave
        this.waiters.delete(waiter)
        return Effect.void
      })
      return Effect.zipRight(Effect.onInterrupt(restore(wait(waiter)), () => gone), use)
    })

  /** Hands a place to whoever has waited longest; it is never free while somebody waits. */
  private readonly leave: Effect.Effect<void> = Effect.sync(() => {
    for (const waiter of this.waiters) {
      this.waiters.delete(waiter)
      waiter.has = true
      waiter.wake?.()
      return
    }
    this.free++
  })
}

const wait = (waiter: Waiter): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (waiter.has) resume(Effect.void)
    else waiter.wake = () => resume(Effect.void)
  })
