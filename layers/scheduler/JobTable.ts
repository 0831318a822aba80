/**
 * The jobs of a scheduler: which there are, and what happens to them as time passes.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Job, JobSettings } from "../../services/Scheduler.ts"
import type { NotYetSupported } from "../../src/errors/NotYetSupported.ts"
import { ScheduleError } from "../../src/errors/ScheduleError.ts"
import { next } from "../../src/schedule/ParsedSchedule.ts"
import type { StoredJob } from "../../src/schedule/StoredJob.ts"
import type { EventHub } from "./EventHub.ts"
import type { JobLedger } from "./JobLedger.ts"
import { JobRecord, plan } from "./JobRecord.ts"
import type { JobRunner } from "./JobRunner.ts"
import type { JobTiming } from "./JobTiming.ts"
import { madeUpFor, takeMissed } from "./MissedRuns.ts"
import type { ActionHosts, BoundAction } from "./RunAction.ts"
import { bind } from "./RunAction.ts"

/** Jobs that are done and still listed. */
const MAX_DONE = 256
const MAX_ID = 256

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** What is begun with a job is done with it: between the two nothing can be interrupted, but the wait for the store. */
const whole = <A, E, R>(change: (restore: Restore) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) => Effect.suspend(() => change(restore)))

/**
 * What a table works with.
 *
 * @since 0.1.0
 * @category models
 */
export interface JobTableParts {
  readonly jobs: Map<string, JobRecord>
  readonly runner: JobRunner
  readonly timing: JobTiming
  readonly events: EventHub
  readonly hosts: ActionHosts
  readonly now: () => number
  readonly newId: () => string
  /** Milliseconds by which a run may be late without being missed. */
  readonly grace: number
  /** Keeps the jobs beyond the scheduler's life. */
  readonly ledger: JobLedger | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export class JobTable {
  private readonly parts: JobTableParts
  private readonly done = new Set<string>()

  constructor(parts: JobTableParts) {
    this.parts = parts
  }

  /**
   * Adds a job; one of the same id makes place, but its runs go on under the new job's rule. Where it cannot be stored, it is
   * not there, and the other one goes on.
   */
  add<E, R>(job: Job<E, R>): Effect.Effect<JobRecord, ScheduleError | NotYetSupported, R> {
    return Effect.contextWithEffect((context) => {
      const { hosts, jobs, newId, now, timing } = this.parts
      const id = job.id ?? newId()
      if (id === "" || id.length > MAX_ID || id.includes("\0")) {
        const hint = `an id has 1 to ${MAX_ID} characters and no NUL`
        return new ScheduleError({ reason: "InvalidSchedule", schedule: job.schedule, field: "id", hint })
      }
      const planned = plan(job, now())
      if (Either.isLeft(planned)) return Effect.fail(planned.left)
      const entered = (run: BoundAction, restore: Restore) => {
        const old = jobs.get(id)
        const kept = this.parts.ledger?.known.get(id)
        const record = new JobRecord(id, planned.right, job.action, run, old?.runs)
        record.runs.queued = undefined
        const goesOn = this.goOn(record, old)
        this.enter(record)
        const forgotten = old === undefined ? Effect.void : timing.forget(old)
        const waiting = record.paused
          ? Effect.void
          : goesOn
          ? Effect.suspend(() => this.miss(record, now(), now()))
          : timing.wait(record)
        return Effect.zipRight(forgotten, waiting).pipe(
          Effect.zipRight(this.noted(record, restore, "job")),
          Effect.tapError(() => this.revert(record, old, kept)),
          Effect.as(record)
        )
      }
      return Effect.flatMap(bind(hosts, job.action, context), (run) => whole((restore) => entered(run, restore)))
    })
  }

  /** Takes jobs back that were kept, with what passed meanwhile. Those without an action wait for the program. */
  restore(jobs: ReadonlyArray<StoredJob>): Effect.Effect<void> {
    return Effect.forEach(jobs, (stored) => {
      const { action, jitterMs, timeoutMs } = stored
      if (action === undefined) return Effect.void
      const planned = plan({ ...stored, jitter: jitterMs, timeout: timeoutMs }, -Infinity)
      const job = { ...stored, action }
      return Effect.flatMap(
        Effect.zip(planned, bind(this.parts.hosts, action, Context.empty())),
        ([planned, run]) => {
          const record = new JobRecord(job.id, planned, action, run)
          this.goOn(record, undefined)
          record.restored = true
          this.enter(record)
          return record.paused ? Effect.void : this.miss(record, this.parts.now(), this.parts.now())
        }
      ).pipe(
        // what this version does not understand is kept for one that does
        Effect.catchAll((error) => Effect.logWarning(`job ${JSON.stringify(job.id)} is not restored: ${error.message}`))
      )
    }, { discard: true })
  }

  /** Whether a job is one that was kept and goes on: at its next run, with its counts. */
  private goOn(job: JobRecord, old: JobRecord | undefined): boolean {
    const { ledger } = this.parts
    const { schedule, zone } = job.plan
    if (old?.restored === true && old.plan.schedule.text === schedule.text && old.plan.zone.name === zone.name) {
      job.next = old.next
      job.runCount = old.runCount
      job.lastRun = old.lastRun
      job.paused = old.paused
      return true
    }
    const kept = ledger?.known.get(job.id)
    if (kept === undefined) return false
    ledger?.known.delete(job.id)
    if (kept.schedule !== schedule.text || kept.zone !== zone.name) return false
    job.next = kept.next
    job.runCount = kept.runCount
    job.lastRun = kept.lastRun
    job.paused = kept.paused
    return true
  }

  /** Puts down what has become of a job, and waits until it is stored, which may be interrupted. */
  private noted(job: JobRecord, restore: Restore, what?: "job"): Effect.Effect<void, ScheduleError> {
    const { ledger } = this.parts
    return ledger === undefined ? Effect.void : Effect.suspend(() => restore(ledger.note(job, what)))
  }

  /** Takes a job out that cannot be stored. What had its id before goes on, as after a pause. */
  private revert(job: JobRecord, old: JobRecord | undefined, kept: StoredJob | undefined): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { jobs, ledger, now, timing } = this.parts
      if (jobs.get(job.id) !== job) return Effect.void
      jobs.delete(job.id)
      this.done.delete(job.id)
      job.runs.queued = undefined
      if (kept !== undefined) ledger?.known.set(job.id, kept)
      if (old !== undefined) this.enter(old)
      ledger?.later(job, true)
      const goesOn = old === undefined || old.paused ? Effect.void : Effect.suspend(() => this.miss(old, now(), now()))
      return Effect.zipRight(timing.forget(job), goesOn)
    })
  }

  update<E, R>(
    job: JobRecord,
    changes: Partial<JobSettings<E, R>>
  ): Effect.Effect<void, ScheduleError | NotYetSupported, R> {
    return Effect.contextWithEffect((context) => {
      const { hosts, now, timing } = this.parts
      const { schedule, zone, ...rest } = job.plan
      const settings = { ...rest, schedule: schedule.text, zone: zone.name, ...changes }
      const moved = settings.schedule !== schedule.text || (settings.zone ?? "UTC") !== zone.name
      // a job that is done may change in everything else
      const planned = plan(settings, moved ? now() : -Infinity)
      if (Either.isLeft(planned)) return Effect.fail(planned.left)
      const { action } = changes
      const bound = action === undefined ? Effect.succeed(job.run) : bind(hosts, action, context)
      const changed = (run: BoundAction, restore: Restore) => {
        job.run = run
        job.action = action ?? job.action
        job.plan = planned.right
        if (!moved) return this.noted(job, restore)
        job.next = planned.right.first
        this.done.delete(job.id)
        return Effect.zipRight(job.paused ? Effect.void : timing.wait(job), this.noted(job, restore))
      }
      return Effect.flatMap(bound, (run) => whole((restore) => changed(run, restore)))
    })
  }

  /** Takes a job out, unless another one has its id by now; whether it was in. Waits for the runs that it interrupts. */
  remove(job: JobRecord, interrupt: boolean): Effect.Effect<boolean, ScheduleError> {
    return whole((restore) => {
      const { jobs, runner, timing } = this.parts
      if (jobs.get(job.id) !== job) return Effect.succeed(false)
      jobs.delete(job.id)
      this.done.delete(job.id)
      job.runs.queued = undefined
      const ended = interrupt ? runner.interrupt(job) : Effect.void
      return Effect.exit(Effect.zipRight(timing.forget(job), this.noted(job, restore))).pipe(
        Effect.flatMap((stored) => Effect.zipRight(restore(ended), stored)),
        Effect.as(true)
      )
    })
  }

  pause(job: JobRecord): Effect.Effect<void, ScheduleError> {
    return whole((restore) => {
      if (job.paused) return restore(this.settled(job.id))
      job.paused = true
      return Effect.zipRight(this.parts.timing.forget(job), this.noted(job, restore))
    })
  }

  resume(job: JobRecord): Effect.Effect<void, ScheduleError> {
    return whole((restore) => {
      if (!job.paused) return restore(this.settled(job.id))
      job.paused = false
      const now = this.parts.now()
      this.parts.runner.release(job)
      return Effect.zipRight(this.miss(job, now, now), this.noted(job, restore))
    })
  }

  /** Who asks again for what is so already waits until that is stored. */
  settled(id: string): Effect.Effect<void, ScheduleError> {
    return this.parts.ledger?.settled(id) ?? Effect.void
  }

  /** The timer reached a job. */
  readonly onDue = (job: JobRecord, now: number): Effect.Effect<void> => {
    const due = job.next
    const { grace, jobs, runner } = this.parts
    if (jobs.get(job.id) !== job || due === undefined || job.paused) return Effect.void
    if (now - job.due > grace) return this.miss(job, now - grace, now)
    job.next = next(job.plan.schedule, job.plan.zone, due)
    runner.fire(job, due, "Time")
    return this.wait(job)
  }

  /** A driver wants a job to run. */
  readonly onDriven = (job: JobRecord, now: number): Effect.Effect<void> => {
    const { jobs, runner } = this.parts
    if (jobs.get(job.id) !== job || job.paused) return Effect.void
    const { schedule, zone } = job.plan
    job.next = schedule._tag === "Once" ? undefined : next(schedule, zone, now)
    if (job.next === undefined) this.retire(job)
    runner.fire(job, now, "Time")
    this.parts.ledger?.later(job)
    return Effect.void
  }

  /** After the clock was put back, jobs run at the times that come again. */
  readonly onClockBack = (now: number): Effect.Effect<void> =>
    Effect.forEach(this.parts.jobs.values(), (job) => {
      if (job.next === undefined) return Effect.void
      job.next = next(job.plan.schedule, job.plan.zone, now)
      return job.paused ? Effect.void : this.wait(job)
    }, { discard: true })

  /** What passed up to `until` is missed; the job waits for what comes then. */
  private miss(job: JobRecord, until: number, now: number): Effect.Effect<void> {
    const { events, runner } = this.parts
    const missed = takeMissed(job, until)
    const { instants, more } = missed
    if (instants.length > 0) {
      events.publish({ _tag: "Missed", id: job.id, at: now, first: instants[0], count: instants.length, more })
    }
    for (const due of madeUpFor(job, missed, now)) runner.fire(job, due, "CatchUp")
    return this.wait(job)
  }

  private wait(job: JobRecord): Effect.Effect<void> {
    this.parts.ledger?.later(job)
    if (job.next === undefined) {
      this.retire(job)
      return this.parts.timing.forget(job)
    }
    // a driver may find that what is to come is over
    return Effect.catchAll(this.parts.timing.wait(job), () => Effect.sync(() => this.retire(job)))
  }

  private enter(job: JobRecord): void {
    const { jobs } = this.parts
    jobs.delete(job.id)
    this.done.delete(job.id)
    jobs.set(job.id, job)
  }

  private retire(job: JobRecord): void {
    job.next = undefined
    this.done.add(job.id)
    if (this.done.size <= MAX_DONE) return
    for (const id of this.done) {
      this.done.delete(id)
      this.parts.jobs.delete(id)
      return
    }
  }
}
