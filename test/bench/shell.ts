/** The speed of the shell itself, held against the bash of the machine. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Vm } from "../../services/Vm.ts"
import type { Group, Settings } from "./bench.ts"
import { times } from "./bench.ts"
import type { Row } from "./measure.ts"
import { atMost, quantile, row, sample } from "./measure.ts"

interface Subject {
  readonly name: string
  readonly script: string
  /** How many times bash's time it may take, where that is promised. */
  readonly factor?: number
}

const subjects: ReadonlyArray<Subject> = [
  { name: "seq 1 1000000 | tail -1", script: "seq 1 1000000 | tail -1", factor: 4 },
  { name: "yes | head -1000000 | wc -l", script: "yes | head -1000000 | wc -l", factor: 5 },
  { name: "10,000 echo in a loop", script: "for i in {1..10000}; do echo $i; done > /dev/null", factor: 3 },
  { name: "100,000 rounds of arithmetic", script: "for ((i = 0; i < 100000; i++)); do :; done" },
  { name: "20,000 function calls", script: "f() { local a=$1; x=$((x + a)); }; for i in {1..20000}; do f $i; done" },
  { name: "20,000 lines read in a loop", script: "seq 20000 | while read -r line; do last=$line; done" },
  { name: "1,000 substitutions", script: "for i in {1..1000}; do x=$(echo $i); done" },
  { name: "sort of 100,000 numbers", script: "seq 100000 | sort -rn | sort -n | tail -1" }
]

/** Milliseconds that the machine's bash takes, its start included; undefined where there is none. */
const inBash = (script: string, count: number): number | undefined => {
  const samples: Array<number> = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    if (spawnSync("bash", ["-c", script], { stdio: "ignore" }).status !== 0) return undefined
    samples.push(performance.now() - start)
  }
  return quantile(samples, 0.5)
}

/** Files of 2 KiB for `grep -r`, in 20 directories. */
const grepTree = "mkdir -p /tmp/tree/{1..20}; x=$(seq 1 460 | head -c 2000); " +
  "for i in {1..20}; do for j in {1..50}; do echo \"$x needle$j\" > /tmp/tree/$i/$j; done; done"

const grep = (settings: Settings) =>
  Effect.gen(function*() {
    const { processes } = yield* Vm.make({})
    yield* processes.exec(grepTree)
    const samples = yield* sample(times(settings, 20), processes.exec("grep -r needle7$ /tmp/tree > /dev/null"), 3)
    return row("grep -r over 1,000 files of 2 KiB", samples, { bar: atMost(40) })
  }).pipe(Effect.scoped)

/** Runs a command in one VM while each of many has a loop in the background. */
const besideLoops = (settings: Settings) =>
  Effect.gen(function*() {
    const count = settings.quick ? 20 : 100
    const vms = yield* Effect.forEach(Array.from({ length: count }), () => Vm.make({}), { concurrency: 4 })
    yield* Effect.forEach(
      vms,
      ({ processes }) => processes.spawn("sh", ["-c", "while true; do date; sleep 1; done"], { stdin: "none" }),
      { concurrency: 4 }
    )
    const samples: Array<number> = []
    for (const { processes } of vms) samples.push(...(yield* sample(times(settings, 10), processes.exec("echo x"), 2)))
    return row(`exec echo in ${count} VMs with a loop each`, samples, { bar: atMost(20, "p99") })
  }).pipe(Effect.scoped)

/** From a line that the host writes to the line that the guest answers with: more than the way of the answer alone. */
const firstByte = (settings: Settings) =>
  Effect.gen(function*() {
    const { processes } = yield* Vm.make({})
    const echo = yield* processes.spawn("sh", ["-c", "while read -r line; do echo $line; done"])
    const answers = yield* Stream.toPull(echo.stdout)
    const turn = Effect.zipRight(echo.write("x\n"), answers)
    return row("a line to the guest and its answer", yield* sample(times(settings, 500), turn), {
      bar: atMost(3),
      note: "both ways; the bar is for the way back"
    })
  }).pipe(Effect.scoped)

/** A program that ends at once: a memory, and a function `_start` that does nothing. */
const nothing = Buffer.from(
  "0061736d01000000" + "010401600000" + "03020100" + "0503010001" +
    "0713" + "02" + "066d656d6f72790200" + "065f73746172740000" + "0a040102000b",
  "hex"
)

const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const path = mkdtempSync(join(tmpdir(), "agent-os-bench-"))
    writeFileSync(join(path, "nothing"), nothing)
    return path
  }),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Until a worker is ready for the next program. */
const pause = Effect.sleep("150 millis")

/** Programs of a package: one in the worker that is kept ready for it, and two of which one has none. */
const software = (settings: Settings) =>
  Effect.gen(function*() {
    const { processes } = yield* Vm.make({ software: [{ package: yield* folder }] })
    const count = times(settings, 40)
    const one = yield* sample(count, processes.exec("nothing"), 3, pause)
    const two = yield* sample(count, processes.exec("nothing | nothing"), 3, pause)
    return [
      row("a WebAssembly program, started and ended", one),
      row("two of them in a pipeline", two, { note: "one of them waits for a worker of its own" })
    ]
  }).pipe(Effect.scoped)

export const shell: Group = {
  name: "shell",
  run: (settings) =>
    Effect.gen(function*() {
      const { processes } = yield* Vm.make({})
      const rows: Array<Row> = []
      for (const { factor, name, script } of subjects) {
        const count = times(settings, 10)
        const samples = yield* sample(count, processes.exec(script))
        const bash = inBash(script, count)
        rows.push(row(name, samples, {
          bar: factor === undefined || bash === undefined ? undefined : atMost(factor * bash),
          note: bash === undefined ? "no bash to compare with" : `bash: ${bash.toFixed(0)} ms`
        }))
      }
      return [
        ...rows,
        yield* grep(settings),
        yield* besideLoops(settings),
        yield* firstByte(settings),
        ...(yield* software(settings))
      ]
    }).pipe(Effect.scoped)
}
