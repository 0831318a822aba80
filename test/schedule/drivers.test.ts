/** The five rules of ScheduleDriver, over every driver of ours. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import * as ImmediateDriver from "../../layers/scheduler/ImmediateDriver.ts"
import * as ManualDriver from "../../layers/scheduler/ManualDriver.ts"
import * as TimerDriver from "../../layers/scheduler/TimerDriver.ts"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import { ScheduleDriverContract, TestScheduleDriver } from "../../layers/testing/index.ts"
import { ScheduleDriver } from "../../services/ScheduleDriver.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { layerProcesses } from "./scheduler-support.ts"

/** Lets every entry of a driver that is due each minute run once. */
class Round extends Context.Tag("test/Round")<Round, Effect.Effect<void>>() {}

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

const stepAll = Effect.map(ManualDriver.ScheduleSteps, (steps) => steps.stepAll)

const drivers: ReadonlyArray<readonly [name: string, repeats: boolean, layer: Layer.Layer<ScheduleDriver | Round>]> = [
  ["timer", true, withRounds(TimerDriver.layer, 60_000)],
  ["immediate", false, withRounds(ImmediateDriver.layer, 1)],
  ["manual", true, withRounds(ManualDriver.layer, 1, stepAll)],
  ["the one of tests", true, withRounds(TestScheduleDriver.layer, 1, stepAll)]
]

const counter = Effect.map(Ref.make(0), (ref) => ({ count: Ref.get(ref), callback: Ref.update(ref, (n) => n + 1) }))

for (const [name, repeats, layer] of drivers) {
  describe(`ScheduleDriver, ${name}`, () => {
    for (const { name, run } of ScheduleDriverContract.cases({ layer, repeats, round: Effect.flatten(Round) })) {
      it.scoped(name, () => Effect.provide(run, layer))
    }

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
