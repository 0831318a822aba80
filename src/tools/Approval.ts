/**
 * Approvals: what somebody is asked before a call, and what became of it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"

/**
 * A question to somebody who may decide.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ApprovalRequest = Schema.Struct({
  /** Random. */
  id: Schema.String,
  vmId: Schema.String,
  /** The process that asks; 0 when the host does, for a model. */
  pid: Schema.NonNegativeInt,
  /** Number of the call in its VM. */
  call: Schema.NonNegativeInt,
  /** `kit:tool`. */
  tool: Schema.String,
  sideEffect: Schema.String,
  /** What asks for it: a rule of the policy, or the tool itself. */
  reason: Schema.Literal("policy", "manual", "rule"),
  /** The input, with the values of redacted keys left out. */
  arguments: Schema.Unknown,
  /** SHA3-256 of the whole input, as in the record of the call. */
  digest: Schema.String,
  /** Milliseconds since 1970, on the host's clock. */
  created: Schema.Number,
  expires: Schema.Number
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ApprovalRequest extends Schema.Schema.Type<typeof ApprovalRequest> {}

/**
 * An answer. `arguments` replace the input (they are checked like any input, and have a digest of their own); `always`
 * approves every later call of the tool by this VM as well.
 *
 * @since 0.1.0
 * @category models
 */
export type ApprovalAnswer =
  | { readonly _tag: "Approve"; readonly arguments?: unknown; readonly note?: string | undefined }
  | { readonly _tag: "Always"; readonly note?: string | undefined }
  | { readonly _tag: "Deny"; readonly note?: string | undefined }

/**
 * Approves the call, perhaps with other arguments.
 *
 * @since 0.1.0
 * @category constructors
 */
export const approve = (options: { readonly arguments?: unknown; readonly note?: string } = {}): ApprovalAnswer => ({
  _tag: "Approve",
  ...options
})

/**
 * Approves the call, and every later one of the tool by this VM.
 *
 * @since 0.1.0
 * @category constructors
 */
export const always: ApprovalAnswer = { _tag: "Always" }

/**
 * @since 0.1.0
 * @category constructors
 */
export const deny = (note?: string): ApprovalAnswer => ({ _tag: "Deny", note })

/**
 * How an approval stands. Only `pending` ones change, and only once.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ApprovalState = Schema.Literal("pending", "approved", "denied", "expired", "cancelled")

/**
 * @since 0.1.0
 * @category models
 */
export type ApprovalState = typeof ApprovalState.Type

/**
 * @since 0.1.0
 * @category schemas
 */
export const ApprovalRecord = Schema.Struct({
  ...ApprovalRequest.fields,
  state: ApprovalState,
  /** Whether later calls of the tool are approved as well. */
  always: Schema.Boolean,
  note: optionalKey(Schema.String)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ApprovalRecord extends Schema.Schema.Type<typeof ApprovalRecord> {}
