/**
 * Answers the tool calls that come over one connection, for each VM that was leased over it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Served, TransportShape } from "../../../services/Transport.ts"
import type { TypeOf } from "../../../src/wire/Codec.ts"
import { WireFailure } from "../../../src/wire/Failure.ts"
import * as Operations from "../../../src/wire/Operations.ts"
import { record } from "../../../src/wire/Stream.ts"
import type { ProcessSpans } from "../ProcessSpans.ts"
import type { CallOutcome, CallRequest } from "./ToolCall.ts"
import type { ToolRunner } from "./ToolRunner.ts"

/**
 * The tools of one VM.
 *
 * @since 0.1.0
 * @category models
 */
export interface VmToolCalls {
  readonly runner: ToolRunner
  /** The most bytes that any of them takes. */
  readonly maxInput: number
  /** The spans of its processes. */
  readonly spans: ProcessSpans
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ToolServer {
  /** Answers the calls of a VM while the Scope is open. */
  readonly register: (vm: number, tools: VmToolCalls) => Effect.Effect<void, never, Scope.Scope>
}

/** Results up to this size go with the answer. */
const INLINE_BYTES = 256 * 1024
const PIECE_BYTES = 60 * 1024
/** Characters of one line of progress. */
const MAX_PROGRESS = 4096

const encoder = new TextEncoder()
const nothing = new Uint8Array(0)

type Request = TypeOf<typeof Operations.callTool.request>
type Response = TypeOf<typeof Operations.callTool.response>

const respond = ({ output, status }: CallOutcome, streams: Served): Effect.Effect<Response> => {
  const bytes = encoder.encode(output)
  if (bytes.length <= INLINE_BYTES) return Effect.succeed({ status, streamed: false, output: bytes })
  const send = (at: number): Effect.Effect<void> =>
    at >= bytes.length
      ? Effect.void
      : Effect.zipRight(
        streams.write(
          record(Operations.toolPieceCodec, { kind: "output", content: bytes.subarray(at, at + PIECE_BYTES) })
        ),
        Effect.suspend(() => send(at + PIECE_BYTES))
      )
  return Effect.as(send(0), { status, streamed: true, output: nothing })
}

const callOf = (
  { call, decision, now, pid, refusal, tool, trace }: Request,
  input: Uint8Array | undefined,
  streams: Served,
  spans: ProcessSpans
): CallRequest => ({
  call,
  pid,
  tool,
  decision,
  refusal,
  now,
  input,
  parent: spans.of(trace),
  progress: (message) =>
    streams.write(record(Operations.toolPieceCodec, {
      kind: "progress",
      content: encoder.encode(message.slice(0, MAX_PROGRESS))
    }))
})

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (transport: TransportShape): Effect.Effect<ToolServer, never, Scope.Scope> =>
  Effect.gen(function*() {
    const vms = new Map<number, VmToolCalls>()
    yield* transport.serve(Operations.callTool, (request, streams) => {
      const found = vms.get(request.vm)
      if (found === undefined) return Effect.fail(new WireFailure("gone", "the VM has been released"))
      const answer = (input: Uint8Array | undefined) =>
        Effect.flatMap(
          found.runner.call(callOf(request, input, streams, found.spans)),
          (outcome) => respond(outcome, streams)
        )
      // what is larger than any tool takes is refused by the runner, which leaves a record
      return request.streamed
        ? Effect.flatMap(Effect.orElseSucceed(streams.read(found.maxInput), () => undefined), answer)
        : answer(request.input.slice())
    })
    return {
      register: (vm, tools) =>
        Effect.asVoid(Effect.acquireRelease(
          Effect.sync(() => vms.set(vm, tools)),
          () => Effect.sync(() => vms.delete(vm))
        ))
    }
  })
