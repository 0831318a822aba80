/** The worker that is kept ready for the next program. */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { readdirSync } from "node:fs"
import type { Worker } from "node:worker_threads"
import { vi } from "vitest"
import { prepareWorker, setSurroundings, takeWorker } from "../../../native/guests/wasm/workers.ts"

/** Says how many messages it has been sent so far, and ends when it is told so. */
const program = new URL(
  `data:text/javascript,${
    encodeURIComponent(`
      import { parentPort } from "node:worker_threads"
      let count = 0
      parentPort.on("message", (message) => message === "end" ? process.exit() : parentPort.postMessage(++count))
    `)
  }`
)
const ticket = () => ({ redeem: (run: () => void) => run(), cancel: () => {} })

/** Of this process. */
const threads = (): number => readdirSync("/proc/self/task").length

const taken = new Set<Worker>()
const take = () => {
  const worker = takeWorker()
  taken.add(worker)
  return worker
}

const count = (worker: Worker) =>
  new Promise((resolve, reject) => {
    worker.once("message", resolve)
    worker.once("exit", () => reject(new Error("it has ended")))
    worker.postMessage("count")
  })

describe("The worker that is kept ready", () => {
  afterAll(() => Promise.all(Array.from(taken, (worker) => worker.terminate())))

  it("is given out once, and has run nothing", async () => {
    setSurroundings({ program, ticket })
    prepareWorker()
    prepareWorker()
    const [first, second] = [take(), take()]
    assert.notStrictEqual(first, second)
    assert.deepStrictEqual(await Promise.all([count(first), count(second)]), [1, 1])
    prepareWorker()
    const third = take()
    assert.strictEqual(taken.size, 3)
    assert.strictEqual(await count(third), 1)
  })

  it("is begun anew where it has ended by itself", async () => {
    const before = threads()
    setSurroundings({ program: new URL("data:text/javascript,process.exit()"), ticket })
    prepareWorker()
    await vi.waitUntil(() => threads() <= before)
    setSurroundings({ program, ticket })
    assert.strictEqual(await count(take()), 1)
  })
})
