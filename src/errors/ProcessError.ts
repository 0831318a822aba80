/**
 * A process of a VM that could not start, was stopped by a limit, or does not exist.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"
import { LimitFact, limitSuffix } from "./LimitFact.ts"

/**
 * @since 0.1.0
 * @category type ids
 */
export const ProcessErrorTypeId: unique symbol = Symbol.for("effect-agent-os/errors/ProcessError")

/**
 * @since 0.1.0
 * @category type ids
 */
export type ProcessErrorTypeId = typeof ProcessErrorTypeId

const texts = {
  TimedOut: "process timed out",
  OutputLimit: "process output is above its limit",
  NotFound: "Process not found",
  Spawn: "process did not start",
  Truncated: "output is not kept any more",
  SessionLimit: "state of the shell session is above its limit"
} as const

// A command may be a whole script: a message shows its beginning.
const SHOWN_COMMAND = 120

const shorten = (command: string): string =>
  command.length <= SHOWN_COMMAND ? command : `${command.slice(0, SHOWN_COMMAND)}...`

/**
 * A non-zero exit code is a result, not this error. `stdout` and `stderr` are the output so far, as text.
 *
 * @since 0.1.0
 * @category errors
 */
export class ProcessError extends Schema.TaggedError<ProcessError>("effect-agent-os/errors/ProcessError")(
  "ProcessError",
  {
    reason: Schema.Literal("TimedOut", "OutputLimit", "NotFound", "Spawn", "Truncated", "SessionLimit"),
    command: Schema.String,
    pid: optionalKey(Schema.Int),
    stdout: Schema.String,
    stderr: Schema.String,
    detail: Schema.String,
    limit: optionalKey(LimitFact),
    /** The shell session that it was about. */
    session: optionalKey(Schema.String),
    /** Of Truncated: the bytes that are gone, from a position up to another. */
    missing: optionalKey(Schema.Struct({ from: Schema.NonNegativeInt, to: Schema.NonNegativeInt }))
  }
) {
  /**
   * @since 0.1.0
   */
  readonly [ProcessErrorTypeId]: ProcessErrorTypeId = ProcessErrorTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is ProcessError {
    return Predicate.hasProperty(u, ProcessErrorTypeId)
  }

  /**
   * No process of the VM has this pid.
   *
   * @since 0.1.0
   */
  static notFound(pid: number): ProcessError {
    return new ProcessError({ reason: "NotFound", command: "", pid, stdout: "", stderr: "", detail: "" })
  }

  /**
   * The VM has no shell session of this name.
   *
   * @since 0.1.0
   */
  static noSession(session: string): ProcessError {
    return new ProcessError({ reason: "NotFound", command: "", session, stdout: "", stderr: "", detail: "" })
  }

  /**
   * Output that was asked for has been dropped, because nobody read it and there was no room for all of it.
   *
   * @since 0.1.0
   */
  static truncated(pid: number, missing: { readonly from: number; readonly to: number }): ProcessError {
    const detail = `bytes ${missing.from} to ${missing.to} are gone; read sooner, or keep more with keepBytes`
    return new ProcessError({
      reason: "Truncated",
      command: `process ${pid}`,
      pid,
      stdout: "",
      stderr: "",
      detail,
      missing
    })
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    if (this.reason === "NotFound" && this.pid !== undefined) {
      return `${texts.NotFound}: ${this.pid}`
    }
    if (this.reason === "NotFound" && this.session !== undefined) return `Shell session not found: ${this.session}`
    const detail = this.detail === "" ? "" : `: ${this.detail}`
    return `${texts[this.reason]}: ${shorten(this.command)}${detail}${limitSuffix(this.limit)}`
  }

  /**
   * Whether the same call may succeed when it is made again unchanged. A spawn refused by a limit may, once other
   * processes have ended.
   *
   * @since 0.1.0
   */
  get retryable(): boolean {
    return this.reason === "TimedOut" || (this.reason === "Spawn" && this.limit !== undefined)
  }
}
