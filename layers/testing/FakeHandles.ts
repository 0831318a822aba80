/**
 * Handles on processes that a test has written: what they answer is known, nothing runs.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type {
  AttachOptions,
  ExecResult,
  ExitStatus,
  OutputPart,
  ProcessesError,
  ProcessesShape,
  ProcessHandle,
  ProcessInfo,
  SpawnOptions,
  TerminalHandle
} from "../../services/Processes.ts"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import { inOwnFiber } from "../../src/OwnFiber.ts"
import type { Signal } from "../../src/Signals.ts"
import * as ProcessList from "../remote/ProcessList.ts"

type Handles = Omit<ProcessesShape, "exec" | "run" | "sessions" | "dropSession">

interface Fake {
  readonly info: ProcessInfo
  readonly result: Effect.Effect<ExecResult, ProcessesError>
  readonly status: Deferred.Deferred<ExitStatus, ProcessesError>
  ended: boolean
}

const encoder = new TextEncoder()

/**
 * What was spawned.
 *
 * @since 0.1.0
 * @category models
 */
export interface Spawned {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly options: SpawnOptions
}

/**
 * What is spawned answers as `begin` says. A signal ends it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  begin: (spawned: Spawned) => Effect.Effect<ExecResult, ProcessesError>,
  nextPid: () => number
): Handles => {
  const fakes = new Map<number, Fake>()
  const found = (pid: number) =>
    Effect.suspend(() => {
      const fake = fakes.get(pid)
      return fake === undefined ? Effect.fail(ProcessError.notFound(pid)) : Effect.succeed(fake)
    })
  const nextTty = () => `/dev/pts/${Array.from(fakes.values()).filter(({ info }) => info.tty !== undefined).length}`
  const list = Effect.sync(() => Array.from(fakes.values()).filter(({ ended }) => !ended).map(({ info }) => info))
  const kill = (pid: number, signal: Signal) => Effect.flatMap(found(pid), (fake) => end(fake, signal))
  return {
    spawn: (command, args = [], options = {}) =>
      Effect.acquireRelease(
        start(fakes, nextPid(), [command, ...args], options.cwd ?? "/", begin({ command, args, options })),
        (fake) => end(fake, "SIGTERM")
      ).pipe(Effect.map((fake) => handle(fake, {}))),
    openTerminal: ({ args = [], command = "bash", cwd = "/", env }) =>
      Effect.acquireRelease(
        start(fakes, nextPid(), [command, ...args], cwd, begin({ command, args, options: { cwd, env } }), nextTty()),
        (fake) => end(fake, "SIGHUP")
      ).pipe(Effect.map((fake) => terminal(fake, 0))),
    attachTerminal: (pid, { cursor } = {}) =>
      Effect.flatMap(
        found(pid),
        (fake) =>
          fake.info.tty === undefined ? Effect.fail(ProcessError.notFound(pid)) : Effect.succeed(terminal(fake, cursor))
      ),
    attach: (pid, options = {}) => Effect.map(found(pid), (fake) => handle(fake, options)),
    list,
    get: (pid) => Effect.map(found(pid), ({ ended, info }) => ended ? { ...info, state: "ended" } : info),
    tree: Effect.map(list, ProcessList.treeOf),
    signal: (target, signal) =>
      kill(typeof target === "number" ? target : "group" in target ? target.group : target.tree, signal),
    stopProcess: (pid) => kill(pid, "SIGTERM"),
    killProcess: (pid) => kill(pid, "SIGKILL")
  }
}

const start = (
  fakes: Map<number, Fake>,
  pid: number,
  args: ReadonlyArray<string>,
  cwd: string,
  begin: Effect.Effect<ExecResult, ProcessesError>,
  tty?: string
): Effect.Effect<Fake, never, Scope.Scope> =>
  Effect.gen(function*() {
    const status = yield* Deferred.make<ExitStatus, ProcessesError>()
    const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
    const result = yield* Effect.cached(Effect.interruptible(inOwnFiber(Effect.raceFirst(
      begin,
      // a signal: nothing was said
      Effect.as(Deferred.await(status), { exitCode: 0, stdout: "", stderr: "" })
    ))))
    const info: ProcessInfo = {
      pid,
      ppid: 1,
      pgid: pid,
      sid: pid,
      root: pid,
      ...(tty === undefined ? {} : { tty }),
      command: args[0],
      args,
      cwd,
      uid: 1000,
      gid: 1000,
      state: "running",
      startedAt: now,
      cpuMs: 0,
      descriptors: 3
    }
    const fake: Fake = { info, result, status, ended: false }
    fakes.set(pid, fake)
    yield* result.pipe(
      Effect.map(({ exitCode }): ExitStatus => ({ exitCode })),
      Effect.onExit((exit) =>
        Effect.zipRight(Effect.sync(() => void (fake.ended = true)), Deferred.done(status, exit))
      ),
      Effect.ignore,
      Effect.forkScoped
    )
    return fake
  })

const end = (fake: Fake, signal: Signal) =>
  Effect.suspend(() => {
    if (fake.ended) return Effect.void
    fake.ended = true
    return Effect.asVoid(Deferred.succeed(fake.status, { signal }))
  })

const handle = (fake: Fake, from: AttachOptions): ProcessHandle => {
  const cursors = { stdoutCursor: 0, stderrCursor: 0, outputCursor: 0, ...from }
  const parts = (channel: "stdout" | "stderr") => (result: ExecResult): OutputPart => ({
    channel,
    bytes: encoder.encode(result[channel])
  })
  const read = (key: keyof AttachOptions, of: (result: ExecResult) => ReadonlyArray<OutputPart>) =>
    Stream.unwrap(Effect.map(fake.result, (result) => {
      let skip = cursors[key] ?? 0
      const rest = of(result).map(({ bytes, channel }) => {
        const part = { channel, bytes: bytes.subarray(skip) }
        skip = Math.max(0, skip - bytes.length)
        return part
      }).filter(({ bytes }) => bytes.length > 0)
      return Stream.tap(
        Stream.fromIterable(rest),
        ({ bytes }) => Effect.sync(() => void (cursors[key] = (cursors[key] ?? 0) + bytes.length))
      )
    }))
  const bytes = ({ bytes }: OutputPart) => bytes
  return {
    pid: fake.info.pid,
    stdin: Sink.drain,
    write: () => Effect.void,
    endStdin: Effect.void,
    stdout: Stream.map(read("stdoutCursor", (result) => [parts("stdout")(result)]), bytes),
    stderr: Stream.map(read("stderrCursor", (result) => [parts("stderr")(result)]), bytes),
    output: read("outputCursor", (result) => [parts("stdout")(result), parts("stderr")(result)]),
    cursors: Effect.sync(() => ({
      stdoutCursor: cursors.stdoutCursor ?? 0,
      stderrCursor: cursors.stderrCursor ?? 0,
      outputCursor: cursors.outputCursor ?? 0
    })),
    wait: Deferred.await(fake.status),
    isRunning: Effect.sync(() => !fake.ended),
    kill: (signal = "SIGTERM") => end(fake, signal)
  }
}

/** What is typed goes nowhere; both outputs are shown as they are. */
const terminal = (fake: Fake, cursor: number | undefined): TerminalHandle => {
  const { cursors, isRunning, kill, output, pid, wait } = handle(fake, { outputCursor: cursor })
  return {
    pid,
    tty: fake.info.tty!,
    output: Stream.map(output, ({ bytes }) => bytes),
    input: Sink.drain,
    write: () => Effect.void,
    resize: () => Effect.void,
    cursor: Effect.map(cursors, ({ outputCursor = 0 }) => outputCursor),
    wait,
    isRunning,
    kill: (signal = "SIGHUP") => kill(signal)
  }
}
