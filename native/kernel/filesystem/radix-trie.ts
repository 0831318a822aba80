/**
 * A persistent map from unsigned integers (below 2^50): a radix trie of 32-way nodes that may be changed in place by
 * their owner (see owner.ts). A trie of depth 0 is just the value at key 0, so that a small file costs no node.
 */
import type { Owner } from "./owner.ts"

const WIDTH = 32
const MAX_DEPTH = 10
const capacities: ReadonlyArray<number> = Array.from({ length: MAX_DEPTH + 1 }, (_, depth) => 2 ** (5 * depth))

class RadixNode<V> {
  constructor(readonly owner: Owner, readonly slots: Array<Slot<V>>, public used: number) {}
}

type Slot<V> = V | RadixNode<V> | undefined

/** Shifts work modulo 2^32, so the digits above bit 29 are taken from the upper part of the key. */
const digit = (key: number, level: number): number =>
  level < 6 ? (key >>> (5 * level)) & 31 : (Math.floor(key / 0x40000000) >>> (5 * (level - 6))) & 31

const emptyNode = <V>(owner: Owner): RadixNode<V> => new RadixNode<V>(owner, new Array(WIDTH).fill(undefined), 0)

const own = <V>(owner: Owner, node: RadixNode<V>): RadixNode<V> =>
  node.owner === owner ? node : new RadixNode(owner, node.slots.slice(), node.used)

const visit = <V>(slot: Slot<V>, depth: number, base: number, from: number, f: (value: V, key: number) => void) => {
  if (slot === undefined) return
  if (depth === 0) return f(slot as V, base)
  const step = capacities[depth - 1]
  const { slots } = slot as RadixNode<V>
  const first = from <= base ? 0 : Math.floor((from - base) / step)
  for (let i = first; i < WIDTH; i++) visit(slots[i], depth - 1, base + i * step, from, f)
}

/** Called for each key whose value differs; `undefined` stands for absence. */
export type TrieDifference<V> = (key: number, before: V | undefined, after: V | undefined) => void

/** Two slots that cover the same range; the one of less depth covers only the start of it. */
interface Pair<V> {
  readonly a: Slot<V>
  readonly depthA: number
  readonly b: Slot<V>
  readonly depthB: number
  readonly base: number
}

const part = <V>(slot: Slot<V>, own: number, depth: number, i: number): Slot<V> =>
  slot === undefined ? undefined : own === depth ? (slot as RadixNode<V>).slots[i] : i === 0 ? slot : undefined

/** Compares the nodes of two tries where they are not the same node; pauses after each. */
function* compare<V>(first: Pair<V>, f: TrieDifference<V>): Generator<void> {
  const pending = [first]
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const { a, b, base, depthA, depthB } = pair
    if (a === b && (depthA === depthB || a === undefined)) continue
    const depth = Math.max(a === undefined ? 0 : depthA, b === undefined ? 0 : depthB)
    if (depth === 0) {
      f(base, a as V | undefined, b as V | undefined)
      continue
    }
    // the last of a stack comes first
    for (let i = WIDTH - 1; i >= 0; i--) {
      const inA = part(a, depthA, depth, i)
      const inB = part(b, depthB, depth, i)
      if (inA === undefined && inB === undefined) continue
      pending.push({
        a: inA,
        depthA: Math.min(depthA, depth - 1),
        b: inB,
        depthB: Math.min(depthB, depth - 1),
        base: base + i * capacities[depth - 1]
      })
    }
    yield
  }
}

export class RadixTrie<V> {
  private constructor(
    private readonly owner: Owner | undefined,
    private root: Slot<V>,
    private depth: number,
    private count: number
  ) {}

  static empty<V>(): RadixTrie<V> {
    return new RadixTrie<V>(undefined, undefined, 0, 0)
  }

  get size(): number {
    return this.count
  }

  get(key: number): V | undefined {
    if (key >= capacities[this.depth]) return undefined
    let slot = this.root
    for (let level = this.depth - 1; level >= 0; level--) {
      if (slot === undefined) return undefined
      slot = (slot as RadixNode<V>).slots[digit(key, level)]
    }
    return slot as V | undefined
  }

  private editable(owner: Owner): RadixTrie<V> {
    return this.owner === owner ? this : new RadixTrie(owner, this.root, this.depth, this.count)
  }

  private grow(owner: Owner, key: number): void {
    if (this.count === 0) this.root = undefined
    while (key >= capacities[this.depth]) {
      if (this.root !== undefined) {
        const node = emptyNode<V>(owner)
        node.slots[0] = this.root
        node.used = 1
        this.root = node
      }
      this.depth++
    }
  }

  /** The trie with `key` set. It is this very trie, changed, when `owner` owns it. */
  set(owner: Owner, key: number, value: V): RadixTrie<V> {
    const trie = this.editable(owner)
    trie.grow(owner, key)
    if (trie.depth === 0) {
      if (trie.root === undefined) trie.count = 1
      trie.root = value
      return trie
    }
    let node = trie.root === undefined ? emptyNode<V>(owner) : own(owner, trie.root as RadixNode<V>)
    trie.root = node
    for (let level = trie.depth - 1; level > 0; level--) {
      const index = digit(key, level)
      const slot = node.slots[index] as RadixNode<V> | undefined
      if (slot === undefined) node.used++
      const child = slot === undefined ? emptyNode<V>(owner) : own(owner, slot)
      node.slots[index] = child
      node = child
    }
    const index = digit(key, 0)
    if (node.slots[index] === undefined) {
      node.used++
      trie.count++
    }
    node.slots[index] = value
    return trie
  }

  /** The trie without `key`. It is this very trie, changed, when `owner` owns it or the key is absent. */
  delete(owner: Owner, key: number): RadixTrie<V> {
    if (this.get(key) === undefined) return this
    const trie = this.editable(owner)
    trie.count--
    const path: Array<RadixNode<V>> = []
    for (let level = trie.depth - 1; level >= 0; level--) {
      const above = path[path.length - 1]
      const slot = above === undefined ? trie.root : above.slots[digit(key, level + 1)]
      const node = own(owner, slot as RadixNode<V>)
      if (above === undefined) trie.root = node
      else above.slots[digit(key, level + 1)] = node
      path.push(node)
    }
    let level = 0
    for (let node = path.pop(); node !== undefined; node = path.pop()) {
      node.slots[digit(key, level++)] = undefined
      if (--node.used > 0) break
      if (path.length === 0) trie.root = undefined
    }
    trie.shrink()
    return trie
  }

  /** Drops levels that hold nothing but their first slot. */
  private shrink(): void {
    if (this.count === 0) {
      this.root = undefined
      this.depth = 0
      return
    }
    while (this.depth > 0) {
      const node = this.root as RadixNode<V>
      if (node.used > 1 || node.slots[0] === undefined) return
      this.root = node.slots[0]
      this.depth--
    }
  }

  /** Visits the entries from key `from` on, in order of their keys. The trie must not be changed meanwhile. */
  forEach(f: (value: V, key: number) => void, from = 0): void {
    if (from < capacities[this.depth]) visit(this.root, this.depth, 0, from, f)
  }

  entries(): Array<readonly [number, V]> {
    const all: Array<readonly [number, V]> = []
    this.forEach((value, key) => all.push([key, value]))
    return all
  }

  /** The values as they are asked for, in no particular order. The trie must not be changed meanwhile. */
  *values(): Generator<V, void> {
    const pending: Array<readonly [slot: Slot<V>, depth: number]> = [[this.root, this.depth]]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [slot, depth] = next
      if (slot === undefined) continue
      if (depth === 0) yield slot as V
      else for (const child of (slot as RadixNode<V>).slots) pending.push([child, depth - 1])
    }
  }

  [Symbol.iterator](): IterableIterator<readonly [number, V]> {
    return this.entries()[Symbol.iterator]()
  }

  /**
   * Visits the entries in which two tries differ, in order of their keys, skipping what they share; pauses after each
   * small share of it.
   */
  static diff<V>(before: RadixTrie<V>, after: RadixTrie<V>, f: TrieDifference<V>): Generator<void> {
    return compare({ a: before.root, depthA: before.depth, b: after.root, depthB: after.depth, base: 0 }, f)
  }
}
