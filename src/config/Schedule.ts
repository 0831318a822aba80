/**
 * What a program and a schedule driver exchange.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { text } from "./Primitives.ts"

/**
 * Names a job, to cancel it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ScheduleHandle = Schema.Struct({ id: text(256) })

/**
 * @since 0.1.0
 * @category models
 */
export interface ScheduleHandle extends Schema.Schema.Type<typeof ScheduleHandle> {}

/**
 * A job for a driver. `schedule` is a cron expression of 5, 6 or 7 fields, or an ISO 8601 time for a single run.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScheduleEntry extends ScheduleHandle {
  readonly schedule: string
  /** Runs when the schedule is due. */
  readonly callback: Effect.Effect<void>
}
