/**
 * What a caller's fiber carries does not grow with the calls that it makes. A finalizer of `Effect.addFinalizer` that another
 * fiber added leaves the refs of that fiber in the one that runs it, a layer for each.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as FiberRefs from "effect/FiberRefs"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"
import { everyOperation, LARGE } from "./every-operation.ts"
import { bytes } from "./layers.ts"

const ROUNDS = 2

const endless = new Set([
  ...["spawn", "attach", "openTerminal", "attachTerminal"].map((name) => `processes.${name}`),
  ...["stdin", "write", "stdout", "stderr", "output", "wait"].map((name) => `processHandle.${name}`),
  ...["output", "wait"].map((name) => `terminal.${name}`),
  ...["stream", "streamLines", "start"].map((name) => `commands.${name}`),
  "filesystem.watch",
  "more.exec without end"
])

interface Locals {
  readonly locals: ReadonlyMap<unknown, ReadonlyArray<unknown>>
}

/** The most values that one of the fiber's refs has kept. */
const depth = Effect.map(
  Effect.getFiberRefs,
  (refs) => Math.max(...Array.from((refs as FiberRefs.FiberRefs & Locals).locals.values(), (values) => values.length))
)

const grows = <R>(operation: Effect.Effect<unknown, unknown, R>) =>
  Effect.gen(function*() {
    yield* Effect.ignore(operation)
    const before = yield* depth
    for (let round = 0; round < ROUNDS; round++) yield* Effect.ignore(operation)
    return (yield* depth) > before
  })

describe("the refs of a fiber", () => {
  it.live("do not grow with leases and forks", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* grows(Effect.scoped(Vm.make({}))))
      const vm = yield* Vm.make({})
      assert.isFalse(yield* grows(Effect.scoped(vm.fork)))
    }).pipe(Effect.scoped, Effect.provide(TestSidecar.layer({}))), 30_000)

  it.live("do not grow with what is done in a VM", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({})
      yield* vm.filesystem.writeFile(LARGE, bytes(2_000_000))
      const growing: Array<string> = []
      for (const [group, operations] of Object.entries(everyOperation(vm))) {
        for (const [name, operation] of Object.entries(operations)) {
          const full = `${group}.${name}`
          if (!endless.has(full) && (yield* grows(operation))) growing.push(full)
        }
      }
      assert.deepStrictEqual(growing, [])
    }).pipe(Effect.scoped, Effect.provide(TestSidecar.layer({}))), 60_000)
})
