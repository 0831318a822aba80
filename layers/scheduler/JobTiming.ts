/**
 * What tells a scheduler that its jobs are due: its own timer, or a driver.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Utils from "effect/Utils"
import type { ScheduleDriverShape } from "../../services/ScheduleDriver.ts"
import type { ScheduleError } from "../../src/errors/ScheduleError.ts"
import * as DueTimer from "./DueTimer.ts"
import type { JobRecord } from "./JobRecord.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface JobTiming {
  /** Waits for the next run of a job, instead of any other one that it waited for. */
  readonly wait: (job: JobRecord) => Effect.Effect<void, ScheduleError>
  readonly forget: (job: JobRecord) => Effect.Effect<void>
  /** Looks whether the clock has been set. */
  readonly check: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface JobTimingOptions {
  /** The timer reached what it waited for; it waits no longer. */
  readonly onDue: (job: JobRecord, now: number) => Effect.Effect<void>
  /** The driver wants a job to run. */
  readonly onDriven: (job: JobRecord, now: number) => Effect.Effect<void>
  readonly onClockBack: (now: number) => Effect.Effect<void>
  /** Of the jitter. */
  readonly random: Utils.PCGRandom
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const timer = (options: JobTimingOptions): Effect.Effect<JobTiming, never, Scope.Scope> =>
  Effect.map(
    DueTimer.make<JobRecord>(options),
    ({ check, delete: forget, set }) => ({
      wait: (job) => {
        if (job.next === undefined) return forget(job)
        const { jitter } = job.plan
        return set(job, jitter === 0 ? job.next : job.next + Math.floor(options.random.number() * jitter))
      },
      forget,
      check
    })
  )

/**
 * The driver alone decides when a job runs: jitter has no effect, and what it lets pass is not missed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const driven = (driver: ScheduleDriverShape, { onDriven }: JobTimingOptions): JobTiming => ({
  wait: (job) => {
    if (job.next === undefined) return Effect.void
    const { schedule, zone } = job.plan
    const callback = Effect.flatMap(Clock.currentTimeMillis, (now) => onDriven(job, now))
    return Effect.asVoid(driver.schedule({ id: job.id, schedule: schedule.text, zone: zone.name, callback }))
  },
  forget: ({ id }) => driver.cancel({ id }),
  check: Effect.void
})
