/**
 * A failed kernel operation, thrown inside the sidecar and carried to the caller as errno data. It is not an `Error`:
 * no stack is captured, so a guest that provokes a million of them costs little.
 */
import type { Errno } from "../../src/Errno.ts"

/** The limit that an operation ran into. Sizes are in the unit of the limit (bytes, entries, processes). */
export interface LimitFact {
  readonly name: string
  readonly value: number
}

export class Fault {
  constructor(
    readonly errno: Errno,
    readonly syscall: string,
    readonly path?: string | undefined,
    readonly dest?: string | undefined,
    readonly limit?: LimitFact | undefined
  ) {}
}
