/**
 * The instants that passed while a job could not run.
 *
 * @since 0.1.0
 */
import { next } from "../../src/schedule/ParsedSchedule.ts"
import type { JobRecord } from "./JobRecord.ts"

/**
 * Instants that are counted, and made up for at most.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_MISSED = 100

/**
 * @since 0.1.0
 * @category models
 */
export interface MissedInstants {
  /** The earliest ones. */
  readonly instants: ReadonlyArray<number>
  readonly more: boolean
}

/**
 * Takes the instants up to `until` from a job, whose next run is the first one after it from then on.
 *
 * @since 0.1.0
 * @category combinators
 */
export const takeMissed = (job: JobRecord, until: number): MissedInstants => {
  const { schedule, zone } = job.plan
  const instants: Array<number> = []
  while (job.next !== undefined && job.next <= until) {
    if (instants.length === MAX_MISSED) {
      job.next = next(schedule, zone, until)
      return { instants, more: true }
    }
    instants.push(job.next)
    job.next = next(schedule, zone, job.next)
  }
  return { instants, more: false }
}

/**
 * The instants among them that the job makes up for. If it runs now anyway, that is enough for `once`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const madeUpFor = (job: JobRecord, { instants }: MissedInstants, now: number): ReadonlyArray<number> => {
  switch (job.plan.missed) {
    case "skip":
      return []
    case "once":
      return job.next !== undefined && job.next <= now ? [] : instants.slice(-1)
    case "all":
      return instants
  }
}
