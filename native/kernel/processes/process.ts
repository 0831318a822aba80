/**
 * A process as the kernel knows it: plain data. Code that runs is disposable; this is not.
 */

export interface ProcessSpec {
  readonly command: string
  readonly argv: ReadonlyArray<string>
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

export type ProcessState =
  | { readonly _tag: "running" }
  | { readonly _tag: "exited"; readonly exitCode: number; readonly signal: string | undefined }

export interface Process extends ProcessSpec {
  readonly pid: number
  readonly ppid: number
  /** Nanoseconds since 1970. */
  readonly startedAt: bigint
  state: ProcessState
}

/** Exit code of a process that died of SIGKILL. */
export const KILLED = 128 + 9
