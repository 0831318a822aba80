/** Programs in the guest that run wild: each is stopped at its bound with a known outcome, and the neighbour works on. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { NodeSidecar } from "../../layers/node/index.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import { failureOf } from "../contract/layers.ts"
import type { Left } from "./support.ts"
import { before, expectNothingLeft } from "./support.ts"

let was: Left
beforeAll(() => {
  was = before()
})
afterAll(() => expectNothingLeft(was))

/** Runs until its deadline, which ends it with all that it has started. */
const timesOut = (command: string, timeout = 700) => (vm: VmShape) =>
  Effect.map(failureOf(vm.processes.exec(command, { timeout })), (error: any) => {
    assert.deepInclude({ ...error }, { _tag: "ProcessError", reason: "TimedOut" }, command)
  })

/** Ends by itself, within limits of its own. */
const ends = (command: string, exitCode: number, stdout: string) => (vm: VmShape) =>
  Effect.map(vm.processes.exec(command, { timeout: "100 seconds" }), (outcome) => {
    assert.deepStrictEqual([outcome.exitCode, outcome.stdout], [exitCode, stdout], `${command}: ${outcome.stderr}`)
  })

const backtracking = `$(printf 'a%.0s' $(seq 40))b`

const abuses: Readonly<Record<string, (vm: VmShape) => Effect.Effect<unknown, any>>> = {
  "a loop in awk": timesOut("awk 'BEGIN { while (1) i++ }'"),
  "a recursion in jq": timesOut("jq -n 'def f: f; f'"),
  "a recursion that piles up in jq": ends("jq -n 'def f: f + 1; f'", 5, ""),
  "a generator without end in jq": timesOut("jq -n 'last(range(1e15))'"),
  "a list without end in jq": ends("jq -n '[limit(1e12; repeat(1))] | length'", 5, ""),
  "lists without end in jq": ends("jq -n '[range(1e9) | [range(100)]] | length'", 5, ""),
  "a value that grows without end in jq": ends("jq -n 'reduce range(50) as $i (1; [., .])' | wc -c", 0, "0\n"),
  "a loop in jq beside others": ends(
    "jq -n 'def f: f; f' & echo beside; kill $!; wait $!; echo $?",
    0,
    "beside\n143\n"
  ),
  "a loop in sed": timesOut("echo x | sed ':a; s/x/x/; ta'"),
  "nested quantifiers in grep": ends(`echo ${backtracking} | grep -cE '^(a+)+$'`, 1, "0\n"),
  "nested quantifiers in sed": ends(`echo ${backtracking} | sed -E 's/^(a+)+$/x/' | wc -c`, 0, "42\n"),
  "nested quantifiers in awk": ends(`echo ${backtracking} | awk '/^(a+)+$/ { n++ } END { print n + 0 }'`, 0, "0\n"),
  "nested quantifiers in jq": ends(`jq -n '"${"a".repeat(40)}b" | test("^(a+)+$")'`, 0, "false\n"),
  "nested quantifiers in the shell": ends(`[[ ${backtracking} =~ ^(a+)+$ ]]; echo $?`, 0, "1\n"),
  "a million paths from globs": ends(
    "mkdir g; cd g; touch {1..300}; x=$(echo {a..z}*{1..9}); for i in {1..3500}; do : *[0-9]*[0-9]*; done; echo ${#x}",
    0,
    "935\n"
  ),
  "a huge here-document": ends(
    "{ echo 'cat <<END | wc -c'; yes 0123456789 | head -n 1000000; echo END; } > s; bash s; bash < s",
    0,
    "11000000\n11000000\n"
  ),
  "a storm of signals": ends(
    "trap 'n=$((n + 1))' USR1; for i in {1..20000}; do kill -USR1 $$; done; [ $n -gt 0 ] && echo heard",
    0,
    "heard\n"
  ),
  // the VM's limit of open files, and three that are none
  "descriptors without end": ends(
    "i=3; while eval \"exec $i> /tmp/f\" 2>/dev/null; do i=$((i + 1)); done; echo $i; exec 9>&-; echo still here",
    0,
    "259\nstill here\n"
  ),
  "100,000 jobs one after another": ends(
    "for ((i = 0; i < 100000; i++)); do : & (((i % 200)) || wait); done 2>/dev/null; wait; echo $i",
    0,
    "100000\n"
  ),
  "100,000 jobs at once": ends(
    "for ((i = 0; i < 100000; i++)); do sleep 3 & done 2>/tmp/why; echo never",
    254,
    ""
  )
}

describe("hostile programs", () => {
  for (const [name, abuse] of Object.entries(abuses)) {
    it.scopedLive(name, () =>
      Effect.gen(function*() {
        const neighbour = yield* Vm.make({})
        yield* neighbour.filesystem.writeFile("/tmp/file", "well")
        let reads = 0
        const probe = yield* Effect.forkScoped(Effect.forever(Effect.gen(function*() {
          assert.strictEqual(yield* neighbour.filesystem.readFileString("/tmp/file"), "well")
          reads++
          yield* Effect.sleep(5)
        })))
        const vm = yield* Vm.make({})
        yield* abuse(vm)
        const until = reads + 3
        yield* Effect.iterate(0, { while: () => reads < until, body: () => Effect.as(Effect.sleep(5), 0) })
        yield* Fiber.interrupt(probe)
        assert.strictEqual((yield* vm.processes.exec("echo alive")).stdout, "alive\n")
        assert.strictEqual((yield* neighbour.processes.exec("echo well")).stdout, "well\n")
      }).pipe(Effect.provide(NodeSidecar.layer)), 120_000)
  }
})
