/**
 * A decision of the permission policy against an operation.
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
export const PermissionDeniedTypeId: unique symbol = Symbol.for("effect-agent-os/errors/PermissionDenied")

/**
 * @since 0.1.0
 * @category type ids
 */
export type PermissionDeniedTypeId = typeof PermissionDeniedTypeId

/**
 * The parts of a policy, each with rules of its own.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PermissionDomain = Schema.Literal("fs", "network", "childProcess", "process", "env", "tool")

/**
 * @since 0.1.0
 * @category models
 */
export type PermissionDomain = typeof PermissionDomain.Type

/**
 * `rule` is the index of the deciding rule in its domain; without it the domain's default decided. `mode` is what the
 * policy said: an `ask` that nobody answers is denied.
 *
 * @since 0.1.0
 * @category errors
 */
export class PermissionDenied
  extends Schema.TaggedError<PermissionDenied>("effect-agent-os/errors/PermissionDenied")("PermissionDenied", {
    domain: PermissionDomain,
    operation: Schema.String,
    resource: Schema.String,
    rule: optionalKey(Schema.NonNegativeInt),
    mode: Schema.optionalWith(Schema.Literal("deny", "ask"), { default: () => "deny" })
  })
{
  /**
   * @since 0.1.0
   */
  readonly [PermissionDeniedTypeId]: PermissionDeniedTypeId = PermissionDeniedTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is PermissionDenied {
    return Predicate.hasProperty(u, PermissionDeniedTypeId)
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    const capability = `${this.domain}.${this.operation}`
    if (this.domain === "tool") {
      return this.mode === "ask"
        ? `EACCES: permission prompt required for ${capability} on ${this.resource}`
        : `EACCES: blocked by ${capability} policy for ${this.resource}`
    }
    const subject = this.domain === "network" ? this.resource : `${this.operation} '${this.resource}'`
    const why = this.mode === "ask" ? `permission prompt required for ${capability}` : `blocked by ${capability} policy`
    return `EACCES: permission denied, ${subject}: ${why}`
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
