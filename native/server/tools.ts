/**
 * Tool calls as requests to the host: the input up, progress and the result down under the guest's credit.
 */
import * as Codec from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { pump, RecordParser } from "../../src/wire/Stream.ts"
import type { CallHost, HostCall, HostCallEvents } from "../kernel/tools/tool-calls.ts"
import type { Session } from "./session.ts"

/** Inputs up to this size go with the request. */
const INLINE_BYTES = 256 * 1024
/** One piece of a result, or one line of progress. */
const MAX_PIECE = 128 * 1024

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const unavailable = encoder.encode(
  JSON.stringify({ ok: false, error: { code: "RUNTIME_ERROR", message: "the host did not answer" } })
)

/** Calls tools of the host that leased the VM. `handle` is what that host calls the VM. */
export const callHost = (session: Session, handle: () => number, now: () => bigint): CallHost => (call, events) => {
  const { connection } = session
  if (!connection.admits || connection.closed !== undefined) return undefined
  const { call: number, decision, input, pid, refusal, trace, tool } = call
  const streamed = input.length > INLINE_BYTES
  const body = Codec.encode(Operations.callTool.request, {
    vm: handle(),
    call: number,
    pid,
    trace,
    tool,
    decision,
    refusal,
    now: Number(now() / 1000n) / 1000,
    streamed,
    input: streamed ? new Uint8Array(0) : input
  })
  const exchange = connection.request(
    Operations.callTool.code,
    body,
    new Answer(events).handlers((bytes) => {
      exchange.grant(bytes)
    })
  )
  if (streamed) upload(exchange, input)
  return () => exchange.cancel()
}

const upload = (exchange: Parameters<typeof pump>[0], input: HostCall["input"]): void => {
  let given = false
  pump(exchange, () => {
    if (given) return undefined
    given = true
    return input
  }, () => exchange.end())
}

/** What the host tells of one call, put together. */
class Answer {
  private readonly output: Array<Uint8Array> = []
  private over = false

  constructor(private readonly events: HostCallEvents) {}

  handlers(grant: (bytes: number) => void) {
    const parser = new RecordParser(Operations.toolPieceCodec, MAX_PIECE, ({ content, kind }) => {
      // a piece is a view of a larger buffer
      if (kind === "output") this.output.push(content.slice())
      else this.events.onProgress(decoder.decode(content), () => grant(content.length))
      if (kind === "output") grant(content.length)
    })
    return {
      onChunk: (bytes: Uint8Array) => {
        try {
          parser.push(bytes)
        } catch (fault) {
          if (!(fault instanceof Codec.Malformed)) throw fault
          this.end("error", [unavailable])
        }
      },
      onResponse: (body: Uint8Array) => {
        const { output, status, streamed } = Codec.decode(Operations.callTool.response, body)
        this.end(status, streamed ? this.output : [output.slice()])
      },
      onFailure: () => this.end("error", [unavailable])
    }
  }

  private end(status: Parameters<HostCallEvents["onDone"]>[0], output: ReadonlyArray<Uint8Array>): void {
    if (this.over) return
    this.over = true
    this.events.onDone(status, output)
  }
}
