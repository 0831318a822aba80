/**
 * What goes into the audit of one VM: notes of its kernel, with the spans of the processes that they are about.
 *
 * @since 0.1.0
 */
import type { CallRecord } from "../../../src/tools/CallRecord.ts"
import { digestText } from "../../../src/tools/Json.ts"
import type { TypeOf } from "../../../src/wire/Codec.ts"
import * as Codec from "../../../src/wire/Codec.ts"
import * as Operations from "../../../src/wire/Operations.ts"
import type { ProcessSpans } from "../ProcessSpans.ts"
import type { NewEvent } from "./AuditLog.ts"
import { AuditLog } from "./AuditLog.ts"

type Note = TypeOf<typeof Operations.auditNoteCodec>
type Told = TypeOf<typeof Operations.tellAudit.request>

/**
 * @since 0.1.0
 * @category models
 */
export class VmAudit {
  readonly log: AuditLog
  /** What is known of a tool by its name. */
  sideEffectOf: (tool: string) => CallRecord["sideEffect"] = () => "none"

  constructor(readonly vmId: string, readonly spans: ProcessSpans) {
    this.log = new AuditLog(vmId)
  }

  /** Takes notes into the log, where they are read when somebody asks for them. */
  take({ count, notes, traces }: Pick<Told, "count" | "notes" | "traces">): void {
    // by then a process and its span may be gone
    const ids = new Map(traces.map((trace) => [trace, this.spans.idsOf(trace)]))
    this.log.appendLater(
      count,
      () => Codec.decode(Operations.auditNotesCodec, notes).map((note) => this.eventOf(note, ids))
    )
  }

  private eventOf(
    { decision, lost, pid, refused, replaced, time, trace }: Note,
    ids: ReadonlyMap<number, ReturnType<ProcessSpans["idsOf"]>>
  ): NewEvent {
    const common = { time, ...about(pid), ...(trace === undefined ? {} : ids.get(trace)) }
    if (decision !== undefined) {
      const { domain, mode, operation, resource, rule } = decision
      return { ...common, _tag: "Decision", domain, operation, resource, mode, ...ruled(rule) }
    }
    if (refused !== undefined) {
      const { call, refusal, tool } = refused
      // its input came no further than the kernel, which reads none
      return { ...common, _tag: "ToolCalled", call, key: "", record: this.record(tool, refusal, NO_INPUT) }
    }
    if (replaced !== undefined) return { ...common, _tag: "PolicyReplaced", failed: replaced.failed }
    return { ...common, _tag: "Lost", count: lost ?? 1 }
  }

  /** The record of a call that was refused before anybody was asked. */
  record(
    name: string,
    { code, message, status }: { readonly code: string; readonly message: string; readonly status: "error" | "denied" },
    requestDigest: string
  ): CallRecord {
    return {
      name,
      sideEffect: this.sideEffectOf(name),
      durationMs: 0,
      status,
      requestDigest,
      responseDigest: null,
      error: { code, message }
    }
  }
}

const NO_INPUT = digestText("")

const about = (pid: number | undefined) => pid === undefined ? {} : { pid }

const ruled = (rule: number | undefined) => rule === undefined ? {} : { rule }
