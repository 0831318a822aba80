/** What the tests of `s3` share. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { TestS3 } from "../../../layers/testing/index.ts"
import type { Driver } from "../../../src/Driver.ts"
import { errnoOf } from "../../../src/Driver.ts"

export const now = { refreshMs: 0 }
export const small = { chunkSize: 65_536, inlineThreshold: 1000, refreshMs: 0 }
/** Nothing here is waited for long. */
export const patience = { attemptMs: 2000, totalMs: 6000, retries: 3, backoffMs: 5 }

export const errno = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, { onFailure: (error) => errnoOf(error), onSuccess: () => "nothing" as const })

export const told = <A, E extends { readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, { onFailure: ({ message }) => message, onSuccess: () => "nothing" })

export const sync = (driver: Driver) => driver.sync?.("/") ?? Effect.void

/** Until something is so; the test's own time limit ends it. */
export const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(condition, { until: (met) => met, schedule: Schedule.spaced("20 millis") })

export const blocksOf = (store: TestS3.TestS3) =>
  Effect.map(store.keys, (keys) => keys.filter((key) => key.includes("blocks/")))
