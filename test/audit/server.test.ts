/** What a sidecar tells of decisions, as the host takes it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { KEPT_EVENTS } from "../../layers/remote/audit/AuditLog.ts"
import * as AuditServer from "../../layers/remote/audit/AuditServer.ts"
import type { VmAudit } from "../../layers/remote/audit/VmAudit.ts"
import type { TransportShape } from "../../services/Transport.ts"

const nothing = new Uint8Array(0)

/** The handler of `tellAudit`, and what a VM with the handle 7 was told. */
const rig = Effect.gen(function*() {
  const taken: Array<number> = []
  const handlers: Array<(told: unknown) => Effect.Effect<unknown, unknown>> = []
  const server = yield* AuditServer.make({
    serve: (_: unknown, handler: never) => Effect.sync(() => void handlers.push(handler))
  } as unknown as TransportShape)
  yield* server.register(7, { take: ({ count }) => void taken.push(count) } as VmAudit)
  const tell = (vm: number, count: number) => Effect.either(handlers[0]({ vm, count, traces: [], notes: nothing }))
  return { taken, tell }
})

describe("AuditServer", () => {
  it.scoped("takes as many notes as there may be, and refuses more, and those of a VM that is gone", () =>
    Effect.gen(function*() {
      const { taken, tell } = yield* rig
      assert.isTrue(Either.isRight(yield* tell(7, KEPT_EVENTS)))
      const more = yield* tell(7, 2 ** 32 - 1)
      assert.include(JSON.stringify(more), "4294967295 notes at once")
      assert.include(JSON.stringify(yield* tell(8, 1)), "gone")
      assert.deepStrictEqual(taken, [KEPT_EVENTS])
    }))
})
