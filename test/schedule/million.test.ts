/** A million firings, each of which is written down where it belongs: none is missing, none comes twice. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { VirtualTime } from "../../layers/testing/index.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { layer } from "./scheduler-support.ts"

const JOBS = 1000
const TICKS = 1000
const MINUTE = 60_000
const START = Date.UTC(2026, 2, 28, 20)

describe("a million firings", () => {
  it.scoped(
    "of 1,000 jobs, over a change of the clock in Berlin: zero missed, zero doubled, zero late",
    () =>
      Effect.gen(function*() {
        const scheduler = yield* Scheduler
        const clock = yield* Effect.clock
        /** How often each job ran in each minute. */
        const fired = new Uint8Array(JOBS * TICKS)
        let elsewhere = 0
        for (let job = 0; job < JOBS; job++) {
          const second = job % 4 * 15
          const fire = Effect.sync(() => {
            const time = clock.unsafeCurrentTimeMillis() - START
            const tick = Math.floor(time / MINUTE)
            if (tick >= TICKS || time % MINUTE !== second * 1000) elsewhere++
            else fired[job * TICKS + tick]++
          })
          yield* scheduler.schedule({
            id: String(job),
            schedule: `${second} * * * * *`,
            zone: job % 2 === 0 ? "Europe/Berlin" : "UTC",
            action: ScheduleAction.callback(fire)
          })
        }
        yield* Effect.sleep(TICKS * MINUTE)
        const jobs = yield* scheduler.list
        assert.deepStrictEqual([jobs.length, jobs.filter(({ runCount }) => runCount !== TICKS).length], [JOBS, 0])
        const missed = fired.reduce((sum, count) => sum + (count === 0 ? 1 : 0), 0)
        const doubled = fired.reduce((sum, count) => sum + (count > 1 ? 1 : 0), 0)
        assert.deepStrictEqual({ missed, doubled, elsewhere }, { missed: 0, doubled: 0, elsewhere: 0 })
      }).pipe(Effect.provide(layer), Effect.provide(VirtualTime.layer({ now: START - 500 }))),
    120_000
  )
})
