/**
 * Keeps a store up to date with the jobs of a scheduler. What has changed is put down, and written in the background, one write
 * at a time, as it is by then; what has not changed since is not written again. Who waits for it waits for so long at the most.
 *
 * A write that takes longer than that is not given up: were another one sent after it, nobody could say which of the two the
 * store keeps. What fails is written again after a while, until it is done or the scheduler ends.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import type { ScheduleStoreShape } from "../../services/ScheduleStore.ts"
import { ScheduleError } from "../../src/errors/ScheduleError.ts"
import type { StoredJob } from "../../src/schedule/StoredJob.ts"
import type { JobRecord } from "./JobRecord.ts"

/** After which time what failed is written again: the first time, and at the most. */
const AGAIN_MS = 1000
const LONGEST_MS = 60_000
/** Ids that the last warning of a ledger names. */
const NAMED = 10

/** What becomes of a job, or of its change, that is not stored in time. */
const consequences = {
  change: "the change is in force, and is stored when the store answers",
  job: "the job is not scheduled",
  run: "the run does not begin"
}

/** One job that is to be written. */
class Note {
  /** Those that wait for it. */
  readonly waiting = new Set<Deferred.Deferred<void, ScheduleError>>()

  /** `owed`: somebody has asked for the change, and it is made before the scheduler ends. */
  constructor(readonly id: string, public owed: boolean) {}
}

/**
 * What a ledger works with.
 *
 * @since 0.1.0
 * @category models
 */
export interface JobLedgerParts {
  readonly store: ScheduleStoreShape
  /** How long a call, a run, or the end of the scheduler waits for the store. */
  readonly limit: Duration.Duration
  /** The job that has an id at the moment. */
  readonly current: (id: string) => JobRecord | undefined
  /** What the store held when the scheduler began. */
  readonly jobs: ReadonlyArray<StoredJob>
}

/**
 * @since 0.1.0
 * @category models
 */
export class JobLedger {
  /** What was there when the scheduler began, and nobody has scheduled again. */
  readonly known: Map<string, StoredJob>
  /** What the store has of each id, as far as that is known. */
  private readonly written = new Map<string, string>()
  private readonly due = new Map<string, Note>()
  /** What failed, in the order in which it is tried again, and whether it is owed. */
  private readonly failed = new Map<string, boolean>()
  private writing: Note | undefined
  private worker: Fiber.RuntimeFiber<void> | undefined
  private timer: Fiber.RuntimeFiber<void> | undefined
  /** Whether it is time to try again what failed. */
  private again = false
  private delay = AGAIN_MS
  /** Writes that have ended, and how many they were when somebody waited for the next one in vain. */
  private answers = 0
  private silentSince = -1
  private ended = false
  private idle: Deferred.Deferred<boolean> | undefined

  constructor(
    private readonly parts: JobLedgerParts,
    private readonly clock: Clock.Clock,
    private readonly runtime: Runtime.Runtime<never>
  ) {
    this.known = new Map(parts.jobs.map((job) => [job.id, job]))
  }

  /** Puts down a job that was changed, added or taken out, at once; gives what waits until it is stored. */
  note(job: JobRecord, what: "change" | "job" = "change"): Effect.Effect<void, ScheduleError> {
    return this.stored(this.enter(job.id, true), what)
  }

  /** The same for what changes with time: without it the next scheduler sees what was missed. */
  readonly began = (job: JobRecord): Effect.Effect<void, ScheduleError> =>
    Effect.suspend(() => this.stored(this.enter(job.id, false), "run"))

  /** The same, without anybody waiting for it. */
  later(job: JobRecord, owed = false): void {
    this.enter(job.id, owed)
  }

  /** Waits for what was put down of an id before, if it is not stored yet. */
  settled(id: string): Effect.Effect<void, ScheduleError> {
    return Effect.suspend(() =>
      this.writing?.id === id || this.due.has(id) || this.failed.has(id)
        ? this.stored(this.enter(id, true), "change")
        : Effect.void
    )
  }

  private enter(id: string, owed: boolean): Note {
    const note = this.due.get(id) ?? new Note(id, false)
    note.owed ||= owed || this.failed.get(id) === true
    this.failed.delete(id)
    this.due.set(id, note)
    this.work()
    return note
  }

  private get isSilent(): boolean {
    return this.silentSince === this.answers
  }

  /** Nobody waits for a store that somebody else has waited for in vain. */
  private stored(note: Note, what: keyof typeof consequences): Effect.Effect<void, ScheduleError> {
    const { answers, isSilent, parts: { limit } } = this
    const late = () => {
      if (this.answers === answers) this.silentSince = answers
      const hint = `no answer within ${Duration.format(limit)}; ${consequences[what]}`
      return new ScheduleError({ reason: "StoreTimeout", schedule: "", id: note.id, hint })
    }
    if (isSilent) return Effect.fail(late())
    const done = Deferred.unsafeMake<void, ScheduleError>(FiberId.none)
    note.waiting.add(done)
    return Effect.ensuring(this.inTime(done, () => Exit.fail(late())), Effect.sync(() => note.waiting.delete(done)))
  }

  /** Waits for the limit at the most, also where nothing may be interrupted, as `Effect.timeout` would not. */
  private inTime<A, E>(done: Deferred.Deferred<A, E>, late: () => Exit.Exit<A, E>): Effect.Effect<A, E> {
    const { clock, parts: { limit } } = this
    return Effect.uninterruptibleMask((restore) => {
      const end = Effect.sync(() => Deferred.unsafeDone(done, late()))
      const timer = this.fork(Effect.zipRight(clock.sleep(limit), end))
      const stop = Effect.sync(() => timer.unsafeInterruptAsFork(timer.id()))
      return Effect.ensuring(restore(Deferred.await(done)), stop)
    })
  }

  private fork(effect: Effect.Effect<void>): Fiber.RuntimeFiber<void> {
    return Runtime.runFork(this.runtime, Effect.interruptible(effect), { immediate: false })
  }

  private work(): void {
    this.worker ??= this.fork(this.writeAll)
  }

  private readonly writeAll: Effect.Effect<void> = Effect.suspend(() => {
    const note = this.writing = this.next()
    if (note === undefined) {
      this.worker = undefined
      if (this.idle !== undefined) Deferred.unsafeDone(this.idle, Exit.succeed(true))
      return Effect.void
    }
    return Effect.exit(this.write(note.id)).pipe(
      Effect.flatMap((exit) => this.answered(note, exit)),
      Effect.flatMap(() => this.writeAll)
    )
  })

  private next(): Note | undefined {
    for (const [id, note] of this.due) {
      this.due.delete(id)
      return note
    }
    if (this.again) {
      for (const [id, owed] of this.failed) {
        this.failed.delete(id)
        return new Note(id, owed)
      }
    }
    this.again = false
    return undefined
  }

  /** Writes a job as it is now; one that is done, or was cancelled, is forgotten. */
  private write(id: string): Effect.Effect<void, ScheduleError> {
    return Effect.suspend(() => {
      const { current, store } = this.parts
      const job = current(id)
      const entry = job === undefined ? this.known.get(id) : job.stored()
      const text = entry === undefined ? undefined : JSON.stringify(entry)
      if (text !== undefined && this.written.get(id) === text) return Effect.void
      // of a write that fails it is not known what the store has
      this.written.delete(id)
      if (entry === undefined || text === undefined) return store.remove(id)
      return Effect.tap(store.put(entry), () => {
        this.written.set(id, text)
      })
    })
  }

  private answered(note: Note, exit: Exit.Exit<void, ScheduleError>): Effect.Effect<void> {
    this.answers++
    const told = note.waiting.size > 0
    for (const done of note.waiting) Deferred.unsafeDone(done, exit)
    if (Exit.isSuccess(exit)) {
      this.delay = AGAIN_MS
      return Effect.void
    }
    this.again = false
    if (!this.ended) {
      const newer = this.due.get(note.id)
      if (newer === undefined) this.failed.set(note.id, note.owed)
      else newer.owed ||= note.owed
      this.tryLater()
    }
    if (told) return Effect.void
    const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
    return Effect.logWarning(error?.message ?? Cause.pretty(exit.cause))
  }

  private tryLater(): void {
    if (this.timer !== undefined) return
    const wake = Effect.sync(() => {
      this.timer = undefined
      this.again = true
      this.work()
    })
    this.timer = this.fork(Effect.zipRight(this.clock.sleep(Duration.millis(this.delay)), wake))
    this.delay = Math.min(2 * this.delay, LONGEST_MS)
  }

  /** Writes what is owed, for so long at the most; what is not is forgotten. */
  readonly end: Effect.Effect<void> = Effect.suspend(() => {
    this.ended = true
    this.timer?.unsafeInterruptAsFork(this.timer.id())
    for (const note of this.due.values()) {
      if (!note.owed && note.waiting.size === 0) this.due.delete(note.id)
    }
    for (const [id, owed] of this.failed) {
      if (owed) this.due.set(id, new Note(id, true))
    }
    this.failed.clear()
    if (this.due.size > 0) this.work()
    if (this.worker === undefined) return Effect.void
    if (this.isSilent) return this.giveUp
    this.idle = Deferred.unsafeMake<boolean>(FiberId.none)
    return Effect.flatMap(
      this.inTime(this.idle, () => Exit.succeed(false)),
      (done) => done ? Effect.void : this.giveUp
    )
  })

  private readonly giveUp: Effect.Effect<void> = Effect.suspend(() => {
    this.silentSince = this.answers
    const ids = [this.writing, ...this.due.values()].flatMap((note) => note?.owed === true ? [note.id] : [])
    this.worker?.unsafeInterruptAsFork(this.worker.id())
    this.worker = this.writing = undefined
    this.due.clear()
    if (ids.length === 0) return Effect.void
    const names = ids.slice(0, NAMED).map((id) => JSON.stringify(id)).join(", ")
    const more = ids.length > NAMED ? `, and ${ids.length - NAMED} more` : ""
    return Effect.logWarning(`the schedule store does not answer; the last changes are not stored of ${names}${more}`)
  })
}

/**
 * A ledger that writes what is owed when its Scope closes. Time is that of the fiber that makes it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (parts: JobLedgerParts): Effect.Effect<JobLedger, never, Scope.Scope> =>
  Effect.gen(function*() {
    const ledger = new JobLedger(parts, yield* Effect.clock, yield* Effect.runtime<never>())
    yield* Scope.addFinalizer(yield* Effect.scope, ledger.end)
    return ledger
  })
