/**
 * A watch that has missed changes.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category type ids
 */
export const WatchOverflowTypeId: unique symbol = Symbol.for("effect-agent-os/errors/WatchOverflow")

/**
 * @since 0.1.0
 * @category type ids
 */
export type WatchOverflowTypeId = typeof WatchOverflowTypeId

/**
 * The reader of a watch was too far behind, its cursor was too old, or the whole tree was exchanged by a restore: the
 * changes from `from` to `to` are lost. Look at the files again, and watch from now on.
 *
 * @since 0.1.0
 * @category errors
 */
export class WatchOverflow extends Schema.TaggedError<WatchOverflow>("effect-agent-os/errors/WatchOverflow")(
  "WatchOverflow",
  {
    path: Schema.String,
    from: Schema.NonNegativeInt,
    to: Schema.NonNegativeInt
  }
) {
  /**
   * @since 0.1.0
   */
  readonly [WatchOverflowTypeId]: WatchOverflowTypeId = WatchOverflowTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is WatchOverflow {
    return Predicate.hasProperty(u, WatchOverflowTypeId)
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `changes ${this.from} to ${this.to} are lost to the watch of ${this.path}: read the files again and watch anew`
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
