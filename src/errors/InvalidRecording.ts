/**
 * Bytes that cannot be replayed.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category type ids
 */
export const InvalidRecordingTypeId: unique symbol = Symbol.for("effect-agent-os/errors/InvalidRecording")

/**
 * @since 0.1.0
 * @category type ids
 */
export type InvalidRecordingTypeId = typeof InvalidRecordingTypeId

/**
 * `NotARecording`: other bytes. `Version`: of a package that writes recordings in another way; record anew. `CutOff`: the end
 * is missing. `Damaged`: what is there is not what was recorded.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidRecording extends Schema.TaggedError<InvalidRecording>("effect-agent-os/errors/InvalidRecording")(
  "InvalidRecording",
  {
    reason: Schema.Literal("NotARecording", "Version", "CutOff", "Damaged"),
    detail: Schema.String
  }
) {
  /**
   * @since 0.1.0
   */
  readonly [InvalidRecordingTypeId]: InvalidRecordingTypeId = InvalidRecordingTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is InvalidRecording {
    return Predicate.hasProperty(u, InvalidRecordingTypeId)
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    return this.detail
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
