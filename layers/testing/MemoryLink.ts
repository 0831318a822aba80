/**
 * A connection to a server in the same process: bytes are handed over in the next turn of the microtask queue, cut and
 * joined by nobody.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { SidecarServer } from "../../native/server/server.ts"
import type { OpenLink } from "../remote/ConnectionTransport.ts"

/**
 * @since 0.1.0
 * @category constructors
 */
export const memoryLink = (server: SidecarServer): OpenLink => (events) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let open = true
      const end = (detail: string) => {
        if (!open) return
        open = false
        queueMicrotask(() => {
          events.ended(detail)
          session.connection.ended(detail)
        })
      }
      const session = server.accept({
        send: (parts) => deliver(parts, events.receive),
        close: () => end("the sidecar has closed the connection")
      })
      return {
        // what is under way when one side closes still arrives
        send: (parts: ReadonlyArray<Uint8Array>) => deliver(parts, (bytes) => session.connection.receive(bytes)),
        close: () => end("the host has closed the connection")
      }
    }),
    (link) => Effect.sync(link.close)
  )

const deliver = (parts: ReadonlyArray<Uint8Array>, receive: (bytes: Uint8Array) => void): boolean => {
  queueMicrotask(() => {
    for (const part of parts) receive(part)
  })
  return true
}
