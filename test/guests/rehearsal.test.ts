/** A worker warms itself up with scripts that must run as they would for a VM. */
import { assert, describe, it } from "@effect/vitest"
import { wrappedNames } from "../../native/guests/programs/names.ts"
import type { FromWorker } from "../../native/guests/protocol.ts"
import { Rehearsal, scripts } from "../../native/guests/shell/rehearsal.ts"
import { ShellWorker } from "../../native/guests/shell/shell-worker.ts"

const make = (post: (message: FromWorker) => void) => new ShellWorker(post)

/** Runs the callback at once, unless the rehearsal is stopped first. */
const soon = (run: () => void) => {
  let cancelled = false
  queueMicrotask(() => !cancelled && run())
  return () => {
    cancelled = true
  }
}

describe("Rehearsal", () => {
  it("runs every script to its end in the engine in use", async () => {
    const rehearsal = new Rehearsal(make, soon)
    await rehearsal.first()
    const performances = await rehearsal.rest()
    assert.deepStrictEqual(
      performances.map(({ exitCode, stderr }) => [exitCode, stderr]),
      performances.map(() => [0, ""])
    )
    assert.deepStrictEqual(
      performances.map(({ stdout }) => stdout.trimEnd().split("\n").at(-1)?.replace(/.* /, "")),
      ["hello", "3", "1", "1", "3", "a,1", "hello"]
    )
  })

  it("runs no program whose code would have to be loaded: a command that arrives would wait for that", () => {
    const words = new Set(scripts.join("\n").split(/[^\w-]+/))
    assert.deepStrictEqual(wrappedNames.filter((name) => words.has(name)), [])
  })

  it("stops when the worker is needed, and leaves no timer behind", async () => {
    let timers = 0
    const rehearsal = new Rehearsal(make, (run) => {
      timers++
      queueMicrotask(() => timers === 4 ? rehearsal.stop() : run())
      return () => {
        timers = 0
      }
    })
    await rehearsal.first()
    assert.strictEqual((await rehearsal.rest()).length, 3)
    assert.strictEqual(timers, 0)
  })
})
