/**
 * The contract of Transport as cases to run over a transport of one's own, which must be connected to a sidecar:
 *
 * ```ts
 * for (const { name, run } of TransportContract.cases) {
 *   it.live(name, () => Effect.provide(run, MyTransport.layer))
 * }
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { TransportShape } from "../../../services/Transport.ts"
import { Transport } from "../../../services/Transport.ts"
import * as VmConfig from "../../../src/config/VmConfig.ts"
import { MIN_MAX_FRAME, MIN_WINDOW } from "../../../src/wire/Handshake.ts"
import * as Operations from "../../../src/wire/Operations.ts"
import * as ControlClient from "../../remote/ControlClient.ts"
import { specOf } from "../../remote/RemoteVm.ts"
import type { Case } from "./Case.ts"
import { expectSame } from "./Case.ts"

const CONTENT_BYTES = 3_000_000
/** Beyond the credit of a stream and everything that may hold some of it on the way. */
const FLOOD_BYTES = 16_000_000
const PIECE_BYTES = 50_000
const STDOUT = 1
/** What a frame has beside a message's own bytes, with some room. */
const FRAME_FIELDS = 16
/** A channel that nobody hears. */
const UNHEARD = 4711
const none = new Uint8Array(0)

const content = (): Uint8Array => Uint8Array.from({ length: CONTENT_BYTES }, (_, at) => (at * 31 + (at >>> 8)) & 0xff)

/** Leases a VM and runs a case on it. */
const onVm = (
  use: (transport: TransportShape, vm: number) => Effect.Effect<void, unknown, any>
): Effect.Effect<void, never, Transport> =>
  Effect.gen(function*() {
    const transport = yield* Transport
    const control = yield* ControlClient.make(transport)
    const config = yield* VmConfig.decode({})
    const { vm } = yield* control.Lease({ spec: specOf(config), sealed: true })
    yield* use(transport, vm)
    yield* control.Release({ vm })
  }).pipe(Effect.scoped, Effect.orDie) as Effect.Effect<void, never, Transport>

/** A command of the VM, as a request. */
const run = (vm: number, command: string, stdin = false) => ({
  vm,
  command,
  argv: [],
  cwd: undefined,
  env: [],
  timeoutMs: undefined,
  maxOutputBytes: undefined,
  trace: undefined,
  stdin,
  session: undefined
})

/** What a command has printed: the first byte of a piece says what it is. */
const printed = (pieces: Iterable<Uint8Array>): Buffer =>
  Buffer.concat(Array.from(pieces).filter((piece) => piece[0] === STDOUT).map((piece) => piece.subarray(1)))

/** Waits until a count does not grow any more. */
const settled = (count: () => number): Effect.Effect<number> =>
  Effect.gen(function*() {
    let last = -1
    for (let still = 0; still < 10; still++) {
      if (count() !== last) still = 0
      last = count()
      yield* Effect.sleep(20)
    }
    return last
  })

/** The tag and the reason of a failure. */
const failure = <A, E extends { readonly _tag: string; readonly reason: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), ({ _tag, reason }) => [_tag, reason])

const write = (transport: TransportShape, vm: number, path: string, bytes: Uint8Array) =>
  Effect.scoped(Effect.gen(function*() {
    const duplex = yield* transport.open(Operations.writeFile, { vm, path, streamed: true, content: none })
    for (let at = 0; at < bytes.length; at += 100_000) yield* duplex.write(bytes.subarray(at, at + 100_000))
    yield* duplex.end
    yield* duplex.response
  }))

const read = (transport: TransportShape, vm: number, path: string) =>
  transport.open(Operations.readRange, { vm, path, offset: 0, length: undefined, chunk: 65_536 })

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case<Transport>> = [
  {
    name: "answers calls, and tells failures of the other side",
    run: onVm((transport, vm) =>
      Effect.gen(function*() {
        yield* expectSame("isOpen", transport.isOpen(), true)
        yield* expectSame("a path", yield* transport.call(Operations.exists, { vm, path: "/etc" }), true)
        const missing = transport.call(Operations.stat, { vm, path: "/none" })
        yield* expectSame("a missing path", yield* failure(missing), ["WireFailure", "kernel"])
        const unknown = transport.call({ ...Operations.stat, code: 9999 }, { vm, path: "/" })
        yield* expectSame("an unknown operation", yield* failure(unknown), ["WireFailure", "refused"])
      })
    )
  },
  {
    name: "carries streams both ways, beyond the credit of one",
    run: onVm((transport, vm) =>
      Effect.gen(function*() {
        const bytes = content()
        yield* write(transport, vm, "/tmp/f", bytes)
        const duplex = yield* read(transport, vm, "/tmp/f")
        const parts = Array.from(yield* Stream.runCollect(duplex.down))
        yield* duplex.response
        yield* expectSame("the content", Buffer.compare(Buffer.concat(parts), bytes), 0)
      })
    )
  },
  {
    name: "does not let a stream that nobody reads hold up others",
    run: onVm((transport, vm) =>
      Effect.gen(function*() {
        yield* write(transport, vm, "/tmp/f", content())
        yield* read(transport, vm, "/tmp/f")
        yield* expectSame("another call", yield* transport.call(Operations.exists, { vm, path: "/tmp" }), true)
      })
    )
  },
  {
    name: "holds a writer back whose stream is not read, until it is",
    run: onVm((transport, vm) =>
      Effect.gen(function*() {
        const duplex = yield* transport.open(
          Operations.run,
          run(vm, "while [ ! -e /tmp/go ]; do sleep 0.02; done; wc -c", true)
        )
        let written = 0
        const writer = yield* Effect.fork(Effect.gen(function*() {
          while (written < FLOOD_BYTES) {
            yield* duplex.write(new Uint8Array(PIECE_BYTES))
            written += PIECE_BYTES
          }
          yield* duplex.end
        }))
        const held = yield* settled(() => written)
        yield* expectSame("whether the writer is held back", held < FLOOD_BYTES, true)
        yield* write(transport, vm, "/tmp/go", none)
        const pieces = yield* Stream.runCollect(duplex.down)
        yield* Fiber.join(writer)
        yield* expectSame("what came", printed(pieces).toString().trim(), String(FLOOD_BYTES))
      })
    )
  },
  {
    name: "holds the other side back while its stream is not read, and loses nothing",
    run: onVm((transport, vm) =>
      Effect.gen(function*() {
        const duplex = yield* transport.open(
          Operations.run,
          run(vm, `head -c ${FLOOD_BYTES} /dev/zero; echo > /tmp/done`)
        )
        const done = transport.call(Operations.exists, { vm, path: "/tmp/done" })
        for (let i = 0; i < 10; i++) {
          yield* expectSame("whether it was all written", yield* done, false)
          yield* Effect.sleep(20)
        }
        const pieces = yield* Stream.runCollect(duplex.down)
        yield* duplex.response
        yield* expectSame("what came", printed(pieces).length, FLOOD_BYTES)
        yield* expectSame("whether it was all written", yield* done, true)
      })
    )
  },
  {
    name: "goes on after a call was interrupted",
    run: onVm((transport, vm) =>
      Effect.gen(function*() {
        for (let i = 0; i < 50; i++) {
          const fiber = yield* Effect.fork(transport.call(Operations.exists, { vm, path: "/etc" }))
          if (i % 2 === 0) yield* Effect.yieldNow()
          yield* Fiber.interrupt(fiber)
        }
        yield* expectSame("a call", yield* transport.call(Operations.exists, { vm, path: "/etc" }), true)
      })
    )
  },
  {
    name: "keeps many calls apart",
    run: onVm((transport, vm) =>
      Effect.gen(function*() {
        const paths = Array.from({ length: 200 }, (_, at) => (at % 3 === 0 ? "/etc" : `/none${at}`))
        const found = yield* Effect.forEach(paths, (path) => transport.call(Operations.exists, { vm, path }), {
          concurrency: "unbounded"
        })
        yield* expectSame("the answers", found, paths.map((path) => path === "/etc"))
      })
    )
  },
  {
    name: "refuses what fits into no frame, and stays open",
    run: onVm((transport, vm) =>
      Effect.gen(function*() {
        const large = transport.call(Operations.exists, { vm, path: "/".repeat(2_000_000) })
        yield* expectSame("a request above the frame", yield* failure(large), ["TransportError", "FrameTooLarge"])
        yield* expectSame("isOpen", transport.isOpen(), true)
      })
    )
  },
  {
    name: "takes a message as large as was agreed, and none above",
    run: onVm((transport, vm) =>
      Effect.gen(function*() {
        const { maxFrame, window } = transport.peer
        yield* expectSame("a frame and a window of the least size", [
          maxFrame >= MIN_MAX_FRAME,
          window >= MIN_WINDOW
        ], [true, true])
        const above = transport.emit(UNHEARD, new Uint8Array(maxFrame - FRAME_FIELDS + 1))
        yield* expectSame("a message above it", yield* failure(above), ["TransportError", "FrameTooLarge"])
        yield* transport.emit(UNHEARD, new Uint8Array(maxFrame - FRAME_FIELDS))
        yield* expectSame("a call after it", yield* transport.call(Operations.exists, { vm, path: "/etc" }), true)
      })
    )
  },
  {
    name: "ends when the other side has gone, and tells everybody why",
    run: Effect.gen(function*() {
      const transport = yield* Transport
      const control = yield* ControlClient.make(transport)
      const { vm } = yield* control.Lease({ spec: specOf(yield* VmConfig.decode({})), sealed: true })
      const waits = yield* Effect.fork(failure(transport.call(Operations.run, run(vm, "sleep 60"))))
      yield* Effect.yieldNow()
      // no JSON: the sidecar does not go on with who says such a thing
      yield* transport.emit(Operations.CONTROL_CHANNEL, new TextEncoder().encode("{"))
      const cause = yield* transport.closed
      yield* expectSame("the cause", [cause.reason, /JSON/.test(cause.detail)], ["Protocol", true])
      yield* expectSame("a call under way", yield* Fiber.join(waits), ["TransportError", "Protocol"])
      const late = transport.call(Operations.exists, { vm, path: "/etc" })
      yield* expectSame("a later call", yield* failure(late), ["TransportError", "Protocol"])
      yield* expectSame("isOpen", transport.isOpen(), false)
    }).pipe(Effect.scoped, Effect.orDie)
  }
]
