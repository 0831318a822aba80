/**
 * Keeps a store up to date with the jobs of a scheduler. One note is written at a time, and what has not changed since is not
 * written again.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { ScheduleStoreShape } from "../../services/ScheduleStore.ts"
import type { ScheduleError } from "../../src/errors/ScheduleError.ts"
import type { StoredJob } from "../../src/schedule/StoredJob.ts"
import { Turns } from "../../src/Turns.ts"
import type { JobRecord } from "./JobRecord.ts"
import type { Begin } from "./OwnFibers.ts"

const stored = (job: JobRecord, next: number): StoredJob => {
  const { action, id, lastRun, paused, plan, runCount } = job
  const { jitter, missed, overlap, schedule, timeout, zone } = plan
  return {
    id,
    schedule: schedule.text,
    zone: zone.name,
    overlap,
    missed,
    jitterMs: jitter,
    paused,
    next,
    runCount,
    ...(action.type === "callback" ? {} : { action }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(lastRun === undefined ? {} : { lastRun })
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export class JobLedger {
  /** What was there when the scheduler began, and nobody has scheduled again. */
  readonly known: Map<string, StoredJob>
  private readonly written = new WeakMap<JobRecord, string>()
  private readonly turns = new Turns()

  constructor(
    private readonly store: ScheduleStoreShape,
    private readonly begin: Begin,
    private readonly current: (id: string) => JobRecord | undefined,
    jobs: ReadonlyArray<StoredJob>
  ) {
    this.known = new Map(jobs.map((job) => [job.id, job]))
  }

  /** Writes a job as it is now; one that is done, or was cancelled, is forgotten. */
  readonly note = (job: JobRecord): Effect.Effect<void, ScheduleError> =>
    this.turns.take(Effect.suspend(() => {
      const now = this.current(job.id)
      // another job has its id by now, and is noted itself
      if (now !== job) return now === undefined ? this.store.remove(job.id) : Effect.void
      if (job.next === undefined) return this.store.remove(job.id)
      const entry = stored(job, job.next)
      const text = JSON.stringify(entry)
      if (this.written.get(job) === text) return Effect.void
      return Effect.tap(this.store.put(entry), () => {
        this.written.set(job, text)
      })
    }))

  /** The same, without anybody waiting for it. */
  later(job: JobRecord): void {
    this.begin(Effect.catchAll(this.note(job), (error) => Effect.logWarning(error.message)))
  }
}
