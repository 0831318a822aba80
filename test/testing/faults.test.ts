/** Faulty connections and kill switches: every call ends, with its answer or a typed error, and nothing is left. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { type ChildProcess, spawn } from "node:child_process"
import { rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { FaultyTransport, KillSwitch, Leftovers, TestSidecar } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"

const liveClock = Clock.make()

/** What a program does that may fail at any point: the tags of its failures. */
const work = Effect.gen(function*() {
  const vm = yield* Vm.make({})
  const tags: Array<string> = []
  const attempt = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.catchAll(effect, (error) => Effect.sync(() => void tags.push(error._tag)))
  for (let i = 0; i < 8; i++) {
    yield* attempt(Effect.all([
      vm.filesystem.writeFile(`/tmp/${i}`, "x".repeat(10_000 * i)),
      vm.filesystem.readdir("/usr"),
      vm.filesystem.exists("/tmp")
    ], { concurrency: "unbounded", discard: true }))
  }
  return tags
}).pipe(Effect.scoped, Effect.catchAll((error) => Effect.succeed([`lease: ${error._tag}`])))

const typed = new Set(["TransportError", "SidecarError", "lease: TransportError", "lease: SidecarError"])

/** Lets time pass until a fiber has ended. */
const played = <A, E>(fiber: Fiber.Fiber<A, E>) =>
  Effect.gen(function*() {
    for (let i = 0; i < 100; i++) {
      yield* TestClock.adjust("10 seconds")
      if ((yield* Fiber.poll(fiber))._tag === "Some") return yield* Fiber.join(fiber)
    }
    return yield* Effect.dieMessage("it hangs")
  })

const run = (options: FaultyTransport.Options) =>
  Effect.gen(function*() {
    const tags = yield* played(yield* Effect.fork(work))
    return { tags, counts: yield* Effect.flatMap(FaultyTransport.FaultyTransport, ({ counts }) => counts) }
  }).pipe(Effect.provide(FaultyTransport.layer(options)))

describe("FaultyTransport", () => {
  it.effect("what comes late, in pieces and in another order still comes", () =>
    Effect.gen(function*() {
      for (let seed = 0; seed < 10; seed++) {
        const { counts, tags } = yield* run({ seed, split: 0.5, reorder: 0.5, delay: "20 millis" })
        assert.deepStrictEqual(tags, [], `seed ${seed}`)
        assert.isAbove(counts.split, 0)
        assert.isAbove(counts.delayed, 0)
      }
    }), 30_000)

  it.effect("what is lost or cut ends every call with a typed error", () =>
    Effect.gen(function*() {
      let failed = 0
      for (let seed = 0; seed < 60; seed++) {
        const fault = seed % 2 === 0 ? { drop: 0.05 } : { cut: 0.05 }
        const { tags } = yield* run({ seed, ...fault, split: 0.2, reorder: 0.2 })
        failed += tags.length
        for (const tag of tags) assert.isTrue(typed.has(tag), `seed ${seed}: ${tag}`)
      }
      assert.isAbove(failed, 60)
    }), 60_000)

  it.effect("the same seed has the same faults", () =>
    Effect.gen(function*() {
      const options = { seed: 3, drop: 0.02, split: 0.5, reorder: 0.3, delay: "5 millis" } as const
      const first = yield* run(options)
      assert.deepStrictEqual(yield* run(options), first)
    }), 30_000)

  it.scoped("a cut by hand: the VM is lost, the next one works", () =>
    Effect.gen(function*() {
      const { cut } = yield* FaultyTransport.FaultyTransport
      const vm = yield* Vm.make({})
      yield* vm.filesystem.writeFile("/tmp/a", "a")
      yield* cut
      const error = yield* Effect.flip(vm.filesystem.readFile("/tmp/a"))
      assert.include(["TransportError", "SidecarError"], error._tag)
      const next = yield* Vm.make({})
      assert.isFalse(yield* next.filesystem.exists("/tmp/a"))
    }).pipe(Effect.provide(FaultyTransport.layer({}))))
})

describe("KillSwitch", () => {
  const script = "for i in 1 2 3 4 5 6 7 8; do echo $i > /tmp/f$i; done; cat /tmp/f*"

  it.effect("a worker ends at a call: the call is done or not, the VM lives on", () =>
    Effect.gen(function*() {
      const { arm, killed } = yield* KillSwitch.KillSwitch
      for (const when of ["before", "after"] as const) {
        const vm = yield* Vm.make({})
        yield* arm({ target: "worker", at: 3, call: "mkdir", when })
        const result = yield* vm.processes.exec("for i in 1 2 3 4 5; do mkdir /tmp/d$i; done")
        assert.deepInclude(result, { exitCode: 137 })
        const made = (yield* vm.filesystem.readdir("/tmp")).filter((name) => name.startsWith("d"))
        assert.deepStrictEqual(made, when === "before" ? ["d1", "d2"] : ["d1", "d2", "d3"])
        assert.deepInclude(yield* vm.processes.exec(script), { exitCode: 0 })
      }
      assert.strictEqual((yield* killed).length, 2)
    }).pipe(Effect.scoped, Effect.provide(KillSwitch.layer({ seed: 1 }))), 30_000)

  it.effect("a sidecar ends at a random call: typed errors, and a new one", () =>
    Effect.gen(function*() {
      const { arm, calls, killed } = yield* KillSwitch.KillSwitch
      for (let i = 0; i < 10; i++) {
        const vm = yield* Vm.make({})
        yield* arm({ target: "sidecar", at: 0.2 })
        const error = yield* Effect.flip(vm.processes.exec(script))
        assert.include(["TransportError", "SidecarError"], error._tag)
      }
      assert.strictEqual((yield* killed).length, 10)
      assert.isAbove(yield* calls, 10)
      const vm = yield* Vm.make({})
      assert.deepInclude(yield* vm.processes.exec("echo ok"), { stdout: "ok\n" })
    }).pipe(Effect.scoped, Effect.provide(KillSwitch.layer({ seed: 2 }))), 30_000)
})

describe("KillSwitch, the other way round", () => {
  const script = "for i in 1 2 3 4 5 6 7 8; do echo $i > /tmp/f$i; done; cat /tmp/f*"

  it.effect("a worker ends at a random call: the process dies of it, the VM lives on", () =>
    Effect.gen(function*() {
      const { arm, killed } = yield* KillSwitch.KillSwitch
      const vm = yield* Vm.make({})
      for (let i = 0; i < 10; i++) {
        yield* arm({ target: "worker", at: 0.3 })
        assert.deepInclude(yield* vm.processes.exec(script), { exitCode: 137 })
        assert.isTrue(yield* vm.filesystem.exists("/tmp"))
      }
      assert.deepStrictEqual(new Set((yield* killed).map(({ target }) => target)), new Set(["worker"]))
      assert.deepInclude(yield* vm.processes.exec("echo ok"), { stdout: "ok\n" })
    }).pipe(Effect.scoped, Effect.provide(KillSwitch.layer({ seed: 3 }))), 30_000)

  it.effect("a sidecar ends at a chosen call: before it or after it", () =>
    Effect.gen(function*() {
      const { arm, killed } = yield* KillSwitch.KillSwitch
      for (const when of ["before", "after"] as const) {
        const vm = yield* Vm.make({})
        yield* arm({ target: "sidecar", at: 2, call: "mkdir", when })
        const error = yield* Effect.flip(vm.processes.exec("mkdir /tmp/a /tmp/b /tmp/c"))
        assert.include(["TransportError", "SidecarError"], error._tag)
      }
      assert.deepStrictEqual(yield* killed, [
        { target: "sidecar", call: "mkdir", when: "before" },
        { target: "sidecar", call: "mkdir", when: "after" }
      ])
    }).pipe(Effect.scoped, Effect.provide(KillSwitch.layer({ seed: 4 }))), 30_000)
})

describe("expectNothingLeft", () => {
  it.live("finds a process, a socket and a temporary file", () =>
    Effect.gen(function*() {
      const left = (effect: Effect.Effect<unknown>) =>
        Effect.map(Effect.exit(Leftovers.expectNothingLeft(effect)), (exit) => JSON.stringify(exit))
      let sleeper: ChildProcess | undefined
      const spawned = Effect.sync(() => {
        sleeper = spawn("sleep", ["60"], { stdio: "ignore" })
      })
      assert.include(yield* left(spawned), "ProcessWrap")
      sleeper?.kill("SIGKILL")
      const server = createServer()
      const listening = Effect.async<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      })
      assert.include(yield* left(listening), "TCPServerWrap")
      server.close()
      const file = join(tmpdir(), `agent-os-left-${process.pid}`)
      assert.include(yield* left(Effect.sync(() => writeFileSync(file, ""))), file.slice(file.lastIndexOf("/") + 1))
      rmSync(file)
    }), 60_000)

  it.effect("a whole program with guests leaves nothing", () =>
    Leftovers.expectNothingLeft(
      Effect.gen(function*() {
        const vm = yield* Vm.make({})
        yield* vm.processes.exec("echo a > /tmp/a; sleep 0.01 & wait")
      }).pipe(Effect.provide(Layer.fresh(TestSidecar.layer())), Effect.withClock(liveClock))
    ), 30_000)

  it.effect("finds a fiber and a worker", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.exit(Leftovers.expectNothingLeft(Effect.forkDaemon(Effect.never)))
      assert.include(JSON.stringify(fiber), "1 fibers")
      const scope = yield* Scope.make()
      const worker = yield* Effect.exit(Leftovers.expectNothingLeft(
        Effect.gen(function*() {
          const context = yield* Layer.buildWithScope(TestSidecar.layer(), scope)
          const vm = yield* Vm.make({}).pipe(Effect.provide(context), Scope.extend(scope))
          yield* vm.processes.exec("true")
        })
      ))
      assert.include(JSON.stringify(worker), "MessagePort")
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
    }), 30_000)
})
