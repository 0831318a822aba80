/** A call of an open file, interrupted at every step: the next one has its turn. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { atEachStep, expectEnded, interruptedAt } from "../support/interrupted.ts"
import { vmLayer } from "./support.ts"

const text = new TextEncoder().encode("1234")

const calls: Readonly<Record<string, (file: FileSystem.File) => Effect.Effect<unknown, unknown>>> = {
  seek: (file) => file.seek(2, "start"),
  readAlloc: (file) => file.readAlloc(2),
  writeAll: (file) => file.writeAll(text),
  truncate: (file) => file.truncate(2)
}

describe("an open file", () => {
  for (const [name, call] of Object.entries(calls)) {
    it.scopedLive(`${name}, interrupted at every step, leaves its turn to the next`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const file = yield* fs.open("file", { flag: "w+" })
        const steps = yield* atEachStep((blow) =>
          Effect.gen(function*() {
            const before = yield* Effect.fork(file.writeAll(text))
            const { exit, struck } = yield* interruptedAt(call(file), blow)
            yield* expectEnded(exit)
            yield* Fiber.join(before)
            yield* Effect.timeout(file.truncate(0), "5 seconds")
            yield* file.seek(0, "start")
            yield* file.writeAll(text)
            yield* file.seek(0, "start")
            assert.strictEqual((yield* file.read(new Uint8Array(8))).toString(), "4")
            return struck
          })
        )
        assert.isAbove(steps, 8)
      }).pipe(Effect.provide(vmLayer)), 60_000)
  }
})
