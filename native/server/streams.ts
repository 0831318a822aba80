/**
 * Streams of an operation, on the sidecar's side: what the host sends is taken in under the VM's turn, what the host is
 * sent is produced as its credit allows.
 */
import type * as Codec from "../../src/wire/Codec.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import { CHUNK_BYTES, joined, pump, record, RecordParser } from "../../src/wire/Stream.ts"
import { isPause, passing, type Pause, ready, Wait, type Work } from "../kernel/filesystem/steps.ts"
import type { Vm } from "../kernel/vm.ts"
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

/** Bytes of small parts that are put together before they are sent. */
const PACKED_BYTES = CHUNK_BYTES / 2
/** Parts that are produced in one step at most. */
const STEP_PARTS = 48

/**
 * Sends parts of any size, small ones put together, then answers with nothing. They are produced in the turns of their
 * owner, a short step in each and only while the host has credit; a pause among them ends a step. What producing them
 * throws becomes the answer. `release` runs once, at the end, whatever the end is.
 */
export const sendParts = (
  session: Session,
  exchange: Exchange,
  owner: Vm,
  produced: Generator<Uint8Array | Pause, void, void>,
  release: () => void = () => {}
): void => {
  const parts = owner.perform(() => produced, false)
  let released = false
  const end = () => {
    if (!released) release()
    released = true
  }
  let queued = false
  let ended = false
  let waiting = false
  let small: Array<Uint8Array> = []
  let bytes = 0
  let piece: Uint8Array = nothing
  const produce = (): void => {
    for (let taken = 0; bytes < PACKED_BYTES && taken < STEP_PARTS; taken++) {
      const next = parts.next()
      ended = next.done === true
      if (ended || !next.value) return
      if (next.value instanceof Wait) {
        waiting = true
        return next.value.park(resume)
      }
      if (!(next.value instanceof Uint8Array)) throw new Error("a part needs what nobody brings")
      small.push(next.value)
      bytes += next.value.length
    }
  }
  const turn = (): void => {
    queued = false
    if (exchange.over) return
    if (piece.length === 0 && !ended) produce()
    if (piece.length === 0 && (ended || bytes >= PACKED_BYTES)) {
      piece = join(small, bytes)
      small = []
      bytes = 0
    }
    if (piece.length > 0) {
      const size = Math.min(piece.length, exchange.writable, CHUNK_BYTES)
      exchange.write(piece.subarray(0, size))
      piece = piece.subarray(size)
    }
    if (piece.length > 0 || !ended || bytes > 0) return schedule()
    end()
    exchange.respond(nothing)
  }
  const resume = (): void => {
    waiting = false
    schedule()
  }
  const schedule = (): void => {
    if (queued || waiting || exchange.writable <= 0) return
    queued = true
    session.server.queue.add(owner, () =>
      session.guard(exchange, () => {
        try {
          turn()
        } catch (thrown) {
          end()
          throw thrown
        }
      }))
  }
  exchange.handlers.onWritable = schedule
  exchange.handlers.onCancel = end
  schedule()
}

/** The records of values, with the pauses among them. */
export const recordsOf = function*<A>(
  codec: Codec.Codec<A>,
  values: Iterable<A | Pause>
): Generator<Uint8Array | Pause, void, void> {
  for (const value of values) yield isPause(value) ? value : record(codec, value)
}

/** Sends the values as records, as `sendParts` sends parts. */
export const sendRecords = <A>(
  session: Session,
  exchange: Exchange,
  owner: Vm,
  codec: Codec.Codec<A>,
  values: Iterable<A | Pause>
): void => sendParts(session, exchange, owner, recordsOf(codec, values))

/**
 * A record that ends in content too large for one step: `head` is the record without it. The content must stay as it is
 * until all of it has been taken.
 */
export const largeRecord = function*(
  head: Uint8Array,
  content: { readonly size: number; readonly read: (offset: number, length: number) => Uint8Array }
): Generator<Uint8Array | Pause, void, void> {
  const view = new DataView(head.buffer, head.byteOffset)
  view.setUint32(0, view.getUint32(0, true) + content.size, true)
  yield head
  for (let at = 0; at < content.size; at += CHUNK_BYTES) {
    yield yield* ready(() => content.read(at, CHUNK_BYTES))
  }
}

/** What becomes of the host's stream. */
export interface Intake {
  readonly onBytes: (bytes: Uint8Array) => Work | void
  readonly onEnd: () => Work | void
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
  const inTurn = (run: () => Work | void) => {
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
        const work = intake.onBytes(bytes)
        if (work !== undefined) return steps(work, () => exchange.grant(bytes.length))
        return exchange.grant(bytes.length)
      }),
    () =>
      inTurn(() => {
        over = true
        return intake.onEnd()
      })
  )
}

/** Takes in the host's stream as records. One that lies within a chunk is a view of it, good until `onRecord` is done. */
export const receiveRecords = <A>(
  session: Session,
  exchange: Exchange,
  owner: object,
  codec: Codec.Codec<A>,
  maxBytes: number,
  intake: {
    readonly onRecord: (value: A) => Work | void
    readonly onTooLarge: () => never
    readonly onEnd: () => Work | void
  }
): void => {
  let parsed: Array<A> = []
  const parser = new RecordParser(codec, maxBytes, (value) => void parsed.push(value), intake.onTooLarge)
  receive(session, exchange, owner, {
    onBytes: (bytes) => {
      parser.push(bytes)
      const values = parsed
      parsed = []
      return each(values, intake.onRecord)
    },
    onEnd: () => {
      parser.finish()
      return intake.onEnd()
    }
  })
}

/** Records that are dealt with in one step. */
const STEP_RECORDS = 16

const each = function*<A>(values: ReadonlyArray<A>, onRecord: (value: A) => Work | void): Work {
  for (let at = 0; at < values.length; at++) {
    const work = onRecord(values[at])
    if (work !== undefined) yield* passing(work)
    if (at % STEP_RECORDS === STEP_RECORDS - 1) yield
  }
}

/** Runs steps one by one, then `done` with what they came to. */
export const steps = function*<A>(work: Work<A>, done: (value: A) => void): Work {
  done(yield* passing(work))
}

const nothing = new Uint8Array(0)

const join = (parts: ReadonlyArray<Uint8Array>, bytes: number): Uint8Array =>
  parts.length === 1 ? parts[0] : joined(parts, bytes)
