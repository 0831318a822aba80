/**
 * The account of a job that is due every minute: each minute is accounted for exactly once, whatever the clock, pauses and long
 * runs do to it: it ran, was skipped, waits, or was missed and said to be.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Missed, Overlap } from "../../services/Scheduler.ts"
import type { VmShape } from "../../services/Vm.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import type { ScheduleEvent } from "../../src/schedule/ScheduleEvent.ts"

const MINUTE = 60_000

export interface JobKind {
  readonly id: string
  readonly overlap: Overlap
  readonly missed: Missed
  /** How long a run takes, in milliseconds; a command when it is `undefined`. */
  readonly takes: number | undefined
  readonly fails: boolean
}

/** The last minute that has come. */
const minuteOf = (now: number): number => Math.floor(now / MINUTE) * MINUTE

export class Account {
  paused = false
  /** Runs that go on, and those that ended well. */
  running = 0
  completed = 0
  started = 0
  private readonly accounted = new Set<number>()
  private readonly missed = new Set<number>()
  private upTo: number
  /** The latest instant that the clock has shown while the job was not paused. */
  private latest: number
  private catchUps = 0
  private wrong: string | undefined

  constructor(readonly kind: JobKind, now: number) {
    this.upTo = minuteOf(now)
    this.latest = now
  }

  /** What passes while the job is paused is missed only if it is over when the job goes on. */
  see(now: number): void {
    if (!this.paused) this.latest = Math.max(this.latest, now)
  }

  readonly begin = (): void => {
    this.running++
    if (this.running > 1 && this.kind.overlap !== "allow") {
      this.wrong ??= `${this.running} runs of ${this.kind.id} at once`
    }
  }

  take(event: ScheduleEvent): void {
    if (event.id !== this.kind.id) return
    switch (event._tag) {
      case "Fire":
        this.started++
        if (event.trigger === "Time") this.account(event.due)
        if (event.trigger === "CatchUp") this.catchUps++
        return
      case "Skipped":
      case "Queued":
        // what is made up for may find the job running
        if (this.missed.has(event.due)) this.catchUps++
        else this.account(event.due)
        return
      case "Missed":
        return this.miss(event)
      case "Complete":
        this.completed++
        return
      case "Error":
        if (!this.kind.fails && this.kind.takes !== undefined) this.wrong ??= `a run failed: ${event.error}`
        return
    }
  }

  private miss({ count, first, more }: Extract<ScheduleEvent, { _tag: "Missed" }>): void {
    for (let i = 0; i < count; i++) {
      this.account(first + i * MINUTE)
      this.missed.add(first + i * MINUTE)
    }
    // which minutes those are nobody says
    if (more) this.accounted.add(-1)
  }

  private account(due: number): void {
    if (due <= this.upTo || this.accounted.has(due)) {
      this.wrong ??= `the minute ${new Date(due).toISOString()} was accounted for twice`
    }
    this.accounted.add(due)
  }

  /** What is wrong with the account, if anything is. */
  check(now: number): string | undefined {
    this.see(now)
    const { latest } = this
    if (this.wrong !== undefined) return `job ${this.kind.id}: ${this.wrong}`
    const { missed } = this.kind
    if (missed === "skip" && this.catchUps > 0) return `job ${this.kind.id} made up for what it was to skip`
    if (this.catchUps > this.missed.size) return `job ${this.kind.id} made up for more than it missed`
    // at the very instant the job may be about to run
    if (this.paused || now % MINUTE === 0 || latest % MINUTE === 0) return undefined
    if (missed === "all" && !this.accounted.has(-1) && this.catchUps !== this.missed.size) {
      return `job ${this.kind.id} made up for ${this.catchUps} of ${this.missed.size} minutes`
    }
    const end = minuteOf(latest)
    for (let due = this.upTo + MINUTE; due <= end && !this.accounted.has(-1); due += MINUTE) {
      if (!this.accounted.has(due)) {
        return `job ${this.kind.id}: the minute ${new Date(due).toISOString()} passed without a word`
      }
    }
    for (const due of this.accounted) if (due > end) return `job ${this.kind.id} ran before its time`
    this.upTo = Math.max(this.upTo, end)
    this.accounted.clear()
    this.missed.clear()
    this.catchUps = 0
    return undefined
  }
}

/** Adds jobs to a VM, and follows them. */
export const followJobs = (
  vm: VmShape,
  kinds: ReadonlyArray<JobKind>,
  now: number
): Effect.Effect<ReadonlyArray<Account>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const accounts = kinds.map((kind) => new Account(kind, now))
    const take = (event: ScheduleEvent) =>
      Effect.sync(() => {
        for (const account of accounts) account.take(event)
      })
    yield* Effect.forkScoped(Stream.runForEach(vm.scheduler.events, take))
    yield* Effect.yieldNow()
    yield* Effect.yieldNow()
    for (const account of accounts) {
      const { fails, id, missed, overlap, takes } = account.kind
      const run = Effect.acquireUseRelease(
        Effect.sync(account.begin),
        () => Effect.zipRight(Effect.sleep(takes ?? 0), fails ? Effect.fail("as it should") : Effect.void),
        () => Effect.sync(() => account.running--)
      )
      const action = takes === undefined
        ? ScheduleAction.exec({ command: "sh", args: ["-c", "sleep 70; echo ran >> /tmp/ran"] })
        : ScheduleAction.callback(run)
      yield* Effect.orDie(vm.scheduler.schedule({ id, schedule: "* * * * *", overlap, missed, action }))
    }
    return accounts
  })
