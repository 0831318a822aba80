/** What the audit costs, and what a denied operation costs beside an allowed one. */
import * as Effect from "effect/Effect"
import { Vm, type VmShape } from "../../services/Vm.ts"
import type { Group } from "./bench.ts"
import { KiB, noise, times } from "./bench.ts"
import { atMost, quantile, row, timed } from "./measure.ts"

/** Calls of one measurement, one after the other, and files of one batch, where the sidecar's own work shows. */
const BATCH = 1000

/** Rounds of a loop of a guest. */
const LOOPS = 2000
const permissions = { fs: { default: "allow", rules: [{ mode: "deny", paths: ["/denied", "/denied/**"] }] } } as const

const paths = (directory: string) => Array.from({ length: BATCH }, (_, i) => `/${directory}/${i}`)
const allowed = paths("allowed")
const denied = paths("denied")

const lease = (audit: "all" | "refusals" | undefined) =>
  Vm.make({
    permissions,
    // the files that are denied are there too
    rootFilesystem: {
      bootstrapEntries: [
        ...["/allowed", "/denied"].map((path) => ({ path, type: "directory" } as const)),
        ...[...allowed, ...denied].map((path) => ({ path, type: "file", content: "x".repeat(KiB) } as const))
      ]
    },
    ...(audit === undefined ? {} : { audit })
  })

const subjects = [
  ["quiet", undefined],
  ["refusals", "refusals"],
  ["all", "all"]
] as const

const each = (call: (path: string) => Effect.Effect<unknown, unknown>, of: ReadonlyArray<string>) =>
  Effect.forEach(of, (path) => Effect.ignore(call(path)), { discard: true })

type Run = (vm: VmShape, directory: "allowed" | "denied") => Effect.Effect<unknown, unknown>

const ofHost = (call: (vm: VmShape) => (path: string) => Effect.Effect<unknown, unknown>): readonly [number, Run] => [
  BATCH,
  (vm, directory) => each(call(vm), directory === "allowed" ? allowed : denied)
]

const ofGuest = (command: string): readonly [number, Run] => [
  LOOPS,
  ({ processes }, directory) =>
    processes.exec(`for ((i = 0; i < ${LOOPS}; i++)); do ${command.replaceAll("DIR", `/${directory}`)}; done`)
]

const content = noise(KiB)

/** What is measured, and how many operations there are in one. */
const measured: Readonly<Record<string, readonly [number, Run]>> = {
  "stat": ofHost(({ filesystem }) => filesystem.stat),
  "readFile 1 KiB": ofHost(({ filesystem }) => filesystem.readFile),
  "writeFile 1 KiB": ofHost(({ filesystem }) => (path) => filesystem.writeFile(path, content)),
  [`file of a batch of ${BATCH}`]: [
    BATCH,
    ({ filesystem }, directory) => filesystem.readFiles(directory === "allowed" ? allowed : denied)
  ],
  "test of a guest": ofGuest("[ -e DIR/1 ]")
}

const microseconds = { unit: "us" } as const

/** How many times as long one took as another: the median of the rounds, in each of which both were measured. */
const ratio = (taken: ReadonlyArray<number>, base: ReadonlyArray<number>): number =>
  quantile(taken.map((time, round) => time / base[round]), 0.5)

/** What another call took in the same rounds: the two medians may be of different ones. */
const asMuchAs = (taken: ReadonlyArray<number>, base: ReadonlyArray<number>) =>
  atMost(quantile(taken, 0.5) / ratio(taken, base))

export const audit: Group = {
  name: "audit",
  run: (settings) =>
    Effect.gen(function*() {
      const vms = yield* Effect.forEach(subjects, ([, audit]) => lease(audit))
      const samples = new Map<string, Array<number>>()
      const measure = (key: string, round: number, operations: number, run: Effect.Effect<unknown, unknown>) =>
        // what has been noted before has been told by then
        Effect.map(Effect.zipRight(Effect.sleep(20), timed(run)), (ms) => {
          // until then code is being compiled
          if (round >= 0) samples.set(key, [...samples.get(key) ?? [], ms * 1000 / operations])
        })
      const rounds = times(settings, 40)
      for (let round = -4; round < rounds; round++) {
        for (const [name, [operations, run]] of Object.entries(measured)) {
          // in turns, so that what else the machine does falls on all alike
          for (const [index, [subject]] of subjects.entries()) {
            yield* measure(`${name}: ${subject}`, round, operations, run(vms[index], "allowed"))
          }
          yield* measure(`${name}: denied`, round, operations, run(vms[0], "denied"))
        }
      }
      return Object.keys(measured).flatMap((name) => {
        const of = (subject: string) => samples.get(`${name}: ${subject}`)!
        const quiet = of("quiet")
        const ofSubjects = subjects.map(([subject]) =>
          row(`${name}, audit ${subject}`, of(subject), {
            ...microseconds,
            note: subject === "quiet" ? undefined : `${ratio(of(subject), quiet).toFixed(2)} times that of quiet`
          })
        )
        const refused = of("denied")
        return [
          ...ofSubjects,
          row(`${name}, denied`, refused, {
            ...microseconds,
            bar: asMuchAs(refused, quiet),
            // a denial is always noted
            note: `${ratio(refused, quiet).toFixed(2)} times that of quiet, ${
              ratio(refused, of("all")).toFixed(2)
            } of all`
          })
        ]
      })
    }).pipe(Effect.scoped)
}
