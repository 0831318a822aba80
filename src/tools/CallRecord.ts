/**
 * What remains of a tool call: never its values, only their digests.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Digest = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{64}$/, { description: "a SHA3-256 digest" }))

/**
 * `uncertain`: the call had begun and nobody can tell how it ended, because the sidecar or the VM went away. A tool that
 * is not idempotent is never called again for it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CallStatus = Schema.Literal("ok", "error", "timeout", "denied", "approval_pending", "uncertain")

/**
 * @since 0.1.0
 * @category models
 */
export type CallStatus = typeof CallStatus.Type

/**
 * The record of one call, in JSON as the seed has it. `requestDigest` is that of `{"args": [], "kwargs": input}`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CallRecord = Schema.Struct({
  /** `kit:tool`. */
  name: Schema.String,
  sideEffect: Schema.propertySignature(
    Schema.Literal("none", "read", "write", "network", "database", "external_system")
  ).pipe(Schema.fromKey("side_effect")),
  durationMs: Schema.propertySignature(Schema.NonNegativeInt).pipe(Schema.fromKey("duration_ms")),
  status: CallStatus,
  requestDigest: Schema.propertySignature(Digest).pipe(Schema.fromKey("request_digest")),
  responseDigest: Schema.propertySignature(Schema.NullOr(Digest)).pipe(Schema.fromKey("response_digest")),
  error: Schema.NullOr(Schema.Struct({ code: Schema.String, message: Schema.String }))
})

/**
 * @since 0.1.0
 * @category models
 */
export interface CallRecord extends Schema.Schema.Type<typeof CallRecord> {}
