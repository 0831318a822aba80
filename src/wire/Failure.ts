/**
 * How a failed request looks on the wire: errno data, no stack and no text of the sidecar's internals.
 *
 * @since 0.1.0
 */
import type { Errno } from "../Errno.ts"
import { errnoName, errnoNumber } from "../Errno.ts"
import type { PermissionFact } from "../errors/KernelError.ts"
import * as Codec from "./Codec.ts"

const codec = Codec.struct({
  reason: Codec.literals("kernel", "gone", "refused", "cancelled", "internal"),
  errno: Codec.u16,
  syscall: Codec.string,
  path: Codec.optional(Codec.string),
  dest: Codec.optional(Codec.string),
  limit: Codec.optional(Codec.struct({ name: Codec.string, value: Codec.f64 })),
  denial: Codec.optional(
    Codec.struct({
      domain: Codec.literals("fs", "network", "childProcess", "process", "env", "tool"),
      operation: Codec.string,
      resource: Codec.string,
      rule: Codec.optional(Codec.u32),
      mode: Codec.literals("deny", "ask")
    })
  ),
  detail: Codec.string
})

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
  shape: codec.shape,
  write: (w, f) =>
    codec.write(w, {
      reason: f.reason,
      errno: errnoNumber(f.errno),
      syscall: f.syscall,
      path: f.path,
      dest: f.dest,
      limit: f.limit,
      denial: f.denial && { ...f.denial, rule: f.denial.rule },
      detail: f.detail
    }),
  read: (r) => {
    const f = codec.read(r)
    return new WireFailure(f.reason, f.detail, errnoName(f.errno), f.syscall, f.path, f.dest, f.limit, f.denial)
  }
}

/**
 * A request that is not acceptable.
 *
 * @since 0.1.0
 * @category constructors
 */
export const refused = (detail: string): WireFailure => new WireFailure("refused", detail)
