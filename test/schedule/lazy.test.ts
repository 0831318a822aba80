/** A scheduler that is made when it is first used is one scheduler, whoever comes first and whatever becomes of them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { atEachStep, expectEnded, interruptedAt } from "../support/interrupted.ts"
import { noProcesses } from "../support/no-processes.ts"
import { HandClock } from "./hand-clock.ts"

const START = Date.UTC(2024, 0, 1, 0, 0, 30)

const onClock = <A, E>(use: (clock: HandClock) => Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    const clock = new HandClock(START, true)
    return Effect.tap(Effect.scoped(use(clock)), () => Effect.sync(() => assert.strictEqual(clock.sleeps.size, 0)))
  })

/** Gives how often the processes were asked for. */
const lazily = (clock: HandClock) =>
  Effect.gen(function*() {
    let made = 0
    const scheduler = yield* Effect.withClock(
      TimerScheduler.makeLazy(() => {
        made++
        return noProcesses
      }),
      clock
    )
    return { scheduler, made: () => made }
  })

describe("a scheduler that is made when it is first used", () => {
  it.effect("is not made by who only holds it", () =>
    onClock((clock) =>
      Effect.gen(function*() {
        const { made, scheduler } = yield* lazily(clock)
        assert.strictEqual(scheduler(), scheduler())
        assert.strictEqual(made(), 0)
        assert.deepStrictEqual(yield* scheduler().list, [])
        assert.strictEqual(made(), 1)
      })
    ))

  it.effect("is one for all who come at the same time, on the clock that it was leased with", () =>
    onClock((clock) =>
      Effect.gen(function*() {
        const { made, scheduler } = yield* lazily(clock)
        const runs: Array<number> = []
        const action = ScheduleAction.callback(Effect.sync(() => runs.push(clock.unsafeCurrentTimeMillis())))
        yield* Effect.forEach(
          ["a", "b", "c"],
          (id) => scheduler().schedule({ id, schedule: "* * * * *", action }),
          { concurrency: "unbounded", discard: true }
        )
        assert.strictEqual(made(), 1)
        assert.deepStrictEqual((yield* scheduler().list).map(({ id }) => id), ["a", "b", "c"])
        yield* clock.pass("1 minutes")
        assert.deepStrictEqual(runs, [START + 30_000, START + 30_000, START + 30_000])
      })
    ))

  it.effect("is there for the next when the first is interrupted at any step", () =>
    atEachStep((blow) =>
      onClock((clock) =>
        Effect.gen(function*() {
          const { scheduler } = yield* lazily(clock)
          let runs = 0
          const job = {
            id: "a",
            schedule: "* * * * *",
            action: ScheduleAction.callback(Effect.sync(() => void runs++))
          }
          const { exit, struck } = yield* interruptedAt(scheduler().schedule(job), blow)
          yield* expectEnded(exit)
          yield* scheduler().schedule(job)
          yield* clock.pass("3 minutes")
          assert.strictEqual(runs, 3)
          return struck
        })
      )
    ))

  it.effect("runs nothing when its Scope has closed before it was used", () =>
    onClock((clock) =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const { scheduler } = yield* Scope.extend(lazily(clock), scope)
        yield* Scope.close(scope, Exit.void)
        let runs = 0
        const action = ScheduleAction.callback(Effect.sync(() => void runs++))
        yield* Effect.exit(scheduler().schedule({ id: "a", schedule: "* * * * *", action }))
        yield* clock.pass("3 minutes")
        assert.strictEqual(runs, 0)
      })
    ))
})
