import { assert, describe, it } from "@effect/vitest"
import { collectGarbage, MIN_RELEASED, Reclaimer } from "../../native/server/reclaim.ts"

const setup = () => {
  const server = { vms: 0, dropped: 0, processes: 0, queue: { size: 0 } }
  const counted = { collections: 0 }
  const reclaimer = new Reclaimer(server, () => void counted.collections++)
  const ticks = (vms: number, count = 2) => {
    server.vms = vms
    for (let i = 0; i < count; i++) reclaimer.tick()
    return counted.collections
  }
  return { server, ticks }
}

describe("Reclaimer", () => {
  it("collects once after many VMs are gone, and again after as many more", () => {
    const { ticks } = setup()
    assert.strictEqual(ticks(2 * MIN_RELEASED), 0)
    assert.strictEqual(ticks(1, 1), 0, "the number has just changed")
    assert.strictEqual(ticks(1, 1), 1)
    assert.strictEqual(ticks(1, 10), 1)
    assert.strictEqual(ticks(MIN_RELEASED + 1), 1)
    assert.strictEqual(ticks(1), 2)
  })

  it("leaves a few released VMs, and a minority of many, to the next need for room", () => {
    const { ticks } = setup()
    assert.strictEqual(ticks(MIN_RELEASED - 1), 0)
    assert.strictEqual(ticks(0), 0)
    assert.strictEqual(ticks(10 * MIN_RELEASED), 0)
    assert.strictEqual(ticks(6 * MIN_RELEASED), 0)
  })

  it("collects once after snapshots were forgotten, when no more are", () => {
    const { server, ticks } = setup()
    assert.strictEqual(ticks(1), 0)
    server.dropped = 1
    assert.strictEqual(ticks(1, 1), 0, "the number has just changed")
    server.dropped = 2
    assert.strictEqual(ticks(1, 1), 0, "and again")
    assert.strictEqual(ticks(1, 10), 1)
  })

  it("waits while anything runs", () => {
    const { server, ticks } = setup()
    ticks(2 * MIN_RELEASED)
    server.processes = 1
    assert.strictEqual(ticks(0, 5), 0)
    server.processes = 0
    server.queue.size = 1
    assert.strictEqual(ticks(0, 5), 0)
    server.queue.size = 0
    assert.strictEqual(ticks(0, 1), 1)
  })

  it("really collects, and shows the collector to nobody else", async () => {
    const kept = new WeakRef(new Array(1000).fill(0))
    // what a WeakRef has just been made of, or given, stays until the end of the job
    await new Promise((resolve) => setTimeout(resolve, 1))
    collectGarbage()
    assert.isUndefined(kept.deref())
    const { runInNewContext } = await import("node:vm")
    assert.strictEqual(runInNewContext("typeof gc"), "undefined")
  })
})
