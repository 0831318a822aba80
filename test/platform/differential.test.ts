import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { program } from "./program.ts"
import { inVm, onHost } from "./support.ts"

describe("a program on the host and in a VM", () => {
  it.live("does the same", () =>
    Effect.gen(function*() {
      const host = yield* onHost(program)
      const vm = yield* inVm(program)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(vm)), JSON.parse(JSON.stringify(host)))
    }))
})
