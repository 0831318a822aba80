/**
 * A socket as the byte stream of a session.
 */
import type { Socket } from "node:net"
import type { SidecarServer } from "./server.ts"

/** Takes a socket as a new connection; `onEnd` runs when the connection is over. */
export const attach = (server: SidecarServer, socket: Socket, onEnd: () => void): void => {
  const session = server.accept(
    {
      send: (parts) => {
        socket.cork()
        for (const part of parts) socket.write(part)
        socket.uncork()
        return !socket.writableNeedDrain
      },
      close: () => socket.end()
    },
    onEnd
  )
  socket.on("data", (bytes: Uint8Array) => session.connection.receive(bytes))
  socket.on("drain", () => session.connection.writable())
  socket.on("error", (error) => session.connection.ended(error.message))
  socket.on("close", () => session.connection.ended("the host has closed the connection"))
}
