import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import { Processes } from "../../services/Processes.ts"
import type { Job } from "../../services/Scheduler.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import type { ScheduleError } from "../../src/errors/ScheduleError.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { briefs, collect, Commands, layer, layerProcesses, layerWith, watchEvents } from "./scheduler-support.ts"

class Greeting extends Context.Tag("test/Greeting")<Greeting, string>() {}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const counter = Effect.map(Ref.make(0), (ref) => ({
  count: Ref.get(ref),
  action: ScheduleAction.callback(Ref.update(ref, (n) => n + 1))
}))

describe("Scheduler", () => {
  it.scoped("runs a report on the 261 weekdays of a year", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      yield* scheduler.schedule({
        id: "report",
        schedule: "0 9 * * MON-FRI",
        zone: "Europe/Berlin",
        overlap: "skip",
        missed: "once",
        action: ScheduleAction.exec({ command: "sh /home/user/report.sh" })
      })
      yield* TestClock.adjust("365 days")
      const job = yield* scheduler.get("report")
      assert.strictEqual(job.runCount, 261)
      assert.strictEqual((yield* Commands).length, 261)
      assert.strictEqual(job.history.length, 16)
      assert.strictEqual(job.nextRun, Date.UTC(1971, 0, 1, 8))
      assert.strictEqual(job.description, "at 09:00 on Monday to Friday")
    }).pipe(Effect.provide(layer)), 120_000)

  it.scoped("runs commands with their arguments quoted, in their folder", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      yield* scheduler.schedule({
        schedule: "* * * * *",
        action: ScheduleAction.exec({
          command: "grep -c",
          args: ["it's $HOME", "", "a b", "plain/file.txt", "x;y"],
          cwd: "/tmp",
          env: { A: "b" }
        })
      })
      yield* TestClock.adjust("1 minute")
      const [{ command, options }] = yield* Commands
      assert.strictEqual(command, "grep -c 'it'\\''s $HOME' '' 'a b' plain/file.txt 'x;y'")
      assert.strictEqual(options.cwd, "/tmp")
      assert.deepStrictEqual(options.env, { A: "b" })
    }).pipe(Effect.provide(layer)))

  it.scoped("gives a callback the services of where it was scheduled", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const heard = yield* Ref.make<Array<string>>([])
      const hear = Effect.flatMap(Greeting, (text) => Ref.update(heard, (all) => [...all, text]))
      yield* scheduler.schedule({ schedule: "* * * * *", action: ScheduleAction.callback(hear) }).pipe(
        Effect.provideService(Greeting, "good morning")
      )
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Ref.get(heard), ["good morning"])
    }).pipe(Effect.provide(layer)))

  it.scoped("gives ids of its own, repeatable by a seed", () =>
    Effect.gen(function*() {
      const ids = Effect.gen(function*() {
        const scheduler = yield* TimerScheduler.make(yield* Processes)
        const add = scheduler.schedule({ schedule: "@daily", action: ScheduleAction.exec({ command: "true" }) })
        return [(yield* add).id, (yield* add).id]
      }).pipe((effect) => Effect.suspend(() => Effect.withRandom(effect, Random.make("seed"))))
      const first = yield* ids
      assert.match(first[0], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.notStrictEqual(first[0], first[1])
      assert.deepStrictEqual(yield* ids, first)
    }).pipe(Effect.provide(layerProcesses)))

  it.scoped("tells everything that happens, in order and numbered", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const events = yield* watchEvents
      const add = (id: string, schedule: string, action: ScheduleAction.ScheduleAction<string>) =>
        scheduler.schedule({ id, schedule, action })
      yield* add("good", "1 0 * * *", ScheduleAction.exec({ command: "true" }))
      yield* add("bad", "2 0 * * *", ScheduleAction.exec({ command: "exit 3" }))
      yield* add("fails", "3 0 * * *", ScheduleAction.callback(Effect.fail("no luck")))
      yield* add("dies", "4 0 * * *", ScheduleAction.callback(Effect.die(new Error("boom"))))
      yield* add("gone", "5 0 * * *", ScheduleAction.callback(Effect.interrupt))
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* briefs(events), [
        "fire Time",
        "complete 0",
        "fire Time",
        "complete 3",
        "fire Time",
        "error Failed",
        "fire Time",
        "error Died",
        "fire Time",
        "error Interrupted"
      ])
      const all = yield* Ref.get(events)
      assert.deepStrictEqual(all.map(({ sequence }) => sequence), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      const texts = all.flatMap((event) => event._tag === "Error" ? [event.error] : [])
      assert.deepStrictEqual(texts, ["no luck", "boom", "the run was interrupted"])
      // not one of them is lost
      yield* TestClock.adjust("1 day")
      for (const job of yield* scheduler.list) assert.strictEqual(job.runCount, 2, job.id)
    }).pipe(Effect.provide(layer)))

  it.scoped("replaces a job of the same id", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const first = yield* counter
      const second = yield* counter
      yield* scheduler.schedule({ id: "a", schedule: "* * * * * *", action: first.action })
      yield* scheduler.schedule({ id: "a", schedule: "*/2 * * * * *", action: second.action })
      yield* TestClock.adjust("8 seconds")
      assert.deepStrictEqual([yield* first.count, yield* second.count], [0, 4])
      assert.strictEqual((yield* scheduler.list).length, 1)
    }).pipe(Effect.provide(layer)))

  it.scoped("marks a one-shot done, and lists it still", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const once = yield* counter
      yield* scheduler.schedule({ id: "once", schedule: "1970-01-01T00:05", zone: "+00:00", action: once.action })
      yield* TestClock.adjust("1 hour")
      const job = yield* scheduler.get("once")
      assert.strictEqual(yield* once.count, 1)
      assert.deepStrictEqual([job.state, job.nextRun, job.lastRun], ["done", undefined, 5 * MINUTE])
      // by hand it runs again, and with another schedule, too
      assert.strictEqual(yield* scheduler.runNow("once"), "started")
      yield* scheduler.update("once", { overlap: "skip" })
      assert.strictEqual((yield* scheduler.get("once")).state, "done")
      yield* scheduler.update("once", { schedule: "@hourly" })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* once.count, 3)
    }).pipe(Effect.provide(layer)))

  it.scoped("forgets all but the latest 256 jobs that are done", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      for (let i = 0; i < 300; i++) {
        yield* scheduler.schedule({
          id: String(i),
          schedule: `1970-01-01T00:00:${i < 150 ? "01" : "02"}Z`,
          action: ScheduleAction.exec({ command: "true" })
        })
      }
      yield* TestClock.adjust("1 minute")
      const jobs = yield* scheduler.list
      assert.strictEqual(jobs.length, 256)
      assert.strictEqual(jobs[0].id, "44")
    }).pipe(Effect.provide(layer)))

  it.scoped("refuses what cannot be", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const action = ScheduleAction.exec({ command: "true" })
      yield* TestClock.adjust("1 day")
      const refusal = (job: Partial<Job>) =>
        Effect.map(Effect.flip(scheduler.schedule({ schedule: "@daily", action, ...job })), (error) =>
          error._tag === "ScheduleError" ? `${error.reason} ${error.field ?? ""}` : error.message)
      assert.strictEqual(yield* refusal({ schedule: "0 99 * * *" }), "InvalidSchedule hour")
      assert.strictEqual(yield* refusal({ schedule: "1970-01-01" }), "PastSchedule ")
      assert.strictEqual(yield* refusal({ zone: "Mars/Base" }), "InvalidSchedule zone")
      assert.strictEqual(yield* refusal({ jitter: "2 days" }), "InvalidSchedule jitter")
      assert.strictEqual(yield* refusal({ timeout: Infinity }), "InvalidSchedule timeout")
      assert.strictEqual(yield* refusal({ id: "" }), "InvalidSchedule id")
      assert.strictEqual(yield* refusal({ id: "x".repeat(257) }), "InvalidSchedule id")
      const session = ScheduleAction.session({ agentType: "any", prompt: "hello" })
      assert.strictEqual(
        yield* refusal({ action: session }),
        "not yet supported: scheduled sessions, asked for by action"
      )
      // what comes from a program without types
      const odd = (action: object) =>
        refusal({ action: action as never })
      assert.strictEqual(yield* odd({ type: "exec" }), "InvalidAction action.command")
      assert.strictEqual(yield* odd({ type: "exec", command: "a", args: ["x", "a\0b"] }), "InvalidAction action.args.1")
      assert.strictEqual(yield* odd({ type: "exec", command: "a", cwd: "b" }), "InvalidAction action.cwd")
      assert.strictEqual(yield* odd({ type: "exec", command: "a", shell: "sh" }), "InvalidAction action.shell")
      assert.strictEqual(yield* odd({ type: "session", agentType: "any" }), "InvalidAction action.prompt")
      assert.deepStrictEqual(yield* scheduler.list, [])
      for (const call of [scheduler.get("x"), scheduler.runNow("x"), scheduler.pause("x"), scheduler.resume("x")]) {
        const error = yield* Effect.flip(Effect.asVoid<unknown, ScheduleError, never>(call))
        assert.strictEqual(`${error.reason}: ${error.message}`, "UnknownJob: no job with the id \"x\"")
      }
      assert.isFalse(yield* scheduler.cancel("x"))
    }).pipe(Effect.provide(layer)))

  it.scoped("asks agents through the one seam there is for them", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const scheduler = yield* TimerScheduler.make(yield* Processes, {
        sessions: ({ agentType, prompt }) => Effect.sync(() => asked.push(`${agentType}: ${prompt}`))
      })
      const action = ScheduleAction.session({ agentType: "any", prompt: "hello" })
      yield* scheduler.schedule({ schedule: "* * * * *", action })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(asked, ["any: hello"])
    }).pipe(Effect.provide(layerProcesses)))

  it.scoped("interrupts a run after its timeout", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const events = yield* watchEvents
      const action = ScheduleAction.exec({ command: "hang" })
      yield* scheduler.schedule({ id: "slow", schedule: "0 * * * *", timeout: "10 seconds", action })
      yield* TestClock.adjust("61 minutes")
      assert.deepStrictEqual(yield* briefs(events), ["fire Time", "error TimedOut"])
      const [record] = (yield* scheduler.get("slow")).history
      assert.deepStrictEqual([record.durationMs, record.fault], [10_000, "TimedOut"])
    }).pipe(Effect.provide(layer)))

  it.scoped("spreads runs by jitter, the same way for the same seed", () =>
    Effect.gen(function*() {
      const delays = Effect.gen(function*() {
        const scheduler = yield* TimerScheduler.make(yield* Processes)
        const late: Array<number> = []
        const now = Effect.clockWith((clock) => Effect.sync(() => late.push(clock.unsafeCurrentTimeMillis() % HOUR)))
        yield* scheduler.schedule({ schedule: "@hourly", jitter: "10 minutes", action: ScheduleAction.callback(now) })
        yield* TestClock.adjust("20 hours")
        return late
      }).pipe(Effect.scoped, (effect) => Effect.suspend(() => Effect.withRandom(effect, Random.make(7))))
      const first = yield* delays
      assert.isAtLeast(first.length, 19)
      assert.isTrue(first.every((late) => late < 10 * MINUTE))
      assert.isAbove(new Set(first).size, 15)
      assert.deepStrictEqual((yield* delays).slice(0, 19), first.slice(0, 19))
    }).pipe(Effect.provide(layerProcesses)))

  it.scoped("changes a job and keeps its counts", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const first = yield* counter
      const second = yield* counter
      yield* scheduler.schedule({ id: "a", schedule: "* * * * *", action: first.action })
      yield* TestClock.adjust("2 minutes")
      yield* scheduler.update("a", { action: second.action, schedule: "@hourly", zone: "+05:30" })
      yield* TestClock.adjust("1 hour")
      const job = yield* scheduler.get("a")
      assert.deepStrictEqual([yield* first.count, yield* second.count, job.runCount], [2, 1, 3])
      assert.strictEqual(job.nextRun, HOUR + 30 * MINUTE)
      const error = yield* Effect.flip(scheduler.update("a", { schedule: "never" }))
      assert.strictEqual(error._tag, "ScheduleError")
      assert.strictEqual((yield* scheduler.get("a")).schedule, "@hourly")
    }).pipe(Effect.provide(layer)))

  it.scoped("ends a scoped job with its Scope, and with it its run", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const events = yield* watchEvents
      const scope = yield* Scope.make()
      const action = ScheduleAction.exec({ command: "hang" })
      yield* scheduler.scheduleScoped({ id: "a", schedule: "* * * * *", action }).pipe(Scope.extend(scope))
      yield* TestClock.adjust("1 minute")
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* scheduler.list, [])
      assert.deepStrictEqual(yield* briefs(events), ["fire Time", "error Interrupted"])
    }).pipe(Effect.provide(layer)))

  it.scoped("ends everything with its own Scope, the streams of events last", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer, scope)
      const scheduler = Context.get(context, Scheduler)
      const ticks = yield* counter
      const reading = yield* Effect.fork(collect(scheduler.events))
      yield* scheduler.schedule({ id: "hang", schedule: "* * * * *", action: ScheduleAction.exec({ command: "hang" }) })
      yield* scheduler.schedule({ id: "tick", schedule: "* * * * *", action: ticks.action })
      yield* TestClock.adjust("1 minute")
      yield* Scope.close(scope, Exit.void)
      const events = yield* Fiber.join(reading)
      assert.strictEqual(events.filter(({ _tag }) => _tag === "Error").length, 1)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* ticks.count, 1)
      assert.deepStrictEqual(yield* collect(scheduler.events), [])
    }))

  it.scoped("never lets a slow reader hold up a job, and shows the gap", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const gate = yield* Effect.makeLatch(false)
      const reading = yield* scheduler.events.pipe(
        Stream.tap(() => gate.await),
        Stream.map(({ sequence }) => sequence),
        Stream.takeUntil((sequence) => sequence >= 3999),
        collect,
        Effect.fork
      )
      const quick = yield* counter
      yield* scheduler.schedule({ id: "a", schedule: "@yearly", action: quick.action })
      yield* TestClock.adjust(1)
      for (let i = 0; i < 2000; i++) yield* scheduler.runNow("a")
      yield* TestClock.adjust(1)
      assert.isAtLeast(yield* quick.count, 1024)
      assert.strictEqual((yield* scheduler.get("a")).runCount, yield* quick.count)
      yield* gate.open
      for (let i = 0; i < 1000; i++) {
        yield* scheduler.runNow("a")
        yield* Effect.yieldNow()
      }
      yield* TestClock.adjust(1)
      const sequences = yield* Fiber.join(reading)
      assert.isTrue(sequences.some((sequence, index) => index > 0 && sequence > sequences[index - 1] + 1))
      assert.isTrue(sequences.every((sequence, index) => index === 0 || sequence > sequences[index - 1]))
    }).pipe(Effect.provide(layer)))

  it.scoped("keeps to its bound of runs at once", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const events = yield* watchEvents
      const action = ScheduleAction.exec({ command: "hang" })
      for (const id of ["a", "b", "c"]) yield* scheduler.schedule({ id, schedule: "* * * * *", action })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* briefs(events), ["fire Time", "fire Time", "skipped TooManyRuns"])
      assert.isTrue(yield* scheduler.cancel("a", { interrupt: true }))
      assert.strictEqual(yield* scheduler.runNow("c"), "started")
    }).pipe(Effect.provide(layerWith({ maxRuns: 2 }))))

  it.scoped("goes on beyond the longest sleep of a timer", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const yearly = yield* counter
      yield* scheduler.schedule({ schedule: "@yearly", action: yearly.action })
      yield* TestClock.adjust(365 * DAY - 1)
      assert.strictEqual(yield* yearly.count, 0)
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* yearly.count, 1)
    }).pipe(Effect.provide(layer)))
})
