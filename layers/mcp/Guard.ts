/**
 * Who may speak to an MCP server over HTTP. Web pages may not: a browser that a stranger's page has led to this server, by
 * whatever name, says so in `Host` or `Origin`.
 *
 * @since 0.1.0
 */
import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"

/**
 * @since 0.1.0
 * @category models
 */
export interface GuardOptions {
  /** The address that is bound. */
  readonly host: string
  readonly port: number
  /** Who calls must know it. */
  readonly token?: string | undefined
  /** More names of the server, `name` or `name:port`, as in the `Host` of a proxy. */
  readonly allowedHosts?: ReadonlyArray<string> | undefined
  /** Web pages that may call, as in `https://example.org`. */
  readonly allowedOrigins?: ReadonlyArray<string> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Refusal {
  readonly status: 401 | 403
  readonly message: string
}

const loopback: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1", "[::1]"])

/**
 * Whether only this machine can reach an address.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isLoopback = (host: string): boolean => loopback.has(host)

const bracketed = (host: string): string => host.includes(":") && !host.startsWith("[") ? `[${host}]` : host

const digest = (text: string) => createHash("sha256").update(text).digest()

/**
 * Why a request is refused, or `undefined`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: GuardOptions): (headers: IncomingHttpHeaders) => Refusal | undefined => {
  const { allowedHosts = [], allowedOrigins = [], host, port, token } = options
  const names = isLoopback(host) ? ["localhost", "127.0.0.1", "[::1]"] : [bracketed(host)]
  const hosts = new Set(
    [...names.flatMap((name) => [name, `${name}:${port}`]), ...allowedHosts].map((name) => name.toLowerCase())
  )
  const origins = new Set([...names.map((name) => `http://${name}:${port}`), ...allowedOrigins])
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`)
  return (headers) => {
    const named = headers.host?.toLowerCase()
    if (named === undefined || !hosts.has(named)) {
      return { status: 403, message: `the host ${JSON.stringify(named ?? "")} is not among the names of this server` }
    }
    if (headers.origin !== undefined && !origins.has(headers.origin)) {
      return { status: 403, message: `the origin ${JSON.stringify(headers.origin)} may not call this server` }
    }
    if (expected !== undefined && !timingSafeEqual(digest(headers.authorization ?? ""), expected)) {
      return { status: 401, message: "a bearer token is needed" }
    }
    return undefined
  }
}
