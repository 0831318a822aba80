/**
 * What goes into the audit of one VM: notes of its kernel, with the spans of the processes that they are about.
 *
 * @since 0.1.0
 */
import type { CallRecord } from "../../../src/tools/CallRecord.ts"
import { digestText } from "../../../src/tools/Json.ts"
import type { TypeOf } from "../../../src/wire/Codec.ts"
import type * as Operations from "../../../src/wire/Operations.ts"
import type { ProcessSpans } from "../ProcessSpans.ts"
import { AuditLog } from "./AuditLog.ts"

/**
 * @since 0.1.0
 * @category models
 */
export type Note = TypeOf<typeof Operations.auditNoteCodec>

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

  /** Takes a note into the log. */
  take({ decision, lost, pid, refused, replaced, time, trace }: Note): void {
    const common = { time, ...about(pid), ...this.spans.idsOf(trace) }
    if (lost !== undefined) this.log.append({ ...common, _tag: "Lost", count: lost })
    if (replaced !== undefined) this.log.append({ ...common, _tag: "PolicyReplaced", failed: replaced.failed })
    if (decision !== undefined) {
      const { domain, mode, operation, resource, rule } = decision
      this.log.append({ ...common, _tag: "Decision", domain, operation, resource, mode, ...ruled(rule) })
    }
    if (refused !== undefined) {
      const { call, refusal, tool } = refused
      // its input came no further than the kernel, which reads none
      this.log.append({ ...common, _tag: "ToolCalled", call, key: "", record: this.record(tool, refusal, NO_INPUT) })
    }
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
