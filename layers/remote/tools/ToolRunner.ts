/**
 * Calls the tools of one VM: checks, approval, bounds, the handler itself, and the record of it all.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type { ApprovalsShape } from "../../../services/Approvals.ts"
import { PermissionDenied } from "../../../src/errors/PermissionDenied.ts"
import { ToolError } from "../../../src/errors/ToolError.ts"
import type { BoundKit, BoundTool, Failed } from "../../../src/tools/BoundTool.ts"
import { defaultToolLimits } from "../../../src/tools/BoundTool.ts"
import type { CallRecord, CallStatus } from "../../../src/tools/CallRecord.ts"
import { canonical, digest, digestText, parse } from "../../../src/tools/Json.ts"
import { redacted, Secrets } from "../../../src/tools/Redaction.ts"
import { sha3 } from "../../../src/tools/Sha3.ts"
import type { TypeOf } from "../../../src/wire/Codec.ts"
import type * as Operations from "../../../src/wire/Operations.ts"
import type { NewEvent } from "../audit/AuditLog.ts"
import type { VmAudit } from "../audit/VmAudit.ts"
import type { Parent } from "../ProcessSpans.ts"
import { idsOf } from "../ProcessSpans.ts"
import { apart } from "./Apart.ts"
import { Gate } from "./Gate.ts"

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
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly vmId: string
  readonly kits: ReadonlyArray<BoundKit>
  /** For tools without a timeout of their own. */
  readonly timeoutMs: number
  readonly approvals: ApprovalsShape | undefined
  readonly audit: VmAudit
  /** A random UUID. */
  readonly uuid: Effect.Effect<string>
}

/**
 * Stands for the number of the process where the host calls.
 *
 * @since 0.1.0
 * @category constants
 */
export const HOST = 0

const encoder = new TextEncoder()
const NO_INPUT = digestText("")

const askerOf = (pid: number): { readonly pid?: number } => pid === HOST ? {} : { pid }

class Refused {
  constructor(readonly status: CallOutcome["status"], readonly failed: Failed) {}
}

const refuse = (status: CallOutcome["status"], code: string, message: string) =>
  Effect.fail(new Refused(status, { code, message }))

const requestDigest = (input: unknown): string =>
  digest(
    typeof input === "object" && input !== null && !Array.isArray(input)
      ? { args: [], kwargs: input }
      : { args: [input], kwargs: {} }
  )

/** Why somebody is asked. */
type Reason = "policy" | "manual" | "rule"

/** One call on its way; what is known of it so far. */
interface Progressing {
  readonly tool: BoundTool
  readonly request: CallRequest
  /** What the guest gave and, if somebody has edited it, what took its place. */
  readonly inputs: Array<unknown>
  digest: string
  key: string
  started: boolean
}

/** Text that does not say more of an input than that it cannot be read. */
const UNREADABLE = "the input is no acceptable JSON"

/**
 * @since 0.1.0
 * @category models
 */
export class ToolRunner {
  private readonly tools = new Map<string, BoundTool>()
  private readonly gates = new Map<string, Gate>()
  private readonly counts = new Map<string, number>()
  /** Tools that somebody has approved once and for all. */
  private readonly approved = new Set<string>()

  constructor(private readonly options: Options) {
    for (const kit of options.kits) {
      for (const tool of Object.values(kit.tools)) {
        this.tools.set(tool.name, tool)
        this.gates.set(tool.name, new Gate(tool.name, tool.limits))
      }
    }
  }

  readonly sideEffectOf = (tool: string): CallRecord["sideEffect"] => this.tools.get(tool)?.sideEffect ?? "none"

  /** Whether there is a tool of this name. */
  readonly has = (tool: string): boolean => this.tools.has(tool)

  /** Never fails: what goes wrong is the outcome. Interruption leaves a record that says `uncertain`. */
  readonly call = (request: CallRequest): Effect.Effect<CallOutcome> =>
    Effect.suspend(() => {
      this.decided(request)
      const tool = this.tools.get(request.tool)
      if (request.refusal !== undefined) return Effect.succeed(this.refused(request, request.refusal))
      if (tool === undefined) {
        const message = `No tool "${request.tool}"`
        return Effect.succeed(this.refused(request, { status: "error", code: "UNKNOWN_TOOL", message }))
      }
      const made: Progressing = { tool, request, inputs: [], digest: NO_INPUT, key: "", started: false }
      const { log } = this.options.audit
      log.begin()
      const called = Effect.clockWith((clock) => {
        const began = clock.unsafeCurrentTimeMillis()
        return Effect.matchCauseEffect(Effect.suspend(() => this.answer(made)), {
          onSuccess: Effect.succeed,
          onFailure: (cause) => this.failed(made, cause)
        }).pipe(
          Effect.onExit((exit) => this.record(made, began, clock.unsafeCurrentTimeMillis(), exit)),
          Effect.map(({ outcome }) => outcome)
        )
      })
      return Effect.ensuring(this.traced(request, called), Effect.sync(() => log.end()))
    })

  /** A call has a span where its process has one. What the guest is told is not in it. */
  private traced<A>({ call, parent, pid, tool }: CallRequest, effect: Effect.Effect<A>): Effect.Effect<A> {
    if (parent === undefined) return effect
    let told: A
    return Effect.map(effect, (value) => void (told = value)).pipe(
      Effect.withSpan(`tool ${tool}`, {
        captureStackTrace: false,
        parent: parent.span,
        attributes: { "vm.id": this.options.vmId, "process.pid": pid, "tool.call": call }
      }),
      Effect.withTracer(parent.tracer),
      Effect.map(() => told)
    )
  }

  /** What the policy has said of the call, before anything else that there is to tell of it. */
  private decided({ decision, now, parent, pid, tool }: CallRequest): void {
    if (decision === undefined) return
    const { mode, rule } = decision
    this.options.audit.log.append({
      _tag: "Decision",
      time: now,
      ...askerOf(pid),
      ...idsOf(parent?.span),
      domain: "tool",
      operation: "invoke",
      resource: tool,
      mode,
      ...(rule === undefined ? {} : { rule })
    })
  }

  private refused(request: CallRequest, refusal: NonNullable<Asked["refusal"]>): CallOutcome {
    const { call, input, now, parent, pid } = request
    const { audit } = this.options
    const bound = this.tools.get(request.tool)?.limits.requestBytes ?? defaultToolLimits.requestBytes
    const read = input === undefined || input.length > bound ? undefined : Either.getOrUndefined(parse(input))
    const digested = read === undefined ? NO_INPUT : requestDigest(read)
    const record = audit.record(request.tool, refusal, digested)
    audit.log.append({
      _tag: "ToolCalled",
      time: now,
      ...askerOf(pid),
      ...idsOf(parent?.span),
      call,
      key: this.keyOf(call, digested),
      record
    })
    return failure(refusal.status, refusal)
  }

  private failed(made: Progressing, cause: Cause.Cause<Refused>): Effect.Effect<Ended> {
    const refused = this.refusalOf(made, cause)
    if (Either.isRight(refused)) return Effect.failCause(refused.right)
    const { failed, status } = refused.left
    const { tool } = made
    const secrets = new Secrets(made.inputs, tool.redact)
    // of an input that could not be read nobody knows what is secret in it
    const hidden = made.inputs.length === 0 && tool.redact.length > 0 && failed.code === "INVALID_ARGUMENT"
    const message = hidden ? UNREADABLE : secrets.hide(failed.message)
    const ended: Ended = { outcome: failure(status, failed), digest: null, error: { code: failed.code, message } }
    const { defect } = failed
    if (defect === undefined) return Effect.succeed(ended)
    const logged = tool.redact.length === 0
      ? Effect.logError(`tool ${tool.name} has a defect`, defect)
      : Effect.logError(`tool ${tool.name} has a defect: ${secrets.hide(Cause.pretty(defect))}`)
    return Effect.as(logged, ended)
  }

  /** A result whose own code throws while it is read is a defect of the tool like any other. */
  private refusalOf({ tool }: Progressing, cause: Cause.Cause<Refused>): Either.Either<Cause.Cause<never>, Refused> {
    const thrown = Cause.dieOption(cause)
    if (Option.isNone(thrown)) return Cause.failureOrCause(cause)
    const message = `Tool "${tool.name}" failed`
    return Either.left(new Refused("error", { code: "RUNTIME_ERROR", message, defect: Cause.die(thrown.value) }))
  }

  private keyOf(call: number, digested: string): string {
    return digestText(`${this.options.vmId}:${call}:${digested}`)
  }

  private answer(made: Progressing): Effect.Effect<Ended, Refused> {
    const { request, tool } = made
    const { input: given } = request
    const { requestBytes } = tool.limits
    if (given === undefined || given.length > requestBytes) {
      const size = given === undefined ? `more than ${requestBytes}` : given.length
      const message = `the input has ${size} bytes, at most ${requestBytes} are allowed`
      return refuse("error", "INVALID_ARGUMENT", message)
    }
    const read = parse(given)
    if (Either.isLeft(read)) {
      return refuse("error", "INVALID_ARGUMENT", `Invalid JSON at ${read.left.path}: ${read.left.detail}`)
    }
    this.identify(made, read.right)
    return this.check(tool, read.right).pipe(
      Effect.flatMap((checked) => this.admitted(made, read.right, checked)),
      Effect.flatMap((input) => this.run(made, input)),
      Effect.flatMap((value) => this.respond(tool, value))
    )
  }

  private identify(made: Progressing, input: unknown): void {
    made.inputs.push(input)
    made.digest = requestDigest(input)
    made.key = this.keyOf(made.request.call, made.digest)
  }

  private check(tool: BoundTool, input: unknown): Effect.Effect<unknown, Refused> {
    return ParseResult.mapError(
      tool.check(input),
      (error) => new Refused("error", { code: "INVALID_ARGUMENT", message: error.message })
    )
  }

  /** Arguments that somebody has edited are checked like any, and have a digest of their own. */
  private replace(made: Progressing, input: unknown): Effect.Effect<unknown, Refused> {
    return Effect.suspend(() => {
      const text = canonical(input, made.tool.limits.requestBytes)
      if (Either.isLeft(text)) return refuse("error", "INVALID_ARGUMENT", `the approved arguments: ${text.left.detail}`)
      this.identify(made, input)
      return this.check(made.tool, input)
    })
  }

  private reason({ request, tool }: Progressing, input: unknown): Reason | undefined {
    if (this.approved.has(tool.name)) return undefined
    if (request.decision?.mode === "ask") return "policy"
    if (typeof tool.approval === "string") return tool.approval === "manual" ? "manual" : undefined
    const isRecord = typeof input === "object" && input !== null && !Array.isArray(input)
    const yes = tool.approval({
      side_effect: tool.sideEffect,
      idempotent: tool.idempotent,
      session: this.options.vmId,
      calls: this.counts.get(tool.name) ?? 0,
      tool: tool.name,
      args: isRecord ? [] : [input],
      kwargs: isRecord ? input as Record<string, unknown> : {}
    })
    return yes ? undefined : "rule"
  }

  /** What the handler is given: what was checked, or what somebody has made of it. */
  private admitted(made: Progressing, input: unknown, checked: unknown): Effect.Effect<unknown, Refused> {
    const reason = this.reason(made, input)
    if (reason === undefined) return Effect.succeed(checked)
    return Effect.flatMap(
      this.approve(made, input, reason),
      (replaced) => replaced === undefined ? Effect.succeed(checked) : this.replace(made, replaced.value)
    )
  }

  private approve(
    made: Progressing,
    input: unknown,
    reason: Reason
  ): Effect.Effect<{ readonly value: unknown } | undefined, Refused> {
    const { approvals, uuid, vmId } = this.options
    const { request, tool } = made
    const prompt = new PermissionDenied({ domain: "tool", operation: "invoke", resource: tool.name, mode: "ask" })
    if (approvals === undefined) return refuse("denied", "PERMISSION_DENIED", prompt.message)
    return Effect.gen(this, function*() {
      const created = yield* Clock.currentTimeMillis
      const asked = {
        id: yield* uuid,
        vmId,
        pid: request.pid,
        call: request.call,
        tool: tool.name,
        sideEffect: tool.sideEffect,
        reason,
        arguments: redacted(input, tool.redact),
        digest: made.digest,
        created,
        expires: created + approvals.expiryMs
      }
      const { call, digest: asking, expires, id, tool: name } = asked
      yield* this.tell(request, { _tag: "ApprovalAsked", approval: id, call, tool: name, digest: asking, expires })
      const settle = (
        state: "approved" | "denied" | "expired" | "cancelled" | "pending",
        always: boolean,
        digest: string,
        note?: string
      ) =>
        this.tell(request, {
          _tag: "ApprovalSettled",
          approval: id,
          call,
          tool: name,
          state,
          always,
          digest,
          ...(note === undefined ? {} : { note })
        })
      yield* this.tell(request, { _tag: "ToolCalled", call, key: made.key, record: pendingRecord(made) })
      const { arguments: replaced, record } = yield* Effect.onInterrupt(
        approvals.ask(asked),
        () => settle("cancelled", false, asking)
      )
      const secrets = new Secrets(replaced === undefined ? made.inputs : [...made.inputs, replaced.value], tool.redact)
      const note = record.note === undefined ? undefined : secrets.hide(record.note)
      yield* settle(
        record.state,
        record.always,
        replaced === undefined ? asking : requestDigest(replaced.value),
        note
      )
      if (record.state === "expired") {
        return yield* refuse("denied", "TIMEOUT_TOOL", `the approval of ${tool.name} was not answered in time`)
      }
      if (record.state !== "approved") {
        const note = record.note === undefined ? "" : `: ${record.note}`
        return yield* refuse("denied", "PERMISSION_DENIED", `EACCES: the call of ${tool.name} was not approved${note}`)
      }
      if (record.always) this.approved.add(tool.name)
      return replaced
    })
  }

  private run(made: Progressing, input: unknown): Effect.Effect<unknown, Refused> {
    const { key, request, tool } = made
    const timeoutMs = tool.limits.timeoutMs ?? this.options.timeoutMs
    const { pid, progress } = request
    this.counts.set(tool.name, (this.counts.get(tool.name) ?? 0) + 1)
    const handled = Effect.suspend(() => {
      made.started = true
      return Effect.mapError(
        tool.run(input, { key, tool: tool.name, vmId: this.options.vmId, pid, progress }),
        (failed) => new Refused("error", failed)
      )
    })
    const late = () => {
      const { message } = ToolError.timedOut(tool.name, timeoutMs)
      return new Refused("timeout", { code: "TIMEOUT_TOOL", message })
    }
    return this.gates.get(tool.name)!.pass(
      // a handler that cannot be interrupted does not keep its guest waiting
      apart(handled, timeoutMs, late),
      (message) => new Refused("error", { code: "EXTERNAL_CALLS_EXCEEDED", message })
    )
  }

  private respond(tool: BoundTool, value: unknown): Effect.Effect<Ended, Refused> {
    const bound = tool.limits.responseBytes
    const text = canonical(value, bound)
    if (Either.isLeft(text)) {
      const { detail, path } = text.left
      return refuse("error", "RESULT_NOT_SERIALIZABLE", `the result of ${tool.name} at ${path} ${detail}`)
    }
    const output = `{"ok":true,"result":${JSON.stringify(value)}}`
    const bytes = encoder.encode(text.right)
    if (bytes.length > bound) {
      return refuse("error", "RESULT_NOT_SERIALIZABLE", `the result of ${tool.name} at $ is too large`)
    }
    return Effect.succeed({ outcome: { status: "ok", output }, digest: sha3(bytes), error: null })
  }

  private record(made: Progressing, began: number, now: number, exit: Exit.Exit<Ended>): Effect.Effect<void> {
    const ended: Pick<Ended, "digest" | "error"> & { readonly status: CallStatus } = Exit.isSuccess(exit)
      ? { status: exit.value.outcome.status, digest: exit.value.digest, error: exit.value.error }
      : made.started
      ? { status: "uncertain", digest: null, error: { code: "INTERRUPTED", message: "nobody waits for it any more" } }
      : { status: "error", digest: null, error: { code: "CANCELLED", message: "withdrawn before it began" } }
    const { request, tool } = made
    return this.tell({ ...request, now: request.now + (now - began) }, {
      _tag: "ToolCalled",
      call: request.call,
      key: made.key,
      record: {
        name: tool.name,
        sideEffect: tool.sideEffect,
        durationMs: Math.max(0, Math.round(now - began)),
        status: ended.status,
        requestDigest: made.digest,
        responseDigest: ended.digest,
        error: ended.error
      }
    })
  }

  /** Appends an event with the ids of the call's own span. */
  private tell({ now, parent, pid }: Pick<CallRequest, "now" | "parent" | "pid">, event: Told): Effect.Effect<void> {
    return Effect.withFiberRuntime((fiber) => {
      const span = parent === undefined ? undefined : fiber.currentSpan
      this.options.audit.log.append(Object.assign(event, idsOf(span), askerOf(pid), { time: now }) as NewEvent)
      return Effect.void
    })
  }
}

type DistributiveOmit<A, K extends string> = A extends unknown ? Omit<A, K> : never
type Told = DistributiveOmit<NewEvent, "time" | "pid" | "traceId" | "spanId">

interface Ended {
  readonly outcome: CallOutcome
  readonly digest: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** The record of a call for as long as somebody is asked. */
const pendingRecord = ({ digest, tool }: Progressing): CallRecord => ({
  name: tool.name,
  sideEffect: tool.sideEffect,
  durationMs: 0,
  status: "approval_pending",
  requestDigest: digest,
  responseDigest: null,
  error: null
})

const failure = (status: CallOutcome["status"], failed: Failed): CallOutcome => {
  const { code, data, message } = failed
  const told = data === undefined || Either.isLeft(canonical(data, 65_536))
    ? { code, message }
    : { code, message, data }
  return { status, output: JSON.stringify({ ok: false, error: told }) }
}
