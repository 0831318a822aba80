/** The extended attributes of one inode: an immutable set, of which every change makes another. */
import type { Account } from "./owner.ts"
import { compareText, utf8Length } from "./text.ts"

/** Whether two values are the same bytes. */
const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

export class XattrSet {
  private constructor(
    /** Who is charged for all of it. */
    private readonly account: Account,
    private readonly values: ReadonlyMap<string, Uint8Array>,
    /** Bytes of names, each with the zero that ends it in a listing. */
    readonly listBytes: number,
    /** Bytes of values. */
    readonly valueBytes: number
  ) {}

  /** The names in order. */
  get names(): Array<string> {
    return [...this.values.keys()].sort(compareText)
  }

  get(name: string): Uint8Array | undefined {
    return this.values.get(name)
  }

  /** What `account` is charged for this set. */
  charged(account: Account): number {
    return account === this.account ? this.listBytes + this.valueBytes : 0
  }

  /** The set with an attribute added or replaced, charged to `account`. It keeps `value`. */
  static with(set: XattrSet | undefined, account: Account, name: string, value: Uint8Array): XattrSet {
    const old = set?.values.get(name)
    const listBytes = (set?.listBytes ?? 0) + (old === undefined ? utf8Length(name) + 1 : 0)
    const valueBytes = (set?.valueBytes ?? 0) + value.length - (old?.length ?? 0)
    return new XattrSet(account, new Map(set?.values).set(name, value), listBytes, valueBytes)
  }

  /** The set without an attribute that it has. */
  static without(set: XattrSet, account: Account, name: string): XattrSet | undefined {
    if (set.values.size === 1) return undefined
    const values = new Map(set.values)
    values.delete(name)
    const bytes = set.values.get(name)!.length
    return new XattrSet(account, values, set.listBytes - utf8Length(name) - 1, set.valueBytes - bytes)
  }

  /** What an inode with `set` has after it was given copies of all attributes of another; charged to `account`. */
  static merged(set: XattrSet | undefined, other: XattrSet, account: Account): XattrSet {
    if (set === undefined) return new XattrSet(account, other.values, other.listBytes, other.valueBytes)
    let merged = set
    for (const [name, value] of other.values) merged = XattrSet.with(merged, account, name, value)
    return merged
  }

  static same(a: XattrSet | undefined, b: XattrSet | undefined): boolean {
    if (a === b || a?.values === b?.values) return true
    if (a === undefined || b === undefined || a.values.size !== b.values.size) return false
    for (const [name, value] of a.values) {
      const other = b.values.get(name)
      if (other === undefined || !equal(value, other)) return false
    }
    return true
  }
}
