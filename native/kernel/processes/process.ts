/**
 * A process as the kernel knows it: plain data. Code that runs is disposable; this is not.
 */
import type { Signal } from "../../../src/Signals.ts"
import type { GuestProcess, SpawnSession } from "../../guests/protocol.ts"

/** What starts a process. */
export interface ProcessSpec {
  /** Shell text with positional parameters, or a program with arguments. */
  readonly form: "script" | "program"
  readonly command: string
  readonly argv: ReadonlyArray<string>
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** The shell session that it runs in. */
  readonly session?: SpawnSession | undefined
}

/** How a process ended. One that died of a signal has the exit code that a shell would give for it. */
export interface ExitStatus {
  readonly exitCode: number
  readonly signal: Signal | undefined
}

export interface Process {
  readonly pid: number
  ppid: number
  pgid: number
  sid: number
  /** The process that the host started, and that this one is or descends from, whoever its parent is now. */
  readonly root: number
  /** What the host names the span of `root` by, if it has one. */
  readonly trace: number | undefined
  /** Path of the controlling terminal. */
  tty: string | undefined
  argv: ReadonlyArray<string>
  cwd: string
  /** The environment with which its tree was started. */
  readonly env: Readonly<Record<string, string>>
  readonly uid: number
  readonly gid: number
  /** Open descriptors, as last told. */
  descriptors: number
  /** Nanoseconds since 1970. */
  readonly startedAt: bigint
  cpuMs: number
  state: "running" | "stopped" | "zombie"
  /** Of a zombie. */
  status: ExitStatus | undefined
}

/** Name of the program that a process runs, without its path. */
export const commandOf = ({ argv }: Pick<Process, "argv">): string => {
  const [name = ""] = argv
  return name.slice(name.lastIndexOf("/") + 1)
}

/** The arguments as the table shows them. */
export const shownArguments = (
  { argv, command, form }: Pick<ProcessSpec, "argv" | "command" | "form">
): ReadonlyArray<string> => form === "program" ? [command, ...argv] : ["bash", "-c", command, ...argv]

/** As other processes see it. */
export const guestProcess = (process: Process): GuestProcess => {
  const { argv, cpuMs, cwd, descriptors, gid, pgid, pid, ppid, sid, startedAt, state, tty, uid } = process
  return {
    pid,
    ppid,
    pgid,
    sid,
    tty,
    command: commandOf(process),
    argv,
    cwd,
    uid,
    gid,
    state,
    startedAtMs: Number(startedAt / 1_000_000n),
    cpuMs,
    descriptors
  }
}

/** Exit code of a process that died of SIGKILL. */
export const KILLED = 128 + 9

export const killed: ExitStatus = { exitCode: KILLED, signal: "SIGKILL" }
