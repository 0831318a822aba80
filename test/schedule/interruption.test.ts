/**
 * Interruption at every step of every call of a scheduler, and of its runs: whatever is cut short, each instant of a job that the
 * scheduler says it has is run, once, and nothing is left when it ends.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import type { ProcessesShape } from "../../services/Processes.ts"
import type { JobInfo, SchedulerShape } from "../../services/Scheduler.ts"
import type { ScheduleStoreShape } from "../../services/ScheduleStore.ts"
import { ScheduleStore } from "../../services/ScheduleStore.ts"
import { upcoming } from "../../src/schedule/ParsedSchedule.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import type { ScheduleEvent } from "../../src/schedule/ScheduleEvent.ts"
import type { Blow } from "../support/interrupted.ts"
import { atEachStep, expectEnded, interruptedAt, interrupter } from "../support/interrupted.ts"
import { noProcesses } from "../support/no-processes.ts"
import { HandClock } from "./hand-clock.ts"
import { parsed, zoneOf } from "./support.ts"

const START = Date.UTC(2024, 0, 1, 0, 0, 30)
/** How long everything is watched after the blow. */
const WHILE = 15 * 60_000

/** Runs, by what was to run. */
class Runs {
  readonly done = new Map<string, Array<number>>()

  constructor(private readonly clock: HandClock) {}

  readonly action = (name: string) =>
    ScheduleAction.callback(Effect.sync(() => this.of(name).push(this.clock.unsafeCurrentTimeMillis())))

  of(name: string): Array<number> {
    const runs = this.done.get(name) ?? []
    this.done.set(name, runs)
    return runs
  }
}

interface Stage {
  readonly scheduler: SchedulerShape
  readonly clock: HandClock
  readonly runs: Runs
}

/** A scheduler on a clock worked by hand, which ends with nothing left. */
const onStage = <A, E, R>(
  use: (stage: Stage) => Effect.Effect<A, E, R>,
  processes: ProcessesShape = noProcesses
): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const clock = new HandClock(START, true)
    const scope = yield* Scope.make()
    const scheduler = yield* Effect.withClock(Scope.extend(TimerScheduler.make(processes), scope), clock)
    const result = yield* use({ scheduler, clock, runs: new Runs(clock) })
    yield* Scope.close(scope, Exit.void)
    assert.strictEqual(clock.sleeps.size, 0)
    return result
  })

/** The instants until `end` at which a job is to run, by what the scheduler says of it. */
const dueUntil = ({ nextRun, schedule, state, zone }: JobInfo, end: number): Array<number> =>
  state !== "active" || nextRun === undefined
    ? []
    : [nextRun, ...upcoming(parsed(schedule), zoneOf(zone), nextRun, 20)].filter((due) => due <= end)

const minutely = "* * * * *"

const calls: Readonly<Record<string, (stage: Stage) => Effect.Effect<unknown, unknown>>> = {
  "schedule, a new job": ({ runs, scheduler }) =>
    scheduler.schedule({ id: "new", schedule: "*/2 * * * *", action: runs.action("new") }),
  "schedule, in the place of another": ({ runs, scheduler }) =>
    scheduler.schedule({ id: "a", schedule: "*/5 * * * *", action: runs.action("second") }),
  scheduleScoped: ({ runs, scheduler }) =>
    Effect.scoped(Effect.zipRight(
      scheduler.scheduleScoped({ id: "scoped", schedule: minutely, action: runs.action("scoped") }),
      Effect.yieldNow()
    )),
  "update of the schedule": ({ scheduler }) => scheduler.update("a", { schedule: "*/4 * * * *" }),
  "update of the action": ({ runs, scheduler }) => scheduler.update("a", { action: runs.action("second") }),
  cancel: ({ scheduler }) => scheduler.cancel("a"),
  "cancel with interruption": ({ scheduler }) => scheduler.cancel("hangs", { interrupt: true }),
  runNow: ({ scheduler }) => scheduler.runNow("a"),
  pause: ({ scheduler }) => scheduler.pause("a"),
  resume: ({ scheduler }) => scheduler.resume("paused"),
  get: ({ scheduler }) => scheduler.get("a"),
  list: ({ scheduler }) => scheduler.list,
  "a call after the clock was put forward": ({ clock, scheduler }) =>
    Effect.zipRight(clock.jump("10 minutes"), scheduler.list),
  "a call after the clock was put back by a day": ({ clock, scheduler }) =>
    Effect.zipRight(clock.jump("24 hours", -1), scheduler.list)
}

/** Jobs of all kinds; one call, interrupted; and a while in which everything must go by what the scheduler says. */
const trial = (call: (stage: Stage) => Effect.Effect<unknown, unknown>, blow: Blow) =>
  onStage((stage) =>
    Effect.gen(function*() {
      const { clock, runs, scheduler } = stage
      yield* scheduler.schedule({ id: "a", schedule: minutely, action: runs.action("first") })
      yield* scheduler.schedule({
        id: "paused",
        schedule: "*/3 * * * *",
        missed: "skip",
        action: runs.action("paused")
      })
      yield* scheduler.pause("paused")
      const hang = ScheduleAction.callback(Effect.never)
      yield* scheduler.schedule({ id: "hangs", schedule: "@yearly", overlap: "skip", action: hang })
      yield* scheduler.runNow("hangs")
      yield* clock.settle
      const { exit, struck } = yield* interruptedAt(call(stage), blow)
      yield* expectEnded(exit)
      yield* scheduler.list
      yield* clock.settle
      runs.done.clear()
      const jobs = yield* scheduler.list
      const end = clock.unsafeCurrentTimeMillis() + WHILE
      yield* clock.pass(WHILE)
      const kept = jobs.find(({ id }) => id === "a")
      const ran = [...runs.of("first"), ...runs.of("second")].sort((a, b) => a - b)
      assert.deepStrictEqual(ran, kept === undefined ? [] : dueUntil(kept, end))
      // one of the two actions, never both
      assert.isTrue(runs.of("first").length === 0 || runs.of("second").length === 0)
      for (const id of ["new", "paused"]) {
        const job = jobs.find((job) => job.id === id)
        assert.deepStrictEqual(runs.of(id), job === undefined ? [] : dueUntil(job, end))
      }
      assert.deepStrictEqual(runs.of("scoped"), [])
      assert.notInclude(jobs.map(({ id }) => id), "scoped")
      // it can be used
      yield* scheduler.schedule({ id: "last", schedule: minutely, action: runs.action("last") })
      yield* clock.pass("1 minutes")
      assert.lengthOf(runs.of("last"), 1)
      return struck
    })
  )

describe("a call of the scheduler, interrupted at every step", () => {
  for (const [name, call] of Object.entries(calls)) {
    it.live(
      name,
      () => Effect.map(atEachStep((blow) => trial(call, blow)), (steps) => assert.isAbove(steps, 3)),
      120_000
    )
  }
})

/** All events until the scheduler has been told to stop by a job of this id. */
const eventsUntil = (scheduler: SchedulerShape, id: string, into: Array<ScheduleEvent>) =>
  scheduler.events.pipe(
    Stream.takeUntil((event) => event.id === id),
    Stream.runForEach((event) => Effect.sync(() => void into.push(event)))
  )

describe("a reader of events, interrupted at every step", () => {
  it.live("takes nothing from the others, and another one can read", () =>
    Effect.map(
      atEachStep((blow) =>
        onStage(({ clock, runs, scheduler }) =>
          Effect.gen(function*() {
            const all: Array<ScheduleEvent> = []
            const some: Array<ScheduleEvent> = []
            const later: Array<ScheduleEvent> = []
            const reader = yield* Effect.fork(eventsUntil(scheduler, "end", all))
            const interrupted = yield* Effect.fork(interruptedAt(eventsUntil(scheduler, "end", some), blow))
            yield* clock.settle
            yield* scheduler.schedule({ id: "a", schedule: minutely, action: runs.action("a") })
            yield* clock.pass("3 minutes")
            const last = yield* Effect.fork(eventsUntil(scheduler, "end", later))
            yield* clock.settle
            yield* scheduler.schedule({ id: "end", schedule: "@yearly", action: runs.action("end") })
            yield* scheduler.runNow("end")
            yield* clock.settle
            yield* Fiber.join(reader)
            yield* Fiber.join(last)
            const { struck } = yield* Fiber.join(interrupted)
            assert.deepStrictEqual(all.map(({ sequence }) => sequence), [0, 1, 2, 3, 4, 5, 6])
            assert.deepStrictEqual(later.map(({ sequence }) => sequence), [6])
            assert.deepStrictEqual(some, all.slice(0, some.length))
            assert.lengthOf(runs.of("a"), 3)
            return struck
          })
        )
      ),
      (steps) => assert.isAbove(steps, 50)
    ), 120_000)
})

/** Lets the scheduler's runs be interrupted from within, at one of their steps. */
const strikeRuns = <E>(blow: Blow, use: (aim: Effect.Effect<void>) => Effect.Effect<void, E>) =>
  Effect.gen(function*() {
    const scheduler = yield* interrupter(blow)
    yield* Effect.locally(use(scheduler.aim), FiberRef.currentScheduler, scheduler)
    return scheduler.struck
  })

/** One run is struck, and those of the minutes after it are not; each is accounted for. */
const struckRun = (action: ScheduleAction.ScheduleAction<never, never>, processes?: ProcessesShape) =>
  onStage(({ clock, scheduler }) =>
    Effect.gen(function*() {
      const events: Array<ScheduleEvent> = []
      const reader = yield* Effect.fork(eventsUntil(scheduler, "end", events))
      yield* clock.settle
      yield* scheduler.schedule({ id: "a", schedule: minutely, overlap: "queue", action })
      yield* clock.pass("3 minutes")
      const { history, queued, runCount, running } = yield* scheduler.get("a")
      assert.deepStrictEqual([runCount, running, queued], [3, 0, false])
      assert.deepStrictEqual(history.map(({ run }) => run), [1, 2, 3])
      yield* scheduler.schedule({ id: "end", schedule: "@yearly", action: ScheduleAction.callback(Effect.void) })
      yield* scheduler.runNow("end")
      yield* Fiber.join(reader)
      const first = history[0]
      assert.isTrue(first.fault === undefined || first.fault === "Interrupted", first.fault)
      const tags = events.filter(({ id }) => id === "a").map(({ _tag }) => _tag)
      const end = first.fault === undefined ? "Complete" : "Error"
      assert.deepStrictEqual(tags, ["Fire", end, "Fire", "Complete", "Fire", "Complete"])
    }), processes)

describe("a run, interrupted at every step", () => {
  it.live("of a callback is told of, and the job goes on; what it holds is released", () =>
    Effect.map(
      atEachStep((blow) =>
        strikeRuns(blow, (aim) => {
          let held = 0
          const hold = Effect.acquireRelease(Effect.sync(() => held++), () => Effect.sync(() => held--))
          const work = Effect.scoped(Effect.zipRight(hold, Effect.zipRight(Effect.yieldNow(), Effect.yieldNow())))
          const action = ScheduleAction.callback(Effect.zipRight(aim, work))
          return Effect.map(struckRun(action), () => assert.strictEqual(held, 0))
        })
      ),
      (steps) => assert.isAbove(steps, 10)
    ), 120_000)

  it.live("of a command is told of, and the command is interrupted with it", () =>
    Effect.map(
      atEachStep((blow) =>
        strikeRuns(blow, (aim) => {
          let begun = 0
          let ended = 0
          const exec: ProcessesShape["exec"] = () =>
            Effect.zipRight(
              aim,
              Effect.acquireUseRelease(
                Effect.sync(() => begun++),
                () => Effect.as(Effect.yieldNow(), { exitCode: 0, stdout: "", stderr: "" }),
                () => Effect.sync(() => ended++)
              )
            )
          const run = struckRun(ScheduleAction.exec({ command: "work" }), { ...noProcesses, exec })
          return Effect.map(run, () => assert.strictEqual(begun, ended))
        })
      ),
      (steps) => assert.isAbove(steps, 5)
    ), 120_000)
})

/** A store that takes its time, as real ones do. */
const slowly = (store: ScheduleStoreShape): ScheduleStoreShape => {
  const slow = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.zipLeft(Effect.zipRight(Effect.yieldNow(), effect), Effect.yieldNow())
  return { ...store, all: slow(store.all), put: (job) => slow(store.put(job)), remove: (id) => slow(store.remove(id)) }
}

/** A scheduler on a store, for as long as it is used. */
const alive = <A, E>(
  store: ScheduleStoreShape,
  clock: HandClock,
  processes: ProcessesShape,
  use: (scheduler: SchedulerShape) => Effect.Effect<A, E>
) =>
  Effect.scoped(
    Effect.flatMap(TimerScheduler.makeStored(processes, store), (scheduler) =>
      Effect.zipLeft(use(scheduler), clock.settle))
  ).pipe(Effect.withClock(clock))

const storedCalls: Readonly<Record<string, (scheduler: SchedulerShape) => Effect.Effect<unknown, unknown>>> = {
  schedule: (scheduler) =>
    scheduler.schedule({ id: "a", schedule: "*/5 * * * *", action: ScheduleAction.exec({ command: "a" }) }),
  update: (scheduler) => scheduler.update("a", { schedule: "*/4 * * * *" }),
  cancel: (scheduler) => scheduler.cancel("a", { interrupt: true }),
  pause: (scheduler) => scheduler.pause("a"),
  resume: (scheduler) => scheduler.resume("paused")
}

describe("a scheduler on a store, interrupted at every step", () => {
  const commands = (clock: HandClock) => {
    const runs = new Runs(clock)
    const exec: ProcessesShape["exec"] = (command) =>
      Effect.sync(() => {
        runs.of(command as string).push(clock.unsafeCurrentTimeMillis())
        return { exitCode: 0, stdout: "", stderr: "" }
      })
    return { runs, processes: { ...noProcesses, exec } }
  }
  const essence = (jobs: ReadonlyArray<JobInfo>) =>
    jobs.map(({ id, nextRun, runCount, schedule, state }) => ({ id, nextRun, runCount, schedule, state }))

  for (const [name, call] of Object.entries(storedCalls)) {
    it.live(`${name}: what the scheduler says is what the next one finds`, () =>
      Effect.map(
        atEachStep((blow) =>
          Effect.gen(function*() {
            const clock = new HandClock(START, true)
            const { processes, runs } = commands(clock)
            const store = slowly(yield* Effect.provide(ScheduleStore, ScheduleStore.layerMemory))
            const struck = { before: [] as ReadonlyArray<JobInfo>, here: false }
            yield* alive(store, clock, processes, (scheduler) =>
              Effect.gen(function*() {
                for (const id of ["a", "paused"]) {
                  yield* scheduler.schedule({ id, schedule: minutely, action: ScheduleAction.exec({ command: id }) })
                }
                yield* scheduler.pause("paused")
                const { exit, struck: here } = yield* interruptedAt(call(scheduler), blow)
                yield* expectEnded(exit)
                struck.here = here
                yield* clock.settle
                struck.before = yield* scheduler.list
              }))
            const jobs = yield* alive(store, clock, processes, (scheduler) =>
              Effect.tap(scheduler.list, () => clock.pass(WHILE)))
            assert.sameDeepMembers(essence(jobs), essence(struck.before))
            for (const job of jobs) {
              assert.deepStrictEqual(runs.of(job.id), dueUntil(job, START + WHILE))
            }
            if (
              !jobs.some(({ id }) =>
                id === "a"
              )
            ) assert.deepStrictEqual(runs.of("a"), [])
            return struck.here
          })
        ),
        (steps) => assert.isAbove(steps, 10)
      ), 120_000)
  }

  it.live(
    "a job whose cancellation was cut short by the end of the program does not come back where the scheduler has none",
    () =>
      Effect.map(
        atEachStep((blow) =>
          Effect.gen(function*() {
            const clock = new HandClock(START, true)
            const { processes } = commands(clock)
            const memory = yield* Effect.provide(ScheduleStore, ScheduleStore.layerMemory)
            const slow = Effect.repeatN(Effect.yieldNow(), 20)
            const store = { ...memory, remove: (id: string) => Effect.zipRight(slow, memory.remove(id)) }
            const scope = yield* Scope.make()
            const scheduler = yield* TimerScheduler.makeStored(processes, store).pipe(
              Scope.extend(scope),
              Effect.withClock(clock)
            )
            yield* scheduler.schedule({ id: "a", schedule: minutely, action: ScheduleAction.exec({ command: "a" }) })
            const { exit, struck } = yield* interruptedAt(scheduler.cancel("a"), blow)
            yield* expectEnded(exit)
            const left = yield* scheduler.list
            yield* Scope.close(scope, Exit.void)
            assert.strictEqual((yield* store.all).length, left.length)
            yield* clock.settle
            assert.strictEqual(clock.sleeps.size, 0)
            return struck
          })
        ),
        (steps) => assert.isAbove(steps, 10)
      ),
    60_000
  )

  it.live("its beginning: the next one finds everything, and no run comes twice", () =>
    Effect.map(
      atEachStep((blow) =>
        Effect.gen(function*() {
          const clock = new HandClock(START, true)
          const { processes, runs } = commands(clock)
          const store = slowly(yield* Effect.provide(ScheduleStore, ScheduleStore.layerMemory))
          const action = ScheduleAction.exec({ command: "a" })
          yield* alive(
            store,
            clock,
            processes,
            (scheduler) => scheduler.schedule({ id: "a", schedule: minutely, missed: "all", action })
          )
          yield* clock.pass("150 seconds")
          const { exit, struck } = yield* interruptedAt(alive(store, clock, processes, () => clock.settle), blow)
          yield* expectEnded(exit)
          assert.strictEqual(clock.sleeps.size, 0)
          yield* alive(store, clock, processes, () => clock.pass("3 minutes"))
          // a run whose scheduler ended between the note and its first step is lost, and none is repeated
          const minutes = runs.of("a").map((at) => Math.ceil(at / 60_000))
          assert.isAtMost(runs.of("a").length, 6)
          assert.lengthOf(new Set(minutes.filter((minute) => minute * 60_000 > START + 150_000)), 3)
          return struck
        })
      ),
      (steps) => assert.isAbove(steps, 50)
    ), 120_000)
})
