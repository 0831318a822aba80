/**
 * How many calls of a tool may run at once, wait, and start within a minute.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type { ToolLimits } from "../../../src/tools/Tool.ts"

const MINUTE = 60_000
/** Calls of one tool that may wait for their turn. */
const MAX_WAITING = 4096

/**
 * Makes a part of a region interruptible that as a whole is not.
 *
 * @since 0.1.0
 * @category models
 */
export type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

/**
 * @since 0.1.0
 * @category models
 */
export class Gate {
  /** The turns that are waited for, first come first. */
  private readonly waiting = new Set<Deferred.Deferred<void>>()
  /** When calls started, within the last minute, oldest first. */
  private readonly starts: Array<number> = []
  /** Turns that are taken, also by one who has just been given it and does not run yet. */
  private taken = 0

  constructor(private readonly tool: string, private readonly limits: ToolLimits) {}

  /**
   * Lets a call through when its turn comes, or refuses it at once. The call is run in a region that cannot be interrupted,
   * and given what makes a part of it interruptible.
   */
  pass<A, E>(
    call: (restore: Restore) => Effect.Effect<A, E>,
    { clock, refuse }: { readonly clock: Clock.Clock; readonly refuse: (message: string) => E }
  ): Effect.Effect<A, E> {
    return Effect.uninterruptibleMask((restore) => {
      const refused = this.admit(clock)
      if (refused !== undefined) return Effect.fail(refuse(refused))
      const run = () =>
        Effect.matchCauseEffect(call(restore), {
          onSuccess: (value) => {
            this.leave()
            return Effect.succeed(value)
          },
          onFailure: (cause) => {
            this.leave()
            return Effect.failCause(cause)
          }
        })
      if (this.taken >= this.limits.concurrency) return this.wait(restore, run)
      this.taken++
      return run()
    })
  }

  private admit(clock: Clock.Clock): string | undefined {
    const { concurrency, perMinute } = this.limits
    if (this.taken >= concurrency && this.waiting.size >= MAX_WAITING) {
      return `more than ${MAX_WAITING} calls of ${this.tool} wait already`
    }
    if (perMinute === undefined) return undefined
    const now = clock.unsafeCurrentTimeMillis()
    while (this.starts.length > 0 && this.starts[0] <= now - MINUTE) this.starts.shift()
    if (this.starts.length >= perMinute) {
      const wait = this.starts[0] + MINUTE - now
      return `${this.tool} may be called ${perMinute} times a minute; again in ${wait} ms`
    }
    this.starts.push(now)
    return undefined
  }

  /** Nothing comes between the turn and what is done with it. */
  private wait<A, E>(restore: Restore, run: () => Effect.Effect<A, E>): Effect.Effect<A, E> {
    const turn = Deferred.unsafeMake<void>(FiberId.none)
    this.waiting.add(turn)
    return Effect.matchCauseEffect(restore(Deferred.await(turn)), {
      onSuccess: run,
      onFailure: (cause) => {
        // whoever has been given a turn and wants it no more gives it to the next
        if (!this.waiting.delete(turn)) this.leave()
        return Effect.failCause(cause)
      }
    })
  }

  private leave(): void {
    const [next] = this.waiting
    if (next === undefined) {
      this.taken--
      return
    }
    this.waiting.delete(next)
    Deferred.unsafeDone(next, Effect.void)
  }
}
