/**
 * Every script of the corpus by the host's bash and by the engine: the same output and exit code, and in the group of
 * errors the same messages. Without a bash of version 5, against what was recorded (`RECORD_BASH=1` records anew).
 */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { language } from "./corpus/language.ts"
import { system } from "./corpus/system.ts"
import { tools } from "./corpus/tools.ts"
import { exceptionFor, exceptions } from "./exceptions.ts"
import type { Expectation } from "./support/compare.ts"
import { compare, runOnHost } from "./support/compare.ts"

const groups = { ...language, ...system, ...tools }
const recordedFile = new URL("./expected.json", import.meta.url)

const hasBash = (): boolean => {
  try {
    return execFileSync("bash", ["--version"], { encoding: "utf8" }).includes("version 5.2")
  } catch {
    return false
  }
}

const recorded = (): Record<string, Expectation> =>
  JSON.parse(readFileSync(recordedFile, "utf8")) as Record<string, Expectation>

describe("bash scripts as bash runs them", () => {
  const live = hasBash()
  const recording = process.env.RECORD_BASH === "1"
  const known = recording ? {} : recorded()
  const expectation = async (_: string, script: string): Promise<Expectation> => {
    if (!live) return known[script]
    const outcome = await runOnHost(script)
    if (recording) known[script] = outcome
    return outcome
  }
  for (const [group, scripts] of Object.entries(groups)) {
    it(`${group} (${scripts.length})`, async () => {
      const { differences, rates } = await compare({ [group]: scripts }, expectation)
      console.log(`bash differential: ${group} ${rates[group]}`)
      const unexpected = differences.filter(({ script }) => exceptionFor(script) === undefined)
      assert.deepStrictEqual(unexpected, [])
      if (recording) writeFileSync(recordedFile, `${JSON.stringify(known, undefined, 1)}\n`)
    })
  }

  it("knows no exception that is none", () => {
    const scripts = Object.values(groups).flat()
    for (const start of exceptions.keys()) assert.isTrue(scripts.some((script) => script.startsWith(start)), start)
  })
})
