/** Every public operation, interrupted at random moments: nothing stays open anywhere. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import { readDirectory } from "../../layers/node/HostDirectory.ts"
import * as ConnectionTransport from "../../layers/remote/ConnectionTransport.ts"
import * as ControlClient from "../../layers/remote/ControlClient.ts"
import * as SidecarPool from "../../layers/remote/SidecarPool.ts"
import { memoryLink } from "../../layers/testing/MemoryLink.ts"
import { makeServer } from "../../layers/testing/TestSidecar.ts"
import type { SidecarServer } from "../../native/server/server.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import { random } from "../wire/pair.ts"
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
    readDirectory,
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

const operations = (vm: VmShape): Readonly<Record<string, Effect.Effect<unknown, unknown>>> => {
  const { filesystem: fs, processes } = vm
  const large = bytes(2_000_000)
  return {
    readFile: fs.readFile("/tmp/large"),
    writeFile: fs.writeFile("/tmp/written", large),
    small: fs.writeFile("/tmp/small", "x"),
    writeFiles: fs.writeFiles(
      Array.from({ length: 50 }, (_, i) => ({ path: `/tmp/b/${i}`, content: large.subarray(0, 30_000) }))
    ),
    readFiles: fs.readFiles(["/tmp/large", "/etc/passwd", "/none"]),
    mkdir: fs.mkdir("/tmp/m/n", { recursive: true }),
    readdir: fs.readdir("/"),
    readdirRecursive: fs.readdirRecursive("/"),
    stat: fs.stat("/etc"),
    exists: fs.exists("/etc"),
    move: fs.move("/tmp/small", "/tmp/moved"),
    delete: fs.delete("/tmp/moved"),
    export: fs.snapshotRootFilesystem(),
    mountMemory: fs.mountFs("/m", { plugin: { id: "memory" } }),
    mountHost: fs.mountFs("/h", { plugin: { id: "host_dir", config: { hostPath: "test/wire" } } }),
    unmount: Effect.all([fs.unmountFs("/m"), fs.unmountFs("/h")], { mode: "either" }),
    listMounts: fs.listMounts,
    exec: processes.exec("cat /tmp/large | wc -c"),
    execStdin: processes.exec("cat", { stdin: large }),
    execStream: processes.exec("cat", {
      stdin: Stream.fromIterable(Array.from({ length: 40 }, () => large.subarray(0, 50_000)))
    }),
    busy: processes.exec("while true; do :; done"),
    run: Stream.runDrain(processes.run("seq 1 100000")),
    snapshot: Effect.flatMap(vm.snapshot, vm.diff)
  }
}

describe("interruption", () => {
  it.live("leaves nothing open, whenever it comes", () =>
    Effect.gen(function*() {
      const { servers, sidecar } = yield* inspectable
      const next = random(20_260)
      const vm = yield* Effect.provideService(Vm.make({}), Sidecar, sidecar)
      yield* vm.filesystem.writeFile("/tmp/large", bytes(2_000_000))
      for (const [name, operation] of Object.entries(operations(vm))) {
        for (let round = 0; round < 12; round++) {
          const fiber = yield* Effect.fork(operation)
          const moment = next()
          if (moment < 0.6) { for (let i = 0; i < moment * 60; i++) yield* Effect.yieldNow() }
          else yield* Effect.sleep(moment * 12)
          const exit = yield* Fiber.interrupt(fiber).pipe(Effect.timeout("3 seconds"))
          if (Exit.isFailure(exit)) assert.isTrue(exit.cause._tag !== "Die", `${name}: ${String(exit)}`)
        }
        yield* Effect.sync(() => assert.deepStrictEqual(open(servers), { exchanges: 0, queued: 0, processes: 0 }, name))
          .pipe(
            Effect.sandbox,
            Effect.retry({ times: 100, schedule: Schedule.spaced(10) })
          )
      }
      assert.strictEqual((yield* vm.processes.exec("echo alive")).stdout, "alive\n")
      // no descriptor was lost either: the limit is 256
      for (let i = 0; i < 260; i++) yield* vm.filesystem.readFile("/tmp/large")
    }).pipe(Effect.scoped), 60_000)

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
