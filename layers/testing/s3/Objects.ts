/**
 * The objects of a bucket, and what requests make of them.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"

/**
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Asked {
  readonly method: string
  readonly bucket: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: Uint8Array
}

interface Stored {
  readonly bytes: Uint8Array
  readonly etag: string
  readonly modifiedMs: number
}

const PAGE = 1000

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

/**
 * An answer that says why not, as such stores say it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const refusal = (status: number, code: string): Answer => ({
  status,
  headers: { "content-type": "application/xml" },
  body: new TextEncoder().encode(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`
  )
})

/**
 * @since 0.1.0
 * @category models
 */
export class Objects {
  private readonly stored = new Map<string, Stored>()
  private bytes = 0

  constructor(
    private readonly bucket: string,
    private readonly options: {
      readonly conditions: boolean
      readonly maxBytes: number
      readonly now: () => number
    }
  ) {}

  keys(): ReadonlyArray<string> {
    return Array.from(this.stored.keys()).sort()
  }

  peek(key: string): Uint8Array | undefined {
    return this.stored.get(key)?.bytes
  }

  store(key: string, bytes: Uint8Array, modifiedMs: number = this.options.now()): string {
    this.drop(key)
    const etag = `"${createHash("md5").update(bytes).digest("hex")}"`
    this.stored.set(key, { bytes: bytes.slice(), etag, modifiedMs })
    this.bytes += bytes.length
    return etag
  }

  drop(key: string): void {
    this.bytes -= this.stored.get(key)?.bytes.length ?? 0
    this.stored.delete(key)
  }

  answer(asked: Asked): Answer {
    if (asked.bucket !== this.bucket) return refusal(404, "NoSuchBucket")
    switch (asked.method) {
      case "GET":
        return asked.key === "" ? this.list(asked.query) : this.read(asked)
      case "PUT":
        return asked.key === "" ? refusal(400, "InvalidRequest") : this.write(asked)
      case "DELETE":
        this.drop(asked.key)
        return { status: 204 }
      default:
        return refusal(405, "MethodNotAllowed")
    }
  }

  private read({ headers, key }: Asked): Answer {
    const found = this.stored.get(key)
    if (found === undefined) return refusal(404, "NoSuchKey")
    if (headers["if-none-match"] === found.etag) return { status: 304, headers: { etag: found.etag } }
    const all = { etag: found.etag, "last-modified": new Date(found.modifiedMs).toUTCString() }
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(String(headers.range)) ?? []
    if (to === undefined) return { status: 200, headers: all, body: found.bytes }
    const end = Math.min(Number(to) + 1, found.bytes.length)
    if (Number(from) >= found.bytes.length) return refusal(416, "InvalidRange")
    return {
      status: 206,
      headers: { ...all, "content-range": `bytes ${from}-${end - 1}/${found.bytes.length}` },
      body: found.bytes.subarray(Number(from), end)
    }
  }

  private write({ body, headers, key }: Asked): Answer {
    const found = this.stored.get(key)
    const match = headers["if-match"]
    if (this.options.conditions) {
      if (match !== undefined && found === undefined) return refusal(404, "NoSuchKey")
      if (match !== undefined && match !== found?.etag) return refusal(412, "PreconditionFailed")
      if (headers["if-none-match"] === "*" && found !== undefined) return refusal(412, "PreconditionFailed")
    }
    if (this.bytes - (found?.bytes.length ?? 0) + body.length > this.options.maxBytes) {
      return refusal(507, "QuotaExceeded")
    }
    return { status: 200, headers: { etag: this.store(key, body) } }
  }

  private list(query: URLSearchParams): Answer {
    if (query.get("list-type") !== "2") return refusal(501, "NotImplemented")
    const prefix = query.get("prefix") ?? ""
    const after = query.get("continuation-token") ?? ""
    const keys = this.keys().filter((key) => key.startsWith(prefix) && key > after)
    const page = keys.slice(0, PAGE)
    const entries = page.map((key) => {
      const { bytes, etag, modifiedMs } = this.stored.get(key)!
      return `<Contents><Key>${escaped(key)}</Key><LastModified>${new Date(modifiedMs).toISOString()}</LastModified>` +
        `<ETag>${escaped(etag)}</ETag><Size>${bytes.length}</Size></Contents>`
    })
    const more = keys.length > page.length
    const next = more ? `<NextContinuationToken>${escaped(page[page.length - 1])}</NextContinuationToken>` : ""
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><Prefix>${escaped(prefix)}</Prefix>` +
      `<IsTruncated>${more}</IsTruncated>${next}${entries.join("")}</ListBucketResult>`
    return { status: 200, headers: { "content-type": "application/xml" }, body: new TextEncoder().encode(text) }
  }
}
