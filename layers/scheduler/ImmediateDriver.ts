/**
 * The driver that does not wait: every entry runs once, as soon as it is scheduled.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ScheduleDriverShape, ZonedEntry } from "../../services/ScheduleDriver.ts"
import { ScheduleDriver } from "../../services/ScheduleDriver.ts"
import { checkEntry, makeCallbacks } from "./DriverEntry.ts"

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<ScheduleDriverShape, never, Scope.Scope> = Effect.gen(function*() {
  const run = yield* makeCallbacks
  /** Entries whose callback has not begun. */
  const waiting = new Map<string, ZonedEntry>()
  return {
    schedule: (entry) =>
      Effect.flatMap(checkEntry(entry), () => {
        waiting.set(entry.id, entry)
        const begin = Effect.suspend(() =>
          waiting.get(entry.id) === entry && waiting.delete(entry.id) ? entry.callback : Effect.void
        )
        // whoever scheduled it goes on first
        return Effect.as(run({ ...entry, callback: Effect.zipRight(Effect.yieldNow(), begin) }), { id: entry.id })
      }),
    cancel: ({ id }) =>
      Effect.sync(() => {
        waiting.delete(id)
      }),
    dispose: Effect.sync(() => waiting.clear())
  }
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<ScheduleDriver> = Layer.scoped(ScheduleDriver, make)
