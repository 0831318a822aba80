/** A program sleeps until its answer is there, however often it is woken before. */
import { assert, describe, it } from "@effect/vitest"
import type { MessagePort } from "node:worker_threads"
import { Worker } from "node:worker_threads"
import { SystemChannel } from "../../../native/guests/wasm/channel.ts"
import {
  ANSWERED,
  BYTES,
  HEADER_BYTES,
  KIND,
  LENGTH,
  STATE,
  WINDOW_BYTES
} from "../../../native/guests/wasm/protocol.ts"

const TEXT = "the answer"
/** A word of the test's own behind the window: 1 when the other side runs, 2 when it is to end. */
const OWN_AT = HEADER_BYTES + WINDOW_BYTES

/**
 * Twice wakes who sleeps although there is no answer, as a notice of the answer before does that comes late; who is woken
 * must sleep again, or the second has nobody to wake. Only then comes the answer.
 */
const otherSide = (memory: SharedArrayBuffer) =>
  new Worker(
    `
    const { memory } = require("node:worker_threads").workerData
    const header = new Int32Array(memory)
    const own = new Int32Array(memory, ${OWN_AT})
    const ended = () => Atomics.load(own, 0) === 2
    const wake = () => {
      while (!ended()) if (Atomics.notify(header, ${STATE}) > 0) return
    }
    Atomics.store(own, 0, 1)
    Atomics.notify(own, 0)
    wake()
    wake()
    if (!ended()) {
      new Uint8Array(memory, ${HEADER_BYTES}).set(Buffer.from("${TEXT}"))
      header[${KIND}] = ${BYTES}
      header[${LENGTH}] = ${TEXT.length}
      Atomics.store(header, ${STATE}, ${ANSWERED})
      Atomics.notify(header, ${STATE})
    }
    `,
    { eval: true, workerData: { memory } }
  )

describe("SystemChannel", () => {
  it("takes no notice that comes late for its answer", async () => {
    const memory = new SharedArrayBuffer(OWN_AT + 4)
    const own = new Int32Array(memory, OWN_AT)
    const port = { postMessage: () => {} } as unknown as MessagePort
    const worker = otherSide(memory)
    const ended = new Promise((resolve) => worker.once("exit", resolve))
    Atomics.wait(own, 0, 0)
    const answer = new SystemChannel(port, memory).ask("read", { fd: 0, max: 100 })
    Atomics.store(own, 0, 2)
    await ended
    assert.strictEqual(Buffer.from(answer).toString(), TEXT)
  })
})
