/**
 * A Transport over a Unix socket on which a sidecar listens.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { connect, type Socket } from "node:net"
import type { TransportShape } from "../../services/Transport.ts"
import { Transport } from "../../services/Transport.ts"
import { TransportError } from "../../src/errors/TransportError.ts"
import * as ConnectionTransport from "../remote/ConnectionTransport.ts"
import { socketLink } from "./SocketLink.ts"

/**
 * Connects to a socket and shakes hands. The token is required.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeUnix = (
  path: string,
  options: ConnectionTransport.Options
): Effect.Effect<TransportShape, TransportError, Scope.Scope> =>
  ConnectionTransport.make(
    socketLink(Effect.async<Socket, TransportError>((resume) => {
      const socket = connect(path)
      const fail = (error: Error) =>
        resume(Effect.fail(new TransportError({ reason: "Closed", detail: `cannot connect: ${error.message}` })))
      socket.once("error", fail)
      socket.once("connect", () => {
        socket.off("error", fail)
        resume(Effect.succeed(socket))
      })
      return Effect.sync(() => socket.destroy())
    })),
    options
  )

/**
 * @since 0.1.0
 * @category layers
 */
export const layerUnix = (
  path: string,
  options: ConnectionTransport.Options
): Layer.Layer<Transport, TransportError> => Layer.scoped(Transport, makeUnix(path, options))
