/**
 * Terminals of a VM.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import type { ProcessesError, TerminalHandle, TerminalOptions, TerminalSize } from "../../services/Processes.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import { checkSafe } from "../../src/Paths.ts"
import * as Operations from "../../src/wire/Operations.ts"
import * as ProcessHandles from "./ProcessHandles.ts"
import { get } from "./ProcessList.ts"
import { call, type VmLink } from "./VmLink.ts"

const MAX_SIDE = 65_535
const DEFAULT_TERM = "xterm-256color"
const DEFAULT_KEEP_BYTES = 1024 * 1024
const DEFAULT_STOP_GRACE_MS = 100
const DEFAULT_SHELL = "bash"

/** What is wrong with a size. */
const wrongSize = (size: TerminalSize): string | undefined => {
  for (const side of ["cols", "rows"] as const) {
    const value = size[side]
    if (!Number.isInteger(value) || value < 1 || value > MAX_SIDE) {
      return `${side} is ${value}; it must be a whole number from 1 to ${MAX_SIDE}`
    }
  }
  return undefined
}

/**
 * Opens a terminal and starts a program in it; when the Scope closes it is hung up.
 *
 * @since 0.1.0
 * @category constructors
 */
export const open = (
  link: VmLink,
  options: TerminalOptions
): Effect.Effect<TerminalHandle, ProcessesError, Scope.Scope> =>
  Effect.suspend((): Effect.Effect<TerminalHandle, ProcessesError, Scope.Scope> => {
    const { args = [], cols, command = DEFAULT_SHELL, cwd, env, keepBytes = DEFAULT_KEEP_BYTES, rows } = options
    const refused = cwd === undefined ? undefined : checkSafe(cwd)
    if (refused !== undefined) return Effect.fail(refused)
    const detail = wrongSize(options)
    if (detail !== undefined) {
      return Effect.fail(new ProcessError({ reason: "Spawn", command, stdout: "", stderr: "", detail }))
    }
    const request = (trace: number | undefined) =>
      call(link, Operations.openTerminal, {
        vm: link.vm,
        command,
        argv: args,
        cwd,
        env: Object.entries({ TERM: options.term ?? DEFAULT_TERM, ...env }).map(([name, value]) => ({ name, value })),
        columns: cols,
        rows,
        unread: options.unread ?? "discard",
        keepBytes: Math.min(keepBytes, 0xffff_ffff),
        trace
      })
    const grace = ProcessHandles.graceOf(options.stopGrace, DEFAULT_STOP_GRACE_MS)
    return Effect.flatMap(
      link.spans.process(command.slice(command.lastIndexOf("/") + 1)),
      (traced) =>
        Effect.acquireRelease(
          Effect.tap(request(traced.trace), ({ pid }) => traced.started(pid)),
          ({ pid }) => Effect.ignore(ProcessHandles.stop(link, pid, grace))
        ).pipe(
          Effect.tap(({ pid }) => traced.trace === undefined ? Effect.void : ProcessHandles.follow(link, pid, traced)),
          Effect.map(({ pid, tty }) => make(link, pid, tty, 0))
        )
    )
  })

/**
 * A handle on a terminal that somebody has opened.
 *
 * @since 0.1.0
 * @category constructors
 */
export const attach = (
  link: VmLink,
  pid: number,
  cursor: number | undefined
): Effect.Effect<TerminalHandle, ProcessesError> =>
  Effect.flatMap(get(link, pid), ({ root, tty }) =>
    root === pid && tty !== undefined
      ? Effect.succeed(make(link, pid, tty, cursor))
      : Effect.fail(ProcessError.notFound(pid)))

const make = (link: VmLink, pid: number, tty: string, cursor: number | undefined): TerminalHandle => {
  const process = ProcessHandles.make(link, pid, { stdoutCursor: cursor })
  const resize = ({ cols, rows }: TerminalSize) =>
    wrongSize({ cols, rows }) === undefined
      ? Effect.asVoid(
        ProcessHandles.orNotFound(
          pid,
          call(link, Operations.resizeTerminal, { vm: link.vm, pid, columns: cols, rows })
        )
      )
      : Effect.fail(new KernelError({ errno: "EINVAL", syscall: "resize", path: tty }))
  return {
    pid,
    tty,
    output: process.stdout,
    input: Sink.forEach(process.write),
    write: process.write,
    resize,
    cursor: Effect.map(process.cursors, ({ stdoutCursor = 0 }) => stdoutCursor),
    wait: process.wait,
    isRunning: process.isRunning,
    kill: (signal = "SIGHUP") => process.kill(signal)
  }
}
