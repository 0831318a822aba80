/**
 * Random sequences of operations of several users on the kernel's filesystem and on that of the host, side by side.
 * Results and errors must be the same. Some sequences are always the same ones, as many are new in each run.
 * DIFFERENTIAL_SEED and DIFFERENTIAL_RUNS choose other and more sequences.
 */
import { assert, describe, it } from "@effect/vitest"
import * as NodeFs from "node:fs"
import * as NodeOs from "node:os"
import * as NodePath from "node:path"
import { Host } from "./differential/host.ts"
import { Kernel } from "./differential/kernel.ts"
import { type Operation, Source } from "./differential/operations.ts"
import { makeRandom, root } from "./support.ts"

const CI = process.env["CI"] !== undefined

const OPERATIONS = 1000
/** Sequences: in CI 220,000 operations, which are 25 seconds of one quiet core. */
const RUNS = Number(process.env["DIFFERENTIAL_RUNS"] ?? (CI ? 220 : 30))
const FIXED_SEED = 1
const FRESH_SEED = Number(process.env["DIFFERENTIAL_SEED"] ?? Math.floor(Math.random() * 2 ** 31))

const fixed = process.env["DIFFERENTIAL_SEED"] === undefined ? Math.floor(RUNS / 2) : 0
const seeds = Array.from({ length: RUNS }, (_, run) => run < fixed ? FIXED_SEED + run : FRESH_SEED + run - fixed)

/** Of outcomes: how often each error, and success. */
type Counts = Record<string, number>

const isErrno = (outcome: unknown): outcome is string => typeof outcome === "string" && /^E[A-Z0-9]+$/.test(outcome)

interface Sequence {
  readonly seed: number
  readonly top: string
  readonly kernel: Kernel
  readonly operations: Array<Operation>
  readonly outcomes: Array<unknown>
}

/** Carries out one operation on the kernel's side; what opens or closes files is told to who makes the next one. */
const step = (source: Source, { kernel, operations, outcomes }: Sequence): void => {
  const operation = source.next()
  const [user, name] = operation
  const outcome = kernel.outcome(operation)
  if (kernel.differs(operation, outcome)) {
    operations.push([user, "skip", operation])
    outcomes.push(null)
    return
  }
  operations.push(operation)
  outcomes.push(outcome)
  if (outcome !== null) return
  const slot = operation[2] as number
  if (name === "open") source.open.push({ slot, user })
  if (name === "dup") source.open.push({ slot: operation[3] as number, user })
  if (name === "close") source.open.splice(source.open.findIndex((open) => open.slot === slot), 1)
}

const runKernel = (host: Host, base: string, seed: number): Sequence => {
  const home = NodePath.join(base, `run-${seed}`)
  const top = NodePath.join(home, "1", "2", "3", "4", "5", "6")
  NodeFs.mkdirSync(top, { recursive: true })
  NodeFs.chmodSync(top, 0o777)
  const kernel = new Kernel(host.facts, base, top)
  const source = new Source(makeRandom(seed), top, host.facts)
  const sequence: Sequence = { seed, top, kernel, operations: [[0, "umask", 0o022]], outcomes: [0o022] }
  for (let at = 1; at <= OPERATIONS; at++) {
    step(source, sequence)
    if (at % 250 === 0) {
      sequence.operations.push([0, "tree", home])
      sequence.outcomes.push(kernel.tree(home))
    }
  }
  for (const { slot, user } of source.open) {
    sequence.operations.push([user, "close", slot])
    sequence.outcomes.push(kernel.outcome([user, "close", slot]))
  }
  sequence.operations.push([0, "umask", 0o022])
  sequence.outcomes.push(kernel.setUmask(0o022))
  return sequence
}

const compare = ({ operations, outcomes, seed, top }: Sequence, host: ReadonlyArray<unknown>, counts: Counts): void => {
  operations.forEach((operation, at) => {
    // the first tells the umask of the sequence before it
    if (at > 0 && JSON.stringify(outcomes[at]) !== JSON.stringify(host[at])) {
      const history = operations.slice(Math.max(0, at - 25), at + 1).map((made, index) =>
        `${JSON.stringify(made).replaceAll(`${top}/`, "")} ${JSON.stringify(host[Math.max(0, at - 25) + index])}`.slice(
          0,
          300
        )
      )
      assert.deepStrictEqual(outcomes[at], host[at], `seed ${seed}, step ${at}\n${history.join("\n")}`)
    }
    const name = operation[1] === "skip" ? "skipped" : isErrno(host[at]) ? host[at] : "done"
    counts[name] = (counts[name] ?? 0) + 1
  })
}

const checkLeaks = (kernel: Kernel, base: string, seed: number): void => {
  const { fs } = kernel
  fs.remove(root, base, { recursive: true })
  for (let path = NodePath.dirname(base); path !== "/"; path = NodePath.dirname(path)) fs.rmdir(root, path)
  assert.deepStrictEqual(fs.usage(), { bytes: 0, inodes: 0, openFiles: 0 }, `seed ${seed}: something leaks`)
}

/** The host works on one sequence while the kernel is given the next. */
const runAll = async (host: Host, base: string): Promise<Counts> => {
  const counts: Counts = {}
  let before: Promise<void> = Promise.resolve()
  for (const seed of seeds) {
    const sequence = runKernel(host, base, seed)
    await before
    before = host.run(sequence.operations).then((outcomes) => {
      compare(sequence, outcomes, counts)
      checkLeaks(sequence.kernel, base, seed)
    })
    // the next turn looks at it
    before.catch(() => {})
  }
  await before
  return counts
}

describe("Filesystem against the host", () => {
  it(`agrees over ${RUNS * OPERATIONS} random operations`, { timeout: 3_600_000 }, async (context) => {
    const base = NodeFs.realpathSync(NodeFs.mkdtempSync(NodePath.join(NodeOs.tmpdir(), "differential-")))
    NodeFs.chmodSync(base, 0o755)
    const host = await Host.start(base)
    try {
      // Node.js can neither be several users nor make all of the calls
      if (host === undefined) {
        console.log("differential: SKIPPED, the host's side needs python3")
        return context.skip("the host's side needs python3")
      }
      const words = `${fixed} seeds from ${FIXED_SEED}, ${RUNS - fixed} from ${FRESH_SEED} (DIFFERENTIAL_SEED)`
      console.log(`differential: ${RUNS * OPERATIONS} operations of ${host.facts.users.length} users; ${words}`)
      const counts = await runAll(host, base)
      console.log(`differential: ${JSON.stringify(counts)}`)
      const expected = host.facts.users.length > 1 ? ["EACCES", "EPERM", "ENOTEMPTY", "EEXIST", "ELOOP"] : ["EEXIST"]
      for (const errno of expected) assert.isAbove(counts[errno] ?? 0, RUNS, errno)
    } finally {
      await host?.stop()
      NodeFs.rmSync(base, { recursive: true, force: true })
    }
  })
})
