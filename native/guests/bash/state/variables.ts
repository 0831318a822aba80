/**
 * The variables of one shell. A variable is replaced, never changed, so a fork copies one map; a function's local
 * variables hide the outer ones, which come back when it returns.
 */
import type { LocalZone } from "../../programs/time/local-zone.ts"
import { zoneOf } from "../../programs/time/local-zone.ts"
import { ShellFailure } from "../errors.ts"
import { MAX_TEXT } from "../limits.ts"
import type { Attributes, Value, Variable } from "./values.ts"
import { AssociativeArray, IndexedArray, plain, scalarOf } from "./values.ts"

/** A name whose value is computed when it is read. */
export interface Dynamic {
  readonly get: () => Value
  readonly set?: ((value: string) => void) | undefined
}

type Frame = Map<string, Variable | undefined>

const MAX_REFERENCES = 10

export const isName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text)

export class Variables {
  readonly dynamic = new Map<string, Dynamic>()
  private readonly frames: Array<Frame> = []
  private table = new Map<string, Variable>()
  /** Evaluates the value of an integer variable. */
  evaluate: (text: string) => string = (text) => text
  /** `set -a`. */
  exportAll = false

  fork(): Variables {
    const copy = new Variables()
    for (const { value } of this.table.values()) {
      if (value instanceof IndexedArray || value instanceof AssociativeArray) value.shared = true
    }
    copy.table = new Map(this.table)
    for (const frame of this.frames) copy.frames.push(new Map(frame))
    copy.exportAll = this.exportAll
    return copy
  }

  /** Follows name references. */
  resolve(name: string): string {
    let current = name
    for (let hops = 0; hops < MAX_REFERENCES; hops++) {
      const variable = this.table.get(current)
      if (variable?.nameref !== true || typeof variable.value !== "string" || variable.value === "") return current
      current = variable.value
    }
    return current
  }

  find(name: string): Variable | undefined {
    const target = this.resolve(name)
    const variable = this.table.get(target)
    if (variable !== undefined) return variable
    const dynamic = this.dynamic.get(target)
    return dynamic === undefined ? undefined : { ...plain, value: dynamic.get() }
  }

  /** The variable itself, even if it is a reference to another. */
  own(name: string): Variable | undefined {
    return this.table.get(name)
  }

  get(name: string): string | undefined {
    const variable = this.table.get(name)
    if (variable === undefined) return scalarOf(this.dynamic.get(name)?.get())
    if (variable.nameref) return scalarOf(this.table.get(this.resolve(name))?.value)
    return scalarOf(variable.value)
  }

  names(): Array<string> {
    return Array.from(this.table.keys()).sort()
  }

  /** All variables, by name. */
  entries(): Array<readonly [string, Variable]> {
    return this.names().map((name) => [name, this.table.get(name)!] as const)
  }

  environment(): Map<string, string> {
    const result = new Map<string, string>()
    for (const [name, variable] of this.table) {
      const value = variable.exported ? scalarOf(variable.value) : undefined
      if (value !== undefined) result.set(name, value)
    }
    return result
  }

  /** Where the shell's clock hangs: the C library knows only what is exported. */
  get zone(): LocalZone {
    const variable = this.table.get("TZ")
    return zoneOf(variable?.exported === true ? scalarOf(variable.value) : undefined)
  }

  /** Puts a variable in place, whatever was there. */
  put(name: string, variable: Variable | undefined): void {
    if (variable === undefined) this.table.delete(name)
    else this.table.set(name, variable)
  }

  private checkWritable(name: string, variable: Variable | undefined): void {
    if (variable?.readonly === true) throw new ShellFailure(`${name}: readonly variable`)
  }

  /** The text that a variable of these attributes takes for a value. */
  private fit(attributes: Attributes, value: string): string {
    if (value.length > MAX_TEXT) throw new ShellFailure("cannot allocate memory")
    if (attributes.integer) return this.evaluate(value)
    switch (attributes.letters) {
      case "lower":
        return value.toLowerCase()
      case "upper":
        return value.toUpperCase()
      case "capital":
        return value.slice(0, 1).toUpperCase() + value.slice(1).toLowerCase()
      default:
        return value
    }
  }

  /** What an element of an array becomes by the array's attributes. */
  fitted(name: string, value: string): string {
    return this.fit(this.find(name) ?? plain, value)
  }

  set(name: string, value: string, append = false): void {
    const target = this.resolve(name)
    const subscript = /^([A-Za-z_][A-Za-z0-9_]*)\[(.*)\]$/.exec(target)
    if (subscript !== null) return this.setElement(subscript[1], subscript[2], value, append)
    const old = this.table.get(target)
    if (old === undefined) {
      const dynamic = this.dynamic.get(target)
      if (dynamic !== undefined) return dynamic.set?.(value)
    }
    this.checkWritable(target, old)
    if (old !== undefined && old.value !== undefined && typeof old.value !== "string") {
      return this.setElement(target, "0", value, append)
    }
    const attributes = old ?? plain
    const exported = attributes.exported || this.exportAll
    const before = typeof old?.value === "string" ? old.value : ""
    this.table.set(target, { ...attributes, exported, value: this.combined(attributes, before, value, append) })
  }

  private combined(attributes: Attributes, before: string, value: string, append: boolean): string {
    if (!append) return this.fit(attributes, value)
    if (attributes.integer) return this.fit(attributes, `(${before === "" ? "0" : before})+(${value})`)
    return this.fit(attributes, before + value)
  }

  /** Assigns to an element; the key is a number for indexed arrays. */
  setElement(name: string, key: string, value: string, append = false): void {
    const target = this.resolve(name)
    const old = this.table.get(target)
    this.checkWritable(target, old)
    const attributes = old ?? plain
    const array = this.writableArray(target, old)
    if (array instanceof AssociativeArray) {
      array.set(key, this.combined(attributes, array.get(key) ?? "", value, append))
      return
    }
    let index = Number(key)
    if (index < 0) index += array.end
    if (!(index >= 0)) throw new ShellFailure(`${name}[${key}]: bad array subscript`)
    array.set(index, this.combined(attributes, array.get(index) ?? "", value, append))
  }

  private writableArray(name: string, old: Variable | undefined): IndexedArray | AssociativeArray {
    const value = old?.value
    if (value instanceof IndexedArray || value instanceof AssociativeArray) {
      if (!value.shared) return value
      const copy = value.copy()
      this.table.set(name, { ...(old ?? plain), value: copy })
      return copy
    }
    const array = value === undefined ? new IndexedArray() : IndexedArray.of([value])
    this.table.set(name, { ...(old ?? plain), exported: old?.exported === true || this.exportAll, value: array })
    return array
  }

  setArray(name: string, value: IndexedArray | AssociativeArray): void {
    const target = this.resolve(name)
    const old = this.table.get(target)
    this.checkWritable(target, old)
    this.table.set(target, { ...(old ?? plain), exported: old?.exported === true || this.exportAll, value })
  }

  /** Changes attributes, keeping the value. */
  mark(name: string, changes: Partial<Attributes>, follow = true): void {
    const target = follow ? this.resolve(name) : name
    const old = this.table.get(target)
    this.table.set(target, { ...(old ?? plain), value: old?.value, ...changes })
  }

  unset(name: string): void {
    const old = this.table.get(name)
    if (old?.readonly === true) throw new ShellFailure(`${name}: cannot unset: readonly variable`)
    this.table.delete(name)
    this.dynamic.delete(name)
  }

  unsetElement(name: string, key: string): void {
    const target = this.resolve(name)
    const old = this.table.get(target)
    if (old === undefined) return
    if (old.readonly) throw new ShellFailure(`${name}: cannot unset: readonly variable`)
    if (typeof old.value === "string" || old.value === undefined) {
      if (key === "0") this.table.delete(target)
      return
    }
    const array = this.writableArray(target, old)
    if (array instanceof AssociativeArray) return array.delete(key)
    const index = Number(key)
    if (index < 0 && index + array.end < 0) throw new ShellFailure(`[${key}]: bad array subscript`)
    array.delete(index < 0 ? index + array.end : index)
  }

  pushFrame(): void {
    this.frames.push(new Map())
  }

  /** Brings back what the function's local variables hid. */
  popFrame(): void {
    for (const [name, variable] of this.frames.pop() ?? []) this.put(name, variable)
  }

  get depth(): number {
    return this.frames.length
  }

  /** Makes a variable local to the function that runs. */
  makeLocal(name: string, inherit = false): void {
    const frame = this.frames.at(-1)
    if (frame === undefined || frame.has(name)) return
    const outer = this.table.get(name)
    if (outer?.readonly === true) throw new ShellFailure(`${name}: readonly variable`)
    frame.set(name, outer)
    if (inherit && outer !== undefined) return
    this.table.set(name, { ...plain, exported: outer?.exported === true, value: undefined })
  }

  isLocal(name: string): boolean {
    return this.frames.at(-1)?.has(name) === true
  }

  localNames(): Array<string> {
    return Array.from(this.frames.at(-1)?.keys() ?? []).sort()
  }
}
