/**
 * What a sidecar asks of its host for a VM's processes, and tells it: calls of tools, decisions.
 *
 * @since 0.1.0
 */
import * as Codec from "../Codec.ts"
import { make, nothing } from "./Operation.ts"

const mode = Codec.literals("allow", "ask", "deny")

const refusal = Codec.struct({
  status: Codec.literals("error", "denied"),
  code: Codec.string,
  message: Codec.string
})

/**
 * The sidecar asks the host to call a tool for a process of a VM; `call` is the number of the call in its VM. Up: the
 * input's JSON, when it is `streamed`; else it is in the request. Down: pieces of `toolPieceCodec`, credit by credit.
 * `trace`: what the host gave the process that it started and from which `pid` descends. `decision`: what the policy says; none where
 * there is no such tool; at `ask` it leaves the decision to the host. `refusal`: the call is not to be made, only recorded.
 * A cancel is the end of the process.
 *
 * @since 0.1.0
 * @category operations
 */
export const callTool = make(
  80,
  "callTool",
  Codec.struct({
    vm: Codec.u32,
    call: Codec.f64,
    pid: Codec.u32,
    trace: Codec.optional(Codec.u32),
    tool: Codec.string,
    decision: Codec.optional(Codec.struct({ mode, rule: Codec.optional(Codec.u32) })),
    refusal: Codec.optional(refusal),
    /** Milliseconds on the VM's clock. */
    now: Codec.f64,
    streamed: Codec.bool,
    input: Codec.rest
  }),
  Codec.struct({
    status: Codec.literals("ok", "error", "timeout", "denied"),
    streamed: Codec.bool,
    output: Codec.rest
  })
)

/**
 * What a tool tells while it runs, and the JSON that it gives when it is larger than a frame.
 *
 * @since 0.1.0
 * @category codecs
 */
export const toolPieceCodec = Codec.struct({ kind: Codec.literals("progress", "output"), content: Codec.rest })

/**
 * One note for the audit of a VM, in which exactly one of the last four is present: a decision of the policy; that another
 * policy holds; a call of a tool that was refused without `callTool`; how many notes before this one are missing.
 *
 * @since 0.1.0
 * @category codecs
 */
export const auditNoteCodec = Codec.struct({
  /** Milliseconds on the VM's clock. */
  time: Codec.f64,
  pid: Codec.optional(Codec.u32),
  trace: Codec.optional(Codec.u32),
  decision: Codec.optional(Codec.struct({
    domain: Codec.literals("fs", "network", "childProcess", "process", "env", "tool"),
    operation: Codec.string,
    resource: Codec.string,
    mode,
    rule: Codec.optional(Codec.u32)
  })),
  replaced: Codec.optional(Codec.struct({ failed: Codec.bool })),
  refused: Codec.optional(Codec.struct({ call: Codec.f64, tool: Codec.string, refusal })),
  lost: Codec.optional(Codec.f64)
})

/** Of one request. */
const MAX_NOTES = 4096

/**
 * @since 0.1.0
 * @category codecs
 */
export const auditNotesCodec = Codec.array(auditNoteCodec, MAX_NOTES)

/**
 * The sidecar tells the host what a VM's policy has decided, in order, and before the tool calls that came after it. The
 * answer is the host's leave to tell more.
 *
 * @since 0.1.0
 * @category operations
 */
export const tellAudit = make(
  81,
  "tellAudit",
  Codec.struct({
    vm: Codec.u32,
    /** Of the notes. */
    count: Codec.u32,
    /** What the notes name as `trace`, each once. */
    traces: Codec.array(Codec.u32, MAX_NOTES),
    /** `auditNotesCodec`; few are ever read, so that the host decodes them when they are. */
    notes: Codec.rest
  }),
  nothing
)
