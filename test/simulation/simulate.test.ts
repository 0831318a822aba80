/** A few seeds of the simulation, and whether it can be relied on; CI runs more of them with `scripts/simulate.mjs`. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { plants } from "./plants.ts"
import { simulate, Violation } from "./simulate.ts"

const seeds = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

/** Seeds within which a bug must be found. */
const WITHIN = 60

describe("simulation", () => {
  it.live(
    "files, mounts, forks, snapshots and schedules, under faults",
    () => Effect.forEach(seeds(0, 40), (seed) => simulate({ seed, shell: false }), { discard: true }),
    180_000
  )

  it.live(
    "with guests",
    () => Effect.forEach(seeds(100, 8), (seed) => simulate({ seed, shell: true }), { discard: true }),
    180_000
  )

  it.live("the same seed does the same", () =>
    Effect.gen(function*() {
      const hashes = new Set<string>()
      for (const seed of seeds(200, 12)) {
        const first = yield* simulate({ seed, shell: false })
        assert.deepStrictEqual(yield* simulate({ seed, shell: false }), first, `seed ${seed}`)
        hashes.add(first.hash)
      }
      assert.strictEqual(hashes.size, 12)
    }), 180_000)

  for (const [name, plant] of Object.entries(plants)) {
    it.live(`finds that ${name}`, () =>
      Effect.gen(function*() {
        for (const seed of seeds(300, WITHIN)) {
          const exit = yield* Effect.exit(simulate({ seed, shell: false, plant }))
          if (exit._tag === "Failure") return assert.instanceOf(Cause.squash(exit.cause), Violation)
        }
        assert.fail(`not within ${WITHIN} seeds`)
      }), 180_000)
  }
})
