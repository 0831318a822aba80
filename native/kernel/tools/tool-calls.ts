/**
 * Tool calls of one VM's processes: the kernel decides, the host calls. A call is parked until the host has something to
 * tell; a process that ends withdraws its calls. A call that the kernel refuses goes to the host as well, which records it
 * and calls nothing: so a refused call costs its process no less than a call, and nobody can flood the record.
 */
import { PermissionDenied } from "../../../src/errors/PermissionDenied.ts"
import type { Decision, Policy } from "../../../src/policy/Policy.ts"
import type { VmTools } from "../../../src/wire/Control.ts"
import type { ToolStep } from "../../guests/protocol.ts"
import { Fault } from "../fault.ts"
import type { DecisionLog } from "../policy/decision-log.ts"
import type { Pending } from "../processes/waiting-calls.ts"

/** A call as it goes to the host. */
export interface HostCall {
  readonly call: number
  readonly pid: number
  /** What the host gave the process that it started and from which `pid` descends. */
  readonly trace: number | undefined
  readonly tool: string
  /** What the policy says; absent where there is no such tool. At `ask` the host is to ask somebody. */
  readonly decision: Decision | undefined
  /** The call is refused, and the host only records it. */
  readonly refusal: Refusal | undefined
  readonly input: Uint8Array
}

/** Why a call is not made. */
export interface Refusal {
  readonly status: "error" | "denied"
  readonly code: string
  readonly message: string
}

/** What the host tells of a call. */
export interface HostCallEvents {
  /** A line of progress. `taken` is called when the guest has it. */
  readonly onProgress: (text: string, taken: () => void) => void
  readonly onDone: (status: Extract<ToolStep, { _tag: "done" }>["status"], output: ReadonlyArray<Uint8Array>) => void
}

/** Opens a call on the host; gives what withdraws it. `undefined` when the connection takes no more. */
export type CallHost = (call: HostCall, events: HostCallEvents) => (() => void) | undefined

export interface ToolCallsOptions {
  readonly tools: VmTools
  readonly policy: () => Policy
  readonly decisions: DecisionLog
  readonly traceOf: (pid: number) => number | undefined
  readonly callHost: CallHost
  /** The number of the VM's next call. */
  readonly nextCall: () => number
}

/** Calls of one VM that may be under way. */
const MAX_CALLS = 2048
/** What is told of the name of a tool that does not exist. */
const MAX_NAME = 130

const encoder = new TextEncoder()

interface Call {
  readonly pid: number
  readonly progress: Array<{ readonly text: string; readonly taken: () => void }>
  done: Extract<ToolStep, { _tag: "done" }> | undefined
  wake: (() => void) | undefined
  withdraw: () => void
}

const failed = ({ code, message, status }: Refusal): Extract<ToolStep, { _tag: "done" }> => ({
  _tag: "done",
  status,
  output: [encoder.encode(JSON.stringify({ ok: false, error: { code, message } }))]
})

const refusalOf = (tool: string, decision: Decision | undefined): Refusal | undefined => {
  if (decision === undefined) {
    return { status: "error", code: "UNKNOWN_TOOL", message: `No tool "${tool.slice(0, MAX_NAME)}"` }
  }
  const { mode, rule } = decision
  if (mode !== "deny") return undefined
  const { message } = new PermissionDenied({ domain: "tool", operation: "invoke", resource: tool, rule, mode })
  return { status: "denied", code: "PERMISSION_DENIED", message }
}

export class ToolCalls {
  private readonly calls = new Map<number, Call>()
  private readonly known: ReadonlySet<string>

  constructor(private readonly options: ToolCallsOptions) {
    this.known = new Set(options.tools.kits.flatMap(({ name, tools }) => tools.map((tool) => `${name}:${tool}`)))
  }

  /** What the kits are, as JSON. */
  get catalog(): string {
    return this.options.tools.catalog
  }

  /** Begins a call and waits for what comes of it first. Whoever stops waiting withdraws the call. */
  start(pid: number, tool: string, input: Uint8Array): Pending<ToolStep> {
    return (done) => {
      const asked = this.ask(pid, tool, input)
      if (this.calls.size >= MAX_CALLS) {
        done(this.turnAway(asked, `more than ${MAX_CALLS} tool calls are under way`))
        return () => {}
      }
      const call: Call = { pid, progress: [], done: undefined, wake: undefined, withdraw: () => {} }
      // what was decided before is told before
      this.options.decisions.flush()
      const withdraw = this.options.callHost(asked, {
        onProgress: (text, taken) => {
          call.progress.push({ text, taken })
          call.wake?.()
        },
        onDone: (status, output) => {
          call.done = asked.refusal === undefined ? { _tag: "done", status, output } : failed(asked.refusal)
          call.wake?.()
        }
      })
      if (withdraw === undefined) {
        done(this.turnAway(asked, "the host takes no more calls now"))
        return () => {}
      }
      call.withdraw = withdraw
      this.calls.set(asked.call, call)
      return this.wait(asked.call, call, done)
    }
  }

  private ask(pid: number, tool: string, input: Uint8Array): HostCall {
    const decision = this.known.has(tool) ? this.options.policy().decide("tool", "invoke", tool) : undefined
    return {
      call: this.options.nextCall(),
      pid,
      trace: this.options.traceOf(pid),
      tool: decision === undefined ? tool.slice(0, MAX_NAME) : tool,
      decision,
      refusal: refusalOf(tool, decision),
      input
    }
  }

  /** Refuses a call of which not even the host can be told now; that it was made is noted. */
  private turnAway({ call, decision, pid, refusal, tool }: HostCall, why: string): ToolStep {
    const { decisions } = this.options
    const told = refusal ?? { status: "error", code: "EXTERNAL_CALLS_EXCEEDED", message: why }
    if (decision !== undefined) decisions.note(pid, "tool", "invoke", tool, decision)
    decisions.refusedCall(pid, call, tool, told)
    return failed(told)
  }

  /** Waits for what comes next of a call. */
  next(pid: number, number: number): Pending<ToolStep> {
    const call = this.calls.get(number)
    if (call === undefined || call.pid !== pid || call.wake !== undefined) throw new Fault("EINVAL", "toolNext")
    return (done) => this.wait(number, call, done)
  }

  /** Withdraws the calls of a process that has ended (or of all), also those that it did not wait for at that moment. */
  end(pid: number | undefined): void {
    for (const [number, call] of this.calls) if (pid === undefined || call.pid === pid) this.abandon(number, call)
  }

  private abandon(number: number, call: Call): void {
    this.calls.delete(number)
    call.wake = undefined
    call.withdraw()
  }

  /** Gives the next thing that a call has, now or when it comes. */
  private wait(number: number, call: Call, done: (step: ToolStep) => void): () => void {
    const step = (): boolean => {
      const told = call.progress.shift()
      if (told === undefined && call.done === undefined) return false
      call.wake = undefined
      if (told === undefined) this.calls.delete(number)
      told?.taken()
      done(told === undefined ? call.done! : { _tag: "progress", call: number, text: told.text })
      return true
    }
    if (!step()) call.wake = () => void step()
    return () => this.abandon(number, call)
  }
}
