/**
 * What is to start whole before it can be interrupted.
 *
 * `Effect.forEach` with a concurrency and Effect's races never end when they are interrupted between their first steps: the
 * fiber that should gather the results finds that nothing is left to do before it has begun, and tells nobody (Effect 3.22).
 * A fiber makes way after 2,048 steps, which can be there. One that has just begun does not.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/**
 * Runs an effect in a fiber of its own, which has ended when this ends: also when this is interrupted.
 *
 * @since 0.1.0
 * @category combinators
 */
export const inOwnFiber = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.fork(restore(effect)),
      (fiber) => Effect.onInterrupt(restore(Fiber.join(fiber)), () => Fiber.interrupt(fiber))
    )
  )
