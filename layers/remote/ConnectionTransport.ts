/**
 * A Transport over any byte stream.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { TransportShape } from "../../services/Transport.ts"
import { TransportError } from "../../src/errors/TransportError.ts"
import type * as Codec from "../../src/wire/Codec.ts"
import type { CloseCause, Link } from "../../src/wire/Connection.ts"
import { Connection, DEFAULT_MAX_EXCHANGES, DEFAULT_WINDOW } from "../../src/wire/Connection.ts"
import { DEFAULT_MAX_FRAME } from "../../src/wire/Frame.ts"
import type { Welcome } from "../../src/wire/Handshake.ts"
import {
  HANDSHAKE_TIMEOUT_MS,
  HELLO,
  helloCodec,
  MIN_MAX_FRAME,
  MIN_WINDOW,
  welcomeCodec,
  WIRE_VERSION
} from "../../src/wire/Handshake.ts"
import type { Operation } from "../../src/wire/Operations.ts"
import { call, checkSize, errorOf } from "./Call.ts"
import { makeDuplex } from "./Duplex.ts"
import * as Inbound from "./Inbound.ts"

/**
 * Attaches the connection to its byte stream: what comes in goes to `receive`, the end of it to `ended`.
 *
 * @since 0.1.0
 * @category models
 */
export type OpenLink = (events: {
  readonly receive: (bytes: Uint8Array) => void
  readonly writable: () => void
  readonly ended: (detail: string) => void
}) => Effect.Effect<Link, TransportError, Scope.Scope>

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The secret that the sidecar expects. */
  readonly token: string
  /** Largest frame to accept, in bytes. Default 1 MiB and the frame's own fields; the sidecar may ask for less. */
  readonly maxFrame?: number | undefined
  /** Bytes that each stream may have under way. Default 512 KiB. */
  readonly window?: number | undefined
  /** How often a silent peer is pinged; it is given up after 6 silent periods. Default 5 seconds; infinite: never. */
  readonly pingInterval?: Duration.DurationInput | undefined
  /** How long the handshake may take. Default 10 seconds. */
  readonly handshakeTimeout?: Duration.DurationInput | undefined
}

const SILENT_PERIODS = 6

/**
 * Opens the stream, shakes hands, and gives the Transport. Closing the Scope ends the connection.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  openLink: OpenLink,
  options: Options
): Effect.Effect<TransportShape, TransportError, Scope.Scope> =>
  Effect.gen(function*() {
    const closed = yield* Deferred.make<TransportError>()
    const inbound = yield* Inbound.make
    const connection = yield* connect(openLink, options, inbound, (cause) => {
      Deferred.unsafeDone(closed, Effect.succeed(errorOf(cause)))
    })
    const peer = yield* shakeHands(connection, options)
    if (peer.version !== WIRE_VERSION) {
      const detail = `the sidecar speaks version ${peer.version} of the protocol, this package ${WIRE_VERSION}`
      return yield* new TransportError({ reason: "Version", detail })
    }
    if (!isAgreed(peer, connection)) {
      return yield* new TransportError({ reason: "Protocol", detail: "the sidecar agreed to what was not asked" })
    }
    connection.maxFrame = peer.maxFrame
    connection.window = peer.window
    yield* keepAlive(connection, options)
    return {
      peer,
      isOpen: () => connection.closed === undefined,
      closed: Deferred.await(closed),
      call: (operation, request, callOptions) =>
        callOptions?.deadline === undefined
          ? call(connection, operation, request, callOptions)
          : Effect.timeoutFail(call(connection, operation, request, callOptions), {
            duration: callOptions.deadline,
            onTimeout: () => new TransportError({ reason: "Timeout", detail: `${operation.name}: no answer in time` })
          }),
      open: (operation, request) => makeDuplex(connection, operation, request),
      serve: inbound.serve,
      emit: (channel, body) =>
        Effect.suspend(() => {
          const refusal = checkSize(connection, "a message", body.length)
          return refusal === undefined ? Effect.sync(() => connection.event(channel, body)) : Effect.fail(refusal)
        }),
      listen: inbound.listen
    }
  })

const connect = (
  openLink: OpenLink,
  options: Options,
  inbound: Inbound.Inbound,
  onClose: (cause: CloseCause) => void
) =>
  Effect.gen(function*() {
    const made: { connection?: Connection } = {}
    const link = yield* openLink({
      receive: (bytes) => made.connection?.receive(bytes),
      writable: () => made.connection?.writable(),
      ended: (detail) => made.connection?.ended(detail)
    })
    const connection = made.connection = new Connection({
      role: "host",
      link,
      maxFrame: Math.max(options.maxFrame ?? DEFAULT_MAX_FRAME, MIN_MAX_FRAME),
      window: Math.max(options.window ?? DEFAULT_WINDOW, MIN_WINDOW),
      maxExchanges: DEFAULT_MAX_EXCHANGES,
      onRequest: inbound.onRequest,
      onEvent: inbound.onEvent,
      onClose
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => connection.goaway("Closed", "the host has closed the connection"))
    )
    return connection
  })

const shakeHands = (connection: Connection, options: Options): Effect.Effect<Welcome, TransportError> => {
  const hello: Operation<Codec.TypeOf<typeof helloCodec>, Welcome> = {
    code: HELLO,
    name: "hello",
    request: helloCodec,
    response: welcomeCodec
  }
  const request = {
    magic: "effect-agent-os",
    version: WIRE_VERSION,
    token: options.token,
    maxFrame: connection.maxFrame,
    window: connection.window
  } as const
  return call(connection, hello, request, undefined).pipe(
    Effect.catchTag(
      "WireFailure",
      (failure) => Effect.fail(new TransportError({ reason: "Unauthorized", detail: failure.detail }))
    ),
    Effect.timeoutFail({
      duration: options.handshakeTimeout ?? Duration.millis(HANDSHAKE_TIMEOUT_MS),
      onTimeout: () => new TransportError({ reason: "Timeout", detail: "the sidecar did not answer the handshake" })
    })
  )
}

/** Whether the sidecar stays within what it was asked for. */
const isAgreed = ({ maxFrame, window }: Welcome, asked: Connection): boolean =>
  maxFrame >= MIN_MAX_FRAME && maxFrame <= asked.maxFrame && window >= MIN_WINDOW && window <= asked.window

const keepAlive = (connection: Connection, options: Options) => {
  const interval = Duration.decode(options.pingInterval ?? "5 seconds")
  if (!Duration.isFinite(interval)) return Effect.void
  return Effect.sync(() => connection.tick(SILENT_PERIODS)).pipe(
    Effect.repeat(Schedule.spaced(interval)),
    Effect.delay(interval),
    Effect.forkScoped
  )
}
