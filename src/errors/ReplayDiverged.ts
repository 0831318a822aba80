/**
 * A replay that does otherwise than its recording.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category type ids
 */
export const ReplayDivergedTypeId: unique symbol = Symbol.for("effect-agent-os/errors/ReplayDiverged")

/**
 * @since 0.1.0
 * @category type ids
 */
export type ReplayDivergedTypeId = typeof ReplayDivergedTypeId

/**
 * `event` is the number of the first event that differs, counted from 0; `expected` and `found` say in short what it was in
 * the recording and in the replay. The recording was changed, or made by another version of the package or of Node.js; or
 * something that guests depend on does not pass the recording.
 *
 * @since 0.1.0
 * @category errors
 */
export class ReplayDiverged extends Schema.TaggedError<ReplayDiverged>("effect-agent-os/errors/ReplayDiverged")(
  "ReplayDiverged",
  {
    event: Schema.NonNegativeInt,
    expected: Schema.String,
    found: Schema.String
  }
) {
  /**
   * @since 0.1.0
   */
  readonly [ReplayDivergedTypeId]: ReplayDivergedTypeId = ReplayDivergedTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is ReplayDiverged {
    return Predicate.hasProperty(u, ReplayDivergedTypeId)
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `the replay differs at event ${this.event}: expected ${this.expected}, found ${this.found}`
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
