/** Connections whose frames are counted, and the sidecars behind them. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { connect as connectSocket, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { plugins } from "../../layers/node/plugins.ts"
import { connect } from "../../layers/node/SidecarProcess.ts"
import { socketLink } from "../../layers/node/SocketLink.ts"
import type { OpenLink } from "../../layers/remote/ConnectionTransport.ts"
import * as ConnectionTransport from "../../layers/remote/ConnectionTransport.ts"
import * as ControlClient from "../../layers/remote/ControlClient.ts"
import * as SidecarPool from "../../layers/remote/SidecarPool.ts"
import * as HostTime from "../../layers/testing/HostTime.ts"
import * as TestSidecar from "../../layers/testing/TestSidecar.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import { TransportError } from "../../src/errors/TransportError.ts"
import { FrameParser, Kind } from "../../src/wire/Frame.ts"
import type { Subject } from "./layers.ts"

const MAX_FRAME = 2 ** 21

/** What has gone over a connection since `reset`, as the host sees it. */
export class Frames {
  requests = 0
  answers = 0
  /** Bytes of streams. */
  received = 0
  sent = 0

  reset(): void {
    this.requests =
      this.answers =
      this.received =
      this.sent =
        0
  }

  readonly wrap = (open: OpenLink): OpenLink => (events) => {
    const incoming = new FrameParser(MAX_FRAME, (kind, _, body) => {
      if (kind === Kind.response || kind === Kind.failure) this.answers++
      if (kind === Kind.chunk) this.received += body.length
    })
    const outgoing = new FrameParser(MAX_FRAME, (kind, _, body) => {
      if (kind === Kind.request) this.requests++
      if (kind === Kind.chunk) this.sent += body.length
    })
    const receive = (bytes: Uint8Array) => {
      incoming.push(bytes.slice())
      events.receive(bytes)
    }
    return Effect.map(open({ ...events, receive }), (link) => ({
      send: (parts) => {
        for (const part of parts) outgoing.push(part.slice())
        return link.send(parts)
      },
      close: () => link.close()
    }))
  }
}

const socketTo = (path: string) =>
  Effect.async<Socket, TransportError>((resume) => {
    const socket = connectSocket(path)
    socket.once("connect", () => resume(Effect.succeed(socket)))
    socket.once("error", ({ message }) => resume(new TransportError({ reason: "Closed", detail: message })))
  })

const inProcess = (frames: Frames): Layer.Layer<Sidecar> =>
  Layer.unwrapScoped(Effect.map(
    HostTime.make(undefined),
    (time) => TestSidecar.layerIn(time, {}, { link: frames.wrap })
  ))

const overSocket = (frames: Frames): Layer.Layer<Sidecar> =>
  Layer.scoped(
    Sidecar,
    SidecarPool.make({
      connect: (sidecarId) =>
        Effect.gen(function*() {
          const home = yield* Effect.acquireRelease(
            Effect.sync(() => mkdtempSync(join(tmpdir(), "agent-os-frames-"))),
            (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
          )
          const socketPath = join(home, "sidecar.sock")
          const process = yield* connect(sidecarId, { socketPath })
          const link = frames.wrap(socketLink(socketTo(socketPath)))
          const transport = yield* ConnectionTransport.make(link, { token: process.token })
          return { ...process, transport, control: yield* ControlClient.make(transport) }
        }),
      plugins,
      uuid: Effect.sync(randomUUID)
    })
  )

/** Sidecars with the count of their frames. */
export const counted: ReadonlyArray<Subject & { readonly frames: Frames }> = [
  { name: "TestSidecar", make: inProcess },
  { name: "NodeSidecar over a Unix socket", make: overSocket }
].map(({ make, name }) => {
  const frames = new Frames()
  return { name, frames, layer: make(frames) }
})
