/**
 * A clock that is put forward and back at random, as that of a machine that sleeps and is corrected. Whatever it does, each hour
 * of a job is accounted for exactly once: it ran, or it was missed and said to be.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Utils from "effect/Utils"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import { Processes } from "../../services/Processes.ts"
import type { Missed } from "../../services/Scheduler.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import type { ScheduleEvent } from "../../src/schedule/ScheduleEvent.ts"
import { HandClock } from "./hand-clock.ts"
import { layerProcesses } from "./scheduler-support.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.UTC(2026, 0, 1, 12, 30)
/** Jumps of each run, half of them back. */
const JUMPS = 150

/** What an hourly job did until the clock had been put forward and back many times, and the first hour that is still to come. */
const history = (missed: Missed, seed: number) =>
  Effect.gen(function*() {
    const clock = new HandClock(START)
    const scheduler = yield* Effect.withClock(TimerScheduler.make(yield* Processes), clock)
    const events: Array<ScheduleEvent> = []
    yield* Effect.forkScoped(Stream.runForEach(scheduler.events, (event) => Effect.sync(() => events.push(event))))
    yield* clock.settle
    const action = ScheduleAction.callback(Effect.void)
    yield* scheduler.schedule({ id: "a", schedule: "0 * * * *", missed, action })
    const random = new Utils.PCGRandom(seed)
    for (let i = 0; i < JUMPS; i++) {
      const forward = random.integer(2) === 0
      // less than three hours back is a correction, after which nothing runs again
      yield* clock.jump((1 + random.integer(forward ? 2000 : 179)) * MINUTE, forward ? 1 : -1)
      yield* scheduler.list
      yield* clock.pass(random.integer(90) * MINUTE)
    }
    const { nextRun } = yield* scheduler.get("a")
    return { events, end: nextRun! }
  }).pipe(Effect.provide(layerProcesses), Effect.scoped)

/** All hours that are over, in order. */
const hoursUntil = (end: number): Array<number> => {
  const hours: Array<number> = []
  for (let hour = START + 30 * MINUTE; hour < end; hour += HOUR) hours.push(hour)
  return hours
}

const ran = (events: ReadonlyArray<ScheduleEvent>, trigger?: string): Array<number> =>
  events.flatMap((event) =>
    event._tag === "Fire" && (trigger === undefined || event.trigger === trigger) ? [event.due] : []
  )

const passed = (events: ReadonlyArray<ScheduleEvent>): Array<number> =>
  events.flatMap((event) =>
    event._tag === "Missed" ? Array.from({ length: event.count }, (_, i) => event.first + i * HOUR) : []
  )

const inOrder = (instants: ReadonlyArray<number>) => [...instants].sort((a, b) => a - b)

describe("a clock that is put forward and back at random", () => {
  for (const seed of [1, 2, 3]) {
    it.effect(`all: every hour runs, once and in order (seed ${seed})`, () =>
      Effect.map(history("all", seed), ({ end, events }) => {
        assert.deepStrictEqual(ran(events), hoursUntil(end))
        assert.deepStrictEqual(ran(events, "CatchUp"), passed(events))
        assert.isAbove(passed(events).length, JUMPS)
      }))

    it.effect(`skip: every hour runs once or is missed, never both (seed ${seed})`, () =>
      Effect.map(history("skip", seed), ({ end, events }) => {
        assert.deepStrictEqual(inOrder([...ran(events), ...passed(events)]), hoursUntil(end))
        assert.deepStrictEqual(ran(events, "CatchUp"), [])
        assert.isAbove(ran(events).length, 10)
      }))

    it.effect(`once: one run makes up for all that a jump passed over (seed ${seed})`, () =>
      Effect.map(history("once", seed), ({ end, events }) => {
        assert.deepStrictEqual(inOrder([...ran(events, "Time"), ...passed(events)]), hoursUntil(end))
        assert.deepStrictEqual(ran(events), Array.from(new Set(inOrder(ran(events)))))
        for (const [index, event] of events.entries()) {
          if (event._tag !== "Missed") continue
          const next = events.slice(index + 1).find(({ _tag }) => _tag === "Fire" || _tag === "Missed")
          assert.strictEqual(next?._tag, "Fire")
          const last = event.first + (event.count - 1) * HOUR
          assert.include(next?._tag === "Fire" && next.trigger === "CatchUp" ? [last] : [last + HOUR], ran([next!])[0])
        }
      }))
  }
})
