import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"

it.live("play", () =>
  Effect.gen(function*() {
    const vm = yield* Vm.make({})
    const big = new Uint8Array(3_000_000).fill(7)
    yield* vm.filesystem.writeFile("/home/user/x", big).pipe(Effect.timeout(3000))
    const back = yield* vm.filesystem.readFile("/home/user/x")
    assert.strictEqual(back.length, big.length)
    const r = yield* vm.filesystem.writeFiles([{ path: "/home/user/a", content: "1" }]).pipe(Effect.timeout(3000))
    console.log(r)
    let n = 0
    for (let i = 0; i < 400; i++) {
      const exit = yield* Effect.exit(vm.filesystem.readFile("/home/user/x"))
      if (exit._tag === "Failure") { console.log(i, String(exit.cause)); break }
      n++
    }
    console.log("reads", n)
  }).pipe(Effect.scoped, Effect.provide(TestSidecar.layer)), 15000)
