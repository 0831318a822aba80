/**
 * A schedule that cannot be kept, or a job that there is not.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"

/**
 * @since 0.1.0
 * @category type ids
 */
export const ScheduleErrorTypeId: unique symbol = Symbol.for("effect-agent-os/errors/ScheduleError")

/**
 * @since 0.1.0
 * @category type ids
 */
export type ScheduleErrorTypeId = typeof ScheduleErrorTypeId

/**
 * `field` is the part of a cron expression at fault and `hint` how to write it; both stay out of the message. `id` is
 * that of the job for `UnknownJob`, whose schedule is empty. `InvalidAction`: `field` is the path in the action, `hint` what
 * it must be. `Store`: the job with the id, or all of them, could not be kept or read; `hint` is the store's own reason.
 * `StoreTimeout`: the store has not answered in time; `hint` says what becomes of the call.
 *
 * @since 0.1.0
 * @category errors
 */
export class ScheduleError extends Schema.TaggedError<ScheduleError>("effect-agent-os/errors/ScheduleError")(
  "ScheduleError",
  {
    reason: Schema.Literal("InvalidSchedule", "PastSchedule", "UnknownJob", "InvalidAction", "Store", "StoreTimeout"),
    schedule: Schema.String,
    id: optionalKey(Schema.String),
    field: optionalKey(Schema.String),
    hint: optionalKey(Schema.String)
  }
) {
  /**
   * @since 0.1.0
   */
  readonly [ScheduleErrorTypeId]: ScheduleErrorTypeId = ScheduleErrorTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is ScheduleError {
    return Predicate.hasProperty(u, ScheduleErrorTypeId)
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    switch (this.reason) {
      case "UnknownJob":
        return `no job with the id ${JSON.stringify(this.id)}`
      case "InvalidAction":
        return `invalid action: ${this.field ?? "action"}: ${this.hint ?? ""}`
      case "Store":
        return `the schedule store failed${this.id ? ` for ${JSON.stringify(this.id)}` : ""}: ${this.hint ?? ""}`
      case "StoreTimeout":
        return `the schedule store does not answer for ${JSON.stringify(this.id)}: ${this.hint ?? ""}`
      case "InvalidSchedule":
        return `invalid schedule: ${this.schedule}`
      case "PastSchedule":
        return `schedule is in the past: ${this.schedule}`
    }
  }

  /**
   * Whether the same call may succeed when it is made again unchanged.
   *
   * @since 0.1.0
   */
  get retryable(): boolean {
    return this.reason === "Store" || this.reason === "StoreTimeout"
  }
}
