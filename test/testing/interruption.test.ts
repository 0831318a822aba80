/**
 * Interruption at the steps of what tests are made with: drivers of schedules, virtual time, kill switches, recordings, and a
 * scheduled command of a real guest. Nothing is left of what was cut short, and all of it can be used again.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { ImmediateDriver, ManualDriver, TimerDriver, TimerScheduler } from "../../layers/scheduler/index.ts"
import { KillSwitch, Leftovers, Recording, TestSidecar, VirtualTime } from "../../layers/testing/index.ts"
import { VirtualClock } from "../../layers/testing/time/VirtualClock.ts"
import type { Recorder } from "../../services/Recorder.ts"
import type { ScheduleDriverShape } from "../../services/ScheduleDriver.ts"
import { ScheduleDriver } from "../../services/ScheduleDriver.ts"
import { Vm } from "../../services/Vm.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { HandClock } from "../schedule/hand-clock.ts"
import type { Blow } from "../support/interrupted.ts"
import { atEachStep, atSomeSteps, expectEnded, interruptedAt, interrupter } from "../support/interrupted.ts"

const minutely = "* * * * *"
const nobody = Effect.void

/** Drivers, and what lets each of their entries run, twice. */
const drivers: Readonly<Record<string, (clock: HandClock) => Layer.Layer<ScheduleDriver | Rounds>>> = {
  timer: (clock) => Layer.merge(TimerDriver.layer, Layer.succeed(Rounds, clock.pass("2 minutes"))),
  immediate: (clock) => Layer.merge(ImmediateDriver.layer, Layer.succeed(Rounds, clock.settle)),
  manual: (clock) =>
    Layer.provideMerge(
      Layer.effect(
        Rounds,
        Effect.map(ManualDriver.ScheduleSteps, ({ stepAll }) =>
          Effect.zipRight(Effect.zipRight(stepAll, stepAll), clock.settle))
      ),
      ManualDriver.layer
    )
}

class Rounds extends Context.Tag("test/Rounds")<Rounds, Effect.Effect<void>>() {}

const driverCalls: Readonly<
  Record<string, (driver: ScheduleDriverShape, callback: Effect.Effect<void>) => Effect.Effect<unknown, unknown>>
> = {
  "schedule, a new entry": (driver, callback) => driver.schedule({ id: "c", schedule: minutely, callback }),
  "schedule, in the place of another": (driver, callback) => driver.schedule({ id: "a", schedule: minutely, callback }),
  cancel: (driver) => driver.cancel({ id: "a" }),
  dispose: (driver) => driver.dispose
}

describe("a driver of schedules, interrupted at every step", () => {
  for (const [name, make] of Object.entries(drivers)) {
    for (const [call, use] of Object.entries(driverCalls)) {
      it.live(`${name}, ${call}`, () =>
        atEachStep((blow) =>
          Effect.gen(function*() {
            const clock = new HandClock(30_000, true)
            const scope = yield* Scope.make()
            const context = yield* Effect.withClock(Layer.buildWithScope(make(clock), scope), clock)
            const driver = Context.get(context, ScheduleDriver)
            const rounds = Context.get(context, Rounds)
            const counts = { a: 0, b: 0, new: 0, last: 0 }
            const count = (key: keyof typeof counts) => Effect.sync(() => void counts[key]++)
            const program = Effect.gen(function*() {
              yield* driver.schedule({ id: "a", schedule: minutely, callback: count("a") })
              yield* driver.schedule({ id: "b", schedule: minutely, callback: count("b") })
              const { exit, struck } = yield* interruptedAt(use(driver, count("new")), blow)
              yield* expectEnded(exit)
              yield* rounds
              // what runs at once may have run before it was replaced
              const each = name === "immediate" ? 1 : 2
              for (const n of Object.values(counts)) assert.include([0, each], n)
              if (call.startsWith("schedule")) assert.strictEqual(counts.b, each)
              if (call.endsWith("another") && name !== "immediate") assert.strictEqual(counts.a + counts.new, each)
              if (call.endsWith("entry")) assert.strictEqual(counts.a, each)
              yield* driver.dispose
              yield* driver.schedule({ id: "a", schedule: minutely, callback: count("last") })
              yield* rounds
              assert.strictEqual(counts.last, each)
              return struck
            })
            const struck = yield* Effect.withClock(program, clock)
            yield* Scope.close(scope, Exit.void)
            assert.strictEqual(clock.sleeps.size, 0)
            return struck
          })
        ), 60_000)
    }
  }
})

const waits: Readonly<Record<string, Effect.Effect<unknown>>> = {
  "sleeps one after the other": Effect.zipRight(Effect.sleep("1 second"), Effect.sleep("1 minute")),
  "a sleep of a child": Effect.flatMap(Effect.fork(Effect.sleep("1 second")), Fiber.join),
  "a time that is over": Effect.timeoutOption(Effect.never, "1 second"),
  "a hold": VirtualTime.hold(Effect.yieldNow()),
  "a wait until nothing goes on": VirtualTime.settle,
  "a step by hand": TestClock.adjust("1 hour")
}

describe("virtual time, interrupted at every step", () => {
  for (const [name, wait] of Object.entries(waits)) {
    it.live(name, () =>
      Effect.map(
        atEachStep((blow) =>
          Effect.scoped(Effect.gen(function*() {
            const clock = new VirtualClock({ running: true })
            yield* VirtualTime.install(clock)
            // an interval that goes on beside it
            let ticks = 0
            const tick = Effect.zipRight(Effect.sleep("1 hour"), Effect.sync(() => ticks++))
            const { exit, struck } = yield* interruptedAt(wait, blow)
            yield* expectEnded(exit)
            assert.lengthOf(yield* clock.sleeps, 0)
            const before = clock.unsafeCurrentTimeMillis()
            for (let i = 0; i < 3; i++) yield* tick
            assert.strictEqual(ticks, 3)
            assert.strictEqual(clock.unsafeCurrentTimeMillis() - before, Duration.toMillis("3 hours"))
            return struck
          }))
        ),
        (steps) => assert.isAbove(steps, 5)
      ), 60_000)
  }
})

const guest = Effect.scoped(Effect.gen(function*() {
  const vm = yield* Vm.make({})
  yield* vm.filesystem.writeFile("/tmp/a", "a")
  return yield* vm.processes.exec("cat /tmp/a; sleep 1; echo b > /tmp/b; cat /tmp/b")
}))

describe("a kill switch", () => {
  it.live(
    "armed, and what it kills, interrupted at steps all over: the next lease works",
    () =>
      Leftovers.expectNothingLeft(
        Effect.gen(function*() {
          const { arm, disarm } = yield* KillSwitch.KillSwitch
          const steps = yield* atSomeSteps(15, (blow) =>
            Effect.gen(function*() {
              const target = blow.step % 2 === 0 ? "worker" : "sidecar"
              const armed = blow.step === Infinity ? nobody : arm({ target, at: 1 + blow.step % 40 })
              const program = Effect.zipRight(armed, Effect.ignore(guest))
              const { exit, steps } = yield* interruptedAt(program, blow)
              yield* expectEnded(exit)
              yield* disarm
              const after = yield* guest
              assert.strictEqual(after.stdout, "ab\n", `${blow.moment} step ${blow.step}`)
              return steps
            }))
          assert.isAbove(steps, 100)
        }).pipe(
          Effect.provide(Layer.fresh(KillSwitch.layer({ seed: 5, warmWorkers: 1 }))),
          Effect.provide(VirtualTime.layer())
        ),
        { temporaryFiles: false }
      ),
    120_000
  )
})

describe("recordings, interrupted at steps all over", () => {
  const inRecorder = <A, E>(use: Effect.Effect<A, E, Recorder>) =>
    Leftovers.expectNothingLeft(
      use.pipe(
        Effect.provide(Layer.fresh(Recording.layerRecorder({ warmWorkers: 1, maxWorkers: 3 }))),
        Effect.provide(VirtualTime.layer())
      ),
      { temporaryFiles: false }
    )

  it.live("Vm.record: the next one is whole, and so is its replay", () =>
    inRecorder(Effect.gen(function*() {
      const steps = yield* atSomeSteps(15, (blow) =>
        Effect.gen(function*() {
          const { exit, steps } = yield* interruptedAt(Vm.record(guest, { seed: 1 }), blow)
          yield* expectEnded(exit)
          return steps
        }))
      assert.isAbove(steps, 100)
      const next = yield* Vm.record(guest, { seed: 1 })
      assert.deepInclude(Exit.getOrElse(next.exit, () => ({})), { stdout: "ab\n" })
      assert.deepStrictEqual(yield* Vm.replay(next.log), next.summary)
    })), 120_000)

  it.live("Vm.replay: the next one comes to the same end", () =>
    inRecorder(Effect.gen(function*() {
      const { log, summary } = yield* Vm.record(guest, { seed: 1 })
      const steps = yield* atSomeSteps(15, (blow) =>
        Effect.gen(function*() {
          const { exit, steps } = yield* interruptedAt(Vm.replay(log), blow)
          yield* expectEnded(exit)
          return steps
        }))
      assert.isAbove(steps, 50)
      assert.deepStrictEqual(yield* Vm.replay(log), summary)
    })), 120_000)
})

describe("a scheduled command of a guest, interrupted at steps all over", () => {
  const run = (blow: Blow) =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({})
      const aimed = yield* interrupter(blow)
      const exec: typeof vm.processes.exec = (command, options) =>
        Effect.zipRight(aimed.aim, vm.processes.exec(command, options))
      const scheduler = yield* TimerScheduler.make({ ...vm.processes, exec }).pipe(
        Effect.locally(FiberRef.currentScheduler, aimed)
      )
      const action = ScheduleAction.exec({ command: "echo x >> /tmp/log; sleep 5; echo y >> /tmp/log" })
      yield* scheduler.schedule({ id: "a", schedule: minutely, overlap: "queue", action })
      yield* Effect.sleep("150 seconds")
      const { history, queued, runCount, running } = yield* scheduler.get("a")
      assert.deepStrictEqual([runCount, running, queued], [2, 0, false])
      const struck = history[0].fault !== undefined
      if (struck) assert.strictEqual(history[0].fault, "Interrupted")
      assert.deepInclude(history[1], { run: 2, exitCode: 0 })
      // nothing of it works on
      assert.deepStrictEqual((yield* vm.processes.list).filter(({ state }) => state === "running"), [])
      const log = yield* vm.filesystem.readFileString("/tmp/log")
      if (struck) assert.include(["x\ny\n", "x\nx\ny\n", "x\ny\nx\ny\n"], log)
      else assert.strictEqual(log, "x\ny\nx\ny\n")
      return aimed.steps
    }).pipe(Effect.scoped)

  it.live("each run is accounted for, and the process ends with it", () =>
    Leftovers.expectNothingLeft(
      Effect.map(atSomeSteps(15, run), (steps) => assert.isAbove(steps, 20)).pipe(
        Effect.provide(Layer.fresh(TestSidecar.layer({ seed: 2, warmWorkers: 1 }))),
        Effect.provide(VirtualTime.layer({ now: 30_000 }))
      ),
      { temporaryFiles: false }
    ), 120_000)
})
