/** Whoever takes part in a tool call goes in the middle of it: nobody makes it a second time, and its record says so. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { NodeSidecar } from "../../layers/node/index.ts"
import type { AuditEvent } from "../../services/Audit.ts"
import * as ToolKit from "../../services/ToolKit.ts"
import { Vm, type VmShape } from "../../services/Vm.ts"
import { failureOf } from "../contract/layers.ts"
import type { Left } from "./support.ts"
import { before, expectNothingLeft, sidecarsOf } from "./support.ts"

const Bank = ToolKit.make("bank", {
  description: "Payments that must not be made twice",
  tools: {
    pay: ToolKit.tool({
      description: "Pay",
      input: Schema.Struct({ cents: Schema.Int }),
      output: Schema.Int,
      sideEffect: "external_system",
      idempotent: false,
      limits: { concurrency: 1 }
    }),
    balance: ToolKit.tool({ description: "Balance", input: Schema.Struct({}), output: Schema.Int })
  }
})

/** A VM with the kit, whose payments never end by themselves, and what became of them. */
const makeBank = Effect.gen(function*() {
  const begun = yield* Deferred.make<void>()
  const withdrawn = yield* Deferred.make<void>()
  const made: Array<number> = []
  const pay = ({ cents }: { readonly cents: number }) =>
    Effect.sync(() => void made.push(cents)).pipe(
      Effect.zipRight(Deferred.succeed(begun, undefined)),
      Effect.zipRight(Effect.never),
      Effect.onInterrupt(() => Deferred.succeed(withdrawn, undefined))
    )
  const vm = yield* Effect.provide(
    Vm.make({ toolKits: [Bank] }),
    Bank.toLayer({ pay, balance: () => Effect.succeed(7) })
  )
  return { vm, made, begun, withdrawn }
})

const settledCalls = (events: ReadonlyArray<AuditEvent>) =>
  events.flatMap((event) => event._tag === "ToolCalled" ? [event] : [])

/** Bounded only so that a call which is never withdrawn fails its test. */
const soon = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.timeout(effect, "20 seconds")

/** The records of a VM's calls, once there are some. */
const recordsOf = ({ audit }: VmShape) =>
  soon(
    Effect.map(audit.recent, settledCalls).pipe(
      Effect.repeat({ until: (calls) => calls.length > 0, schedule: Schedule.spaced("10 millis") }),
      Effect.zipRight(Effect.map(audit.recent, settledCalls))
    )
  )

const uncertain = (calls: ReturnType<typeof settledCalls>): void => {
  assert.strictEqual(calls.length, 1)
  assert.deepInclude(calls[0].record, {
    name: "bank:pay",
    sideEffect: "external_system",
    status: "uncertain",
    responseDigest: null
  })
  assert.strictEqual(calls[0].record.error?.code, "INTERRUPTED")
  assert.match(calls[0].record.requestDigest, /^[0-9a-f]{64}$/)
  assert.match(calls[0].key, /^[0-9a-f]{64}$/)
}

type Way = (vm: VmShape) => Effect.Effect<unknown, unknown>

const PAY = "bank pay --cents 5"

let was: Left
beforeAll(() => {
  was = before()
})
afterAll(() => expectNothingLeft(was))

const kill = Effect.sync(() => {
  const pids = sidecarsOf(process.pid)
  assert.isAbove(pids.length, 0, "there is a sidecar to kill")
  for (const pid of pids) process.kill(pid, "SIGKILL")
})

describe("the sidecar is killed in the middle of a call", () => {
  const ways: Readonly<Record<string, Way>> = {
    "of a guest": ({ processes }) => processes.exec(`${PAY}; ${PAY}`),
    "of a guest that would try again": ({ processes }) => processes.exec(`until ${PAY}; do :; done`),
    "of several guests": ({ processes }) =>
      Effect.all([processes.exec(PAY), processes.exec("bank balance; sleep 1000")], { concurrency: 2 })
  }
  for (const [title, way] of Object.entries(ways)) {
    it.live(
      `${title}: the record says uncertain, the handler is withdrawn, and nobody calls it again`,
      () =>
        Effect.gen(function*() {
          const { begun, made, vm, withdrawn } = yield* makeBank
          const events = yield* Effect.fork(Stream.runCollect(vm.audit.events()))
          const run = yield* Effect.fork(failureOf(way(vm)))
          yield* soon(Deferred.await(begun))
          yield* kill
          assert.strictEqual(((yield* soon(Fiber.join(run))) as { readonly _tag: string })._tag, "SidecarError")
          yield* soon(Deferred.await(withdrawn))
          const payments = (calls: ReadonlyArray<AuditEvent>) =>
            settledCalls(calls).filter(({ record }) => record.name === "bank:pay")
          yield* recordsOf(vm)
          uncertain(payments(yield* vm.audit.recent))
          // also not when the host goes on, with a machine on a new sidecar
          const next = yield* Effect.provide(
            Vm.make({ toolKits: [Bank] }),
            Bank.toLayer({ pay: ({ cents }) => Effect.sync(() => made.push(cents)), balance: () => Effect.succeed(8) })
          )
          assert.include((yield* next.processes.exec("bank balance")).stdout, "\"result\":8")
          assert.deepStrictEqual(made, [5])
          assert.deepStrictEqual((yield* next.audit.calls).map(({ name }) => name), ["bank:balance"])
          yield* Fiber.interrupt(events)
        }).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)),
      60_000
    )
  }

  it.live("a call of the host is not waiting for it, and its record is its own", () =>
    Effect.gen(function*() {
      const { begun, made, vm, withdrawn } = yield* makeBank
      const call = yield* Effect.fork(vm.tools.call("bank:pay", { cents: 5 }))
      yield* soon(Deferred.await(begun))
      yield* kill
      yield* soon(Effect.retry(failureOf(vm.filesystem.exists("/")), { times: 3 }))
      yield* Fiber.interrupt(call)
      yield* soon(Deferred.await(withdrawn))
      uncertain(yield* recordsOf(vm))
      const error = yield* failureOf(vm.tools.call("bank:pay", { cents: 5 }))
      assert.strictEqual(error._tag, "SidecarError")
      assert.deepStrictEqual(made, [5])
    }).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)), 60_000)
})

describe("the host's program is interrupted in the middle of a call", () => {
  const ways: Readonly<Record<string, Way>> = {
    "that it makes": ({ tools }) => tools.call("bank:pay", { cents: 5 }),
    "of a guest for which it waits": ({ processes }) => processes.exec(PAY),
    "of a guest's child": ({ processes }) => processes.exec(`sh -c '${PAY} | cat' & wait`)
  }
  for (const [title, way] of Object.entries(ways)) {
    it.live(title, () =>
      Effect.gen(function*() {
        const { begun, made, vm, withdrawn } = yield* makeBank
        const run = yield* Effect.fork(way(vm))
        yield* soon(Deferred.await(begun))
        yield* soon(Fiber.interrupt(run))
        yield* soon(Deferred.await(withdrawn))
        uncertain(yield* recordsOf(vm))
        // the machine goes on, and the tool's one place is free again
        assert.include((yield* vm.processes.exec("bank balance")).stdout, "\"result\":7")
        const again = yield* Effect.fork(vm.tools.call("bank:pay", { cents: 6 }))
        yield* soon(Effect.repeat(Effect.sync(() => made.length), {
          until: (length) => length === 2,
          schedule: Schedule.spaced("5 millis")
        }))
        yield* Fiber.interrupt(again)
        assert.deepStrictEqual(made, [5, 6])
      }).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)), 60_000)
  }

  it.live(
    "by the end of the machine's Scope: the record is the last thing that its audit tells",
    () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const { begun, made, vm, withdrawn } = yield* Scope.extend(makeBank, scope)
        const events = yield* Effect.fork(Stream.runCollect(vm.audit.events()))
        yield* Effect.fork(Effect.exit(vm.processes.exec(PAY)))
        yield* soon(Deferred.await(begun))
        yield* soon(Scope.close(scope, Exit.void))
        yield* soon(Deferred.await(withdrawn))
        uncertain(settledCalls(Array.from(yield* soon(Fiber.join(events)))))
        assert.deepStrictEqual(made, [5])
      }).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)),
    60_000
  )
})

describe("the guest is killed in the middle of a call", () => {
  const ways: Readonly<Record<string, string>> = {
    "by a signal that it cannot refuse": `${PAY} & pid=$!; read; kill -9 $pid; wait $pid; echo "ended with $?"`,
    "by a signal that it could": `${PAY} & pid=$!; read; kill $pid; wait $pid; echo "ended with $?"`
  }
  for (const [title, script] of Object.entries(ways)) {
    it.live(title, () =>
      Effect.gen(function*() {
        const { begun, made, vm, withdrawn } = yield* makeBank
        const child = yield* vm.processes.spawn("sh", ["-c", script])
        yield* soon(Deferred.await(begun))
        yield* child.write("go\n")
        yield* soon(Deferred.await(withdrawn))
        const { exitCode } = yield* soon(child.wait)
        assert.strictEqual(exitCode, 0)
        uncertain(yield* recordsOf(vm))
        assert.include((yield* vm.processes.exec("bank balance")).stdout, "\"result\":7")
        assert.deepStrictEqual(made, [5])
      }).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)), 60_000)
  }

  it.live("by the host", () =>
    Effect.gen(function*() {
      const { begun, made, vm, withdrawn } = yield* makeBank
      const child = yield* vm.processes.spawn("bank", ["pay", "--cents", "5"])
      yield* soon(Deferred.await(begun))
      yield* child.kill("SIGKILL")
      yield* soon(Deferred.await(withdrawn))
      yield* soon(Effect.exit(child.wait))
      uncertain(yield* recordsOf(vm))
      assert.deepStrictEqual(made, [5])
    }).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)), 60_000)
})
