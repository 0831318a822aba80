/** A bare byte stream to a sidecar, for what no well-behaved host sends. */
import { connect, type Socket } from "node:net"
import { FrameParser, header, Kind } from "../../src/wire/Frame.ts"

export interface Answer {
  readonly kind: number
  readonly id: number
  readonly body: Uint8Array
}

/** Sends bytes over a socket of its own and gives what comes back until the sidecar closes it, or a while has passed. */
export const exchange = (path: string, bytes: Uint8Array, patience = 2000) =>
  new Promise<{ readonly frames: ReadonlyArray<Answer>; readonly closed: boolean }>((resolve) => {
    const frames: Array<Answer> = []
    const parser = new FrameParser(2 ** 21, (kind, id, body) => void frames.push({ kind, id, body: body.slice() }))
    const socket: Socket = connect(path, () => socket.write(bytes))
    const timer = setTimeout(() => settle(false), patience)
    const settle = (closed: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ frames, closed })
    }
    socket.on("data", (data: Uint8Array) => parser.push(data))
    socket.on("error", () => {})
    socket.on("close", () => settle(true))
  })

/** A whole frame. */
export const frame = (kind: number, id: number, body: Uint8Array = new Uint8Array(0)): Uint8Array =>
  new Uint8Array(Buffer.concat([header(kind as Kind, id, body.length), body]))

/** A request as its frame. */
export const request = (id: number, operation: number, body: Uint8Array): Uint8Array =>
  frame(Kind.request, id, new Uint8Array([operation & 0xff, operation >>> 8, ...body]))

/** The text within a goaway, behind its reason. */
export const goawayText = ({ body }: Answer): string => Buffer.from(body.subarray(5)).toString()
