/**
 * Jobs of one VM, and of the program that leases it: at the times of a cron expression, or once.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ScheduleHandle } from "../src/config/Schedule.ts"
import type { NotYetSupported } from "../src/errors/NotYetSupported.ts"
import type { ScheduleError } from "../src/errors/ScheduleError.ts"
import type { ScheduleAction } from "../src/schedule/ScheduleAction.ts"
import type { RunFault, ScheduleEvent } from "../src/schedule/ScheduleEvent.ts"

/**
 * What happens when a job is due while a run of it goes on: another one begins (`allow`), the instant passes (`skip`), or one
 * run waits for the end and further instants pass (`queue`).
 *
 * @since 0.1.0
 * @category models
 */
export type Overlap = "allow" | "skip" | "queue"

/**
 * What happens to instants that passed while the job was paused, the machine slept or the clock was put forward: nothing
 * (`skip`), one run for all of them (`once`), or one run for each of the earliest 100 (`all`).
 *
 * @since 0.1.0
 * @category models
 */
export type Missed = "skip" | "once" | "all"

/**
 * @since 0.1.0
 * @category models
 */
export interface JobSettings<E = never, R = never> {
  /**
   * A cron expression of 5 fields, 6 with the second first or 7 with the year last; a macro such as `@daily`; or an ISO 8601
   * time for a single run. A date alone is its midnight in UTC, a time without `Z` or offset one of the job's zone.
   */
  readonly schedule: string
  readonly action: ScheduleAction<E, R>
  /** A name such as `Europe/Berlin`, or an offset such as `+05:30`. Default: `UTC`. */
  readonly zone?: string | undefined
  /** Default: `allow`. */
  readonly overlap?: Overlap | undefined
  /** Default: `once`. */
  readonly missed?: Missed | undefined
  /** Each run begins by a random time later, less than this. At most a day. Default: none. */
  readonly jitter?: Duration.DurationInput | undefined
  /** A run that takes longer is interrupted. Default: none. */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Job<E = never, R = never> extends JobSettings<E, R> {
  /** A job of the same id is replaced. Default: a random UUID. */
  readonly id?: string | undefined
}

/**
 * One run that ended. Instants are milliseconds of the epoch.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunRecord {
  readonly run: number
  /** The instant that the run belongs to. */
  readonly due: number
  readonly startedAt: number
  readonly durationMs: number
  readonly exitCode?: number | undefined
  readonly fault?: RunFault | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface JobInfo {
  readonly id: string
  readonly schedule: string
  readonly zone: string
  /** The schedule in plain words. */
  readonly description: string
  readonly action: "exec" | "callback" | "session"
  readonly overlap: Overlap
  readonly missed: Missed
  /** A job is done when its schedule has no run left. */
  readonly state: "active" | "paused" | "done"
  /** When the latest run began. */
  readonly lastRun: number | undefined
  /** Without jitter. */
  readonly nextRun: number | undefined
  /** Runs that began. */
  readonly runCount: number
  /** Runs that go on. */
  readonly running: number
  /** Whether a run waits for the one that goes on. */
  readonly queued: boolean
  /** The latest runs that ended, oldest first; at most 16. */
  readonly history: ReadonlyArray<RunRecord>
}

/**
 * What became of a run by hand.
 *
 * @since 0.1.0
 * @category models
 */
export type Started = "started" | "queued" | "skipped"

/**
 * Where jobs are stored, a call that fails with the reason `Store` or `StoreTimeout` has changed the scheduler and not yet the
 * store, which gets it later; `schedule` has changed neither. The wait for the store can be interrupted.
 *
 * @since 0.1.0
 * @category models
 */
export interface SchedulerShape {
  /**
   * Adds a job, or puts it in the place of the one with the same id. It lives until it is cancelled or the scheduler's Scope
   * closes. A callback keeps the services that are there now. Jobs that are done stay listed until 256 others are done, too.
   */
  readonly schedule: <E = never, R = never>(
    job: Job<E, R>
  ) => Effect.Effect<ScheduleHandle, ScheduleError | NotYetSupported, R>
  /** The same for a job that ends with the caller's Scope, its runs included. */
  readonly scheduleScoped: <E = never, R = never>(
    job: Job<E, R>
  ) => Effect.Effect<ScheduleHandle, ScheduleError | NotYetSupported, R | Scope.Scope>
  /** Changes what is given of a job; its counts and history stay. */
  readonly update: <E = never, R = never>(
    id: string,
    changes: Partial<JobSettings<E, R>>
  ) => Effect.Effect<void, ScheduleError | NotYetSupported, R>
  /** Removes a job; whether there was one. A run that goes on comes to its end unless `interrupt` is set. */
  readonly cancel: (
    id: string,
    options?: { readonly interrupt?: boolean | undefined }
  ) => Effect.Effect<boolean, ScheduleError>
  readonly get: (id: string) => Effect.Effect<JobInfo, ScheduleError>
  /** In the order in which the jobs were added. */
  readonly list: Effect.Effect<Array<JobInfo>>
  /** Begins a run now, under the job's overlap rule, even if the job is paused or done. Does not wait for it. */
  readonly runNow: (id: string) => Effect.Effect<Started, ScheduleError>
  /** No run begins until `resume`, except by hand. */
  readonly pause: (id: string) => Effect.Effect<void, ScheduleError>
  /** Goes on. What was due meanwhile is missed, and treated as the job says. */
  readonly resume: (id: string) => Effect.Effect<void, ScheduleError>
  /**
   * What happens from now on. A reader that is more than 1,024 events behind loses the oldest ones and sees it by the gap in
   * `sequence`; it never holds up a job. Ends with the scheduler.
   */
  readonly events: Stream.Stream<ScheduleEvent>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Scheduler extends Context.Tag("effect-agent-os/Scheduler")<Scheduler, SchedulerShape>() {}
