/** What is begun whole, interrupted at every step: it ends, and what it began has ended too. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import { inOwnFiber } from "../../src/OwnFiber.ts"
import { atEachStep, expectEnded, interruptedAt } from "../support/interrupted.ts"

/** Waits a little, several times; counted while it does. */
const working = () => {
  const work = { inside: 0 }
  const one = Effect.acquireUseRelease(
    Effect.sync(() => void work.inside++),
    () => Effect.repeatN(Effect.yieldNow(), 3),
    // what it holds is given back a moment later
    () => Effect.zipRight(Effect.promise(() => Promise.resolve()), Effect.sync(() => void work.inside--))
  )
  return { work, one }
}

const kinds: Readonly<Record<string, (one: Effect.Effect<void>) => Effect.Effect<unknown>>> = {
  "three, two at a time": (one) => Effect.forEach([1, 2, 3], () => one, { concurrency: 2 }),
  "all together, of which nothing is kept": (one) =>
    Effect.all([one, one], { concurrency: "unbounded", discard: true }),
  "a race": (one) => Effect.raceFirst(one, Effect.zipRight(one, Effect.never)),
  "one after the other": (one) => Effect.zipRight(one, one)
}

describe("inOwnFiber", () => {
  for (const [name, kind] of Object.entries(kinds)) {
    it.scopedLive(`${name}: ends whenever it is interrupted, and leaves nothing behind`, () =>
      Effect.gen(function*() {
        const steps = yield* atEachStep((blow) =>
          Effect.gen(function*() {
            const { one, work } = working()
            const { exit, struck } = yield* interruptedAt(inOwnFiber(kind(one)), blow)
            yield* expectEnded(exit)
            assert.strictEqual(work.inside, 0)
            return struck
          })
        )
        assert.isAbove(steps, 5)
      }))
  }

  it.effect("gives what the effect gives, fails as it fails, and keeps what it set", () =>
    Effect.gen(function*() {
      const ref = FiberRef.unsafeMake("before")
      assert.strictEqual(yield* inOwnFiber(Effect.as(FiberRef.set(ref, "after"), 7)), 7)
      assert.strictEqual(yield* FiberRef.get(ref), "after")
      assert.deepStrictEqual(yield* Effect.exit(inOwnFiber(Effect.fail("no"))), Exit.fail("no"))
      assert.deepStrictEqual(yield* Effect.exit(inOwnFiber(Effect.die("lost"))), Exit.die("lost"))
    }))
})
