/**
 * Simulated runs, one for each seed. Prints the seeds that fail, and how to run one alone.
 *
 * Usage: node scripts/simulate.mjs [--seeds N] [--from N] [--seed N] [--shell EVERY] [--jobs N]
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { parseArgs } from "node:util"
import { simulate, Violation } from "./simulate.ts"

const { values: flags } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    from: { type: "string", default: "0" },
    seed: { type: "string" },
    // guests run in every so-many-th seed
    shell: { type: "string", default: "10" },
    // processes that share the seeds, and which of them this is
    jobs: { type: "string", default: "1" },
    job: { type: "string", default: "0" }
  }
})

const every = Math.max(1, Number(flags.shell))
const one = flags.seed === undefined ? undefined : Number(flags.seed)
const from = one ?? Number(flags.from)
const end = one === undefined ? from + Number(flags.seeds) : from + 1

const explain = (cause: Cause.Cause<unknown>): string => {
  const defect = Cause.squash(cause)
  return defect instanceof Violation ? `${defect.step}: ${defect.detail}` : Cause.pretty(cause)
}

// what holds the process open for its output is there before anything is counted
process.stdout.write("")
const jobs = Number(flags.jobs)

const began = performance.now()
const total = { steps: 0, failures: 0, killed: 0 }
const failed: Array<number> = []
let done = 0
const all = Effect.gen(function*() {
  for (let seed = from + Number(flags.job); seed < end; seed += jobs) {
    const exit = yield* Effect.exit(simulate({ seed, shell: seed % every === 0 }))
    if (Exit.isFailure(exit)) {
      failed.push(seed)
      console.log(`seed ${seed}: ${explain(exit.cause)}\n  node scripts/simulate.mjs --seed ${seed} --shell ${every}`)
    } else {
      total.steps += exit.value.steps
      total.failures += exit.value.failures
      total.killed += exit.value.killed
    }
    if (++done % 1000 === 0) console.log(`${done} seeds, ${failed.length} failed`)
  }
})

const exit = await Effect.runPromiseExit(all)
if (Exit.isFailure(exit)) console.log(Cause.pretty(exit.cause))
const seconds = ((performance.now() - began) / 1000).toFixed(1)
console.log(
  `${done} seeds in ${seconds} s: ${total.steps} steps, ${total.failures} failed by faults, ` +
    `${total.killed} kills, ${failed.length} seeds failed`
)
process.exitCode = failed.length === 0 && Exit.isSuccess(exit) ? 0 : 1
