/**
 * Asks somebody about a call before it is made.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ApprovalsShape, Decided } from "../../../services/Approvals.ts"
import { PermissionDenied } from "../../../src/errors/PermissionDenied.ts"
import type { ApprovalRequest } from "../../../src/tools/Approval.ts"
import type { JsonFault } from "../../../src/tools/Json.ts"
import { canonical, parse } from "../../../src/tools/Json.ts"
import { redacted, restored, Secrets } from "../../../src/tools/Redaction.ts"
import { refuse, type Refused, requestDigest, type ToolCall } from "./ToolCall.ts"

/**
 * Why somebody is asked.
 *
 * @since 0.1.0
 * @category models
 */
export type Reason = ApprovalRequest["reason"]

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly vmId: string
  readonly approvals: ApprovalsShape | undefined
  /** A random UUID. */
  readonly uuid: Effect.Effect<string>
}

/**
 * What may be called: as it is, or with what somebody has made of the arguments.
 *
 * @since 0.1.0
 * @category models
 */
export interface Approved {
  readonly always: boolean
  readonly replaced: { readonly value: unknown } | undefined
}

const encoder = new TextEncoder()

/** Arguments that somebody has edited, as JSON has them: their own code, if they have any, is not run again. */
const editedOf = (edited: unknown, { request, tool }: ToolCall, given: unknown): Either.Either<unknown, JsonFault> => {
  try {
    const text = canonical(restored(edited, given, tool.redact), tool.limits.requestBytes)
    return Either.flatMap(text, (text) => parse(encoder.encode(text)))
  } catch {
    return Either.left({ path: "$", detail: `cannot be read, in call ${request.call}` })
  }
}

/**
 * Waits for the answer, and tells the audit of question and answer.
 *
 * @since 0.1.0
 * @category combinators
 */
export const ask = (
  { approvals, uuid, vmId }: Options,
  call: ToolCall,
  given: unknown,
  reason: Reason
): Effect.Effect<Approved, Refused> => {
  const { tool } = call
  const prompt = new PermissionDenied({ domain: "tool", operation: "invoke", resource: tool.name, mode: "ask" })
  if (approvals === undefined) return refuse("denied", "PERMISSION_DENIED", prompt.message)
  return Effect.gen(function*() {
    const { call: number, pid } = call.request
    const created = call.clock.unsafeCurrentTimeMillis()
    const asked = {
      id: yield* uuid,
      vmId,
      pid,
      call: number,
      tool: tool.name,
      sideEffect: tool.sideEffect,
      reason,
      arguments: redacted(given, tool.redact),
      digest: call.digest,
      created,
      expires: created + approvals.expiryMs
    }
    const { digest, expires, id } = asked
    const common = { approval: id, call: number, tool: tool.name, digest }
    yield* call.tell({ _tag: "ApprovalAsked", ...common, expires })
    yield* call.pending
    const decided = yield* Effect.onInterrupt(
      approvals.ask(asked),
      () => call.tell({ _tag: "ApprovalSettled", ...common, state: "cancelled", always: false })
    )
    return yield* settled(call, given, common, decided)
  })
}

/** What the answer means for the call. */
const settled = (
  call: ToolCall,
  given: unknown,
  common: { readonly approval: string; readonly call: number; readonly tool: string; readonly digest: string },
  { arguments: edited, record }: Decided
): Effect.Effect<Approved, Refused> =>
  Effect.gen(function*() {
    const { redact } = call.tool
    const replaced = edited === undefined ? undefined : editedOf(edited.value, call, given)
    const value = replaced === undefined ? undefined : Either.getOrUndefined(replaced)
    const secrets = new Secrets([...call.inputs, value], redact)
    yield* call.tell({
      _tag: "ApprovalSettled",
      ...common,
      digest: replaced === undefined ? common.digest : requestDigest(value),
      state: record.state,
      always: record.always,
      ...(record.note === undefined ? {} : { note: secrets.hide(record.note) })
    })
    if (record.state === "expired") {
      return yield* refuse("denied", "TIMEOUT_TOOL", `the approval of ${common.tool} was not answered in time`)
    }
    if (record.state !== "approved") {
      const note = record.note === undefined ? "" : `: ${record.note}`
      return yield* refuse("denied", "PERMISSION_DENIED", `EACCES: the call of ${common.tool} was not approved${note}`)
    }
    if (replaced !== undefined && Either.isLeft(replaced)) {
      return yield* refuse("error", "INVALID_ARGUMENT", `the approved arguments: ${replaced.left.detail}`)
    }
    return { always: record.always, replaced: replaced === undefined ? undefined : { value } }
  })
