/**
 * The seam between the shell worker and whatever executes shell scripts in it. An engine reaches the VM only by the
 * system calls it is given when it is made, and the outside only by `write`.
 */
import type { SystemCallName, SystemCalls } from "../protocol.ts"

export type OutputChannel = "stdout" | "stderr"

/** A system call made for a process; rejects with a `SystemCallError`. */
export type CallSystem = <Name extends SystemCallName>(
  pid: number,
  name: Name,
  ...args: Parameters<SystemCalls[Name]>
) => Promise<ReturnType<SystemCalls[Name]>>

/** Who the processes of the VM are. */
export interface GuestIdentity {
  readonly hostname: string
  readonly user: string
  readonly uid: number
  readonly gid: number
}

export interface ShellProcess {
  readonly pid: number
  /** The script. */
  readonly command: string
  /** Its positional parameters, `$1` and on. */
  readonly argv: ReadonlyArray<string>
  readonly cwd: string
  /** The environment, exactly. */
  readonly env: Readonly<Record<string, string>>
  readonly stdin: Uint8Array
  /** Hands output on; resolves when there is room for more. The engine must wait for it. */
  readonly write: (channel: OutputChannel, bytes: Uint8Array) => Promise<void>
  /** Asks the script to stop at its next opportunity. */
  readonly signal: AbortSignal
}

export interface ShellEngine {
  readonly run: (process: ShellProcess) => Promise<{ readonly exitCode: number }>
}
