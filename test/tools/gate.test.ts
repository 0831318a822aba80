/** The turns of a tool's calls: as many at once as it takes, first come first, and none is lost. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { Gate } from "../../layers/remote/tools/Gate.ts"
import { defaultToolLimits } from "../../src/tools/BoundTool.ts"

const gateOf = (concurrency: number) => new Gate("kit:tool", { ...defaultToolLimits, concurrency })
const refuse = (message: string) => message

/** A call that may be interrupted from its beginning to its end. */
const passed = <A>(gate: Gate, call: Effect.Effect<A, string>): Effect.Effect<A, string> =>
  Effect.clockWith((clock) => gate.pass((restore) => restore(call), { clock, refuse }))

/** Everything that can go on without the clock has gone on. */
const settled = Effect.forEach(Array.from({ length: 20 }), () => Effect.yieldNow(), { discard: true })

/** A call that says when it runs, and runs until it is told to end. */
const caller = (gate: Gate, name: string, running: Array<string>) =>
  Effect.gen(function*() {
    const end = yield* Deferred.make<void>()
    const call = passed(
      gate,
      Effect.ensuring(
        Effect.zipRight(Effect.sync(() => running.push(name)), Deferred.await(end)),
        Effect.sync(() => running.splice(running.indexOf(name), 1))
      )
    )
    const fiber = yield* Effect.fork(call)
    yield* settled
    return { fiber, end: Effect.zipRight(Deferred.succeed(end, undefined), settled) }
  })

describe("a gate", () => {
  it.effect("lets a call through at once, without its fiber ever waiting, while there are turns", () =>
    Effect.sync(() => {
      const gate = gateOf(1)
      for (let i = 0; i < 3; i++) {
        assert.deepStrictEqual(Effect.runSyncExit(passed(gate, Effect.succeed(i))), Exit.succeed(i))
      }
    }))

  it.effect("lets as many in as the tool takes, the others in their order", () =>
    Effect.gen(function*() {
      const gate = gateOf(2)
      const running: Array<string> = []
      const [a, b, c] = yield* Effect.forEach(["a", "b", "c", "d"], (name) => caller(gate, name, running))
      assert.deepStrictEqual(running, ["a", "b"])
      yield* b.end
      assert.deepStrictEqual(running, ["a", "c"])
      yield* a.end
      assert.deepStrictEqual(running, ["c", "d"])
      yield* c.end
      assert.deepStrictEqual(running, ["d"])
    }))

  it.effect("gives the turn of a call that fails or is interrupted to the next", () =>
    Effect.gen(function*() {
      const gate = gateOf(1)
      const running: Array<string> = []
      assert.deepStrictEqual(yield* Effect.exit(passed(gate, Effect.fail("no"))), Exit.fail("no"))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(passed(gate, Effect.die("worse")))))
      const a = yield* caller(gate, "a", running)
      yield* caller(gate, "b", running)
      yield* Fiber.interrupt(a.fiber)
      yield* settled
      assert.deepStrictEqual(running, ["b"])
    }))

  it.effect("forgets one that waits and is interrupted, whose place the next has", () =>
    Effect.gen(function*() {
      const gate = gateOf(1)
      const running: Array<string> = []
      const [a, b, c] = yield* Effect.forEach(["a", "b", "c", "d"], (name) => caller(gate, name, running))
      yield* Fiber.interrupt(c.fiber)
      yield* settled
      assert.deepStrictEqual(running, ["a"])
      yield* a.end
      assert.deepStrictEqual(running, ["b"])
      yield* b.end
      assert.deepStrictEqual(running, ["d"])
    }))

  it.effect("loses no turn that is given to one who is interrupted at that moment, whichever comes first", () =>
    Effect.gen(function*() {
      for (const interruptFirst of [true, false]) {
        for (let steps = 0; steps < 8; steps++) {
          const gate = gateOf(1)
          const running: Array<string> = []
          const [a, b] = yield* Effect.forEach(["a", "b", "c"], (name) => caller(gate, name, running))
          const interrupt = Effect.sync(() => b.fiber.unsafeInterruptAsFork(b.fiber.id()))
          const between = Effect.forEach(Array.from({ length: steps }), () => Effect.yieldNow(), { discard: true })
          const end = Effect.asVoid(Effect.fork(a.end))
          yield* interruptFirst ? interrupt : end
          yield* between
          yield* interruptFirst ? end : interrupt
          yield* settled
          yield* settled
          assert.deepStrictEqual(running, ["c"], `${interruptFirst ? "interrupted" : "given"} first, ${steps} steps`)
          // and none is there twice
          yield* caller(gate, "d", running)
          assert.deepStrictEqual(running, ["c"])
        }
      }
    }))

  it.effect("takes no turn of one that is interrupted before it waits", () =>
    Effect.gen(function*() {
      const gate = gateOf(1)
      const running: Array<string> = []
      const a = yield* caller(gate, "a", running)
      const late = yield* Effect.fork(
        Effect.withFiberRuntime<void, string>((fiber) => {
          fiber.unsafeInterruptAsFork(fiber.id())
          return Effect.uninterruptible(Effect.interruptible(passed(gate, Effect.void)))
        })
      )
      yield* Fiber.await(late)
      yield* caller(gate, "b", running)
      assert.deepStrictEqual(running, ["a"])
      yield* a.end
      assert.deepStrictEqual(running, ["b"])
    }))

  it.effect("refuses the 4,097th that would wait", () =>
    Effect.gen(function*() {
      const gate = gateOf(1)
      const running: Array<string> = []
      yield* caller(gate, "a", running)
      const waiting = yield* Effect.forEach(Array.from({ length: 4096 }), () => Effect.fork(passed(gate, Effect.void)))
      yield* settled
      assert.strictEqual(
        yield* Effect.flip(passed(gate, Effect.void)),
        "more than 4096 calls of kit:tool wait already"
      )
      yield* Fiber.interrupt(waiting[7])
      const fiber = yield* Effect.fork(passed(gate, Effect.void))
      yield* settled
      assert.isNull(fiber.unsafePoll())
    }))
})
