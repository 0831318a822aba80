/** Arithmetic on values of any kind. */
import { MAX_TEXT } from "../../bash/limits.ts"
import { JqObject } from "./object.ts"
import { described } from "./paths.ts"
import type { Value } from "./values.ts"
import { boundedArray, boundedText, compare, fail, isArray, isObject, MAX_NESTING, OutOfBounds } from "./values.ts"

type Operator = (left: Value, right: Value) => Value

const add: Operator = (left, right) => {
  if (typeof left === "number" && typeof right === "number") return left + right
  if (left === null) return right
  if (right === null) return left
  if (typeof left === "string" && typeof right === "string") return boundedText(left + right)
  if (isArray(left) && isArray(right)) return boundedArray(left.concat(right))
  if (isObject(left) && isObject(right)) return right.size === 1 ? addOne(left, right) : left.merge(right)
  return fail(`${described(left)} and ${described(right)} cannot be added`)
}

const addOne = (left: JqObject, right: JqObject): Value => {
  const [[key, value]] = right.entries()
  return left.set(key, value)
}

const subtract: Operator = (left, right) => {
  if (typeof left === "number" && typeof right === "number") return left - right
  if (isArray(left) && isArray(right)) {
    const sorted = right.toSorted(compare)
    return left.filter((each) => !hasSorted(sorted, each))
  }
  return fail(`${described(left)} and ${described(right)} cannot be subtracted`)
}

const hasSorted = (sorted: ReadonlyArray<Value>, value: Value): boolean => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(sorted[middle], value) < 0) low = middle + 1
    else high = middle
  }
  return low < sorted.length && compare(sorted[low], value) === 0
}

const repeat = (text: string, times: number): Value => {
  if (!(times > 0)) return null
  const count = times < 1 ? 1 : Math.floor(times)
  if (text.length * count > MAX_TEXT) throw new OutOfBounds("a string is too long")
  return text.repeat(count)
}

const mergeDeep = (left: JqObject, right: JqObject, depth = 0): JqObject => {
  if (depth > MAX_NESTING) throw new OutOfBounds("the values are nested too deeply")
  const entries = right.entries().map(([key, value]): [string, Value] => {
    const old = left.get(key)
    return [key, old !== undefined && isObject(old) && isObject(value) ? mergeDeep(old, value, depth + 1) : value]
  })
  return left.merge(JqObject.of(entries))
}

const multiply: Operator = (left, right) => {
  if (typeof left === "number" && typeof right === "number") return left * right
  if (typeof left === "string" && typeof right === "number") return repeat(left, right)
  if (typeof left === "number" && typeof right === "string") return repeat(right, left)
  if (isObject(left) && isObject(right)) return mergeDeep(left, right)
  return fail(`${described(left)} and ${described(right)} cannot be multiplied`)
}

export const splitText = (text: string, by: string): ReadonlyArray<string> =>
  text === "" ? [] : by === "" ? Array.from(text) : text.split(by)

const divide: Operator = (left, right) => {
  if (typeof left === "number" && typeof right === "number") {
    if (right === 0) {
      return fail(`${described(left)} and ${described(right)} cannot be divided because the divisor is zero`)
    }
    return left / right
  }
  if (typeof left === "string" && typeof right === "string") return splitText(left, right)
  return fail(`${described(left)} and ${described(right)} cannot be divided`)
}

const whole = (value: number): bigint => {
  if (Number.isNaN(value)) return 0n
  if (value >= 2 ** 63) return 2n ** 63n - 1n
  return value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(Math.trunc(value))
}

const remainder: Operator = (left, right) => {
  if (typeof left !== "number" || typeof right !== "number") {
    return fail(`${described(left)} and ${described(right)} cannot be divided`)
  }
  if (Number.isNaN(left) || Number.isNaN(right)) return NaN
  if (Number.isSafeInteger(Math.trunc(left)) && Number.isSafeInteger(Math.trunc(right))) {
    const by = Math.abs(Math.trunc(right))
    if (by === 0) {
      return fail(`${described(left)} and ${described(right)} cannot be divided because the divisor is zero`)
    }
    return Math.trunc(left) % by + 0
  }
  const by = whole(right)
  if (by === 0n) return fail(`${described(left)} and ${described(right)} cannot be divided because the divisor is zero`)
  return Number(whole(left) % (by < 0n ? -by : by))
}

export const operators: Readonly<Record<string, Operator>> = {
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  "%": remainder,
  "==": (left, right) => compare(left, right) === 0,
  "!=": (left, right) => compare(left, right) !== 0,
  "<": (left, right) => compare(left, right) < 0,
  "<=": (left, right) => compare(left, right) <= 0,
  ">": (left, right) => compare(left, right) > 0,
  ">=": (left, right) => compare(left, right) >= 0
}

export const negate = (value: Value): Value =>
  typeof value === "number" ? -value : fail(`${described(value)} cannot be negated`)
