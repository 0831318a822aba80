import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestSidecar from "../../layers/testing/TestSidecar.ts"
import { Vm } from "../../services/Vm.ts"

const wrong = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5]

describe("numbers that no kernel takes", () => {
  it.scoped("are EINVAL, whatever the operation", () =>
    Effect.gen(function*() {
      const { filesystem: files } = yield* Vm.make({})
      yield* files.writeFile("/tmp/f", "content")
      const file = yield* files.open("/tmp/f", { flag: "r+" })
      for (const number of wrong) {
        const refusals = yield* Effect.all([
          Effect.flip(files.chmod("/tmp/f", number)),
          Effect.flip(files.chown("/tmp/f", number, 0)),
          Effect.flip(files.truncate("/tmp/f", number)),
          Effect.flip(files.pread("/tmp/f", number, 1)),
          Effect.flip(files.pwrite("/tmp/f", number, new Uint8Array(1))),
          Effect.flip(file.pread(0, number)),
          Effect.flip(file.truncate(number)),
          Effect.flip(Stream.runDrain(files.readStream("/tmp/f", { offset: number })))
        ])
        assert.isTrue(refusals.every((error) => "errno" in error && error.errno === "EINVAL"), String(number))
      }
      const times = yield* Effect.flip(files.utimes("/tmp/f", Number.NaN, 0))
      assert.strictEqual(times.message, "EINVAL: invalid argument, utimes '/tmp/f'")
      assert.strictEqual(yield* files.readFileString("/tmp/f"), "content")
    }).pipe(Effect.provide(TestSidecar.layer())))
})
