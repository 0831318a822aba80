/**
 * How a failed request looks on the wire: errno data, no stack and no text of the sidecar's internals.
 *
 * @since 0.1.0
 */
import type { Errno } from "../Errno.ts"
import { errnoName, errnoNumber } from "../Errno.ts"
import type { PermissionFact } from "../errors/KernelError.ts"
import * as Codec from "./Codec.ts"

const rule = Codec.optional(Codec.u32)
const domain = Codec.literals("fs", "network", "childProcess", "process", "env", "tool")
const mode = Codec.literals("deny", "ask")

/** Read and written field by field: what a policy refuses is to cost no more than another answer. */
const denial: Codec.Codec<PermissionFact> = {
  shape: Codec.struct({ domain, operation: Codec.string, resource: Codec.string, rule, mode }).shape,
  write: (w, fact) => {
    domain.write(w, fact.domain)
    w.string(fact.operation)
    w.string(fact.resource)
    rule.write(w, fact.rule)
    mode.write(w, fact.mode)
  },
  read: (r) => ({
    domain: domain.read(r),
    operation: r.string(),
    resource: r.string(),
    rule: rule.read(r),
    mode: mode.read(r)
  })
}

const fields = {
  reason: Codec.literals("kernel", "gone", "refused", "cancelled", "internal"),
  errno: Codec.u16,
  syscall: Codec.string,
  path: Codec.optional(Codec.string),
  dest: Codec.optional(Codec.string),
  limit: Codec.optional(Codec.struct({ name: Codec.string, value: Codec.f64 })),
  denial: Codec.optional(denial),
  detail: Codec.string
}

/**
 * A failure that the other side reported.
 *
 * - `kernel`: an operation of the VM failed; `errno`, `syscall`, `path`, `dest`, `limit` and `denial` say how.
 * - `gone`: the VM that the request named is not there (any more).
 * - `refused`: the request itself was not acceptable (unknown operation, malformed body).
 * - `cancelled`: the request was withdrawn by its caller.
 * - `internal`: the other side has a defect; it is logged there.
 *
 * @since 0.1.0
 * @category models
 */
export class WireFailure {
  readonly _tag = "WireFailure"
  constructor(
    readonly reason: "kernel" | "gone" | "refused" | "cancelled" | "internal",
    readonly detail: string,
    readonly errno: Errno = "EIO",
    readonly syscall: string = "",
    readonly path?: string | undefined,
    readonly dest?: string | undefined,
    readonly limit?: { readonly name: string; readonly value: number } | undefined,
    readonly denial?: PermissionFact | undefined
  ) {}
}

/**
 * The codec of failures.
 *
 * @since 0.1.0
 * @category codecs
 */
export const failureCodec: Codec.Codec<WireFailure> = {
  shape: Codec.struct(fields).shape,
  write: (w, f) => {
    fields.reason.write(w, f.reason)
    w.u16(errnoNumber(f.errno))
    w.string(f.syscall)
    fields.path.write(w, f.path)
    fields.dest.write(w, f.dest)
    fields.limit.write(w, f.limit)
    fields.denial.write(w, f.denial)
    w.string(f.detail)
  },
  read: (r) => {
    const reason = fields.reason.read(r)
    const errno = errnoName(r.u16())
    const syscall = r.string()
    const path = fields.path.read(r)
    const dest = fields.dest.read(r)
    const limit = fields.limit.read(r)
    const denial = fields.denial.read(r)
    return new WireFailure(reason, r.string(), errno, syscall, path, dest, limit, denial)
  }
}

/**
 * A request that is not acceptable.
 *
 * @since 0.1.0
 * @category constructors
 */
export const refused = (detail: string): WireFailure => new WireFailure("refused", detail)
