/**
 * What the audit of a VM tells: decisions of its policy, approvals, tool calls, in the order in which they happened. No
 * event holds an argument, a result or a content.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { PermissionMode } from "../config/PermissionsConfig.ts"
import { PermissionDomain } from "../errors/PermissionDenied.ts"
import { optionalKey } from "../OptionalKey.ts"
import { ApprovalState } from "../tools/Approval.ts"
import { CallRecord } from "../tools/CallRecord.ts"

const common = {
  /** Counts the events of a VM; the cursor of a stream. */
  sequence: Schema.NonNegativeInt,
  vmId: Schema.String,
  /** Milliseconds since 1970 on the VM's clock. */
  time: Schema.Number,
  /** The process that asked; absent for the host. */
  pid: optionalKey(Schema.NonNegativeInt),
  /** Of the call's own span, or else of that of the process; where somebody traces. */
  traceId: optionalKey(Schema.String),
  spanId: optionalKey(Schema.String)
}

/**
 * The policy has decided.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Decision = Schema.TaggedStruct("Decision", {
  ...common,
  domain: PermissionDomain,
  operation: Schema.String,
  resource: Schema.String,
  mode: PermissionMode,
  /** Index of the deciding rule; absent when the default decided. */
  rule: optionalKey(Schema.NonNegativeInt)
})

/**
 * Somebody is asked about a call.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ApprovalAsked = Schema.TaggedStruct("ApprovalAsked", {
  ...common,
  approval: Schema.String,
  call: Schema.NonNegativeInt,
  tool: Schema.String,
  digest: Schema.String,
  expires: Schema.Number
})

/**
 * The question is settled. `digest` is that of the arguments with which the call goes on.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ApprovalSettled = Schema.TaggedStruct("ApprovalSettled", {
  ...common,
  approval: Schema.String,
  call: Schema.NonNegativeInt,
  tool: Schema.String,
  state: ApprovalState,
  always: Schema.Boolean,
  digest: Schema.String,
  note: optionalKey(Schema.String)
})

/**
 * A tool was called, or refused; its record. `key` is empty where the input came no further than the sidecar.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ToolCalled = Schema.TaggedStruct("ToolCalled", {
  ...common,
  call: Schema.NonNegativeInt,
  key: Schema.String,
  record: CallRecord
})

/**
 * Another policy holds from here on. `failed`: it could not be put in place, and everything is denied.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PolicyReplaced = Schema.TaggedStruct("PolicyReplaced", { ...common, failed: Schema.Boolean })

/**
 * So many events before this one are missing: their reader was too slow, or there were too many at once.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Lost = Schema.TaggedStruct("Lost", { ...common, count: Schema.NonNegativeInt })

/**
 * @since 0.1.0
 * @category schemas
 */
export const AuditEvent = Schema.Union(Decision, ApprovalAsked, ApprovalSettled, ToolCalled, PolicyReplaced, Lost)

/**
 * @since 0.1.0
 * @category models
 */
export type AuditEvent = typeof AuditEvent.Type
