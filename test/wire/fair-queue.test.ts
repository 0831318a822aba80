import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { type Steps, waitFor } from "../../native/kernel/filesystem/steps.ts"
import type { Work } from "../../native/server/fair-queue.ts"
import { FairQueue } from "../../native/server/fair-queue.ts"

/** A queue whose clock ticks once per look, and whose pauses are counted. */
const make = (slice: number) => {
  const state = { time: 0, pauses: 0, defects: [] as Array<unknown> }
  const queue = new FairQueue({
    slice,
    now: () => state.time++,
    later: (run) => {
      state.pauses++
      setImmediate(run)
    },
    onDefect: (defect) => void state.defects.push(defect)
  })
  return { queue, state }
}

const drained = async (queue: FairQueue): Promise<void> => {
  do await new Promise((resolve) => setImmediate(resolve))
  while (queue.size > 0)
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe("FairQueue", () => {
  it("is round robin by steps: each lane's work in order, and no lane waits for more than one step of each other", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(
        // owners with work of so many steps each; 0 is work without an iterator
        FastCheck.array(FastCheck.array(FastCheck.nat(4), { maxLength: 5 }), { minLength: 1, maxLength: 5 }),
        FastCheck.integer({ min: 1, max: 10 }),
        async (owners, slice) => {
          const { queue, state } = make(slice)
          const ran: Array<string> = []
          const turns: Array<number> = []
          owners.forEach((works, owner) => {
            works.forEach((steps, index) => {
              const work: Work = () => {
                turns.push(owner)
                ran.push(`${owner}.${index}`)
                if (steps === 0) return
                let left = steps
                return {
                  next: () => {
                    turns.push(owner)
                    return { done: --left === 0, value: undefined }
                  }
                }
              }
              queue.add(owners[owner], work)
            })
          })
          await drained(queue)
          owners.forEach((works, owner) => {
            assert.deepStrictEqual(
              ran.filter((name) => name.startsWith(`${owner}.`)),
              works.map((_, index) => `${owner}.${index}`)
            )
          })
          const remaining = owners.map((works) => works.reduce((sum, steps) => sum + steps + 1, 0))
          assert.strictEqual(turns.length, remaining.reduce((a, b) => a + b, 0))
          // in every round each lane that still has work has exactly one turn
          for (let at = 0; at < turns.length;) {
            const active = remaining.flatMap((steps, owner) => steps > 0 ? [owner] : [])
            assert.deepStrictEqual(turns.slice(at, at + active.length).sort(), active)
            for (const owner of active) remaining[owner]--
            at += active.length
          }
          assert.deepStrictEqual(state.defects, [])
        }
      ),
      { numRuns: 60 }
    ))

  it("gives the event loop its turn after every slice", async () => {
    const { queue, state } = make(4)
    let ran = 0
    for (let i = 0; i < 40; i++) queue.add(queue, () => void ran++)
    await drained(queue)
    assert.strictEqual(ran, 40)
    assert.isAtLeast(state.pauses, 9)
  })

  it("work that adds work, to its own lane and to others, in its own step", async () => {
    const { queue } = make(1000)
    const [a, b] = [{}, {}]
    const ran: Array<string> = []
    queue.add(a, () => {
      ran.push("a1")
      queue.add(a, () => void ran.push("a2"))
      queue.add(b, () => void ran.push("b1"))
    })
    await drained(queue)
    assert.deepStrictEqual(ran, ["a1", "b1", "a2"])
    assert.strictEqual(queue.size, 0)
  })

  it("a defect ends its own work only", async () => {
    const { queue, state } = make(1000)
    const ran: Array<string> = []
    const owner = {}
    queue.add(owner, () => {
      throw new Error("first")
    })
    queue.add(owner, () => ({
      next: () => {
        throw new Error("second")
      }
    }))
    queue.add(owner, () => void ran.push("same lane"))
    queue.add({}, () => void ran.push("other lane"))
    await drained(queue)
    assert.deepStrictEqual(state.defects.map((defect) => (defect as Error).message), ["first", "second"])
    assert.deepStrictEqual(ran.sort(), ["other lane", "same lane"])
  })

  it("work that waits lets its lane's other work go on, and goes on when it can", async () => {
    const { queue } = make(1000)
    const ran: Array<string> = []
    let settle: (value: string) => void = () => {}
    const waiting = function*(): Steps {
      ran.push("asks")
      ran.push(yield* waitFor<string>(({ succeed }) => void (settle = succeed)))
      yield
      try {
        yield* waitFor(({ fail }) => fail("at once"))
      } catch (thrown) {
        ran.push(String(thrown))
      }
    }
    const owner = {}
    queue.add(owner, waiting)
    queue.add(owner, () => void ran.push("other"))
    await drained(queue)
    assert.deepStrictEqual(ran, ["asks", "other"])
    settle("answer")
    settle("again")
    await drained(queue)
    assert.deepStrictEqual(ran, ["asks", "other", "answer", "at once"])
  })

  it("a lane of a hundred thousand lets another one in at once", async () => {
    const { queue } = make(1000)
    let before = 0
    for (let i = 0; i < 100_000; i++) queue.add(queue, () => void before++)
    const seen = await new Promise<number>((resolve) => queue.add({}, () => resolve(before)))
    assert.isAtMost(seen, 1)
    await drained(queue)
    assert.strictEqual(before, 100_000)
  })
})
