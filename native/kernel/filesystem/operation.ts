/** One call of the filesystem: who asks for what, and the faults it may end in. */
import type { Errno } from "../../../src/Errno.ts"
import type { LimitFact } from "../fault.ts"
import { Fault } from "../fault.ts"
import type { Credentials } from "./permissions.ts"

export interface Caller {
  readonly credentials: Credentials
  /** Where relative paths start. */
  readonly cwd: string
  /** The calling process, for `/proc/self`. */
  readonly pid?: number
}

/** Whether the path itself, if it is a symbolic link, is followed. */
export interface FollowOptions {
  readonly follow?: boolean
}

export class Operation {
  constructor(
    readonly caller: Caller,
    readonly syscall: string,
    readonly path: string,
    readonly dest?: string
  ) {}

  get credentials(): Credentials {
    return this.caller.credentials
  }

  fault(errno: Errno, limit?: LimitFact): Fault {
    return new Fault(errno, this.syscall, this.path, this.dest, limit)
  }
}
