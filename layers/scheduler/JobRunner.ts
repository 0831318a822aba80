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
import { faultOf, RunTimedOut } from "./RunAction.ts"

/**
 * @since 0.1.0
 * @category models
 */
export class JobRunner {
  private readonly fibers = new Set<Fiber.RuntimeFiber<void>>()
  private readonly clock: Clock.Clock
  private readonly events: EventHub
  private readonly maxRuns: number
  private readonly current: (id: string) => JobRecord | undefined
  private runs = 0
  private running = 0
  private ended = false

  /**
   * `current` gives the job that has an id at the moment.
   */
  constructor(
    clock: Clock.Clock,
    events: EventHub,
    maxRuns: number,
    current: (id: string) => JobRecord | undefined
  ) {
    this.clock = clock
    this.events = events
    this.maxRuns = maxRuns
    this.current = current
  }

  /** Begins a run for an instant, or does what the overlap rule says instead. */
  fire(job: JobRecord, due: number, trigger: Trigger): Effect.Effect<Started> {
    return Effect.suspend(() => {
      const { plan: { overlap }, runs } = job
      if (this.ended) return Effect.succeed<Started>("skipped")
      if (runs.running === 0 || overlap === "allow") {
        return this.running >= this.maxRuns
          ? this.skip(job, due, "TooManyRuns")
          : Effect.as(this.begin(job, due, trigger), "started" as const)
      }
      if (overlap === "skip") return this.skip(job, due, "Running")
      if (runs.queued !== undefined) return this.skip(job, due, "QueueFull")
      runs.queued = due
      this.events.publish({ _tag: "Queued", id: job.id, at: this.clock.unsafeCurrentTimeMillis(), due })
      return Effect.succeed<Started>("queued")
    })
  }

  /** Begins the run that waits, if nothing is in its way any more. */
  release(job: JobRecord): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { queued, running } = job.runs
      if (queued === undefined || running > 0 || job.paused || this.ended) return Effect.void
      job.runs.queued = undefined
      return Effect.asVoid(this.fire(job, queued, "Queue"))
    })
  }

  interrupt(job: JobRecord): Effect.Effect<void> {
    return Effect.suspend(() => Effect.asVoid(Fiber.interruptAll(job.runs.fibers ?? [])))
  }

  /** Interrupts all runs; none begins any more. */
  readonly end: Effect.Effect<void> = Effect.suspend(() => {
    this.ended = true
    return Effect.asVoid(Fiber.interruptAll(this.fibers))
  })

  private skip(job: JobRecord, due: number, reason: SkipReason): Effect.Effect<Started> {
    this.events.publish({ _tag: "Skipped", id: job.id, at: this.clock.unsafeCurrentTimeMillis(), due, reason })
    return Effect.succeed("skipped")
  }

  private begin(job: JobRecord, due: number, trigger: Trigger): Effect.Effect<void> {
    const { plan: { timeout }, runs } = job
    const run = ++this.runs
    const startedAt = this.clock.unsafeCurrentTimeMillis()
    job.lastRun = startedAt
    job.runCount++
    runs.running++
    this.running++
    this.events.publish({ _tag: "Fire", id: job.id, at: startedAt, run, due, trigger })
    const action = timeout === undefined
      ? job.run
      : Effect.timeoutFail(job.run, { duration: timeout, onTimeout: () => new RunTimedOut(timeout) })
    // a fiber takes over whether it can be interrupted: the action may be, wherever it was begun, its account may not
    const body = Effect.uninterruptible(
      Effect.flatMap(
        Effect.exit(Effect.interruptible(action)),
        (exit) => this.finish(job, { run, due, startedAt }, exit)
      )
    ).pipe(
      Effect.withSpan("Scheduler.run", { root: true, captureStackTrace: false, attributes: { "job.id": job.id, run } })
    )
    return Effect.map(Effect.forkDaemon(body), (fiber) => {
      const own = runs.fibers ??= new Set()
      this.fibers.add(fiber)
      own.add(fiber)
      fiber.addObserver(() => {
        this.fibers.delete(fiber)
        own.delete(fiber)
      })
    }).pipe(Effect.uninterruptible)
  }

  private finish(
    job: JobRecord,
    begun: Pick<RunRecord, "run" | "due" | "startedAt">,
    exit: Exit.Exit<number | undefined, unknown>
  ): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { id, runs } = job
      const at = this.clock.unsafeCurrentTimeMillis()
      const durationMs = Math.max(0, at - begun.startedAt)
      runs.running--
      this.running--
      if (Exit.isSuccess(exit)) {
        const code = exit.value === undefined ? {} : { exitCode: exit.value }
        job.remember({ ...begun, durationMs, ...code })
        this.events.publish({ _tag: "Complete", id, at, run: begun.run, durationMs, ...code })
      } else {
        const { error, fault } = faultOf(exit.cause)
        job.remember({ ...begun, durationMs, fault })
        this.events.publish({ _tag: "Error", id, at, run: begun.run, durationMs, fault, error })
      }
      const current = this.current(id)
      return current?.runs === runs ? this.release(current) : Effect.void
    })
  }
}
