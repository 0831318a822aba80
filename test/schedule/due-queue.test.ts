import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Due } from "../../src/schedule/DueQueue.ts"
import { DueQueue } from "../../src/schedule/DueQueue.ts"

interface Item extends Due {
  readonly name: number
}

const make = (name: number): Item => ({ name, due: 0, order: 0, place: -1 })

const NAMES = 40

type Step =
  | { readonly type: "set"; readonly name: number; readonly due: number }
  | { readonly type: "delete"; readonly name: number }
  | { readonly type: "take"; readonly now: number }

const name = FastCheck.integer({ min: 0, max: NAMES - 1 })
const instant = FastCheck.integer({ min: 0, max: 60 })
const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  FastCheck.record({ type: FastCheck.constant("set" as const), name, due: instant }),
  FastCheck.record({ type: FastCheck.constant("set" as const), name, due: instant }),
  FastCheck.record({ type: FastCheck.constant("delete" as const), name }),
  FastCheck.record({ type: FastCheck.constant("take" as const), now: instant })
)

describe("DueQueue", () => {
  it("behaves like a list that is sorted before each look", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(step, { maxLength: 100 }), (steps) => {
        const items = Array.from({ length: NAMES }, (_, index) => make(index))
        const queue = new DueQueue<Item>()
        // half of them are in from the begin, so that the heap has branches of different ages
        let model = items.slice(0, NAMES / 2).map((item) => ({ name: item.name, due: (item.name * 37) % 61 }))
        for (const entry of model) queue.set(items[entry.name], entry.due)
        for (const next of steps) {
          if (next.type === "set") {
            queue.set(items[next.name], next.due)
            model = [...model.filter((entry) => entry.name !== next.name), { name: next.name, due: next.due }]
          } else if (next.type === "delete") {
            assert.strictEqual(queue.delete(items[next.name]), model.some((entry) => entry.name === next.name))
            model = model.filter((entry) => entry.name !== next.name)
          } else {
            // the sort is stable: of equal instants the one put in first
            const [first] = model.filter((entry) => entry.due <= next.now).sort((a, b) => a.due - b.due)
            assert.strictEqual(queue.take(next.now)?.name, first?.name)
            if (first !== undefined) model = model.filter((entry) => entry !== first)
          }
          assert.strictEqual(queue.size, model.length)
          assert.strictEqual(
            queue.first?.due,
            model.length === 0 ? undefined : Math.min(...model.map(({ due }) => due))
          )
        }
        const rest = model.sort((a, b) => a.due - b.due).map((entry) => entry.name)
        assert.deepStrictEqual(rest.map(() => queue.take(Infinity)!.name), rest)
      }),
      { numRuns: 2000 }
    )
  })

  it("gives 10,000 items in the order of their instants", () => {
    const queue = new DueQueue<Item>()
    const instants = Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 10_007)
    instants.forEach((due, index) => queue.set(make(index), due))
    const taken: Array<number> = []
    for (let item = queue.take(Infinity); item !== undefined; item = queue.take(Infinity)) taken.push(item.due)
    assert.deepStrictEqual(taken, instants.sort((a, b) => a - b))
  })
})
