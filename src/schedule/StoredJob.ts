/**
 * A job as it is written down, so that it outlives the program.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"
import { ScheduleActionConfig } from "./ScheduleAction.ts"

/**
 * What is kept of a job. Instants are milliseconds of the epoch. A job without an action is a callback: the program has to
 * schedule it again, and it goes on where it was. `next` is the first instant whose run has not begun.
 *
 * @since 0.1.0
 * @category schemas
 */
export const StoredJob = Schema.Struct({
  id: Schema.String,
  schedule: Schema.String,
  zone: Schema.String,
  action: optionalKey(ScheduleActionConfig),
  overlap: Schema.Literal("allow", "skip", "queue"),
  missed: Schema.Literal("skip", "once", "all"),
  jitterMs: Schema.NonNegative,
  timeoutMs: optionalKey(Schema.NonNegative),
  paused: Schema.Boolean,
  next: Schema.JsonNumber,
  runCount: Schema.NonNegativeInt,
  lastRun: optionalKey(Schema.JsonNumber)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface StoredJob extends Schema.Schema.Type<typeof StoredJob> {}
