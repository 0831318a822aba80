/**
 * The store of a test as a server.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { Fault, FaultList } from "./Faults.ts"
import type { Answer, Asked, Objects } from "./Objects.ts"
import { refusal } from "./Objects.ts"
import { refusedBy } from "./Signature.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface ServerOptions {
  readonly objects: Objects
  readonly faults: FaultList
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly now: () => number
  /** Waits, by the test's clock. */
  readonly sleep: (milliseconds: number) => Promise<void>
}

/** Bytes of a body. */
const MAX_BODY_BYTES = 80 * 1024 * 1024
const MAX_LOG = 1000

/**
 * Serves on a free port until the Scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const listen = (options: ServerOptions): Effect.Effect<
  {
    readonly port: number
    readonly log: ReadonlyArray<{ readonly method: string; readonly key: string; readonly status: number }>
  },
  never,
  Scope.Scope
> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Listening>((resume) => {
        const log: Listening["log"] = []
        const server = createServer((request, response) => {
          serve(options, log, request, response).catch(() => response.destroy())
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, log })))
      }),
      ({ server }) =>
        Effect.async<void>((resume) => {
          options.faults.clear()
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    ),
    ({ log, server }) => ({ port: (server.address() as AddressInfo).port, log })
  )

interface Listening {
  readonly server: ReturnType<typeof createServer>
  readonly log: Array<{ readonly method: string; readonly key: string; readonly status: number }>
}

const bodyOf = async (request: IncomingMessage): Promise<Uint8Array | undefined> => {
  const parts: Array<Uint8Array> = []
  let size = 0
  for await (const part of request as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > MAX_BODY_BYTES) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts, size)
}

const serve = async (
  options: ServerOptions,
  log: Listening["log"],
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> => {
  const { headers, method = "", url: target = "/" } = request
  const body = await bodyOf(request)
  const url = new URL(target, "http://store")
  const [, bucket, ...names] = url.pathname.split("/").map(decodeURIComponent)
  const key = names.join("/")
  const fault = options.faults.meet(method, key)
  const note = (status: number) => {
    log.push({ method, key, status })
    if (log.length > MAX_LOG) log.shift()
  }
  if (fault?.kind === "garbage") {
    note(200)
    response.writeHead(200, { "content-type": "text/html" })
    return void response.end("<html>Welcome to the hotel's network</html>")
  }
  if (fault?.kind === "hang") {
    note(0)
    return options.faults.hang(() => response.destroy())
  }
  const answer = body === undefined
    ? refusal(400, "EntityTooLarge")
    : fault?.kind === "status"
    ? refusal(fault.status, fault.code ?? "InternalError")
    : answerTo(options, { method, bucket, key, query: url.searchParams, headers, body }, target)
  note(fault?.kind === "lost" ? 0 : answer.status)
  await send(options, response, answer, fault)
}

const answerTo = (options: ServerOptions, asked: Asked, target: string): Answer => {
  const { body, headers, method } = asked
  const refused = refusedBy({ method, target, headers, body }, options.credentials, options.now())
  return refused === undefined
    ? options.objects.answer(asked)
    : refusal(refused === "XAmzContentSHA256Mismatch" ? 400 : 403, refused)
}

const send = async (
  { now, sleep }: ServerOptions,
  response: ServerResponse,
  { body = new Uint8Array(0), headers, status }: Answer,
  fault: Fault | undefined
): Promise<void> => {
  if (fault?.kind === "lost") return void response.destroy()
  if (fault?.kind === "delay") await sleep(fault.milliseconds)
  const sent = fault?.kind === "short" ? body.subarray(0, body.length >>> 1) : body
  const bodiless = status === 204 || status === 304
  response.writeHead(status, {
    date: new Date(now()).toUTCString(),
    ...headers,
    ...(bodiless ? {} : { "content-length": String(sent.length) })
  })
  if (fault?.kind !== "cut") return void response.end(bodiless ? undefined : sent)
  response.write(sent.subarray(0, sent.length >>> 1), () => response.destroy())
}
