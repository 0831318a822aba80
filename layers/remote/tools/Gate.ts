/**
 * How many calls of a tool may run at once, wait, and start within a minute.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ToolLimits } from "../../../src/tools/Tool.ts"
import type { Restore } from "../../../src/Turns.ts"
import { Turns } from "../../../src/Turns.ts"

const MINUTE = 60_000
/** Calls of one tool that may wait for their turn. */
const MAX_WAITING = 4096

/**
 * @since 0.1.0
 * @category models
 */
export class Gate {
  private readonly turns: Turns
  /** When calls started, within the last minute, oldest first. */
  private readonly starts: Array<number> = []

  constructor(private readonly tool: string, private readonly limits: ToolLimits) {
    this.turns = new Turns(limits.concurrency)
  }

  /**
   * Lets a call through when its turn comes, or refuses it at once. The call is run in a region that cannot be interrupted,
   * and given what makes a part of it interruptible.
   */
  pass<A, E>(
    call: (restore: Restore) => Effect.Effect<A, E>,
    { clock, refuse }: { readonly clock: Clock.Clock; readonly refuse: (message: string) => E }
  ): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const refused = this.admit(clock)
      return refused === undefined ? this.turns.hold(call) : Effect.fail(refuse(refused))
    })
  }

  private admit(clock: Clock.Clock): string | undefined {
    const { perMinute } = this.limits
    if (this.turns.waiting >= MAX_WAITING) {
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
}
