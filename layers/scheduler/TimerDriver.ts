/**
 * The driver that keeps to the Clock.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ScheduleDriverShape, ZonedEntry } from "../../services/ScheduleDriver.ts"
import { ScheduleDriver } from "../../services/ScheduleDriver.ts"
import type { Due } from "../../src/schedule/DueQueue.ts"
import { next } from "../../src/schedule/ParsedSchedule.ts"
import { checkEntry, makeCallbacks } from "./DriverEntry.ts"
import * as DueTimer from "./DueTimer.ts"
import type { JobPlan } from "./JobRecord.ts"

interface TimedEntry extends Due {
  readonly entry: ZonedEntry
  readonly plan: JobPlan
}

/**
 * Instants that the clock passes over are passed over.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<ScheduleDriverShape, never, Scope.Scope> = Effect.gen(function*() {
  const entries = new Map<string, TimedEntry>()
  const run = yield* makeCallbacks
  const timer: DueTimer.DueTimer<TimedEntry> = yield* DueTimer.make<TimedEntry>({
    onDue: (timed, now) => {
      if (entries.get(timed.entry.id) !== timed) return Effect.void
      const due = next(timed.plan.schedule, timed.plan.zone, now)
      if (due === undefined) entries.delete(timed.entry.id)
      return Effect.zipRight(due === undefined ? Effect.void : timer.set(timed, due), run(timed.entry))
    },
    onClockBack: (now) =>
      Effect.forEach(entries.values(), (timed) => {
        const due = next(timed.plan.schedule, timed.plan.zone, now)
        return due === undefined ? Effect.void : timer.set(timed, due)
      }, { discard: true })
  })
  const forget = (id: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      const timed = entries.get(id)
      entries.delete(id)
      return timed === undefined ? Effect.void : timer.delete(timed)
    })
  return {
    schedule: (entry) =>
      Effect.flatMap(checkEntry(entry), (plan) => {
        const timed: TimedEntry = { entry, plan, due: 0, order: 0, place: -1 }
        const enter = Effect.sync(() => {
          entries.set(entry.id, timed)
        })
        return forget(entry.id).pipe(
          Effect.zipRight(enter),
          Effect.zipRight(timer.set(timed, plan.first)),
          Effect.as({ id: entry.id }),
          Effect.uninterruptible
        )
      }),
    cancel: ({ id }) => Effect.uninterruptible(forget(id)),
    dispose: Effect.uninterruptible(
      Effect.suspend(() => Effect.forEach(Array.from(entries.keys()), forget, { discard: true }))
    )
  }
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<ScheduleDriver> = Layer.scoped(ScheduleDriver, make)
