/**
 * Checking signatures of requests: AWS Signature Version 4 in headers, by the words of its specification.
 *
 * @since 0.1.0
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"

/**
 * @since 0.1.0
 * @category models
 */
export interface SignedRequest {
  readonly method: string
  /** As it was sent: path and query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: Uint8Array
}

const FORM =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/
/** What clocks may differ by. */
const SKEW_MS = 15 * 60_000

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()
const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

const headerOf = ({ headers }: SignedRequest, name: string): string => {
  const value = headers[name]
  return (typeof value === "string" ? value : value?.join(",") ?? "").trim().replace(/ +/g, " ")
}

const canonicalQuery = (query: string): string =>
  query.split("&").filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=")
      const [name, value] = at === -1 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)]
      return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value))]
    })
    .sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
    .map((pair) => pair.join("="))
    .join("&")

/** `20130524T000000Z` */
const timeOf = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"))

/**
 * The signature that a request must have.
 *
 * @since 0.1.0
 * @category getters
 */
export const signatureOf = (
  request: SignedRequest,
  signed: ReadonlyArray<string>,
  scope: { readonly secret: string; readonly day: string; readonly region: string }
): string => {
  const [path, query = ""] = request.target.split("?")
  const canonical = [
    request.method,
    path.split("/").map((part) => encode(decodeURIComponent(part))).join("/"),
    canonicalQuery(query),
    ...signed.map((name) => `${name}:${headerOf(request, name)}`),
    "",
    signed.join(";"),
    headerOf(request, "x-amz-content-sha256")
  ].join("\n")
  const text = [
    "AWS4-HMAC-SHA256",
    headerOf(request, "x-amz-date"),
    `${scope.day}/${scope.region}/s3/aws4_request`,
    sha256(canonical)
  ].join("\n")
  const key = [scope.day, scope.region, "s3", "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${scope.secret}`)
  return hmac(key as Buffer, text).toString("hex")
}

/**
 * The code of the error that a request gets for its signature; nothing when it is right.
 *
 * @since 0.1.0
 * @category guards
 */
export const refusedBy = (
  request: SignedRequest,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
  nowMs: number
): string | undefined => {
  const [, keyId, day, region, names, signature] = FORM.exec(headerOf(request, "authorization")) ?? []
  if (signature === undefined) return "AccessDenied"
  if (keyId !== credentials.accessKeyId) return "InvalidAccessKeyId"
  const date = headerOf(request, "x-amz-date")
  if (!date.startsWith(day) || !(Math.abs(timeOf(date) - nowMs) <= SKEW_MS)) return "RequestTimeTooSkewed"
  const signed = names.split(";")
  const must = Object.keys(request.headers).filter((name) => name === "host" || name.startsWith("x-amz-"))
  if (must.some((name) => !signed.includes(name))) return "AccessDenied"
  const expected = signatureOf(request, signed, { secret: credentials.secretAccessKey, day, region })
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) return "SignatureDoesNotMatch"
  return headerOf(request, "x-amz-content-sha256") === sha256(request.body) ? undefined : "XAmzContentSHA256Mismatch"
}
