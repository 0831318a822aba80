/**
 * A Node.js socket as the byte stream of a Transport.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Socket } from "node:net"
import type { TransportError } from "../../src/errors/TransportError.ts"
import type { OpenLink } from "../remote/ConnectionTransport.ts"

/**
 * Attaches a connection to a socket. The socket is destroyed with the Scope, after what was written has gone out.
 *
 * @since 0.1.0
 * @category constructors
 */
export const socketLink = (open: Effect.Effect<Socket, TransportError, Scope.Scope>): OpenLink => (events) =>
  Effect.gen(function*() {
    const socket = yield* Effect.acquireRelease(open, (socket) => Effect.sync(() => socket.destroySoon()))
    socket.on("data", (bytes: Uint8Array) => events.receive(bytes))
    socket.on("drain", () => events.writable())
    socket.on("error", (error) => events.ended(error.message))
    socket.on("close", () => events.ended("the sidecar has closed the connection"))
    return {
      send: (parts) => {
        // gathering costs more than one part does
        if (parts.length > 1) socket.cork()
        for (const part of parts) socket.write(part)
        if (parts.length > 1) socket.uncork()
        return !socket.writableNeedDrain
      },
      close: () => void socket.end()
    }
  })
