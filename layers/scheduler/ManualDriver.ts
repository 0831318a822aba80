/**
 * The driver that is worked by hand: an entry runs when somebody says so, and time has no part in it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ScheduleDriverShape, ZonedEntry } from "../../services/ScheduleDriver.ts"
import { ScheduleDriver } from "../../services/ScheduleDriver.ts"
import { checkEntry, makeCallbacks } from "./DriverEntry.ts"

/**
 * The hand.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScheduleStepsShape {
  /** The entries, in the order in which they were scheduled. */
  readonly entries: Effect.Effect<Array<ZonedEntry>>
  /** Lets an entry run once; whether there is one. An entry for a single run is gone then. */
  readonly step: (id: string) => Effect.Effect<boolean>
  /** Lets each entry run once. */
  readonly stepAll: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class ScheduleSteps extends Context.Tag("effect-agent-os/ScheduleSteps")<ScheduleSteps, ScheduleStepsShape>() {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<
  { readonly driver: ScheduleDriverShape; readonly steps: ScheduleStepsShape },
  never,
  Scope.Scope
> = Effect.gen(function*() {
  const run = yield* makeCallbacks
  const entries = new Map<string, { readonly entry: ZonedEntry; readonly once: boolean }>()
  const step = (id: string): Effect.Effect<boolean> =>
    Effect.suspend(() => {
      const found = entries.get(id)
      if (found === undefined) return Effect.succeed(false)
      if (found.once) entries.delete(id)
      return Effect.as(run(found.entry), true)
    })
  const driver: ScheduleDriverShape = {
    schedule: (entry) =>
      Effect.map(checkEntry(entry), ({ schedule }) => {
        entries.delete(entry.id)
        entries.set(entry.id, { entry, once: schedule._tag === "Once" })
        return { id: entry.id }
      }),
    cancel: ({ id }) =>
      Effect.sync(() => {
        entries.delete(id)
      }),
    dispose: Effect.sync(() => entries.clear())
  }
  const steps: ScheduleStepsShape = {
    entries: Effect.sync(() => Array.from(entries.values(), ({ entry }) => entry)),
    step,
    stepAll: Effect.suspend(() => Effect.forEach(Array.from(entries.keys()), step, { discard: true }))
  }
  return { driver, steps }
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<ScheduleDriver | ScheduleSteps> = Layer.scopedContext(
  Effect.map(make, ({ driver, steps }) => Context.make(ScheduleDriver, driver).pipe(Context.add(ScheduleSteps, steps)))
)
