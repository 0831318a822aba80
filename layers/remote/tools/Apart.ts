/**
 * Runs a handler apart from the fiber that waits for it.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { FiberRefs } from "effect/FiberRefs"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import type { Restore } from "../../../src/Turns.ts"

interface Started<A, E> {
  readonly fiber: Fiber.RuntimeFiber<A, E>
  /** What it was given of its caller. */
  readonly given: FiberRefs
}

/** Starts an Effect in a fiber of its own, which has gone as far as it can without waiting when this returns. */
const start = <A, E>(
  effect: Effect.Effect<A, E>,
  caller: Fiber.RuntimeFiber<unknown, unknown>,
  flags: RuntimeFlags.RuntimeFlags
): Started<A, E> => {
  const fiberRefs = caller.getFiberRefs()
  let given = fiberRefs
  const runtimeFlags = RuntimeFlags.enable(flags, RuntimeFlags.Interruption)
  const runtime = Runtime.make({ context: caller.currentContext, fiberRefs, runtimeFlags })
  const fiber = Runtime.runFork(runtime, effect, { updateRefs: (refs) => given = refs })
  return { fiber, given }
}

/** How a fiber ended, with what it has left in fiber refs, as when it is joined. */
const ended = <A, E>({ fiber, given }: Started<A, E>, exit: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  fiber.getFiberRefs() === given ? exit : Effect.zipRight(fiber.inheritAll, exit)

/**
 * How long is waited for an Effect, by which clock, and what becomes of the wait.
 *
 * @since 0.1.0
 * @category models
 */
export interface Patience<E> {
  readonly clock: Clock.Clock
  readonly milliseconds: number
  readonly late: () => E
}

/**
 * Runs an Effect in a fiber of its own, and waits for it no longer than it may take; then, or when nobody waits any more,
 * it is interrupted, and not waited for. An Effect that ends without waiting for anything costs one fiber and no timer.
 * For a region that cannot be interrupted, with what makes the wait interruptible.
 *
 * @since 0.1.0
 * @category combinators
 */
export const apart =
  <A, E>(effect: Effect.Effect<A, E>, { clock, late, milliseconds }: Patience<E>) =>
  (restore: Restore): Effect.Effect<A, E> =>
    Effect.withFiberRuntime((caller, { runtimeFlags }) => {
      const began = clock.unsafeCurrentTimeMillis()
      const started = start(effect, caller, runtimeFlags)
      const { fiber } = started
      const exit = fiber.unsafePoll()
      if (exit !== null) return ended(started, exit)
      const left = Math.max(0, milliseconds - (clock.unsafeCurrentTimeMillis() - began))
      return restore(Effect.timeoutFail(Fiber.join(fiber), { duration: left, onTimeout: late })).pipe(
        Effect.onError(() => Effect.sync(() => fiber.unsafeInterruptAsFork(caller.id())))
      )
    })
