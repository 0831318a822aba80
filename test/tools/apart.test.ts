/** What runs apart from the fiber that waits for it: when it ends, when it is interrupted, and what is shared. */
import { assert, describe, it } from "@effect/vitest"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as TestClock from "effect/TestClock"
import * as Apart from "../../layers/remote/tools/Apart.ts"

const late = () => "late"

/** As a runner of tools waits for a handler. */
const apart = <A, E>(effect: Effect.Effect<A, E>, milliseconds: number, late: () => E): Effect.Effect<A, E> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.clockWith((clock) => Apart.apart(effect, { clock, milliseconds, late })(restore))
  )

const settled = Effect.forEach(Array.from({ length: 20 }), () => Effect.yieldNow(), { discard: true })
const noted = FiberRef.unsafeMake("nothing")

/** Notes that it has been interrupted. */
const told = (lines: Array<string>) => Effect.onInterrupt(() => Effect.sync(() => lines.push("interrupted")))

describe("an Effect that runs apart", () => {
  it("has ended when it is started, where it waits for nothing", () => {
    assert.deepStrictEqual(Effect.runSyncExit(apart(Effect.succeed(1), 100, late)), Exit.succeed(1))
    assert.deepStrictEqual(Effect.runSyncExit(apart(Effect.fail("no"), 100, late)), Exit.fail("no"))
    assert.deepStrictEqual(Effect.runSyncExit(apart(Effect.die("bad"), 100, late)), Exit.die("bad"))
  })

  it.effect("has the context, the span and the fiber refs of its caller, and leaves it those that it sets", () =>
    Effect.gen(function*() {
      const Tag = Context.GenericTag<number>("number")
      for (const wait of [Effect.void, Effect.yieldNow()]) {
        const inside = Effect.gen(function*() {
          yield* wait
          const context = yield* Effect.context<never>()
          const { name } = yield* Effect.orDie(Effect.currentSpan)
          const before = yield* FiberRef.get(noted)
          yield* FiberRef.set(noted, "inside")
          return [Context.unsafeGet(context, Tag), name, before]
        })
        const seen = apart(inside, 100, late).pipe(Effect.provideService(Tag, 7), Effect.withSpan("above"))
        yield* FiberRef.set(noted, "outside")
        assert.deepStrictEqual(yield* seen, [7, "above", "outside"])
        assert.strictEqual(yield* FiberRef.get(noted), "inside")
      }
    }))

  it.effect("is interrupted when its time is over, and not a millisecond before", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const run = yield* Effect.fork(apart(told(lines)(Effect.never), 100, late))
      yield* settled
      yield* TestClock.adjust(99)
      yield* settled
      assert.isNull(run.unsafePoll())
      assert.deepStrictEqual(lines, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.await(run), Exit.fail("late"))
      yield* settled
      assert.deepStrictEqual(lines, ["interrupted"])
    }))

  it.effect("has what it took before it waited counted", () =>
    Effect.gen(function*() {
      // what computes for 60 ms lets no clock go on meanwhile
      const clock = yield* Effect.clock
      let computed = 0
      const busy: Clock.Clock = Object.assign(Object.create(clock), {
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + computed
      })
      const computing = Effect.sync(() => {
        computed = 60
      })
      const run = yield* Effect.fork(Effect.withClock(apart(Effect.zipRight(computing, Effect.never), 100, late), busy))
      yield* settled
      yield* TestClock.adjust(39)
      yield* settled
      assert.isNull(run.unsafePoll())
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.await(run), Exit.fail("late"))
    }))

  it.effect("is in time when it ends before", () =>
    Effect.gen(function*() {
      const run = yield* Effect.fork(apart(Effect.as(Effect.sleep(99), "done"), 100, late))
      yield* settled
      yield* TestClock.adjust(99)
      assert.deepStrictEqual(yield* Fiber.await(run), Exit.succeed("done"))
    }))

  it.effect("is interrupted with its caller", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const run = yield* Effect.fork(apart(told(lines)(Effect.never), 100, late))
      yield* settled
      const exit = yield* Fiber.interrupt(run)
      assert.isTrue(Exit.isInterrupted(exit))
      yield* settled
      assert.deepStrictEqual(lines, ["interrupted"])
    }))

  it.effect("is interrupted with a caller that is interrupted while it starts", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const run = yield* Effect.fork(Effect.withFiberRuntime<never, string>((caller) =>
        apart(
          Effect.suspend(() => {
            caller.unsafeInterruptAsFork(caller.id())
            return told(lines)(Effect.never)
          }),
          100,
          late
        )
      ))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(run)))
      yield* settled
      assert.deepStrictEqual(lines, ["interrupted"])
    }))

  it.effect("is not waited for when it cannot be interrupted", () =>
    Effect.gen(function*() {
      const end = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<void>()
      const deaf = Effect.uninterruptible(Effect.zipRight(Deferred.await(end), Deferred.succeed(ended, undefined)))
      const slow = yield* Effect.fork(apart(deaf, 100, late))
      const withdrawn = yield* Effect.fork(apart(deaf, 100, late))
      yield* settled
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(withdrawn)))
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(yield* Fiber.await(slow), Exit.fail("late"))
      yield* Deferred.succeed(end, undefined)
      yield* Deferred.await(ended)
    }))

  it.effect("can be interrupted by nobody where its caller cannot", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const handled = Effect.zipRight(Effect.sleep(50), Effect.sync(() => lines.push("done")))
      const run = yield* Effect.fork(Effect.uninterruptible(apart(told(lines)(handled), 100, late)))
      yield* settled
      run.unsafeInterruptAsFork(run.id())
      yield* TestClock.adjust(50)
      yield* Fiber.await(run)
      assert.deepStrictEqual(lines, ["done"])
    }))
})
