/**
 * A configuration that cannot be used.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category type ids
 */
export const ConfigErrorTypeId: unique symbol = Symbol.for("effect-agent-os/errors/ConfigError")

/**
 * @since 0.1.0
 * @category type ids
 */
export type ConfigErrorTypeId = typeof ConfigErrorTypeId

/**
 * `path` leads to the part at fault, as in `mounts[0].plugin.id`; it is empty when that is the configuration itself.
 *
 * @since 0.1.0
 * @category errors
 */
export class ConfigError extends Schema.TaggedError<ConfigError>("effect-agent-os/errors/ConfigError")("ConfigError", {
  path: Schema.String,
  detail: Schema.String
}) {
  /**
   * @since 0.1.0
   */
  readonly [ConfigErrorTypeId]: ConfigErrorTypeId = ConfigErrorTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is ConfigError {
    return Predicate.hasProperty(u, ConfigErrorTypeId)
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    return this.path === ""
      ? `invalid configuration: ${this.detail}`
      : `invalid configuration at ${this.path}: ${this.detail}`
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
