/**
 * The standard input of a process of a VM, as a sink.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import { failedCall, type Origin } from "./PlatformErrors.ts"

/** Pieces that wait for the VM; whoever feeds more is suspended. */
const CAPACITY = 4
/** How long a process that nobody asks anything waits for somebody to feed it. */
const GRACE = "50 millis"

type Bytes = Stream.Stream<Uint8Array, PlatformError>

/**
 * @since 0.1.0
 * @category models
 */
export interface Input {
  /** What the process reads, once that is known; `undefined` is empty. */
  readonly source: Effect.Effect<Bytes | undefined>
  /** Whoever runs it first feeds the process. */
  readonly sink: Sink.Sink<void, Uint8Array, never, PlatformError>
  /** Somebody asks for what only a started process has. */
  readonly demand: Effect.Effect<void>
  /** The process takes no more. */
  readonly close: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const makeInput = (
  origin: Origin,
  from: "none" | "pipe" | Bytes
): Effect.Effect<Input, never, Scope.Scope> =>
  from === "pipe" ? makePipe(origin) : Effect.succeed({
    source: Effect.succeed(from === "none" ? undefined : from),
    sink: Sink.drain,
    demand: Effect.void,
    close: Effect.void
  })

const makePipe = Effect.fnUntraced(function*(origin: Origin) {
  const chosen = yield* Deferred.make<Bytes | undefined>()
  const mailbox = yield* Mailbox.make<Uint8Array, PlatformError>({ capacity: CAPACITY })
  const withoutInput = Effect.asVoid(Deferred.succeed(chosen, undefined))
  const closed = Effect.fail(failedCall(origin, "EPIPE", "write"))
  yield* Effect.forkScoped(Effect.zipRight(Effect.sleep(GRACE), withoutInput))
  const sink = Sink.unwrapScoped(Effect.gen(function*() {
    if (!(yield* Deferred.succeed(chosen, Mailbox.toStream(mailbox)))) return yield* closed
    yield* Effect.addFinalizer((exit) => Exit.isSuccess(exit) ? mailbox.end : mailbox.fail(broken(origin)))
    return Sink.forEach((bytes: Uint8Array) =>
      Effect.flatMap(mailbox.offer(bytes), (taken) => taken ? Effect.void : closed)
    )
  }))
  return {
    source: Deferred.await(chosen),
    sink,
    // a fiber that was forked to feed the process gets its turn first
    demand: Effect.zipRight(Effect.yieldNow(), withoutInput),
    close: Effect.asVoid(mailbox.shutdown)
  }
})

/** Half an input may mean something else than the whole: the process does not start. */
const broken = (origin: Origin) =>
  new SystemError({ ...origin, reason: "UnexpectedEof", description: "the input was cut short" })
