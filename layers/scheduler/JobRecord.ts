/**
 * What a scheduler knows of a job.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import type { JobInfo, JobSettings, Missed, Overlap, RunRecord } from "../../services/Scheduler.ts"
import { ScheduleError } from "../../src/errors/ScheduleError.ts"
import { describe } from "../../src/schedule/Describe.ts"
import type { Due } from "../../src/schedule/DueQueue.ts"
import type { ParsedSchedule } from "../../src/schedule/ParsedSchedule.ts"
import { firstRun, parse } from "../../src/schedule/ParsedSchedule.ts"
import type { ScheduleAction } from "../../src/schedule/ScheduleAction.ts"
import type { StoredJob } from "../../src/schedule/StoredJob.ts"
import type { Zone } from "../../src/schedule/Zone.ts"
import * as Zones from "../../src/schedule/Zone.ts"
import type { BoundAction } from "./RunAction.ts"

/** Runs that a job remembers. */
const HISTORY = 16
const MAX_JITTER = 86_400_000

/**
 * The settings of a job, checked.
 *
 * @since 0.1.0
 * @category models
 */
export interface JobPlan {
  readonly schedule: ParsedSchedule
  readonly zone: Zone
  readonly overlap: Overlap
  readonly missed: Missed
  readonly jitter: number
  readonly timeout: number | undefined
  /** The first run after the instant of the check. */
  readonly first: number
}

const invalid = (schedule: string, field: string, hint: string): ScheduleError =>
  new ScheduleError({ reason: "InvalidSchedule", schedule, field, hint })

const millisOf = (
  schedule: string,
  field: string,
  input: Duration.DurationInput | undefined
): Either.Either<number | undefined, ScheduleError> => {
  if (input === undefined) return Either.right(undefined)
  const millis = Duration.toMillis(input)
  return millis >= 0 && millis <= (field === "jitter" ? MAX_JITTER : Number.MAX_SAFE_INTEGER)
    ? Either.right(millis)
    : Either.left(invalid(schedule, field, field === "jitter" ? "at most a day" : "a finite time"))
}

/**
 * Checks everything that the settings of a job can be wrong in.
 *
 * @since 0.1.0
 * @category parsing
 */
export const plan = (
  settings: Omit<JobSettings<unknown, unknown>, "action">,
  now: number
): Either.Either<JobPlan, ScheduleError> => {
  const schedule = parse(settings.schedule)
  if (Either.isLeft(schedule)) return Either.left(schedule.left)
  const zone = settings.zone === undefined ? Zones.utc : Zones.make(settings.zone)
  if (zone === undefined) {
    const hint = "write a name such as Europe/Berlin, or an offset such as +05:30"
    return Either.left(invalid(settings.schedule, "zone", hint))
  }
  const jitter = millisOf(settings.schedule, "jitter", settings.jitter)
  if (Either.isLeft(jitter)) return Either.left(jitter.left)
  const timeout = millisOf(settings.schedule, "timeout", settings.timeout)
  if (Either.isLeft(timeout)) return Either.left(timeout.left)
  return Either.map(firstRun(schedule.right, zone, now), (first) => ({
    schedule: schedule.right,
    zone,
    overlap: settings.overlap ?? "allow",
    missed: settings.missed ?? "once",
    jitter: jitter.right ?? 0,
    timeout: timeout.right,
    first
  }))
}

/**
 * The runs under one id. A job that takes the place of another goes on with them, so that overlap rules hold between the two.
 *
 * @since 0.1.0
 * @category models
 */
export interface Runs {
  running: number
  /** Those that go on, to interrupt them; made with the first of them. */
  fibers: Set<Fiber.RuntimeFiber<unknown, unknown>> | undefined
  /** The instant of the run that waits. */
  queued: number | undefined
}

/**
 * A job, in the form that a hundred thousand of them fit into memory.
 *
 * @since 0.1.0
 * @category models
 */
export class JobRecord implements Due {
  due = 0
  order = 0
  place = -1
  paused = false
  /** Taken back from a store, and not scheduled by the program since. */
  restored = false
  lastRun: number | undefined = undefined
  runCount = 0
  /** The latest ones, made with the first of them. */
  history: Array<RunRecord> | undefined = undefined
  /** The instant of the next run, before jitter; `undefined` when the job is done. */
  next: number | undefined
  readonly id: string
  action: ScheduleAction<unknown, unknown>
  run: BoundAction
  plan: JobPlan
  readonly runs: Runs

  constructor(
    id: string,
    plan: JobPlan,
    action: ScheduleAction<unknown, unknown>,
    run: BoundAction,
    runs: Runs = { running: 0, fibers: undefined, queued: undefined }
  ) {
    this.id = id
    this.plan = plan
    this.action = action
    this.run = run
    this.runs = runs
    this.next = plan.first
  }

  /** Remembers a run that ended. */
  remember(record: RunRecord): void {
    const history = this.history ??= []
    if (history.length === HISTORY) history.shift()
    history.push(record)
  }

  /** What a store keeps of it; nothing when it is done. */
  stored(): StoredJob | undefined {
    const { action, id, lastRun, next, paused, plan, runCount } = this
    if (next === undefined) return undefined
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

  info(): JobInfo {
    const { missed, overlap, schedule, zone } = this.plan
    return {
      id: this.id,
      schedule: schedule.text,
      zone: zone.name,
      description: describe(schedule),
      action: this.action.type,
      overlap,
      missed,
      state: this.next === undefined ? "done" : this.paused ? "paused" : "active",
      lastRun: this.lastRun,
      nextRun: this.next,
      runCount: this.runCount,
      running: this.runs.running,
      queued: this.runs.queued !== undefined,
      history: [...this.history ?? []]
    }
  }
}
