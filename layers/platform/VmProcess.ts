/**
 * A running command of a VM as `@effect/platform` Process.
 *
 * The shell of a VM takes its whole input before it starts. A process whose input is `"pipe"` therefore waits for the
 * `stdin` sink to be run; it starts without input as soon as somebody asks for its output or its exit code and nobody
 * has begun to feed it, or after a short while. Its `pid` is 0 until then.
 *
 * @since 0.1.0
 */
import type * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import { isPlatformError, SystemError } from "@effect/platform/Error"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Inspectable from "effect/Inspectable"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ProcessesShape, ProcessEvent } from "../../services/Processes.ts"
import { failedCall, type Origin, platformError } from "./PlatformErrors.ts"
import { makeInput } from "./ProcessInput.ts"
import type { Output } from "./ProcessOutput.ts"
import { makeOutput } from "./ProcessOutput.ts"
import type { ShellScript } from "./ShellScript.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Wiring {
  /** `none` is empty; `pipe` waits for the sink. */
  readonly stdin: "none" | "pipe" | Stream.Stream<Uint8Array, PlatformError>
  readonly stdout: Command.Command.Output | "discard"
  readonly stderr: Command.Command.Output | "discard"
}

/**
 * Starts a script; it is killed when the Scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const start: (
  processes: ProcessesShape,
  script: ShellScript,
  wiring: Wiring
) => Effect.Effect<CommandExecutor.Process, PlatformError, Scope.Scope> = Effect.fnUntraced(
  function*(processes, script, wiring) {
    const started = yield* Deferred.make<void, PlatformError>()
    const exit = yield* Deferred.make<CommandExecutor.ExitCode, PlatformError>()
    const input = yield* makeInput(origin(script, "stdin"), wiring.stdin)
    const stdout = yield* makeOutput(wiring.stdout, "log")
    const stderr = yield* makeOutput(wiring.stderr, "error")
    const state: State = { pid: 0, signal: undefined }
    const { cwd, env, text } = script
    const fiber = yield* Effect.flatMap(
      input.source,
      (stdin) =>
        Stream.runForEach(
          processes.run(text, { cwd, env, stdin }),
          (event) => onEvent(event, state, { exit, origin: origin(script, "exitCode"), started, stderr, stdout })
        )
    ).pipe(
      Effect.mapError((error) => isPlatformError(error) ? error : platformError(origin(script, "spawn"), error)),
      Effect.interruptible,
      Effect.onExit((end) => settle(end, state, { exit, input, script, started, stderr, stdout })),
      Effect.ignore,
      Effect.forkScoped,
      // killed before it has had its first turn, the fiber still settles
      Effect.uninterruptible
    )
    // input that comes later decides when the process starts
    if (wiring.stdin === "none") yield* Deferred.await(started)
    return makeProcess(script, state, {
      exit,
      stdin: input.sink,
      stdout: Stream.unwrap(Effect.as(input.demand, stdout.stream)),
      stderr: Stream.unwrap(Effect.as(input.demand, stderr.stream)),
      demand: input.demand,
      fiber
    })
  }
)

interface State {
  pid: number
  /** The signal that the host has sent. */
  signal: CommandExecutor.Signal | undefined
}

const origin = (script: ShellScript, method: string): Origin => ({
  module: "Command",
  method,
  pathOrDescriptor: script.label
})

interface Ends {
  readonly started: Deferred.Deferred<void, PlatformError>
  readonly exit: Deferred.Deferred<CommandExecutor.ExitCode, PlatformError>
  readonly stdout: Output
  readonly stderr: Output
}

const onEvent = (
  event: ProcessEvent,
  state: State,
  ends: Ends & { readonly origin: Origin }
): Effect.Effect<void> => {
  switch (event._tag) {
    case "Started":
      state.pid = event.pid
      return Deferred.succeed(ends.started, undefined)
    case "Stdout":
      return ends.stdout.offer(event.bytes)
    case "Stderr":
      return ends.stderr.offer(event.bytes)
    case "Exited": {
      const { exitCode, signal } = event
      const result = signal === undefined
        ? Exit.succeed(CommandExecutor.ExitCode(exitCode))
        : Exit.fail(died(ends.origin, signal))
      return Effect.zipRight(
        Effect.zip(ends.stdout.flush, ends.stderr.flush),
        Deferred.done(ends.exit, result)
      )
    }
  }
}

/** Nobody waits for a process that has ended, however it did. */
const settle = (
  end: Exit.Exit<void, PlatformError>,
  state: State,
  { exit, input, script, started, stderr, stdout }: Ends & {
    readonly input: { readonly close: Effect.Effect<void> }
    readonly script: ShellScript
  }
): Effect.Effect<void> => {
  const killed = Exit.isInterrupted(end)
  const failure: Exit.Exit<never, PlatformError> | undefined = Exit.isSuccess(end)
    ? undefined
    : killed
    ? Exit.fail(died(origin(script, "exitCode"), state.signal ?? "SIGKILL"))
    : Exit.failCause(end.cause)
  return Effect.all([
    failure === undefined ? Effect.void : Deferred.done(started, failure),
    failure === undefined ? Effect.void : Deferred.done(exit, failure),
    // a process that was killed has said what it had to say: its output ends like any other
    stdout.end(killed ? Exit.void : end),
    stderr.end(killed ? Exit.void : end),
    input.close
  ], { discard: true })
}

const died = (origin: Origin, signal: string) =>
  new SystemError({
    ...origin,
    reason: "Unknown",
    description: `Process interrupted due to receipt of signal: ${signal}`
  })

const ProcessProto = {
  [CommandExecutor.ProcessTypeId]: CommandExecutor.ProcessTypeId,
  ...Inspectable.BaseProto,
  toJSON(this: CommandExecutor.Process) {
    return { _id: "@effect/platform/CommandExecutor/Process", pid: this.pid }
  }
}

const makeProcess = (
  script: ShellScript,
  state: State,
  parts: Pick<CommandExecutor.Process, "stdin" | "stdout" | "stderr"> & {
    readonly exit: Deferred.Deferred<CommandExecutor.ExitCode, PlatformError>
    readonly demand: Effect.Effect<void>
    readonly fiber: Fiber.RuntimeFiber<void>
  }
): CommandExecutor.Process => {
  const { demand, exit, fiber, stderr, stdin, stdout } = parts
  const kill: CommandExecutor.Process["kill"] = (signal = "SIGTERM") =>
    Effect.flatMap(Deferred.isDone(exit), (done) => {
      if (done) return Effect.fail(failedCall(origin(script, "kill"), "ESRCH", "kill"))
      state.signal = signal
      return Effect.asVoid(Fiber.interrupt(fiber))
    })
  return Object.defineProperty(
    Object.assign(Object.create(ProcessProto), {
      exitCode: Effect.zipRight(demand, Deferred.await(exit)),
      isRunning: Effect.negate(Deferred.isDone(exit)),
      kill,
      stdin,
      stdout,
      stderr
    }),
    "pid",
    { enumerable: true, get: () => CommandExecutor.ProcessId(state.pid) }
  )
}
