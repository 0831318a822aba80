/**
 * One call of a tool on its way: what was asked, what is known of it so far, and what is told of it.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { BoundTool, Failed } from "../../../src/tools/BoundTool.ts"
import type { CallRecord, CallStatus } from "../../../src/tools/CallRecord.ts"
import { digest, digestText } from "../../../src/tools/Json.ts"
import type { TypeOf } from "../../../src/wire/Codec.ts"
import type * as Operations from "../../../src/wire/Operations.ts"
import type { NewEvent } from "../audit/AuditLog.ts"
import type { VmAudit } from "../audit/VmAudit.ts"
import type { Parent } from "../ProcessSpans.ts"
import { idsOf } from "../ProcessSpans.ts"

type Asked = TypeOf<typeof Operations.callTool.request>

/**
 * @since 0.1.0
 * @category models
 */
export interface CallRequest {
  /** Number of the call in its VM. */
  readonly call: number
  /** 0 when the host calls. */
  readonly pid: number
  /** `kit:tool`. */
  readonly tool: string
  /** What the policy says; at `ask` it leaves the decision to the host. Absent where there is no such tool. */
  readonly decision: Asked["decision"]
  /** The kernel has refused the call, which is only to be recorded. */
  readonly refusal: Asked["refusal"]
  /** Milliseconds on the VM's clock. */
  readonly now: number
  /** `undefined`: it is larger than any tool takes, and was not read. */
  readonly input: Uint8Array | undefined
  /** The span of the process that asks. */
  readonly parent?: Parent | undefined
  readonly progress: (message: string) => Effect.Effect<void>
}

/**
 * What the guest is given: a status, and JSON text.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallOutcome {
  readonly status: Exclude<CallStatus, "approval_pending" | "uncertain">
  readonly output: string
}

/**
 * Stands for the number of the process where the host calls.
 *
 * @since 0.1.0
 * @category constants
 */
export const HOST = 0

/**
 * The digest of an input that nobody has read.
 *
 * @since 0.1.0
 * @category constants
 */
export const NO_INPUT = digestText("")

/**
 * Who asks, for an event.
 *
 * @since 0.1.0
 * @category conversions
 */
export const askerOf = (pid: number): { readonly pid?: number } => pid === HOST ? {} : { pid }

/**
 * The digest of an input, as the seed has it of arguments.
 *
 * @since 0.1.0
 * @category digests
 */
export const requestDigest = (input: unknown): string =>
  digest(
    typeof input === "object" && input !== null && !Array.isArray(input)
      ? { args: [], kwargs: input }
      : { args: [input], kwargs: {} }
  )

/**
 * The idempotency key of a call: one for each call of a VM and what it is given.
 *
 * @since 0.1.0
 * @category digests
 */
export const keyOf = (vmId: string, call: number, digested: string): string => digestText(`${vmId}:${call}:${digested}`)

/**
 * Ends a call with a status and what the guest is told.
 *
 * @since 0.1.0
 * @category errors
 */
export class Refused {
  constructor(readonly status: CallOutcome["status"], readonly failed: Failed) {}
}

/**
 * @since 0.1.0
 * @category errors
 */
export const refuse = (status: CallOutcome["status"], code: string, message: string): Effect.Effect<never, Refused> =>
  Effect.fail(new Refused(status, { code, message }))

type DistributiveOmit<A, K extends string> = A extends unknown ? Omit<A, K> : never
type Told = DistributiveOmit<NewEvent, "time" | "pid" | "traceId" | "spanId">

/**
 * @since 0.1.0
 * @category models
 */
export class ToolCall {
  /** What the guest gave and, if somebody has edited it, what took its place. */
  readonly inputs: Array<unknown> = []
  digest = NO_INPUT
  key = ""
  /** Whether the handler has been begun. */
  started = false
  private readonly began: number

  constructor(
    readonly tool: BoundTool,
    readonly request: CallRequest,
    readonly clock: Clock.Clock,
    private readonly audit: VmAudit
  ) {
    this.began = clock.unsafeCurrentTimeMillis()
  }

  /** Takes an input as what the call is about. */
  identify(input: unknown): void {
    this.inputs.push(input)
    this.digest = requestDigest(input)
    this.key = keyOf(this.audit.vmId, this.request.call, this.digest)
  }

  /** Appends an event with the ids of the call's own span. */
  tell(event: Told): Effect.Effect<void> {
    return this.tellAt(this.request.now, event)
  }

  private tellAt(time: number, event: Told): Effect.Effect<void> {
    const { parent, pid } = this.request
    return Effect.withFiberRuntime((fiber) => {
      const span = parent === undefined ? undefined : fiber.currentSpan
      this.audit.log.append(Object.assign(event, idsOf(span), askerOf(pid), { time }) as NewEvent)
      return Effect.void
    })
  }

  /** Tells that somebody is asked about the call. */
  readonly pending: Effect.Effect<void> = Effect.suspend(() => this.tell(this.event("approval_pending", 0, null, null)))

  /** Tells how the call has ended. */
  ended(status: CallStatus, responseDigest: string | null, error: CallRecord["error"]): Effect.Effect<void> {
    const took = this.clock.unsafeCurrentTimeMillis() - this.began
    return this.tellAt(this.request.now + took, this.event(status, took, responseDigest, error))
  }

  private event(
    status: CallStatus,
    took: number,
    responseDigest: string | null,
    error: CallRecord["error"]
  ): Extract<Told, { readonly _tag: "ToolCalled" }> {
    const { digest: requestDigest, key, request, tool } = this
    const durationMs = Math.max(0, Math.round(took))
    return {
      _tag: "ToolCalled",
      call: request.call,
      key,
      record: { name: tool.name, sideEffect: tool.sideEffect, durationMs, status, requestDigest, responseDigest, error }
    }
  }
}
