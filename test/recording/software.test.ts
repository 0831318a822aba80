/** A VM with WebAssembly programs replays to the same events and trees, though each of them works in a thread of its own. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Recording, VirtualTime } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"
import { folder } from "../support/wasm-programs.ts"

const run = (script: string) =>
  Effect.gen(function*() {
    const vm = yield* Vm.make({ software: [{ package: yield* folder }] })
    const { stdout } = yield* vm.processes.exec(script)
    return stdout
  })

/** What must come out of it again, and how often it is tried. */
const scripts: Readonly<Record<string, readonly [script: string, rounds: number]>> = {
  "time and randomness": [
    "for i in 1 2 3; do clock > /tmp/c$i; random > /tmp/r$i; done; date +%s%N; sha1sum /tmp/*",
    2
  ],
  "programs of one pipeline": [
    "flood | copy | copy | tee /tmp/f | sha1sum; for i in 1 2 3; do words $i | copy; done",
    1
  ],
  "programs that work at one time, and a shell beside them": [
    "for i in 1 2 3 4; do { for j in 1 2; do words $i-$j; list /etc | wc -c; random | od -An -tx1; done; } & done; " +
    "for i in {1..50}; do echo shell $i; done; wait",
    3
  ],
  "more programs than may run": [
    `${
      Array.from({ length: 18 }, () => "copy").join(" | ")
    } < /etc/hostname; for i in {1..20}; do five & done; wait; jobs`,
    1
  ],
  "what traps, and what is none": ["crash; deep; outside; garbage; alien; five; echo $?", 1]
}

describe("Recordings of software", () => {
  for (const [name, [script, rounds]] of Object.entries(scripts)) {
    it.live(name, () =>
      Effect.gen(function*() {
        for (let seed = 0; seed < rounds; seed++) {
          const { exit, log, summary } = yield* Recording.record(run(script), { seed })
          assert.isTrue(exit._tag === "Success", String(exit))
          assert.deepStrictEqual(yield* Recording.replay(log), summary)
        }
      }), 120_000)
  }

  it.live("waits in virtual time", () =>
    Effect.gen(function*() {
      const script = "linger | od -An -tx1; for i in 1 2 3; do words $i & done; linger | wc -c; wait; date +%s"
      const { exit, log, summary } = yield* Recording.record(run(script), { seed: 3 })
      assert.match(yield* exit, /120\n$/)
      assert.deepStrictEqual(yield* Recording.replay(log), summary)
    }).pipe(Effect.provide(VirtualTime.layer())), 120_000)
})
