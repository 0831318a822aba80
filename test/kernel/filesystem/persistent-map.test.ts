import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Hash } from "../../../native/kernel/filesystem/hash.ts"
import { hashString } from "../../../native/kernel/filesystem/hash.ts"
import { Account, Owner } from "../../../native/kernel/filesystem/owner.ts"
import { PersistentMap } from "../../../native/kernel/filesystem/persistent-map.ts"
import { finish } from "../../../native/kernel/filesystem/steps.ts"
import { makeRandom } from "./support.ts"

type Action =
  | { readonly type: "set"; readonly key: string; readonly value: number }
  | { readonly type: "delete"; readonly key: string }
  | { readonly type: "snapshot" }

const key = FastCheck.oneof(
  FastCheck.integer({ min: 0, max: 40 }).map((n) => `k${n}`),
  FastCheck.string({ maxLength: 6 })
)

const action: FastCheck.Arbitrary<Action> = FastCheck.oneof(
  {
    weight: 6,
    arbitrary: FastCheck.record({ type: FastCheck.constant("set" as const), key, value: FastCheck.nat(9) })
  },
  { weight: 3, arbitrary: FastCheck.record({ type: FastCheck.constant("delete" as const), key }) },
  { weight: 1, arbitrary: FastCheck.constant({ type: "snapshot" as const }) }
)

const sameAs = (map: PersistentMap<number>, model: ReadonlyMap<string, number>): void => {
  assert.strictEqual(map.size, model.size)
  assert.deepStrictEqual(new Map(map), new Map(model))
  for (const [name, value] of model) assert.strictEqual(map.get(name), value)
}

const differences = (a: PersistentMap<number>, b: PersistentMap<number>) => {
  const found = new Map<string, readonly [number | undefined, number | undefined]>()
  finish(PersistentMap.diff(a, b, (name, before, after) => {
    assert.isFalse(found.has(name))
    found.set(name, [before, after])
  }))
  return found
}

const expectedDifferences = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>) => {
  const expected = new Map<string, readonly [number | undefined, number | undefined]>()
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    if (a.get(name) !== b.get(name)) expected.set(name, [a.get(name), b.get(name)])
  }
  return expected
}

const account = new Account()

const run = (actions: ReadonlyArray<Action>, hash: Hash): void => {
  let owner = new Owner(account)
  let map = PersistentMap.empty<number>(hash)
  let model = new Map<string, number>()
  const snapshots: Array<readonly [PersistentMap<number>, ReadonlyMap<string, number>]> = [[map, model]]
  model = new Map(model)
  for (const step of actions) {
    if (step.type === "set") {
      map = map.set(owner, step.key, step.value)
      model.set(step.key, step.value)
    } else if (step.type === "delete") {
      map = map.delete(owner, step.key)
      model.delete(step.key)
    } else {
      snapshots.push([map, new Map(model)])
      owner = new Owner(account)
    }
  }
  sameAs(map, model)
  for (const [old, oldModel] of snapshots) {
    sameAs(old, oldModel)
    assert.deepStrictEqual(differences(old, map), expectedDifferences(oldModel, model))
  }
}

describe("PersistentMap", () => {
  it("agrees with Map, and snapshots never change", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(action, { maxLength: 120 }), (actions) => run(actions, hashString))
    )
  })

  it("agrees with Map when hashes collide", () => {
    const weak: ReadonlyArray<Hash> = [() => 0, (name) => name.length & 1, (name) => (name.length & 3) << 30]
    for (const hash of weak) {
      FastCheck.assert(
        FastCheck.property(FastCheck.array(action, { maxLength: 80 }), (actions) => run(actions, hash)),
        { numRuns: 50 }
      )
    }
  })

  it("changes in place what it owns and nothing else", () => {
    const owner = new Owner(account)
    const map = PersistentMap.empty<number>().set(owner, "a", 1)
    assert.strictEqual(map.set(owner, "b", 2), map)
    const other = map.set(new Owner(account), "c", 3)
    assert.notStrictEqual(other, map)
    assert.isFalse(map.has("c"))
  })

  it("finds few differences quickly in a large map", () => {
    let map = PersistentMap.empty<number>()
    const owner = new Owner(account)
    for (let i = 0; i < 100_000; i++) map = map.set(owner, `file-${i}`, i)
    const next = map.set(new Owner(account), "file-5", -1).delete(new Owner(account), "file-77")
    assert.deepStrictEqual(differences(map, next), new Map([["file-5", [5, -1]], ["file-77", [77, undefined]]]))
  })

  it("holds many equal hashes without deep recursion", () => {
    let map = PersistentMap.empty<number>(() => 12345)
    const owner = new Owner(account)
    for (let i = 0; i < 2000; i++) map = map.set(owner, `x${i}`, i)
    assert.strictEqual(map.size, 2000)
    for (let i = 0; i < 2000; i++) map = map.delete(owner, `x${i}`)
    assert.strictEqual(map.size, 0)
  })
})

describe("hashString", () => {
  it("spreads names over all bits", () => {
    const seen = new Set<number>()
    const buckets = new Array<number>(32).fill(0)
    const random = makeRandom(1)
    for (let i = 0; i < 20_000; i++) {
      const hash = hashString(`${"/".repeat(random(3))}name-${i}`)
      seen.add(hash)
      for (let shift = 0; shift < 32; shift++) buckets[shift] += (hash >>> shift) & 1
    }
    assert.isAbove(seen.size, 19_990)
    for (const ones of buckets) assert.approximately(ones, 10_000, 600)
  })

  it("tells apart names that differ in length or in zeros only", () => {
    const inputs = ["", "\0", "\0\0", "a", "a\0", "aa", "aa\0", "ab", "ba", "Aa", "BB"]
    assert.strictEqual(new Set(inputs.map(hashString)).size, inputs.length)
  })
})
