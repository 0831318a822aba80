/**
 * What the other side of a connection asks and tells: its requests go to handlers, its events to listeners.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type { Served, TransportShape } from "../../services/Transport.ts"
import * as Codec from "../../src/wire/Codec.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import { refused, WireFailure } from "../../src/wire/Failure.ts"
import type { Operation } from "../../src/wire/Operations.ts"
import { joined } from "../../src/wire/Stream.ts"
import { Writer } from "./Duplex.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Inbound {
  readonly serve: TransportShape["serve"]
  readonly listen: TransportShape["listen"]
  readonly onRequest: (exchange: Exchange, code: number, body: Uint8Array) => void
  readonly onEvent: (channel: number, body: Uint8Array) => void
}

/**
 * Handlers run in the Scope, and are interrupted with it and with the request that they answer.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Inbound, never, Scope.Scope> = Effect.gen(function*() {
  const run = yield* fibers
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
        const fiber = run(answer(exchange, operation, handler(request, served(exchange))))
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

/** Runs what answers a request, in a fiber that starts at once and ends with the Scope; most have ended by then. */
const fibers = Effect.gen(function*() {
  const fork = Runtime.runFork(yield* Effect.runtime<never>())
  const running = new Set<Fiber.RuntimeFiber<void>>()
  let closed = false
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      closed = true
      return Fiber.interruptAll(running)
    })
  )
  return (effect: Effect.Effect<void>): Fiber.RuntimeFiber<void> => {
    const fiber = fork(closed ? Effect.interrupt : effect)
    if (fiber.unsafePoll() === null) {
      running.add(fiber)
      fiber.addObserver(() => running.delete(fiber))
    }
    return fiber
  }
})

/** The streams of a request, which are not touched unless its handler wants them. */
const served = (exchange: Exchange): Served => {
  let writer: Writer | undefined
  return {
    read: (maxBytes) =>
      Effect.async((resume) => {
        const parts: Array<Uint8Array> = []
        let length = 0
        exchange.listen((bytes) => {
          length += bytes.length
          if (length > maxBytes) return resume(Effect.fail(refused(`more than ${maxBytes} bytes`)))
          parts.push(bytes.slice())
          exchange.grant(bytes.length)
        }, () => resume(Effect.sync(() => joined(parts, length))))
      }),
    write: (bytes) =>
      Effect.suspend(() => {
        if (writer === undefined) {
          const made = writer = new Writer()
          exchange.handlers.onWritable = () => made.wake()
        }
        return writer.write(exchange, bytes)
      })
  }
}

const answer = <A, B>(exchange: Exchange, operation: Operation<A, B>, effect: Effect.Effect<B, WireFailure>) =>
  effect.pipe(
    Effect.matchCauseEffect({
      onSuccess: (value) => {
        exchange.respond(Codec.encode(operation.response, value))
        return Effect.void
      },
      onFailure: (cause) =>
        cause._tag === "Fail"
          ? Effect.sync(() => exchange.fail(cause.error))
          : Effect.zipRight(
            Effect.logError(`handler of ${operation.name} failed`, cause),
            Effect.sync(() => exchange.fail(new WireFailure("internal", "the handler failed")))
          )
    })
  )
