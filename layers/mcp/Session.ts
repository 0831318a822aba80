/**
 * One client of an MCP server, over whatever transport.
 *
 * @since 0.1.0
 */
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { VmShape } from "../../services/Vm.ts"
import { inOwnFiber } from "../../src/OwnFiber.ts"
import type { Caller, Extra } from "./Elicitation.ts"
import { withCaller } from "./Elicitation.ts"
import { fromOne } from "./Numbers.ts"
import { definitionOf, failureOf, nameOf, resultOf } from "./Tools.ts"

/**
 * How the server is called, in front of its clients.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerInfo {
  /** Default: `effect-agent-os`. */
  readonly name?: string | undefined
  /** Default: `0.1.0`. */
  readonly version?: string | undefined
  /** What clients tell their models of the server. Default: what the VM's `toolInstructions` say. */
  readonly instructions?: string | undefined
}

const closingTakes = "2 seconds"

/** Characters of one message of progress. */
const MAX_PROGRESS = 4096

/** Interrupts whoever waits for it, when one of the signals is given. */
const withdrawn = (signals: ReadonlyArray<AbortSignal>): Effect.Effect<never> =>
  Effect.async<never>((resume) => {
    if (signals.some((signal) => signal.aborted)) return resume(Effect.interrupt)
    const listener = () => resume(Effect.interrupt)
    for (const signal of signals) signal.addEventListener("abort", listener, { once: true })
    return Effect.sync(() => {
      for (const signal of signals) signal.removeEventListener("abort", listener)
    })
  })

/** A client that asks for progress is told of it; that it cannot be told is no failure of the tool. */
const progressOf = (extra: Extra): ((message: string) => Effect.Effect<void>) | undefined => {
  const progressToken = extra._meta?.progressToken
  if (progressToken === undefined) return undefined
  let progress = 0
  return (message) =>
    Effect.ignore(Effect.tryPromise(() =>
      extra.sendNotification({
        method: "notifications/progress",
        params: { progressToken, progress: ++progress, message: message.slice(0, MAX_PROGRESS) }
      })
    ))
}

const callTool = (vm: VmShape, tool: string, input: unknown, caller: Caller, gone: AbortSignal | undefined) => {
  const { extra } = caller
  return vm.tools.call(tool, input, { progress: progressOf(extra) }).pipe(
    withCaller(vm.vmId, caller),
    Effect.match({ onFailure: failureOf, onSuccess: resultOf }),
    Effect.raceFirst(withdrawn(gone === undefined ? [extra.signal] : [extra.signal, gone])),
    inOwnFiber,
    Effect.catchAllCause((cause): Effect.Effect<CallToolResult> =>
      Cause.isInterrupted(cause)
        ? Effect.interrupt
        // what went wrong in here is nobody's business out there
        : Effect.as(Effect.logError(`the call of ${tool} failed`, cause), {
          isError: true,
          content: [{ type: "text", text: JSON.stringify({ code: "RUNTIME_ERROR", message: "the call failed" }) }]
        })
    )
  )
}

/**
 * Serves the tools of a VM to one client. Calls end with the Scope, and with the connection. `goneOf`: when the one who
 * waits for an answer has gone away, where that can be known before the connection ends.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve = (
  vm: VmShape,
  transport: Transport,
  { instructions, name = "effect-agent-os", version = "0.1.0" }: ServerInfo,
  goneOf: (extra: Extra) => AbortSignal | undefined = () => undefined
): Effect.Effect<{ readonly closed: Effect.Effect<void> }, never, Scope.Scope> =>
  Effect.gen(function*() {
    const run = yield* FiberSet.makeRuntimePromise<never, CallToolResult>()
    const closed = yield* Deferred.make<void>()
    const tools = new Map(vm.tools.list.map((info) => [nameOf(info.name), info]))
    const told = instructions ?? vm.toolInstructions
    const server = new Server({ name, version }, {
      capabilities: { tools: {} },
      ...(told === "" ? {} : { instructions: told })
    })
    server.onclose = () => Deferred.unsafeDone(closed, Exit.void)
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: Array.from(tools.values(), definitionOf) }))
    server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => {
      const info = tools.get(params.name)
      if (info === undefined) {
        const message = `there is no tool ${JSON.stringify(params.name.slice(0, 130))}`
        throw Object.assign(new Error(message), { code: ErrorCode.InvalidParams })
      }
      const caller = { client: server, capabilities: server.getClientCapabilities(), extra }
      return run(callTool(vm, info.name, params.arguments ?? {}, caller, goneOf(extra)))
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => server.connect(fromOne(transport))),
      () => Effect.ignore(Effect.timeout(Effect.interruptible(Effect.promise(() => server.close())), closingTakes))
    )
    return { closed: Deferred.await(closed) }
  })
