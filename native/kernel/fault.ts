/**
 * A failed kernel operation, thrown inside the sidecar and carried to the caller as errno data. It is not an `Error`:
 * no stack is captured, so a guest that provokes a million of them costs little.
 */
import type { Errno } from "../../src/Errno.ts"
import type { PermissionDomain } from "../../src/errors/PermissionDenied.ts"

/** The limit that an operation ran into. Sizes are in the unit of the limit (bytes, entries, processes). */
export interface LimitFact {
  readonly name: string
  readonly value: number
}

/** What a permission policy has decided, where that is the reason of a fault. */
export interface Denial {
  readonly domain: PermissionDomain
  readonly operation: string
  readonly resource: string
  /** Index of the rule that decided; without it the default did. */
  readonly rule: number | undefined
  readonly mode: "deny" | "ask"
}

export class Fault {
  constructor(
    readonly errno: Errno,
    readonly syscall: string,
    readonly path?: string | undefined,
    readonly dest?: string | undefined,
    readonly limit?: LimitFact | undefined,
    readonly denial?: Denial | undefined
  ) {}
}
