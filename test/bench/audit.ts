/** What the audit costs, and what a denied operation costs beside an allowed one. */
import * as Effect from "effect/Effect"
import { Vm, type VmShape } from "../../services/Vm.ts"
import type { Group } from "./bench.ts"
import { KiB, noise, times } from "./bench.ts"
import { quantile, row, timed } from "./measure.ts"

/** Calls of one measurement, one after the other. */
const CALLS = 200
/** Files of one batch: there the sidecar's own work shows. */
const BATCH = 1000

/** Rounds of a loop of a guest. */
const LOOPS = 2000
const loop = (directory: string) => `for ((i = 0; i < ${LOOPS}; i++)); do [ -e /${directory}/1 ]; done`

const permissions = { fs: { default: "allow", rules: [{ mode: "deny", paths: ["/denied", "/denied/**"] }] } } as const

const lease = (audit: "all" | "refusals" | undefined) =>
  Effect.gen(function*() {
    const bootstrap = [{ path: "/allowed", type: "directory" }, { path: "/denied", type: "directory" }] as const
    const vm = yield* Vm.make({
      permissions,
      rootFilesystem: { bootstrapEntries: bootstrap },
      ...(audit === undefined ? {} : { audit })
    })
    const content = noise(KiB)
    yield* vm.filesystem.writeFiles(Array.from({ length: BATCH }, (_, i) => ({ path: `/allowed/${i}`, content })))
    return vm
  })

const subjects = [
  ["quiet", undefined],
  ["refusals", "refusals"],
  ["all", "all"]
] as const

const paths = (directory: string) => Array.from({ length: BATCH }, (_, i) => `/${directory}/${i}`)
const allowed = paths("allowed")
const absent = paths("allowed/none")
const denied = paths("denied")

const each = (count: number, call: (path: string) => Effect.Effect<unknown, unknown>, of: ReadonlyArray<string>) =>
  Effect.forEach(Array.from({ length: count }, (_, i) => of[i % of.length]), (path) => Effect.ignore(call(path)), {
    discard: true
  })

/** What is measured, and how many operations there are in one. */
const measured: Readonly<Record<string, readonly [number, (vm: VmShape) => Effect.Effect<unknown, unknown>]>> = {
  "readFile 1 KiB": [CALLS, ({ filesystem }) => each(CALLS, filesystem.readFile, allowed)],
  "stat": [CALLS, ({ filesystem }) => each(CALLS, filesystem.stat, allowed)],
  "stat, not there": [CALLS, ({ filesystem }) => each(CALLS, filesystem.stat, absent)],
  "stat, denied": [CALLS, ({ filesystem }) => each(CALLS, filesystem.stat, denied)],
  [`file of a batch of ${BATCH}`]: [BATCH, ({ filesystem }) => filesystem.readFiles(allowed)],
  "test of a guest": [LOOPS, ({ processes }) => processes.exec(loop("allowed"))],
  "test of a guest, denied": [LOOPS, ({ processes }) => processes.exec(loop("denied"))]
}

export const audit: Group = {
  name: "audit",
  run: (settings) =>
    Effect.gen(function*() {
      const vms = yield* Effect.forEach(subjects, ([, audit]) => lease(audit))
      const samples = new Map<string, Array<number>>()
      const rounds = times(settings, 40)
      for (let round = -5; round < rounds; round++) {
        for (const [name, [operations, run]] of Object.entries(measured)) {
          // in turns, so that what else the machine does falls on all alike
          for (const [index, [subject]] of subjects.entries()) {
            const ms = yield* timed(run(vms[index]))
            const key = `${name}: ${subject}`
            if (round >= 0) samples.set(key, [...samples.get(key) ?? [], ms * 1000 / operations])
          }
        }
      }
      return Object.keys(measured).flatMap((name) => {
        const quiet = quantile(samples.get(`${name}: quiet`)!, 0.5)
        return subjects.map(([subject]) => {
          const taken = samples.get(`${name}: ${subject}`)!
          const more = quantile(taken, 0.5) - quiet
          return row(`${name}, audit ${subject}`, taken, {
            unit: "us",
            note: subject === "quiet" ? undefined : `${(1 + more / quiet).toFixed(2)} times that of quiet`
          })
        })
      })
    }).pipe(Effect.scoped)
}
