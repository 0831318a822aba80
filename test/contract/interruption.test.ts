/** Every public operation, interrupted at random moments: nothing stays open anywhere. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { randomUUID } from "node:crypto"
import { plugins } from "../../layers/node/plugins.ts"
import * as ConnectionTransport from "../../layers/remote/ConnectionTransport.ts"
import * as ControlClient from "../../layers/remote/ControlClient.ts"
import * as SidecarPool from "../../layers/remote/SidecarPool.ts"
import { memoryLink } from "../../layers/testing/MemoryLink.ts"
import { makeServer } from "../../layers/testing/TestSidecar.ts"
import type { SidecarServer } from "../../native/server/server.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import { Vm } from "../../services/Vm.ts"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import { random } from "../wire/pair.ts"
import { everyOperation, LARGE } from "./every-operation.ts"
import { bytes } from "./layers.ts"

/** A Sidecar service whose server can be looked into. */
const inspectable = Effect.gen(function*() {
  const servers: Array<SidecarServer> = []
  const sidecar = yield* SidecarPool.make({
    connect: (sidecarId) =>
      Effect.gen(function*() {
        const server = yield* makeServer(sidecarId, { warmWorkers: 1 })
        servers.push(server)
        const transport = yield* ConnectionTransport.make(memoryLink(server), { token: "in-process" })
        const control = yield* ControlClient.make(transport)
        const exited = Effect.as(transport.closed, new SidecarError({ reason: "Exited", detail: "ended" }))
        return { transport, control, exited }
      }),
    plugins,
    uuid: Effect.sync(randomUUID)
  })
  return { sidecar, servers }
})

const open = (servers: ReadonlyArray<SidecarServer>) => ({
  exchanges: servers.flatMap(({ sessions }) => Array.from(sessions, ({ connection }) => connection.open)).reduce(
    (a, b) => a + b,
    0
  ),
  queued: servers.reduce((sum, { queue }) => sum + queue.size, 0),
  processes: servers.reduce((sum, server) => sum + server.processes, 0)
})

const nothingOpen = (servers: ReadonlyArray<SidecarServer>, after: string) =>
  Effect.sync(() => assert.deepStrictEqual(open(servers), { exchanges: 0, queued: 0, processes: 0 }, after)).pipe(
    Effect.sandbox,
    Effect.retry({ times: 100, schedule: Schedule.spaced(10) })
  )

describe("interruption", () => {
  for (
    const group of [
      "filesystem",
      "fileHandle",
      "processes",
      "processHandle",
      "terminal",
      "commands",
      "tools",
      "states",
      "more"
    ]
  ) {
    it.live(`leaves nothing open, whenever it comes: ${group}`, () =>
      Effect.gen(function*() {
        const { servers, sidecar } = yield* inspectable
        const next = random(20_260)
        const vm = yield* Effect.provideService(Vm.make({}), Sidecar, sidecar)
        yield* vm.filesystem.writeFile(LARGE, bytes(2_000_000))
        for (const [name, operation] of Object.entries(everyOperation(vm)[group])) {
          for (let round = 0; round < 12; round++) {
            const fiber = yield* Effect.fork(operation)
            const moment = next()
            if (moment < 0.6) { for (let i = 0; i < moment * 60; i++) yield* Effect.yieldNow() }
            else yield* Effect.sleep(moment * 12)
            const exit = yield* Fiber.interrupt(fiber).pipe(Effect.timeout("5 seconds"))
            if (Exit.isFailure(exit)) assert.isFalse(Cause.isDie(exit.cause), `${name}: ${String(exit)}`)
          }
          yield* nothingOpen(servers, name)
        }
        assert.strictEqual((yield* vm.processes.exec("echo alive")).stdout, "alive\n")
        // no descriptor was lost either: the limit is 256
        for (let i = 0; i < 260; i++) yield* vm.filesystem.readFile(LARGE)
      }).pipe(Effect.scoped), 60_000)
  }

  it.live("leases, whenever they are interrupted, are given back", () =>
    Effect.gen(function*() {
      const { servers, sidecar } = yield* inspectable
      const next = random(7)
      const config = {
        mounts: [{ path: "/h", plugin: { id: "host_dir" as const, config: { hostPath: "test/wire" } } }],
        rootFilesystem: { bootstrapEntries: [{ path: "/x", type: "file" as const, content: "y".repeat(100_000) }] }
      }
      const keep = yield* Effect.provideService(Vm.make({}), Sidecar, sidecar)
      for (let round = 0; round < 60; round++) {
        const lease = Vm.make(round % 2 === 0 ? config : {}).pipe(
          Effect.flatMap((vm) => vm.filesystem.readdir("/")),
          Effect.scoped,
          Effect.provideService(Sidecar, sidecar)
        )
        const fiber = yield* Effect.fork(lease)
        for (let i = next() * 80; i > 0; i--) yield* Effect.yieldNow()
        if (round % 3 === 0) yield* Effect.sleep(next() * 4)
        yield* Fiber.interrupt(fiber)
      }
      assert.strictEqual(servers.reduce((sum, { vms }) => sum + vms, 0), 1)
      assert.strictEqual((yield* (yield* sidecar.shared()).describe).activeVmCount, 1)
      assert.isTrue(yield* keep.filesystem.exists("/etc"))
    }).pipe(Effect.scoped), 30_000)

  it.live(
    "a VM released in the middle of a staged write gives its space and its turn back",
    () =>
      Effect.gen(function*() {
        const { servers, sidecar } = yield* inspectable
        const scoped = Vm.make({}).pipe(
          Effect.flatMap((vm) =>
            Effect.forEach(
              [1, 2, 3],
              (i) => Effect.forkDaemon(Effect.exit(vm.filesystem.writeFile(`/tmp/${i}`, bytes(4_000_000))))
            )
          ),
          Effect.tap(() => Effect.yieldNow()),
          Effect.scoped,
          Effect.provideService(Sidecar, sidecar)
        )
        for (const fiber of yield* scoped) yield* Effect.timeout(Fiber.join(fiber), "3 seconds")
        assert.deepStrictEqual(open(servers), { exchanges: 0, queued: 0, processes: 0 })
      }).pipe(Effect.scoped),
    20_000
  )
})
