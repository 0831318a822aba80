/**
 * What all drivers do with an entry: check its schedule, and run its callback without waiting for it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ZonedEntry } from "../../services/ScheduleDriver.ts"
import type { ScheduleError } from "../../src/errors/ScheduleError.ts"
import type { JobPlan } from "./JobRecord.ts"
import { plan } from "./JobRecord.ts"
import * as OwnFibers from "./OwnFibers.ts"

/**
 * The schedule of an entry and its first run.
 *
 * @since 0.1.0
 * @category parsing
 */
export const checkEntry = ({ schedule, zone }: ZonedEntry): Effect.Effect<JobPlan, ScheduleError> =>
  Effect.clockWith((clock) => plan({ schedule, zone }, clock.unsafeCurrentTimeMillis()))

/**
 * Lets callbacks run, as long as the Scope is open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeCallbacks: Effect.Effect<
  (entry: ZonedEntry) => Effect.Effect<void>,
  never,
  Scope.Scope
> = Effect.map(OwnFibers.make, (begin) => (entry) => {
  const logged = Effect.catchAllCause(
    Effect.interruptible(entry.callback),
    (cause) => Effect.logError("the callback of a schedule died", cause).pipe(Effect.annotateLogs("schedule", entry.id))
  )
  return Effect.sync(() => {
    begin(logged)
  })
})
