/**
 * A schedule that cannot be kept.
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
 * `field` is the part of a cron expression at fault and `hint` how to write it; both stay out of the message.
 *
 * @since 0.1.0
 * @category errors
 */
export class ScheduleError extends Schema.TaggedError<ScheduleError>("effect-agent-os/errors/ScheduleError")(
  "ScheduleError",
  {
    reason: Schema.Literal("InvalidSchedule", "PastSchedule"),
    schedule: Schema.String,
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
    return this.reason === "InvalidSchedule"
      ? `invalid schedule: ${this.schedule}`
      : `schedule is in the past: ${this.schedule}`
  }

  /**
   * Whether the same call may succeed when it is made again unchanged.
   *
   * @since 0.1.0
   */
  get retryable(): boolean {
    return false
  }
}
