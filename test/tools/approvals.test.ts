/** Calls that somebody must agree to, from the question to the record, in the time of a test. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { TestSidecar, VirtualTime } from "../../layers/testing/index.ts"
import { always, type ApprovalRequest, Approvals, approve, deny } from "../../services/Approvals.ts"
import * as ToolKit from "../../services/ToolKit.ts"
import { Vm } from "../../services/Vm.ts"
import { failureOf } from "../contract/layers.ts"
import type { Payment } from "./desk.ts"
import {
  alone,
  asking,
  calls,
  denied,
  FAILED,
  Handled,
  input,
  NONE,
  PAY,
  quiet,
  requestDigest,
  settled,
  sh,
  started,
  withDesk
} from "./desk.ts"

describe("an approval", () => {
  it.scoped("is a question with all that is needed to answer it, and lets the call through", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      const [run] = yield* started(`${PAY} --card 4111`)
      const [asked, ...others] = yield* approvals.pending
      assert.deepStrictEqual(others, [])
      const { id, pid, vmId, ...rest } = asked
      assert.match(id, /^[0-9a-f-]{36}$/)
      assert.strictEqual(vmId, (yield* Vm).vmId)
      assert.isAbove(pid, 1)
      assert.deepStrictEqual(rest, {
        call: 1,
        tool: "desk:pay",
        sideEffect: "external_system",
        reason: "manual",
        arguments: { id: "7", cents: 500, card: "[redacted]" },
        digest: requestDigest({ ...input, card: "4111" }),
        created: 0,
        expires: 300_000
      })
      assert.deepStrictEqual(handled.calls, [])
      const answered = yield* approvals.answer(id, approve({ note: "fine" }))
      assert.deepStrictEqual(answered, { ...asked, state: "approved", always: false, note: "fine" })
      const { exitCode, stdout } = yield* Fiber.join(run)
      assert.strictEqual(exitCode, 0)
      assert.deepInclude(JSON.parse(stdout).result, { paid: 500 })
      assert.deepStrictEqual(handled.calls, [{ ...input, card: "4111" }])
      assert.deepStrictEqual(yield* approvals.pending, [])
      const [record] = yield* calls
      assert.deepInclude(record, { status: "ok", requestDigest: asked.digest, error: null })
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })

  it.scoped("that is a deny says so to the guest, with its note", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      const [run] = yield* started(PAY)
      const [asked] = yield* approvals.pending
      yield* approvals.answer(asked.id, deny("too much"))
      assert.deepStrictEqual(yield* Fiber.join(run), denied("EACCES: the call of desk:pay was not approved: too much"))
      assert.deepStrictEqual(handled.calls, [])
      const [record] = yield* calls
      assert.deepInclude(record, { status: "denied", responseDigest: null, requestDigest: asked.digest })
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })

  it.scoped("for ever is for this VM and this tool", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      const [run] = yield* started(PAY)
      const [asked] = yield* approvals.pending
      yield* approvals.answer(asked.id, always)
      yield* Fiber.join(run)
      assert.strictEqual((yield* sh(PAY)).exitCode, 0)
      const [other] = yield* started("desk look --id 1")
      assert.deepStrictEqual((yield* approvals.pending).map(({ tool }) => tool), ["desk:look"])
      yield* Fiber.interrupt(other)
      const fork = yield* (yield* Vm).fork
      const there = yield* Effect.fork(fork.processes.exec(PAY))
      yield* VirtualTime.settle
      assert.deepStrictEqual((yield* approvals.pending).map(({ vmId }) => vmId), [fork.vmId])
      yield* Fiber.interrupt(there)
      assert.strictEqual(handled.calls.length, 2)
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })

  it.scoped("that nobody can give is a deny, in the words of the published system", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* sh(PAY), denied(asking))
      assert.deepStrictEqual(yield* sh("desk look --id 1"), denied(asking.replace("pay", "look")))
      assert.deepStrictEqual(handled.calls, [])
      assert.deepStrictEqual((yield* calls).map(({ status }) => status), ["denied", "denied"])
    }).pipe(Effect.provide(alone(handled)))
  })

  for (
    const [title, note, handler] of [
      ["fails", FAILED, () => Effect.fail("the desk is closed")],
      ["has a defect", FAILED, () => Effect.die("boom")],
      ["throws", FAILED, () => {
        throw new Error("boom")
      }],
      ["is interrupted", FAILED, () => Effect.interrupt],
      ["answers with nonsense", NONE, () => Effect.succeed({ _tag: "Maybe" } as never)],
      ["answers with nothing", NONE, () => Effect.succeed(undefined as never)]
    ] as const
  ) {
    it.scoped(`by a handler that ${title} is a deny`, () => {
      const handled = new Handled()
      return Effect.gen(function*() {
        assert.deepStrictEqual(
          yield* sh(PAY),
          denied(`EACCES: the call of desk:pay was not approved: ${note}`)
        )
        assert.deepStrictEqual(handled.calls, [])
        const [settlement] = yield* settled
        assert.deepInclude(settlement, { state: "denied", always: false })
      }).pipe(Effect.provide(withDesk(handled, Approvals.layer(handler))), Effect.provide(quiet))
    })
  }

  it.scoped("that does not come in time is a deny, to the millisecond", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      const [run] = yield* started(PAY)
      const [asked] = yield* approvals.pending
      assert.strictEqual(asked.expires - asked.created, 60_000)
      yield* TestClock.adjust(59_999)
      assert.isNull(run.unsafePoll())
      yield* TestClock.adjust(1)
      const message = "the approval of desk:pay was not answered in time"
      assert.deepStrictEqual(yield* Fiber.join(run), denied(message, "TIMEOUT_TOOL"))
      assert.deepInclude(yield* approvals.answer(asked.id, approve()), { state: "expired", always: false })
      assert.deepStrictEqual(handled.calls, [])
      const [record] = yield* calls
      assert.deepInclude(record, { status: "denied", durationMs: 60_000 })
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk({ expiry: "1 minute" }))))
  })

  it.scoped("stands for twenty days at most, which timers and JSON can tell", () =>
    Effect.gen(function*() {
      const { expiryMs } = yield* Approvals
      assert.strictEqual(expiryMs, 20 * 86_400_000)
    }).pipe(Effect.provide(Approvals.desk({ expiry: Duration.infinity }))))

  it.scoped("by a handler that never answers expires", () => {
    const handled = new Handled()
    let withdrawn = 0
    const handler = () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => void withdrawn++))
    return Effect.gen(function*() {
      const [run] = yield* started(PAY)
      yield* TestClock.adjust(10)
      assert.strictEqual((yield* Fiber.join(run)).exitCode, 1)
      assert.strictEqual(withdrawn, 1)
    }).pipe(Effect.provide(withDesk(handled, Approvals.layer(handler, { expiry: 10 }))))
  })

  it.scoped("is asked for by each of several calls at once, and each has its own answer", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      const runs = yield* started(
        ...Array.from({ length: 8 }, (_, index) => `desk pay --id ${index} --cents ${index + 1}`),
        "for i in 8 9; do desk pay --id $i --cents 1 & done; wait"
      )
      const pending = yield* approvals.pending
      assert.strictEqual(pending.length, 10)
      assert.strictEqual(new Set(pending.map(({ id }) => id)).size, 10)
      assert.strictEqual(new Set(pending.map(({ call }) => call)).size, 10)
      assert.deepStrictEqual(
        pending.map((request) => (request.arguments as typeof Payment.Type).id).sort(),
        Array.from({ length: 10 }, (_, index) => String(index))
      )
      const isEven = (request: ApprovalRequest) => Number((request.arguments as typeof Payment.Type).id) % 2 === 0
      for (const request of pending.toReversed()) {
        yield* approvals.answer(request.id, isEven(request) ? approve() : deny())
      }
      const results = yield* Effect.forEach(runs, Fiber.join)
      results.slice(0, 8).forEach(({ exitCode, stdout }, index) => {
        assert.strictEqual(exitCode, index % 2)
        if (index % 2 === 0) assert.strictEqual(JSON.parse(stdout).result.paid, index + 1)
      })
      assert.deepStrictEqual(
        handled.calls.map((call) => Number((call as typeof Payment.Type).id)).sort(),
        [0, 2, 4, 6, 8]
      )
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })

  it.scoped("is decided by its first answer; a second one reports that", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      const [run] = yield* started(PAY)
      const [asked] = yield* approvals.pending
      const first = yield* approvals.answer(asked.id, deny("no"))
      const second = yield* approvals.answer(asked.id, approve())
      const third = yield* approvals.answer(asked.id, always)
      assert.deepStrictEqual([second, third], [first, first])
      assert.strictEqual((yield* Fiber.join(run)).exitCode, 1)
      assert.deepStrictEqual(yield* approvals.answer(asked.id, approve()), first)
      assert.isUndefined(yield* approvals.answer("of-nobody", approve()))
      assert.deepStrictEqual(handled.calls, [])
      const [again] = yield* started(PAY)
      assert.strictEqual((yield* approvals.pending).length, 1)
      yield* Fiber.interrupt(again)
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })

  it.scoped("is withdrawn when nobody waits for the call any more", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      const ways = [
        `${PAY} & pid=$!; sleep 1; kill $pid; wait; echo over`,
        `timeout 1 ${PAY}; echo over`,
        `${PAY} & sleep 1; kill -9 $!; echo over`
      ]
      for (const way of ways) {
        const [run] = yield* started(way)
        const [asked] = yield* approvals.pending
        yield* TestClock.adjust("1 seconds")
        assert.include((yield* Fiber.join(run)).stdout, "over", way)
        yield* VirtualTime.settle
        assert.deepStrictEqual(yield* approvals.pending, [], way)
        assert.deepInclude(yield* approvals.answer(asked.id, approve()), { state: "cancelled" }, way)
      }
      const [run] = yield* started(PAY)
      assert.strictEqual((yield* approvals.pending).length, 1)
      yield* Fiber.interrupt(run)
      yield* VirtualTime.settle
      assert.deepStrictEqual(yield* approvals.pending, [])
      assert.deepStrictEqual(handled.calls, [])
      assert.deepStrictEqual((yield* settled).map(({ state }) => state), Array(4).fill("cancelled"))
      assert.deepStrictEqual(
        (yield* calls).map(({ error, status }) => [status, error?.code]),
        Array(4).fill(["error", "CANCELLED"])
      )
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })

  it.scoped("holds up the call, and neither the VM nor other calls of the tool", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      const [run] = yield* started(`${PAY}; echo after`)
      const [asked] = yield* approvals.pending
      assert.deepInclude(yield* sh("echo alive; cat /etc/hostname"), { exitCode: 0 })
      assert.strictEqual((yield* sh("desk small --id 1 --cents 1")).exitCode, 0)
      yield* (yield* Vm).filesystem.writeFile("/tmp/a", "a")
      const [second] = yield* started(PAY)
      const [, other] = yield* approvals.pending
      yield* approvals.answer(other.id, approve())
      assert.strictEqual((yield* Fiber.join(second)).exitCode, 0)
      assert.isNull(run.unsafePoll())
      assert.deepStrictEqual((yield* calls).map(({ status }) => status), ["approval_pending", "ok", "ok"])
      yield* approvals.answer(asked.id, deny())
      assert.include((yield* Fiber.join(run)).stdout, "after")
      assert.deepStrictEqual((yield* calls).map(({ status }) => status), ["ok", "ok", "denied"])
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })

  it.scoped("shows no redacted value, wherever it is", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      const [run] = yield* started(`${PAY} --card 4111-secret`)
      assert.notInclude(JSON.stringify(yield* approvals.pending), "4111")
      const [asked] = yield* approvals.pending
      const record = yield* approvals.answer(asked.id, approve())
      assert.notInclude(JSON.stringify(record), "4111")
      yield* Fiber.join(run)
      assert.deepStrictEqual(handled.calls, [{ ...input, card: "4111-secret" }])
      assert.notInclude(JSON.stringify(yield* (yield* Vm).audit.recent), "4111")
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })

  it.scoped("is told of to who listens, pending ones first, and is in the audit in order", () => {
    const handled = new Handled()
    return Effect.gen(function*() {
      const approvals = yield* Approvals
      yield* started(PAY)
      const both = yield* Deferred.make<ReadonlyArray<string>>()
      const listener = yield* approvals.requests.pipe(
        Stream.take(2),
        Stream.map(({ tool }) => tool),
        Stream.runCollect,
        Effect.tap((tools) => Deferred.succeed(both, Array.from(tools))),
        Effect.fork
      )
      yield* VirtualTime.settle
      yield* started("desk look --id 1")
      assert.deepStrictEqual(yield* Deferred.await(both), ["desk:pay", "desk:look"])
      yield* Fiber.join(listener)
      for (const { id } of yield* approvals.pending) yield* approvals.answer(id, approve())
      yield* VirtualTime.settle
      const told = (yield* (yield* Vm).audit.recent).flatMap((event) =>
        event._tag === "ToolCalled"
          ? [`${event.call} ${event.record.status}`]
          : event._tag === "ApprovalAsked"
          ? [`${event.call} asked`]
          : event._tag === "ApprovalSettled"
          ? [`${event.call} ${event.state}`]
          : []
      )
      for (const call of [1, 2]) {
        assert.deepStrictEqual(
          told.filter((text) => text.startsWith(`${call} `)).map((text) => text.slice(2)),
          ["asked", "approval_pending", "approved", "ok"]
        )
      }
    }).pipe(Effect.provide(withDesk(handled, Approvals.desk())))
  })
})

describe("a rule of automatic approval", () => {
  it.scoped("lets a call through, and asks where it does not", () => {
    const handled = new Handled()
    const asked: Array<string> = []
    const handler = (request: ApprovalRequest) => Effect.sync(() => (asked.push(request.reason), deny()))
    return Effect.gen(function*() {
      const small = (cents: number) => Effect.map(sh(`desk small --id 1 --cents ${cents}`), ({ exitCode }) => exitCode)
      assert.strictEqual(yield* small(100), 0)
      assert.strictEqual(yield* small(101), 1)
      assert.strictEqual(yield* small(1), 0)
      assert.strictEqual(yield* small(1), 1)
      assert.deepStrictEqual(asked, ["rule", "rule"])
      assert.strictEqual(handled.calls.length, 2)
      assert.strictEqual((yield* sh("desk look --id 1")).exitCode, 1)
      assert.deepStrictEqual(asked, ["rule", "rule", "policy"])
    }).pipe(Effect.provide(withDesk(handled, Approvals.layer(handler))))
  })

  for (const rule of ["kwargs.cents <=", "process.exit()", "cents < 3", "", "kwargs.cents < 1 and"]) {
    it.scoped(`${JSON.stringify(rule)} is refused with the configuration`, () =>
      Effect.gen(function*() {
        const kit = ToolKit.make("kit", {
          description: "Kit",
          tools: {
            one: ToolKit.tool({ description: "One", input: Schema.Struct({}), approval: { auto: rule } })
          }
        })
        const live = kit.toLayer({ one: () => Effect.void })
        const error = yield* failureOf(Effect.provide(Vm.make({ toolKits: [kit] }), live))
        assert.strictEqual(error._tag, "ConfigError")
        assert.include(error.message, "toolKits[0].tools.one.approval.auto: no approval rule")
      }).pipe(Effect.provide(TestSidecar.layer({ seed: 7 }))))
  }
})
