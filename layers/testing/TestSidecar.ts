/**
 * A sidecar inside the test's own process: the same server, kernel and wire as the real one, over a connection in memory.
 * Guests run in workers as always; a VM that runs nothing starts none.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import { WorkerPool } from "../../native/kernel/workers/pool.ts"
import { serve } from "../../native/server/control.ts"
import { nodeHost, nodeUsage } from "../../native/server/node-host.ts"
import { SidecarServer } from "../../native/server/server.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import type { TransportError } from "../../src/errors/TransportError.ts"
import { readDirectory } from "../node/HostDirectory.ts"
import * as ConnectionTransport from "../remote/ConnectionTransport.ts"
import * as ControlClient from "../remote/ControlClient.ts"
import * as SidecarPool from "../remote/SidecarPool.ts"
import type { Connected } from "../remote/VmLink.ts"
import { memoryLink } from "./MemoryLink.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Guest workers that are kept ready. Default 0: the first process of a VM waits for one to start. */
  readonly warmWorkers?: number | undefined
  /** Guest workers that may live at once. Default 8. */
  readonly maxWorkers?: number | undefined
}

const TOKEN = "in-process"

/**
 * The server of a sidecar in this process; its VMs and workers end with the Scope.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeServer = (sidecarId: string, options: Options): Effect.Effect<SidecarServer, never, Scope.Scope> =>
  Effect.gen(function*() {
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    const pool = yield* Effect.acquireRelease(
      Effect.sync(() =>
        new WorkerPool({
          program: pathToFileURL(createRequire(import.meta.url).resolve("#sidecar/shell-worker.js")),
          warm: options.warmWorkers ?? 0,
          max: options.maxWorkers ?? 8
        })
      ),
      (pool) => Effect.promise(() => pool.close())
    )
    return yield* Effect.acquireRelease(
      Effect.sync(() => {
        const server: SidecarServer = new SidecarServer({
          sidecarId,
          ...nodeHost,
          admits: (token) => token === TOKEN,
          pool,
          log: (line) => void run(Effect.logDebug(line)),
          attachControl: (session) => {
            const fiber = run(serve(server, session, nodeUsage))
            session.onEnd = () => fiber.unsafeInterruptAsFork(fiber.id())
          }
        })
        return server
      }),
      (server) => Effect.sync(() => server.close("the sidecar has ended"))
    )
  })

const connect = (
  sidecarId: string,
  options: Options
): Effect.Effect<Connected, SidecarError | TransportError, Scope.Scope> =>
  Effect.gen(function*() {
    const server = yield* makeServer(sidecarId, options)
    const transport = yield* ConnectionTransport.make(memoryLink(server), { token: TOKEN })
    const control = yield* ControlClient.make(transport)
    const exited = Effect.as(transport.closed, new SidecarError({ reason: "Exited", detail: "the sidecar has ended" }))
    return { transport, control, exited }
  })

/**
 * The Sidecar service, in this process, with options of one's own.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (options: Options): Layer.Layer<Sidecar> =>
  Layer.scoped(
    Sidecar,
    SidecarPool.make({
      connect: (sidecarId) => connect(sidecarId, options),
      readDirectory,
      uuid: Effect.sync(randomUUID)
    })
  )

/**
 * The Sidecar service, in this process.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Sidecar> = layerWith({})
