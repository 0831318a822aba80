/**
 * Begins the runs of jobs, under their overlap rules, and follows them to their end. Nobody waits for a run.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { RunRecord, Started } from "../../services/Scheduler.ts"
import type { SkipReason, Trigger } from "../../src/schedule/ScheduleEvent.ts"
import type { EventHub } from "./EventHub.ts"
import type { JobRecord } from "./JobRecord.ts"
import type { Begin } from "./OwnFibers.ts"
import { faultOf, RunTimedOut } from "./RunAction.ts"
import type { RunSpans } from "./RunSpans.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface JobRunnerParts {
  readonly begin: Begin
  readonly spans: RunSpans
  readonly clock: Clock.Clock
  readonly events: EventHub
  /** Runs that may go on at once. */
  readonly maxRuns: number
  /** Comes before the action of each run. */
  readonly before: ((job: JobRecord) => Effect.Effect<void, unknown>) | undefined
  /** The job that has an id at the moment. */
  readonly current: (id: string) => JobRecord | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export class JobRunner {
  private readonly parts: JobRunnerParts
  private runs = 0
  private running = 0
  private ended = false

  constructor(parts: JobRunnerParts) {
    this.parts = parts
  }

  /** Begins a run for an instant, or does what the overlap rule says instead. */
  fire(job: JobRecord, due: number, trigger: Trigger): Started {
    const { plan: { overlap }, runs } = job
    if (this.ended) return "skipped"
    if (runs.running === 0 || overlap === "allow") {
      if (this.running >= this.parts.maxRuns) return this.skip(job, due, "TooManyRuns")
      this.begin(job, due, trigger)
      return "started"
    }
    if (overlap === "skip") return this.skip(job, due, "Running")
    if (runs.queued !== undefined) return this.skip(job, due, "QueueFull")
    runs.queued = due
    this.parts.events.publish({ _tag: "Queued", id: job.id, at: this.now(), due })
    return "queued"
  }

  /** Begins the run that waits, if nothing is in its way any more. */
  release(job: JobRecord): void {
    const { queued, running } = job.runs
    if (queued === undefined || running > 0 || job.paused || this.ended) return
    job.runs.queued = undefined
    this.fire(job, queued, "Queue")
  }

  /** Interrupts the runs of a job at once; waits until they have ended. */
  interrupt(job: JobRecord): Effect.Effect<void> {
    const fibers = Array.from(job.runs.fibers ?? [])
    for (const fiber of fibers) fiber.unsafeInterruptAsFork(fiber.id())
    return Effect.asVoid(Fiber.awaitAll(fibers))
  }

  /** No run begins any more. */
  end(): void {
    this.ended = true
  }

  private now(): number {
    return this.parts.clock.unsafeCurrentTimeMillis()
  }

  private skip(job: JobRecord, due: number, reason: SkipReason): Started {
    this.parts.events.publish({ _tag: "Skipped", id: job.id, at: this.now(), due, reason })
    return "skipped"
  }

  private begin(job: JobRecord, due: number, trigger: Trigger): void {
    const { plan: { timeout }, runs } = job
    const run = ++this.runs
    const startedAt = this.now()
    job.lastRun = startedAt
    job.runCount++
    runs.running++
    this.running++
    this.parts.events.publish({ _tag: "Fire", id: job.id, at: startedAt, run, due, trigger })
    const { context, effect } = job.run
    const { before } = this.parts
    const whole = before === undefined ? effect : Effect.zipRight(before(job), effect)
    const action = timeout === undefined
      ? whole
      : Effect.timeoutFail(whole, { duration: timeout, onTimeout: () => new RunTimedOut(timeout) })
    const span = this.parts.spans("Scheduler.run", { "job.id": job.id, run })
    const fiber = this.parts.begin(Effect.interruptible(action), span?.within(context) ?? context)
    const fibers = runs.fibers ??= new Set()
    fibers.add(fiber)
    // the account is made here and not by the fiber, which may be interrupted before its first step
    fiber.addObserver((exit) => {
      fibers.delete(fiber)
      span?.end(exit)
      this.finish(job, { run, due, startedAt }, exit)
    })
  }

  private finish(
    job: JobRecord,
    begun: Pick<RunRecord, "run" | "due" | "startedAt">,
    exit: Exit.Exit<number | undefined, unknown>
  ): void {
    const { events, current } = this.parts
    const { id, runs } = job
    const { run } = begun
    const at = this.now()
    const durationMs = Math.max(0, at - begun.startedAt)
    runs.running--
    this.running--
    if (Exit.isSuccess(exit)) {
      const code = exit.value === undefined ? {} : { exitCode: exit.value }
      job.remember({ ...begun, durationMs, ...code })
      events.publish({ _tag: "Complete", id, at, run, durationMs, ...code })
    } else {
      const { error, fault } = faultOf(exit.cause)
      job.remember({ ...begun, durationMs, fault })
      events.publish({ _tag: "Error", id, at, run, durationMs, fault, error })
    }
    const next = current(id)
    if (next?.runs === runs) this.release(next)
  }
}
