/**
 * Objects that never change, cheap to make from one another: the newest version owns the table, and an older one knows
 * what it had instead. Loops that add to an object therefore take time by what they add, and who asks an older version
 * pays for a copy once.
 */
import type { Value } from "./values.ts"

interface Change {
  readonly newer: JqObject
  readonly key: string
  /** Undefined when the key was not there. */
  readonly value: Value | undefined
}

export class JqObject {
  private table: Map<string, Value> | undefined
  private change: Change | undefined

  constructor(table: Map<string, Value>) {
    this.table = table
  }

  static readonly empty = (): JqObject => new JqObject(new Map())

  static readonly of = (entries: Iterable<readonly [string, Value]>): JqObject => new JqObject(new Map(entries))

  private own(): Map<string, Value> {
    if (this.table !== undefined) return this.table
    const changes: Array<Change> = []
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    let version: JqObject = this
    while (version.table === undefined) {
      changes.push(version.change!)
      version = version.change!.newer
    }
    const table = new Map(version.table)
    for (const { key, value } of changes.reverse()) {
      if (value === undefined) table.delete(key)
      else table.set(key, value)
    }
    this.table = table
    this.change = undefined
    return table
  }

  get size(): number {
    return this.own().size
  }

  get(key: string): Value | undefined {
    return this.own().get(key)
  }

  has(key: string): boolean {
    return this.own().has(key)
  }

  keys(): Array<string> {
    return Array.from(this.own().keys())
  }

  values(): Array<Value> {
    return Array.from(this.own().values())
  }

  entries(): Array<[string, Value]> {
    return Array.from(this.own())
  }

  set(key: string, value: Value): JqObject {
    const table = this.own()
    const before = table.get(key)
    if (before === value) return this
    table.set(key, value)
    const next = new JqObject(table)
    this.table = undefined
    this.change = { newer: next, key, value: before }
    return next
  }

  delete(key: string): JqObject {
    if (!this.has(key)) return this
    const table = new Map(this.own())
    table.delete(key)
    return new JqObject(table)
  }

  merge(other: JqObject): JqObject {
    const table = new Map(this.own())
    for (const [key, value] of other.own()) table.set(key, value)
    return new JqObject(table)
  }
}
