/** A call of a mount of `s3`, interrupted at steps all over: the next ones are not held up. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as S3Driver from "../../../layers/node/s3/S3Driver.ts"
import { TestS3 } from "../../../layers/testing/index.ts"
import type { Driver } from "../../../src/Driver.ts"
import { text } from "../../contract/layers.ts"
import { atSomeSteps, expectEnded, interruptedAt } from "../../support/interrupted.ts"
import { patience, small, sync } from "./support.ts"

const calls: Readonly<Record<string, (driver: Driver) => Effect.Effect<unknown, unknown>>> = {
  "a look, which asks for the manifest": (driver) => driver.stat("/f"),
  "a write, which is held": (driver) => driver.pwrite("/f", 0, text("x")),
  "a change while something is held": (driver) => driver.mkdir("/d", true),
  sync
}

describe("s3", () => {
  for (const [name, call] of Object.entries(calls)) {
    it.scopedLive(
      `${name}: interrupted at steps all over, it leaves its turn to the next`,
      () =>
        Effect.gen(function*() {
          const store = yield* TestS3.make()
          const driver = yield* S3Driver.make(store.config(small), { patience })
          yield* driver.writeFile("/f", text("12345"))
          const steps = yield* atSomeSteps(25, (blow) =>
            Effect.gen(function*() {
              yield* driver.pwrite("/f", 0, text("12345"))
              const { exit, steps } = yield* interruptedAt(call(driver), blow)
              yield* expectEnded(exit)
              const next = Effect.zipRight(driver.pwrite("/f", 4, text("6")), sync(driver))
              yield* Effect.timeout(next, "5 seconds")
              assert.strictEqual((yield* Effect.timeout(driver.readTextFile("/f"), "5 seconds")).at(-1), "6")
              return steps
            }))
          assert.isAbove(steps, 20)
        }),
      30_000
    )
  }
})
