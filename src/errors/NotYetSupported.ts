/**
 * A part of the configuration that is understood and has no behaviour in this version.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category type ids
 */
export const NotYetSupportedTypeId: unique symbol = Symbol.for("effect-agent-os/errors/NotYetSupported")

/**
 * @since 0.1.0
 * @category type ids
 */
export type NotYetSupportedTypeId = typeof NotYetSupportedTypeId

/**
 * `feature` names the behaviour, `path` the part of the configuration that asks for it.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotYetSupported
  extends Schema.TaggedError<NotYetSupported>("effect-agent-os/errors/NotYetSupported")("NotYetSupported", {
    feature: Schema.String,
    path: Schema.String
  })
{
  /**
   * @since 0.1.0
   */
  readonly [NotYetSupportedTypeId]: NotYetSupportedTypeId = NotYetSupportedTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is NotYetSupported {
    return Predicate.hasProperty(u, NotYetSupportedTypeId)
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `not yet supported: ${this.feature}, asked for by ${this.path}`
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
