/**
 * Handles on processes that run on their own.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type {
  AttachOptions,
  OutputPart,
  ProcessesError,
  ProcessHandle,
  SpawnOptions
} from "../../services/Processes.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import { checkSafe } from "../../src/Paths.ts"
import type { Signal } from "../../src/Signals.ts"
import * as Codec from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { CHUNK_BYTES } from "../../src/wire/Stream.ts"
import { get, statusOf } from "./ProcessList.ts"
import type { Traced } from "./ProcessSpans.ts"
import { call, explain, type LinkError, lost, type VmLink } from "./VmLink.ts"

const DEFAULT_KEEP_BYTES = 1024 * 1024
const DEFAULT_STOP_GRACE_MS = 100

const encoder = new TextEncoder()

type View = "stdout" | "stderr" | "output"
type Cursors = { -readonly [K in keyof AttachOptions]-?: number | undefined }

const cursorOf = { stdout: "stdoutCursor", stderr: "stderrCursor", output: "outputCursor" } as const

/**
 * Starts a program; when the Scope closes its tree is stopped.
 *
 * @since 0.1.0
 * @category constructors
 */
export const spawn = (
  link: VmLink,
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions
): Effect.Effect<ProcessHandle, ProcessesError, Scope.Scope> =>
  Effect.suspend((): Effect.Effect<ProcessHandle, ProcessesError, Scope.Scope> => {
    const refused = options.cwd === undefined ? undefined : checkSafe(options.cwd)
    if (refused !== undefined) return Effect.fail(refused)
    const request = (trace: number | undefined) =>
      call(link, Operations.spawn, {
        vm: link.vm,
        form: "program",
        command,
        argv: args,
        cwd: options.cwd,
        env: Object.entries(options.env ?? {}).map(([name, value]) => ({ name, value })),
        stdin: options.stdin !== "none",
        unread: options.unread ?? "discard",
        keepBytes: Math.min(options.keepBytes ?? DEFAULT_KEEP_BYTES, 0xffff_ffff),
        trace
      })
    return Effect.flatMap(
      link.spans.process(command.slice(command.lastIndexOf("/") + 1)),
      (traced) =>
        Effect.acquireRelease(
          Effect.tap(request(traced.trace), ({ pid }) => traced.started(pid)),
          ({ pid }) => release(link, pid, graceOf(options.stopGrace, DEFAULT_STOP_GRACE_MS))
        ).pipe(
          Effect.tap(({ pid }) => traced.trace === undefined ? Effect.void : follow(link, pid, traced)),
          Effect.map(({ pid }) => make(link, pid, { stdoutCursor: 0, stderrCursor: 0, outputCursor: 0 }))
        )
    )
  })

/**
 * Ends the span of a process with it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const follow = (link: VmLink, pid: number, traced: Traced) =>
  call(link, Operations.waitProcess, { vm: link.vm, pid }).pipe(
    Effect.tap(traced.exited),
    Effect.ignore,
    Effect.forkScoped
  )

/**
 * Milliseconds of a grace.
 *
 * @since 0.1.0
 * @category conversions
 */
export const graceOf = (grace: Duration.DurationInput | undefined, otherwise: number): number =>
  grace === undefined ? otherwise : Duration.toMillis(grace)

/**
 * Ends a tree, and waits until it is gone.
 *
 * @since 0.1.0
 * @category combinators
 */
export const stop = (link: VmLink, pid: number, graceMs: number): Effect.Effect<void, ProcessesError> =>
  Effect.asVoid(orNotFound(pid, call(link, Operations.stopProcess, { vm: link.vm, pid, graceMs })))

/** A VM that is gone has no processes left. */
const release = (link: VmLink, pid: number, graceMs: number): Effect.Effect<void> =>
  Effect.ignore(stop(link, pid, graceMs))

/**
 * A process that does not exist is told by its number.
 *
 * @since 0.1.0
 * @category combinators
 */
export const orNotFound = <A>(
  pid: number,
  effect: Effect.Effect<A, LinkError>
): Effect.Effect<A, ProcessesError> =>
  Effect.mapError(
    effect,
    (error) => KernelError.is(error) && error.errno === "ESRCH" ? ProcessError.notFound(pid) : error
  )

/**
 * A handle whose streams begin where the cursors are.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (link: VmLink, pid: number, from: AttachOptions): ProcessHandle => {
  const cursors: Cursors = {
    stdoutCursor: from.stdoutCursor,
    stderrCursor: from.stderrCursor,
    outputCursor: from.outputCursor
  }
  const write = (bytes: Uint8Array) =>
    Effect.forEach(
      Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, i) => i * CHUNK_BYTES),
      (at) => writeStdin(link, pid, bytes.subarray(at, at + CHUNK_BYTES), false),
      { discard: true }
    )
  const endStdin = writeStdin(link, pid, new Uint8Array(0), true)
  const wait = Effect.map(orNotFound(pid, call(link, Operations.waitProcess, { vm: link.vm, pid })), statusOf)
  const channel = (view: View) => Stream.map(read(link, pid, view, cursors), ({ bytes }) => bytes)
  return {
    pid,
    stdin: Sink.zipRight(Sink.forEach(write), Sink.fromEffect(endStdin)),
    write: (bytes) => write(typeof bytes === "string" ? encoder.encode(bytes) : bytes),
    endStdin,
    stdout: channel("stdout"),
    stderr: channel("stderr"),
    output: read(link, pid, "output", cursors),
    cursors: Effect.sync(() => ({
      stdoutCursor: cursors.stdoutCursor ?? 0,
      stderrCursor: cursors.stderrCursor ?? 0,
      outputCursor: cursors.outputCursor ?? 0
    })),
    wait,
    isRunning: Effect.map(get(link, pid), ({ state }) => state !== "ended"),
    kill: (signal = "SIGTERM") => sendSignal(link, "process", pid, signal)
  }
}

/**
 * Sends a signal.
 *
 * @since 0.1.0
 * @category combinators
 */
export const sendSignal = (
  link: VmLink,
  scope: "process" | "group" | "tree",
  id: number,
  signal: Signal
): Effect.Effect<void, ProcessesError> =>
  Effect.asVoid(orNotFound(id, call(link, Operations.signal, { vm: link.vm, scope, id, signal })))

const writeStdin = (link: VmLink, pid: number, content: Uint8Array, end: boolean) =>
  Effect.asVoid(orNotFound(pid, call(link, Operations.writeStdin, { vm: link.vm, pid, end, content })))

/** Output from where the cursor is; the cursor moves with what has been given. */
const read = (
  link: VmLink,
  pid: number,
  view: View,
  cursors: Cursors
): Stream.Stream<OutputPart, ProcessesError> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    if (!link.transport.isOpen()) return yield* lost(link)
    const cursor = cursors[cursorOf[view]]
    const duplex = yield* Effect.catchAll(
      link.transport.open(Operations.attach, { vm: link.vm, pid, view, cursor }),
      (error) => explain(link, error)
    )
    const parts = Stream.mapChunks(duplex.down, takeParts(view, cursors))
    const end = Effect.flatMap(duplex.response, ({ missing }) =>
      missing === undefined ? Effect.void : Effect.fail(ProcessError.truncated(pid, missing)))
    return Stream.concat(parts, Stream.drain(Stream.fromEffect(end))).pipe(
      Stream.catchAll((error) =>
        ProcessError.is(error)
          ? Stream.fail(error)
          : Stream.fromEffect(orNotFound(pid, explain(link, error)))
      )
    )
  }))

/** The parts of an output from its chunks, the first of which tells where it begins. */
const takeParts = (view: View, cursors: Cursors) => {
  const key = cursorOf[view]
  let begun = false
  return (chunks: Chunk.Chunk<Uint8Array>): Chunk.Chunk<OutputPart> => {
    const parts: Array<OutputPart> = []
    for (const chunk of chunks) {
      if (!begun) {
        begun = true
        cursors[key] = Codec.decode(Codec.f64, chunk)
        continue
      }
      // a copy: a chunk is a view of a larger buffer
      const bytes = view === "output" ? chunk.slice(1) : chunk.slice()
      cursors[key] = (cursors[key] ?? 0) + bytes.length
      parts.push({ channel: view === "output" ? (chunk[0] === 1 ? "stdout" : "stderr") : view, bytes })
    }
    return Chunk.unsafeFromArray(parts)
  }
}
