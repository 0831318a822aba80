/**
 * Spans of runs. Each run has a fiber of its own, so its span goes with the fiber from the start and ends when the fiber does;
 * an Effect around the run, which changes the context and changes it back, would take longer than the rest of a short run.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/**
 * A span that has begun.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunSpan {
  /** Adds the span to a context. */
  readonly within: (context: Context.Context<never> | undefined) => Context.Context<never>
  readonly end: (exit: Exit.Exit<unknown, unknown>) => void
}

/**
 * Begins a root span; gives `undefined` where nothing is traced.
 *
 * @since 0.1.0
 * @category models
 */
export type RunSpans = (name: string, attributes: Readonly<Record<string, unknown>>) => RunSpan | undefined

/**
 * Spans with the tracer, annotations, links and Clock of the fiber that makes this.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<RunSpans> = Effect.gen(function*() {
  const clock = yield* Effect.clock
  const tracer = yield* Effect.tracer
  const annotations = HashMap.toEntries(yield* FiberRef.get(FiberRef.currentTracerSpanAnnotations))
  const links = Chunk.toReadonlyArray(yield* FiberRef.get(FiberRef.currentTracerSpanLinks))
  const enabled = yield* FiberRef.get(FiberRef.currentTracerEnabled)
  const timed = yield* FiberRef.get(FiberRef.currentTracerTimingEnabled)
  const now = () => timed ? clock.unsafeCurrentTimeNanos() : 0n
  const none: Context.Context<never> = Context.empty()
  return (name, attributes) => {
    if (!enabled) return undefined
    const span = tracer.span(name, Option.none(), none, links, now(), "internal", { root: true })
    for (const [key, value] of annotations) span.attribute(key, value)
    for (const key in attributes) span.attribute(key, attributes[key])
    return {
      within: (context = none) => Context.add(context, Tracer.ParentSpan, span),
      end: (exit) => span.end(now(), exit)
    }
  }
})
