/** What happens to instants for which a job has no time: overlaps, pauses and clocks that are set. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import { Processes } from "../../services/Processes.ts"
import type { Missed, SchedulerShape } from "../../services/Scheduler.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import type { ScheduleEvent } from "../../src/schedule/ScheduleEvent.ts"
import { HandClock } from "./hand-clock.ts"
import { brief, briefs, layer, layerProcesses, watchEvents } from "./scheduler-support.ts"

const slow = ScheduleAction.callback(Effect.sleep("2500 millis"))

describe("overlap", () => {
  it.scoped("allow: every tick fires, however long the runs take", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      yield* scheduler.schedule({ id: "a", schedule: "* * * * * *", action: slow })
      yield* TestClock.adjust("6 seconds")
      const job = yield* scheduler.get("a")
      assert.deepStrictEqual([job.runCount, job.running], [6, 3])
    }).pipe(Effect.provide(layer)))

  it.scoped("skip: a slow job's ticks are skipped and said to be", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const events = yield* watchEvents
      yield* scheduler.schedule({ id: "a", schedule: "* * * * * *", overlap: "skip", action: slow })
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(yield* briefs(events), [
        "fire Time",
        "skipped Running",
        "skipped Running",
        "complete",
        "fire Time",
        "skipped Running",
        "skipped Running"
      ])
    }).pipe(Effect.provide(layer)))

  it.scoped("queue: exactly one more run waits", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const events = yield* watchEvents
      const gate = yield* Deferred.make<void>()
      const action = ScheduleAction.callback(Deferred.await(gate))
      yield* scheduler.schedule({ id: "a", schedule: "* * * * * *", overlap: "queue", action })
      yield* TestClock.adjust("4 seconds")
      assert.isTrue((yield* scheduler.get("a")).queued)
      yield* scheduler.update("a", { schedule: "@yearly" })
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* briefs(events), [
        "fire Time",
        "queued",
        "skipped QueueFull",
        "skipped QueueFull",
        "complete",
        "fire Queue",
        "complete"
      ])
      const fires = (yield* Ref.get(events)).flatMap((event) => event._tag === "Fire" ? [event.due] : [])
      assert.deepStrictEqual(fires, [1000, 2000])
    }).pipe(Effect.provide(layer)))

  it.scoped("holds between a job and the one in its place", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const action = ScheduleAction.exec({ command: "hang" })
      yield* scheduler.schedule({ id: "a", schedule: "* * * * *", overlap: "skip", action })
      yield* TestClock.adjust("1 minute")
      yield* scheduler.schedule({ id: "a", schedule: "* * * * *", overlap: "skip", action })
      yield* TestClock.adjust("1 minute")
      const job = yield* scheduler.get("a")
      assert.deepStrictEqual([job.runCount, job.running], [0, 1])
    }).pipe(Effect.provide(layer)))
})

const withMissed = (missed: Missed) =>
  Effect.gen(function*() {
    const scheduler = yield* Scheduler
    const events = yield* watchEvents
    const action = ScheduleAction.exec({ command: "true" })
    yield* scheduler.schedule({ id: "a", schedule: "0 * * * *", missed, action })
    yield* scheduler.pause("a")
    yield* TestClock.adjust("5 hours")
    assert.strictEqual((yield* scheduler.get("a")).state, "paused")
    assert.deepStrictEqual(yield* briefs(events), [])
    yield* scheduler.resume("a")
    yield* TestClock.adjust("1 hour")
    return (yield* briefs(events)).filter((text) => !text.startsWith("complete"))
  }).pipe(Effect.provide(layer))

describe("a pause", () => {
  it.scoped("skip: what passed is gone", () =>
    Effect.map(withMissed("skip"), (events) => assert.deepStrictEqual(events, ["missed 5", "fire Time"])))

  it.scoped("once: one run makes up for all", () =>
    Effect.map(
      withMissed("once"),
      (events) => assert.deepStrictEqual(events, ["missed 5", "fire CatchUp", "fire Time"])
    ))

  it.scoped("all: a run for each", () =>
    Effect.map(
      withMissed("all"),
      (events) =>
        assert.deepStrictEqual(events, ["missed 5", ...Array.from({ length: 5 }, () => "fire CatchUp"), "fire Time"])
    ))

  it.scoped("makes up for at most 100, and for a one-shot", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const events = yield* watchEvents
      const action = ScheduleAction.exec({ command: "true" })
      yield* scheduler.schedule({ id: "a", schedule: "* * * * *", missed: "all", action })
      yield* scheduler.schedule({ id: "b", schedule: "1970-01-01T00:30", action })
      yield* scheduler.pause("a")
      yield* scheduler.pause("b")
      yield* TestClock.adjust("1 day")
      yield* scheduler.resume("a")
      assert.strictEqual((yield* scheduler.get("a")).nextRun, 86_400_000 + 60_000)
      yield* scheduler.resume("b")
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* scheduler.get("b")).state, "done")
      const counts = yield* briefs(events)
      assert.strictEqual(counts.filter((text) => text === "fire CatchUp").length, 101)
      assert.deepStrictEqual(counts.filter((text) => text.startsWith("missed")), ["missed 100+", "missed 1"])
    }).pipe(Effect.provide(layer)))

  it.scoped("lets runs by hand through, and what waits, wait", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const gate = yield* Effect.makeLatch(false)
      const action = ScheduleAction.callback(gate.await)
      yield* scheduler.schedule({ id: "a", schedule: "@yearly", overlap: "queue", action })
      yield* scheduler.pause("a")
      assert.deepStrictEqual(
        [yield* scheduler.runNow("a"), yield* scheduler.runNow("a"), yield* scheduler.runNow("a")],
        ["started", "queued", "skipped"]
      )
      yield* gate.open
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* scheduler.get("a")).runCount, 1)
      yield* scheduler.resume("a")
      assert.strictEqual((yield* scheduler.get("a")).runCount, 2)
    }).pipe(Effect.provide(layer)))
})

const START = Date.UTC(2024, 0, 1, 12)

/** A scheduler on a clock that can be set, with an hourly job. */
const onHandClock = (
  missed: Missed,
  then: (
    clock: HandClock,
    scheduler: SchedulerShape,
    events: Effect.Effect<Array<string>>
  ) => Effect.Effect<void, unknown>
): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = new HandClock(START)
    const scheduler = yield* Effect.withClock(TimerScheduler.make(yield* Processes), clock)
    const seen: Array<ScheduleEvent> = []
    yield* scheduler.events.pipe(
      (stream) => Effect.forkScoped(Effect.asVoid(streamInto(stream, seen)))
    )
    yield* clock.settle
    yield* scheduler.schedule({
      id: "a",
      schedule: "0 * * * *",
      missed,
      action: ScheduleAction.exec({ command: "true" })
    })
    yield* clock.settle
    const fires = Effect.sync(() =>
      seen.flatMap((event) =>
        event._tag === "Fire"
          ? [`${brief(event)} ${new Date(event.due).toISOString().slice(8, 13)}`]
          : event._tag === "Missed"
          ? [brief(event)]
          : []
      )
    )
    yield* then(clock, scheduler, fires)
  }).pipe(Effect.provide(layerProcesses))

const streamInto = (stream: SchedulerShape["events"], into: Array<ScheduleEvent>) =>
  Stream.runForEach(stream, (event) => Effect.sync(() => into.push(event)))

describe("a clock that is set", () => {
  it.scoped("forward: what it passes over is missed, and noticed at the next call", () =>
    onHandClock("once", (clock, scheduler, fires) =>
      Effect.gen(function*() {
        yield* clock.pass("1 hour")
        yield* clock.jump("5 hours")
        yield* scheduler.list
        yield* clock.settle
        // 18:00 is not missed: it is now
        assert.deepStrictEqual(yield* fires, ["fire Time 01T13", "missed 4", "fire Time 01T18"])
        yield* clock.pass("1 hour")
        assert.deepStrictEqual((yield* fires).slice(3), ["fire Time 01T19"])
      })))

  it.scoped("forward into an hour: one run makes up for all", () =>
    onHandClock("once", (clock, scheduler, fires) =>
      Effect.gen(function*() {
        yield* clock.jump("330 minutes")
        yield* scheduler.list
        yield* clock.settle
        assert.deepStrictEqual(yield* fires, ["missed 5", "fire CatchUp 01T17"])
      })))

  it.scoped("forward: a timer that wakes late finds it by itself", () =>
    onHandClock("skip", (clock, _, fires) =>
      Effect.gen(function*() {
        yield* clock.jump("330 minutes")
        yield* clock.pass("1 hour")
        assert.deepStrictEqual(yield* fires, ["missed 6"])
        yield* clock.pass("30 minutes")
        assert.deepStrictEqual(yield* fires, ["missed 6", "fire Time 01T19"])
      })))

  it.scoped("back a little: nothing runs twice", () =>
    onHandClock("once", (clock, scheduler, fires) =>
      Effect.gen(function*() {
        yield* clock.pass("2 hours")
        yield* clock.jump("90 minutes", -1)
        yield* scheduler.list
        yield* clock.pass("2 hours")
        assert.deepStrictEqual(yield* fires, ["fire Time 01T13", "fire Time 01T14"])
        yield* clock.pass("30 minutes")
        assert.deepStrictEqual((yield* fires).slice(2), ["fire Time 01T15"])
      })))

  it.scoped("back a lot: jobs run at the times that come again", () =>
    onHandClock("once", (clock, scheduler, fires) =>
      Effect.gen(function*() {
        yield* clock.pass("2 hours")
        yield* clock.jump("10 hours", -1)
        assert.strictEqual((yield* scheduler.get("a")).nextRun, Date.UTC(2024, 0, 1, 5))
        yield* clock.pass("2 hours")
        assert.deepStrictEqual((yield* fires).slice(2), ["fire Time 01T05", "fire Time 01T06"])
      })))

  it.scoped("TestClock.setTime, forward and back", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      yield* TestClock.setTime(START)
      yield* scheduler.schedule({ id: "a", schedule: "0 * * * *", action: ScheduleAction.exec({ command: "true" }) })
      yield* TestClock.setTime(START + 5 * 3_600_000)
      assert.strictEqual((yield* scheduler.get("a")).runCount, 5)
      yield* TestClock.setTime(START - 24 * 3_600_000)
      assert.strictEqual((yield* scheduler.get("a")).nextRun, START - 23 * 3_600_000)
      yield* TestClock.adjust("2 hours")
      assert.strictEqual((yield* scheduler.get("a")).runCount, 7)
      yield* TestClock.setTime(START - 22.5 * 3_600_000)
      yield* TestClock.adjust("90 minutes")
      assert.strictEqual((yield* scheduler.get("a")).runCount, 8)
    }).pipe(Effect.provide(layer)))
})
