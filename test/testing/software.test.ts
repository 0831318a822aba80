/** WebAssembly programs on virtual time and seeded randomness. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"
import { folder } from "../support/wasm-programs.ts"

const leased = Effect.flatMap(folder, (path) => Vm.make({ software: [{ package: path }] }))

describe("software under a TestClock", () => {
  it.scoped("waits on the VM's clock, and its time stands still meanwhile", () =>
    Effect.gen(function*() {
      const { processes } = yield* leased
      const clock = "clock | od -An -td8 | tr -d ' '"
      assert.strictEqual((yield* processes.exec(clock)).stdout, "0\n")
      const waiting = yield* Effect.fork(processes.exec(`linger > /dev/null; ${clock}`))
      yield* TestClock.adjust("59 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(waiting)).stdout, "60000000000\n")
    }).pipe(Effect.provide(TestSidecar.layer({ seed: 1 }))), 60_000)

  it.scoped("waits until a time, and for input or a time", () =>
    Effect.gen(function*() {
      const { processes } = yield* leased
      const code = (script: string, options = {}) =>
        Effect.map(processes.exec(script, options), ({ exitCode }) => exitCode)
      assert.strictEqual(yield* code("echo x | either"), 1)
      assert.strictEqual(yield* code("either", { stdin: "" }), 1)
      // from here on a time is not as far away as its number says
      yield* TestClock.adjust("10 seconds")
      const later = yield* Effect.fork(code("later && date +%s | grep -x 60"))
      const either = yield* Effect.fork(code("sleep 100 | either"))
      const input = yield* Effect.fork(code("(sleep 30; echo x) | either"))
      yield* TestClock.adjust("49 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(later)))
      assert.isTrue(Option.isNone(yield* Fiber.poll(either)))
      assert.strictEqual(yield* Fiber.join(input), 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(later), 0)
      // the pipeline ends with its sleep
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual(yield* Fiber.join(either), 2)
    }).pipe(Effect.provide(TestSidecar.layer({ seed: 1 }))), 60_000)

  it.scoped("an endless loop is killed although no time passes", () =>
    Effect.gen(function*() {
      const { processes } = yield* leased
      const loop = yield* processes.spawn("spin", [], { stdin: "none" })
      yield* loop.kill("SIGKILL")
      assert.deepInclude(yield* loop.wait, { signal: "SIGKILL" })
      assert.strictEqual((yield* processes.exec("echo well | copy")).stdout, "well\n")
    }).pipe(Effect.provide(TestSidecar.layer({ seed: 1 }))), 60_000)

  it.live("randomness comes from the seed", () =>
    Effect.gen(function*() {
      const drawn = (seed: number) =>
        Effect.flatMap(leased, ({ processes }) => processes.exec("random | od -An -tx1; random | od -An -tx1")).pipe(
          Effect.map(({ stdout }) => stdout),
          Effect.scoped,
          Effect.provide(TestSidecar.layer({ seed }))
        )
      const [one, again, other] = [yield* drawn(1), yield* drawn(1), yield* drawn(2)]
      assert.strictEqual(one, again)
      assert.notStrictEqual(one, other)
      const [first, second] = one.split("\n")
      assert.notStrictEqual(first, second)
    }), 60_000)
})
