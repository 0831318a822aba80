/**
 * Runs a handler apart from the fiber that waits for it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { FiberRefs } from "effect/FiberRefs"
import * as Runtime from "effect/Runtime"
import type { RuntimeFlags } from "effect/RuntimeFlags"

interface Started<A, E> {
  readonly fiber: Fiber.RuntimeFiber<A, E>
  /** What it was given of its caller. */
  readonly given: FiberRefs
}

/** Starts an Effect in a fiber of its own, which has gone as far as it can without waiting when this returns. */
const start = <A, E>(
  effect: Effect.Effect<A, E>,
  caller: Fiber.RuntimeFiber<unknown, unknown>,
  runtimeFlags: RuntimeFlags
): Started<A, E> => {
  const fiberRefs = caller.getFiberRefs()
  let given = fiberRefs
  const runtime = Runtime.make({ context: caller.currentContext, fiberRefs, runtimeFlags })
  const fiber = Runtime.runFork(runtime, effect, { updateRefs: (refs) => given = refs })
  return { fiber, given }
}

/** How a fiber ended, with what it has left in fiber refs, as when it is joined. */
const ended = <A, E>({ fiber, given }: Started<A, E>, exit: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  fiber.getFiberRefs() === given ? exit : Effect.zipRight(fiber.inheritAll, exit)

/**
 * Runs an Effect in a fiber of its own, and waits for it no longer than it may take; then, or when nobody waits any more,
 * it is interrupted, and not waited for. An Effect that ends without waiting for anything costs one fiber and no timer.
 *
 * @since 0.1.0
 * @category combinators
 */
export const apart = <A, E>(effect: Effect.Effect<A, E>, milliseconds: number, late: () => E): Effect.Effect<A, E> =>
  Effect.withFiberRuntime((caller, { runtimeFlags }) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.clockWith((clock) => {
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
    )
  )
