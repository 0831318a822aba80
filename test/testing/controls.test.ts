/** Fakes of the services around a VM: each by the name `layerTest`, with its control. */
import "../../layers/testing/vitest.ts"
import { assert, describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as ManualDriver from "../../layers/scheduler/ManualDriver.ts"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import * as HostTime from "../../layers/testing/HostTime.ts"
import {
  ScriptedSidecar,
  TestApprovals,
  TestAudit,
  TestFilesystem,
  TestProcesses,
  TestRecorder,
  TestScheduleDriver,
  TestScheduler,
  TestScheduleStore,
  TestSidecar,
  TestToolKit,
  TestTransport,
  TestVm
} from "../../layers/testing/index.ts"
import { layerIn, type RunningServer } from "../../layers/testing/TestSidecar.ts"
import * as Approvals from "../../services/Approvals.ts"
import { Audit } from "../../services/Audit.ts"
import { Filesystem } from "../../services/Filesystem.ts"
import { Processes } from "../../services/Processes.ts"
import { Recorder } from "../../services/Recorder.ts"
import { ScheduleDriver } from "../../services/ScheduleDriver.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import { ScheduleStore } from "../../services/ScheduleStore.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import { Vm } from "../../services/Vm.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import { ScheduleError } from "../../src/errors/ScheduleError.ts"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { Orders } from "../tools/kit.ts"

describe("a fake for every service", () => {
  it("has the same name for its layer everywhere", () => {
    const fakes = [
      ...[ScriptedSidecar, TestApprovals, TestAudit, TestFilesystem, TestProcesses, TestRecorder, TestScheduleDriver],
      ...[TestScheduleStore, TestScheduler, TestSidecar, TestToolKit, TestTransport, TestVm]
    ]
    for (const fake of fakes) assert.strictEqual<unknown>(fake.layerTest, fake.layer)
  })

  it.scoped("ScriptedSidecar: leases fail and wait as told", () =>
    Effect.gen(function*() {
      const control = yield* ScriptedSidecar.ScriptedSidecar
      const refused = new SidecarError({ reason: "Spawn", detail: "no memory" })
      yield* control.fail("lease", { error: refused, times: 2 })
      // a span wraps what fails within it
      const message = (vm: typeof lease) => Effect.map(Effect.flip(Effect.scoped(vm)), (error) => error.message)
      const lease = Vm.make({})
      assert.strictEqual(yield* message(lease), refused.message)
      const handle = yield* Effect.flatMap(Sidecar, (sidecar) => sidecar.create("mine"))
      const own = { sidecar: { kind: "explicit", handle } } as const
      assert.strictEqual(yield* message(Vm.make(own)), refused.message)
      const release = yield* control.hold("lease")
      const waiting = yield* Effect.fork(Vm.make(own))
      yield* Effect.yieldNow()
      assert.strictEqual((yield* Fiber.poll(waiting))._tag, "None")
      yield* release
      const vm = yield* Fiber.join(waiting)
      expect(yield* vm.processes.exec("echo hi")).toPrint("hi\n")
      assert.strictEqual((yield* control.leases).length, 3)
    }).pipe(Effect.provide(ScriptedSidecar.layerTest())))

  it.scoped("TestVm: a real VM, with the calls of each of its services, and their failures", () =>
    Effect.gen(function*() {
      const vm = yield* Vm
      const control = yield* TestVm.TestVm
      const full = new KernelError({ errno: "ENOSPC", syscall: "write" })
      yield* control.filesystem.fail("writeFile", { error: full })
      assert.strictEqual(yield* Effect.flip(Effect.flatMap(Filesystem, (fs) => fs.writeFile("/tmp/a", "a"))), full)
      yield* vm.filesystem.writeFile("/tmp/a", "a")
      expect(yield* Effect.flatMap(Processes, (processes) => processes.exec("cat /tmp/a"))).toPrint("a")
      yield* vm.snapshot
      yield* (yield* Scheduler).list
      const methods = (calls: ReadonlyArray<{ readonly method: string }>) => calls.map(({ method }) => method)
      assert.deepStrictEqual(methods(yield* control.filesystem.calls), ["writeFile", "writeFile"])
      assert.deepStrictEqual(methods(yield* control.processes.calls), ["exec"])
      assert.deepStrictEqual(methods(yield* control.calls), ["snapshot"])
      assert.deepStrictEqual(methods(yield* control.scheduler.calls), ["list"])
      assert.strictEqual(yield* control.vm.filesystem.readFileString("/tmp/a"), "a")
    }).pipe(Effect.provide(TestVm.layerTest({}, { seed: 1 }))))

  it.scoped("TestToolKit and TestApprovals: tools and answers as the test has them", () =>
    Effect.gen(function*() {
      const { processes } = yield* Vm
      const tools = yield* TestToolKit.TestToolKit
      const approvals = yield* TestApprovals.TestApprovals
      yield* tools.on(Orders, "find", ({ id }) => Effect.succeed({ id, cents: 5 }))
      yield* tools.on(Orders, "refund", (_, { key }) => Effect.succeed({ receipt: "r", key }))
      expect(yield* processes.exec("orders find --id 7")).toPrint(/"cents":5/)
      yield* approvals.on("orders:refund", (request) => Effect.succeed(Approvals.deny(`not ${request.tool}`)))
      const refund = "orders refund --id 7 --cents 5"
      expect(yield* processes.exec(refund)).toComplain(/not orders:refund/)
      yield* approvals.on(/refund$/, Approvals.approve())
      expect(yield* processes.exec(refund)).toPrint(/"receipt":"r"/)
      const calls = yield* tools.calls
      assert.deepStrictEqual(calls.map(({ tool, exit }) => [tool, exit?._tag]), [
        ["orders:find", "Success"],
        ["orders:refund", "Success"]
      ])
      assert.deepStrictEqual((yield* approvals.records).map(({ state }) => state), ["denied", "approved"])
      yield* tools.reset
      // nobody has an answer: the guest is told no more than of any defect
      const unanswered = yield* processes.exec("orders find --id 7")
      expect(unanswered).not.toSucceed()
      assert.notInclude(unanswered.stderr, "TestToolKit")
    }).pipe(Effect.provide(
      Vm.layer({ toolKits: [Orders] }).pipe(
        Layer.provideMerge(Layer.merge(TestToolKit.layerTest(Orders), TestApprovals.layerTest())),
        Layer.provide(TestSidecar.layerTest({ seed: 1 }))
      )
    )))

  it.scoped("TestAudit: events of the test, with the cursors of a real audit", () =>
    Effect.gen(function*() {
      const audit = yield* Audit
      const control = yield* TestAudit.TestAudit
      yield* TestClock.adjust("5 seconds")
      yield* control.tell({ _tag: "PolicyReplaced", failed: false }, { _tag: "PolicyReplaced", failed: true, time: 9 })
      const resumed = yield* Stream.runCollect(Stream.take(audit.events(1), 1))
      expect(Chunk.toArray(resumed)).toContainEvent({ _tag: "PolicyReplaced", failed: true, time: 9, vmId: "v" })
      const all = yield* Effect.fork(Stream.runCollect(audit.events()))
      yield* Effect.yieldNow()
      yield* control.end
      assert.deepStrictEqual(Chunk.toArray(yield* Fiber.join(all)).map(({ time }) => time), [5000, 9])
    }).pipe(Effect.provide(TestAudit.layerTest({ vmId: "v" }))))

  it.scoped("TestScheduleDriver, TestScheduleStore, TestScheduler: calls, and failures", () =>
    Effect.gen(function*() {
      const store = yield* TestScheduleStore.TestScheduleStore
      const driver = yield* TestScheduleDriver.TestScheduleDriver
      const error = new ScheduleError({ reason: "Store", schedule: "", id: "a", hint: "full" })
      yield* store.fail("put", { error })
      const scheduler = yield* TimerScheduler.makeStored(yield* Processes, yield* ScheduleStore, {
        driver: yield* ScheduleDriver
      })
      const job = { id: "a", schedule: "@hourly", action: ScheduleAction.exec({ command: "run" }) }
      assert.strictEqual(yield* Effect.flip(scheduler.schedule(job)), error)
      yield* scheduler.schedule(job)
      const steps = yield* ManualDriver.ScheduleSteps
      assert.isTrue(yield* steps.step("a"))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual((yield* store.store.all).map(({ runCount }) => runCount), [1])
      assert.include((yield* driver.calls).map(({ method }) => method), "schedule")
      const runs = yield* Effect.flatMap(TestProcesses.TestProcesses, (control) => control.runs)
      assert.deepStrictEqual(runs.map(({ command, method }) => [method, command]), [["exec", "run"]])
    }).pipe(Effect.provide(Layer.mergeAll(
      TestScheduleStore.layerTest(),
      TestScheduleDriver.layerTest,
      TestProcesses.layerTest
    ))))

  it.scoped("TestScheduler fails as planned", () =>
    Effect.gen(function*() {
      const control = yield* TestScheduler.TestScheduler
      const error = new ScheduleError({ reason: "UnknownJob", schedule: "", id: "a" })
      yield* control.fail("get", { error, when: (id) => id === "a" })
      assert.strictEqual(yield* Effect.flip(Effect.flatMap(Scheduler, (scheduler) => scheduler.get("a"))), error)
      assert.deepStrictEqual(yield* control.calls, [{ method: "get", args: ["a"] }])
    }).pipe(Effect.provide(Layer.provide(TestScheduler.layerTest, TestProcesses.layerTest))))

  it.scopedLive("TestRecorder: real recordings, replays that fail as planned", () =>
    Effect.gen(function*() {
      const recorder = yield* Recorder
      const control = yield* TestRecorder.TestRecorder
      const { log } = yield* recorder.record(Effect.flatMap(Vm.make({}), (vm) => vm.filesystem.exists("/tmp")))
      yield* recorder.replay(log)
      assert.deepStrictEqual((yield* control.calls).map(({ method }) => method), ["record", "replay"])
    }).pipe(Effect.provide(TestRecorder.layerTest())))

  it.scoped("TestProcesses: what is spawned is told with its options", () =>
    Effect.gen(function*() {
      const processes = yield* Processes
      yield* Effect.flatMap(processes.spawn("server", ["-p", "1"], { cwd: "/srv" }), ({ wait }) => wait)
      yield* Effect.flatMap(processes.openTerminal({ cols: 80, rows: 24, command: "top" }), ({ wait }) => wait)
      const runs = yield* Effect.flatMap(TestProcesses.TestProcesses, (control) => control.runs)
      assert.deepInclude(runs[0], { method: "spawn", command: "server -p 1", options: { cwd: "/srv" } })
      assert.deepInclude(runs[1], { method: "spawn", command: "top" })
    }).pipe(Effect.provide(TestProcesses.layerTest)))
})

describe("the idle time of a sidecar", () => {
  const servers = new Set<RunningServer>()
  const sidecar = Layer.unwrapScoped(
    Effect.map(HostTime.make(undefined), (time) => layerIn(time, { idleTimeToLive: "1 minute" }, { servers }))
  )

  it.scoped("passes on the test's clock", () =>
    Effect.gen(function*() {
      yield* Effect.scoped(Effect.flatMap(Vm.make({}), (vm) => vm.processes.exec("true")))
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(servers.size, 1)
      yield* TestClock.adjust("1 second")
      // its workers end in real time
      yield* Effect.withClock(
        Effect.repeat(Effect.sync(() => servers.size), {
          until: (size) => size === 0,
          schedule: Schedule.spaced("10 millis")
        }),
        Clock.make()
      )
    }).pipe(Effect.provide(sidecar)))
})
