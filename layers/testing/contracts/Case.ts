/**
 * Cases of a contract, for any test runner.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

/**
 * One thing that every layer of a service must do. It dies where the layer does not.
 *
 * @since 0.1.0
 * @category models
 */
export interface Case<R> {
  readonly name: string
  readonly run: Effect.Effect<void, never, R>
}

/**
 * Dies unless two values are the same, as JSON.
 *
 * @since 0.1.0
 * @category assertions
 */
export const expectSame = (what: string, found: unknown, expected: unknown): Effect.Effect<void> =>
  Effect.suspend(() => {
    const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
    return a === b ? Effect.void : Effect.dieMessage(`${what}: expected ${b}, found ${a}`)
  })
