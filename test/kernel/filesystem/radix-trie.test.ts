import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Account, Owner } from "../../../native/kernel/filesystem/owner.ts"
import { RadixTrie } from "../../../native/kernel/filesystem/radix-trie.ts"
import { finish } from "../../../native/kernel/filesystem/steps.ts"

const key = FastCheck.oneof(
  FastCheck.nat(40),
  FastCheck.nat(5000),
  FastCheck.constantFrom(31, 32, 1023, 1024, 2 ** 30 - 1, 2 ** 30, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 35, 2 ** 49)
)

const action = FastCheck.oneof(
  { weight: 6, arbitrary: FastCheck.tuple(FastCheck.constant("set" as const), key, FastCheck.nat(9)) },
  { weight: 4, arbitrary: FastCheck.tuple(FastCheck.constant("delete" as const), key, FastCheck.constant(0)) },
  { weight: 1, arbitrary: FastCheck.tuple(FastCheck.constant("snapshot" as const), key, FastCheck.constant(0)) }
)

const account = new Account()

const sameAs = (trie: RadixTrie<number>, model: ReadonlyMap<number, number>): void => {
  assert.strictEqual(trie.size, model.size)
  const sorted = [...model].sort(([a], [b]) => a - b)
  assert.deepStrictEqual([...trie], sorted)
  assert.deepStrictEqual(
    [...trie.values()].sort((a, b) => a - b),
    sorted.map(([, value]) => value).sort((a, b) => a - b)
  )
  for (const [name, value] of model) assert.strictEqual(trie.get(name), value)
}

const differences = (a: RadixTrie<number>, b: RadixTrie<number>) => {
  const found: Array<readonly [number, number | undefined, number | undefined]> = []
  finish(RadixTrie.diff(a, b, (at, before, after) => found.push([at, before, after])))
  return found
}

const expectedDifferences = (a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>) =>
  [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y)
    .filter((at) => a.get(at) !== b.get(at))
    .map((at) => [at, a.get(at), b.get(at)] as const)

describe("RadixTrie", () => {
  it("agrees with Map, and snapshots never change", () => {
    FastCheck.assert(FastCheck.property(FastCheck.array(action, { maxLength: 120 }), (actions) => {
      let owner = new Owner(account)
      let trie = RadixTrie.empty<number>()
      const model = new Map<number, number>()
      const snapshots: Array<readonly [RadixTrie<number>, ReadonlyMap<number, number>]> = [[trie, new Map()]]
      for (const [type, at, value] of actions) {
        if (type === "set") {
          trie = trie.set(owner, at, value)
          model.set(at, value)
        } else if (type === "delete") {
          trie = trie.delete(owner, at)
          model.delete(at)
        } else {
          snapshots.push([trie, new Map(model)])
          owner = new Owner(account)
        }
      }
      sameAs(trie, model)
      for (const [old, oldModel] of snapshots) {
        sameAs(old, oldModel)
        assert.deepStrictEqual(differences(old, trie), expectedDifferences(oldModel, model))
        assert.deepStrictEqual(differences(trie, old), expectedDifferences(model, oldModel))
      }
    }))
  })

  it("visits from a key on", () => {
    FastCheck.assert(FastCheck.property(FastCheck.array(key), key, (keys, from) => {
      const owner = new Owner(account)
      let trie = RadixTrie.empty<number>()
      for (const at of keys) trie = trie.set(owner, at, at)
      const seen: Array<number> = []
      trie.forEach((_, at) => seen.push(at), from)
      assert.deepStrictEqual(seen, [...new Set(keys)].filter((at) => at >= from).sort((a, b) => a - b))
    }))
  })

  it("shrinks to nothing", () => {
    const owner = new Owner(account)
    let trie = RadixTrie.empty<number>()
    for (let i = 0; i < 5000; i++) trie = trie.set(owner, i * 3, i)
    for (let i = 4999; i >= 0; i--) trie = trie.delete(owner, i * 3)
    assert.strictEqual(trie.size, 0)
    assert.deepStrictEqual(trie.entries(), [])
    assert.deepStrictEqual(Object.values(trie).filter((field) => field instanceof Object), [owner])
  })
})
