/**
 * The cases that every scheduler of an agent OS is held to, by their names, with real guests in a virtual time. C6, jobs that
 * survive a restart, is in store.test.ts.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import * as ManualDriver from "../../layers/scheduler/ManualDriver.ts"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Filesystem } from "../../services/Filesystem.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import { Vm } from "../../services/Vm.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { brief, watchEvents } from "./scheduler-support.ts"

const MINUTE = 60_000
const LOG = "/home/user/log"

const vm = Layer.provide(Vm.layer({}), TestSidecar.layer({ seed: 7 }))
const sh = (command: string) => ScheduleAction.exec({ command })

/** What the guests wrote, a line for each run. */
const lines = Effect.flatMap(
  Filesystem,
  (filesystem) => Effect.map(filesystem.readFileString(LOG), (text) => text.trim().split("\n"))
)

/** What happened so far, each with the minute it belongs to or, at the end of a run, the minute it is. */
const timeline = Effect.map(watchEvents, (events) =>
  Effect.map(Ref.get(events), (all) =>
    all.map((event) => {
      const instant = "due" in event ? event.due : event.at
      return `${brief(event)} ${instant / MINUTE}`
    })))

describe("conformance", () => {
  it.scoped("C1: overlap skip with a slow job reports skips", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const events = yield* timeline
      const action = sh(`echo run >> ${LOG}; sleep 150`)
      yield* scheduler.schedule({ id: "slow", schedule: "* * * * *", overlap: "skip", action })
      yield* TestClock.adjust("6 minutes")
      assert.deepStrictEqual(yield* events, [
        "fire Time 1",
        "skipped Running 2",
        "skipped Running 3",
        "complete 0 3.5",
        "fire Time 4",
        "skipped Running 5",
        "skipped Running 6"
      ])
      assert.deepStrictEqual(yield* lines, ["run", "run"])
      assert.strictEqual((yield* scheduler.get("slow")).runCount, 2)
    }).pipe(Effect.provide(vm)), 30_000)

  it.scoped("C2: queue runs exactly one more", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const events = yield* timeline
      const action = sh(`echo run >> ${LOG}; sleep 210`)
      yield* scheduler.schedule({ id: "slow", schedule: "1-4 0 1 1 *", overlap: "queue", action })
      yield* TestClock.adjust("4 minutes")
      const waiting = yield* scheduler.get("slow")
      assert.deepStrictEqual([waiting.running, waiting.queued, waiting.runCount], [1, true, 1])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* events, [
        "fire Time 1",
        "queued 2",
        "skipped QueueFull 3",
        "skipped QueueFull 4",
        "complete 0 4.5",
        "fire Queue 2",
        "complete 0 8"
      ])
      assert.deepStrictEqual(yield* lines, ["run", "run"])
      const idle = yield* scheduler.get("slow")
      assert.deepStrictEqual([idle.running, idle.queued, idle.runCount], [0, false, 2])
    }).pipe(Effect.provide(vm)), 30_000)

  it.scoped("C3: re-scheduling an id replaces it", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      yield* scheduler.schedule({ id: "a", schedule: "* * * * *", action: sh(`echo old >> ${LOG}`) })
      yield* TestClock.adjust("2 minutes")
      const replaced = yield* scheduler.schedule({ id: "a", schedule: "*/5 * * * *", action: sh(`echo new >> ${LOG}`) })
      yield* TestClock.adjust("8 minutes")
      assert.deepStrictEqual(yield* lines, ["old", "old", "new", "new"])
      assert.strictEqual(replaced.id, "a")
      const jobs = yield* scheduler.list
      assert.deepStrictEqual(jobs.map(({ id, runCount, schedule }) => [id, schedule, runCount]), [[
        "a",
        "*/5 * * * *",
        2
      ]])
      // the one in its place is all there is to cancel
      assert.isTrue(yield* scheduler.cancel("a"))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* lines).length, 4)
    }).pipe(Effect.provide(vm)), 30_000)

  it.scoped("C4: a one-shot runs once and is marked done", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      yield* scheduler.schedule({
        id: "once",
        schedule: "1970-01-01T00:05:00Z",
        action: sh(`date -u +%FT%T >> ${LOG}`)
      })
      const before = yield* scheduler.get("once")
      assert.deepStrictEqual([before.state, before.nextRun, before.runCount], ["active", 5 * MINUTE, 0])
      yield* TestClock.adjust("400 days")
      assert.deepStrictEqual(yield* lines, ["1970-01-01T00:05:00"])
      const after = yield* scheduler.get("once")
      assert.deepStrictEqual([after.state, after.nextRun, after.lastRun, after.runCount], [
        "done",
        undefined,
        5 * MINUTE,
        1
      ])
      const again = scheduler.schedule({ id: "again", schedule: "1970-01-01T00:05:00Z", action: sh("true") })
      assert.deepInclude(yield* Effect.flip(again), { _tag: "ScheduleError", reason: "PastSchedule" })
    }).pipe(Effect.provide(vm)), 30_000)

  it.scoped("C5: daylight-saving and zone rules", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const add = (id: string, schedule: string, zone?: string) =>
        scheduler.schedule({ id, schedule, zone, action: sh(`echo ${id} $(date -u +%m-%dT%H:%M) >> ${LOG}`) })
      // in Berlin, 02:30 is skipped on 29 March and comes twice on 25 October
      yield* add("fixed", "30 2 28-30 3 *", "Europe/Berlin")
      yield* add("fixed-back", "30 2 24-26 10 *", "Europe/Berlin")
      yield* add("hourly", "0 * 25 10 *", "Europe/Berlin")
      yield* add("new-york", "30 2 8 3 *", "America/New_York")
      yield* add("offset", "30 2 29 3 *", "+05:30")
      yield* add("default", "30 2 29 3 *")
      yield* TestClock.setTime(Date.UTC(2026, 11, 1))
      const log = yield* lines
      const of = (id: string) => log.flatMap((line) => line.startsWith(`${id} `) ? [line.slice(id.length + 1)] : [])
      // a time that is skipped runs as much later, one that comes twice runs the first time
      assert.deepStrictEqual(of("fixed"), ["03-28T01:30", "03-29T01:30", "03-30T00:30"])
      assert.deepStrictEqual(of("fixed-back"), ["10-24T00:30", "10-25T00:30", "10-26T01:30"])
      assert.deepStrictEqual(of("new-york"), ["03-08T07:30"])
      assert.deepStrictEqual(of("offset"), ["03-28T21:00"])
      assert.deepStrictEqual(of("default"), ["03-29T02:30"])
      // that day has 25 hours
      const first = Date.UTC(2026, 9, 24, 22)
      const hours = Array.from({ length: 25 }, (_, i) => new Date(first + i * 60 * MINUTE).toISOString().slice(5, 16))
      assert.deepStrictEqual(of("hourly"), hours)
    }).pipe(Effect.provide(vm)), 30_000)

  it.scoped("arguments of a command are words of their own, whatever is in them", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const args = [
        "a b",
        "$(touch /tmp/hole)",
        "'",
        "\"",
        "\\",
        "*",
        ";",
        "\n",
        "",
        "-n",
        "~",
        "é",
        "`id`",
        "$HOME",
        "!",
        "&"
      ]
      const script = `printf '<%s>' "$@" > ${LOG}`
      yield* scheduler.schedule({
        schedule: "* * * * *",
        action: ScheduleAction.exec({ command: "sh -c", args: [script, "sh", ...args] })
      })
      yield* TestClock.adjust("1 minutes")
      const filesystem = yield* Filesystem
      assert.strictEqual(yield* filesystem.readFileString(LOG), args.map((arg) => `<${arg}>`).join(""))
      assert.isFalse(yield* filesystem.exists("/tmp/hole"))
    }).pipe(Effect.provide(vm)))

  it.scoped("a driver in the context of the lease decides when the jobs of the VM run", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const control = yield* ManualDriver.ScheduleSteps
      yield* scheduler.schedule({ id: "a", schedule: "* * * * *", action: sh(`echo x >> ${LOG}`) })
      yield* TestClock.adjust("1 hours")
      assert.strictEqual((yield* scheduler.get("a")).runCount, 0)
      assert.isTrue(yield* control.step("a"))
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(yield* lines, ["x"])
      assert.strictEqual((yield* scheduler.get("a")).runCount, 1)
    }).pipe(Effect.provide(Layer.provideMerge(vm, ManualDriver.layer))))
})
