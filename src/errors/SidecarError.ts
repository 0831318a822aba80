/**
 * A failure of the process that hosts the VMs.
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
export const SidecarErrorTypeId: unique symbol = Symbol.for("effect-agent-os/errors/SidecarError")

/**
 * @since 0.1.0
 * @category type ids
 */
export type SidecarErrorTypeId = typeof SidecarErrorTypeId

/**
 * - `Spawn`: the process did not start
 * - `Handshake`: it started, and did not become ready
 * - `Exited`: it ended; `exitCode` or `signal` and its last `stderr` lines say how
 * - `Disposed`: the handle is disposed, or being disposed
 * - `VmLost`: the VM of a lease is gone because its sidecar is
 * - `Aggregate`: several leases failed to close; `detail` is their messages joined by `"; "`
 *
 * `stderr` is for whoever operates the sidecar and stays out of the message: it may hold stacks and host paths.
 *
 * @since 0.1.0
 * @category errors
 */
export class SidecarError extends Schema.TaggedError<SidecarError>("effect-agent-os/errors/SidecarError")(
  "SidecarError",
  {
    reason: Schema.Literal("Spawn", "Handshake", "Exited", "Disposed", "VmLost", "Aggregate"),
    detail: Schema.String,
    exitCode: optionalKey(Schema.Int),
    signal: optionalKey(Schema.String),
    stderr: optionalKey(Schema.Array(Schema.String))
  }
) {
  /**
   * @since 0.1.0
   */
  readonly [SidecarErrorTypeId]: SidecarErrorTypeId = SidecarErrorTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is SidecarError {
    return Predicate.hasProperty(u, SidecarErrorTypeId)
  }

  /**
   * A lease was asked of a sidecar that is not ready.
   *
   * @since 0.1.0
   */
  static notReady(sidecarId: string, state: string): SidecarError {
    return new SidecarError({
      reason: "Disposed",
      detail: `Cannot lease VM from sidecar ${sidecarId} while it is ${state}`
    })
  }

  /**
   * Several failures as one.
   *
   * @since 0.1.0
   */
  static aggregate(errors: ReadonlyArray<{ readonly message: string }>): SidecarError {
    return new SidecarError({ reason: "Aggregate", detail: errors.map((error) => error.message).join("; ") })
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    if (this.reason === "Aggregate" || this.reason === "Disposed") {
      return this.detail
    }
    const how = this.signal !== undefined
      ? ` (signal ${this.signal})`
      : this.exitCode !== undefined
      ? ` (exit code ${this.exitCode})`
      : ""
    return `sidecar error: ${this.detail}${how}`
  }

  /**
   * Whether a new lease may succeed where this one failed.
   *
   * @since 0.1.0
   */
  get retryable(): boolean {
    return this.reason === "Exited" || this.reason === "VmLost"
  }
}
