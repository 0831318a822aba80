/** Getting, setting and deleting at paths. */
import { serialize } from "./json.ts"
import { JqObject } from "./object.ts"
import type { Value } from "./values.ts"
import {
  boundedArray,
  compare,
  equal,
  fail,
  isArray,
  isObject,
  MAX_ELEMENTS,
  OutOfBounds,
  points,
  typeName
} from "./values.ts"

/** A value for a message: its JSON, cut. */
export const shown = (value: Value): string => {
  const text = serialize(value, { limit: 64 })
  return text.length > 11 ? `${text.slice(0, 10)}...` : text
}

export const described = (value: Value): string => `${typeName(value)} (${shown(value)})`

const bound = (value: Value | undefined, fallback: number, length: number, up: boolean): number => {
  if (value === undefined || value === null) return fallback
  if (typeof value !== "number") return fail("Start and end indices of an array slice must be numbers")
  const whole = up ? Math.ceil(value) : Math.floor(value)
  return Math.max(0, Math.min(length, whole < 0 ? whole + length : whole))
}

const range = (from: Value | undefined, to: Value | undefined, length: number): readonly [number, number] => {
  const start = bound(from, 0, length, false)
  return [start, Math.max(start, bound(to, length, length, true))]
}

export const slice = (value: Value, from: Value | undefined, to: Value | undefined): Value => {
  if (value === null) return null
  if (isArray(value)) return value.slice(...range(from, to, value.length))
  if (typeof value === "string") {
    const chars = points(value)
    return chars.slice(...range(from, to, chars.length)).join("")
  }
  return fail(`Cannot index ${typeName(value)} with object`)
}

export const indices = (value: Value, part: Value): Value => {
  if (value === null) return null
  if (typeof value === "string" && typeof part === "string") {
    if (part === "") return null
    const found: Array<number> = []
    const wide = /[\uD800-\uDBFF]/.test(value)
    for (let at = value.indexOf(part); at >= 0; at = value.indexOf(part, at + 1)) {
      found.push(wide ? points(value.slice(0, at)).length : at)
    }
    return found
  }
  if (!isArray(value)) return fail(`Cannot determine indices of ${typeName(part)} in ${typeName(value)}`)
  if (!isArray(part)) return value.flatMap((each, index) => equal(each, part) ? [index] : [])
  if (part.length === 0) return null
  return value.flatMap((_, at) =>
    part.every((each, index) => at + index < value.length && equal(value[at + index], each)) ? [at] : []
  )
}

/** `.[key]`. */
export const index = (value: Value, key: Value): Value => {
  if (typeof key === "string") {
    if (isObject(value)) return value.get(key) ?? null
    if (value === null) return null
    return fail(`Cannot index ${typeName(value)} with "${key}"`)
  }
  if (typeof key === "number") {
    if (isArray(value)) {
      const at = Math.floor(key)
      return value[at < 0 ? at + value.length : at] ?? null
    }
    if (value === null) return null
    return fail(`Cannot index ${typeName(value)} with number`)
  }
  if (isObject(key)) return slice(value, key.get("start"), key.get("end"))
  if (isArray(value) && isArray(key)) return indices(value, key)
  if (value === null && key === null) return null
  return fail(`Cannot index ${typeName(value)} with ${typeName(key)}`)
}

export const getPath = (value: Value, path: ReadonlyArray<Value>): Value => {
  let result = value
  for (const key of path) {
    if (result === null) return null
    result = index(result, key)
  }
  return result
}

/** Arrays that a series of updates has made itself and may change in place. */
export type Owned = Set<ReadonlyArray<Value>>

const setIndex = (value: Value, key: number, change: (old: Value) => Value, owned: Owned | undefined): Value => {
  if (value !== null && !isArray(value)) return fail(`Cannot index ${typeName(value)} with number`)
  const before = value ?? []
  let at = Math.floor(key)
  if (at < 0) at += before.length
  if (at < 0) return fail("Out of bounds negative array index")
  if (at >= MAX_ELEMENTS) throw new OutOfBounds("Array index too large")
  const item = change(before[at] ?? null)
  const after = owned?.has(before) === true ? before as Array<Value> : before.slice()
  owned?.add(after)
  while (after.length < at) after.push(null)
  after[at] = item
  return after
}

const setSlice = (value: Value, key: JqObject, change: (old: Value) => Value): Value => {
  if (value !== null && !isArray(value)) return fail(`Cannot update field at object index of ${typeName(value)}`)
  const before = value ?? []
  const [start, end] = range(key.get("start"), key.get("end"), before.length)
  const items = change(value === null ? null : before.slice(start, end))
  if (!isArray(items)) return fail("A slice of an array can only be assigned another array")
  return boundedArray([...before.slice(0, start), ...items, ...before.slice(end)])
}

const setKey = (value: Value, key: Value, change: (old: Value) => Value, owned: Owned | undefined): Value => {
  if (typeof key === "string") {
    if (value === null) return JqObject.of([[key, change(null)]])
    if (!isObject(value)) return fail(`Cannot index ${typeName(value)} with "${key}"`)
    return value.set(key, change(value.get(key) ?? null))
  }
  if (typeof key === "number") return setIndex(value, key, change, owned)
  if (isObject(key)) return setSlice(value, key, change)
  if (isArray(value)) return fail(`Cannot update field at array index of array`)
  return fail(`Cannot index ${typeName(value)} with ${typeName(key)}`)
}

/** With what is at the path replaced. */
export const update = (
  value: Value,
  path: ReadonlyArray<Value>,
  change: (old: Value) => Value,
  owned?: Owned,
  at = 0
): Value =>
  at === path.length ? change(value) : setKey(value, path[at], (old) => update(old, path, change, owned, at + 1), owned)

export const setPath = (value: Value, path: ReadonlyArray<Value>, to: Value, owned?: Owned): Value =>
  update(value, path, () => to, owned)

const deleteKey = (value: Value, key: Value): Value => {
  if (value === null) return null
  if (isObject(value)) {
    if (typeof key !== "string") {
      return fail(`Cannot delete field at object index of ${isArray(key) ? "array" : "object"}`)
    }
    return value.delete(key)
  }
  if (!isArray(value)) {
    return fail(`Cannot delete field at ${typeof key === "string" ? "object" : "array"} index of ${typeName(value)}`)
  }
  if (typeof key === "number") {
    const at = Math.floor(key) < 0 ? Math.floor(key) + value.length : Math.floor(key)
    return at < 0 || at >= value.length ? value : value.toSpliced(at, 1)
  }
  if (isObject(key)) {
    const [start, end] = range(key.get("start"), key.get("end"), value.length)
    return value.toSpliced(start, end - start)
  }
  return fail(`Cannot delete field at ${typeof key === "string" ? "object" : typeName(key)} index of array`)
}

const deletePath = (value: Value, path: ReadonlyArray<Value>): Value => {
  if (path.length === 0) return null
  const parents = path.slice(0, -1)
  const parent = getPath(value, parents)
  if (parent === null) return value
  const changed = deleteKey(parent, path[path.length - 1])
  return changed === parent ? value : setPath(value, parents, changed)
}

export const deletePaths = (value: Value, paths: Value): Value => {
  if (!isArray(paths)) return fail("Paths must be specified as an array")
  let result = value
  for (const path of paths.toSorted(compare).reverse()) {
    if (!isArray(path)) return fail("Path must be specified as an array")
    result = deletePath(result, path)
  }
  return result
}
