/** What guests of a simulation run: pipes, background jobs, replacements by rename, processes that are signalled or time out. */
import * as Effect from "effect/Effect"
import type { VmShape } from "../../services/Vm.ts"
import type { Op } from "./worlds.ts"
import { Content } from "./worlds.ts"

/** How a guest's run ended, as far as the simulation cares. */
export type Ended = "as expected" | { readonly otherwise: string }

export interface GuestRun {
  readonly name: string
  /** Sequences of what it does to files; they go on at the same time. */
  readonly tracks: ReadonlyArray<ReadonlyArray<Op>>
  readonly run: (vm: VmShape) => Effect.Effect<Ended, { readonly _tag: string; readonly message: string }>
}

interface Draw {
  readonly below: (bound: number) => number
  readonly content: () => string
}

const empty = new Content("")

/** `> path`, and then the words. */
const written = (path: string, text: string): ReadonlyArray<Op> => [
  { kind: "write", path, content: empty },
  { kind: "write", path, content: new Content(text) }
]

const exec = (command: string, args: ReadonlyArray<string>, expected = 0): GuestRun["run"] => (vm) =>
  Effect.map(
    vm.processes.exec(command, { args }),
    ({ exitCode, stderr }) => exitCode === expected ? "as expected" : { otherwise: `exit code ${exitCode}: ${stderr}` }
  )

/** Files that only guests write to, so that they can always be written. */
const own = (home: string, random: Draw, but?: string): string => {
  const path = `${home}/g${random.below(4)}`
  return path === but ? `${home}/g4` : path
}

const replace = (home: string, random: Draw): GuestRun => {
  const path = own(home, random)
  const text = random.content().slice(0, 200)
  const nap = random.below(2) === 0 ? `sleep ${random.below(100)};` : ""
  return {
    name: "replace",
    tracks: [[...written(`${path}.new`, text), { kind: "move", path: `${path}.new`, to: path }]],
    run: exec(`${nap} printf %s "$1" > ${path}.new && mv ${path}.new ${path}`, [text])
  }
}

const pipe = (home: string, random: Draw): GuestRun => {
  const from = random.below(2) === 0 ? own(home, random) : `${home}/f${random.below(4)}`
  const path = own(home, random, from)
  return {
    name: "pipe",
    tracks: [[{ kind: "write", path, content: empty }, { kind: "capitals", path, from }]],
    run: exec(`cat ${from} 2> /dev/null | tr a-z A-Z | cat > ${path}`, [])
  }
}

const background = (home: string, random: Draw): GuestRun => {
  const first = own(home, random)
  const second = own(home, random, first)
  const [one, two] = [random.content().slice(0, 50), random.content().slice(0, 50)]
  return {
    name: "background",
    tracks: [written(first, one), written(second, two)],
    run: exec(`(sleep ${random.below(5)}; printf %s "$1" > ${first}) & printf %s "$2" > ${second}; wait`, [one, two])
  }
}

const signalled = (home: string, random: Draw): GuestRun => {
  const path = own(home, random)
  const script = `trap 'printf %s term > ${path}; exit 7' TERM; while :; do sleep 1; done`
  return {
    name: "signal",
    tracks: [written(path, "term")],
    run: ({ processes }) =>
      Effect.scoped(Effect.gen(function*() {
        const process = yield* processes.spawn("sh", ["-c", script])
        yield* Effect.sleep(2_500)
        yield* process.kill("SIGTERM")
        const { exitCode } = yield* process.wait
        return exitCode === 7 ? "as expected" : { otherwise: `exit code ${exitCode}` }
      }))
  }
}

/** The deadline comes between the two writes. */
const late = (home: string, random: Draw): GuestRun => {
  const path = own(home, random)
  return {
    name: "timeout",
    tracks: [written(path, "early")],
    run: ({ processes }) =>
      processes.exec(`printf early > ${path}; sleep 1000; printf late > ${path}`, { timeout: "5 seconds" }).pipe(
        Effect.as<Ended>({ otherwise: "it came to its end" }),
        Effect.catchIf(
          (error) => error._tag === "ProcessError" && error.reason === "TimedOut",
          () =>
            Effect.map(processes.list, (left): Ended => {
              const alive = left.filter(({ args, state }) => state === "running" && args.join(" ").includes("early"))
              return alive.length === 0 ? "as expected" : { otherwise: "it outlived its deadline" }
            })
        )
      )
  }
}

/** A function of the host, which counts its calls. */
const tool = (): GuestRun => ({
  name: "tool",
  tracks: [],
  run: exec("counter add --n 1 > /dev/null", [])
})

export const guestRun = (home: string, random: Draw, tools: boolean): GuestRun => {
  const choices = [replace, pipe, background, signalled, late, ...(tools ? [tool] : [])]
  return choices[random.below(choices.length)](home, random)
}
