/**
 * The Processes service of a VM in a sidecar.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
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
import { KernelError } from "../../src/errors/KernelError.ts"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import { checkSafe } from "../../src/Paths.ts"
import type { TypeOf } from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { Gather, pieces } from "./Bytes.ts"
import { execDuration } from "./Telemetry.ts"
import { call, explain, lost, type VmLink } from "./VmLink.ts"

type Result = TypeOf<typeof Operations.run.response>

const Channel = { started: 0, stdout: 1, stderr: 2 } as const

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (link: VmLink, defaultOutputBytes: number): ProcessesShape => ({
  exec: (command, options) =>
    exec(link, command, options ?? {}, options?.maxOutputBytes ?? defaultOutputBytes).pipe(
      Metric.trackDuration(execDuration)
    ),
  run: (command, options) => run(link, command, options ?? {})
})

const exec = <E, R>(
  link: VmLink,
  command: string,
  options: ExecOptions<E, R>,
  maxOutputBytes: number
): Effect.Effect<ExecResult, ProcessesError | E, R> =>
  Effect.suspend((): Effect.Effect<ExecResult, ProcessesError | E, R> => {
    const refused = options.cwd === undefined ? undefined : checkSafe(options.cwd)
    if (refused !== undefined) return Effect.fail(refused)
    const output = new Output()
    const { stdin } = options
    const ended = isStream(stdin)
      ? Stream.runFold(
        streamed(link, command, options, stdin, maxOutputBytes),
        undefined as Result | undefined,
        (_, item) => {
          if (!(item instanceof Uint8Array)) return item
          output.add(item)
          return undefined
        }
      )
      : call(link, Operations.run, request(link, command, options, maxOutputBytes), {
        up: stdin === undefined ? undefined : pieces(typeof stdin === "string" ? encoder.encode(stdin) : stdin),
        down: (chunk) => output.add(chunk)
      })
    return ended.pipe(
      Effect.catchAll((error) => Effect.fail(asProcessError(command, error))),
      Effect.flatMap((result) => finish(command, result!, output, maxOutputBytes))
    )
  })

/** Input beyond its limit is a failure of the process, not of a file. */
const asProcessError = <E>(command: string, error: E): E | ProcessError =>
  KernelError.is(error) && error.limit?.name === "stdinBytes"
    ? new ProcessError({
      reason: "StdinLimit",
      command,
      stdout: "",
      stderr: "",
      detail: "it was not started",
      limit: error.limit
    })
    : error

/** The result of an exec, or the error that says which bound ended it. */
const finish = (
  command: string,
  result: Result,
  output: Output,
  maxOutputBytes: number
): Effect.Effect<ExecResult, ProcessError> => {
  const { stderr, stdout } = output.text()
  if (result.stopped === "no") return Effect.succeed({ exitCode: result.exitCode, stdout, stderr })
  const so = { command, ...pidOf(result), stdout, stderr }
  return Effect.fail(
    result.stopped === "deadline"
      ? new ProcessError({ ...so, reason: "TimedOut", detail: "it was killed at its deadline" })
      : new ProcessError({
        ...so,
        reason: "OutputLimit",
        detail: "it was killed; pass a larger maxOutputBytes, or read the output as it comes with run",
        limit: { name: "outputBytes", value: maxOutputBytes }
      })
  )
}

const run = <E, R>(
  link: VmLink,
  command: string,
  options: RunOptions<E, R>
): Stream.Stream<ProcessEvent, ProcessesError | E, R> => {
  const refused = options.cwd === undefined ? undefined : checkSafe(options.cwd)
  if (refused !== undefined) return Stream.fail(refused)
  return Stream.mapEffect(
    Stream.mapError(
      streamed(link, command, options, options.stdin, undefined),
      (error) => asProcessError(command, error)
    ),
    (item): Effect.Effect<ProcessEvent, ProcessError> =>
      item instanceof Uint8Array ? Effect.succeed(eventOf(item)) : exited(command, item)
  )
}

const exited = (command: string, result: Result): Effect.Effect<ProcessEvent, ProcessError> => {
  const { exitCode, pid, signal } = result
  if (result.stopped === "no") {
    return Effect.succeed({ _tag: "Exited", pid, exitCode, ...(signal === undefined ? {} : { signal }) })
  }
  const detail = "it was killed at its deadline; its output so far has been given"
  return Effect.fail(
    new ProcessError({ reason: "TimedOut", command, ...pidOf(result), stdout: "", stderr: "", detail })
  )
}

/** A process whose deadline came before the end of its input was never started. */
const pidOf = ({ pid }: Result) => pid === 0 ? {} : { pid }

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
    const duplex = yield* Effect.catchAll(
      link.transport.open(Operations.run, request(link, command, options, maxOutputBytes)),
      (error) => explain(link, error)
    )
    const items = Stream.concat(duplex.down, Stream.fromEffect(duplex.response)).pipe(
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
  maxOutputBytes: number | undefined
): TypeOf<typeof Operations.run.request> => ({
  vm: link.vm,
  command,
  argv: options.args ?? [],
  cwd: options.cwd,
  env: Object.entries(options.env ?? {}).map(([name, value]) => ({ name, value })),
  timeoutMs: options.timeout === undefined ? undefined : finite(Duration.toMillis(options.timeout)),
  maxOutputBytes: finite(maxOutputBytes),
  stdin: options.stdin !== undefined
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
      return { _tag: "Started", pid: new DataView(chunk.buffer, chunk.byteOffset).getUint32(1, true) }
  }
}

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
