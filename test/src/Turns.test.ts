/** Turns, interrupted at every step: nobody keeps a place that has gone, and nobody is passed over. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { Turns } from "../../src/Turns.ts"
import type { Blow } from "../support/interrupted.ts"
import { atEachStep, expectEnded, interruptedAt } from "../support/interrupted.ts"

/** What is done in a place, counted; it makes way some times. */
class Work {
  readonly order: Array<string> = []
  inside = 0
  most = 0

  readonly as = (name: string, ways = 2) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        this.order.push(name)
        this.most = Math.max(this.most, ++this.inside)
      }),
      () => Effect.repeatN(Effect.yieldNow(), ways),
      () => Effect.sync(() => this.inside--)
    )
}

/** Lets everything go on that does not wait. */
const rest = Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 1)))

/** A fiber that has come as far as it comes. */
const begun = <A, E>(effect: Effect.Effect<A, E>) => Effect.zipLeft(Effect.fork(effect), Effect.yieldNow())

const whole = (turns: Turns, places: number) =>
  Effect.gen(function*() {
    // whatever has become of it, it has all its places and no more
    assert.strictEqual(turns.waiting, 0)
    const work = new Work()
    yield* Effect.forEach(Array.from({ length: places + 2 }, (_, i) => `${i}`), (name) => turns.take(work.as(name)), {
      concurrency: "unbounded"
    })
    assert.deepStrictEqual([work.order.length, work.most, work.inside], [places + 2, places, 0])
  })

/** One that holds, one that is struck, and two behind it; the next trial's blow comes a step later. */
const trial = (places: number, blow: Blow, held: "before" | "never") =>
  Effect.gen(function*() {
    const turns = new Turns(places)
    const work = new Work()
    const release = yield* Deferred.make<void>()
    const holders = held === "never" ? 0 : places
    const first = yield* Effect.forEach(
      Array.from({ length: holders }),
      () => begun(turns.take(Deferred.await(release)))
    )
    const victim = yield* begun(interruptedAt(turns.take(work.as("victim")), blow))
    const others = yield* Effect.forEach(["b", "c"], (name) => begun(turns.take(work.as(name))))
    yield* rest
    yield* Deferred.succeed(release, undefined)
    const { exit, struck } = yield* Fiber.join(victim)
    yield* expectEnded(exit)
    yield* Effect.forEach([...first, ...others], Fiber.join)
    assert.deepStrictEqual(work.order.filter((name) => name !== "victim"), ["b", "c"])
    if (work.order.length === 3 && held === "before" && places === 1) assert.strictEqual(work.order[0], "victim")
    assert.strictEqual(work.inside, 0)
    assert.isAtMost(work.most, places)
    yield* whole(turns, places)
    return struck
  })

describe("turns", () => {
  it.effect("has its places again when what holds one throws, fails or is interrupted", () =>
    Effect.gen(function*() {
      const turns = new Turns(1)
      const uses: ReadonlyArray<() => Effect.Effect<void, string>> = [
        () => {
          throw new TypeError("no effect at all")
        },
        () => Effect.fail("no"),
        () => Effect.interrupt
      ]
      for (const use of uses) {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(turns.hold(use))))
        yield* whole(turns, 1)
      }
    }))

  for (const places of [1, 2]) {
    for (const held of ["before", "never"] as const) {
      const name = `${places} at a time, ${held === "never" ? "free" : "held"}: interrupted at every step`
      it.live(name, () =>
        Effect.map(
          atEachStep((blow) => trial(places, blow, held)),
          (steps) => assert.isAbove(steps, 8)
        ), 60_000)
    }
  }

  it.live("two that wait, each interrupted at each step", () =>
    Effect.gen(function*() {
      for (let a = 1; a < 16; a++) {
        for (let b = 1; b < 16; b++) {
          const turns = new Turns()
          const work = new Work()
          const release = yield* Deferred.make<void>()
          const holder = yield* begun(turns.take(Deferred.await(release)))
          const one = yield* begun(interruptedAt(turns.take(work.as("a")), { step: a, moment: "at" }))
          const other = yield* begun(interruptedAt(turns.take(work.as("b")), { step: b, moment: "at" }))
          const last = yield* begun(turns.take(work.as("c")))
          yield* Deferred.succeed(release, undefined)
          yield* Effect.forEach([one, other], Fiber.join)
          yield* Effect.forEach([holder, last], Fiber.join)
          assert.strictEqual(work.order.at(-1), "c")
          assert.strictEqual(work.most, 1)
          yield* whole(turns, 1)
        }
      }
    }), 60_000)

  for (
    const order of ["the place is handed over, then it is interrupted", "it is interrupted, then the place is free"]
  ) {
    it.live(`at one moment: ${order}`, () =>
      Effect.gen(function*() {
        const turns = new Turns()
        const work = new Work()
        const release = yield* Deferred.make<void>()
        const holder = yield* begun(turns.take(Deferred.await(release)))
        const victim = yield* begun(turns.take(work.as("victim", 10)))
        const last = yield* begun(turns.take(work.as("last")))
        const interrupt = Effect.sync(() => victim.unsafeInterruptAsFork(victim.id()))
        if (order.startsWith("it is")) {
          yield* Effect.zipRight(interrupt, Deferred.succeed(release, undefined))
        } else {
          // the fiber that leaves is the one that interrupts, with no step of the other between
          yield* Fiber.interruptFork(holder)
          while (turns.waiting === 2) yield* Effect.yieldNow()
          yield* interrupt
        }
        yield* Fiber.await(holder)
        yield* expectEnded(yield* Fiber.await(victim))
        yield* Fiber.join(last)
        assert.strictEqual(work.order.at(-1), "last")
        yield* whole(turns, 1)
      }))
  }

  it.live("first come, first served; who leaves the queue is forgotten; a failure gives its place back", () =>
    Effect.gen(function*() {
      const turns = new Turns()
      const work = new Work()
      const release = yield* Deferred.make<void>()
      const holder = yield* begun(turns.take(Effect.zipRight(Deferred.await(release), Effect.fail("no"))))
      const names = Array.from({ length: 20 }, (_, i) => `${i}`)
      const fibers = yield* Effect.forEach(names, (name) => begun(turns.take(work.as(name))))
      assert.strictEqual(turns.waiting, 20)
      yield* Effect.forEach([3, 7, 19], (i) => Fiber.interrupt(fibers[i]))
      assert.strictEqual(turns.waiting, 17)
      yield* Deferred.succeed(release, undefined)
      assert.strictEqual(yield* Effect.flip(Fiber.join(holder)), "no")
      yield* Effect.forEach(fibers, Fiber.await)
      assert.deepStrictEqual(work.order, names.filter((_, i) => ![3, 7, 19].includes(i)))
      yield* whole(turns, 1)
    }))

  it.live("where nothing may be interrupted, it waits for its place", () =>
    Effect.gen(function*() {
      const turns = new Turns()
      const work = new Work()
      const release = yield* Deferred.make<void>()
      const holder = yield* begun(turns.take(Deferred.await(release)))
      const waits = yield* begun(Effect.uninterruptible(turns.take(work.as("a"))))
      const interrupting = yield* begun(Fiber.interrupt(waits))
      assert.strictEqual(turns.waiting, 1)
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(holder)
      yield* Fiber.join(interrupting)
      assert.deepStrictEqual(work.order, ["a"])
      yield* whole(turns, 1)
    }))
})
