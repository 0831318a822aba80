/**
 * Streams of an operation, on the sidecar's side: what the host sends is taken in under the VM's turn, what the host is
 * sent is produced as its credit allows.
 */
import type * as Codec from "../../src/wire/Codec.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import { CHUNK_BYTES, pump, record, RecordParser } from "../../src/wire/Stream.ts"
import type { Session } from "./session.ts"

/**
 * Sends what `next` gives, then answers with nothing. What `next` throws becomes the answer. `release` runs once, at the
 * end, whatever the end is.
 */
export const send = (
  session: Session,
  exchange: Exchange,
  next: () => Uint8Array | undefined,
  release: () => void = () => {}
): void => {
  exchange.handlers.onCancel = release
  pump(
    exchange,
    () => {
      try {
        return next()
      } catch (thrown) {
        exchange.fail(session.server.failureOf(thrown))
        return undefined
      }
    },
    () => {
      release()
      // no answer where it has failed
      exchange.respond(nothing)
    }
  )
}

/** Packs the records of values into pieces; each `next` makes about one chunk of them. */
export const packed = <A>(codec: Codec.Codec<A>, values: Iterator<A>): () => Uint8Array | undefined => () => {
  const parts: Array<Uint8Array> = []
  let bytes = 0
  while (bytes < CHUNK_BYTES / 2) {
    const next = values.next()
    if (next.done === true) break
    const part = record(codec, next.value)
    parts.push(part)
    bytes += part.length
  }
  return parts.length === 0 ? undefined : join(parts, bytes)
}

/** Sends the values as records, then answers with nothing. */
export const sendRecords = <A>(
  session: Session,
  exchange: Exchange,
  codec: Codec.Codec<A>,
  values: Iterator<A>
): void => send(session, exchange, packed(codec, values))

/** What becomes of the host's stream. */
export interface Intake {
  readonly onBytes: (bytes: Uint8Array) => void
  readonly onEnd: () => Iterator<void> | void
  /** The request was withdrawn, or failed. */
  readonly onAbandon?: () => void
}

/**
 * Takes in the host's stream, each chunk in the turn of its owner; credit goes back only then. A throw ends the request.
 */
export const receive = (session: Session, exchange: Exchange, owner: object, intake: Intake): void => {
  let over = false
  const abandon = () => {
    if (over) return
    over = true
    intake.onAbandon?.()
  }
  const inTurn = (run: () => Iterator<void> | void) => {
    session.server.queue.add(owner, () => {
      if (over || exchange.over) return
      return session.guard(exchange, () => {
        try {
          return run()
        } catch (thrown) {
          abandon()
          throw thrown
        }
      })
    })
  }
  exchange.handlers.onCancel = abandon
  exchange.listen(
    (bytes) =>
      inTurn(() => {
        intake.onBytes(bytes)
        exchange.grant(bytes.length)
      }),
    () =>
      inTurn(() => {
        over = true
        return intake.onEnd()
      })
  )
}

/** Takes in the host's stream as records. */
export const receiveRecords = <A>(
  session: Session,
  exchange: Exchange,
  owner: object,
  codec: Codec.Codec<A>,
  maxBytes: number,
  intake: {
    readonly onRecord: (value: A) => void
    readonly onTooLarge: () => never
    readonly onEnd: () => Iterator<void> | void
  }
): void => {
  const parser = new RecordParser(codec, maxBytes, intake.onRecord, intake.onTooLarge)
  receive(session, exchange, owner, {
    onBytes: (bytes) => parser.push(bytes),
    onEnd: () => {
      parser.finish()
      return intake.onEnd()
    }
  })
}

/** Runs steps one by one, then `done`. */
export const steps = function*(work: Iterator<void>, done: () => void): Iterator<void> {
  while (work.next().done !== true) yield
  done()
}

const nothing = new Uint8Array(0)

const join = (parts: ReadonlyArray<Uint8Array>, bytes: number): Uint8Array => {
  if (parts.length === 1) return parts[0]
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
