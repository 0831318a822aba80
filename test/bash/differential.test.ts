/**
 * Every script of the corpus by the host's bash and by the engine: the same output and exit code, and in the group of
 * errors the same messages. What cannot be asked on this host is compared with what was recorded (`RECORD_BASH=1`
 * records the groups that run anew).
 */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { awk } from "./corpus/awk.ts"
import { edges } from "./corpus/edges.ts"
import { editTools } from "./corpus/edit-tools.ts"
import { everyday } from "./corpus/everyday.ts"
import { fileTools } from "./corpus/file-tools.ts"
import { jobControl } from "./corpus/job-control.ts"
import { jq } from "./corpus/jq.ts"
import { language } from "./corpus/language.ts"
import { lineTools } from "./corpus/line-tools.ts"
import { paths } from "./corpus/paths.ts"
import { readline } from "./corpus/readline.ts"
import { scripts } from "./corpus/scripts.ts"
import { sqlite } from "./corpus/sqlite.ts"
import { system } from "./corpus/system.ts"
import { textTools } from "./corpus/text-tools.ts"
import { tools } from "./corpus/tools.ts"
import { views } from "./corpus/views.ts"
import { zones } from "./corpus/zones.ts"
import { exceptions, versions } from "./exceptions.ts"
import type { Expectation } from "./support/compare.ts"
import { compare, runOnHost } from "./support/compare.ts"

const groups = {
  ...everyday,
  ...language,
  ...system,
  ...jobControl,
  ...tools,
  ...scripts,
  ...editTools,
  ...fileTools,
  ...lineTools,
  ...textTools,
  ...awk,
  ...jq,
  ...views,
  ...zones,
  ...edges,
  ...paths,
  ...readline,
  ...sqlite
}
const recordedFile = new URL("./expected.json", import.meta.url)

const says = (program: string, version: string): boolean => {
  try {
    return execFileSync(program, ["--version"], { encoding: "utf8" }).includes(version)
  } catch {
    return false
  }
}

/** Programs of the scripts that a host need not have. */
const optional = [
  "awk",
  "bc",
  "column",
  "ed",
  "file",
  "gawk",
  "hexdump",
  "jq",
  "patch",
  "ps",
  "sqlite3",
  "tree",
  "unzip",
  "xxd",
  "zip"
]

const path = (process.env.PATH ?? "").split(":")
const missing = optional.filter((name) => !path.some((folder) => existsSync(`${folder}/${name}`)))
const needsMissing = new RegExp(`\\b(?:${missing.join("|")})\\b`)

/** Whether the host can be asked: elsewhere, what was recorded counts. */
const hostRuns = (script: string): boolean => {
  const wanted = versions.get(script)
  if (wanted !== undefined && !says(...wanted)) return false
  return missing.length === 0 || !needsMissing.test(script)
}

const recorded = (): Record<string, Expectation> =>
  JSON.parse(readFileSync(recordedFile, "utf8")) as Record<string, Expectation>

const all: ReadonlySet<string> = new Set(Object.values(groups).flat())

/** What was recorded, as the corpus has it: without the scripts that are no more. */
const inOrder = (known: Record<string, Expectation>): Record<string, Expectation> =>
  Object.fromEntries(Array.from(all).filter((script) => script in known).map((script) => [script, known[script]]))

describe("bash scripts as bash runs them", () => {
  const live = says("bash", "version 5.2") && says("sort", "coreutils) 9.1")
  const recording = process.env.RECORD_BASH === "1"
  const known = recorded()
  const expectation = async (_: string, script: string): Promise<Expectation> => {
    if (!live || !hostRuns(script)) return known[script]
    const outcome = await runOnHost(script)
    if (recording) known[script] = outcome
    return outcome
  }
  for (const [group, scripts] of Object.entries(groups)) {
    it(`${group} (${scripts.length})`, async () => {
      const { differences, rates } = await compare({ [group]: scripts }, expectation)
      console.log(`bash differential: ${group} ${rates[group]}`)
      assert.deepStrictEqual(differences.filter(({ script }) => !exceptions.has(script)), [])
      const differing = new Set(differences.map(({ script }) => script))
      const stale = scripts.filter((script) => exceptions.has(script) && !differing.has(script))
      assert.deepStrictEqual(stale, [], "exceptions that differ no more")
      if (recording) writeFileSync(recordedFile, `${JSON.stringify(inOrder(known), undefined, 1)}\n`)
    })
  }

  it("knows no exception that is none", () => {
    for (const script of [...exceptions.keys(), ...versions.keys()]) assert.isTrue(all.has(script), script)
  })

  it("has recorded what bash makes of every script, and of no other", () => {
    assert.deepStrictEqual(Array.from(all).filter((script) => !(script in known)), [])
    assert.deepStrictEqual(Object.keys(known).filter((script) => !all.has(script)), [])
  })
})
