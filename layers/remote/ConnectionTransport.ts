/**
 * A Transport over any byte stream.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { TransportShape } from "../../services/Transport.ts"
import { TransportError } from "../../src/errors/TransportError.ts"
import * as Codec from "../../src/wire/Codec.ts"
import type { CloseCause, Link } from "../../src/wire/Connection.ts"
import { Connection, DEFAULT_MAX_EXCHANGES, DEFAULT_WINDOW } from "../../src/wire/Connection.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import { refused, WireFailure } from "../../src/wire/Failure.ts"
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
import { pump } from "../../src/wire/Stream.ts"
import { makeDuplex } from "./Duplex.ts"

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
  /** How often a silent peer is pinged. Default 5 seconds; it is given up after 6 silent periods. */
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
    const registry = yield* makeRegistry
    const connection = yield* connect(openLink, options, registry, (cause) => {
      Deferred.unsafeDone(closed, Effect.succeed(errorOf(cause)))
    })
    const peer = yield* shakeHands(connection, options)
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
      serve: registry.serve,
      emit: (channel, body) =>
        Effect.suspend(() => {
          const refusal = checkSize(connection, "a message", body.length)
          return refusal === undefined ? Effect.sync(() => connection.event(channel, body)) : Effect.fail(refusal)
        }),
      listen: registry.listen
    }
  })

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

const connect = (openLink: OpenLink, options: Options, registry: Registry, onClose: (cause: CloseCause) => void) =>
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
      onRequest: registry.onRequest,
      onEvent: registry.onEvent,
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
  return Effect.sync(() => connection.tick(SILENT_PERIODS)).pipe(
    Effect.repeat(Schedule.spaced(interval)),
    Effect.delay(interval),
    Effect.forkScoped
  )
}

const call = <A, B>(
  connection: Connection,
  operation: Operation<A, B>,
  request: A,
  options: {
    readonly up?: (() => Uint8Array | undefined) | undefined
    readonly down?: ((bytes: Uint8Array) => void) | undefined
    readonly place?: ((length: number) => Uint8Array | undefined) | undefined
  } | undefined
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

const checkSize = (connection: Connection, name: string, bytes: number): TransportError | undefined =>
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

// --- requests and events of the other side --------------------------------------------------------------------------

interface Registry {
  readonly serve: TransportShape["serve"]
  readonly listen: TransportShape["listen"]
  readonly onRequest: (exchange: Exchange, code: number, body: Uint8Array) => void
  readonly onEvent: (channel: number, body: Uint8Array) => void
}

const makeRegistry: Effect.Effect<Registry, never, Scope.Scope> = Effect.gen(function*() {
  const run = yield* FiberSet.makeRuntime<never, void, never>()
  const handlers = new Map<number, (exchange: Exchange, body: Uint8Array) => void>()
  const listeners = new Map<number, (body: Uint8Array) => void>()
  const register = <K, V>(map: Map<K, V>, key: K, value: V) =>
    Effect.asVoid(Effect.acquireRelease(
      Effect.sync(() => map.set(key, value)),
      () => Effect.sync(() => map.get(key) === value && map.delete(key))
    ))
  return {
    serve: (operation, handler) =>
      register(handlers, operation.code, (exchange, body) => {
        let request
        try {
          request = Codec.decode(operation.request, body)
        } catch (fault) {
          return exchange.fail(refused(fault instanceof Codec.Malformed ? fault.detail : "malformed request"))
        }
        const fiber = run(answer(exchange, operation, handler(request)))
        exchange.handlers.onCancel = () => fiber.unsafeInterruptAsFork(fiber.id())
      }),
    listen: (channel, listener) => register(listeners, channel, listener),
    onRequest: (exchange, code, body) => {
      const handler = handlers.get(code)
      if (handler === undefined) exchange.fail(refused(`no handler for operation ${code}`))
      else handler(exchange, body)
    },
    onEvent: (channel, body) => listeners.get(channel)?.(body)
  }
})

const answer = <A, B>(exchange: Exchange, operation: Operation<A, B>, effect: Effect.Effect<B, WireFailure>) =>
  effect.pipe(
    Effect.matchCauseEffect({
      onSuccess: (value) => Effect.sync(() => exchange.respond(Codec.encode(operation.response, value))),
      onFailure: (cause) =>
        cause._tag === "Fail"
          ? Effect.sync(() => exchange.fail(cause.error))
          : Effect.zipRight(
            Effect.logError(`handler of ${operation.name} failed`, cause),
            Effect.sync(() => exchange.fail(new WireFailure("internal", "the handler failed")))
          )
    })
  )
