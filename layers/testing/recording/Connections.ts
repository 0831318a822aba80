/**
 * Connections of sidecars that are recorded or replayed: what comes in passes the gate, what goes out leaves a mark there.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Gate, RecordingGate } from "../../../native/record/gate.ts"
import type { Entry } from "../../../native/record/log.ts"
import { hashOf } from "../../../native/record/log.ts"
import { rootHash } from "../../../native/record/root-hash.ts"
import type { SidecarServer } from "../../../native/server/server.ts"
import type { Session } from "../../../native/server/session.ts"
import type { OpenLink } from "../../remote/ConnectionTransport.ts"
import type { Seams } from "../TestSidecar.ts"

type Output = Gate["output"]

const nothing = new Uint8Array(0)

/**
 * Marks the root of each VM that ends.
 *
 * @since 0.1.0
 * @category constructors
 */
export const markRoots = (output: Output): Seams["onRelease"] => {
  let released = 0
  return (vm) => {
    const snapshot = vm.rootSnapshot()
    if (snapshot === undefined) return
    const hash = rootHash(snapshot)
    output("root", released++, Buffer.from(hash, "hex"), hash)
  }
}

/** A session whose bytes leave a mark on their way out. */
const acceptMarked = (
  server: SidecarServer,
  index: number,
  output: Output,
  send: (bytes: Uint8Array) => void,
  close: () => void
): Session =>
  server.accept({
    send: (parts) => {
      const bytes = new Uint8Array(Buffer.concat(parts))
      output("sent", index, hashOf(bytes), `${bytes.length} bytes`)
      send(bytes)
      return true
    },
    close: () => {
      output("closed", index, nothing, "")
      close()
    }
  })

/**
 * A connection in memory that is recorded.
 *
 * @since 0.1.0
 * @category constructors
 */
export const recordedLink = (server: SidecarServer, gate: RecordingGate): OpenLink => {
  let connections = 0
  return (events) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const index = connections++
        let session: Session | undefined
        let open = true
        const input = (kind: "open" | "bytes" | "ended", body: Uint8Array, note: string, run: () => void) =>
          gate.input({ kind, index, body, note, run })
        const end = (detail: string) => {
          if (!open) return
          open = false
          input("ended", nothing, detail, () => session?.connection.ended(detail))
          queueMicrotask(() => events.ended(detail))
        }
        input("open", nothing, "", () => {
          session = acceptMarked(
            server,
            index,
            gate.output,
            (bytes) => queueMicrotask(() => events.receive(bytes)),
            () => end("the sidecar has closed the connection")
          )
        })
        return {
          send: (parts: ReadonlyArray<Uint8Array>) => {
            const bytes = new Uint8Array(Buffer.concat(parts))
            if (open) input("bytes", bytes, `${bytes.length} bytes`, () => session?.connection.receive(bytes))
            return true
          },
          close: () => end("the host has closed the connection")
        }
      }),
      (link) => Effect.sync(link.close)
    )
}

/**
 * The connections of a replay, by what was recorded of them. What is sent on them is compared and goes nowhere.
 *
 * @since 0.1.0
 * @category constructors
 */
export const replayedConnections = (server: () => SidecarServer, output: Output): (entry: Entry) => void => {
  const sessions = new Map<number, Session>()
  return ({ body, index, kind, note }) => {
    if (kind === "open") {
      sessions.set(index, acceptMarked(server(), index, output, () => {}, () => {}))
    } else if (kind === "bytes") sessions.get(index)?.connection.receive(body)
    else sessions.get(index)?.connection.ended(note)
  }
}
