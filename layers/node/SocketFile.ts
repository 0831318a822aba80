/**
 * The file of a Unix socket on which a sidecar listens. The sidecar itself may touch no file, so its host sees to it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { lstat, rm } from "node:fs/promises"
import { connect } from "node:net"

/**
 * Makes room for a socket, and removes it with the Scope. What a sidecar that was killed left behind goes away; what is
 * no socket, or is listened on, stays, so that listening there fails.
 *
 * @since 0.1.0
 * @category constructors
 */
export const socketFile = (path: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(removeAbandoned(path), () => removeAbandoned(path))

const removeAbandoned = (path: string): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (await isSocket(path) && await isAbandoned(path)) await rm(path, { force: true })
  })

const isSocket = async (path: string): Promise<boolean> => {
  try {
    return (await lstat(path)).isSocket()
  } catch {
    return false
  }
}

const isAbandoned = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    const settle = (abandoned: boolean) => {
      socket.destroy()
      resolve(abandoned)
    }
    socket.once("connect", () => settle(false))
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code === "ECONNREFUSED"))
  })
