import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeTransport } from "../../layers/node/index.ts"
import { connect, type ConnectedProcess } from "../../layers/node/SidecarProcess.ts"
import * as ConnectionTransport from "../../layers/remote/ConnectionTransport.ts"
import * as ControlClient from "../../layers/remote/ControlClient.ts"
import { TransportContract } from "../../layers/testing/index.ts"
import { memoryLink } from "../../layers/testing/MemoryLink.ts"
import { makeServer } from "../../layers/testing/TestSidecar.ts"
import type { TransportShape } from "../../services/Transport.ts"
import { Transport } from "../../services/Transport.ts"
import * as Codec from "../../src/wire/Codec.ts"
import { DEFAULT_WINDOW } from "../../src/wire/Connection.ts"
import { DEFAULT_MAX_FRAME, Kind } from "../../src/wire/Frame.ts"
import { HELLO, helloCodec, MIN_MAX_FRAME, MIN_WINDOW, WIRE_VERSION } from "../../src/wire/Handshake.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { bytes, failureOf, same, text } from "./layers.ts"
import { exchange, frame, goawayText, request } from "./raw.ts"

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "agent-os-transport-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A sidecar that takes further connections over a socket. */
const listening = Effect.gen(function*() {
  const home = yield* directory
  const socketPath = join(home, "sidecar.sock")
  const sidecar = yield* connect("sockets", { socketPath, warmWorkers: 0 })
  yield* Effect.retry(
    Effect.suspend(() => readdirSync(home).includes("sidecar.sock") ? Effect.void : Effect.fail("not yet")),
    { times: 400, schedule: Schedule.spaced(5) }
  )
  return { sidecar, socketPath, home }
})

type Agreed = Omit<ConnectionTransport.Options, "token" | "handshakeTimeout">

/** A transport, and what makes its other side silent without ending it. */
interface Made {
  readonly transport: TransportShape
  readonly silence: Effect.Effect<void, never, Scope.Scope>
}

/** Stops a process where it is; it goes on with the Scope, since a stopped one cannot end. */
const stopped = (pid: number) =>
  Effect.acquireRelease(
    Effect.sync(() => void process.kill(pid, "SIGSTOP")),
    () => Effect.sync(() => void process.kill(pid, "SIGCONT"))
  )

const makes: Readonly<Record<string, (agreed: Agreed) => Effect.Effect<Made, unknown, Scope.Scope>>> = {
  memory: (agreed) =>
    Effect.gen(function*() {
      let silent = false
      const open = memoryLink(yield* makeServer("memory", {}))
      const transport = yield* ConnectionTransport.make(
        (events) => open({ ...events, receive: (bytes) => silent ? undefined : events.receive(bytes) }),
        { token: "in-process", ...agreed }
      )
      return { transport, silence: Effect.sync(() => void (silent = true)) }
    }),
  descriptors: (agreed) =>
    Effect.map(
      connect("descriptors", { warmWorkers: 0, ...agreed }),
      ({ pid, transport }) => ({ transport, silence: stopped(pid) })
    ),
  socket: (agreed) =>
    Effect.gen(function*() {
      const { sidecar, socketPath } = yield* listening
      const transport = yield* NodeTransport.makeUnix(socketPath, { token: sidecar.token, ...agreed })
      return { transport, silence: stopped(sidecar.pid) }
    })
}

const transports = Object.entries(makes).map(([name, make]) =>
  [name, Effect.map(make({}), ({ transport }) => transport)] as const
)

for (const [name, make] of Object.entries(makes)) {
  const agreements: ReadonlyArray<readonly [string, Agreed]> = [
    ["as usual", {}],
    ["with the smallest frame and window", { maxFrame: MIN_MAX_FRAME, window: MIN_WINDOW }]
  ]
  for (const [how, agreed] of agreements) {
    describe(`TransportContract over ${name} ${how}`, () => {
      for (const { name, run } of TransportContract.cases) {
        it.live(name, () => {
          const layer = Layer.scoped(Transport, Effect.map(make(agreed), ({ transport }) => transport))
          return Effect.provide(run, layer)
        }, 30_000)
      }
    })
  }

  describe(`Transport over ${name}: what was agreed`, () => {
    it.live("is what the host asked for, within the sidecar's own bounds", () =>
      Effect.gen(function*() {
        const agreedOn = (agreed: Agreed) =>
          Effect.scoped(Effect.map(make(agreed), ({ transport: { peer } }) => [peer.maxFrame, peer.window]))
        const usual = [DEFAULT_MAX_FRAME, DEFAULT_WINDOW]
        assert.deepStrictEqual(yield* agreedOn({}), usual)
        assert.deepStrictEqual(yield* agreedOn({ maxFrame: 700_000, window: 200_000 }), [700_000, 200_000])
        assert.deepStrictEqual(yield* agreedOn({ maxFrame: 2 ** 24, window: 2 ** 24 }), usual)
        assert.deepStrictEqual(yield* agreedOn({ maxFrame: 1, window: 1 }), [MIN_MAX_FRAME, MIN_WINDOW])
      }), 30_000)

    it.live(
      "pings keep an idle connection open, and end one whose other side is silent",
      () =>
        Effect.scoped(Effect.gen(function*() {
          const { silence, transport } = yield* make({ pingInterval: 250 })
          // twice as long as silence is borne
          yield* Effect.sleep(3000)
          assert.isTrue(transport.isOpen())
          const { vm } = yield* leased(transport)
          assert.isTrue(yield* transport.call(Operations.exists, { vm, path: "/etc" }))
          yield* Effect.scoped(Effect.gen(function*() {
            yield* silence
            const late = yield* Effect.fork(failureOf(transport.call(Operations.exists, { vm, path: "/etc" })))
            assert.deepInclude({ ...(yield* transport.closed) }, { reason: "Timeout" })
            assert.deepInclude({ ...(yield* Fiber.join(late)) }, { _tag: "TransportError", reason: "Timeout" })
          }))
          assert.isFalse(transport.isOpen())
        })),
      30_000
    )
  })
}

const specOf = (env: Record<string, string> = {}) => ({
  hostname: "vm",
  user: { name: "user", uid: 1000, gid: 1000, home: "/home/user", shell: "/bin/sh" },
  env,
  limits: {
    filesystemBytes: 2 ** 27,
    inodes: 1000,
    processes: 16,
    openFiles: 64,
    ptys: 4,
    shellSessions: 4,
    sessionBytes: 10_000,
    readdirEntries: 1000,
    argvBytes: 4096,
    envBytes: 4096,
    readBytes: 2 ** 27,
    wasmMemoryBytes: 2 ** 26
  },
  mode: "ephemeral" as const,
  lowers: ["bundled-base-filesystem" as const]
})

const leased = (transport: TransportShape) =>
  Effect.flatMap(ControlClient.make(transport), (control) => control.Lease({ spec: specOf() as never, sealed: true }))

for (const [name, make] of transports) {
  describe(`Transport over ${name}`, () => {
    it.live("calls, failures, streams both ways, cancelling, deadlines", () =>
      Effect.gen(function*() {
        const transport = yield* make
        assert.isTrue(transport.isOpen())
        const { vm } = yield* leased(transport)
        const found = yield* transport.call(Operations.exists, { vm, path: "/etc" })
        assert.isTrue(found)
        const missing = yield* failureOf(transport.call(Operations.stat, { vm, path: "/none" }))
        assert.deepInclude(missing, { _tag: "WireFailure", reason: "kernel", errno: "ENOENT", path: "/none" })
        const unknown = yield* failureOf(transport.call({ ...Operations.stat, code: 9999 }, { vm, path: "/" }))
        assert.deepInclude(unknown, { _tag: "WireFailure", reason: "refused", detail: "unknown operation 9999" })
        const malformed = yield* failureOf(
          transport.call({ ...Operations.stat, request: Codec.struct({ vm: Codec.u32 }) }, { vm })
        )
        assert.deepInclude(malformed, { _tag: "WireFailure", reason: "refused" })
        const gone = yield* failureOf(transport.call(Operations.stat, { vm: vm + 1, path: "/" }))
        assert.deepInclude(gone, { _tag: "WireFailure", reason: "gone" })

        const content = bytes(3_000_000)
        const duplex = yield* transport.open(Operations.writeFile, {
          vm,
          path: "/tmp/f",
          streamed: true,
          content: new Uint8Array(0)
        })
        for (let at = 0; at < content.length; at += 100_000) yield* duplex.write(content.subarray(at, at + 100_000))
        yield* duplex.end
        yield* duplex.response
        assert.strictEqual((yield* transport.call(Operations.stat, { vm, path: "/tmp/f" })).size, 3_000_000)
        const read = yield* transport.open(Operations.readRange, {
          vm,
          path: "/tmp/f",
          offset: 0,
          length: undefined,
          chunk: 65_536
        })
        const parts = yield* Stream.runCollect(read.down)
        assert.isTrue(same(new Uint8Array(Buffer.concat(Array.from(parts))), content))
        yield* read.response

        const up = () => undefined
        const forever = {
          vm,
          command: "sleep 60",
          argv: [],
          cwd: undefined,
          env: [],
          timeoutMs: undefined,
          maxOutputBytes: undefined,
          trace: undefined,
          stdin: false,
          session: undefined
        }
        const late = yield* failureOf(transport.call(Operations.run, forever, { deadline: 100, down: () => {}, up }))
        assert.deepInclude(late, { _tag: "TransportError", reason: "Timeout" })
        const fiber = yield* Effect.fork(transport.call(Operations.run, forever, { down: () => {} }))
        yield* Effect.sleep(20)
        yield* Fiber.interrupt(fiber)
        // a throw of the caller's own ends its call, and nothing else
        const broken = yield* Effect.exit(
          transport.call(Operations.readRange, { vm, path: "/tmp/f", offset: 0, length: undefined, chunk: 65_536 }, {
            down: () => {
              throw new Error("mine")
            }
          })
        )
        assert.isTrue(Exit.isFailure(broken) && broken.cause._tag === "Die")
        const brokenUp = yield* Effect.exit(
          transport.call(Operations.writeFile, { vm, path: "/tmp/g", streamed: true, content: new Uint8Array(0) }, {
            up: () => {
              throw new Error("mine")
            }
          })
        )
        assert.isTrue(Exit.isFailure(brokenUp) && brokenUp.cause._tag === "Die")
        assert.isTrue(yield* transport.call(Operations.exists, { vm, path: "/etc" }))
      }).pipe(Effect.scoped), 20_000)

    it.live("what does not fit into a frame is refused before it is sent", () =>
      Effect.gen(function*() {
        const transport = yield* make
        const call = transport.call(Operations.stat, { vm: 1, path: "x".repeat(2_000_000) })
        assert.deepInclude(yield* failureOf(call), { _tag: "TransportError", reason: "FrameTooLarge" })
        assert.deepInclude(yield* failureOf(transport.emit(1, new Uint8Array(2_000_000))), { reason: "FrameTooLarge" })
        assert.isTrue(transport.isOpen())
      }).pipe(Effect.scoped), 20_000)

    it.live("control messages of garbage harm nobody", () =>
      Effect.gen(function*() {
        const transport = yield* make
        const { vm } = yield* leased(transport)
        const garbage = [
          "null",
          "1",
          "[]",
          "{}",
          "\"x\"",
          "{\"_tag\":\"Nope\"}",
          "{\"_tag\":\"Request\"}",
          "{\"_tag\":\"Interrupt\"}",
          "{\"_tag\":\"Request\",\"id\":\"1\",\"tag\":\"Lease\",\"payload\":{},\"headers\":[]}",
          "{\"_tag\":\"Request\",\"id\":\"x\",\"tag\":\"GetHealth\",\"headers\":5}",
          "{\"_tag\":\"Request\",\"id\":\"9\",\"tag\":\"Nope\",\"payload\":null,\"headers\":[]}",
          "{\"_tag\":\"Ack\",\"requestId\":\"4\"}",
          "{\"_tag\":\"Eof\"}"
        ]
        for (const message of garbage) yield* transport.emit(Operations.CONTROL_CHANNEL, text(message))
        yield* transport.emit(4711, text("a channel nobody hears"))
        yield* Effect.sleep(50)
        assert.isTrue(yield* transport.call(Operations.exists, { vm, path: "/etc" }))
        assert.isDefined((yield* leased(transport)).vmId)
      }).pipe(Effect.scoped), 20_000)

    it.live("closing the Scope ends it: calls under way fail, late ones too", () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const transport = yield* Scope.extend(make, scope)
        const { vm } = yield* Scope.extend(leased(transport), scope)
        const run = {
          vm,
          command: "sleep 60",
          argv: [],
          cwd: undefined,
          env: [],
          timeoutMs: undefined,
          maxOutputBytes: undefined,
          trace: undefined,
          stdin: false,
          session: undefined
        }
        const fiber = yield* Effect.fork(failureOf(transport.call(Operations.run, run)))
        yield* Effect.sleep(20)
        yield* Scope.close(scope, Exit.void)
        assert.deepInclude(yield* Fiber.join(fiber), { _tag: "TransportError", reason: "Closed" })
        assert.isFalse(transport.isOpen())
        assert.deepInclude(yield* failureOf(transport.call(Operations.exists, { vm, path: "/" })), { reason: "Closed" })
        assert.deepInclude(yield* transport.closed, { reason: "Closed" })
      }), 20_000)
  })
}

const hello = (change: Partial<Codec.TypeOf<typeof helloCodec>>) =>
  request(
    1,
    HELLO,
    Codec.encode(helloCodec, {
      magic: "effect-agent-os" as const,
      version: WIRE_VERSION,
      token: "wrong",
      maxFrame: 2 ** 20,
      window: 2 ** 19,
      ...change
    })
  )

describe("Unix socket", () => {
  it.live("whatever a stranger sends, only its own connection ends, and it is told why", () =>
    Effect.gen(function*() {
      const { sidecar, socketPath } = yield* listening
      const neighbour = yield* NodeTransport.makeUnix(socketPath, { token: sidecar.token })
      const { vm } = yield* leased(neighbour)
      const good = hello({ token: sidecar.token })
      const both = (...parts: ReadonlyArray<Uint8Array>) => new Uint8Array(Buffer.concat(parts))
      const garbage = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 0xff)
      const huge = new Uint8Array(4)
      new DataView(huge.buffer).setUint32(0, 2 ** 31, true)
      const attempts: ReadonlyArray<readonly [name: string, bytes: Uint8Array, why: RegExp]> = [
        ["wrong token", hello({}), /wrong token/],
        ["empty token", hello({ token: "" }), /wrong token/],
        [
          "wrong version",
          hello({ version: 99, token: sidecar.token }),
          /version 99 of the protocol, this sidecar version \d+: install the same version/
        ],
        ["garbage", garbage, /frame length/],
        ["a frame of 2^31", huge, /frame length 2147483648/],
        ["a frame above the handshake's bound", frame(Kind.request, 1, new Uint8Array(20_000)), /frame length/],
        [
          "a request before hello",
          request(1, Operations.exists.code, new Uint8Array(9)),
          /the first request must be the handshake/
        ],
        ["an event before hello", frame(Kind.event, 1, text("{}")), /the first request must be the handshake/],
        ["hello cut short", request(1, HELLO, new Uint8Array(3)), /handshake: /],
        ["hello twice", both(good, hello({ token: sidecar.token }).fill(3, 5, 6)), /a second handshake/],
        ["an answer to nothing", both(good, frame(Kind.response, 2)), /which is not open/],
        ["an unknown kind", both(good, frame(99, 0)), /unknown frame kind 99/],
        ["a frame of 2^31 after hello", both(good, huge), /frame length 2147483648/],
        ["control that is no JSON", both(good, frame(Kind.event, Operations.CONTROL_CHANNEL, text("{"))), /not JSON/]
      ]
      for (const [name, sent, why] of attempts) {
        const { closed, frames } = yield* Effect.promise(() => exchange(socketPath, sent))
        const last = frames.at(-1)
        assert.strictEqual(last?.kind, Kind.goaway, name)
        assert.match(goawayText(last!), why, name)
        assert.isTrue(closed, `${name}: the sidecar closes the connection`)
        assert.isTrue(yield* neighbour.call(Operations.exists, { vm, path: "/etc" }), `${name}: the neighbour lives`)
      }
      for (const token of ["wrong", ""]) {
        const error = yield* failureOf(NodeTransport.makeUnix(socketPath, { token }))
        assert.deepInclude(error, { _tag: "TransportError", reason: "Unauthorized", detail: "wrong token" })
      }
      assert.isTrue(sidecar.transport.isOpen())
    }).pipe(Effect.scoped), 30_000)

  it.live("a VM is its connection's own, and ends with it", () =>
    Effect.gen(function*() {
      const { sidecar, socketPath } = yield* listening
      const scope = yield* Scope.make()
      const options = { token: sidecar.token }
      const context = yield* Layer.build(NodeTransport.layerUnix(socketPath, options)).pipe(Scope.extend(scope))
      const first = yield* Effect.provide(Transport, context)
      const second = yield* NodeTransport.makeUnix(socketPath, options)
      const { vm } = yield* Scope.extend(leased(first), scope)
      assert.isTrue(yield* first.call(Operations.exists, { vm, path: "/etc" }))
      assert.deepInclude(yield* failureOf(second.call(Operations.exists, { vm, path: "/etc" })), { reason: "gone" })
      assert.strictEqual((yield* sidecar.control.GetHealth(undefined)).vms, 1)
      yield* Scope.close(scope, Exit.void)
      yield* Effect.retry(
        Effect.filterOrFail(sidecar.control.GetHealth(undefined), ({ vms }) => vms === 0, () => "still there"),
        { times: 50 }
      )
    }).pipe(Effect.scoped), 20_000)

  it.live(
    "the socket's file goes with the sidecar, and what a killed one left makes room; another's file stays",
    () =>
      Effect.gen(function*() {
        const home = yield* directory
        const socketPath = join(home, "sidecar.sock")
        const usable = (sidecar: ConnectedProcess) =>
          Effect.retry(NodeTransport.makeUnix(socketPath, { token: sidecar.token }), {
            times: 200,
            schedule: Schedule.spaced(5)
          })
        yield* Effect.scoped(Effect.gen(function*() {
          const first = yield* connect("first", { socketPath, warmWorkers: 0 })
          yield* usable(first)
          process.kill(first.pid, "SIGKILL")
          yield* first.exited
          assert.deepStrictEqual(readdirSync(home), ["sidecar.sock"])
          const second = yield* connect("second", { socketPath, warmWorkers: 0 })
          yield* usable(second)
          // in use: a third one must not take it away
          const third = yield* Effect.exit(
            connect("third", { socketPath, warmWorkers: 0 }).pipe(
              Effect.flatMap((sidecar) => sidecar.exited),
              Effect.scoped
            )
          )
          assert.match(String(third), /cannot listen on the socket|EADDRINUSE|Exited/)
          yield* usable(second)
        }))
        assert.deepStrictEqual(readdirSync(home), [])
        writeFileSync(socketPath, "not a socket")
        yield* Effect.ignore(
          Effect.scoped(Effect.flatMap(connect("fourth", { socketPath, warmWorkers: 0 }), (sidecar) => sidecar.exited))
        )
        assert.deepStrictEqual(readdirSync(home), ["sidecar.sock"])
      }).pipe(Effect.scoped),
    20_000
  )
})
