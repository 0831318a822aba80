/**
 * An exchange whose streams are driven by Effects.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CallError, Duplex } from "../../services/Transport.ts"
import type { TransportError } from "../../src/errors/TransportError.ts"
import * as Codec from "../../src/wire/Codec.ts"
import type { Connection } from "../../src/wire/Connection.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import type { Operation } from "../../src/wire/Operations.ts"
import { CHUNK_BYTES } from "../../src/wire/Stream.ts"
import { checkAdmission, decoded, failureOf } from "./Call.ts"

/**
 * Opens a request with streams both ways. The bytes of the other side wait in a mailbox, which its credit bounds.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeDuplex = <A, B>(
  connection: Connection,
  operation: Operation<A, B>,
  request: A
): Effect.Effect<Duplex<B>, TransportError, Scope.Scope> =>
  Effect.gen(function*() {
    const body = Codec.encode(operation.request, request)
    const refusal = checkAdmission(connection, operation.name, body.length)
    if (refusal !== undefined) return yield* Effect.fail(refusal)
    const mailbox = yield* Mailbox.make<Uint8Array, CallError>()
    const response = yield* Deferred.make<B, CallError>()
    const writer = new Writer()
    const settle = (answer: Effect.Effect<B, CallError>, end: Exit.Exit<void, CallError>) => {
      Deferred.unsafeDone(response, answer)
      mailbox.unsafeDone(end)
      writer.close()
    }
    const exchange = yield* Effect.acquireRelease(
      Effect.sync(() =>
        connection.request(operation.code, body, {
          onChunk: (bytes) => void mailbox.unsafeOffer(bytes),
          onWritable: () => writer.wake(),
          onResponse: (answer) => settle(decoded(operation.response, answer), Exit.void),
          onFailure: (failure) => settle(Effect.fail(failureOf(failure)), Exit.fail(failureOf(failure)))
        })
      ),
      (exchange) => Effect.sync(() => exchange.cancel())
    )
    return {
      down: downStream(mailbox, exchange),
      write: (bytes) => writer.write(exchange, bytes),
      end: Effect.sync(() => writer.end(exchange)),
      response: Deferred.await(response)
    }
  })

/** What has arrived, at once; the sender gets new credit for it only now. */
const downStream = (mailbox: Mailbox.Mailbox<Uint8Array, CallError>, exchange: Exchange) =>
  Stream.repeatEffectChunkOption(
    mailbox.takeAll.pipe(
      Effect.mapError(Option.some),
      Effect.flatMap(([chunks, done]) => {
        for (const bytes of chunks) exchange.grant(bytes.length)
        return done && chunks.length === 0 ? Effect.fail(Option.none()) : Effect.succeed(chunks)
      })
    )
  )

/**
 * One side of the streams of an exchange: waits for credit, and lets go when the answer is there.
 *
 * @since 0.1.0
 * @category models
 */
export class Writer {
  private waiting: (() => void) | undefined
  private closed = false

  wake(): void {
    const waiting = this.waiting
    this.waiting = undefined
    waiting?.()
  }

  close(): void {
    this.closed = true
    this.wake()
  }

  end(exchange: Exchange): void {
    if (!this.closed) exchange.end()
  }

  write(exchange: Exchange, bytes: Uint8Array): Effect.Effect<void> {
    return Effect.suspend(() => {
      let rest = bytes
      while (rest.length > 0) {
        if (this.closed) return Effect.void
        const size = Math.min(rest.length, exchange.writable, CHUNK_BYTES)
        if (size <= 0) return Effect.zipRight(this.credit, this.write(exchange, rest))
        exchange.write(rest.subarray(0, size))
        rest = rest.subarray(size)
      }
      return Effect.void
    })
  }

  private readonly credit = Effect.async<void>((resume) => {
    this.waiting = () => resume(Effect.void)
    return Effect.sync(() => {
      this.waiting = undefined
    })
  })
}
