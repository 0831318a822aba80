/** The look at the clock while nobody calls: machines sleep, and clocks are set. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as DueTimer from "../../layers/scheduler/DueTimer.ts"
import type { Due } from "../../src/schedule/DueQueue.ts"
import { HandClock } from "./hand-clock.ts"

const HOUR = 3_600_000

class Item implements Due {
  due = 0
  order = 0
  place = -1
}

/** A timer on a clock worked by hand, what times its looks, and the instants at which it ran. */
const handTimer = Effect.gen(function*() {
  const clock = new HandClock(0)
  const watch = new HandClock(0)
  const ran: Array<number> = []
  const timer = yield* Effect.withClock(
    DueTimer.make<Item>({
      onDue: (_, now) => Effect.sync(() => void ran.push(now)),
      onClockBack: () => Effect.void,
      watch
    }),
    clock
  )
  return { clock, watch, ran, timer }
})

it.scopedLive("a clock that was put forward is noticed within half a minute of real time, though nobody calls", () =>
  Effect.gen(function*() {
    const { clock, ran, timer, watch } = yield* handTimer
    yield* timer.set(new Item(), HOUR)
    yield* clock.settle
    yield* clock.jump("2 hours")
    yield* clock.settle
    assert.deepStrictEqual(ran, [])
    yield* watch.pass("29 seconds")
    assert.deepStrictEqual(ran, [])
    yield* watch.pass("1 seconds")
    yield* clock.settle
    assert.deepStrictEqual(ran, [2 * HOUR])
    // and with nothing due, nobody looks
    yield* watch.pass("1 minute")
    assert.strictEqual(watch.sleeps.size, 0)
  }))

it.scopedLive("an item that comes after a time without any is due on time, though the clock was put forward meanwhile", () =>
  Effect.gen(function*() {
    const { clock, ran, timer, watch } = yield* handTimer
    const item = new Item()
    yield* timer.set(item, HOUR)
    yield* clock.settle
    yield* timer.delete(item)
    yield* watch.pass("30 seconds")
    yield* clock.jump("30 minutes")
    yield* timer.set(item, HOUR)
    yield* clock.pass("30 minutes")
    assert.deepStrictEqual(ran, [HOUR])
    assert.strictEqual(clock.sleeps.size, 0)
  }))

it.scopedLive("an item that comes when the timer should have woken is due on time", () =>
  Effect.gen(function*() {
    const { clock, ran, timer } = yield* handTimer
    const item = new Item()
    yield* timer.set(item, HOUR)
    yield* timer.set(new Item(), 9 * HOUR)
    yield* clock.settle
    yield* timer.delete(item)
    yield* clock.jump("2 hours")
    yield* timer.set(item, 2 * HOUR + 1000)
    yield* clock.pass("1 seconds")
    assert.deepStrictEqual(ran, [2 * HOUR + 1000])
    // the first sleep is over, the one for the last item goes on
    assert.strictEqual(clock.sleeps.size, 1)
  }))
