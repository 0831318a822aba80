/** Many jobs, long times, and interruption at any moment. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import { Processes } from "../../services/Processes.ts"
import { upcoming } from "../../src/schedule/ParsedSchedule.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { HandClock } from "./hand-clock.ts"
import { layerProcesses } from "./scheduler-support.ts"
import { parsed, zoneOf } from "./support.ts"

const YEAR = Date.UTC(2024, 0, 1)

describe("10,000 jobs", () => {
  it.scopedLive(
    "run at each of their instants of a year, and the timer wakes once for each distinct one",
    () =>
      Effect.gen(function*() {
        const clock = new HandClock(YEAR)
        const scheduler = yield* Effect.withClock(TimerScheduler.make(yield* Processes, { maxRuns: 20_000 }), clock)
        const schedules = ["0 6 1 * *", "0 6 L * *", "0 6 * * MON#1", "0 6 15W * *"]
        const zones = ["UTC", "Europe/Berlin", "America/New_York"]
        const runs = new Map<string, Array<number>>()
        for (let i = 0; i < 10_000; i++) {
          const id = String(i)
          const own: Array<number> = []
          runs.set(id, own)
          yield* scheduler.schedule({
            id,
            schedule: schedules[i % schedules.length],
            zone: zones[i % zones.length],
            action: ScheduleAction.callback(Effect.sync(() => own.push(clock.unsafeCurrentTimeMillis())))
          })
        }
        yield* clock.pass("366 days")
        const instants = new Set<number>()
        for (let i = 0; i < 10_000; i++) {
          const zone = zoneOf(zones[i % zones.length])
          const expected = upcoming(parsed(schedules[i % schedules.length]), zone, YEAR, 20).filter((run) =>
            run <= YEAR + 366 * 86_400_000
          )
          assert.deepStrictEqual(runs.get(String(i)), expected)
          for (const run of expected) instants.add(run)
        }
        // a sleep is at most 20 days
        assert.isAtMost(clock.wakes, instants.size + 20)
      }).pipe(Effect.provide(layerProcesses)),
    120_000
  )

  it.scopedLive(
    "are cancelled and replaced at random, and each that is left runs once an hour",
    () =>
      Effect.gen(function*() {
        const clock = new HandClock(YEAR)
        const scheduler = yield* Effect.withClock(TimerScheduler.make(yield* Processes, { maxRuns: 20_000 }), clock)
        const counts = new Map<string, number>()
        const count = (id: string) => Effect.sync(() => counts.set(id, (counts.get(id) ?? 0) + 1))
        for (let i = 0; i < 10_000; i++) {
          const id = String(i * 7919 % 5000)
          yield* scheduler.schedule({ id, schedule: `${i % 60} * * * *`, action: ScheduleAction.callback(count(id)) })
          if (i % 5 === 0) yield* scheduler.cancel(String(i % 5000))
        }
        yield* clock.pass("3 hours")
        const jobs = yield* scheduler.list
        assert.isAbove(jobs.length, 1000)
        assert.strictEqual(counts.size, jobs.length)
        for (const job of jobs) assert.strictEqual(counts.get(job.id), 3, job.id)
      }).pipe(Effect.provide(layerProcesses)),
    120_000
  )
})

describe("interruption", () => {
  it.scopedLive("of any call at any step leaves a scheduler that works and ends", () =>
    Effect.gen(function*() {
      for (let steps = 0; steps < 40; steps++) {
        const clock = new HandClock(YEAR)
        const scope = yield* Scope.make()
        const make = Effect.flatMap(Processes, (processes) => TimerScheduler.make(processes))
        const scheduler = yield* Effect.withClock(Scope.extend(make, scope), clock)
        const action = ScheduleAction.exec({ command: "true" })
        const calls = Effect.gen(function*() {
          yield* scheduler.schedule({ id: "a", schedule: "* * * * *", overlap: "queue", action })
          yield* Effect.scoped(scheduler.scheduleScoped({ id: "b", schedule: "* * * * *", action }))
          yield* scheduler.runNow("a")
          yield* scheduler.pause("a")
          yield* scheduler.update("a", { schedule: "@hourly" })
          yield* scheduler.resume("a")
          yield* scheduler.cancel("a", { interrupt: true })
        })
        // a fiber that yields after each of its first steps can be interrupted at any of them
        const fiber = yield* Effect.fork(Effect.withMaxOpsBeforeYield(calls, 20 + steps * 3))
        for (let i = 0; i < steps; i++) yield* Effect.yieldNow()
        yield* Fiber.interrupt(fiber)
        const left = (yield* scheduler.list).map(({ id }) => id)
        assert.notInclude(left, "b")
        yield* scheduler.schedule({ id: "a", schedule: "* * * * *", action })
        yield* clock.pass("5 minutes")
        assert.strictEqual((yield* scheduler.get("a")).runCount, 5)
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(clock.sleeps.size, 0)
      }
    }).pipe(Effect.provide(layerProcesses)), 120_000)

  it.scopedLive("of a run before its first step is accounted for", () =>
    Effect.gen(function*() {
      const scheduler = yield* TimerScheduler.make(yield* Processes)
      const action = ScheduleAction.exec({ command: "hang" })
      for (let i = 0; i < 100; i++) {
        yield* scheduler.schedule({ id: "a", schedule: "@yearly", overlap: "skip", action })
        assert.strictEqual(yield* scheduler.runNow("a"), "started")
        yield* scheduler.cancel("a", { interrupt: true })
      }
      assert.deepStrictEqual(yield* scheduler.list, [])
    }).pipe(Effect.provide(layerProcesses)))
})
