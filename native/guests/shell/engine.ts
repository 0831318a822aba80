/**
 * The seam between the shell worker and whatever executes shell scripts in it. An engine reaches the VM only by the
 * system it is given when it is made, and the outside only by `write`.
 */
import type { Signal } from "../../../src/Signals.ts"
import type { Notice, SpawnSession, SystemCallName, SystemCalls } from "../protocol.ts"
import type { Input } from "./input.ts"
import type { Pids } from "./pids.ts"
import type { TerminalLine } from "./terminal-line.ts"

export type OutputChannel = "stdout" | "stderr"

/** A system call made for a process; rejects with a `SystemCallError`. */
export type CallSystem = <Name extends SystemCallName>(
  pid: number,
  name: Name,
  ...args: Parameters<SystemCalls[Name]>
) => Promise<ReturnType<SystemCalls[Name]>>

/** All that an engine can ask of the kernel, and tell it. */
export interface GuestSystem {
  readonly call: CallSystem
  /** Gives up a file that `open` has opened. */
  readonly release: (file: number) => void
  /** Tells of a process, before any later call of it. */
  readonly notify: (notice: Notice) => void
  /** Numbers for processes that are forked. */
  readonly pids: Pids
}

/** Who the processes of the VM are, and how many there may be at one time. */
export interface GuestIdentity {
  readonly hostname: string
  readonly user: string
  readonly uid: number
  readonly gid: number
  readonly processes: number
  /** What the words of one program may come to, in bytes, and its environment. */
  readonly argvBytes: number
  readonly envBytes: number
  /** Memory of one WebAssembly program, in bytes. */
  readonly wasmMemoryBytes: number
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
  /** The shell session that the script runs in. */
  readonly session?: SpawnSession | undefined
  /** Standard input; there is none without. */
  readonly stdin: Input | undefined
  /** The terminal that controls it, in place of a standard input, and of two outputs. */
  readonly terminal?: TerminalLine | undefined
  /** Hands output on; resolves when there is room for more. The engine must wait for it. */
  readonly write: (channel: OutputChannel, bytes: Uint8Array) => Promise<void>
  /** Ends the process and all that descend from it at their next opportunity. */
  readonly signal: AbortSignal
}

export interface ShellStatus {
  readonly exitCode: number
  /** What ended it, if a signal did. */
  readonly signal: Signal | undefined
}

export interface ShellEngine {
  /** Runs a process; resolves when it has ended and no process holds its outputs any more. */
  readonly run: (process: ShellProcess) => Promise<ShellStatus>
  /** A signal for a process, a group of processes, or all that descend from a process that was `run`. */
  readonly signal: (scope: "process" | "group" | "tree", id: number, signal: Signal) => void
}
