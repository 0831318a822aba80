/** The fakes with their controls, the matchers, and the contract kits over our own layers. */
import { assert, describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { ImmediateDriver, ManualDriver } from "../../layers/scheduler/index.ts"
import {
  Matchers,
  ScheduleDriverContract,
  TestFilesystem,
  TestProcesses,
  TestScheduler,
  TestTransport
} from "../../layers/testing/index.ts"
import { Filesystem } from "../../services/Filesystem.ts"
import { Processes } from "../../services/Processes.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import { Transport } from "../../services/Transport.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import * as Operations from "../../src/wire/Operations.ts"

expect.extend(Matchers.matchers)

const matched = (value: unknown) =>
  expect(value) as unknown as Record<string, (...args: ReadonlyArray<unknown>) => void>
const unmatched = (value: unknown) =>
  (expect(value) as unknown as { readonly not: Record<string, (...args: ReadonlyArray<unknown>) => void> }).not

describe("fakes", () => {
  it.scoped("TestFilesystem: real files, calls written down, failures on demand", () =>
    Effect.gen(function*() {
      const filesystem = yield* Filesystem
      const control = yield* TestFilesystem.TestFilesystem
      assert.strictEqual(yield* filesystem.readFileString("/home/user/a/b"), "text")
      const full = new KernelError({ errno: "ENOSPC", syscall: "open" })
      yield* control.fail("writeFile", { error: full, when: (path) => path === "/tmp/x" })
      yield* filesystem.writeFile("/tmp/y", "y")
      assert.strictEqual(yield* Effect.flip(filesystem.writeFile("/tmp/x", "x")), full)
      yield* filesystem.writeFile("/tmp/x", "x")
      assert.deepStrictEqual((yield* control.calls).map(({ args, method }) => `${method} ${String(args[0])}`), [
        "readFileString /home/user/a/b",
        "writeFile /tmp/y",
        "writeFile /tmp/x",
        "writeFile /tmp/x"
      ])
      yield* control.reset
      const files = yield* Matchers.filesBelow(control.files, "/tmp")
      assert.deepStrictEqual(yield* control.calls, [])
      matched(files).toHaveFile("/tmp/x", "x")
      matched(files).toHaveFile("/tmp/y", /^y/)
      unmatched(files).toHaveFile("/tmp/z")
      assert.throws(() => matched(files).toHaveFile("/tmp/x", "y"), /expected/)
    }).pipe(Effect.provide(TestFilesystem.layer({ files: { "/home/user/a/b": "text" } }))))

  it.scoped("TestProcesses: commands as the test has them", () =>
    Effect.gen(function*() {
      const processes = yield* Processes
      const control = yield* TestProcesses.TestProcesses
      yield* control.on(/^git /, { stdout: "main\n" })
      yield* control.on("slow", { delay: "1 minute", stderr: "late\n", exitCode: 3 })
      const result = yield* processes.exec("git branch")
      matched(result).toSucceed()
      matched(result).toPrint("main\n")
      matched(yield* processes.exec("nothing")).toExitWith(127)
      matched(yield* processes.exec("nothing")).toComplain(/not found/)
      const slow = yield* Effect.fork(processes.exec("slow"))
      const late = yield* Effect.fork(Effect.flip(processes.exec("slow", { timeout: "10 seconds" })))
      const events = yield* Effect.fork(Stream.runCollect(processes.run("slow")))
      yield* TestClock.adjust("1 minute")
      matched(yield* Fiber.join(slow)).toExitWith(3)
      assert.deepInclude(yield* Fiber.join(late), { reason: "TimedOut" })
      const seen = Array.from(yield* Fiber.join(events))
      matched(seen).toHaveEventsInOrder({ _tag: "Started" }, { _tag: "Stderr" }, { _tag: "Exited", exitCode: 3 })
      matched(seen).toContainEvent({ exitCode: 3 })
      unmatched(seen).toContainEvent({ exitCode: 4 })
      assert.throws(() => matched(seen).toHaveEventsInOrder({ _tag: "Exited" }, { _tag: "Started" }), /after 1 others/)
      assert.deepStrictEqual((yield* control.runs).length, 6)
    }).pipe(Effect.provide(TestProcesses.layer)))

  it.scoped("TestProcesses: the commands of a shell session run one after the other", () =>
    Effect.gen(function*() {
      const processes = yield* Processes
      const control = yield* TestProcesses.TestProcesses
      yield* control.on("slow", { delay: "1 minute" })
      yield* control.on("quick", { stdout: "done\n" })
      const session = "s"
      const slow = yield* Effect.fork(processes.exec("slow", { session }))
      yield* Effect.yieldNow()
      const quick = yield* Effect.fork(processes.exec("quick", { session }))
      const late = yield* Effect.fork(Effect.flip(processes.exec("quick", { session, timeout: "10 seconds" })))
      matched(yield* processes.exec("quick", { session: "t" })).toPrint("done\n")
      yield* TestClock.adjust("59 seconds")
      assert.deepInclude(yield* Fiber.join(late), { reason: "TimedOut" })
      assert.isNull(yield* Fiber.poll(quick).pipe(Effect.map(Option.getOrNull)))
      assert.deepStrictEqual((yield* processes.sessions).map(({ busy, name }) => [name, busy]), [
        ["s", true],
        ["t", false]
      ])
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(slow)
      matched(yield* Fiber.join(quick)).toPrint("done\n")
      yield* processes.dropSession("s")
      assert.deepInclude(yield* Effect.flip(processes.dropSession("s")), { reason: "NotFound", session: "s" })
      assert.deepInclude(yield* Effect.flip(processes.exec("quick", { session: "a b" })), { reason: "Spawn" })
    }).pipe(Effect.provide(TestProcesses.layer)))

  it.scoped("TestProcesses: what is spawned answers by its words, and hears signals", () =>
    Effect.gen(function*() {
      const control = yield* TestProcesses.TestProcesses
      const processes = yield* Processes
      yield* control.on("server --port 1", { stdout: "up\n", stderr: "warn\n", exitCode: 2 })
      yield* control.on("forever", () => Effect.never)
      const server = yield* processes.spawn("server", ["--port", "1"])
      assert.strictEqual(yield* Stream.mkString(Stream.decodeText(server.stdout)), "up\n")
      assert.deepStrictEqual(yield* server.wait, { exitCode: 2 })
      const again = yield* processes.attach(server.pid, { outputCursor: 1 })
      const output = yield* Stream.runCollect(Stream.map(again.output, ({ bytes }) => Buffer.from(bytes).toString()))
      assert.deepStrictEqual(Array.from(output), ["p\n", "warn\n"])
      const forever = yield* processes.spawn("forever")
      assert.deepStrictEqual((yield* processes.list).map(({ command }) => command), ["forever"])
      yield* processes.signal(forever.pid, "SIGINT")
      assert.deepStrictEqual(yield* forever.wait, { signal: "SIGINT" })
      assert.deepInclude(yield* processes.get(forever.pid), { state: "ended" })
      assert.deepStrictEqual(yield* processes.tree, [])
    }).pipe(Effect.provide(TestProcesses.layer)))

  it.scoped("TestScheduler: jobs run when the test says so", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const steps = yield* ManualDriver.ScheduleSteps
      const control = yield* TestProcesses.TestProcesses
      yield* scheduler.schedule({ id: "a", schedule: "@yearly", action: ScheduleAction.exec({ command: "report" }) })
      yield* steps.stepAll
      yield* TestClock.adjust(1)
      assert.deepStrictEqual((yield* control.runs).map(({ command }) => command), ["report"])
    }).pipe(Effect.provide(Layer.provideMerge(TestScheduler.layer, TestProcesses.layer))))

  it.scoped("TestTransport: the other side as the test has it", () =>
    Effect.gen(function*() {
      const transport = yield* Transport
      const control = yield* TestTransport.TestTransport
      const call = transport.call(Operations.exists, { vm: 1, path: "/a" })
      assert.deepInclude(yield* Effect.flip(call), { reason: "refused" })
      yield* control.on(Operations.exists, ({ path }) => Effect.succeed(path === "/a"))
      assert.isTrue(yield* call)
      yield* transport.serve(Operations.exists, ({ path }) => Effect.succeed(path === "/b"))
      assert.isTrue(yield* control.ask(Operations.exists, { vm: 1, path: "/b" }))
      assert.deepStrictEqual((yield* control.sent).length, 2)
      yield* control.on(Operations.exists, () => Effect.never)
      const waits = yield* Effect.fork(Effect.flip(call))
      yield* Effect.yieldNow()
      yield* control.close()
      assert.deepInclude(yield* Fiber.join(waits), { _tag: "TransportError", reason: "Closed" })
      assert.isFalse(transport.isOpen())
    }).pipe(Effect.provide(TestTransport.layer)))
})

const round = TestClock.adjust("1 minute")

describe("contract kits", () => {
  it.scoped("find a driver that breaks the contract", () =>
    Effect.gen(function*() {
      const never = Layer.map(ImmediateDriver.layer, (context) => context)
      const [first] = ScheduleDriverContract.cases({ repeats: true, round })
      const exit = yield* Effect.exit(Effect.provide(first.run, never))
      assert.include(exit._tag === "Failure" ? Cause.pretty(exit.cause) : "", "expected 2, found 1")
    }))

  it.scoped("find a driver whose callbacks outlive it", () =>
    Effect.gen(function*() {
      const leaks = Layer.effectContext(
        Effect.flatMap(Scope.make(), (scope) => Layer.buildWithScope(ImmediateDriver.layer, scope))
      )
      const last = ScheduleDriverContract.cases({ repeats: false, round, layer: leaks }).at(-1)!
      const exit = yield* Effect.exit(Effect.provide(last.run, leaks))
      assert.include(
        exit._tag === "Failure" ? Cause.pretty(exit.cause) : "",
        "ended with the Scope: expected 1, found 0"
      )
    }))
})
