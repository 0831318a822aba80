/**
 * A sidecar inside the test's own process: the same server, kernel and wire as the real one, over a connection in memory.
 * Guests run in workers as always; a VM that runs nothing starts none.
 *
 * Its VMs live in the time of the Clock that is there when the layer is built. Under a TestClock, or one of VirtualTime,
 * `sleep`, `date`, deadlines and everything else that has to do with time follows `TestClock.adjust`, which waits between two
 * instants until the guests have done what they have to do; the layer puts a clock that can do so in the TestClock's place.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import { fixHashKey } from "../../native/kernel/filesystem/hash.ts"
import type { CallProbe } from "../../native/kernel/processes/call-runner.ts"
import { WorkerPool } from "../../native/kernel/workers/pool.ts"
import type { Usage } from "../../native/server/control.ts"
import { serve } from "../../native/server/control.ts"
import { nodeUsage } from "../../native/server/node-host.ts"
import type { ServerOptions } from "../../native/server/server.ts"
import { SidecarServer } from "../../native/server/server.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import type { TransportError } from "../../src/errors/TransportError.ts"
import { plugins } from "../node/plugins.ts"
import type { OpenLink } from "../remote/ConnectionTransport.ts"
import * as ConnectionTransport from "../remote/ConnectionTransport.ts"
import * as ControlClient from "../remote/ControlClient.ts"
import * as SidecarPool from "../remote/SidecarPool.ts"
import type { Attached } from "../remote/VmLink.ts"
import * as HostTime from "./HostTime.ts"
import { memoryLink } from "./MemoryLink.ts"
import type { Activity } from "./time/Quiescence.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Guest workers that are kept ready. Default 0: the first process of a VM waits for one to start. */
  readonly warmWorkers?: number | undefined
  /** Guest workers that may live at once. Default 8. */
  readonly maxWorkers?: number | undefined
  /**
   * What all randomness comes from: `$RANDOM`, `/dev/urandom`, names of temporary files, ids, and the program's own Random.
   * Default: the present Random.
   */
  readonly seed?: number | undefined
  /** How long the sidecar outlives its last lease, on the Clock. Default: 10 seconds, as a real one. */
  readonly idleTimeToLive?: Duration.DurationInput | undefined
}

/**
 * A server that runs, and its sudden end.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunningServer {
  readonly server: SidecarServer
  /**
   * What the death of a process does: ends every connection with no word, and with it its VMs and their guests, and the
   * workers that are kept ready. A pool that others use, too, is left alone. There is no process that could die: what the
   * server holds in memory goes when the last lease on it is given back.
   */
  readonly kill: () => void
}

/**
 * Where tests take hold of a sidecar.
 *
 * @since 0.1.0
 * @category models
 */
export interface Seams {
  /** What becomes of the connection. */
  readonly link?: ((open: OpenLink) => OpenLink) | undefined
  /** Default: never, since nobody can fall silent on a connection in memory. */
  readonly pingInterval?: Duration.DurationInput | undefined
  /** Looks at every system call of a guest. */
  readonly callProbe?: CallProbe | undefined
  /** Told of a VM before it ends. */
  readonly onRelease?: ServerOptions["onRelease"]
  /** Whether nothing waits on its way in. */
  readonly isSettled?: (() => boolean) | undefined
  /** What the server takes in the place of the host. */
  readonly host?: ((pool: WorkerPool) => Omit<ServerOptions, "admits" | "log" | "attachControl">) | undefined
  /** The link to the server, in the place of one in memory. */
  readonly open?: ((server: SidecarServer) => OpenLink) | undefined
  /** Workers that others use, too. Default: the server has its own. */
  readonly pool?: WorkerPool | undefined
  /** The servers that run. */
  readonly servers?: Set<RunningServer> | undefined
}

const TOKEN = "in-process"

/** What does not depend on the machine. */
const noUsage: Usage = { nodeVersion: process.version, uptimeMs: () => 0, rssBytes: () => 0 }

/**
 * Guest workers that end with the Scope.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makePool = (
  { maxWorkers = 8, warmWorkers = 0 }: Pick<Options, "maxWorkers" | "warmWorkers">
): Effect.Effect<WorkerPool, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const program = pathToFileURL(createRequire(import.meta.url).resolve("#sidecar/shell-worker.js"))
      return new WorkerPool({ program, warm: warmWorkers, max: maxWorkers })
    }),
    (pool) => Effect.promise(() => pool.close())
  )

/**
 * The server of a sidecar in this process; its VMs and workers end with the Scope.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeServer = (sidecarId: string, options: Options): Effect.Effect<SidecarServer, never, Scope.Scope> =>
  Effect.flatMap(HostTime.make(options.seed), (time) => makeServerIn(time, sidecarId, options, {}))

/**
 * The same in a time that is there already, with what tests take hold of it by.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeServerIn = (
  { clock, host }: HostTime.HostTime,
  sidecarId: string,
  options: Options,
  seams: Seams
): Effect.Effect<SidecarServer, never, Scope.Scope> =>
  Effect.gen(function*() {
    fixHashKey()
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    const pool = seams.pool ?? (yield* makePool(options))
    const server = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const server: SidecarServer = new SidecarServer({
          ...(seams.host?.(pool) ?? { ...host, sidecarId, pool }),
          callProbe: seams.callProbe,
          onRelease: seams.onRelease,
          admits: (token) => token === TOKEN,
          log: (line) => void run(Effect.logDebug(line)),
          attachControl: (session) => {
            const fiber = run(serve(server, session, seams.host === undefined ? nodeUsage : noUsage))
            session.onEnd = () => fiber.unsafeInterruptAsFork(fiber.id())
          }
        })
        return server
      }),
      (server) => Effect.sync(() => server.close("the sidecar has ended"))
    )
    const activity: Activity = {
      get isSettled() {
        return (seams.isSettled?.() ?? true) && server.isSettled
      },
      settle: () => server.settle()
    }
    const running: RunningServer = {
      server,
      kill: () => {
        for (const session of server.sessions) session.connection.ended("the sidecar was killed")
        if (seams.pool === undefined) void pool.close()
      }
    }
    yield* memberWhileOpen(clock?.quiescence.activities, activity)
    yield* memberWhileOpen(seams.servers, running)
    return server
  })

const memberWhileOpen = <A>(set: Set<A> | undefined, value: A) =>
  Effect.acquireRelease(
    Effect.sync(() => set?.add(value)),
    () => Effect.sync(() => set?.delete(value))
  )

const connect = (
  time: HostTime.HostTime,
  sidecarId: string,
  options: Options,
  seams: Seams
): Effect.Effect<Attached, SidecarError | TransportError, Scope.Scope> =>
  Effect.gen(function*() {
    const server = yield* makeServerIn(time, sidecarId, options, seams)
    const open = seams.open?.(server) ?? memoryLink(server)
    const transport = yield* ConnectionTransport.make(seams.link?.(open) ?? open, {
      token: TOKEN,
      pingInterval: seams.pingInterval ?? Duration.infinity
    })
    const control = yield* ControlClient.make(transport)
    const exited = Effect.as(transport.closed, new SidecarError({ reason: "Exited", detail: "the sidecar has ended" }))
    return { transport, control, exited }
  })

/**
 * The Sidecar service in a time that is there already, with what tests take hold of it by.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerIn = (time: HostTime.HostTime, options: Options, seams: Seams): Layer.Layer<Sidecar> =>
  Layer.scoped(
    Sidecar,
    SidecarPool.make({
      connect: (sidecarId) => connect(time, sidecarId, options, seams),
      plugins,
      uuid: Effect.sync(time.host.uuid),
      idleTimeToLive: options.idleTimeToLive
    })
  )

const layerOf = (options: Options): Layer.Layer<Sidecar> =>
  Layer.unwrapScoped(Effect.map(HostTime.make(options.seed), (time) => layerIn(time, options, {})))

/** A function that gives a layer, and is itself the layer that it gives without arguments. */
const withDefault = (make: (options?: Options) => Layer.Layer<Sidecar>) => {
  const plain = make()
  return Object.defineProperties(make, {
    ...Object.getOwnPropertyDescriptors(plain),
    [Layer.LayerTypeId]: { value: plain[Layer.LayerTypeId] },
    pipe: { value: plain.pipe }
  }) as Layer.Layer<Sidecar> & typeof make
}

/**
 * The Sidecar service, in this process: `TestSidecar.layer` as it is, or `TestSidecar.layer({ seed: 7 })`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Sidecar> & ((options?: Options) => Layer.Layer<Sidecar>) = withDefault(
  (options = {}) => layerOf(options)
)

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
