/**
 * How many calls of a tool may run at once, wait, and start within a minute.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ToolLimits } from "../../../src/tools/Tool.ts"

const MINUTE = 60_000
/** Calls of one tool that may wait for their turn. */
const MAX_WAITING = 4096

/**
 * @since 0.1.0
 * @category models
 */
export class Gate {
  private readonly semaphore: Effect.Semaphore
  /** When calls started, within the last minute, oldest first. */
  private readonly starts: Array<number> = []
  private inside = 0

  constructor(private readonly tool: string, private readonly limits: ToolLimits) {
    this.semaphore = Effect.unsafeMakeSemaphore(limits.concurrency)
  }

  /** Lets a call through when its turn comes, or refuses it at once. */
  pass<A, E, R>(effect: Effect.Effect<A, E, R>, refuse: (message: string) => E): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const refused = this.admit(now)
        if (refused !== undefined) return Effect.fail(refuse(refused))
        this.inside++
        return Effect.ensuring(restore(this.semaphore.withPermits(1)(effect)), Effect.sync(() => void this.inside--))
      })
    )
  }

  private admit(now: number): string | undefined {
    const { concurrency, perMinute } = this.limits
    if (this.inside >= concurrency + MAX_WAITING) return `more than ${MAX_WAITING} calls of ${this.tool} wait already`
    if (perMinute === undefined) return undefined
    while (this.starts.length > 0 && this.starts[0] <= now - MINUTE) this.starts.shift()
    if (this.starts.length >= perMinute) {
      const wait = this.starts[0] + MINUTE - now
      return `${this.tool} may be called ${perMinute} times a minute; again in ${wait} ms`
    }
    this.starts.push(now)
    return undefined
  }
}
