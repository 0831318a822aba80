/**
 * An HttpClient over the `http` and `https` of Node.js, with what `fetch` does not have: connections of its own that end
 * with a Scope, and a check of each address that is connected to, which no change of the name's meaning in between gets
 * around. It follows no redirect.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { lookup as resolve } from "node:dns"
import * as http from "node:http"
import * as https from "node:https"
import type { LookupFunction } from "node:net"
import { Readable } from "node:stream"

/** Connections to one store at once. */
const MAX_SOCKETS = 16

/**
 * Makes a client whose connections end with the Scope. `refused` says why an address may not be connected to.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  refused: (address: string) => string | undefined
): Effect.Effect<HttpClient.HttpClient, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const options = { keepAlive: true, maxSockets: MAX_SOCKETS, lookup: guarded(refused) }
        return { "http:": new http.Agent(options), "https:": new https.Agent(options) } as const
      }),
      (agents) =>
        Effect.sync(() => {
          for (const agent of Object.values(agents)) agent.destroy()
        })
    ),
    (agents) =>
      HttpClient.make((request, url, signal) =>
        Effect.tryPromise({
          try: () => send(request, url, signal, agents),
          catch: (cause) => new RequestError({ request, reason: "Transport", cause })
        })
      ).pipe(
        // the headers have been signed, and are nobody else's business
        HttpClient.withTracerPropagation(false),
        HttpClient.withTracerDisabledWhen(() => true)
      )
  )

/** Resolves a name, and gives only addresses that may be connected to. */
const guarded = (refused: (address: string) => string | undefined): LookupFunction => (hostname, options, callback) =>
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, [])
    const [bad] = addresses.flatMap(({ address }) => refused(address) ?? [])
    if (bad !== undefined) return callback(new RefusedAddress(`the address of ${hostname} ${bad}`), [])
    if (options.all === true) return callback(null, addresses)
    callback(null, addresses[0].address, addresses[0].family)
  })

/**
 * A name stands for an address that may not be reached.
 *
 * @since 0.1.0
 * @category errors
 */
export class RefusedAddress extends Error {
  readonly code = "EACCES"
}

type Agents = Readonly<Record<"http:" | "https:", http.Agent>>

const send = (
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  signal: AbortSignal,
  agents: Agents
): Promise<HttpClientResponse.HttpClientResponse> =>
  new Promise((succeed, fail) => {
    const [client, agent] = url.protocol === "https:" ? [https, agents["https:"]] : [http, agents["http:"]]
    const { body } = request
    const content = body._tag === "Uint8Array" ? body.body : new Uint8Array(0)
    const headers = { ...request.headers, "content-length": String(content.length) }
    const { method } = request
    const outgoing = client.request(url, { method, agent, headers, signal }, (incoming) => {
      succeed(HttpClientResponse.fromWeb(request, toWeb(incoming)))
    })
    outgoing.on("error", fail)
    outgoing.end(content)
  })

/** Statuses without a body. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

const toWeb = (incoming: http.IncomingMessage): Response => {
  const status = incoming.statusCode ?? 500
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headersDistinct)) {
    for (const one of value ?? []) headers.append(name, one)
  }
  if (!bodiless.has(status)) return new Response(Readable.toWeb(incoming) as ReadableStream, { status, headers })
  incoming.resume()
  return new Response(null, { status, headers })
}
