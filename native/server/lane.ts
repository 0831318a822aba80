/**
 * A socket as the byte stream of a session.
 */
import type { ConnectOpts, SocketConstructorOpts } from "node:net"
import { Socket } from "node:net"
import type { SidecarServer } from "./server.ts"

/** What one read takes in at most. */
const READ_BYTES = 256 * 1024

/**
 * Takes a descriptor as a connection. What it receives is read into one buffer over and over: large content then leaves no
 * trail of buffers to collect.
 */
export const open = (server: SidecarServer, fd: number, onEnd: () => void): void => {
  const made: { receive?: (bytes: Uint8Array) => void } = {}
  const options: SocketConstructorOpts & ConnectOpts = {
    fd,
    readable: true,
    writable: true,
    onread: {
      buffer: new Uint8Array(READ_BYTES),
      callback: (bytes, buffer) => {
        made.receive?.(buffer.subarray(0, bytes))
        return true
      }
    }
  }
  const socket = new Socket(options)
  made.receive = attach(server, socket, onEnd)
  // its end is seen only when it is read
  socket.resume()
}

/** Takes a socket as a new connection; `onEnd` runs when the connection is over. Gives what takes received bytes in. */
export const attach = (server: SidecarServer, socket: Socket, onEnd: () => void): (bytes: Uint8Array) => void => {
  const session = server.accept(
    {
      send: (parts) => {
        // gathering costs more than one part does
        if (parts.length > 1) socket.cork()
        for (const part of parts) socket.write(part)
        if (parts.length > 1) socket.uncork()
        return !socket.writableNeedDrain
      },
      close: () => socket.end()
    },
    onEnd
  )
  const receive = (bytes: Uint8Array) => session.connection.receive(bytes)
  socket.on("data", receive)
  socket.on("drain", () => session.connection.writable())
  socket.on("error", (error) => session.connection.ended(error.message))
  socket.on("close", () => session.connection.ended("the host has closed the connection"))
  return receive
}
