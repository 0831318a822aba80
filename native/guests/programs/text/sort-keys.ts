/** The keys of sort: which part of a line counts, and how it compares. */
import type { CommandLine } from "../options.ts"
import type { ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { compareVersions } from "./version.ts"

export type Value = string | number

/** A line with what it is compared by. */
export interface Item {
  readonly text: string
  readonly values: ReadonlyArray<Value>
}

export interface Ordering {
  /** What a line is compared by; undefined when the line itself says all. */
  readonly valuesOf: ((text: string) => ReadonlyArray<Value>) | undefined
  readonly byKeys: (left: Item, right: Item) => number
  /** By the keys, then by the whole line. */
  readonly byAll: (left: Item, right: Item) => number
  readonly reversed: boolean
}

interface Key {
  readonly startField: number
  readonly startChar: number
  /** Undefined when the key goes to the end of the line. */
  readonly endField: number | undefined
  readonly endChar: number
  readonly skipsStart: boolean
  readonly skipsEnd: boolean
  readonly letters: string
}

const ORDERING = "bdfgiMhnRrV"

const parseKey = (context: ProgramContext, text: string): Key => {
  const fail = (problem: string): never => {
    throw new ProgramFailure(problem, 2)
  }
  const invalid = `invalid field specification ${context.quote(text)}`
  const match = /^(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.(\d+))?([a-zA-Z]*))?/.exec(text)
  if (match === null) return fail(`invalid number at field start: invalid count at start of ${context.quote(text)}`)
  const [whole, field, char, letters, endField, endChar, endLetters = ""] = match
  if (Number(field) === 0) fail(`field number is zero: ${invalid}`)
  if (char !== undefined && Number(char) === 0) fail(`character offset is zero: ${invalid}`)
  if (endField !== undefined && Number(endField) === 0) fail(`field number is zero: ${invalid}`)
  const odd = Array.from(letters + endLetters).some((letter) => !ORDERING.includes(letter))
  if (whole.length < text.length || odd) fail(`stray character in field spec: ${invalid}`)
  return {
    startField: Number(field) - 1,
    startChar: Number(char ?? 1) - 1,
    endField: endField === undefined ? undefined : Number(endField) - (Number(endChar ?? 0) === 0 ? 0 : 1),
    endChar: Number(endChar ?? 0),
    skipsStart: letters.includes("b"),
    skipsEnd: endLetters.includes("b"),
    letters: letters + endLetters
  }
}

const isBlank = (code: number): boolean => code === 32 || code === 9

const skipBlanks = (line: string, at: number): number => {
  let place = at
  while (place < line.length && isBlank(line.charCodeAt(place))) place++
  return place
}

const skipWord = (line: string, at: number): number => {
  let place = skipBlanks(line, at)
  while (place < line.length && !isBlank(line.charCodeAt(place))) place++
  return place
}

const startOf = (line: string, key: Key, separator: string | undefined): number => {
  let at = 0
  for (let left = key.startField; left > 0 && at < line.length; left--) {
    if (separator === undefined) at = skipWord(line, at)
    else {
      const found = line.indexOf(separator, at)
      at = found < 0 ? line.length : found + separator.length
    }
  }
  if (key.skipsStart) at = skipBlanks(line, at)
  return Math.min(line.length, at + key.startChar)
}

const endOf = (line: string, key: Key, separator: string | undefined): number => {
  if (key.endField === undefined) return line.length
  let at = 0
  for (let left = key.endField; left > 0 && at < line.length; left--) {
    if (separator === undefined) at = skipWord(line, at)
    else {
      const found = line.indexOf(separator, at)
      at = found < 0 ? line.length : found
      if (found >= 0 && (left > 1 || key.endChar > 0)) at++
    }
  }
  if (key.endChar === 0) return at
  if (key.skipsEnd) at = skipBlanks(line, at)
  return Math.min(line.length, at + key.endChar)
}

/** The number at the beginning; 0 when there is none. */
const leadingNumber = (text: string): number => {
  let at = skipBlanks(text, 0)
  const start = at
  if (text[at] === "-") at++
  const digits = at
  while (at < text.length && text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++
  if (text[at] === ".") {
    at++
    while (at < text.length && text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++
  }
  return at === digits ? 0 : Number(text.slice(start, at)) || 0
}

/** What is no number comes first. */
const generalNumber = (text: string): ReadonlyArray<Value> => {
  const match = /^\s*([-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf(?:inity)?|nan))/i.exec(text)
  if (match === null) return [0, 0]
  if (/nan/i.test(match[1])) return [1, 0]
  const sign = match[1].startsWith("-") ? -1 : 1
  const digits = match[1].replace(/^[-+]/, "")
  return [2, /^inf/i.test(digits) ? sign * Infinity : sign * Number(digits)]
}

/** The unit counts before the number does. */
const humanNumber = (text: string): ReadonlyArray<Value> => {
  const match = /^[ \t]*(-?)(\d*\.?\d*)([KkMGTPEZY])?/.exec(text)!
  const value = Number(match[2]) || 0
  const sign = value === 0 ? 0 : match[1] === "-" ? -1 : 1
  const rank = match[3] === undefined ? 0 : "KMGTPEZY".indexOf(match[3].toUpperCase()) + 1
  return [sign * (rank + 1), sign * value]
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]

const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase())

const makeScramble = (): (text: string) => number => {
  const [seed] = crypto.getRandomValues(new Uint32Array(1))
  return (text) => {
    let hash = seed
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619)
    hash ^= hash >>> 15
    return Math.imul(hash, 0x85ebca6b) >>> 0
  }
}

interface Way {
  readonly valuesOf: (text: string) => ReadonlyArray<Value>
  /** Values that one key has. */
  readonly count: number
  readonly compare: (left: Value, right: Value) => number
}

const byOrder = (left: Value, right: Value): number => left < right ? -1 : left > right ? 1 : 0

const wayOf = (letters: string, scramble: (text: string) => number): Way => {
  const has = (letter: string) => letters.includes(letter)
  if (has("n")) return { valuesOf: (text) => [leadingNumber(text)], count: 1, compare: byOrder }
  if (has("g")) return { valuesOf: generalNumber, count: 2, compare: byOrder }
  if (has("h")) return { valuesOf: humanNumber, count: 2, compare: byOrder }
  if (has("M")) {
    const valuesOf = (text: string) => [months.indexOf(text.slice(skipBlanks(text, 0)).slice(0, 3).toUpperCase())]
    return { valuesOf, count: 1, compare: byOrder }
  }
  const simplify = (text: string): string => {
    let result = has("f") ? upper(text) : text
    if (has("d")) result = result.replace(/[^A-Za-z0-9 \t]/g, "")
    return has("i") ? result.replace(/[^\x20-\x7e]/g, "") : result
  }
  if (has("R")) return { valuesOf: (text) => [scramble(simplify(text))], count: 1, compare: byOrder }
  const compare = has("V") ? (a: Value, b: Value) => compareVersions(String(a), String(b)) : byOrder
  return { valuesOf: (text) => [simplify(text)], count: 1, compare }
}

const checkLetters = (letters: string): void => {
  const kinds = Array.from("dfghiMnRV").filter((letter) => letters.includes(letter) && letter !== "f")
  const numeric = kinds.filter((letter) => "ghMnRV".includes(letter))
  if (numeric.length > 1 || (numeric.some((letter) => "ghMn".includes(letter)) && kinds.length > numeric.length)) {
    throw new ProgramFailure(`options '-${kinds.join("")}' are incompatible`, 2)
  }
}

export const orderingOf = (context: ProgramContext, line: CommandLine): Ordering => {
  const global = line.options.filter(({ name }) => ORDERING.includes(name)).map(({ name }) => name).join("")
    + (line.get("sort") === undefined
      ? ""
      : {
        "general-numeric": "g",
        "human-numeric": "h",
        month: "M",
        numeric: "n",
        random: "R",
        version: "V"
      }[line.get("sort")!] ?? "")
  const tab = line.get("t")
  if (tab === "") throw new ProgramFailure("empty tab", 2)
  if (tab !== undefined && tab !== "\\0" && Array.from(tab).length > 1) {
    throw new ProgramFailure(`multi-character tab ${context.quote(tab)}`, 2)
  }
  const separator = tab === "\\0" ? "\0" : tab
  const given = line.all("k").map((text) => parseKey(context, text))
  checkLetters(global)
  const scramble = makeScramble()
  const reversed = global.includes("r")
  const whole: Key = {
    startField: 0,
    startChar: 0,
    endField: undefined,
    endChar: 0,
    skipsStart: global.includes("b"),
    skipsEnd: false,
    letters: global
  }
  const plain = given.length === 0 && global.replace(/[rb]/g, "") === "" && !global.includes("b")
  const keys = plain ? [] : given.length === 0 ? [whole] : given.map((key) => {
    checkLetters(key.letters)
    return key.letters === ""
      ? { ...key, skipsStart: whole.skipsStart, skipsEnd: whole.skipsStart, letters: global }
      : key
  })
  const ways = keys.map((key) => wayOf(key.letters, scramble))
  const signs = keys.map((key) => key.letters.includes("r") ? -1 : 1)
  const valuesOf = (text: string): ReadonlyArray<Value> => {
    if (keys.length === 1) {
      return ways[0].valuesOf(text.slice(startOf(text, keys[0], separator), endOf(text, keys[0], separator)))
    }
    const values: Array<Value> = []
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]
      values.push(...ways[index].valuesOf(text.slice(startOf(text, key, separator), endOf(text, key, separator))))
    }
    return values
  }
  const sign = reversed ? -1 : 1
  const lines = (left: Item, right: Item) => left.text < right.text ? -sign : left.text > right.text ? sign : 0
  const byKeys = plain ? lines : (left: Item, right: Item): number => {
    let at = 0
    for (let index = 0; index < ways.length; index++) {
      for (let count = ways[index].count; count > 0; count--, at++) {
        const order = ways[index].compare(left.values[at], right.values[at])
        if (order !== 0) return signs[index] * order
      }
    }
    return 0
  }
  return {
    valuesOf: plain ? undefined : valuesOf,
    byKeys,
    byAll: (left, right) => byKeys(left, right) || lines(left, right),
    reversed
  }
}
