/**
 * The contract of ScheduleDriver as cases to run over a driver of one's own:
 *
 * ```ts
 * const { layer } = MyDriver
 * for (const { name, run } of ScheduleDriverContract.cases({ layer, repeats: true, round: TestClock.adjust("1 minute") })) {
 *   it.scoped(name, () => Effect.provide(run, layer))
 * }
 * ```
 *
 * The clock must be before 1970-01-01T00:00:30Z and not move by itself, as TestClock is at the beginning.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import { ScheduleDriver } from "../../../services/ScheduleDriver.ts"
import type { Case } from "./Case.ts"
import { expectSame } from "./Case.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Subject<R> {
  /** Lets every entry that is due each minute run once, and waits for it. */
  readonly round: Effect.Effect<void, never, R>
  /** Whether a second round runs a cron entry again. */
  readonly repeats: boolean
  /** The driver. With it there is a case that closes its Scope (rule 5); without it, that rule is not checked. */
  readonly layer?: Layer.Layer<ScheduleDriver | R> | undefined
}

const counter = Effect.map(Ref.make(0), (ref) => ({ count: Ref.get(ref), callback: Ref.update(ref, (n) => n + 1) }))
const MINUTELY = "* * * * *"

const basics = <R>({ repeats, round }: Subject<R>): ReadonlyArray<Case<ScheduleDriver | R>> => [
  {
    name: "calls nothing before it has returned, and then what it was given",
    run: Effect.gen(function*() {
      const driver = yield* ScheduleDriver
      const { callback, count } = yield* counter
      const handle = yield* Effect.orDie(driver.schedule({ id: "a", schedule: MINUTELY, callback }))
      yield* expectSame("the handle", handle, { id: "a" })
      yield* expectSame("calls before it returned", yield* count, 0)
      yield* round
      yield* round
      yield* expectSame("calls after two rounds", yield* count, repeats ? 2 : 1)
    })
  },
  {
    name: "refuses what is invalid",
    run: Effect.gen(function*() {
      const driver = yield* ScheduleDriver
      const refusal = (schedule: string, zone?: string) =>
        driver.schedule({ id: "a", schedule, zone, callback: Effect.die("called") }).pipe(
          Effect.flip,
          Effect.map(({ field, reason }) => [reason, field]),
          Effect.orDieWith(() => `accepted ${schedule}`)
        )
      yield* expectSame("a wrong minute", yield* refusal("99 * * * *"), ["InvalidSchedule", "minute"])
      yield* expectSame("a wrong zone", yield* refusal(MINUTELY, "Nowhere"), ["InvalidSchedule", "zone"])
      yield* expectSame("a time that is past", (yield* refusal("1969-12-31"))[0], "PastSchedule")
    })
  },
  {
    name: "lets an entry take the place of another",
    run: Effect.gen(function*() {
      const driver = yield* ScheduleDriver
      const first = yield* counter
      const second = yield* counter
      yield* Effect.orDie(driver.schedule({ id: "a", schedule: MINUTELY, callback: first.callback }))
      yield* Effect.orDie(driver.schedule({ id: "a", schedule: MINUTELY, callback: second.callback }))
      yield* round
      yield* expectSame("calls of the first and the second", [yield* first.count, yield* second.count], [0, 1])
    })
  }
]

const lives = <R>({ repeats, round }: Subject<R>): ReadonlyArray<Case<ScheduleDriver | R>> => [
  {
    name: "does not wait for callbacks, and survives them",
    run: Effect.gen(function*() {
      const driver = yield* ScheduleDriver
      const begun = yield* Ref.make(0)
      const hang = Effect.zipRight(Ref.update(begun, (n) => n + 1), Effect.never)
      const { callback, count } = yield* counter
      yield* Effect.orDie(driver.schedule({ id: "hangs", schedule: MINUTELY, callback: hang }))
      yield* Effect.orDie(driver.schedule({ id: "dies", schedule: MINUTELY, callback: Effect.die("boom") }))
      yield* Effect.orDie(driver.schedule({ id: "runs", schedule: MINUTELY, callback }))
      yield* round
      yield* round
      yield* expectSame("calls beside one that hangs", yield* count, repeats ? 2 : 1)
      yield* expectSame("calls of the one that hangs", yield* Ref.get(begun), repeats ? 2 : 1)
    })
  },
  {
    name: "begins nothing after cancel and dispose, and can be used again",
    run: Effect.gen(function*() {
      const driver = yield* ScheduleDriver
      const { callback, count } = yield* counter
      yield* driver.cancel({ id: "unknown" })
      yield* driver.cancel(yield* Effect.orDie(driver.schedule({ id: "a", schedule: MINUTELY, callback })))
      yield* round
      yield* Effect.orDie(driver.schedule({ id: "b", schedule: MINUTELY, callback }))
      yield* Effect.orDie(driver.schedule({ id: "c", schedule: MINUTELY, callback }))
      yield* driver.dispose
      yield* round
      yield* expectSame("calls after the end", yield* count, 0)
      yield* Effect.orDie(driver.schedule({ id: "a", schedule: MINUTELY, callback }))
      yield* round
      yield* expectSame("calls of a new entry", yield* count, 1)
    })
  },
  {
    name: "runs a one-shot once",
    run: Effect.gen(function*() {
      const driver = yield* ScheduleDriver
      const { callback, count } = yield* counter
      yield* Effect.orDie(driver.schedule({ id: "a", schedule: "1970-01-01T00:00:30Z", callback }))
      yield* round
      yield* round
      yield* expectSame("calls", yield* count, 1)
    })
  }
]

const ends = <R>(
  layer: Layer.Layer<ScheduleDriver | R>,
  round: Effect.Effect<void, never, R>
): Case<ScheduleDriver | R> => ({
  name: "ends callbacks with its Scope, and begins none after it",
  run: Effect.gen(function*() {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(Layer.fresh(layer), scope)
    const begun = yield* Ref.make(0)
    const ended = yield* Ref.make(0)
    const hang = Effect.onInterrupt(
      Effect.zipRight(Ref.update(begun, (n) => n + 1), Effect.never),
      () => Ref.update(ended, (n) => n + 1)
    )
    yield* Effect.orDie(Context.get(context, ScheduleDriver).schedule({ id: "a", schedule: MINUTELY, callback: hang }))
    yield* Effect.provide(round, context)
    yield* expectSame("callbacks that run", yield* Ref.get(begun), 1)
    yield* Scope.close(scope, Exit.void)
    yield* expectSame("callbacks that ended with the Scope", yield* Ref.get(ended), 1)
    yield* Effect.provide(round, context)
    yield* expectSame("callbacks after the Scope", yield* Ref.get(begun), 1)
  })
})

/**
 * @since 0.1.0
 * @category cases
 */
export const cases = <R = never>(subject: Subject<R>): ReadonlyArray<Case<ScheduleDriver | R>> => [
  ...basics(subject),
  ...lives(subject),
  ...(subject.layer === undefined ? [] : [ends(subject.layer, subject.round)])
]
