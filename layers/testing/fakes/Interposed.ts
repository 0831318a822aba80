/**
 * A service whose calls are written down, and can be made to fail or to wait.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * One call of a method.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call {
  readonly method: string
  readonly args: ReadonlyArray<unknown>
}

/**
 * What is to fail, and how often.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlannedFailure<E> {
  readonly error: E
  /** How many calls fail. Default: 1. */
  readonly times?: number | undefined
  /** Which calls, by their arguments. Default: all of the method. */
  readonly when?: ((...args: ReadonlyArray<unknown>) => boolean) | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface CallControl<Shape, E> {
  /** The calls so far, oldest first; at most the latest 10,000. */
  readonly calls: Effect.Effect<ReadonlyArray<Call>>
  /** Lets the next calls of a method fail. Sinks and values are not touched. */
  readonly fail: (method: keyof Shape & string, failure: PlannedFailure<E>) => Effect.Effect<void>
  /**
   * From now on, calls of a method wait before they do anything, until the effect that this gives is run. They can be
   * interrupted. A failure that is planned comes at once.
   */
  readonly hold: (method: keyof Shape & string) => Effect.Effect<Effect.Effect<void>>
  /** Forgets the calls and what is planned; lets go what is held. */
  readonly reset: Effect.Effect<void>
}

const MAX_CALLS = 10_000

class Plan<E> {
  calls: Array<Call> = []
  failures = new Map<string, Array<{ readonly failure: PlannedFailure<E>; left: number }>>()
  held = new Map<string, Deferred.Deferred<void>>()

  /** Writes a call down; what comes before it, or in its place. Nothing when it goes its way. */
  note(method: string, args: ReadonlyArray<unknown>): Effect.Effect<void, E> | undefined {
    this.calls.push({ method, args })
    if (this.calls.length > MAX_CALLS) this.calls.shift()
    const planned = this.failures.get(method)?.find(({ failure, left }) =>
      left > 0 && (failure.when?.(...args) ?? true)
    )
    if (planned === undefined) {
      const held = this.held.get(method)
      return held === undefined ? undefined : Deferred.await(held)
    }
    planned.left--
    return Effect.fail(planned.failure.error)
  }

  readonly hold = (method: string): Effect.Effect<Effect.Effect<void>> =>
    Effect.map(Deferred.make<void>(), (held) => {
      this.held.set(method, held)
      return Effect.suspend(() => {
        if (this.held.get(method) === held) this.held.delete(method)
        return Effect.asVoid(Deferred.succeed(held, undefined))
      })
    })

  readonly reset: Effect.Effect<void> = Effect.suspend(() => {
    const held = Array.from(this.held.values())
    this.calls = []
    this.failures.clear()
    this.held.clear()
    return Effect.forEach(held, (each) => Deferred.succeed(each, undefined), { discard: true })
  })
}

const isStream = (member: unknown): member is Stream.Stream<unknown, unknown> =>
  typeof member === "object" && member !== null && Stream.StreamTypeId in member

const guarded = <E>(plan: Plan<E>, method: string, member: unknown, args: ReadonlyArray<unknown>): unknown => {
  if (Effect.isEffect(member)) {
    return Effect.suspend(() => {
      const first = plan.note(method, args)
      return first === undefined ? member : Effect.zipRight(first, member)
    })
  }
  if (isStream(member)) {
    return Stream.suspend(() => {
      const first = plan.note(method, args)
      return first === undefined ? member : Stream.unwrap(Effect.as(first, member))
    })
  }
  plan.note(method, args)
  return member
}

/**
 * A service over another one of the same shape, and what controls it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const interpose = <Shape extends object, E>(
  shape: Shape
): { readonly shape: Shape; readonly control: CallControl<Shape, E> } => {
  const plan = new Plan<E>()
  const wrapped: Record<string, unknown> = {}
  for (const [method, member] of Object.entries(shape)) {
    wrapped[method] = typeof member === "function"
      ? (...args: ReadonlyArray<unknown>) => guarded(plan, method, member(...args), args)
      : Effect.isEffect(member) || isStream(member)
      ? guarded(plan, method, member, [])
      : member
  }
  return {
    shape: wrapped as Shape,
    control: {
      calls: Effect.sync(() => Array.from(plan.calls)),
      fail: (method, failure) =>
        Effect.sync(() => {
          const planned = plan.failures.get(method) ?? []
          plan.failures.set(method, planned)
          planned.push({ failure, left: failure.times ?? 1 })
        }),
      hold: plan.hold,
      reset: plan.reset
    }
  }
}
