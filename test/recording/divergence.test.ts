/** A recording that was changed: the replay stops with the first event that differs, or the bytes are refused. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { VirtualTime } from "../../layers/testing/index.ts"
import type { Entry } from "../../native/record/log.ts"
import { LogWriter, readLog } from "../../native/record/log.ts"
import { Vm } from "../../services/Vm.ts"
import { warm } from "./support.ts"

/** Files, a guest that takes its time, and a second VM. */
const program = Effect.gen(function*() {
  const vm = yield* Vm.make({})
  yield* vm.filesystem.writeFile("/tmp/needle", "the needle in the hay")
  yield* vm.processes.exec("cat /tmp/needle > /tmp/copy; sleep 5; date >> /tmp/copy; echo done")
  const fork = yield* vm.fork
  yield* fork.filesystem.delete("/tmp/copy")
})

/** The same recording, with other entries and a true end. */
const withEntries = (log: Uint8Array, change: (entries: ReadonlyArray<Entry>) => ReadonlyArray<Entry>): Uint8Array => {
  const { entries, header, whole } = readLog(log)
  const writer = new LogWriter(header)
  for (const entry of change(entries)) writer.append(entry)
  return writer.toBytes(whole)
}

const changing = (log: Uint8Array, at: number, change: (entry: Entry) => Entry): Uint8Array =>
  withEntries(log, (entries) => entries.map((entry, index) => index === at ? change(entry) : entry))

const flipped = (body: Uint8Array, at = body.length - 1): Uint8Array => {
  const copy = body.slice()
  copy[at] ^= 1
  return copy
}

describe("a recording that was changed", () => {
  it.effect("stops with the first event that differs", () =>
    Effect.gen(function*() {
      const { log, summary } = yield* Vm.record(program, { seed: 3 })
      const { entries } = readLog(log)
      assert.deepStrictEqual(yield* Vm.replay(withEntries(log, (all) => all)), summary)
      const last = (kind: Entry["kind"]) => entries.findLastIndex((entry) => entry.kind === kind)
      const divergence = (changed: Uint8Array) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(Vm.replay(changed))
          assert.strictEqual(error._tag, "ReplayDiverged", error.message)
          return error._tag === "ReplayDiverged" ? error : yield* Effect.dieMessage("another error")
        })

      // an input: the content of a file that a guest reads later
      const needle = entries.findIndex(({ body }) => Buffer.from(body).includes("the needle"))
      const at = Buffer.from(entries[needle].body).indexOf("the needle")
      const input = yield* divergence(changing(log, needle, (entry) => ({ ...entry, body: flipped(entry.body, at) })))
      assert.isAbove(input.event, needle)
      // it is what the guest writes that differs
      assert.match(input.expected, /^message 0: call pwrite/)
      assert.match(input.found, /^message 0: call pwrite/)

      // outputs, of the sidecar and of a tree
      for (const kind of ["sent", "root"] as const) {
        const output = yield* divergence(changing(log, last(kind), (e) => ({ ...e, body: flipped(e.body) })))
        assert.strictEqual(output.event, last(kind), kind)
        assert.match(
          output.message,
          new RegExp(`differs at event ${last(kind)}: expected ${kind} \\d+: .*, found ${kind}`)
        )
      }

      // a message of a guest
      const message = yield* divergence(changing(log, last("message"), (e) => ({ ...e, body: flipped(e.body) })))
      assert.strictEqual(message.event, last("message"))

      // the time of the guest's sleep, and of all that comes after it
      const timer = entries.findIndex(({ kind, note }) => kind === "timer" && note === "5000 ms")
      assert.isAbove(timer, 0)
      const late = withEntries(log, (all) =>
        all.map((entry, index) => index < timer ? entry : { ...entry, time: entry.time + 1_000_000_000n }))
      assert.isAbove((yield* divergence(late)).event, timer)
      // a timer that nobody has set
      const unknown = changing(log, timer, (entry) => ({ ...entry, index: entry.index + 1000 }))
      assert.deepInclude(yield* divergence(unknown), { event: timer, found: "nothing" })

      // what is missing, and what is there once more
      const without = withEntries(log, (all) =>
        all.filter((_, index) => index !== last("sent")))
      assert.strictEqual((yield* divergence(without)).event, last("sent"))
      const twice = withEntries(
        log,
        (all) => all.flatMap((entry, at) => at === last("sent") ? [entry, entry] : [entry])
      )
      assert.strictEqual((yield* divergence(twice)).event, last("sent") + 1)
      // the end is missing, and says that it is the end
      const shortened = withEntries(log, (all) => all.slice(0, last("root")))
      assert.deepInclude(yield* divergence(shortened), { event: last("root"), expected: "the end" })
    }).pipe(Effect.provide([VirtualTime.layer(), warm])), 120_000)

  it.effect(
    "is refused when its end is not there, or its events are not those that were recorded",
    () =>
      Effect.gen(function*() {
        const { log } = yield* Vm.record(Vm.make({}), { seed: 4 })
        const { entries } = readLog(log)
        const refusal = (changed: Uint8Array) =>
          Effect.map(
            Effect.flip(Vm.replay(changed)),
            (error) => error._tag === "InvalidRecording" ? [error.reason, error.message] : [error._tag, error.message]
          )
        const text = Buffer.from(log).toString("latin1")
        const head = text.indexOf("\n", text.indexOf("\n") + 1) + 1
        const header = (json: string) =>
          new Uint8Array(Buffer.from(`agent-os recording\n${json}\n${text.slice(head)}`, "latin1"))

        assert.deepStrictEqual(yield* refusal(new Uint8Array(10)), ["NotARecording", "this is no recording"])
        assert.deepStrictEqual(yield* refusal(new Uint8Array(0)), ["NotARecording", "this is no recording"])
        assert.deepStrictEqual(yield* refusal(header("{}")), [
          "Version",
          "the recording has version undefined, this is 2: record anew"
        ])
        assert.deepStrictEqual(yield* refusal(header("{\"version\":1,\"sidecarId\":\"x\",\"seed\":1}")), [
          "Version",
          "the recording has version 1, this is 2: record anew"
        ])
        assert.deepStrictEqual(yield* refusal(header("{\"version\":2,")), [
          "Damaged",
          "the recording is damaged: its header cannot be read"
        ])
        assert.deepStrictEqual(yield* refusal(header("null")), [
          "Version",
          "the recording has version undefined, this is 2: record anew"
        ])
        assert.deepStrictEqual(yield* refusal(header("{\"version\":2,\"seed\":1}")), [
          "Damaged",
          "the recording is damaged: its header lacks something"
        ])
        // at every place
        for (let length = head; length < log.length; length++) {
          const [reason] = yield* refusal(log.subarray(0, length))
          assert.strictEqual(reason, "CutOff", `${length} bytes`)
        }
        assert.deepStrictEqual((yield* refusal(new Uint8Array([...log, 1])))[0], "Damaged")
        const kindless = log.slice()
        kindless[head] = 200
        assert.deepStrictEqual(yield* refusal(kindless), [
          "Damaged",
          "the recording is damaged: event 0 is of no known kind"
        ])
        // whole entries from the middle
        const without = withEntries(log, (all) => all.slice(1))
        const end = log.subarray(log.length - (18 + 32 + 5))
        const miscounted = new Uint8Array([...without.subarray(0, without.length - end.length), ...end])
        assert.deepStrictEqual(yield* refusal(miscounted), [
          "Damaged",
          `the recording is damaged: it has ${entries.length - 1} events of ${entries.length}`
        ])
        // what no guest sees: the note of an input
        const noted = changing(log, 0, (entry) => ({ ...entry, note: "x" }))
        const misnoted = new Uint8Array([...noted.subarray(0, noted.length - end.length), ...end])
        assert.deepStrictEqual(yield* refusal(misnoted), [
          "Damaged",
          "the recording is damaged: its events are not those that were recorded"
        ])
      }).pipe(Effect.provide([VirtualTime.layer(), warm])),
    60_000
  )
})
