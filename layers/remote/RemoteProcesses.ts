/**
 * The Processes service of a VM in a sidecar.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type {
  ExecOptions,
  ExecResult,
  ProcessesError,
  ProcessesShape,
  ProcessEvent,
  RunOptions
} from "../../services/Processes.ts"
import type { Duplex } from "../../services/Transport.ts"
import type { Limits } from "../../src/config/Limits.ts"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import { checkSafe } from "../../src/Paths.ts"
import type { TypeOf } from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { Gather, pieces } from "./Bytes.ts"
import * as ProcessHandles from "./ProcessHandles.ts"
import * as ProcessList from "./ProcessList.ts"
import * as ShellSessions from "./ShellSessions.ts"
import { timedCommand } from "./Telemetry.ts"
import * as Terminals from "./Terminals.ts"
import { call, explain, lost, type VmLink } from "./VmLink.ts"

type Result = TypeOf<typeof Operations.run.response>

const Channel = { started: 0, stdout: 1, stderr: 2 } as const

const STOP_GRACE_MS = 5_000

/** What bounds a command: limits of its VM, or less. */
type Bounds = Pick<Limits, "outputBytes" | "sessionBytes">

/** What runs the commands. */
const SHELL = "bash"

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (link: VmLink, limits: Bounds): ProcessesShape => ({
  exec: (command, options = {}) =>
    timedCommand(
      exec(link, command, options, { ...limits, outputBytes: options.maxOutputBytes ?? limits.outputBytes })
    ),
  run: (command, options) => run(link, command, options ?? {}, limits),
  spawn: (command, args, options) => ProcessHandles.spawn(link, command, args ?? [], options ?? {}),
  attach: (pid, options) =>
    Effect.as(
      Effect.filterOrFail(ProcessList.get(link, pid), ({ root }) => root === pid, () => ProcessError.notFound(pid)),
      ProcessHandles.make(link, pid, options ?? {})
    ),
  openTerminal: (options) => Terminals.open(link, options),
  attachTerminal: (pid, options) => Terminals.attach(link, pid, options?.cursor),
  list: ProcessList.list(link),
  get: (pid) => ProcessList.get(link, pid),
  tree: Effect.map(ProcessList.list(link), ProcessList.treeOf),
  signal: (target, signal) =>
    typeof target === "number"
      ? ProcessHandles.sendSignal(link, "process", target, signal)
      : "group" in target
      ? ProcessHandles.sendSignal(link, "group", target.group, signal)
      : ProcessHandles.sendSignal(link, "tree", target.tree, signal),
  stopProcess: (pid, options) => ProcessHandles.stop(link, pid, ProcessHandles.graceOf(options?.grace, STOP_GRACE_MS)),
  killProcess: (pid) => ProcessHandles.stop(link, pid, 0),
  sessions: ShellSessions.list(link),
  dropSession: (name) => ShellSessions.drop(link, name)
})

const exec = <E, R>(
  link: VmLink,
  command: string,
  options: ExecOptions<E, R>,
  bounds: Bounds
): Effect.Effect<ExecResult, ProcessesError | E, R> =>
  Effect.suspend((): Effect.Effect<ExecResult, ProcessesError | E, R> => {
    const refused = refusedOption(command, options)
    if (refused !== undefined) return Effect.fail(refused)
    const output = new Output()
    const { stdin } = options
    const ended = isStream(stdin)
      ? Stream.runFold(
        streamed(link, command, options, stdin, bounds.outputBytes),
        undefined as Result | undefined,
        (_, item) => {
          if (!(item instanceof Uint8Array)) return item
          output.add(item)
          return undefined
        }
      )
      : link.spans.within(SHELL, (traced) => {
        const up = stdin === undefined ? undefined : pieces(typeof stdin === "string" ? encoder.encode(stdin) : stdin)
        const down = (chunk: Uint8Array) => {
          if (chunk[0] === Channel.started) traced.started(pidOf(chunk))
          else output.add(chunk)
        }
        const body = request(link, command, options, bounds.outputBytes, traced.trace)
        return Effect.tap(call(link, Operations.run, body, { up, down }), traced.exited)
      })
    return Effect.flatMap(ended, (result) => finish(command, options.session, result!, output.text(), bounds))
  })

const refusedOption = (command: string, { cwd, session }: RunOptions<any, any>) =>
  (cwd === undefined ? undefined : checkSafe(cwd)) ?? ShellSessions.refusedName(command, session)

/** The result of an exec, or the error that says which bound ended it. */
const finish = (
  command: string,
  session: string | undefined,
  result: Result,
  output: { readonly stdout: string; readonly stderr: string },
  bounds: Bounds
): Effect.Effect<ExecResult, ProcessError> =>
  result.stopped === "no"
    ? Effect.succeed({ exitCode: result.exitCode, ...output })
    : Effect.fail(stopped(command, session, result, output, bounds))

/** The error that says which bound was met. */
const stopped = (
  command: string,
  session: string | undefined,
  result: Result,
  output: { readonly stdout: string; readonly stderr: string },
  bounds: Bounds
): ProcessError => {
  const so = {
    command,
    ...(result.pid > 0 && { pid: result.pid }),
    ...(session !== undefined && { session }),
    ...output
  }
  switch (result.stopped) {
    case "output":
      return new ProcessError({
        ...so,
        reason: "OutputLimit",
        detail: "it was killed; pass a larger maxOutputBytes, or read the output as it comes with run",
        limit: { name: "outputBytes", value: bounds.outputBytes }
      })
    case "session":
      return new ProcessError({
        ...so,
        reason: "SessionLimit",
        detail: `it ended with exit code ${result.exitCode}, and the session is as it was before`,
        limit: { name: "sessionBytes", value: bounds.sessionBytes }
      })
    default:
      return new ProcessError({
        ...so,
        reason: "TimedOut",
        detail: result.pid === 0 ? "its session was busy until its deadline" : "it was killed at its deadline"
      })
  }
}

const run = <E, R>(
  link: VmLink,
  command: string,
  options: RunOptions<E, R>,
  bounds: Bounds
): Stream.Stream<ProcessEvent, ProcessesError | E, R> => {
  const refused = refusedOption(command, options)
  if (refused !== undefined) return Stream.fail(refused)
  return Stream.mapEffect(
    streamed(link, command, options, options.stdin, undefined),
    (item): Effect.Effect<ProcessEvent, ProcessError> =>
      item instanceof Uint8Array ? Effect.succeed(eventOf(item)) : exited(command, options.session, item, bounds)
  )
}

const exited = (
  command: string,
  session: string | undefined,
  result: Result,
  bounds: Bounds
): Effect.Effect<ProcessEvent, ProcessError> => {
  const { exitCode, pid, signal } = result
  return result.stopped === "no"
    ? Effect.succeed({ _tag: "Exited", pid, exitCode, ...(signal === undefined ? {} : { signal }) })
    // its output so far has been given
    : Effect.fail(stopped(command, session, result, { stdout: "", stderr: "" }, bounds))
}

/** The chunks of a process, then its result; feeds it what it reads. */
const streamed = <E, R>(
  link: VmLink,
  command: string,
  options: RunOptions<E, R>,
  stdin: RunOptions<E, R>["stdin"],
  maxOutputBytes: number | undefined
): Stream.Stream<Uint8Array | Result, ProcessesError | E, R> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    if (!link.transport.isOpen()) return yield* lost(link)
    const traced = yield* link.spans.process(SHELL)
    const duplex = yield* Effect.catchAll(
      link.transport.open(Operations.run, request(link, command, options, maxOutputBytes, traced.trace)),
      (error) => explain(link, error)
    )
    const response = Effect.tap(duplex.response, (result) => {
      if (result.pid > 0) traced.started(result.pid)
      traced.exited(result)
    })
    const items = Stream.concat(duplex.down, Stream.fromEffect(response)).pipe(
      Stream.catchAll((error) => Stream.fromEffect(explain(link, error)))
    )
    return stdin === undefined
      ? items
      : Stream.merge(items, Stream.drain(feed(duplex, stdin)), { haltStrategy: "left" })
  }))

const feed = <E, R>(
  duplex: Duplex<Result>,
  stdin: NonNullable<RunOptions<E, R>["stdin"]>
): Stream.Stream<never, E, R> => {
  const bytes = isStream(stdin) ? stdin : Stream.make(typeof stdin === "string" ? encoder.encode(stdin) : stdin)
  return Stream.drain(Stream.concat(Stream.mapEffect(bytes, duplex.write), Stream.fromEffect(duplex.end)))
}

const isStream = <E, R>(stdin: RunOptions<E, R>["stdin"]): stdin is Stream.Stream<Uint8Array, E, R> =>
  typeof stdin === "object" && Stream.StreamTypeId in stdin

const request = (
  link: VmLink,
  command: string,
  options: RunOptions<any, any>,
  maxOutputBytes: number | undefined,
  trace: number | undefined
): TypeOf<typeof Operations.run.request> => ({
  vm: link.vm,
  command,
  argv: options.args ?? [],
  cwd: options.cwd,
  env: Object.entries(options.env ?? {}).map(([name, value]) => ({ name, value })),
  timeoutMs: options.timeout === undefined ? undefined : finite(Duration.toMillis(options.timeout)),
  maxOutputBytes: finite(maxOutputBytes),
  trace,
  stdin: options.stdin !== undefined,
  session: options.session
})

/** An infinite bound is none. */
const finite = (bound: number | undefined) => bound === Number.POSITIVE_INFINITY ? undefined : bound

/** What a chunk of output says; the bytes are copied, since a chunk is a view of a larger buffer. */
const eventOf = (chunk: Uint8Array): ProcessEvent => {
  switch (chunk[0]) {
    case Channel.stdout:
      return { _tag: "Stdout", bytes: chunk.slice(1) }
    case Channel.stderr:
      return { _tag: "Stderr", bytes: chunk.slice(1) }
    default:
      return { _tag: "Started", pid: pidOf(chunk) }
  }
}

const pidOf = (chunk: Uint8Array): number => new DataView(chunk.buffer, chunk.byteOffset).getUint32(1, true)

/** The output of an exec, while it comes. */
class Output {
  private readonly stdout = new Gather()
  private readonly stderr = new Gather()

  add(chunk: Uint8Array): void {
    if (chunk[0] === Channel.stdout) this.stdout.add(chunk.subarray(1))
    else if (chunk[0] === Channel.stderr) this.stderr.add(chunk.subarray(1))
  }

  text(): { readonly stdout: string; readonly stderr: string } {
    return { stdout: decoder.decode(this.stdout.finish(nothing)), stderr: decoder.decode(this.stderr.finish(nothing)) }
  }
}

const nothing = new Uint8Array(0)
