/**
 * A thousand recorded runs of generated programs replay to the same hashes, in this process and in another. A run that does not is
 * named with its seed.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { RecordingSummary } from "../../services/Recorder.ts"
import { Vm } from "../../services/Vm.ts"
import { agentOs } from "../cli/support.ts"
import type { Use } from "./programs.ts"
import { generate } from "./programs.ts"
import { folder, printed, recordGenerated, warm } from "./support.ts"

const RUNS = Number(process.env["AGENT_OS_RECORDED_RUNS"] ?? 1000)

describe("recorded runs", () => {
  it.live(
    `${RUNS} of them replay to equal hashes, here and in another process`,
    () =>
      Effect.scoped(Effect.gen(function*() {
        const directory = yield* folder
        const summaries = new Map<string, RecordingSummary>()
        const used = new Map<Use, number>()
        const different: Array<string> = []
        for (let seed = 0; seed < RUNS; seed++) {
          const generated = generate(seed)
          for (const use of generated.uses) used.set(use, (used.get(use) ?? 0) + 1)
          const { log, summary } = yield* recordGenerated(generated)
          const again = yield* Effect.either(Vm.replay(log))
          if (again._tag === "Left") different.push(`seed ${seed}: ${again.left.message}`)
          else if (JSON.stringify(again.right) !== JSON.stringify(summary)) different.push(`seed ${seed}: other hashes`)
          const file = join(directory, String(seed).padStart(5, "0"))
          writeFileSync(file, log)
          summaries.set(file, summary)
        }
        assert.deepStrictEqual(different, [])
        for (const use of ["guests", "tools", "cron", "mounts", "faults"] as const) {
          assert.isAtLeast(used.get(use) ?? 0, Math.floor(RUNS / 50), use)
        }
        const { code, stderr, stdout } = yield* Effect.promise(() => agentOs(["replay", directory]))
        assert.deepStrictEqual([code, stderr], [0, ""])
        assert.deepStrictEqual(printed(stdout), summaries)
      })).pipe(Effect.provide(warm)),
    900_000
  )
})
