/**
 * A connection whose other side is written by a test.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Handler, Served, TransportShape } from "../../services/Transport.ts"
import { Transport } from "../../services/Transport.ts"
import { TransportError } from "../../src/errors/TransportError.ts"
import { inOwnFiber } from "../../src/OwnFiber.ts"
import { WireFailure } from "../../src/wire/Failure.ts"
import { WIRE_VERSION } from "../../src/wire/Handshake.ts"
import type { Operation } from "../../src/wire/Operations.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Sent {
  readonly operation: string
  readonly request: unknown
}

/**
 * @since 0.1.0
 * @category models
 */
export interface TestTransportShape {
  /** Answers an operation from now on. What is not answered is refused. */
  readonly on: <A, B>(operation: Operation<A, B>, handler: Handler<A, B>) => Effect.Effect<void>
  /** The requests so far, oldest first. */
  readonly sent: Effect.Effect<ReadonlyArray<Sent>>
  /** The messages on event channels so far. */
  readonly emitted: Effect.Effect<ReadonlyArray<{ readonly channel: number; readonly body: Uint8Array }>>
  /** Tells the listeners of a channel something. */
  readonly tell: (channel: number, body: Uint8Array) => Effect.Effect<void>
  /** Asks what the program under test serves, as the other side. */
  readonly ask: <A, B>(operation: Operation<A, B>, request: A) => Effect.Effect<B, WireFailure>
  /** Ends the connection. */
  readonly close: (error?: TransportError) => Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class TestTransport
  extends Context.Tag("effect-agent-os/testing/TestTransport")<TestTransport, TestTransportShape>()
{}

const register = <K, V>(map: Map<K, V>, key: K, value: V) =>
  Effect.asVoid(Effect.acquireRelease(
    Effect.sync(() => map.set(key, value)),
    () => Effect.sync(() => map.get(key) === value && map.delete(key))
  ))

/** Requests of tests have empty streams. */
const noStreams: Served = { read: () => Effect.succeed(new Uint8Array(0)), write: () => Effect.void }

const refused = (name: string) => Effect.fail(new WireFailure("refused", `no handler for ${name}`))

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Transport | TestTransport> = Layer.effectContext(Effect.gen(function*() {
  const closed = yield* Deferred.make<TransportError>()
  const handlers = new Map<number, Handler<any, any>>()
  const served = new Map<number, Handler<any, any>>()
  const listeners = new Map<number, (body: Uint8Array) => void>()
  const sent: Array<Sent> = []
  const emitted: Array<{ readonly channel: number; readonly body: Uint8Array }> = []
  let open = true
  const unlessClosed = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.suspend(() => open ? inOwnFiber(Effect.raceFirst(effect, Effect.flip(Deferred.await(closed)))) : failed)
  const failed = Effect.flatMap(Deferred.await(closed), Effect.fail)
  const answer = <A, B>(operation: Operation<A, B>, request: A): Effect.Effect<B, WireFailure | TransportError> =>
    unlessClosed(Effect.suspend(() => {
      sent.push({ operation: operation.name, request })
      return handlers.get(operation.code)?.(request, noStreams) ?? refused(operation.name)
    }))
  const transport: TransportShape = {
    peer: { version: WIRE_VERSION, sidecarId: "test", pid: 0, maxFrame: 1024 * 1024, window: 512 * 1024 },
    isOpen: () => open,
    closed: Deferred.await(closed),
    call: answer,
    open: (operation, request) =>
      Effect.map(Effect.forkScoped(answer(operation, request)), (fiber) => ({
        down: Stream.drain(Stream.fromEffect(Effect.suspend(() => fiber.await))),
        write: () => Effect.void,
        end: Effect.void,
        response: Effect.flatMap(fiber.await, (exit) => exit)
      })),
    serve: (operation, handler) => register(served, operation.code, handler),
    emit: (channel, body) => unlessClosed(Effect.sync(() => void emitted.push({ channel, body }))),
    listen: (channel, listener) => register(listeners, channel, listener)
  }
  const control: TestTransportShape = {
    on: (operation, handler) => Effect.sync(() => void handlers.set(operation.code, handler)),
    sent: Effect.sync(() => Array.from(sent)),
    emitted: Effect.sync(() => Array.from(emitted)),
    tell: (channel, body) => Effect.sync(() => listeners.get(channel)?.(body)),
    ask: (operation, request) =>
      Effect.suspend(() => served.get(operation.code)?.(request, noStreams) ?? refused(operation.name)),
    close: (error = new TransportError({ reason: "Closed", detail: "closed by the test" })) =>
      Effect.suspend(() => {
        open = false
        return Effect.asVoid(Deferred.succeed(closed, error))
      })
  }
  return Context.make(Transport, transport).pipe(Context.add(TestTransport, control))
}))

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
