/**
 * MCP over HTTP (Streamable HTTP): a session for each client, all on one VM.
 *
 * @since 0.1.0
 */
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { VmShape } from "../../services/Vm.ts"
import * as Guard from "./Guard.ts"
import { McpServerError } from "./McpServerError.ts"
import type { ServerInfo } from "./Session.ts"
import { serve } from "./Session.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface HttpOptions extends ServerInfo {
  /** 0 for any that is free. */
  readonly port: number
  /** Default: `127.0.0.1`. An address that other machines can reach needs a token. */
  readonly host?: string | undefined
  /** Where it is served. Default: `/mcp`. */
  readonly path?: string | undefined
  /** What clients must send, as `Authorization: Bearer TOKEN`. */
  readonly token?: string | undefined
  /** More names of the server, as `name` or `name:port`, for instance those of a proxy. */
  readonly allowedHosts?: ReadonlyArray<string> | undefined
  /** Origins of web pages that may call. Default: none. */
  readonly allowedOrigins?: ReadonlyArray<string> | undefined
  /** Clients at once; one more is told to come later. Default: 64. */
  readonly maxSessions?: number | undefined
  /** A session that has nothing open for so long ends. Default: 30 minutes. */
  readonly idleTimeout?: Duration.DurationInput | undefined
}

/** Bytes of one request. */
const MAX_BODY = 4 * 1024 * 1024

interface Session {
  readonly transport: StreamableHTTPServerTransport
  readonly scope: Scope.CloseableScope
  /** Requests without an answer, and streams. */
  open: number
  /** When the last of them ended. */
  seen: number
}

const refuse = (response: ServerResponse, status: number, message: string): void => {
  const headers = status === 401 ? { "www-authenticate": "Bearer" } : {}
  response.writeHead(status, { "content-type": "application/json", connection: "close", ...headers })
  response.end(JSON.stringify({ jsonrpc: "2.0", error: { code: -32_000, message }, id: null }))
}

/** How a call knows that nobody waits for its answer any more: there is no resuming a response. */
const gone = Symbol("gone")

class Sessions {
  private readonly sessions = new Map<string, Session>()
  /** Sessions, and those that may become one. */
  private count = 0

  constructor(
    private readonly vm: VmShape,
    private readonly options: HttpOptions,
    private readonly scope: Scope.Scope
  ) {}

  /** One request, until its response is over. */
  handle(request: IncomingMessage, response: ServerResponse): Effect.Effect<void> {
    const id = request.headers["mcp-session-id"]
    if (id !== undefined) {
      const session = this.sessions.get(String(id))
      return session === undefined
        ? Effect.sync(() => refuse(response, 404, "there is no such session; initialize a new one"))
        : this.exchange(session, request, response)
    }
    if (request.method !== "POST") return Effect.sync(() => refuse(response, 400, "a session is needed"))
    const { maxSessions = 64 } = this.options
    if (this.count >= maxSessions) {
      return Effect.sync(() => refuse(response, 503, `${maxSessions} sessions are open, and no more are taken`))
    }
    return Effect.gen(this, function*() {
      const session = yield* this.open()
      yield* this.exchange(session, request, response)
      // it was no initialization
      if (session.transport.sessionId === undefined) yield* Scope.close(session.scope, Exit.void)
    })
  }

  private open(): Effect.Effect<Session> {
    return Effect.gen(this, function*() {
      this.count++
      const scope = yield* Scope.fork(this.scope, ExecutionStrategy.sequential)
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => void this.sessions.set(id, session),
        maxRequestBodySize: MAX_BODY
      })
      const session: Session = { transport, scope, open: 0, seen: yield* Clock.currentTimeMillis }
      yield* Scope.addFinalizer(
        scope,
        Effect.sync(() => {
          this.count--
          if (transport.sessionId !== undefined) this.sessions.delete(transport.sessionId)
        })
      )
      const { closed } = yield* Scope.extend(
        serve(
          this.vm,
          transport as Transport,
          this.options,
          ({ authInfo }) => (authInfo?.extra as { [gone]?: AbortSignal } | undefined)?.[gone]
        ),
        scope
      )
      // a client that deletes its session
      yield* Effect.forkIn(Effect.zipRight(closed, Scope.close(scope, Exit.void)), this.scope)
      return session
    })
  }

  private exchange(session: Session, request: IncomingMessage, response: ServerResponse): Effect.Effect<void> {
    return Effect.suspend(() => {
      session.open++
      const left = new AbortController()
      const over = Effect.async<void>((resume) => {
        if (response.closed) return resume(Effect.void)
        response.once("close", () => resume(Effect.void))
      })
      response.once("close", () => {
        if (!response.writableFinished) left.abort()
      })
      const auth = { token: "", clientId: "", scopes: [], extra: { [gone]: left.signal } }
      return Effect.promise(() => session.transport.handleRequest(Object.assign(request, { auth }), response)).pipe(
        Effect.zipRight(over),
        Effect.ensuring(Effect.map(Clock.currentTimeMillis, (now) => {
          session.open--
          session.seen = now
        }))
      )
    })
  }

  /** Ends the sessions that nobody seems to use. */
  sweep(idleMs: number): Effect.Effect<void> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.forEach(
        Array.from(this.sessions.values()).filter(({ open, seen }) => open === 0 && now - seen >= idleMs),
        ({ scope }) => Scope.close(scope, Exit.void),
        { discard: true }
      ))
  }
}

const listening = (server: HttpServer, host: string, port: number): Effect.Effect<AddressInfo, McpServerError> =>
  Effect.async((resume) => {
    server.once(
      "error",
      (error) =>
        resume(Effect.fail(new McpServerError({ reason: "Listen", detail: `${host}:${port}: ${error.message}` })))
    )
    server.listen(port, host, () => resume(Effect.succeed(server.address() as AddressInfo)))
  })

/**
 * Where a server listens.
 *
 * @since 0.1.0
 * @category models
 */
export interface Listening {
  readonly url: string
  readonly port: number
}

/**
 * Serves a VM's tools over HTTP while the Scope is open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  vm: VmShape,
  options: HttpOptions
): Effect.Effect<Listening, McpServerError, Scope.Scope> =>
  Effect.gen(function*() {
    const { host = "127.0.0.1", path = "/mcp", port, token } = options
    if (!Guard.isLoopback(host) && (token === undefined || token === "")) {
      const detail = `${host} can be reached by other machines: give a token, or serve 127.0.0.1`
      return yield* new McpServerError({ reason: "Unsafe", detail })
    }
    const scope = yield* Effect.scope
    const sessions = new Sessions(vm, options, scope)
    const run = yield* FiberSet.makeRuntime<never>()
    const server = yield* Effect.acquireRelease(
      Effect.sync(() => createServer()),
      (server) =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    const address = yield* listening(server, host, port)
    const refusalOf = Guard.make({ ...options, host, port: address.port })
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      response.on("error", () => {})
      const refusal = refusalOf(request.headers)
      if (refusal !== undefined) return refuse(response, refusal.status, refusal.message)
      if (request.url?.split("?")[0] !== path) return refuse(response, 404, `the server is at ${path}`)
      run(sessions.handle(request, response))
    })
    const idleMs = Duration.toMillis(options.idleTimeout ?? "30 minutes")
    yield* Effect.forkScoped(Effect.repeat(sessions.sweep(idleMs), Schedule.spaced(Math.max(1, idleMs / 4))))
    const name = host.includes(":") ? `[${host}]` : host
    return { url: `http://${name}:${address.port}${path}`, port: address.port }
  })
