/** The values of variables: text, indexed arrays, associative arrays. */

/** An array by ascending index. Forked shells share it until one of them writes. */
export class IndexedArray {
  private ordered = true
  private last = -1
  shared = false
  /** Declared, and never given a value, not even an empty one. */
  isUnset = false

  constructor(private entries: Map<number, string> = new Map()) {}

  static unset(): IndexedArray {
    const array = new IndexedArray()
    array.isUnset = true
    return array
  }

  static of(values: Iterable<string>): IndexedArray {
    const array = new IndexedArray()
    for (const value of values) array.set(array.last + 1, value)
    return array
  }

  copy(): IndexedArray {
    this.order()
    const copy = new IndexedArray(new Map(this.entries))
    copy.last = this.last
    copy.isUnset = this.isUnset
    return copy
  }

  get size(): number {
    return this.entries.size
  }

  get(index: number): string | undefined {
    return this.entries.get(index)
  }

  set(index: number, value: string): void {
    if (index < this.last && !this.entries.has(index)) this.ordered = false
    if (index > this.last) this.last = index
    this.isUnset = false
    this.entries.set(index, value)
  }

  delete(index: number): void {
    this.entries.delete(index)
    if (index === this.last) {
      this.last = -1
      for (const key of this.entries.keys()) if (key > this.last) this.last = key
    }
  }

  /** One more than the highest index. */
  get end(): number {
    return this.last + 1
  }

  private order(): void {
    if (this.ordered) return
    this.entries = new Map(Array.from(this.entries).sort((a, b) => a[0] - b[0]))
    this.ordered = true
  }

  keys(): Array<number> {
    this.order()
    return Array.from(this.entries.keys())
  }

  values(): Array<string> {
    this.order()
    return Array.from(this.entries.values())
  }
}

export class AssociativeArray {
  shared = false
  /** As of an indexed array. */
  isUnset = false

  constructor(private readonly entries: Map<string, string> = new Map()) {}

  copy(): AssociativeArray {
    const copy = new AssociativeArray(new Map(this.entries))
    copy.isUnset = this.isUnset
    return copy
  }

  get size(): number {
    return this.entries.size
  }

  get(key: string): string | undefined {
    return this.entries.get(key)
  }

  set(key: string, value: string): void {
    this.isUnset = false
    this.entries.set(key, value)
  }

  delete(key: string): void {
    this.entries.delete(key)
  }

  /** In the order in which bash's hash table would show them. */
  keys(): Array<string> {
    return Array.from(this.entries.keys()).map((key) => [bucket(key), key] as const)
      .map(([hash, key], order) => ({ hash, key, order }))
      .sort((a, b) => a.hash - b.hash || b.order - a.order)
      .map(({ key }) => key)
  }

  values(): Array<string> {
    return this.keys().map((key) => this.entries.get(key)!)
  }
}

const BUCKETS = 1024

/** FNV-1 over the bytes of the key, as bash distributes its keys. */
const bucket = (key: string): number => {
  let hash = 2166136261
  for (const byte of Buffer.from(key, "utf8")) {
    hash = Math.imul(hash, 16777619)
    hash ^= byte
  }
  return (hash >>> 0) & (BUCKETS - 1)
}

export type Value = string | IndexedArray | AssociativeArray | undefined

/** Whether it is an array that was only declared. */
export const isUnset = (value: Value): boolean => typeof value === "object" && value.isUnset

export interface Attributes {
  readonly exported: boolean
  readonly readonly: boolean
  readonly integer: boolean
  readonly nameref: boolean
  readonly letters: "lower" | "upper" | "capital" | undefined
}

export interface Variable extends Attributes {
  readonly value: Value
}

export const plain: Attributes = {
  exported: false,
  readonly: false,
  integer: false,
  nameref: false,
  letters: undefined
}

/** What the name alone stands for: of an array, its first element. */
export const scalarOf = (value: Value): string | undefined => {
  if (value === undefined || typeof value === "string") return value
  return value instanceof IndexedArray ? value.get(0) : value.get("0")
}
