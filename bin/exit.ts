/** How the command ends: by the script's exit code, or by one of these. */
import * as Data from "effect/Data"

export const ExitCode = {
  /** A check of `doctor` failed. */
  unhealthy: 1,
  /** The script was still running at its deadline; as in timeout(1). */
  timedOut: 124,
  /** The command itself failed, or was called wrongly. */
  failed: 125,
  /** Nobody reads the output any more; as if by SIGPIPE. */
  brokenPipe: 141
} as const

/** Exit codes of a command that a signal ended. */
export const signalCodes: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** Ends the command with an exit code and, unless it is empty, a message. */
export class Failure extends Data.TaggedError("Failure")<{ readonly exitCode: number; readonly message: string }> {}

/** The command was called in a way that makes no sense. */
export const usage = (message: string): Failure => new Failure({ exitCode: ExitCode.failed, message })
