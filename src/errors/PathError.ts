/**
 * A path that was refused before it reached the kernel.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category type ids
 */
export const PathErrorTypeId: unique symbol = Symbol.for("effect-agent-os/errors/PathError")

/**
 * @since 0.1.0
 * @category type ids
 */
export type PathErrorTypeId = typeof PathErrorTypeId

const texts = {
  NotAbsolute: "Path must be absolute",
  NotNormalized: "Path must be normalized",
  ReadOnly: "Path is read-only"
} as const

/**
 * A path guard refused a path. Guards run in the order of the reasons below, so a path that is neither absolute nor
 * normalized is `NotAbsolute`.
 *
 * @since 0.1.0
 * @category errors
 */
export class PathError extends Schema.TaggedError<PathError>("effect-agent-os/errors/PathError")("PathError", {
  reason: Schema.Literal("NotAbsolute", "NotNormalized", "ReadOnly"),
  path: Schema.String
}) {
  /**
   * @since 0.1.0
   */
  readonly [PathErrorTypeId]: PathErrorTypeId = PathErrorTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is PathError {
    return Predicate.hasProperty(u, PathErrorTypeId)
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `${texts[this.reason]}: ${this.path}`
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
