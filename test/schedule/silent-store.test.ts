/** A store that does not answer, answers late or fails holds nobody up for long, and agrees with the scheduler in the end. */
import { assert, describe, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import { Processes } from "../../services/Processes.ts"
import type { SchedulerShape } from "../../services/Scheduler.ts"
import type { ScheduleStoreShape } from "../../services/ScheduleStore.ts"
import { ScheduleError } from "../../src/errors/ScheduleError.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import type { StoredJob } from "../../src/schedule/StoredJob.ts"
import { Commands, layerProcesses } from "./scheduler-support.ts"

/** Keeps jobs in memory; each write waits for as long as it is told to, and fails where it is told to. */
class Moody {
  readonly jobs = new Map<string, StoredJob>()
  readonly gate = Effect.unsafeMakeLatch(true)
  delay: Duration.DurationInput = 0
  failures = 0
  writes = 0
  private atOnce = 0

  private write(change: () => void): Effect.Effect<void, ScheduleError> {
    return Effect.suspend(() => {
      this.writes++
      assert.strictEqual(++this.atOnce, 1, "one write at a time")
      const wait = this.delay === 0 ? Effect.void : Effect.sleep(this.delay)
      return Effect.zipRight(this.gate.await, wait).pipe(
        Effect.zipRight(Effect.suspend(() => {
          if (this.failures > 0) {
            this.failures--
            return Effect.fail(new ScheduleError({ reason: "Store", schedule: "", hint: "disk full" }))
          }
          return Effect.sync(change)
        })),
        Effect.ensuring(Effect.sync(() => this.atOnce--))
      )
    })
  }

  readonly store: ScheduleStoreShape = {
    all: Effect.sync(() => Array.from(this.jobs.values())),
    put: (job) => this.write(() => void this.jobs.set(job.id, job)),
    remove: (id) => this.write(() => void this.jobs.delete(id))
  }
}

const exec = (command: string) => ScheduleAction.exec({ command })
const hourly = (id: string) => ({ id, schedule: "@hourly", action: exec(id) })

/** A scheduler on a store of moods, with four jobs; `paused` is. */
const make = (moody: Moody, options: TimerScheduler.SchedulerOptions = {}) =>
  Effect.gen(function*() {
    const scheduler = yield* TimerScheduler.makeStored(yield* Processes, moody.store, options)
    for (const id of ["a", "b", "c", "paused"]) yield* scheduler.schedule(hourly(id))
    yield* scheduler.pause("paused")
    return scheduler
  })

/** What a scheduler says, or a store holds, of all jobs. */
const said = (scheduler: SchedulerShape) =>
  Effect.map(scheduler.list, (jobs) =>
    jobs.map(({ id, nextRun, runCount, schedule, state }) => ({
      id,
      next: nextRun,
      runCount,
      schedule,
      paused: state === "paused"
    })))
const held = ({ jobs }: Moody) =>
  Array.from(jobs.values(), ({ id, next, paused, runCount, schedule }) => ({ id, next, runCount, schedule, paused }))

const agree = (scheduler: SchedulerShape, moody: Moody) =>
  Effect.map(said(scheduler), (jobs) => assert.sameDeepMembers(held(moody), jobs))

/** How a call ended that began now, and after how many seconds; `undefined` if it goes on after a minute. */
const ending = <A, E>(call: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.exit(call))
    for (let seconds = 0; seconds <= 60; seconds++) {
      yield* TestClock.adjust(0)
      const exit = yield* Fiber.poll(fiber)
      if (exit._tag === "Some") return { exit: yield* exit.value, seconds }
      yield* TestClock.adjust("1 seconds")
    }
    return undefined
  })

const calls: Readonly<Record<string, (scheduler: SchedulerShape) => Effect.Effect<unknown, unknown>>> = {
  update: (scheduler) => scheduler.update("a", { schedule: "@daily" }),
  cancel: (scheduler) => scheduler.cancel("a"),
  pause: (scheduler) => scheduler.pause("a"),
  resume: (scheduler) => scheduler.resume("paused"),
  "schedule, a new job": (scheduler) => scheduler.schedule(hourly("new")),
  "schedule, in the place of another": (scheduler) => scheduler.schedule({ ...hourly("a"), schedule: "@daily" }),
  scheduleScoped: (scheduler) => Effect.scoped(scheduler.scheduleScoped(hourly("new")))
}

const test = <E>(title: string, body: Effect.Effect<void, E, Processes | Commands | Scope.Scope>) =>
  it.scoped(title, () => Effect.provide(body, layerProcesses))

describe("a store that does not answer", () => {
  for (const [name, call] of Object.entries(calls)) {
    test(
      `${name}: fails after half a minute, and the store has it when it answers`,
      Effect.gen(function*() {
        const moody = new Moody()
        const scheduler = yield* make(moody)
        const before = yield* said(scheduler)
        yield* moody.gate.close
        const end = yield* ending(Effect.flip(call(scheduler)))
        assert.strictEqual(end?.seconds, 30)
        const error = Exit.getOrElse(end!.exit, () => undefined) as ScheduleError
        assert.deepStrictEqual([error.reason, error.retryable], ["StoreTimeout", true])
        const isNew = name.startsWith("schedule")
        const id = name === "resume" ? "paused" : name === "scheduleScoped" || name.endsWith("new job") ? "new" : "a"
        const consequence = isNew
          ? "the job is not scheduled"
          : "the change is in force, and is stored when the store answers"
        assert.strictEqual(
          error.message,
          `the schedule store does not answer for "${id}": no answer within 30s; ${consequence}`
        )
        if (isNew) assert.sameDeepMembers(yield* said(scheduler), before)
        else assert.notSameDeepMembers(yield* said(scheduler), before)
        // nobody waits again for what others have waited for
        assert.strictEqual((yield* ending(Effect.flip(scheduler.pause("b"))))?.seconds, 0)
        yield* moody.gate.open
        yield* TestClock.adjust(0)
        yield* agree(scheduler, moody)
        yield* scheduler.pause("c")
        yield* agree(scheduler, moody)
      })
    )

    test(
      `${name}: can be interrupted while it waits; the store has it when it answers`,
      Effect.gen(function*() {
        const moody = new Moody()
        const scheduler = yield* make(moody)
        yield* moody.gate.close
        const end = yield* ending(Effect.timeout(call(scheduler), "2 seconds"))
        // what is acquired for a Scope is not left in the middle
        assert.strictEqual(end?.seconds, name === "scheduleScoped" ? 30 : 2)
        yield* moody.gate.open
        yield* TestClock.adjust(0)
        yield* agree(scheduler, moody)
      })
    )

    test(
      `${name}: a store that answers after that has what the scheduler says`,
      Effect.gen(function*() {
        const moody = new Moody()
        const scheduler = yield* make(moody)
        moody.delay = "40 seconds"
        assert.strictEqual((yield* ending(Effect.flip(call(scheduler))))?.seconds, 30)
        moody.delay = 0
        yield* TestClock.adjust("9 seconds")
        const writes = moody.writes
        yield* TestClock.adjust("1 seconds")
        yield* agree(scheduler, moody)
        // only what was taken back is written a second time
        assert.strictEqual(moody.writes - writes, name.startsWith("schedule") ? 1 : 0)
      })
    )

    test(
      `${name}: a store that fails has it when it works again`,
      Effect.gen(function*() {
        const moody = new Moody()
        const scheduler = yield* make(moody)
        moody.failures = 4
        const end = yield* ending(Effect.flip(call(scheduler)))
        assert.strictEqual(end?.seconds, 0)
        assert.deepInclude(Exit.getOrElse(end!.exit, () => ({})), { reason: "Store", hint: "disk full" })
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual(moody.failures, 0)
        yield* agree(scheduler, moody)
      })
    )
  }

  test(
    "who asks again waits until it is stored",
    Effect.gen(function*() {
      const moody = new Moody()
      const scheduler = yield* make(moody)
      moody.delay = "40 seconds"
      for (const call of [scheduler.pause("a"), scheduler.resume("paused"), scheduler.cancel("b")]) {
        moody.delay = "40 seconds"
        assert.strictEqual((yield* ending(Effect.flip(call)))?.seconds, 30)
        assert.strictEqual((yield* ending(Effect.exit(call)))?.seconds, 0)
        moody.delay = 0
        yield* TestClock.adjust("10 seconds")
        yield* call
        yield* agree(scheduler, moody)
      }
    })
  )

  test(
    "a run does not begin before it is noted; the job goes on",
    Effect.gen(function*() {
      const moody = new Moody()
      const scheduler = yield* make(moody, { storeTimeout: "5 seconds" })
      yield* moody.gate.close
      yield* TestClock.adjust("1 hours")
      assert.strictEqual((yield* scheduler.get("a")).running, 1)
      yield* TestClock.adjust("5 seconds")
      const { history, running } = yield* scheduler.get("a")
      assert.deepStrictEqual([running, history.map(({ fault }) => fault)], [0, ["Failed"]])
      assert.deepStrictEqual(yield* Commands, [])
      yield* moody.gate.open
      yield* TestClock.adjust("1 hours")
      assert.deepStrictEqual((yield* Commands).map(({ command }) => command), ["a", "b", "c"])
      yield* agree(scheduler, moody)
    })
  )

  test(
    "a callback that was kept, and cannot be scheduled again, is kept",
    Effect.gen(function*() {
      const moody = new Moody()
      const job = { id: "x", schedule: "@hourly", action: ScheduleAction.callback(Effect.void) }
      yield* Effect.scoped(Effect.zipRight(
        Effect.flatMap(make(moody), (scheduler) => scheduler.schedule(job)),
        TestClock.adjust("90 minutes")
      ))
      const kept = moody.jobs.get("x")
      assert.strictEqual(kept?.runCount, 1)
      const scheduler = yield* TimerScheduler.makeStored(yield* Processes, moody.store)
      yield* moody.gate.close
      assert.strictEqual((yield* ending(Effect.flip(scheduler.schedule(job))))?.seconds, 30)
      yield* moody.gate.open
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(moody.jobs.get("x"), kept)
      yield* scheduler.schedule(job)
      assert.strictEqual((yield* scheduler.get("x")).runCount, 1)
    })
  )
})

describe("the end of a scheduler", () => {
  const ended = (moody: Moody, use: (scheduler: SchedulerShape) => Effect.Effect<unknown, unknown>) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const scheduler = yield* Scope.extend(make(moody), scope)
      yield* Effect.exit(use(scheduler))
      return { scheduler, end: Scope.close(scope, Exit.void) }
    })

  test(
    "waits for what was asked for, and not for what nobody has asked for",
    Effect.gen(function*() {
      const moody = new Moody()
      const { end, scheduler } = yield* ended(moody, (scheduler) =>
        Effect.sync(() => {
          moody.delay = "3 seconds"
        }).pipe(
          Effect.zipRight(Effect.fork(scheduler.cancel("a"))),
          Effect.zipRight(Effect.fork(scheduler.pause("b"))),
          Effect.zipRight(Effect.yieldNow()),
          Effect.zipRight(TestClock.adjust(0))
        ))
      assert.strictEqual((yield* ending(end))?.seconds, 6)
      yield* agree(scheduler, moody)
      assert.notInclude(held(moody).map(({ id }) => id), "a")
      // a call after the end is stored, too
      moody.delay = 0
      yield* scheduler.cancel("c")
      yield* agree(scheduler, moody)
    })
  )

  test(
    "waits half a minute for a store that does not answer, and not at all where others have waited in vain",
    Effect.gen(function*() {
      const first = new Moody()
      const one = yield* ended(first, (scheduler) =>
        Effect.zipRight(
          first.gate.close,
          Effect.zipRight(
            Effect.fork(Effect.exit(scheduler.pause("a"))),
            Effect.zipRight(Effect.yieldNow(), TestClock.adjust(0))
          )
        ))
      assert.strictEqual((yield* ending(one.end))?.seconds, 30)
      assert.strictEqual((yield* ending(Effect.flip(one.scheduler.pause("b"))))?.seconds, 0)
      const second = new Moody()
      const other = yield* ended(
        second,
        (scheduler) => Effect.zipRight(second.gate.close, ending(scheduler.pause("a")))
      )
      assert.strictEqual((yield* ending(other.end))?.seconds, 0)
    })
  )

  test(
    "with a store that fails, tries once more what was asked for",
    Effect.gen(function*() {
      const moody = new Moody()
      const { end, scheduler } = yield* ended(moody, (scheduler) => {
        moody.failures = 1
        return scheduler.cancel("a")
      })
      assert.isTrue(moody.jobs.has("a"))
      yield* end
      yield* agree(scheduler, moody)
    })
  )
})
