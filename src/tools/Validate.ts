/**
 * Checks JSON against a JSON Schema, for tools that have no other Schema: types, properties, items, alternatives, bounds.
 * Keywords that it does not know say nothing.
 *
 * @since 0.1.0
 */
import type { JsonShape as Shape } from "./InputSchema.ts"
import { below } from "./Json.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Violation {
  readonly path: string
  readonly expected: string
  readonly actual: string
}

const MAX_DEPTH = 64
const SHOWN = 60

/** Short, and objects not at all: they may hold secrets. */
const show = (value: unknown): string => {
  if (value === undefined) return "nothing"
  if (Array.isArray(value)) return "an array"
  if (typeof value === "object" && value !== null) return "an object"
  // of a long one no more than is shown
  const text = JSON.stringify(typeof value === "string" ? value.slice(0, SHOWN + 1) : value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text
}

const typeName = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value

const isOf = (value: unknown, type: unknown): boolean => {
  const name = typeName(value)
  return name === type || (type === "number" && name === "integer")
}

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

const typesOf = ({ type }: Shape): ReadonlyArray<string> =>
  type === undefined ? [] : (Array.isArray(type) ? type : [type]).map(String)

/** Characters, as JSON Schema counts them: a pair of surrogates is one. */
const lengthOf = (text: string): number => {
  let length = text.length
  for (let at = 1; at < text.length; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800) length--
  }
  return length
}

const bounds = (shape: Shape, value: unknown, path: string): Violation | undefined => {
  const amount = typeof value === "number" ? value : undefined
  const isBounded = shape.minLength !== undefined || shape.maxLength !== undefined
  const size = isBounded && typeof value === "string" ? lengthOf(value) : undefined
  const items = Array.isArray(value) ? value.length : undefined
  const rules: ReadonlyArray<
    readonly [number | undefined, number | undefined, (a: number, b: number) => boolean, string]
  > = [
    [amount, shape.minimum, (a, b) => a >= b, "a number of at least"],
    [amount, shape.maximum, (a, b) => a <= b, "a number of at most"],
    [amount, shape.exclusiveMinimum, (a, b) => a > b, "a number above"],
    [amount, shape.exclusiveMaximum, (a, b) => a < b, "a number below"],
    [size, shape.minLength, (a, b) => a >= b, "a string of at least this many characters:"],
    [size, shape.maxLength, (a, b) => a <= b, "a string of at most this many characters:"],
    [items, shape.minItems, (a, b) => a >= b, "an array of at least this many items:"],
    [items, shape.maxItems, (a, b) => a <= b, "an array of at most this many items:"]
  ]
  for (const [actual, bound, keeps, words] of rules) {
    if (actual !== undefined && bound !== undefined && !keeps(actual, bound)) {
      return { path, expected: `${words} ${bound}`, actual: show(value) }
    }
  }
  return undefined
}

const fields = (shape: Shape, value: Record<string, unknown>, path: string, depth: number): Violation | undefined => {
  const known = shape.properties ?? {}
  for (const key of shape.required ?? []) {
    if (!Object.hasOwn(value, key)) {
      const expected = Object.hasOwn(known, key) ? typesOf(known[key]).join(" or ") : ""
      return { path: below(path, key), expected: expected || "a value", actual: "nothing" }
    }
  }
  for (const [key, item] of Object.entries(value)) {
    const inner = Object.hasOwn(known, key) ? known[key] : shape.additionalProperties
    if (inner === false) return { path: below(path, key), expected: "no such key", actual: show(item) }
    const found = typeof inner === "object" ? violation(inner, item, below(path, key), depth + 1) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The first thing that is wrong with a value.
 *
 * @since 0.1.0
 * @category validation
 */
export const violation = (shape: Shape, value: unknown, path = "$", depth = 0): Violation | undefined => {
  if (depth > MAX_DEPTH) return { path, expected: `at most ${MAX_DEPTH} levels`, actual: "more" }
  const actual = show(value)
  if ("const" in shape && !same(shape.const, value)) return { path, expected: show(shape.const), actual }
  if (shape.enum !== undefined && !shape.enum.some((item) => same(item, value))) {
    return { path, expected: `one of ${shape.enum.map(show).join(", ")}`, actual }
  }
  const types = typesOf(shape)
  if (types.length > 0 && !types.some((type) => isOf(value, type))) {
    return { path, expected: types.join(" or "), actual }
  }
  const alternatives = shape.anyOf ?? shape.oneOf
  if (alternatives !== undefined) {
    const tried = alternatives.map((one) => violation(one, value, path, depth + 1))
    if (!tried.includes(undefined)) {
      return tried.length === 1 ? tried[0] : { path, expected: `one of ${tried.length} forms`, actual }
    }
  }
  const bounded = bounds(shape, value, path)
  if (bounded !== undefined) return bounded
  if (Array.isArray(value)) {
    if (shape.items === undefined) return undefined
    for (let i = 0; i < value.length; i++) {
      const found = violation(shape.items, value[i], below(path, i), depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  return typeof value === "object" && value !== null
    ? fields(shape, value as Record<string, unknown>, path, depth)
    : undefined
}
