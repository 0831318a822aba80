/**
 * One request and its answer over a connection, and what can be wrong with either.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { CallOptions } from "../../services/Transport.ts"
import { TransportError } from "../../src/errors/TransportError.ts"
import * as Codec from "../../src/wire/Codec.ts"
import type { CloseCause, Connection } from "../../src/wire/Connection.ts"
import { DEFAULT_MAX_EXCHANGES } from "../../src/wire/Connection.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import { WireFailure } from "../../src/wire/Failure.ts"
import type { Operation } from "../../src/wire/Operations.ts"
import { pump } from "../../src/wire/Stream.ts"

/**
 * The error for a connection's end.
 *
 * @since 0.1.0
 * @category conversions
 */
export const errorOf = (cause: CloseCause): TransportError =>
  new TransportError({ reason: cause.reason, detail: cause.detail })

/**
 * The error for an answer that is none.
 *
 * @since 0.1.0
 * @category conversions
 */
export const failureOf = (failure: WireFailure | CloseCause): TransportError | WireFailure =>
  failure instanceof WireFailure ? failure : errorOf(failure)

/**
 * Interruption withdraws the request.
 *
 * @since 0.1.0
 * @category combinators
 */
export const call = <A, B>(
  connection: Connection,
  operation: Operation<A, B>,
  request: A,
  options: Omit<CallOptions, "deadline"> | undefined
): Effect.Effect<B, TransportError | WireFailure> =>
  Effect.async((resume) => {
    const failed = checkAdmission(connection, operation.name, 0)
    if (failed !== undefined) return resume(Effect.fail(failed))
    const body = Codec.encode(operation.request, request)
    const tooLarge = checkAdmission(connection, operation.name, body.length)
    if (tooLarge !== undefined) return resume(Effect.fail(tooLarge))
    const exchange: Exchange = connection.request(operation.code, body, {
      onResponse: (answer) => resume(decoded(operation.response, answer)),
      onFailure: (failure) => resume(Effect.fail(failureOf(failure)))
    })
    // a throw must not reach the link, which serves every other call
    const guarded = <A>(run: () => A): A | undefined => {
      try {
        return run()
      } catch (fault) {
        exchange.cancel()
        resume(unusable(fault))
        return undefined
      }
    }
    const { down, place, up } = options ?? {}
    if (place !== undefined) exchange.handlers.place = place
    if (down !== undefined) {
      exchange.handlers.onChunk = (bytes) =>
        guarded(() => {
          down(bytes)
          exchange.grant(bytes.length)
        })
    }
    if (up !== undefined) pump(exchange, () => guarded(up), () => exchange.end())
    return Effect.sync(() => exchange.cancel())
  })

/**
 * Why a request cannot be sent now, if so.
 *
 * @since 0.1.0
 * @category conversions
 */
export const checkAdmission = (connection: Connection, name: string, bytes: number): TransportError | undefined => {
  if (connection.closed !== undefined) return errorOf(connection.closed)
  if (!connection.admits) {
    return new TransportError({ reason: "Overloaded", detail: `${DEFAULT_MAX_EXCHANGES} requests are already open` })
  }
  return checkSize(connection, name, bytes)
}

/**
 * Why something of this size cannot be sent, if so.
 *
 * @since 0.1.0
 * @category conversions
 */
export const checkSize = (connection: Connection, name: string, bytes: number): TransportError | undefined =>
  bytes + 16 <= connection.maxFrame ? undefined : new TransportError({
    reason: "FrameTooLarge",
    detail: `${name} of ${bytes} bytes is above the largest frame, ${connection.maxFrame} bytes`
  })

/**
 * The value of an answer, checked.
 *
 * @since 0.1.0
 * @category conversions
 */
export const decoded = <A>(codec: Codec.Codec<A>, answer: Uint8Array): Effect.Effect<A, TransportError> => {
  try {
    return Effect.succeed(Codec.decode(codec, answer))
  } catch (fault) {
    return unusable(fault)
  }
}

/** An answer is not what it must be; anything else that was thrown is a defect of the caller's. */
const unusable = (fault: unknown): Effect.Effect<never, TransportError> =>
  fault instanceof Codec.Malformed
    ? Effect.fail(new TransportError({ reason: "Protocol", detail: `malformed answer: ${fault.detail}` }))
    : Effect.die(fault)
