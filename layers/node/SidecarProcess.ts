/**
 * A sidecar as a child process: started with nothing but its own program, connected over a descriptor of its own, ended
 * within a bounded time.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { access, constants } from "node:fs/promises"
import { createRequire } from "node:module"
import type { Socket } from "node:net"
import { dirname, parse } from "node:path"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import type { TransportError } from "../../src/errors/TransportError.ts"
import { CHUNK_MAPPING } from "../../src/wire/ChunkMemory.ts"
import * as ConnectionTransport from "../remote/ConnectionTransport.ts"
import * as ControlClient from "../remote/ControlClient.ts"
import type { Attached } from "../remote/VmLink.ts"
import { followLines } from "./SidecarLog.ts"
import { socketFile } from "./SocketFile.ts"
import { socketLink } from "./SocketLink.ts"

/**
 * `maxFrame`, `window` and `pingInterval` are those of the connection.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProcessOptions extends Pick<ConnectionTransport.Options, "maxFrame" | "window" | "pingInterval"> {
  /** The sidecar program. Default: the one that belongs to this package. */
  readonly program?: string | undefined
  /** The Node.js executable. Default: the one that runs the host. */
  readonly execPath?: string | undefined
  /** Guest workers that are kept ready. Default 1. */
  readonly warmWorkers?: number | undefined
  /** Guest workers that may live at once, over all VMs: VMs in which something runs. Default 128, of about 12 MiB each. */
  readonly maxWorkers?: number | undefined
  /** JavaScript heap of one guest worker, in MiB. Default 256. */
  readonly workerHeapMb?: number | undefined
  /** Path of a Unix socket on which the sidecar takes further connections. Default: none. */
  readonly socketPath?: string | undefined
  /** How long the sidecar may take to be ready. Default 10 seconds. */
  readonly startTimeout?: Duration.DurationInput | undefined
  /** How long the sidecar may take to end by itself before it is killed. Default 500 milliseconds. */
  readonly stopGrace?: Duration.DurationInput | undefined
}

/**
 * A child process that is connected, with the token that further connections need.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConnectedProcess extends Attached {
  readonly pid: number
  readonly token: string
}

const repair = "reinstall effect-agent-os, or run `npm run build` in a checkout of it"

/**
 * Starts a sidecar and connects to it. Closing the Scope ends it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const connect = (
  sidecarId: string,
  options: ProcessOptions
): Effect.Effect<ConnectedProcess, SidecarError | TransportError, Scope.Scope> =>
  Effect.gen(function*() {
    const program = options.program ?? (yield* ownProgram)
    yield* checkProgram(program)
    if (options.socketPath !== undefined) yield* socketFile(options.socketPath)
    const exited = yield* Deferred.make<SidecarError>()
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    const log = (line: string) => void run(Effect.annotateLogs(Effect.logDebug(line), { module: "sidecar", sidecarId }))
    const child = yield* start(program, options, exited, log)
    const token = randomBytes(24).toString("base64url")
    const boot = {
      sidecarId,
      token,
      socketPath: options.socketPath,
      warmWorkers: options.warmWorkers ?? 1,
      maxWorkers: options.maxWorkers ?? 128,
      workerHeapMb: options.workerHeapMb ?? 256
    }
    child.stdin!.on("error", () => {})
    child.stdin!.write(`${JSON.stringify(boot)}\n`)
    const transport = yield* ConnectionTransport.make(socketLink(Effect.succeed(child.stdio[3] as Socket)), {
      token,
      maxFrame: options.maxFrame,
      window: options.window,
      pingInterval: options.pingInterval,
      handshakeTimeout: options.startTimeout
    }).pipe(
      Effect.catchAll((error) =>
        Effect.flatMap(endOf(child, exited), (end) => Effect.fail(unready(program, end, error)))
      )
    )
    // a sidecar that has lost its connection is of no use, and must not linger
    yield* Effect.forkScoped(Effect.zipRight(transport.closed, Effect.sync(() => child.kill("SIGKILL"))))
    const control = yield* ControlClient.make(transport)
    return { transport, control, exited: Deferred.await(exited), pid: child.pid!, token }
  })

/**
 * The sidecar program that belongs to this package.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultProgram = (): string => createRequire(import.meta.url).resolve("#sidecar/main.js")

const ownProgram = Effect.try({
  try: defaultProgram,
  catch: (cause) => {
    const why = cause instanceof Error ? cause.message.split("\n")[0] : String(cause)
    return new SidecarError({ reason: "Spawn", detail: `the sidecar program is missing (${why}): ${repair}` })
  }
})

const checkProgram = (program: string) =>
  Effect.tryPromise({
    try: () => access(program, constants.R_OK),
    catch: () =>
      new SidecarError({
        reason: "Spawn",
        detail: `the sidecar program ${program} is missing or not readable: ${repair}`
      })
  })

/**
 * What a Node.js of this version calls its permission model; it became stable in 22.13 and 23.5.
 *
 * @since 0.1.0
 * @category constants
 */
export const permissionFlag = (version: string): string => {
  const [major, minor] = version.split(".").map(Number)
  return major > 23 || (major === 23 && minor >= 5) || (major === 22 && minor >= 13)
    ? "--permission"
    : "--experimental-permission"
}

const start = (
  program: string,
  options: ProcessOptions,
  exited: Deferred.Deferred<SidecarError>,
  log: (line: string) => void
): Effect.Effect<ChildProcess, SidecarError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<ChildProcess, SidecarError>((resume) => {
      const home = dirname(program)
      const child = spawn(
        options.execPath ?? process.execPath,
        [
          permissionFlag(process.versions.node),
          `--allow-fs-read=${home}/*`,
          "--allow-worker",
          "--disable-proto=throw",
          "--no-warnings",
          // the kernel thread's young generation, in MiB: V8 would keep four times as much for good once it has grown
          "--max-semi-space-size=4",
          program
        ],
        // not the program's own folder, which may be replaced by an update while this runs
        // nothing of the host's environment
        {
          cwd: parse(home).root,
          env: { ...CHUNK_MAPPING },
          stdio: ["pipe", "ignore", "pipe", "pipe"],
          windowsHide: true
        }
      )
      const stderr = followLines(child.stderr!, log)
      child.once("error", (error) => {
        resume(
          Effect.fail(new SidecarError({ reason: "Spawn", detail: `the sidecar did not start: ${error.message}` }))
        )
      })
      child.once("spawn", () => resume(Effect.succeed(child)))
      child.once("close", (code, signal) => {
        const how = {
          ...(code === null ? {} : { exitCode: code }),
          ...(signal === null ? {} : { signal })
        }
        const error = new SidecarError({ reason: "Exited", detail: "the sidecar has ended", ...how, stderr: stderr() })
        Deferred.unsafeDone(exited, Effect.succeed(error))
      })
    }),
    (child) => stop(child, exited, options.stopGrace ?? Duration.millis(500))
  )

/** Lets the sidecar end by itself, as it does when its input ends, then kills it. */
const stop = (child: ChildProcess, exited: Deferred.Deferred<SidecarError>, grace: Duration.DurationInput) =>
  Effect.sync(() => child.stdin?.end()).pipe(
    Effect.zipRight(Deferred.await(exited)),
    Effect.interruptible,
    Effect.timeout(grace),
    Effect.catchAll(() => endOf(child, exited)),
    Effect.asVoid
  )

/** Kills the sidecar and waits for its end, which the operating system then brings about in milliseconds. */
const endOf = (child: ChildProcess, exited: Deferred.Deferred<SidecarError>): Effect.Effect<SidecarError> =>
  Effect.zipRight(Effect.sync(() => child.kill("SIGKILL")), Deferred.await(exited))

const unready = (program: string, end: SidecarError, cause: TransportError): SidecarError | TransportError => {
  if (cause.reason === "Version" || cause.reason === "Unauthorized") return cause
  // a program that Node.js cannot run ends with a stack and the version of Node.js: neither says what is wrong
  const last = end.stderr?.findLast((line) => /^\w*Error\b/.test(line)) ?? end.stderr?.at(-1)
  return new SidecarError({
    ...end,
    reason: "Handshake",
    detail: `the sidecar program ${program} did not become ready (${cause.detail})${
      last === undefined ? "" : `: ${last}`
    }; ${repair}`
  })
}
