/**
 * A failure of the connection between host and sidecar.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TransportErrorTypeId: unique symbol = Symbol.for("effect-agent-os/errors/TransportError")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TransportErrorTypeId = typeof TransportErrorTypeId

/**
 * - `Closed`: the connection has ended; every call under way fails with this
 * - `Protocol`: the other side sent what it must not send
 * - `FrameTooLarge`: a frame above the negotiated maximum
 * - `Timeout`: no answer within the deadline of the transport
 * - `Overloaded`: the other side takes no more calls for now
 * - `Unauthorized`: the token of the connection was refused
 * - `Version`: the two sides speak different versions of the protocol
 *
 * @since 0.1.0
 * @category errors
 */
export class TransportError
  extends Schema.TaggedError<TransportError>("effect-agent-os/errors/TransportError")("TransportError", {
    reason: Schema.Literal("Closed", "Protocol", "FrameTooLarge", "Timeout", "Overloaded", "Unauthorized", "Version"),
    detail: Schema.String
  })
{
  /**
   * @since 0.1.0
   */
  readonly [TransportErrorTypeId]: TransportErrorTypeId = TransportErrorTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is TransportError {
    return Predicate.hasProperty(u, TransportErrorTypeId)
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `transport error: ${this.detail}`
  }

  /**
   * Whether the same call may succeed when it is made again unchanged (on a new connection, if this one is closed).
   *
   * @since 0.1.0
   */
  get retryable(): boolean {
    return this.reason === "Closed" || this.reason === "Timeout" || this.reason === "Overloaded"
  }
}
