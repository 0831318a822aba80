/** The values of jq: JSON, with objects that remember the order of their keys. */
import { MAX_TEXT } from "../../bash/limits.ts"
import { JqObject } from "./object.ts"

export type Value = null | boolean | number | string | ReadonlyArray<Value> | JqObject

/** An error of the script, which `try` can catch; its value is what `error` was given. */
export class JqError {
  constructor(readonly value: Value) {}
}

/** An error that no script can catch: the bounds of the program are reached. */
export class OutOfBounds {
  constructor(readonly message: string) {}
}

/** Elements of one array. */
export const MAX_ELEMENTS = 8_000_000
/** Arrays and objects inside each other. */
export const MAX_NESTING = 10_000
/** Values that one comparison, or one printing, may visit. */
export const MAX_VISITS = 50_000_000

export const fail = (message: string): never => {
  throw new JqError(message)
}

export const isArray = (value: Value): value is ReadonlyArray<Value> => Array.isArray(value)

export const isObject = (value: Value): value is JqObject => value instanceof JqObject

export const truthy = (value: Value): boolean => value !== null && value !== false

export const typeName = (value: Value): string => {
  if (value === null) return "null"
  if (isArray(value)) return "array"
  return typeof value === "object" ? "object" : typeof value
}

export const boundedText = (text: string): string => {
  if (text.length > MAX_TEXT) throw new OutOfBounds("a string is too long")
  return text
}

export const boundedArray = (array: ReadonlyArray<Value>): ReadonlyArray<Value> => {
  if (array.length > MAX_ELEMENTS) throw new OutOfBounds("an array has too many elements")
  return array
}

const rank = (value: Value): number => {
  if (value === null) return 0
  if (value === false) return 1
  if (value === true) return 2
  if (typeof value === "number") return 3
  if (typeof value === "string") return 4
  return isArray(value) ? 5 : 6
}

/** By code points, as UTF-8 sorts. */
export const compareText = (left: string, right: string): number => {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at)
    const b = right.charCodeAt(at)
    // surrogates are beyond all of the basic plane
    if (a !== b) {
      return (a >= 0xd800 && a < 0xe000) === (b >= 0xd800 && b < 0xe000)
        ? a - b
        : a >= 0xd800 && a < 0xe000
        ? 1
        : -1
    }
  }
  return left.length - right.length
}

let visits = 0

const compareDeep = (left: Value, right: Value, depth: number): number => {
  if (left === right) return 0
  if (++visits > MAX_VISITS || depth > MAX_NESTING) throw new OutOfBounds("the values to compare are too large")
  const kind = rank(left)
  const difference = kind - rank(right)
  if (difference !== 0) return difference
  if (kind < 3) return 0
  // nan is less than any number, itself too
  if (kind === 3) return (left as number) < (right as number) || Number.isNaN(left) ? -1 : left === right ? 0 : 1
  if (kind === 4) return compareText(left as string, right as string)
  if (kind === 5) return compareArrays(left as ReadonlyArray<Value>, right as ReadonlyArray<Value>, depth)
  const a = left as JqObject
  const b = right as JqObject
  const keys = sortedKeys(a)
  const byKeys = compareArrays(keys, sortedKeys(b), depth)
  if (byKeys !== 0) return byKeys
  for (const key of keys) {
    const result = compareDeep(a.get(key)!, b.get(key)!, depth + 1)
    if (result !== 0) return result
  }
  return 0
}

const compareArrays = (left: ReadonlyArray<Value>, right: ReadonlyArray<Value>, depth: number): number => {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const result = compareDeep(left[index], right[index], depth + 1)
    if (result !== 0) return result
  }
  return left.length - right.length
}

/** jq's order of all values. */
export const compare = (left: Value, right: Value): number => {
  if (typeof left === "number" && typeof right === "number" && left === right) return 0
  visits = 0
  return compareDeep(left, right, 0)
}

export const equal = (left: Value, right: Value): boolean => left === right ? left === left : compare(left, right) === 0

export const sortedKeys = (object: JqObject): Array<string> => object.keys().sort(compareText)

/** The code points of a text. */
export const points = (text: string): ReadonlyArray<string> =>
  /[\uD800-\uDBFF]/.test(text) ? Array.from(text) : text.split("")

export const pointLength = (text: string): number => {
  let count = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0xd800 && code < 0xdc00) count--
  }
  return count
}

/** With half characters replaced, which no JSON text can hold. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\ufffd")
