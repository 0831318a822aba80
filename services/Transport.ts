/**
 * The connection between a host program and a sidecar: framed, multiplexed, flow-controlled, in both directions. Programs
 * seldom touch it; layers that speak to a sidecar are written against it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { TransportError } from "../src/errors/TransportError.ts"
import type { WireFailure } from "../src/wire/Failure.ts"
import type { Welcome } from "../src/wire/Handshake.ts"
import type { Operation } from "../src/wire/Operations.ts"

/**
 * What can go wrong with a call: the connection failed, or the other side answered with a failure.
 *
 * @since 0.1.0
 * @category errors
 */
export type CallError = TransportError | WireFailure

/**
 * @since 0.1.0
 * @category models
 */
export interface CallOptions {
  /** How long to wait for the answer; without it, as long as the connection lives. Fails with `Timeout`. */
  readonly deadline?: Duration.DurationInput | undefined
  /** The caller's stream, piece by piece; `undefined` ends it. Called only when a piece can be sent. */
  readonly up?: (() => Uint8Array | undefined) | undefined
  /** A piece of the answerer's stream. It is counted as dealt with when this returns; throwing withdraws the call. */
  readonly down?: ((bytes: Uint8Array) => void) | undefined
  /**
   * May give the memory, of just this length, that the next piece of the answerer's stream is put together in: `down`
   * then gets it back. Saves a copy of large content. Must not throw.
   */
  readonly place?: ((length: number) => Uint8Array | undefined) | undefined
}

/**
 * An open exchange whose streams are driven by Effects. Closing its Scope withdraws the request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Duplex<B> {
  /** The answerer's stream; it suspends the sender while it is not read. Ends with the answer. */
  readonly down: Stream.Stream<Uint8Array, CallError>
  /** Sends a piece of the caller's stream; waits for credit. Once the answer is there, pieces are dropped. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void>
  /** The caller's stream is complete. */
  readonly end: Effect.Effect<void>
  /** The answer. */
  readonly response: Effect.Effect<B, CallError>
}

/**
 * The streams of a request that the other side has made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Served {
  /** All of the other side's stream; fails where it is longer. */
  readonly read: (maxBytes: number) => Effect.Effect<Uint8Array, WireFailure>
  /** Sends a piece of this side's stream; waits for credit. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void>
}

/**
 * Answers a request of the other side.
 *
 * @since 0.1.0
 * @category models
 */
export type Handler<A, B> = (request: A, streams: Served) => Effect.Effect<B, WireFailure>

/**
 * @since 0.1.0
 * @category models
 */
export interface TransportShape {
  /** What the handshake agreed on: the sidecar's id and process, the largest frame, the credit of a stream. */
  readonly peer: Welcome
  /** Whether the connection still stands. */
  readonly isOpen: () => boolean
  /** Ends, with the cause, when the connection does. */
  readonly closed: Effect.Effect<TransportError>
  /** One request and its answer. Interruption withdraws it. */
  readonly call: <A, B>(operation: Operation<A, B>, request: A, options?: CallOptions) => Effect.Effect<B, CallError>
  /** One request with streams that Effects drive. */
  readonly open: <A, B>(operation: Operation<A, B>, request: A) => Effect.Effect<Duplex<B>, TransportError, Scope.Scope>
  /** Answers the other side's requests for an operation, while the Scope is open. */
  readonly serve: <A, B>(operation: Operation<A, B>, handler: Handler<A, B>) => Effect.Effect<void, never, Scope.Scope>
  /** Sends a message on an event channel. Fails with `FrameTooLarge` where it does not fit into a frame. */
  readonly emit: (channel: number, body: Uint8Array) => Effect.Effect<void, TransportError>
  /** Hears the messages of an event channel, while the Scope is open. */
  readonly listen: (channel: number, listener: (body: Uint8Array) => void) => Effect.Effect<void, never, Scope.Scope>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Transport extends Context.Tag("effect-agent-os/Transport")<Transport, TransportShape>() {}
