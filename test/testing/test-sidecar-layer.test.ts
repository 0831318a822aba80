import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestSidecar from "../../layers/testing/TestSidecar.ts"
import { Vm } from "../../services/Vm.ts"

const echo = Effect.gen(function*() {
  const vm = yield* Vm.make({})
  return (yield* vm.processes.exec("echo $RANDOM")).stdout
})

describe("TestSidecar.layer", () => {
  it.scopedLive("is a layer, and a function that gives one", () =>
    Effect.gen(function*() {
      assert.isTrue(Layer.isLayer(TestSidecar.layer))
      assert.match(yield* echo.pipe(Effect.provide(TestSidecar.layer)), /^\d+\n$/)
      assert.match(yield* echo.pipe(Effect.provide(TestSidecar.layer.pipe(Layer.fresh))), /^\d+\n$/)
      const seeded = echo.pipe(Effect.provide(TestSidecar.layer({ seed: 7 })))
      assert.strictEqual(yield* seeded, yield* seeded)
    }))
})
