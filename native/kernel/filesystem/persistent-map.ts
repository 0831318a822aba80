/**
 * A persistent map from strings: a hash array mapped trie whose nodes may be changed in place by their owner (see
 * owner.ts). Every operation costs O(log32 n); recursion is bounded by the seven digits of a hash.
 */
import type { Hash } from "./hash.ts"
import { hashString } from "./hash.ts"
import type { Owner } from "./owner.ts"

const LEAF = 0
const BRANCH = 1
const COLLISION = 2

class Leaf<V> {
  readonly kind = LEAF
  constructor(readonly hash: number, readonly key: string, readonly value: V) {}
}

class Branch<V> {
  readonly kind = BRANCH
  constructor(readonly owner: Owner, public bitmap: number, readonly slots: Array<Node<V>>) {}
}

/** Keys whose hashes are wholly equal. */
class Collision<V> {
  readonly kind = COLLISION
  constructor(readonly hash: number, readonly leaves: ReadonlyArray<Leaf<V>>) {}
}

type Node<V> = Leaf<V> | Branch<V> | Collision<V>

const popcount = (bits: number): number => {
  let n = bits - ((bits >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}

const bitOf = (hash: number, shift: number): number => 1 << ((hash >>> shift) & 31)

/** A branch (or a chain of them) over two nodes whose hashes differ somewhere at or above `shift`. */
const join = <V>(
  owner: Owner,
  shift: number,
  a: Leaf<V> | Collision<V>,
  b: Leaf<V> | Collision<V>
): Branch<V> => {
  const left = (a.hash >>> shift) & 31
  const right = (b.hash >>> shift) & 31
  if (left === right) return new Branch(owner, 1 << left, [join(owner, shift + 5, a, b)])
  return new Branch(owner, (1 << left) | (1 << right), left < right ? [a, b] : [b, a])
}

const own = <V>(owner: Owner, branch: Branch<V>): Branch<V> =>
  branch.owner === owner ? branch : new Branch(owner, branch.bitmap, branch.slots.slice())

const insertIntoCollision = <V>(owner: Owner, shift: number, node: Collision<V>, leaf: Leaf<V>): Node<V> => {
  if (node.hash !== leaf.hash) return join<V>(owner, shift, node, leaf)
  const leaves = node.leaves.filter((other) => other.key !== leaf.key)
  leaves.push(leaf)
  return new Collision(node.hash, leaves)
}

const insert = <V>(owner: Owner, shift: number, node: Node<V>, leaf: Leaf<V>): Node<V> => {
  if (node.kind === LEAF) {
    if (node.key === leaf.key) return leaf
    if (node.hash === leaf.hash) return new Collision(leaf.hash, [node, leaf])
    return join<V>(owner, shift, node, leaf)
  }
  if (node.kind === COLLISION) return insertIntoCollision(owner, shift, node, leaf)
  const bit = bitOf(leaf.hash, shift)
  const index = popcount(node.bitmap & (bit - 1))
  const branch = own(owner, node)
  if ((branch.bitmap & bit) === 0) {
    branch.slots.splice(index, 0, leaf)
    branch.bitmap |= bit
  } else {
    branch.slots[index] = insert(owner, shift + 5, branch.slots[index], leaf)
  }
  return branch
}

/** Removes a key that is present. A branch left with one leaf gives way to it, so equal maps have equal shapes. */
const remove = <V>(owner: Owner, shift: number, node: Node<V>, hash: number, key: string): Node<V> | undefined => {
  if (node.kind === LEAF) return undefined
  if (node.kind === COLLISION) {
    const leaves = node.leaves.filter((leaf) => leaf.key !== key)
    return leaves.length === 1 ? leaves[0] : new Collision(node.hash, leaves)
  }
  const bit = bitOf(hash, shift)
  const index = popcount(node.bitmap & (bit - 1))
  const child = remove(owner, shift + 5, node.slots[index], hash, key)
  if (child === undefined) {
    if (node.slots.length === 1) return undefined
    if (node.slots.length === 2 && node.slots[1 - index].kind !== BRANCH) return node.slots[1 - index]
  } else if (node.slots.length === 1 && child.kind !== BRANCH) {
    return child
  }
  const branch = own(owner, node)
  if (child === undefined) {
    branch.slots.splice(index, 1)
    branch.bitmap &= ~bit
  } else {
    branch.slots[index] = child
  }
  return branch
}

const visit = <V>(node: Node<V>, f: (value: V, key: string) => void): void => {
  if (node.kind === LEAF) f(node.value, node.key)
  else if (node.kind === COLLISION) { for (const leaf of node.leaves) f(leaf.value, leaf.key) }
  else for (const slot of node.slots) visit(slot, f)
}

/** The leaves below a node, found as they are asked for. The node must not be changed meanwhile. */
function* leaves<V>(root: Node<V> | undefined): Generator<Leaf<V>, void> {
  const pending = root === undefined ? [] : [root]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.kind === LEAF) yield node
    else if (node.kind === COLLISION) yield* node.leaves
    else for (const slot of node.slots) pending.push(slot)
  }
}

/** Called for each key whose value differs; `undefined` stands for absence. */
export type MapDifference<V> = (key: string, before: V | undefined, after: V | undefined) => void

/** Compares a single leaf, or the few of a collision, with all that is below another node. */
function* compareFew<V>(few: Node<V> | undefined, many: Node<V> | undefined, f: MapDifference<V>): Generator<void> {
  const rest = new Map<string, V>()
  for (const { key, value } of leaves(few)) rest.set(key, value)
  for (const { key, value } of leaves(many)) {
    const old = rest.get(key)
    rest.delete(key)
    if (old !== value) f(key, old, value)
    yield
  }
  for (const [key, value] of rest) f(key, value, undefined)
}

type Pair<V> = readonly [a: Node<V> | undefined, b: Node<V> | undefined]

/** Compares the nodes of two maps where they are not the same node; pauses after each. */
function* compare<V>(a: Node<V> | undefined, b: Node<V> | undefined, f: MapDifference<V>): Generator<void> {
  const pending: Array<Pair<V>> = [[a, b]]
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [before, after] = pair
    if (before === after) continue
    if (before?.kind !== BRANCH) {
      yield* compareFew(before, after, f)
      continue
    }
    if (after?.kind !== BRANCH) {
      yield* compareFew<V>(after, before, (key, now, old) => f(key, old, now))
      continue
    }
    let i = 0
    let j = 0
    for (let bits = before.bitmap | after.bitmap; bits !== 0; bits &= bits - 1) {
      const bit = bits & -bits
      const old = (before.bitmap & bit) !== 0 ? before.slots[i++] : undefined
      const now = (after.bitmap & bit) !== 0 ? after.slots[j++] : undefined
      if (old !== now) pending.push([old, now])
    }
    yield
  }
}

export class PersistentMap<V> {
  protected constructor(
    private readonly owner: Owner | undefined,
    private root: Node<V> | undefined,
    private count: number,
    private readonly hash: Hash
  ) {}

  /** An empty map. Maps that are compared with each other must share their hash function. */
  static empty<V>(hash: Hash = hashString): PersistentMap<V> {
    return new PersistentMap<V>(undefined, undefined, 0, hash)
  }

  get size(): number {
    return this.count
  }

  /** The map itself where it knows what it holds (see foreign/entries.ts). */
  get settled(): PersistentMap<V> | undefined {
    return this
  }

  private find(key: string, hash: number): Leaf<V> | undefined {
    let node = this.root
    let shift = 0
    while (node !== undefined) {
      if (node.kind === BRANCH) {
        const bit = bitOf(hash, shift)
        if ((node.bitmap & bit) === 0) return undefined
        node = node.slots[popcount(node.bitmap & (bit - 1))]
        shift += 5
      } else if (node.kind === LEAF) {
        return node.key === key ? node : undefined
      } else {
        return node.leaves.find((leaf) => leaf.key === key)
      }
    }
    return undefined
  }

  get(key: string): V | undefined {
    if (this.root === undefined) return undefined
    return this.find(key, this.hash(key))?.value
  }

  has(key: string): boolean {
    return this.root !== undefined && this.find(key, this.hash(key)) !== undefined
  }

  private with(owner: Owner, root: Node<V> | undefined, count: number): PersistentMap<V> {
    if (this.owner !== owner) return new PersistentMap(owner, root, count, this.hash)
    this.root = root
    this.count = count
    return this
  }

  /** The map with `key` set. It is this very map, changed, when `owner` owns it. */
  set(owner: Owner, key: string, value: V): PersistentMap<V> {
    const hash = this.hash(key)
    const leaf = new Leaf(hash, key, value)
    if (this.root === undefined) return this.with(owner, leaf, 1)
    const count = this.find(key, hash) === undefined ? this.count + 1 : this.count
    return this.with(owner, insert(owner, 0, this.root, leaf), count)
  }

  /** The map without `key`. It is this very map, changed, when `owner` owns it or the key is absent. */
  delete(owner: Owner, key: string): PersistentMap<V> {
    const hash = this.hash(key)
    if (this.root === undefined || this.find(key, hash) === undefined) return this
    return this.with(owner, remove(owner, 0, this.root, hash, key), this.count - 1)
  }

  /** Visits every entry, in no particular order. The map must not be changed meanwhile. */
  forEach(f: (value: V, key: string) => void): void {
    if (this.root !== undefined) visit(this.root, f)
  }

  entries(): Array<readonly [string, V]> {
    const all: Array<readonly [string, V]> = []
    this.forEach((value, key) => all.push([key, value]))
    return all
  }

  /** The entries as they are asked for, in no particular order. The map must not be changed meanwhile. */
  *[Symbol.iterator](): Generator<readonly [string, V], void> {
    for (const { key, value } of leaves(this.root)) yield [key, value]
  }

  /**
   * Visits the entries in which two maps differ, skipping what they share; pauses after each small share of it. What a
   * map does not know yet counts as not there.
   */
  static diff<V>(before: PersistentMap<V>, after: PersistentMap<V>, f: MapDifference<V>): Generator<void> {
    return compare(before.settled?.root, after.settled?.root, f)
  }
}
