/** Functions from values to a value, by name and number of arguments. */
import { fromIso, gmtime, mktime, strftime, strptime, toIso } from "./dates.ts"
import { toText } from "./formats.ts"
import { serialize } from "./json.ts"
import { JqObject } from "./object.ts"
import { operators, splitText } from "./operators.ts"
import { deletePaths, described, getPath, index, indices, setPath } from "./paths.ts"
import { BadJson, parseJson } from "./reader.ts"
import { matches } from "./regex.ts"
import type { Value } from "./values.ts"
import {
  boundedArray,
  boundedText,
  compare,
  equal,
  fail,
  isArray,
  isObject,
  JqError,
  MAX_ELEMENTS,
  OutOfBounds,
  pointLength,
  sortedKeys,
  truthy,
  typeName
} from "./values.ts"

type Args = ReadonlyArray<Value>
type Function = (input: Value, args: Args) => Value

const array = (value: Value, what: string): ReadonlyArray<Value> =>
  isArray(value) ? value : fail(`${described(value)} ${what}`)

const toNumber = (value: Value): Value => {
  if (typeof value === "number") return value
  if (typeof value === "string") {
    if (/^\s*-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value)) return Number(value)
    if (value.trim() === "nan") return NaN
    return fail(`${described(value)} cannot be parsed as a number`)
  }
  return fail(`${described(value)} cannot be parsed as a number`)
}

const length = (value: Value): Value => {
  if (value === null) return 0
  if (typeof value === "number") return Math.abs(value)
  if (typeof value === "string") return pointLength(value)
  if (isArray(value)) return value.length
  return isObject(value) ? value.size : fail(`${described(value)} has no length`)
}

const keys = (value: Value, sorted: boolean): Value => {
  if (isArray(value)) return value.map((_, at) => at)
  if (isObject(value)) return sorted ? sortedKeys(value) : value.keys()
  return fail(`${described(value)} has no keys`)
}

const has: Function = (value, [key]) => {
  if (isObject(value) && typeof key === "string") return value.has(key)
  if (isArray(value) && typeof key === "number") return key >= 0 && Math.floor(key) < value.length
  return fail(`Cannot check whether ${typeName(value)} has a ${typeof key === "string" ? "string" : typeName(key)} key`)
}

const contains = (left: Value, right: Value): boolean => {
  if (isObject(left) && isObject(right)) {
    return right.entries().every(([key, value]) => left.has(key) && contains(left.get(key)!, value))
  }
  if (isArray(left) && isArray(right)) return right.every((each) => left.some((own) => containsLike(own, each)))
  if (typeof left === "string" && typeof right === "string") return left.includes(right)
  if (typeName(left) === typeName(right)) return equal(left, right)
  return fail(`${described(left)} and ${described(right)} cannot have their containment checked`)
}

const containsLike = (left: Value, right: Value): boolean => typeName(left) === typeName(right) && contains(left, right)

const flatten = (value: Value, depth: Value): Value => {
  if (typeof depth !== "number") return fail("flatten depth must not be negative")
  if (depth < 0) return fail("flatten depth must not be negative")
  const result: Array<Value> = []
  const visit = (items: ReadonlyArray<Value>, left: number): void => {
    for (const item of items) {
      if (isArray(item) && left > 0) visit(item, left - 1)
      else if (result.push(item) > MAX_ELEMENTS) throw new OutOfBounds("an array has too many elements")
    }
  }
  const items = isObject(value)
    ? value.values()
    : isArray(value)
    ? value
    : fail(`Cannot iterate over ${described(value)}`)
  visit(items, depth)
  return result
}

/** Added pairwise, but strings and arrays at once: it is how long texts are made. */
export const sum = (values: ReadonlyArray<Value>): Value => {
  if (values.length > 2 && values.every((each) => typeof each === "string")) return boundedText(values.join(""))
  if (values.length > 2 && values.every(isArray)) return boundedArray(values.flat() as Array<Value>)
  return values.reduce((total, each) => operators["+"](total, each), null)
}

const add: Function = (value) => {
  if (value === null) return null
  if (isObject(value)) return sum(value.values())
  return sum(isArray(value) ? value : fail(`Cannot iterate over ${described(value)}`))
}

const join: Function = (value, [separator]) => {
  const items = array(value, "cannot be joined")
  if (items.length === 0) return ""
  if (typeof separator !== "string") {
    return fail(`${described(items[0] ?? "")} and ${described(separator)} cannot be added`)
  }
  return boundedText(
    items.map((each) => {
      if (each === null) return ""
      if (typeof each === "string") return each
      return typeof each === "object"
        ? fail(`${described(separator)} and ${described(each)} cannot be added`)
        : toText(each)
    }).join(separator)
  )
}

const sorted = (value: Value): ReadonlyArray<Value> =>
  array(value, "cannot be sorted, as it is not an array").toSorted(compare)

const entry = (each: Value): readonly [string, Value] => {
  const first = (...names: ReadonlyArray<string>): Value => {
    for (const name of names) {
      const found = isObject(each) ? each.get(name) : index(each, name)
      if (found !== undefined && found !== null && found !== false) return found
    }
    return names.map((name) => isObject(each) ? each.get(name) : undefined).find((found) => found !== undefined) ?? null
  }
  const key = first("key", "k", "name", "Name", "Key", "K")
  if (typeof key === "object" && key !== null) return fail(`Cannot use ${described(key)} as object key`)
  const values = ["value", "v", "Value", "V"].map((name) => isObject(each) ? each.get(name) : undefined)
  return [
    toText(key),
    values.find((found) => found !== undefined && found !== null) ?? values.find((found) => found !== undefined) ?? null
  ]
}

const entries = (value: Value): ReadonlyArray<Value> =>
  isArray(value)
    ? value
    : isObject(value)
    ? value.values()
    : fail(`Cannot iterate over ${value === null ? "null" : described(value)}`)

const toEntries: Function = (value) => {
  const pairs: ReadonlyArray<readonly [Value, Value]> = isObject(value)
    ? value.entries()
    : isArray(value)
    ? value.map((each, at) => [at, each] as const)
    : fail(`${described(value)} has no keys`)
  return pairs.map(([key, each]) => JqObject.of([["key", key], ["value", each]]))
}

const trimmed = (value: Value, start: boolean, end: boolean): Value => {
  if (typeof value !== "string") return fail(`${described(value)} cannot be trimmed`)
  const from = start ? value.trimStart() : value
  return end ? from.trimEnd() : from
}

const transpose: Function = (value) => {
  const rows = array(value, "cannot be transposed").map((row) => array(row, "cannot be transposed"))
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0)
  if (width * rows.length > MAX_ELEMENTS) throw new OutOfBounds("an array has too many elements")
  return Array.from({ length: width }, (_, at) => rows.map((row) => row[at] ?? null))
}

const implode: Function = (value) => {
  const text = array(value, "cannot be imploded").map((each) =>
    typeof each === "number"
      ? each >= 0 && each <= 0x10ffff && !(each >= 0xd800 && each < 0xe000)
        ? String.fromCodePoint(Math.floor(each))
        : "\ufffd"
      : fail("Unicode codepoint must be numeric")
  )
  return text.join("")
}

const ascii = (value: Value, name: string, change: (text: string) => string): Value =>
  typeof value === "string" ? change(value) : fail(`${name} input must be a string`)

const prefix = (value: Value, part: Value, name: string, test: (text: string, part: string) => boolean): Value =>
  typeof value === "string" && typeof part === "string" ? test(value, part) : fail(`${name}() requires string inputs`)

const extreme = (values: ReadonlyArray<Value>, by: ReadonlyArray<Value>, sign: number): Value => {
  let best = 0
  for (let at = 1; at < values.length; at++) {
    const order = compare(by[at], by[best]) * sign
    if (order > 0 || order === 0 && sign > 0) best = at
  }
  return values[best] ?? null
}

export const extremeBy = extreme

const fromJson: Function = (value) => {
  if (typeof value !== "string") return fail(`${described(value)} only strings can be parsed`)
  try {
    return parseJson(value)
  } catch (error) {
    if (error instanceof BadJson) throw new JqError(`${error.message} (while parsing '${value}')`)
    throw error
  }
}

const search: Function = (value, [target]) => {
  const items = array(value, "cannot be searched from")
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(items[middle], target) < 0) low = middle + 1
    else high = middle
  }
  return low < items.length && equal(items[low], target) ? low : -1 - low
}

const stripped = (value: Value, part: Value, end: boolean): Value => {
  if (typeof value !== "string" || typeof part !== "string") return value
  if (end) return value.endsWith(part) ? value.slice(0, value.length - part.length) : value
  return value.startsWith(part) ? value.slice(part.length) : value
}

const unique = (items: ReadonlyArray<Value>): ReadonlyArray<Value> =>
  items.filter((each, at) => at === 0 || compare(items[at - 1], each) !== 0)

const functions: Readonly<Record<string, Function>> = {
  "not/0": (value) => !truthy(value),
  "length/0": length,
  "utf8bytelength/0": (value) =>
    typeof value === "string"
      ? Buffer.byteLength(value)
      : fail(`${described(value)} only strings have UTF-8 byte length`),
  "keys/0": (value) => keys(value, true),
  "keys_unsorted/0": (value) => keys(value, false),
  "has/1": has,
  "in/1": (value, [object]) => has(object, [value]),
  "contains/1": (value, [part]) => contains(value, part),
  "inside/1": (value, [whole]) => contains(whole, value),
  "add/0": add,
  "join/1": join,
  "flatten/0": (value) => flatten(value, 1e9),
  "flatten/1": (value, [depth]) => flatten(value, depth),
  "sort/0": sorted,
  "unique/0": (value) => unique(sorted(value)),
  "reverse/0": (value) =>
    typeof value === "string"
      ? Array.from(value).reverse().join("")
      : value === null
      ? []
      : array(value, "cannot be reversed, as it is not an array").toReversed(),
  "min/0": (value) => extreme(array(value, "cannot be iterated over"), value as Args, -1),
  "max/0": (value) => extreme(array(value, "cannot be iterated over"), value as Args, 1),
  "any/0": (value) => entries(value).some(truthy),
  "all/0": (value) => entries(value).every(truthy),
  "to_entries/0": toEntries,
  "from_entries/0": (value) => JqObject.of(entries(value).map(entry)),
  "transpose/0": transpose,
  "tojson/0": (value) => serialize(value),
  "fromjson/0": fromJson,
  "tostring/0": (value) => toText(value),
  "tonumber/0": toNumber,
  "type/0": (value) => typeName(value),
  "ascii_downcase/0": (value) =>
    ascii(value, "ascii_downcase", (text) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  "ascii_upcase/0": (value) =>
    ascii(value, "ascii_upcase", (text) => text.replace(/[a-z]+/g, (part) => part.toUpperCase())),
  "explode/0": (value) =>
    typeof value === "string"
      ? Array.from(value, (char) => char.codePointAt(0)!)
      : fail(`${described(value)} cannot be exploded`),
  "implode/0": implode,
  "ltrimstr/1": (value, [part]) => stripped(value, part, false),
  "rtrimstr/1": (value, [part]) => stripped(value, part, true),
  "trimstr/1": (value, [part]) => stripped(stripped(value, part, false), part, true),
  "trim/0": (value) => trimmed(value, true, true),
  "ltrim/0": (value) => trimmed(value, true, false),
  "rtrim/0": (value) => trimmed(value, false, true),
  "startswith/1": (value, [part]) => prefix(value, part, "startswith", (text, start) => text.startsWith(start)),
  "endswith/1": (value, [part]) => prefix(value, part, "endswith", (text, end) => text.endsWith(end)),
  "split/1": (value, [by]) =>
    typeof value === "string" && typeof by === "string"
      ? splitText(value, by)
      : fail("split input and separator must be strings"),
  "indices/1": (value, [part]) => indices(value, part),
  "_indices/1": (value, [part]) => indices(value, part),
  "index/1": (value, [part]) => (indices(value, part) as Args | null)?.[0] ?? null,
  "rindex/1": (value, [part]) => (indices(value, part) as Args | null)?.at(-1) ?? null,
  "setpath/2": (value, [path, to]) =>
    setPath(value, isArray(path) ? path : fail("Path must be specified as an array"), to),
  "delpaths/1": (value, [paths]) => deletePaths(value, paths),
  "_getpath/1": (value, [path]) => getPath(value, isArray(path) ? path : fail("Path must be specified as an array")),
  "infinite/0": () => Infinity,
  "nan/0": () => NaN,
  "isinfinite/0": (value) =>
    typeof value === "number" ? Math.abs(value) === Infinity : fail(`${described(value)} number required`),
  "isnan/0": (value) => typeof value === "number" ? Number.isNaN(value) : fail(`${described(value)} number required`),
  "isnormal/0": (value) =>
    typeof value === "number"
      ? Number.isFinite(value) && Math.abs(value) >= 2 ** -1022
      : fail(`${described(value)} number required`),
  "abs/0": (value) =>
    typeof value === "number" ? value < 0 ? -value : value : fail(`${described(value)} has no absolute value`),
  "toarray/0": (value) => isArray(value) ? value : [value],
  "bsearch/1": search,
  "_match/3": (value, [pattern, flags, testing]) => matches(value, pattern, flags, testing === true),
  "test/1": (value, [pattern]) => matches(value, pattern, null, true),
  "test/2": (value, [pattern, flags]) => matches(value, pattern, flags, true),
  "now/0": () => Date.now() / 1000,
  "gmtime/0": (value) => gmtime(value),
  "localtime/0": (value) => gmtime(value, "localtime"),
  "mktime/0": mktime,
  "strftime/1": (value, [format]) => strftime(value, format),
  "strflocaltime/1": (value, [format]) => strftime(value, format, "strflocaltime"),
  "strptime/1": (value, [format]) => strptime(value, format),
  "todate/0": toIso,
  "fromdate/0": fromIso,
  "fromdateiso8601/0": fromIso,
  "todateiso8601/0": toIso,
  "dateadd/2": (value, [, seconds]) => operators["+"](value, seconds),
  "datesub/2": (value, [, seconds]) => operators["-"](value, seconds),
  "date/0": toIso,
  "have_literal_numbers/0": () => true,
  "have_decnum/0": () => false,
  "get_search_list/0": () => []
}

export const functionNamed = (name: string, arity: number): Function | undefined => {
  const key = `${name}/${arity}`
  return Object.hasOwn(functions, key) ? functions[key] : undefined
}

export const functionNames: ReadonlyArray<string> = Object.keys(functions).filter((key) => !key.startsWith("_"))

/** With keys made by a function: sorted by them, in groups, or one of each. */
export const byKeys = (
  name: string,
  values: ReadonlyArray<Value>,
  keysOf: ReadonlyArray<Value>
): Value => {
  if (name === "min_by") return extreme(values, keysOf, -1)
  if (name === "max_by") return extreme(values, keysOf, 1)
  const order = values.map((_, at) => at).sort((a, b) => compare(keysOf[a], keysOf[b]))
  if (name === "sort_by") return order.map((at) => values[at])
  const groups: Array<Array<Value>> = []
  order.forEach((at, position) => {
    if (position > 0 && compare(keysOf[order[position - 1]], keysOf[at]) === 0) groups.at(-1)!.push(values[at])
    else groups.push([values[at]])
  })
  return name === "group_by" ? groups : groups.map(([first]) => first)
}
