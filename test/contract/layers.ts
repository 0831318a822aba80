/** The layers that every contract suite runs over, and what the suites share. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { NodeSidecar } from "../../layers/node/index.ts"
import { TestSidecar } from "../../layers/testing/index.ts"
import type { Sidecar } from "../../services/Sidecar.ts"

export interface Subject {
  readonly name: string
  readonly layer: Layer.Layer<Sidecar>
}

export const subjects: ReadonlyArray<Subject> = [
  { name: "TestSidecar", layer: TestSidecar.layerWith({ warmWorkers: 1 }) },
  { name: "NodeSidecar", layer: NodeSidecar.layer }
]

/** The services as they are, not those of tests: sidecars live in real time. */
export const live = { excludeTestServices: true, timeout: "20 seconds" } as const

/** The typed failure of an effect. A defect or a success is a failed test. */
export const failureOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<E, never, R> =>
  Effect.flatMap(Effect.exit(effect), (exit) => {
    if (Exit.isSuccess(exit)) return Effect.dieMessage(`it succeeded with ${JSON.stringify(exit.value)}`)
    const failure = Cause.failureOption(exit.cause)
    return Option.isSome(failure) ? Effect.succeed(failure.value) : Effect.failCause(exit.cause as Cause.Cause<never>)
  })

/** A failure in short: its tag and its message. */
export const told = <A, E extends { readonly _tag: string; readonly message: string }, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<string, never, R> => Effect.map(failureOf(effect), (error) => `${error._tag}: ${error.message}`)

export const bytes = (length: number, seed = 1): Uint8Array => {
  const content = new Uint8Array(length)
  for (let i = 0; i < length; i++) content[i] = (i * 31 + (i >>> 8) * seed + seed) & 0xff
  return content
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** Where a command has stopped writing: the first difference would fill the screen. */
export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
