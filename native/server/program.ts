/**
 * The part of the sidecar program that serves: loaded when the first guest workers are already starting, since it is
 * large and they need none of it.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { timingSafeEqual } from "node:crypto"
import { createServer } from "node:net"
import { bundledBase } from "../kernel/root.ts"
import type { WorkerPool } from "../kernel/workers/pool.ts"
import { serve } from "./control.ts"
import { attach, open } from "./lane.ts"
import { nodeHost, nodeUsage } from "./node-host.ts"
import { collectGarbage, Reclaimer } from "./reclaim.ts"
import { SidecarServer } from "./server.ts"

export interface ProgramOptions {
  readonly sidecarId: string
  readonly token: string
  /** Path of a Unix socket on which further connections are taken. */
  readonly socketPath?: string | undefined
  readonly pool: WorkerPool
  /** Descriptor of the framed connection. */
  readonly lane: number
  readonly log: (line: string) => void
  readonly exit: (code: number) => void
}

/** Milliseconds between two looks at whether memory can be given back. */
const RECLAIM_PERIOD = 1000

/** Serves the connection on the lane, and those on the socket if there is one. */
export const serveProgram = (options: ProgramOptions): void => {
  const server = makeServer(options)
  open(server, options.lane, () => options.exit(0))
  if (options.socketPath !== undefined) listen(server, options.socketPath, options)
  const reclaimer = new Reclaimer(server, collectGarbage)
  setInterval(() => reclaimer.tick(), RECLAIM_PERIOD).unref()
  bundledBase()
}

const makeServer = ({ log, pool, sidecarId, token }: ProgramOptions): SidecarServer => {
  const expected = Buffer.from(token)
  const server = new SidecarServer({
    sidecarId,
    ...nodeHost,
    admits: (token) => {
      const given = Buffer.from(token)
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
    pool,
    log,
    attachControl: (session) => {
      const fiber = Effect.runFork(serve(server, session, nodeUsage))
      session.onEnd = () => Effect.runFork(Fiber.interruptFork(fiber))
    }
  })
  return server
}

const listen = (server: SidecarServer, path: string, { exit, log }: ProgramOptions): void => {
  const listener = createServer((socket) => {
    attach(server, socket, () => {})
  })
  listener.on("error", (error) => {
    log(`cannot listen on the socket: ${error.message}`)
    exit(4)
  })
  // closing removes the socket's file, at once: this process may end because its host was killed
  listener.on("listening", () => process.once("exit", () => listener.close()))
  listener.listen(path)
}
