/** Approvals that put other arguments in the place of those that were asked about. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Approvals, approve, deny } from "../../services/Approvals.ts"
import { Vm } from "../../services/Vm.ts"
import { calls, denied, Handled, input, PAY, requestDigest, started, withDesk } from "./desk.ts"

describe("an approval", () => {
  it.scoped("may put other arguments in the place of those that were asked about", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      const [run] = yield* started(PAY)
      const [asked] = yield* approvals.pending
      const edited = { id: "7", cents: 50 }
      yield* approvals.answer(asked.id, approve({ arguments: edited }))
      const { result } = JSON.parse((yield* Fiber.join(run)).stdout)
      assert.strictEqual(result.paid, 50)
      assert.deepStrictEqual(handled.calls, [edited])
      const [record] = yield* calls
      assert.strictEqual(record.requestDigest, requestDigest(edited))
      assert.notStrictEqual(record.requestDigest, asked.digest)
      // the key is that of the call as it was made
      const { audit } = yield* Vm
      const called = (yield* audit.recent).flatMap((event) => event._tag === "ToolCalled" ? [event.key] : [])
      assert.strictEqual(called.at(-1), result.key)
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })

  it.scoped("with arguments that were edited as they were shown leaves what was not shown as it was", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      const [run] = yield* started(`${PAY} --card 4111-secret`)
      const [asked] = yield* approvals.pending
      const shown = asked.arguments as typeof input
      yield* approvals.answer(asked.id, approve({ arguments: { ...shown, cents: 50 } }))
      assert.strictEqual((yield* Fiber.join(run)).exitCode, 0)
      const edited = { ...input, cents: 50, card: "4111-secret" }
      assert.deepStrictEqual(handled.calls, [edited])
      assert.deepStrictEqual((yield* calls).map((record) => record.requestDigest), [requestDigest(edited)])
      assert.notInclude(JSON.stringify(yield* (yield* Vm).audit.recent), "4111")
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })

  it.scoped("whose arguments cannot be read, or whose note is none, harms nothing", () => {
    const handled = new Handled()
    const cycle: Record<string, unknown> = { ...input }
    cycle.card = cycle
    const thrower = Object.defineProperty({ ...input }, "card", {
      enumerable: true,
      get: () => {
        throw new Error("no")
      }
    })
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      for (const wrong of [cycle, thrower]) {
        const [run] = yield* started(PAY)
        const [asked] = yield* approvals.pending
        yield* approvals.answer(asked.id, approve({ arguments: wrong }))
        assert.strictEqual(JSON.parse((yield* Fiber.join(run)).stdout).error.code, "INVALID_ARGUMENT")
      }
      assert.deepStrictEqual(handled.calls, [])
      const [run] = yield* started(PAY)
      const [asked] = yield* approvals.pending
      yield* approvals.answer(asked.id, deny(7 as never))
      assert.deepStrictEqual<object>(
        yield* Fiber.join(run),
        denied("EACCES: the call of desk:pay was not approved")
      )
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })

  it.scoped("with arguments that are none is no approval", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      for (const wrong of [{ id: 7, cents: 50 }, { id: "7", cents: 50, extra: 1 }, "text", { id: "7", cents: 1n }]) {
        const [run] = yield* started(PAY)
        const [asked] = yield* approvals.pending
        yield* approvals.answer(asked.id, approve({ arguments: wrong }))
        const { exitCode, stdout } = yield* Fiber.join(run)
        assert.strictEqual(exitCode, 1)
        assert.strictEqual(JSON.parse(stdout).error.code, "INVALID_ARGUMENT")
      }
      assert.deepStrictEqual(handled.calls, [])
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })
})
