/**
 * The objects of a bucket: requests that are signed, bounded in time and size, and made again while that can help.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { AwsV4Signer } from "aws4fetch"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { S3Credentials } from "../../../src/config/MountPlugins.ts"
import type { Endpoint } from "./Endpoint.ts"
import { RefusedAddress } from "./NodeHttp.ts"
import { StoreError } from "./StoreError.ts"

/**
 * How long and how often things are tried.
 *
 * @since 0.1.0
 * @category models
 */
export interface Patience {
  /** Milliseconds that one attempt may take. */
  readonly attemptMs: number
  /** Milliseconds that all of them may take. */
  readonly totalMs: number
  /** Attempts after the first. */
  readonly retries: number
  /** Milliseconds before the first of these; each further one waits twice as long. */
  readonly backoffMs: number
}

/**
 * Ends before a call of a mount does, so that the guest is told what happened.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultPatience: Patience = { attemptMs: 15_000, totalMs: 50_000, retries: 5, backoffMs: 200 }

/**
 * An object, or a part of one; without `bytes` where it has not changed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fetched {
  readonly bytes: Uint8Array | undefined
  readonly etag: string
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly bytes: Uint8Array
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ObjectStore {
  /** An object of at most `max` bytes; `unless` is an ETag for which it need not be sent. */
  readonly get: (
    key: string,
    options: { readonly max: number; readonly unless?: string | undefined }
  ) => Effect.Effect<Fetched, StoreError>
  /** Exactly these bytes of an object. */
  readonly range: (key: string, offset: number, length: number) => Effect.Effect<Uint8Array, StoreError>
  /** Makes or replaces an object; gives its ETag. With a condition: only the one of this ETag; with `null`: only if there is none. */
  readonly put: (
    key: string,
    bytes: Uint8Array,
    condition?: string | null
  ) => Effect.Effect<string, StoreError>
  /** Removes an object, also one that is not there. */
  readonly remove: (key: string) => Effect.Effect<void, StoreError>
  /** Up to 1,000 keys with a prefix, and what the store's clock says. */
  readonly list: (prefix: string, continuation?: string) => Effect.Effect<Listing, StoreError>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Listing {
  readonly objects: ReadonlyArray<{ readonly key: string; readonly modifiedMs: number }>
  readonly next: string | undefined
  readonly nowMs: number
}

interface Request {
  readonly method: "GET" | "PUT" | "DELETE"
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Bytes that the answer may have. */
  readonly max: number
}

/** Bytes of an answer that says why not. */
const MAX_ERROR_BYTES = 64 * 1024
const MAX_LISTING_BYTES = 4 * 1024 * 1024
const nothing = new Uint8Array(0)

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly client: HttpClient.HttpClient
  readonly endpoint: Endpoint
  readonly region: string
  readonly credentials: typeof S3Credentials.Type
  readonly patience: Patience
}): ObjectStore => {
  const { client, endpoint, patience } = options
  const sign = signer(options.region, options.credentials)

  const attempt = (request: Request): Effect.Effect<Answer, StoreError> =>
    Effect.gen(function*() {
      const url = endpoint.urlOf(request.key, request.query)
      const body = request.body ?? nothing
      const headers = yield* sign(request.method, url, request.headers ?? {}, body)
      const response = yield* client.execute(
        // as text, since the client would write the parameters of a URL in another way than they were signed
        HttpClientRequest.make(request.method)(url.href, { headers }).pipe(HttpClientRequest.bodyUint8Array(body))
      )
      return yield* answerOf(request, response)
    }).pipe(
      Effect.catchTags({
        RequestError: (error) => Effect.fail(unavailable(request, error)),
        ResponseError: (error) => Effect.fail(unavailable(request, error))
      }),
      Effect.timeoutFail({
        duration: patience.attemptMs,
        onTimeout: () => failed(request, "Timeout", { detail: `no answer within ${patience.attemptMs} ms` })
      })
    )

  const ask = (request: Request): Effect.Effect<Answer, StoreError> =>
    attempt(request).pipe(
      Effect.retry({
        schedule: Schedule.exponential(patience.backoffMs).pipe(
          Schedule.jittered,
          Schedule.intersect(Schedule.recurs(patience.retries))
        ),
        while: ({ reason }) => reason === "Unavailable" || reason === "Timeout"
      }),
      Effect.timeoutFail({
        duration: patience.totalMs,
        onTimeout: () => failed(request, "Timeout", { detail: `no success within ${patience.totalMs} ms` })
      })
    )

  return {
    get: (key, { max, unless }) =>
      Effect.map(
        ask({ method: "GET", key, max, headers: unless === undefined ? {} : { "if-none-match": unless } }),
        ({ bytes, headers, status }) => ({
          bytes: status === 304 ? undefined : bytes,
          etag: headers.etag ?? unless ?? ""
        })
      ),
    range: (key, offset, length) =>
      Effect.map(
        ask({
          method: "GET",
          key,
          max: length,
          headers: { range: `bytes=${offset}-${offset + length - 1}`, [expectedLength]: String(length) }
        }),
        ({ bytes }) => bytes
      ),
    put: (key, body, condition) =>
      Effect.map(
        ask({
          method: "PUT",
          key,
          body,
          max: MAX_ERROR_BYTES,
          headers: condition === undefined
            ? {}
            : condition === null
            ? { "if-none-match": "*" }
            : { "if-match": condition }
        }),
        ({ headers }) => headers.etag ?? ""
      ),
    remove: (key) =>
      ask({ method: "DELETE", key, max: MAX_ERROR_BYTES }).pipe(
        Effect.catchIf(({ code, reason }) => reason === "Missing" && code !== "NoSuchBucket", () => Effect.void),
        Effect.asVoid
      ),
    list: (prefix, continuation) =>
      Effect.map(
        ask({
          method: "GET",
          key: "",
          max: MAX_LISTING_BYTES,
          query: {
            "list-type": "2",
            prefix,
            ...(continuation === undefined ? {} : { "continuation-token": continuation })
          }
        }),
        listingOf
      )
  }
}

/** Not sent: how many bytes an answer must have to be the one that was asked for. */
const expectedLength = "x-expected-length"

/** Signs requests; gives the headers to send. The keys derived from the secret are kept for the day that they are for. */
const signer = (region: string, credentials: typeof S3Credentials.Type) => {
  let day = ""
  let cache = new Map<string, ArrayBuffer>()
  return (
    method: string,
    url: URL,
    { [expectedLength]: _, ...headers }: Readonly<Record<string, string>>,
    body: Uint8Array
  ): Effect.Effect<Record<string, string>> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.promise(async () => {
        const datetime = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, "")
        if (datetime.slice(0, 8) !== day) {
          day = datetime.slice(0, 8)
          cache = new Map()
        }
        const digest = Buffer.from(await crypto.subtle.digest("SHA-256", body as Uint8Array<ArrayBuffer>)).toString(
          "hex"
        )
        const { accessKeyId, secretAccessKey, sessionToken } = credentials
        const signed = await new AwsV4Signer({
          method,
          url: url.href,
          headers: { ...headers, "x-amz-content-sha256": digest },
          accessKeyId,
          secretAccessKey: Redacted.value(secretAccessKey),
          ...(sessionToken === undefined ? {} : { sessionToken: Redacted.value(sessionToken) }),
          service: "s3",
          region,
          cache,
          datetime,
          allHeaders: true
        }).sign()
        return Object.fromEntries(signed.headers)
      }))
}

const failed = (
  { key, method }: Request,
  reason: StoreError["reason"],
  facts: { readonly status?: number; readonly code?: string | undefined; readonly detail?: string }
): StoreError => new StoreError({ method, key, reason, ...facts })

/** The code of the system's error only: its text might hold anything. */
const unavailable = (request: Request, { cause, reason }: HttpClientError): StoreError => {
  if (cause instanceof RefusedAddress) return failed(request, "Denied", { detail: cause.message })
  const { code } = (cause ?? {}) as { readonly code?: unknown }
  const known = typeof code === "string" && /^[A-Z_]{1,40}$/.test(code)
  return failed(request, "Unavailable", {
    detail: known ? code : reason === "Decode" ? "the answer was cut off" : "no answer"
  })
}

const reasonOf = (status: number, code: string | undefined): StoreError["reason"] => {
  if (status >= 500 || status === 429 || status === 408 || code === "RequestTimeout") {
    return status === 501 || status === 507 ? "Refused" : "Unavailable"
  }
  if (status === 404) return "Missing"
  if (status === 401 || status === 403) return "Denied"
  return status === 409 || status === 412 ? "Conflict" : "Refused"
}

const answerOf = (
  request: Request,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Answer, StoreError | HttpClientError> =>
  Effect.gen(function*() {
    const { headers, status } = response
    if (status === 204 || status === 304) return { status, headers, bytes: nothing }
    const good = status === 200 || status === 206
    const bytes = yield* bodyOf(request, response, good ? request.max : MAX_ERROR_BYTES)
    if (!good) {
      const [, code] = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(new TextDecoder().decode(bytes)) ?? []
      return yield* failed(request, reasonOf(status, code), { status, code })
    }
    // what stands in between may answer anything; a store names what it has
    if (request.key !== "" && headers.etag === undefined) {
      return yield* failed(request, "Unavailable", { status, detail: "an answer without ETag" })
    }
    const expected = request.headers?.[expectedLength]
    if (expected !== undefined && Number(expected) !== bytes.length) {
      return yield* failed(request, "Unavailable", { status, detail: `${bytes.length} of ${expected} bytes` })
    }
    return { status, headers, bytes }
  })

/** The bytes of an answer, as far as they may be. */
const bodyOf = (
  request: Request,
  response: HttpClientResponse.HttpClientResponse,
  max: number
): Effect.Effect<Uint8Array, StoreError | HttpClientError> =>
  Effect.gen(function*() {
    const tooLarge = failed(request, "TooLarge", { status: response.status, detail: `more than ${max} bytes` })
    const announced = Number(response.headers["content-length"])
    if (announced > max) return yield* tooLarge
    const parts: Array<Uint8Array> = []
    let size = 0
    yield* Stream.runForEachChunk(response.stream, (chunk) =>
      Effect.suspend(() => {
        for (const part of chunk) {
          parts.push(part)
          size += part.length
        }
        return size > max ? Effect.fail(tooLarge) : Effect.void
      }))
    if (announced > size) {
      return yield* failed(request, "Unavailable", { status: response.status, detail: "the answer was cut off" })
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts, size)
  })

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'" }

const unescaped = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|([a-z]+));/g, (whole, decimal, hex, name) =>
    decimal !== undefined
      ? String.fromCodePoint(Number(decimal))
      : hex !== undefined
      ? String.fromCodePoint(Number.parseInt(hex, 16))
      : entities[name] ?? whole)

const listingOf = ({ bytes, headers }: Answer): Listing => {
  const text = new TextDecoder().decode(bytes)
  const objects = Array.from(text.matchAll(/<Contents>(.*?)<\/Contents>/gs), ([, entry]) => ({
    key: unescaped(/<Key>(.*?)<\/Key>/s.exec(entry)?.[1] ?? ""),
    modifiedMs: Date.parse(/<LastModified>(.*?)<\/LastModified>/.exec(entry)?.[1] ?? "")
  }))
  const [, next] = /<NextContinuationToken>(.*?)<\/NextContinuationToken>/s.exec(text) ?? []
  return { objects, next: next === undefined ? undefined : unescaped(next), nowMs: Date.parse(headers.date ?? "") }
}
