/**
 * Runs the benchmarks and prints one line for each row, with its bar where there is one.
 *
 * Usage: node scripts/bench.mjs [--only NAME] [--quick] [--json FILE]
 */
import * as Effect from "effect/Effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { audit } from "./audit.ts"
import type { Group, Settings } from "./bench.ts"
import { sidecar } from "./bench.ts"
import { batch, files, stream } from "./files.ts"
import { forks } from "./forks.ts"
import { freshHost, lease, runaway } from "./lease.ts"
import { describe, machine } from "./machine.ts"
import type { Row } from "./measure.ts"
import { format, heading, verdict } from "./measure.ts"
import { memory } from "./memory.ts"
import { neighbour } from "./neighbour.ts"
import { decisions } from "./policy.ts"
import { raw } from "./raw.ts"
import { schedule } from "./schedule.ts"
import { shell } from "./shell.ts"
import { tools } from "./tools.ts"
import { virtual } from "./virtual.ts"

const groups: ReadonlyArray<Group> = [
  raw,
  freshHost,
  lease,
  files,
  batch,
  stream,
  forks,
  runaway,
  neighbour,
  memory,
  decisions,
  tools,
  audit,
  schedule,
  virtual,
  shell
]

const { values: flags } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    quick: { type: "boolean", default: false },
    json: { type: "string", default: "test/bench/results/latest.json" }
  }
})

const { only } = flags
const selected = only === undefined ? groups : groups.filter(({ name }) => only.includes(name))
if (selected.length === 0) {
  console.error(`--only takes one of: ${groups.map(({ name }) => name).join(", ")}`)
  process.exit(2)
}

const settings: Settings = { quick: flags.quick, programs: dirname(fileURLToPath(import.meta.url)) }
const measuredOn = machine()
console.log(`${describe(measuredOn)}${settings.quick ? ", quick" : ""}\n\n${heading}`)

const rows: Array<Row> = []
for (const group of selected) {
  const made = await Effect.runPromise(Effect.provide(group.run(settings), sidecar))
  for (const row of made) console.log(format(row))
  rows.push(...made)
}

const missed = rows.filter((row) => verdict(row) === "MISS")
console.log(`\n${rows.filter((row) => verdict(row) === "pass").length} bars kept, ${missed.length} missed`)
const file = resolve(flags.json)
mkdirSync(dirname(file), { recursive: true })
const result = {
  machine: measuredOn,
  quick: settings.quick,
  rows: rows.map((row) => ({ ...row, verdict: verdict(row) }))
}
writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`)
