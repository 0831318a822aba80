/**
 * A running command of a VM as `@effect/platform` Process.
 *
 * It is spawned as a process group of its own. Signals go to the group, as Node's executor sends them; when the Scope
 * closes, the group and all its descendants get SIGTERM, and SIGKILL a moment later. An input that is a `"pipe"` is open until
 * its sink has run: a command that reads it waits for that.
 *
 * @since 0.1.0
 */
import type * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { ExitStatus, ProcessesError, ProcessesShape, ProcessHandle } from "../../services/Processes.ts"
import { inOwnFiber } from "../../src/OwnFiber.ts"
import { isSignal, type Signal } from "../../src/Signals.ts"
import { failedCall, type Origin, platformError } from "./PlatformErrors.ts"
import type { Output } from "./ProcessOutput.ts"
import { makeOutput } from "./ProcessOutput.ts"

/** The least that the VM keeps of an output: all of it is read at once here, and waits in the host. */
const KEEP_BYTES = 512 * 1024

/**
 * What is started: a program with its arguments.
 *
 * @since 0.1.0
 * @category models
 */
export interface Invocation {
  readonly argv: readonly [string, ...Array<string>]
  readonly cwd: string | undefined
  readonly env: Readonly<Record<string, string>>
  /** What errors call it. */
  readonly label: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Wiring {
  /** `none` is empty; `pipe` is open until its sink has run. */
  readonly stdin: "none" | "pipe" | Stream.Stream<Uint8Array, PlatformError>
  readonly stdout: Command.Command.Output | "discard"
  readonly stderr: Command.Command.Output | "discard"
}

interface Ends {
  readonly exit: Deferred.Deferred<CommandExecutor.ExitCode, PlatformError>
  readonly stdout: Output
  readonly stderr: Output
}

/**
 * Starts a program; it is stopped when the Scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const start: (
  processes: ProcessesShape,
  invocation: Invocation,
  wiring: Wiring
) => Effect.Effect<CommandExecutor.Process, PlatformError, Scope.Scope> = Effect.fnUntraced(
  function*(processes, invocation, wiring) {
    const { argv: [program, ...args], cwd, env } = invocation
    const at = (method: string) => originOf(invocation, method)
    const ends: Ends = {
      exit: yield* Deferred.make<CommandExecutor.ExitCode, PlatformError>(),
      stdout: yield* makeOutput(wiring.stdout, "log"),
      stderr: yield* makeOutput(wiring.stderr, "error")
    }
    const handle = yield* Effect.mapError(
      processes.spawn(program, args, {
        cwd,
        env,
        stdin: wiring.stdin === "none" ? "none" : "pipe",
        unread: "suspend",
        keepBytes: KEEP_BYTES
      }),
      (error) => platformError(at("spawn"), error)
    )
    const given = typeof wiring.stdin === "string" ? undefined : wiring.stdin
    const feeding = given === undefined ? Effect.void : feed(handle, given)
    yield* Effect.raceFirst(outcome(handle, wiring, ends, at), Effect.zipRight(feeding, Effect.never)).pipe(
      Effect.tapError(() => Effect.ignore(processes.killProcess(handle.pid))),
      Effect.interruptible,
      Effect.onExit((end) => settle(end, ends, at)),
      Effect.ignore,
      Effect.forkScoped,
      // stopped before it has had its first turn, the fiber still settles
      Effect.uninterruptible
    )
    return makeProcess(processes, handle, { ...ends, at, piped: wiring.stdin === "pipe" })
  }
)

const originOf = ({ label }: Invocation, method: string): Origin => ({
  module: "Command",
  method,
  pathOrDescriptor: label
})

/**
 * Hands the outputs on, and the exit. An output that is a pipe may wait for its reader, which the exit does not; what is
 * printed is printed before it.
 */
const outcome = (
  handle: ProcessHandle,
  wiring: Wiring,
  { exit, stderr, stdout }: Ends,
  at: (method: string) => Origin
): Effect.Effect<void, PlatformError> => {
  const error = (error: ProcessesError) => platformError(at("exitCode"), error)
  const pump = (bytes: Stream.Stream<Uint8Array, ProcessesError>, output: Output) =>
    Effect.zipRight(Stream.runForEach(bytes, output.offer), output.flush)
  const piped = (to: Wiring["stdout"]) => to !== "inherit" && to !== "discard"
  // one reader of both prints them in their order
  const pumps = piped(wiring.stdout) || piped(wiring.stderr)
    ? [
      { waits: piped(wiring.stdout), run: pump(handle.stdout, stdout) },
      { waits: piped(wiring.stderr), run: pump(handle.stderr, stderr) }
    ]
    : [{
      waits: false,
      run: Effect.zipRight(
        Stream.runForEach(handle.output, ({ bytes, channel }) => (channel === "stdout" ? stdout : stderr).offer(bytes)),
        Effect.zip(stdout.flush, stderr.flush)
      )
    }]
  const running = (waits: boolean) => pumps.filter((pump) => pump.waits === waits).map(({ run }) => run)
  const all = { concurrency: "unbounded", discard: true } as const
  const ended = Effect.zipRight(
    inOwnFiber(Effect.all(running(false), all)),
    Effect.flatMap(handle.wait, (status) => Deferred.done(exit, exitOf(status, at)))
  )
  return Effect.mapError(inOwnFiber(Effect.all([ended, ...running(true)], all)), error)
}

const exitOf = (
  status: ExitStatus,
  at: (method: string) => Origin
): Exit.Exit<CommandExecutor.ExitCode, PlatformError> =>
  status.signal === undefined
    ? Exit.succeed(CommandExecutor.ExitCode(status.exitCode))
    : Exit.fail(died(at("exitCode"), status.signal))

/** An input that the command was made with; its failure is the command's, for half an input may mean something else. */
const feed = (
  handle: ProcessHandle,
  input: Stream.Stream<Uint8Array, PlatformError>
): Effect.Effect<void, PlatformError> =>
  Effect.zipRight(
    // a process need not read all that it is given
    Stream.runForEachWhile(input, (bytes) =>
      Effect.match(handle.write(bytes), { onFailure: () => false, onSuccess: () => true })),
    Effect.ignore(handle.endStdin)
  )

/** Nobody waits for a process that is gone, however it went. */
const settle = (
  end: Exit.Exit<void, PlatformError>,
  { exit, stderr, stdout }: Ends,
  at: (method: string) => Origin
): Effect.Effect<void> => {
  const stopped = Exit.isInterrupted(end)
  return Effect.all([
    Exit.isSuccess(end)
      ? Effect.void
      : Deferred.done(exit, stopped ? Exit.fail(died(at("exitCode"), "SIGTERM")) : Exit.failCause(end.cause)),
    // a process that was stopped has said what it had to say: its output ends like any other
    stdout.end(stopped ? Exit.void : end),
    stderr.end(stopped ? Exit.void : end)
  ], { discard: true })
}

const died = (origin: Origin, signal: string) =>
  new SystemError({
    ...origin,
    reason: "Unknown",
    description: `Process interrupted due to receipt of signal: ${signal}`
  })

/** Other names of Linux's signals. */
const aliases: Readonly<Record<string, Signal>> = { SIGIOT: "SIGABRT", SIGPOLL: "SIGIO", SIGUNUSED: "SIGSYS" }

const ProcessProto = {
  [CommandExecutor.ProcessTypeId]: CommandExecutor.ProcessTypeId,
  ...Inspectable.BaseProto,
  toJSON(this: CommandExecutor.Process) {
    return { _id: "@effect/platform/CommandExecutor/Process", pid: this.pid }
  }
}

const makeProcess = (
  processes: ProcessesShape,
  handle: ProcessHandle,
  { at, exit, piped, stderr, stdout }: Ends & {
    readonly at: (method: string) => Origin
    readonly piped: boolean
  }
): CommandExecutor.Process => {
  const ended = Effect.exit(Deferred.await(exit))
  const signalled = (name: CommandExecutor.Signal) => {
    const signal = aliases[name] ?? name
    return isSignal(signal)
      ? Effect.mapError(processes.signal({ group: handle.pid }, signal), (error) => platformError(at("kill"), error))
      : Effect.fail(failedCall(at("kill"), "EINVAL", `kill ${name}`))
  }
  const kill: CommandExecutor.Process["kill"] = (signal = "SIGTERM") =>
    Effect.flatMap(Deferred.isDone(exit), (done) =>
      done
        ? Effect.fail(failedCall(at("kill"), "ESRCH", "kill"))
        : signalled(signal).pipe(
          // it may have just ended
          Effect.catchIf((error) => error._tag === "SystemError" && error.reason === "NotFound", () => Effect.void),
          Effect.zipRight(ended),
          Effect.asVoid
        ))
  return Object.assign(Object.create(ProcessProto), {
    pid: CommandExecutor.ProcessId(handle.pid),
    exitCode: Deferred.await(exit),
    isRunning: Effect.negate(Deferred.isDone(exit)),
    kill,
    stdin: piped ? Sink.mapError(handle.stdin, (error) => platformError(at("stdin"), error)) : Sink.drain,
    stdout: stdout.stream,
    stderr: stderr.stream
  })
}
