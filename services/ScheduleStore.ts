/**
 * Where the jobs of a scheduler outlive it. A store belongs to one scheduler at a time.
 *
 * The scheduler notes a job whenever its next run or its settings change, and before each run begins: when the program ends
 * at any moment, no run that began is repeated, and what was due meanwhile is missed and treated as the job says.
 *
 * It makes one call at a time, and waits for its end however long that takes, before the next one: a store that may lose an
 * answer fails by itself after a time. Nobody who uses the scheduler waits for so long (see `docs/scheduling.md`).
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ScheduleError } from "../src/errors/ScheduleError.ts"
import type { StoredJob } from "../src/schedule/StoredJob.ts"

/**
 * Fails with `ScheduleError` of the reason `Store`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScheduleStoreShape {
  /** All jobs, in the order in which they were added. */
  readonly all: Effect.Effect<ReadonlyArray<StoredJob>, ScheduleError>
  /** Keeps a job, in the place of the one with the same id. Done when it would survive the end of the program. */
  readonly put: (job: StoredJob) => Effect.Effect<void, ScheduleError>
  /** Forgets a job; does nothing if there is none. */
  readonly remove: (id: string) => Effect.Effect<void, ScheduleError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class ScheduleStore extends Context.Tag("effect-agent-os/ScheduleStore")<ScheduleStore, ScheduleStoreShape>() {
  /**
   * In memory: for schedulers that come and go within one program.
   *
   * @since 0.1.0
   */
  static readonly layerMemory: Layer.Layer<ScheduleStore> = Layer.sync(ScheduleStore, () => {
    const jobs = new Map<string, StoredJob>()
    return {
      all: Effect.sync(() => Array.from(jobs.values())),
      put: (job) => Effect.sync(() => void jobs.set(job.id, job)),
      remove: (id) => Effect.sync(() => void jobs.delete(id))
    }
  })
}
