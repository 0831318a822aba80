/**
 * Calls the tools of one VM: checks, approval, bounds, the handler itself, and the record of it all.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import { ToolError } from "../../../src/errors/ToolError.ts"
import type { BoundKit, BoundTool, Failed } from "../../../src/tools/BoundTool.ts"
import { defaultToolLimits } from "../../../src/tools/BoundTool.ts"
import type { CallRecord } from "../../../src/tools/CallRecord.ts"
import { canonical, parse } from "../../../src/tools/Json.ts"
import { Secrets } from "../../../src/tools/Redaction.ts"
import { sha3 } from "../../../src/tools/Sha3.ts"
import type { VmAudit } from "../audit/VmAudit.ts"
import { idsOf } from "../ProcessSpans.ts"
import { apart } from "./Apart.ts"
import type { Options as AskingOptions, Reason } from "./Asking.ts"
import { ask } from "./Asking.ts"
import { Gate } from "./Gate.ts"
import type { CallOutcome, CallRequest } from "./ToolCall.ts"
import { askerOf, keyOf, NO_INPUT, refuse, Refused, requestDigest, ToolCall } from "./ToolCall.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends AskingOptions {
  readonly kits: ReadonlyArray<BoundKit>
  /** For tools without a timeout of their own. */
  readonly timeoutMs: number
  readonly audit: VmAudit
}

const encoder = new TextEncoder()

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
    Effect.uninterruptibleMask((restore) =>
      Effect.clockWith((clock) => {
        this.decided(request)
        const tool = this.tools.get(request.tool)
        if (request.refusal !== undefined) return Effect.succeed(this.refused(request, request.refusal))
        if (tool === undefined) {
          const message = `No tool "${request.tool}"`
          return Effect.succeed(this.refused(request, { status: "error", code: "UNKNOWN_TOOL", message }))
        }
        const call = new ToolCall(tool, request, clock, this.options.audit)
        this.options.audit.log.begin()
        const called = Effect.matchCauseEffect(restore(Effect.suspend(() => this.answer(call))), {
          onSuccess: (ended) => this.ended(call, ended),
          onFailure: (cause) => this.failed(call, cause)
        })
        return this.traced(request, called)
      })
    )

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

  private refused(request: CallRequest, refusal: NonNullable<CallRequest["refusal"]>): CallOutcome {
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
      key: keyOf(this.options.vmId, call, digested),
      record
    })
    return failure(refusal.status, refusal)
  }

  private ended(call: ToolCall, { digest, error, outcome }: Ended): Effect.Effect<CallOutcome> {
    return Effect.map(call.ended(outcome.status, digest, error), () => {
      this.options.audit.log.end()
      return outcome
    })
  }

  private failed(call: ToolCall, cause: Cause.Cause<Refused>): Effect.Effect<CallOutcome> {
    const refused = this.refusalOf(call, cause)
    if (Either.isRight(refused)) return this.withdrawn(call, refused.right)
    const { failed, status } = refused.left
    const { tool } = call
    const secrets = new Secrets(call.inputs, tool.redact)
    // of an input that could not be read nobody knows what is secret in it
    const hidden = call.inputs.length === 0 && tool.redact.length > 0 && failed.code === "INVALID_ARGUMENT"
    const message = hidden ? UNREADABLE : secrets.hide(failed.message)
    const outcome = failure(status, failed)
    const ended = this.ended(call, {
      outcome,
      digest: null,
      error: { code: secrets.hide(cut(failed.code, MAX_CODE)), message }
    })
    const { defect } = failed
    if (defect === undefined) return ended
    const logged = Effect.suspend(() =>
      tool.redact.length === 0
        ? Effect.logError(`tool ${tool.name} has a defect`, defect)
        : Effect.logError(`tool ${tool.name} has a defect: ${secrets.hide(Cause.pretty(defect))}`)
    )
    // one that throws while it is written down is a defect all the same
    return Effect.zipRight(Effect.catchAllCause(logged, () => Effect.void), ended)
  }

  private withdrawn(call: ToolCall, cause: Cause.Cause<never>): Effect.Effect<never> {
    const told = call.started
      ? call.ended("uncertain", null, { code: "INTERRUPTED", message: "nobody waits for it any more" })
      : call.ended("error", null, { code: "CANCELLED", message: "withdrawn before it began" })
    return Effect.flatMap(told, () => {
      this.options.audit.log.end()
      return Effect.failCause(cause)
    })
  }

  /** A result whose own code throws while it is read is a defect of the tool like any other. */
  private refusalOf({ tool }: ToolCall, cause: Cause.Cause<Refused>): Either.Either<Cause.Cause<never>, Refused> {
    const thrown = Cause.dieOption(cause)
    if (Option.isNone(thrown)) return Cause.failureOrCause(cause)
    const message = `Tool "${tool.name}" failed`
    return Either.left(new Refused("error", { code: "RUNTIME_ERROR", message, defect: Cause.die(thrown.value) }))
  }

  private answer(call: ToolCall): Effect.Effect<Ended, Refused> {
    const { request, tool } = call
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
    call.identify(read.right)
    return Effect.flatMap(
      Effect.flatMap(this.check(tool, read.right), (checked) => this.admitted(call, read.right, checked)),
      (value) => this.respond(tool, value)
    )
  }

  private check(tool: BoundTool, input: unknown): Effect.Effect<unknown, Refused> {
    return ParseResult.mapError(
      tool.check(input),
      (error) => new Refused("error", { code: "INVALID_ARGUMENT", message: error.message })
    )
  }

  private reason({ request, tool }: ToolCall, input: unknown): Reason | undefined {
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

  /** Runs the handler on what was checked, or on what somebody who was asked has made of it. */
  private admitted(call: ToolCall, input: unknown, checked: unknown): Effect.Effect<unknown, Refused> {
    const reason = this.reason(call, input)
    if (reason === undefined) return this.run(call, checked)
    return Effect.flatMap(ask(this.options, call, input, reason), ({ always, replaced }) => {
      if (always) this.approved.add(call.tool.name)
      if (replaced === undefined) return this.run(call, checked)
      // arguments that somebody has edited are checked like any, and have a digest of their own
      call.identify(replaced.value)
      return Effect.flatMap(this.check(call.tool, replaced.value), (edited) => this.run(call, edited))
    })
  }

  private run(call: ToolCall, input: unknown): Effect.Effect<unknown, Refused> {
    const { clock, key, request, tool } = call
    const timeoutMs = tool.limits.timeoutMs ?? this.options.timeoutMs
    const { pid, progress } = request
    this.counts.set(tool.name, (this.counts.get(tool.name) ?? 0) + 1)
    const handled = Effect.suspend(() => {
      call.started = true
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
      apart(handled, { clock, milliseconds: timeoutMs, late }),
      { clock, refuse: (message) => new Refused("error", { code: "EXTERNAL_CALLS_EXCEEDED", message }) }
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
}

interface Ended {
  readonly outcome: CallOutcome
  readonly digest: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** UTF-16 units of a failure's code and of its message that are told. */
const MAX_CODE = 128
const MAX_MESSAGE = 16_384

const cut = (text: string, units: number): string =>
  text.length <= units ? text : `${text.slice(0, units)} ... (${text.length - units} more)`

const failure = (status: CallOutcome["status"], failed: Failed): CallOutcome => {
  const { data } = failed
  const code = cut(failed.code, MAX_CODE)
  const message = cut(failed.message, MAX_MESSAGE)
  const told = data === undefined || Either.isLeft(canonical(data, 65_536))
    ? { code, message }
    : { code, message, data }
  return { status, output: JSON.stringify({ ok: false, error: told }) }
}
