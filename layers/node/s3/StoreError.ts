/**
 * What asking an S3-compatible store can end in.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Errno } from "../../../src/Errno.ts"
import { optionalKey } from "../../../src/OptionalKey.ts"

/**
 * Why the store did not do what it was asked for:
 *
 * - `Missing`: there is no such object, or no such bucket (`code` tells)
 * - `Denied`: it does not accept the credentials, or they do not suffice
 * - `Conflict`: the object is not what the request supposed it to be
 * - `Refused`: another answer that a second attempt would get too
 * - `Unavailable`: it is not there, overloaded, or answers with what cannot be used
 * - `Timeout`: no complete answer in time
 * - `TooLarge`: the answer is larger than it may be
 *
 * @since 0.1.0
 * @category schemas
 */
export const StoreReason = Schema.Literal(
  "Missing",
  "Denied",
  "Conflict",
  "Refused",
  "Unavailable",
  "Timeout",
  "TooLarge"
)

const numbers: Readonly<Record<typeof StoreReason.Type, Errno>> = {
  Missing: "ENOENT",
  Denied: "EACCES",
  Conflict: "EBUSY",
  Refused: "EIO",
  Unavailable: "EIO",
  Timeout: "ETIMEDOUT",
  TooLarge: "EFBIG"
}

/**
 * A request to a store that has failed. Nothing of it is secret: it names the method, the key, and how the store answered.
 *
 * @since 0.1.0
 * @category errors
 */
export class StoreError extends Schema.TaggedError<StoreError>("effect-agent-os/node/StoreError")("StoreError", {
  reason: StoreReason,
  method: Schema.String,
  key: Schema.String,
  /** Of the answer, if there was one. */
  status: optionalKey(Schema.Int),
  /** The store's own name of the error, such as `NoSuchBucket`. */
  code: optionalKey(Schema.String),
  /** What happened where there was no answer. */
  detail: optionalKey(Schema.String)
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const { code, detail, key, method, reason, status } = this
    const answer = [status, code, detail].filter((part) => part !== undefined).join(" ")
    return `s3: ${method} ${key === "" ? "the bucket" : key}: ${reason}${answer === "" ? "" : ` (${answer})`}`
  }

  /**
   * What a guest sees of it.
   *
   * @since 0.1.0
   */
  get errno(): Errno {
    return this.status === 507 || this.code === "QuotaExceeded" ? "ENOSPC" : numbers[this.reason]
  }

  /**
   * Whether the same request may succeed later.
   *
   * @since 0.1.0
   */
  get retryable(): boolean {
    return this.reason === "Unavailable" || this.reason === "Timeout" || this.reason === "Conflict"
  }
}
