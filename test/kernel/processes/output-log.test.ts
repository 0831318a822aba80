/** The log of output: against a plain model, whatever is written, read and dropped. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { OUTPUT_OVERHEAD, OUTPUT_WINDOW } from "../../../native/guests/protocol.ts"
import type { Channel, View } from "../../../native/kernel/processes/output-log.ts"
import { OutputLog, OutputReader } from "../../../native/kernel/processes/output-log.ts"

const CAPACITY = 2 * OUTPUT_WINDOW

const make = (unread: "discard" | "suspend") => {
  const state = { credit: 0, later: [] as Array<() => void> }
  const log = new OutputLog({
    capacity: CAPACITY,
    unread,
    credit: (bytes) => void (state.credit += bytes),
    after: (_, run) => {
      state.later.push(run)
      return () => {}
    }
  })
  return { log, state }
}

const reader = (log: OutputLog, view: View, cursor?: number): OutputReader => {
  const opened = log.open(view, cursor, () => {})
  assert.instanceOf(opened, OutputReader)
  return opened as OutputReader
}

const drain = (from: OutputReader, max = 7_000): string => {
  const parts: Array<Uint8Array> = []
  for (let part = from.next(max); part !== undefined; part = from.next(max)) parts.push(part.bytes.slice())
  return Buffer.concat(parts).toString("latin1")
}

const letters = (seed: number, length: number) => Uint8Array.from({ length }, (_, i) => 97 + ((seed * 31 + i * 7) % 26))

describe("OutputLog", () => {
  it("every view from every position is what was written", () => {
    const write = FastCheck.record({
      channel: FastCheck.constantFrom<Channel>("stdout", "stderr"),
      length: FastCheck.oneof(FastCheck.integer({ min: 1, max: 40 }), FastCheck.integer({ min: 1, max: 9_000 })),
      position: FastCheck.double({ min: 0, max: 1, noNaN: true }),
      view: FastCheck.constantFrom<View>("stdout", "stderr", "output")
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.array(write, { maxLength: 40 }), (writes) => {
        const { log } = make("discard")
        const whole = { stdout: "", stderr: "", output: "" }
        const live = reader(log, "output", 0)
        let seen = ""
        writes.forEach(({ channel, length, position, view }, i) => {
          const bytes = letters(i, length)
          log.append(channel, bytes)
          const text = Buffer.from(bytes).toString("latin1")
          whole[channel] += text
          whole.output += text
          seen += drain(live, 1 + i * 50)
          const cursor = Math.floor(position * (whole[view].length + 1))
          const late = reader(log, view, cursor)
          assert.strictEqual(drain(late), whole[view].slice(cursor))
          late.close()
        })
        assert.strictEqual(seen, whole.output)
        log.end()
        assert.isTrue(live.done)
      }),
      { numRuns: 60 }
    )
  })

  it("a reader withholds credit, and gives it back as it reads", () => {
    const { log, state } = make("discard")
    const slow = reader(log, "output", 0)
    const cost = 10_000 + OUTPUT_OVERHEAD
    let written = 0
    // as a worker would: no more than its credit
    while (written + cost - state.credit <= OUTPUT_WINDOW) {
      log.append("stdout", letters(1, 10_000))
      written += cost
    }
    assert.isBelow(written, CAPACITY + OUTPUT_WINDOW)
    const before = state.credit
    assert.strictEqual(drain(slow).length, Math.round(written / cost) * 10_000)
    assert.isAbove(state.credit, before)
    slow.close()
    assert.strictEqual(state.credit, written)
  })

  it("without a reader: suspends for a first one and then drops from the front, and says what is missing", () => {
    const { log, state } = make("discard")
    const append = () => log.append("stdout", letters(2, 60_000))
    for (let i = 0; i < 10; i++) append()
    assert.isBelow(state.credit, 10 * (60_000 + OUTPUT_OVERHEAD))
    assert.strictEqual(state.later.length, 1)
    for (const run of state.later) run()
    assert.strictEqual(state.credit, 10 * (60_000 + OUTPUT_OVERHEAD))
    const opened = log.open("stdout", 0, () => {})
    assert.deepStrictEqual(opened, { from: 0, to: 120_000 })
    assert.strictEqual(drain(reader(log, "stdout", 120_000)).length, 480_000)
    assert.strictEqual(drain(reader(log, "stdout")).length, 480_000)
    assert.isAtMost(log.size, CAPACITY)
  })

  it("one that is to be suspended waits as long as it takes, for either channel", () => {
    const { log, state } = make("suspend")
    for (let i = 0; i < 9; i++) log.append(i % 2 === 0 ? "stdout" : "stderr", letters(3, 60_000))
    const held = state.credit
    assert.isBelow(held, 9 * (60_000 + OUTPUT_OVERHEAD))
    assert.deepStrictEqual(state.later, [])
    const out = reader(log, "stdout", 0)
    drain(out)
    out.close()
    assert.strictEqual(drain(reader(log, "stderr", 0)).length, 240_000)
    assert.strictEqual(state.credit, 9 * (60_000 + OUTPUT_OVERHEAD))
  })
})
