/**
 * Fibers that belong to a service rather than to whoever calls it: they begin with the Clock, loggers, annotations and tracer
 * that the service was made with, not with those of the caller that happened to bring them about.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"

/**
 * Begins a fiber after the present one has made way. `extra` is added to its context.
 *
 * @since 0.1.0
 * @category models
 */
export type Begin = <A, E>(effect: Effect.Effect<A, E>, extra?: Context.Context<never>) => Fiber.RuntimeFiber<A, E>

/**
 * What it begins is interrupted when the Scope closes; nothing begins after that.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Begin, never, Scope.Scope> = Effect.gen(function*() {
  const runtime = yield* Effect.runtime<never>()
  const fibers = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  let closed = false
  const end = Effect.uninterruptible(Effect.suspend(() => {
    closed = true
    return Fiber.interruptAll(fibers)
  }))
  // not Effect.addFinalizer, which keeps the FiberRefs for it: every VM has several of these
  yield* Scope.addFinalizer(yield* Effect.scope, end)
  return (effect, extra) => {
    const own = extra === undefined
      ? runtime
      : Runtime.make({ ...runtime, context: Context.merge(runtime.context, extra) })
    const fiber = Runtime.runFork(own, closed ? Effect.interrupt : effect, { immediate: false })
    fibers.add(fiber)
    fiber.addObserver(() => fibers.delete(fiber))
    return fiber
  }
})
