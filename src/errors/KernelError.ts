/**
 * A system call that the kernel of a VM failed.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Errno_ from "../Errno.ts"
import { optionalKey } from "../OptionalKey.ts"
import { LimitFact, limitSuffix } from "./LimitFact.ts"
import { PermissionDomain } from "./PermissionDenied.ts"

/**
 * @since 0.1.0
 * @category type ids
 */
export const KernelErrorTypeId: unique symbol = Symbol.for("effect-agent-os/errors/KernelError")

/**
 * @since 0.1.0
 * @category type ids
 */
export type KernelErrorTypeId = typeof KernelErrorTypeId

/**
 * The name of a Linux error number.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Errno: Schema.Literal<[Errno_.Errno, ...Array<Errno_.Errno>]> = Schema.Literal(
  ...(Object.keys(Errno_.errnoTable) as [Errno_.Errno, ...Array<Errno_.Errno>])
)

// States that pass by themselves: something else ends, is closed or is answered.
const transient: ReadonlySet<Errno_.Errno> = new Set<Errno_.Errno>([
  "EAGAIN",
  "EBUSY",
  "EINTR",
  "EMFILE",
  "ENFILE",
  "ETIMEDOUT"
])

/**
 * What the permission policy of the VM has decided: the index of the rule, without it the domain's default.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PermissionFact = Schema.Struct({
  domain: PermissionDomain,
  operation: Schema.String,
  /** Resolved: an absolute path without links. */
  resource: Schema.String,
  rule: optionalKey(Schema.NonNegativeInt),
  mode: Schema.Literal("deny", "ask")
})

/**
 * @since 0.1.0
 * @category models
 */
export interface PermissionFact extends Schema.Schema.Type<typeof PermissionFact> {}

/** Why, when a policy is the reason. */
const policySuffix = (denied: PermissionFact | undefined): string => {
  if (denied === undefined) return ""
  const by = denied.rule === undefined ? "default" : `rule ${denied.rule}`
  return denied.mode === "ask"
    ? `: permission prompt required for ${denied.domain}.${denied.operation} (${by})`
    : `: blocked by ${denied.domain}.${denied.operation} policy (${by})`
}

/**
 * What a `KernelError` is made of.
 *
 * @since 0.1.0
 * @category models
 */
export type KernelFacts = Pick<KernelError, "denied" | "dest" | "errno" | "limit" | "path" | "syscall">

/**
 * What a `KernelError` says, for whoever has the facts and needs no error.
 *
 * @since 0.1.0
 * @category conversions
 */
export const messageOf = ({ denied, dest, errno, limit, path, syscall }: KernelFacts): string => {
  const on = path === undefined ? "" : ` '${path}'`
  const to = dest === undefined ? "" : ` -> '${dest}'`
  return `${errno}: ${Errno_.errnoText(errno)}, ${syscall}${on}${to}${limitSuffix(limit)}${policySuffix(denied)}`
}

/**
 * A failed system call, by errno. `path` and `dest` are paths of the guest, never of the host. `limit` is present when a
 * limit of the VM was met.
 *
 * @since 0.1.0
 * @category errors
 */
export class KernelError extends Schema.TaggedError<KernelError>("effect-agent-os/errors/KernelError")("KernelError", {
  errno: Errno,
  syscall: Schema.String,
  path: optionalKey(Schema.String),
  dest: optionalKey(Schema.String),
  limit: optionalKey(LimitFact),
  /** Present when the permission policy is the reason. */
  denied: optionalKey(PermissionFact)
}) {
  /**
   * @since 0.1.0
   */
  get [KernelErrorTypeId](): KernelErrorTypeId {
    return KernelErrorTypeId
  }

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is KernelError {
    return Predicate.hasProperty(u, KernelErrorTypeId)
  }

  /**
   * An error of facts that have been checked, without a stack: for facts of the wire, where a guest may provoke any number of
   * errors. It leaves out the constructors of the Schema's classes and V8's walk over the stack, which take most of the time.
   *
   * @since 0.1.0
   */
  static unsafeMake(facts: KernelFacts): KernelError {
    const traced: { stackTraceLimit?: number | undefined } = Error
    const limit = traced.stackTraceLimit
    traced.stackTraceLimit = undefined
    const made: Record<string, unknown> = Reflect.construct<[], any>(Error, [], KernelError)
    traced.stackTraceLimit = limit
    made.errno = facts.errno
    made.syscall = facts.syscall
    if (facts.path !== undefined) made.path = facts.path
    if (facts.dest !== undefined) made.dest = facts.dest
    if (facts.limit !== undefined) made.limit = facts.limit
    if (facts.denied !== undefined) made.denied = facts.denied
    made._tag = "KernelError"
    return made as unknown as KernelError
  }

  /**
   * For example `ENOENT: no such file or directory, open '/x'`.
   *
   * @since 0.1.0
   */
  override get message(): string {
    return messageOf(this)
  }

  /**
   * Whether the same call may succeed when it is made again unchanged.
   *
   * @since 0.1.0
   */
  get retryable(): boolean {
    return transient.has(this.errno)
  }
}
