/** WebAssembly programs that do their worst: each ends within its bound, and neither a neighbour nor its own VM notices. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { NodeSidecar } from "../../layers/node/index.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import { failureOf } from "../contract/layers.ts"
import { folder } from "../support/wasm-programs.ts"
import type { Left } from "./support.ts"
import { before, expectNothingLeft } from "./support.ts"

let was: Left
beforeAll(() => {
  was = before()
})
afterAll(() => expectNothingLeft(was))

const FLOOD = 20_000_000

const timedOut = (vm: VmShape, script: string) =>
  Effect.map(
    failureOf(vm.processes.exec(script, { timeout: 500 })),
    (error: any) => assert.strictEqual(error.reason, "TimedOut")
  )

/** What a program does, and how it must end. */
const abuses: Readonly<Record<string, (vm: VmShape) => Effect.Effect<unknown, any, Scope.Scope>>> = {
  "an endless loop with a deadline": (vm) => timedOut(vm, "spin"),
  "eight of them": (vm) => timedOut(vm, "for i in 1 2 3 4 5 6 7 8; do spin & done; wait"),
  "one in the background, and the shell that started it": (vm) =>
    Effect.gen(function*() {
      const { stdout } = yield* vm.processes.exec("spin & p=$!; echo beside; kill -TERM $p; wait $p; echo $?", {
        timeout: "20 seconds"
      })
      assert.strictEqual(stdout, "beside\n143\n")
    }),
  "one whose host is interrupted": (vm) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(vm.processes.exec("spin"))
      yield* vm.processes.list.pipe(
        Effect.filterOrFail((all) => all.some(({ args }) => args[0] === "spin"), () => "not yet" as const),
        Effect.retry({ times: 1000, schedule: Schedule.spaced(10) })
      )
      yield* Fiber.interrupt(fiber)
    }),
  "one whose scope closes": (vm) => Effect.scoped(vm.processes.spawn("spin", [], { stdin: "none" })),
  "memory without end": (vm) =>
    Effect.map(
      vm.processes.exec("grow; echo $?", { timeout: "20 seconds" }),
      // 2 pages to begin with, 64 at most: three times 16 more
      ({ stdout }) => assert.strictEqual(stdout, "3\n")
    ),
  "calls without end": (vm) =>
    Effect.map(
      vm.processes.exec("deep; echo $?", { timeout: "20 seconds" }),
      ({ stdout }) => assert.strictEqual(stdout, "134\n")
    ),
  "20 MB to a slow reader": (vm) =>
    Effect.gen(function*() {
      const handle = yield* vm.processes.spawn("flood", [], { stdin: "none" })
      const read = yield* handle.stdout.pipe(
        Stream.tap(() => Effect.sleep(1)),
        Stream.runFold(0, (sum, bytes) => sum + bytes.length)
      )
      assert.strictEqual(read, FLOOD)
    }),
  "20 MB that are collected, above the bound": (vm) =>
    Effect.map(
      failureOf(vm.processes.exec("flood", { timeout: "20 seconds" })),
      (error: any) => assert.strictEqual(error.reason, "OutputLimit")
    ),
  "20 MB to nobody": (vm) =>
    Effect.map(
      vm.processes.exec("flood | head -c 3 | wc -c; echo ${PIPESTATUS[0]}", { timeout: "20 seconds" }),
      ({ stdout }) => assert.strictEqual(stdout, "3\n141\n")
    ),
  "20 MB from standard input to its end": (vm) =>
    Effect.map(
      vm.processes.exec("flood | copy | copy | wc -c", { timeout: "30 seconds" }),
      ({ stdout }) => assert.strictEqual(stdout.trim(), String(FLOOD))
    ),
  "descriptors that are never closed": (vm) =>
    Effect.map(
      vm.processes.exec("leak /etc/hostname; echo $?; leak /etc/hostname; echo $?; cat /etc/hostname", {
        timeout: "20 seconds"
      }),
      ({ stdout }) => assert.strictEqual(stdout, "41\n41\nagent-os\n")
    ),
  "a full disk": (vm) =>
    Effect.map(
      vm.processes.exec("flood | put /tmp/a; flood | put /tmp/b; flood | put /tmp/c; flood | put /tmp/d; echo $?", {
        timeout: "30 seconds"
      }),
      // ENOSPC
      ({ stdout }) => assert.strictEqual(stdout, "51\n")
    )
}

const alive = (vm: VmShape, what: string) =>
  Effect.map(
    Effect.exit(vm.processes.exec("echo alive | copy", { timeout: "10 seconds" })),
    (exit) => assert.isTrue(Exit.isSuccess(exit) && exit.value.stdout === "alive\n", `${what}: ${String(exit)}`)
  )

describe("hostile WebAssembly programs", () => {
  it.live(
    "each ends within its bound; the VM's other process and the neighbour's work go on meanwhile",
    () =>
      Effect.gen(function*() {
        const software = [{ package: yield* folder }]
        const limits = { wasmMemoryBytes: 4 * 1024 * 1024 }
        const neighbour = yield* Vm.make({ software })
        for (const [name, abuse] of Object.entries(abuses)) {
          const vm = yield* Vm.make({ software, limits })
          const beside = yield* vm.processes.spawn("sh", ["-c", "while read x; do echo $x; done"])
          const heard = yield* Deferred.make<void>()
          const said = yield* beside.stdout.pipe(
            Stream.decodeText(),
            Stream.splitLines,
            Stream.tap(() => Deferred.succeed(heard, undefined)),
            Stream.take(2),
            Stream.runCollect,
            Effect.fork
          )
          const ended = yield* Deferred.make<void>()
          const lines = Stream.make("before\n").pipe(
            Stream.concat(Stream.fromEffect(Effect.as(Deferred.await(ended), "after\n"))),
            Stream.encodeText
          )
          yield* Effect.fork(Stream.run(lines, beside.stdin))
          yield* Deferred.await(heard)
          yield* Effect.scoped(Effect.timeout(abuse(vm), "60 seconds"))
          yield* Deferred.succeed(ended, undefined)
          assert.deepStrictEqual(Chunk.toArray(yield* Fiber.join(said)), ["before", "after"], name)
          yield* alive(vm, name)
          yield* vm.processes.killProcess(beside.pid)
          assert.deepStrictEqual(yield* vm.processes.list, [], name)
          yield* alive(neighbour, `${name}: the neighbour`)
        }
      }).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)),
    180_000
  )

  it.live("the end of a VM ends its programs", () =>
    Effect.gen(function*() {
      const software = [{ package: yield* folder }]
      const neighbour = yield* Vm.make({ software })
      const scope = yield* Scope.make()
      const vm = yield* Scope.extend(Vm.make({ software }), scope)
      const handle = yield* Scope.extend(vm.processes.spawn("sh", ["-c", "echo on; spin"], { stdin: "none" }), scope)
      yield* handle.stdout.pipe(Stream.take(1), Stream.runDrain)
      yield* Scope.close(scope, Exit.void)
      yield* alive(neighbour, "after the end of another VM")
    }).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)), 60_000)
})
