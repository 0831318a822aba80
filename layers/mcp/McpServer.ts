/**
 * A VM as an MCP server: its own tools (run, read, write, list, diff) and those of its kits, over standard input and output
 * or over HTTP. Calls are subject to the VM's policy, approvals and limits, and recorded in its audit.
 *
 * ```ts
 * McpServer.stdio().pipe(
 *   Effect.provide(Vm.layer({ toolKits: [Orders] })),
 *   Effect.provide(Layer.merge(OrdersLive, NodeSidecar.layer)),
 *   NodeRuntime.runMain
 * )
 * ```
 *
 * @since 0.1.0
 */
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import type { Readable, Writable } from "node:stream"
import type { Approvals, Options as ApprovalOptions } from "../../services/Approvals.ts"
import { Vm } from "../../services/Vm.ts"
import { inOwnFiber } from "../../src/OwnFiber.ts"
import * as Elicitation from "./Elicitation.ts"
import type { HttpOptions, Listening } from "./Http.ts"
import * as Http from "./Http.ts"
import type { McpServerError } from "./McpServerError.ts"
import type { ServerInfo } from "./Session.ts"
import { serve } from "./Session.ts"

export type {
  /**
   * @since 0.1.0
   */
  HttpOptions,
  /**
   * @since 0.1.0
   */
  Listening
} from "./Http.ts"

export type {
  /**
   * @since 0.1.0
   */
  ServerInfo
} from "./Session.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface StdioOptions extends ServerInfo {
  /** Default: standard input. */
  readonly stdin?: Readable | undefined
  /** Default: standard output. */
  readonly stdout?: Writable | undefined
}

/** Bytes of a message. */
const MAX_MESSAGE = 32 * 1024 * 1024

/** That the client has gone: its end of either pipe is closed. */
const left = (stdin: Readable, stdout: Writable): Effect.Effect<void> =>
  Effect.async((resume) => {
    const listener = () => resume(Effect.void)
    if (stdin.readableEnded || stdin.destroyed) return listener()
    const events = [[stdin, "end"], [stdin, "close"], [stdin, "error"], [stdout, "close"], [stdout, "error"]] as const
    for (const [stream, event] of events) stream.on(event, listener)
    return Effect.sync(() => {
      for (const [stream, event] of events) stream.off(event, listener)
    })
  })

/** Standard output belongs to the protocol. */
const quiet = Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))

/**
 * Serves one client over standard input and output, until it goes away; its calls are interrupted then. What is logged
 * meanwhile goes to standard error.
 *
 * @since 0.1.0
 * @category constructors
 */
export const stdio = (options: StdioOptions = {}): Effect.Effect<void, never, Vm> =>
  Effect.gen(function*() {
    const vm = yield* Vm
    const { stdin = process.stdin, stdout = process.stdout } = options
    const gone = yield* Effect.fork(left(stdin, stdout))
    const transport = new StdioServerTransport(stdin, stdout, { maxBufferSize: MAX_MESSAGE })
    const { closed } = yield* serve(vm, transport, options)
    yield* inOwnFiber(Effect.raceFirst(closed, Fiber.join(gone)))
  }).pipe(Effect.scoped, Effect.provide(quiet))

/**
 * Serves clients over HTTP while the Scope is open, at `http://127.0.0.1:PORT/mcp` unless told otherwise. All of them have
 * the same VM. Requests with a foreign `Host` or `Origin` are refused. A client that goes away, or ends its session,
 * interrupts its calls.
 *
 * @since 0.1.0
 * @category constructors
 */
export const http = (options: HttpOptions): Effect.Effect<Listening, McpServerError, Vm | Scope.Scope> =>
  Effect.flatMap(Vm, (vm) => Http.make(vm, options))

/**
 * Has the approvals of a VM given by the users of its clients, where these can ask them (elicitation); everybody else's answer is
 * no. It goes where the VM is made:
 *
 * ```ts
 * Vm.layer({ toolKits: [Orders] }).pipe(Layer.provide(McpServer.layerApprovals()))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerApprovals: (options?: ApprovalOptions) => Layer.Layer<Approvals> = Elicitation.layer

/**
 * The same as a layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttp = (options: HttpOptions): Layer.Layer<never, McpServerError, Vm> =>
  Layer.scopedDiscard(Effect.tap(http(options), ({ url }) => Effect.logInfo(`MCP server at ${url}`)))
