/** One suite for every driver: the five rules of ScheduleDriver. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as ImmediateDriver from "../../layers/scheduler/ImmediateDriver.ts"
import * as ManualDriver from "../../layers/scheduler/ManualDriver.ts"
import * as TimerDriver from "../../layers/scheduler/TimerDriver.ts"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import { ScheduleDriver } from "../../services/ScheduleDriver.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { layerProcesses } from "./scheduler-support.ts"

/** Lets every entry of a driver that is due each minute run once. */
class Round extends Context.Tag("test/Round")<Round, Effect.Effect<void>>() {}

const minute = TestClock.adjust("1 minute")

/** The driver of a layer with its rounds, which advance by a time after what `before` makes of the layer's services. */
const withRounds = <R>(
  layer: Layer.Layer<ScheduleDriver | R>,
  time: number,
  before: Effect.Effect<Effect.Effect<void>, never, ScheduleDriver | R> = Effect.succeed(Effect.void)
): Layer.Layer<ScheduleDriver | Round | R> =>
  Layer.provideMerge(
    Layer.effect(
      Round,
      Effect.zipWith(before, TestClock.testClock(), (step, clock) => Effect.zipRight(step, clock.adjust(time)))
    ),
    layer
  )

const drivers: ReadonlyArray<readonly [name: string, repeats: boolean, layer: Layer.Layer<ScheduleDriver | Round>]> = [
  ["timer", true, withRounds(TimerDriver.layer, 60_000)],
  ["immediate", false, withRounds(ImmediateDriver.layer, 1)],
  ["manual", true, withRounds(ManualDriver.layer, 1, Effect.map(ManualDriver.ScheduleSteps, (steps) => steps.stepAll))]
]

const counter = Effect.map(Ref.make(0), (ref) => ({ count: Ref.get(ref), callback: Ref.update(ref, (n) => n + 1) }))

for (const [name, repeats, layer] of drivers) {
  describe(`ScheduleDriver, ${name}`, () => {
    it.scoped("calls nothing before it has returned, and then what it was given", () =>
      Effect.gen(function*() {
        const driver = yield* ScheduleDriver
        const { callback, count } = yield* counter
        const handle = yield* driver.schedule({ id: "a", schedule: "* * * * *", callback })
        assert.deepStrictEqual(handle, { id: "a" })
        assert.strictEqual(yield* count, 0)
        yield* yield* Round
        yield* yield* Round
        assert.strictEqual(yield* count, repeats ? 2 : 1)
      }).pipe(Effect.provide(layer)))

    it.scoped("refuses what is invalid and what is past", () =>
      Effect.gen(function*() {
        const driver = yield* ScheduleDriver
        const refusal = (schedule: string, zone?: string) =>
          Effect.map(
            Effect.flip(driver.schedule({ id: "a", schedule, zone, callback: Effect.die("called") })),
            ({ field, reason }) => `${reason} ${field}`
          )
        yield* minute
        assert.strictEqual(yield* refusal("99 * * * *"), "InvalidSchedule minute")
        assert.strictEqual(yield* refusal("* * * * *", "Nowhere"), "InvalidSchedule zone")
        assert.strictEqual(yield* refusal("1970-01-01"), "PastSchedule undefined")
      }).pipe(Effect.provide(layer)))

    it.scoped("lets an entry take the place of another", () =>
      Effect.gen(function*() {
        const driver = yield* ScheduleDriver
        const first = yield* counter
        const second = yield* counter
        yield* driver.schedule({ id: "a", schedule: "* * * * *", callback: first.callback })
        yield* driver.schedule({ id: "a", schedule: "* * * * *", callback: second.callback })
        yield* yield* Round
        assert.deepStrictEqual([yield* first.count, yield* second.count], [0, 1])
      }).pipe(Effect.provide(layer)))

    it.scoped("does not wait for callbacks, and survives them", () =>
      Effect.gen(function*() {
        const driver = yield* ScheduleDriver
        const begun = yield* Ref.make(0)
        const hang = Effect.zipRight(Ref.update(begun, (n) => n + 1), Effect.never)
        const { callback, count } = yield* counter
        yield* driver.schedule({ id: "hangs", schedule: "* * * * *", callback: hang })
        yield* driver.schedule({ id: "dies", schedule: "* * * * *", callback: Effect.die("boom") })
        yield* driver.schedule({ id: "runs", schedule: "* * * * *", callback })
        yield* yield* Round
        yield* yield* Round
        assert.strictEqual(yield* count, repeats ? 2 : 1)
        assert.strictEqual(yield* Ref.get(begun), repeats ? 2 : 1)
      }).pipe(Effect.provide(layer)))

    it.scoped("begins nothing after cancel and dispose, and can be used again", () =>
      Effect.gen(function*() {
        const driver = yield* ScheduleDriver
        const { callback, count } = yield* counter
        yield* driver.cancel({ id: "unknown" })
        const handle = yield* driver.schedule({ id: "a", schedule: "* * * * *", callback })
        yield* driver.cancel(handle)
        yield* yield* Round
        yield* driver.schedule({ id: "b", schedule: "* * * * *", callback })
        yield* driver.schedule({ id: "c", schedule: "* * * * *", callback })
        yield* driver.dispose
        yield* yield* Round
        assert.strictEqual(yield* count, 0)
        yield* driver.schedule({ id: "a", schedule: "* * * * *", callback })
        yield* yield* Round
        assert.strictEqual(yield* count, 1)
      }).pipe(Effect.provide(layer)))

    it.scoped("runs a one-shot once", () =>
      Effect.gen(function*() {
        const driver = yield* ScheduleDriver
        const { callback, count } = yield* counter
        yield* driver.schedule({ id: "a", schedule: "1970-01-01T00:00:30Z", callback })
        yield* yield* Round
        yield* yield* Round
        assert.strictEqual(yield* count, 1)
      }).pipe(Effect.provide(layer)))

    it.scoped("ends callbacks with its Scope", () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(layer, scope)
        const ended = yield* Ref.make(false)
        const hang = Effect.onInterrupt(Effect.never, () => Ref.set(ended, true))
        yield* Context.get(context, ScheduleDriver).schedule({ id: "a", schedule: "* * * * *", callback: hang })
        yield* Context.get(context, Round)
        yield* Scope.close(scope, Exit.void)
        assert.isTrue(yield* Ref.get(ended))
      }))

    it.scoped("drives a scheduler", () =>
      Effect.gen(function*() {
        const scheduler = yield* Scheduler
        const { callback, count } = yield* counter
        const action = ScheduleAction.callback(callback)
        yield* scheduler.schedule({ id: "a", schedule: "* * * * *", action })
        yield* scheduler.schedule({ id: "once", schedule: "1970-01-01T00:00:30", action })
        yield* yield* Round
        assert.strictEqual(yield* count, 2)
        assert.strictEqual((yield* scheduler.get("once")).state, "done")
        yield* scheduler.pause("a")
        yield* yield* Round
        assert.strictEqual(yield* count, 2)
        assert.isTrue(yield* scheduler.cancel("a"))
        yield* yield* Round
        assert.strictEqual(yield* count, 2)
      }).pipe(Effect.provide(Layer.provideMerge(TimerScheduler.layerDriver, Layer.merge(layer, layerProcesses)))))
  })
}

describe("ManualDriver", () => {
  it.scoped("steps one entry at a time", () =>
    Effect.gen(function*() {
      const driver = yield* ScheduleDriver
      const steps = yield* ManualDriver.ScheduleSteps
      const { callback, count } = yield* counter
      yield* driver.schedule({ id: "a", schedule: "@yearly", callback })
      yield* driver.schedule({ id: "b", schedule: "1970-01-02", callback })
      assert.deepStrictEqual((yield* steps.entries).map(({ id }) => id), ["a", "b"])
      assert.isTrue(yield* steps.step("b"))
      assert.isFalse(yield* steps.step("b"))
      assert.isTrue(yield* steps.step("a"))
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* count, 2)
      assert.deepStrictEqual((yield* steps.entries).map(({ id }) => id), ["a"])
    }).pipe(Effect.provide(ManualDriver.layer)))
})
