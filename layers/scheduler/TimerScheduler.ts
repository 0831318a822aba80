/**
 * The scheduler: one timer for all jobs of a VM.
 *
 * A run that begins up to a minute late is still on time. The clock may be set: what is passed over when it is put forward is
 * missed, and treated as the job says; when it is put back by less than three hours, nothing runs twice, and jobs go on when
 * the clock has caught up; by more, they run at the times that come again.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Utils from "effect/Utils"
import type { ProcessesShape } from "../../services/Processes.ts"
import { Processes } from "../../services/Processes.ts"
import type { ScheduleDriverShape } from "../../services/ScheduleDriver.ts"
import { ScheduleDriver } from "../../services/ScheduleDriver.ts"
import type { SchedulerShape } from "../../services/Scheduler.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import type { ScheduleStoreShape } from "../../services/ScheduleStore.ts"
import { ScheduleStore } from "../../services/ScheduleStore.ts"
import { ScheduleError } from "../../src/errors/ScheduleError.ts"
import { once } from "../../src/Once.ts"
import type { StoredJob } from "../../src/schedule/StoredJob.ts"
import { Turns } from "../../src/Turns.ts"
import { EventHub } from "./EventHub.ts"
import * as JobLedger from "./JobLedger.ts"
import type { JobRecord } from "./JobRecord.ts"
import { JobRunner } from "./JobRunner.ts"
import { JobTable } from "./JobTable.ts"
import type { JobTimingOptions } from "./JobTiming.ts"
import { driven, timer } from "./JobTiming.ts"
import * as OwnFibers from "./OwnFibers.ts"
import type { ActionHosts } from "./RunAction.ts"
import * as RunSpans from "./RunSpans.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface SchedulerOptions {
  /** Runs of all jobs together that may go on at once; further ones are skipped. Default: 1,024. */
  readonly maxRuns?: number | undefined
  /** Decides when jobs run. Default: a timer on the Clock. */
  readonly driver?: ScheduleDriverShape | undefined
  /** Runs actions of agents. Without it `schedule` refuses them with `NotYetSupported`. */
  readonly sessions?: ActionHosts["sessions"]
  /**
   * How long a call, a run that is to begin, and the end of the scheduler wait for the store. Default: 30 seconds. See
   * `docs/scheduling.md` for what becomes of what is not stored by then.
   */
  readonly storeTimeout?: Duration.DurationInput | undefined
}

const GRACE = 60_000
const MAX_RUNS = 1024
const STORE_TIMEOUT = Duration.seconds(30)

/** UUIDs of version 4 from a source that a seed makes repeatable. */
const uuids = (random: Utils.PCGRandom) => (): string => {
  const hex = (digits: number, low = 0, high = 16 ** digits) =>
    (low + random.integer(high - low)).toString(16).padStart(digits, "0")
  return `${hex(8, 0, 0x7fff_ffff)}-${hex(4)}-4${hex(3)}-${hex(4, 0x8000, 0xc000)}-${hex(6)}${hex(6)}`
}

const operations = (
  table: JobTable,
  jobs: Map<string, JobRecord>,
  runner: JobRunner,
  events: EventHub,
  now: () => number
): SchedulerShape => {
  const find = (id: string): Effect.Effect<JobRecord, ScheduleError> =>
    Effect.suspend(() => {
      const job = jobs.get(id)
      return job === undefined
        ? Effect.fail(new ScheduleError({ reason: "UnknownJob", schedule: "", id }))
        : Effect.succeed(job)
    })
  return {
    schedule: (job) => Effect.map(table.add(job), ({ id }) => ({ id })),
    scheduleScoped: (job) =>
      Effect.map(
        Effect.acquireRelease(table.add(job), (added) => Effect.ignore(table.remove(added, true))),
        ({ id }) => ({ id })
      ),
    update: (id, changes) => Effect.flatMap(find(id), (job) => table.update(job, changes)),
    cancel: (id, options) =>
      Effect.suspend(() => {
        const job = jobs.get(id)
        return job === undefined ? Effect.as(table.settled(id), false) : table.remove(job, options?.interrupt === true)
      }),
    get: (id) => Effect.map(find(id), (job) => job.info()),
    list: Effect.sync(() => Array.from(jobs.values(), (job) => job.info())),
    runNow: (id) => Effect.map(find(id), (job) => runner.fire(job, now(), "Hand")),
    pause: (id) => Effect.flatMap(find(id), (job) => table.pause(job)),
    resume: (id) => Effect.flatMap(find(id), (job) => table.resume(job)),
    events: events.stream
  }
}

/** Every call looks at the clock first. */
const watchful = (shape: SchedulerShape, check: Effect.Effect<void>): SchedulerShape => ({
  schedule: (job) => Effect.zipRight(check, shape.schedule(job)),
  scheduleScoped: (job) => Effect.zipRight(check, shape.scheduleScoped(job)),
  update: (id, changes) => Effect.zipRight(check, shape.update(id, changes)),
  cancel: (id, options) => Effect.zipRight(check, shape.cancel(id, options)),
  get: (id) => Effect.zipRight(check, shape.get(id)),
  list: Effect.zipRight(check, shape.list),
  runNow: (id) => Effect.zipRight(check, shape.runNow(id)),
  pause: (id) => Effect.zipRight(check, shape.pause(id)),
  resume: (id) => Effect.zipRight(check, shape.resume(id)),
  events: shape.events
})

/** What a store held when the scheduler began. */
interface Kept {
  readonly store: ScheduleStoreShape
  readonly jobs: ReadonlyArray<StoredJob>
}

const build = (
  processes: ProcessesShape,
  options: SchedulerOptions,
  seed: number,
  kept: Kept | undefined
): Effect.Effect<SchedulerShape, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const random = new Utils.PCGRandom(seed)
    const now = () => clock.unsafeCurrentTimeMillis()
    const jobs = new Map<string, JobRecord>()
    const events = new EventHub()
    const scope = yield* Effect.scope
    // not Effect.addFinalizer, which keeps the FiberRefs for it: every VM has a scheduler, and few use theirs
    yield* Scope.addFinalizer(scope, Effect.sync(() => events.end()))
    const current = (id: string) => jobs.get(id)
    const limit = Duration.decode(options.storeTimeout ?? STORE_TIMEOUT)
    // ends after the runs, which may still be noted
    const ledger = kept === undefined ? undefined : yield* JobLedger.make({ ...kept, limit, current })
    const begin = yield* OwnFibers.make
    const maxRuns = options.maxRuns ?? MAX_RUNS
    const spans = yield* RunSpans.make
    const runner = new JobRunner({ begin, spans, clock, events, maxRuns, current, before: ledger?.began })
    yield* Scope.addFinalizer(scope, Effect.sync(() => runner.end()))
    const timingOptions: JobTimingOptions = {
      onDue: (job, at) => table.onDue(job, at),
      onDriven: (job, at) => table.onDriven(job, at),
      onClockBack: (at) => table.onClockBack(at),
      random
    }
    const { driver, sessions } = options
    const timing = driver === undefined ? yield* timer(timingOptions) : driven(driver, timingOptions)
    if (driver !== undefined) {
      yield* Effect.addFinalizer(() => Effect.forEach(jobs.values(), timing.forget, { discard: true }))
    }
    const hosts: ActionHosts = { processes, sessions }
    const newId = uuids(random)
    const table: JobTable = new JobTable({ jobs, runner, timing, events, hosts, now, newId, grace: GRACE, ledger })
    if (kept !== undefined) yield* table.restore(kept.jobs)
    return watchful(operations(table, jobs, runner, events, now), timing.check)
  })

/**
 * A scheduler for the processes of one VM. All jobs and runs end with the Scope; the streams of events end after them. Time
 * and randomness are those of the fiber that makes it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  processes: ProcessesShape,
  options: SchedulerOptions = {}
): Effect.Effect<SchedulerShape, never, Scope.Scope> =>
  Effect.flatMap(Random.nextInt, (seed) => build(processes, options, seed, undefined))

/**
 * The same, made when it is first asked for, with the time and the randomness of the fiber that runs this: every VM has a
 * scheduler, and few use theirs.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeLazy = (
  processes: () => ProcessesShape,
  options: SchedulerOptions = {}
): Effect.Effect<() => SchedulerShape, never, Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime<Scope.Scope>()
    // drawn now, so that what is random afterwards does not depend on who uses a scheduler
    const seed = yield* Random.nextInt
    return once(() =>
      deferred(Effect.provide(Effect.suspend(() => build(processes(), options, seed, undefined)), runtime))
    )
  })

/** A scheduler that is there once somebody calls it. Who is interrupted while it is made leaves it to the next. */
const deferred = (making: Effect.Effect<SchedulerShape>): SchedulerShape => {
  let made: SchedulerShape | undefined
  const keep = (shape: SchedulerShape) => {
    made = shape
    return shape
  }
  const there = Effect.suspend(() => made === undefined ? Effect.map(making, keep) : Effect.succeed(made))
  // nobody waits long for this one
  const alone = Effect.uninterruptible(new Turns().take(there))
  const use = <A, E, R>(call: (shape: SchedulerShape) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => made === undefined ? Effect.flatMap(alone, call) : call(made))
  return {
    schedule: (job) => use(({ schedule }) => schedule(job)),
    scheduleScoped: (job) => use(({ scheduleScoped }) => scheduleScoped(job)),
    update: (id, changes) => use(({ update }) => update(id, changes)),
    cancel: (id, options) => use(({ cancel }) => cancel(id, options)),
    get: (id) => use(({ get }) => get(id)),
    list: use(({ list }) => list),
    runNow: (id) => use(({ runNow }) => runNow(id)),
    pause: (id) => use(({ pause }) => pause(id)),
    resume: (id) => use(({ resume }) => resume(id)),
    events: Stream.unwrap(use(({ events }) => Effect.succeed(events)))
  }
}

/**
 * One whose jobs outlive it in a store. Commands are taken up again at once; a callback goes on when the program schedules it
 * under its id again. Runs that were due meanwhile are missed, and treated as the job says.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeStored = (
  processes: ProcessesShape,
  store: ScheduleStoreShape,
  options: SchedulerOptions = {}
): Effect.Effect<SchedulerShape, ScheduleError, Scope.Scope> =>
  Effect.flatMap(
    Effect.all([store.all, Random.nextInt]),
    ([jobs, seed]) => build(processes, options, seed, { store, jobs })
  )

/**
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (options: SchedulerOptions): Layer.Layer<Scheduler, never, Processes> =>
  Layer.scoped(Scheduler, Effect.flatMap(Processes, (processes) => make(processes, options)))

/**
 * The scheduler on a timer of its own.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Scheduler, never, Processes> = layerWith({})

/**
 * The scheduler on a driver.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDriver: Layer.Layer<Scheduler, never, Processes | ScheduleDriver> = Layer.unwrapEffect(
  Effect.map(ScheduleDriver, (driver) => layerWith({ driver }))
)

/**
 * The scheduler whose jobs outlive it, with options.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStoredWith = (
  options: SchedulerOptions
): Layer.Layer<Scheduler, ScheduleError, Processes | ScheduleStore> =>
  Layer.scoped(
    Scheduler,
    Effect.flatMap(
      Effect.all([Processes, ScheduleStore]),
      ([processes, store]) => makeStored(processes, store, options)
    )
  )

/**
 * The scheduler whose jobs outlive it. Above `Vm.layer` it takes the place of the VM's own:
 * `Layer.provideMerge(TimerScheduler.layerStored, Vm.layer(config))`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStored: Layer.Layer<Scheduler, ScheduleError, Processes | ScheduleStore> = layerStoredWith({})
