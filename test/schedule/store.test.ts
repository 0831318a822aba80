/** Jobs that outlive their scheduler. C6: a restart neither loses a run nor repeats one. */
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { VmContext } from "../../layers/platform/index.ts"
import * as KeyValueScheduleStore from "../../layers/scheduler/KeyValueScheduleStore.ts"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Processes } from "../../services/Processes.ts"
import { Scheduler, type SchedulerShape } from "../../services/Scheduler.ts"
import type { ScheduleStoreShape } from "../../services/ScheduleStore.ts"
import { ScheduleStore } from "../../services/ScheduleStore.ts"
import { Vm } from "../../services/Vm.ts"
import { ScheduleError } from "../../src/errors/ScheduleError.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import type { StoredJob } from "../../src/schedule/StoredJob.ts"
import { Commands, layerProcesses } from "./scheduler-support.ts"

const stores: Readonly<Record<string, Layer.Layer<ScheduleStore, ScheduleError>>> = {
  memory: ScheduleStore.layerMemory,
  "a KeyValueStore": Layer.provide(KeyValueScheduleStore.layer, KeyValueStore.layerMemory)
}

/** A scheduler that ends with the effect, on the store of the context. */
const life = <A, E, R>(use: (scheduler: SchedulerShape) => Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.gen(function*() {
    const scheduler = yield* TimerScheduler.makeStored(yield* Processes, yield* ScheduleStore)
    const result = yield* use(scheduler)
    // what was to be written without anybody waiting is written
    yield* TestClock.adjust(0)
    return result
  }))

const ran = Effect.map(Commands, (commands) => commands.map(({ command }) => command))

const contract = (name: string, layer: Layer.Layer<ScheduleStore, ScheduleError>) =>
  describe(name, () => {
    const test = <E>(
      title: string,
      body: Effect.Effect<void, E, ScheduleStore | Processes | Commands>
    ) => it.effect(title, () => Effect.provide(body, Layer.merge(layer, layerProcesses)))

    test(
      "C6: jobs survive a restart, with their counts; what was due meanwhile is treated as they say",
      Effect.gen(function*() {
        yield* life((scheduler) =>
          Effect.gen(function*() {
            for (const missed of ["skip", "once", "all"] as const) {
              yield* scheduler.schedule({
                id: missed,
                schedule: "0 * * * *",
                missed,
                action: ScheduleAction.exec({ command: missed })
              })
            }
            yield* TestClock.adjust("2 hours")
          })
        )
        assert.strictEqual((yield* ran).length, 6)
        // nobody is there for three hours and a half
        yield* TestClock.adjust("210 minutes")
        assert.strictEqual((yield* ran).length, 6)
        yield* life((scheduler) =>
          Effect.gen(function*() {
            yield* TestClock.adjust(0)
            assert.deepStrictEqual((yield* ran).slice(6), ["once", "all", "all", "all"])
            assert.deepStrictEqual((yield* scheduler.list).map(({ id, runCount }) => [id, runCount]), [
              ["skip", 2],
              ["once", 3],
              ["all", 5]
            ])
            yield* TestClock.adjust("30 minutes")
            assert.strictEqual((yield* ran).length, 13)
          })
        )
      })
    )

    test(
      "no run is repeated, whenever the program ends",
      Effect.gen(function*() {
        const runs = yield* Ref.make(0)
        for (let round = 0; round < 20; round++) {
          yield* life((scheduler) =>
            Effect.gen(function*() {
              yield* scheduler.schedule({
                id: "count",
                schedule: "*/10 * * * * *",
                missed: "all",
                action: ScheduleAction.callback(Ref.update(runs, (n) => n + 1))
              })
              // the end comes now before, now after the run of an instant
              yield* TestClock.adjust(`${7 + round % 5} seconds`)
            })
          )
          yield* TestClock.adjust("4 seconds")
        }
        const seconds = (yield* TestClock.currentTimeMillis) / 1000
        yield* life((scheduler) =>
          Effect.gen(function*() {
            yield* scheduler.schedule({
              id: "count",
              schedule: "*/10 * * * * *",
              missed: "all",
              action: ScheduleAction.callback(Ref.update(runs, (n) => n + 1))
            })
            yield* TestClock.adjust(0)
          })
        )
        assert.strictEqual(yield* Ref.get(runs), Math.floor(seconds / 10))
      })
    )

    test(
      "a callback goes on when it is scheduled again; another schedule begins anew",
      Effect.gen(function*() {
        const action = ScheduleAction.callback(Effect.void)
        yield* life((scheduler) =>
          Effect.zipRight(
            Effect.all([
              scheduler.schedule({ id: "a", schedule: "@hourly", action }),
              scheduler.schedule({ id: "b", schedule: "@hourly", action })
            ]),
            TestClock.adjust("90 minutes")
          )
        )
        yield* life((scheduler) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* scheduler.list, [])
            yield* scheduler.schedule({ id: "a", schedule: "@hourly", action })
            yield* scheduler.schedule({ id: "b", schedule: "@daily", action })
            assert.deepStrictEqual((yield* scheduler.list).map(({ runCount }) => runCount), [1, 0])
          })
        )
      })
    )

    test(
      "a command that the program schedules again at its start keeps its counts, once",
      Effect.gen(function*() {
        const job = { id: "a", schedule: "@hourly", action: ScheduleAction.exec({ command: "c" }) }
        yield* life((scheduler) => Effect.zipRight(scheduler.schedule(job), TestClock.adjust("3 hours")))
        yield* life((scheduler) =>
          Effect.gen(function*() {
            yield* scheduler.schedule(job)
            assert.strictEqual((yield* scheduler.get("a")).runCount, 3)
            yield* scheduler.schedule(job)
            assert.strictEqual((yield* scheduler.get("a")).runCount, 0)
          })
        )
      })
    )

    test(
      "paused jobs stay so, cancelled and finished ones are gone, updates are kept",
      Effect.gen(function*() {
        const store = yield* ScheduleStore
        const action = ScheduleAction.exec({ command: "x", args: ["a b"] })
        yield* life((scheduler) =>
          Effect.gen(function*() {
            for (const id of ["paused", "cancelled", "updated"]) {
              yield* scheduler.schedule({ id, schedule: "@hourly", action })
            }
            yield* scheduler.schedule({ id: "once", schedule: "1970-01-01T00:30:00Z", action })
            yield* Effect.scoped(scheduler.scheduleScoped({ id: "scoped", schedule: "@hourly", action }))
            yield* scheduler.pause("paused")
            yield* scheduler.cancel("cancelled")
            yield* scheduler.update("updated", { schedule: "@daily", overlap: "queue", timeout: "1 minute" })
            yield* TestClock.adjust("45 minutes")
          })
        )
        assert.deepStrictEqual((yield* store.all).map(({ id }) => id), ["paused", "updated"])
        yield* life((scheduler) =>
          Effect.gen(function*() {
            const [paused, updated] = yield* scheduler.list
            assert.deepStrictEqual([paused.state, updated.schedule, updated.overlap], ["paused", "@daily", "queue"])
            yield* TestClock.adjust("2 hours")
            assert.deepStrictEqual(yield* ran, ["x 'a b'"])
          })
        )
      })
    )
  })

describe("jobs that outlive their scheduler", () => {
  for (const [name, layer] of Object.entries(stores)) contract(name, layer)

  it.effect("a store that fails is told: to who schedules, and as the end of a run, which does not begin", () =>
    Effect.gen(function*() {
      const broken = new ScheduleError({ reason: "Store", schedule: "", id: "a", hint: "disk full" })
      const works = yield* Ref.make(true)
      const put = Effect.flatMap(Ref.get(works), (works) => works ? Effect.void : Effect.fail(broken))
      const store: ScheduleStoreShape = { all: Effect.succeed([]), put: () => put, remove: () => Effect.void }
      const scheduler = yield* TimerScheduler.makeStored(yield* Processes, store)
      const job = { id: "a", schedule: "@hourly", action: ScheduleAction.exec({ command: "c" }) }
      yield* scheduler.schedule(job)
      yield* Ref.set(works, false)
      yield* TestClock.adjust("1 hours")
      const { history } = yield* scheduler.get("a")
      assert.deepStrictEqual(history.map(({ fault }) => fault), ["Failed"])
      assert.deepStrictEqual(yield* ran, [])
      const error = yield* Effect.flip(scheduler.schedule({ ...job, id: "b" }))
      assert.strictEqual(error.message, "the schedule store failed for \"a\": disk full")
      assert.deepStrictEqual((yield* scheduler.list).map(({ id }) => id), ["a"])
      yield* Ref.set(works, true)
      yield* TestClock.adjust("1 hours")
      assert.deepStrictEqual(yield* ran, ["c"])
    }).pipe(Effect.scoped, Effect.provide(layerProcesses)))

  it.effect("what cannot be read fails the scheduler; what cannot be understood is left alone", () =>
    Effect.gen(function*() {
      const kept: Array<StoredJob> = [
        {
          id: "odd",
          schedule: "not a schedule",
          zone: "UTC",
          action: ScheduleAction.exec({ command: "c" }),
          overlap: "allow",
          missed: "once",
          jitterMs: 0,
          paused: false,
          next: 0,
          runCount: 0
        }
      ]
      const removed: Array<string> = []
      const store: ScheduleStoreShape = {
        all: Effect.succeed(kept),
        put: () => Effect.void,
        remove: (id) => Effect.sync(() => void removed.push(id))
      }
      const scheduler = yield* TimerScheduler.makeStored(yield* Processes, store)
      assert.deepStrictEqual(yield* scheduler.list, [])
      assert.deepStrictEqual(removed, [])
      const unread = new ScheduleError({ reason: "Store", schedule: "", hint: "gone" })
      const failing = TimerScheduler.makeStored(yield* Processes, { ...store, all: Effect.fail(unread) })
      assert.strictEqual(yield* Effect.flip(failing), unread)
      const garbage = Effect.flatMap(KeyValueStore.KeyValueStore, (store) => store.set("schedule-jobs", "{"))
      const layer = Layer.provide(
        KeyValueScheduleStore.layer,
        Layer.tap(KeyValueStore.layerMemory, (context) => Effect.orDie(Effect.provide(garbage, context)))
      )
      assert.strictEqual((yield* Effect.flip(Layer.build(layer))).reason, "Store")
    }).pipe(Effect.scoped, Effect.provide(layerProcesses)))

  it.effect("an interrupted run is not repeated", () =>
    Effect.gen(function*() {
      const began = yield* Deferred.make<void>()
      const scope = yield* Scope.make()
      const store = yield* ScheduleStore
      const action = ScheduleAction.callback(Effect.zipRight(Deferred.succeed(began, undefined), Effect.never))
      const scheduler = yield* Scope.extend(TimerScheduler.makeStored(yield* Processes, store), scope)
      yield* scheduler.schedule({ id: "a", schedule: "@hourly", missed: "all", action })
      yield* TestClock.adjust("1 hours")
      yield* Deferred.await(began)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual((yield* store.all).map(({ next, runCount }) => [next, runCount]), [[7_200_000, 1]])
    }).pipe(Effect.provide(Layer.merge(ScheduleStore.layerMemory, layerProcesses))))

  it.scoped("in a folder of the VM that it schedules for", () => {
    const vm = Layer.provideMerge(VmContext.layer, Layer.provide(Vm.layer({}), TestSidecar.layer({ seed: 7 })))
    const store = Layer.provide(KeyValueScheduleStore.layer, KeyValueStore.layerFileSystem("/home/user/jobs"))
    return Effect.gen(function*() {
      const job = { id: "a/b c", schedule: "@hourly", action: ScheduleAction.exec({ command: "echo run >> log" }) }
      yield* Effect.scoped(Effect.gen(function*() {
        const context = yield* Layer.build(TimerScheduler.layerStored)
        yield* Effect.provide(Effect.flatMap(Scheduler, (scheduler) => scheduler.schedule(job)), context)
        yield* TestClock.adjust("1 hours")
      }))
      const { stdout } = yield* (yield* Processes).exec("ls jobs | wc -l; cat log")
      assert.strictEqual(stdout, "2\nrun\n")
    }).pipe(Effect.provide(Layer.provideMerge(store, vm)))
  })
})
