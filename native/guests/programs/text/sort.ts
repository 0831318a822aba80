/** sort and uniq. */
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"

type Compare = (left: string, right: string) => number

interface Key {
  readonly startField: number
  readonly startChar: number
  readonly endField: number
  readonly endChar: number
  readonly letters: string
}

const byText: Compare = (left, right) => left < right ? -1 : left > right ? 1 : 0

const parseKey = (text: string): Key => {
  const match = /^(\d+)(?:\.(\d+))?([bdfgiMhnRrV]*)(?:,(\d+)(?:\.(\d+))?([bdfgiMhnRrV]*))?$/.exec(text)
  if (match === null || match[1] === "0") {
    throw new ProgramFailure(
      match === null
        ? `invalid number at field start: invalid count at start of '${text}'`
        : `-: invalid field specification '${text}'`,
      2
    )
  }
  return {
    startField: Number(match[1]),
    startChar: Number(match[2] ?? 1),
    endField: Number(match[4] ?? 0),
    endChar: Number(match[5] ?? 0),
    letters: match[3] + (match[6] ?? "")
  }
}

/** Where fields begin and end: at the separator, or from blanks to blanks. */
const fieldBounds = (line: string, separator: string | undefined): Array<readonly [number, number]> => {
  const bounds: Array<readonly [number, number]> = []
  if (separator !== undefined) {
    let start = 0
    for (let at = line.indexOf(separator); at >= 0; at = line.indexOf(separator, start)) {
      bounds.push([start, at])
      start = at + 1
    }
    bounds.push([start, line.length])
    return bounds
  }
  const pattern = /[ \t]*[^ \t]+|[ \t]+$/g
  for (let match = pattern.exec(line); match !== null; match = pattern.exec(line)) {
    bounds.push([match.index, pattern.lastIndex])
  }
  return bounds
}

const skipBlanks = (line: string, at: number): number => {
  let start = at
  while (line[start] === " " || line[start] === "\t") start++
  return start
}

const extract = (line: string, key: Key, separator: string | undefined, blanks: boolean): string => {
  const bounds = fieldBounds(line, separator)
  const first = bounds[key.startField - 1]
  if (first === undefined) return ""
  const start = (blanks ? skipBlanks(line, first[0]) : first[0]) + key.startChar - 1
  if (key.endField === 0) return line.slice(start)
  const last = bounds[key.endField - 1]
  if (last === undefined) return line.slice(start)
  const end = key.endChar === 0 ? last[1] : (blanks ? skipBlanks(line, last[0]) : last[0]) + key.endChar
  return line.slice(start, end)
}

const numberOf = (text: string): number => {
  const match = /^[ \t]*(-?(?:\d+\.?\d*|\.\d+))/.exec(text)
  return match === null ? 0 : Number(match[1])
}

const generalOf = (text: string): number => {
  const match = /^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?inf)/i.exec(text)
  return match === null ? -Infinity : Number(match[1].replace(/inf/i, "Infinity"))
}

const scales = "KMGTPEZY"

const humanOf = (text: string): number => {
  const match = /^\s*(-?(?:\d+\.?\d*|\.\d+))([KkMGTPEZY])?/.exec(text)
  if (match === null) return 0
  // The unit counts before the number does.
  const scale = match[2] === undefined ? 0 : scales.indexOf(match[2].toUpperCase()) + 1
  return Number(match[1]) * 1024 ** scale
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

/** As GNU compares versions: digits by value, `~` before everything. */
const byVersion: Compare = (left, right) => {
  const a = left.match(/\d+|\D/g) ?? []
  const b = right.match(/\d+|\D/g) ?? []
  const rank = (part: string | undefined): number =>
    part === undefined
      ? 0
      : part === "~"
      ? -1
      : /\d/.test(part)
      ? 0
      : /[A-Za-z]/.test(part)
      ? part.charCodeAt(0)
      : part.charCodeAt(0) + 256
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [x, y] = [a[index], b[index]]
    if (x !== undefined && y !== undefined && /\d/.test(x) && /\d/.test(y)) {
      if (Number(x) !== Number(y)) return Number(x) - Number(y)
    } else if (rank(x) !== rank(y)) return rank(x) - rank(y)
    else if (x === undefined) return -1
    else if (y === undefined) return 1
  }
  return byText(left, right)
}

const comparison = (letters: string, line: CommandLine): Compare => {
  const has = (letter: string) => letters.includes(letter)
  const simplify = (text: string): string => {
    let result = has("f") ? text.toUpperCase() : text
    if (has("d")) result = result.replace(/[^\p{L}\p{N} \t]/gu, "")
    return has("i") ? result.replace(/[^\x20-\x7e]/g, "") : result
  }
  if (has("n")) return (a, b) => numberOf(a) - numberOf(b)
  if (has("g")) {
    return (a, b) => {
      const [x, y] = [generalOf(a), generalOf(b)]
      return x < y ? -1 : x > y ? 1 : 0
    }
  }
  if (has("h")) return (a, b) => humanOf(a) - humanOf(b)
  if (has("M")) {
    return (a, b) =>
      months.indexOf(a.trim().slice(0, 3).toLowerCase()) - months.indexOf(b.trim().slice(0, 3).toLowerCase())
  }
  if (has("V")) return byVersion
  if (has("R") || line.has("R")) return (a, b) => byText(scramble(a), scramble(b))
  return has("f") || has("d") || has("i") ? (a, b) => byText(simplify(a), simplify(b)) : byText
}

const seed = Math.random()

const scramble = (text: string): string => {
  let hash = Math.floor(seed * 0x7fffffff)
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619)
  return String(hash >>> 0).padStart(10, "0")
}

/** By the keys in turn; then, unless that is unwanted, by the whole line. */
const comparator = (line: CommandLine): { readonly keys: Compare; readonly whole: Compare } => {
  const global = line.options.filter(({ name }) => "bdfgiMhnRrV".includes(name)).map(({ name }) => name).join("")
  const separator = line.get("t") === "\\0" ? "\0" : line.get("t")
  const keys = line.all("k").map(parseKey)
  const reversed = global.includes("r")
  const finish: Compare = reversed ? (a, b) => byText(b, a) : byText
  if (keys.length === 0) {
    const compare = comparison(global, line)
    const text = global.includes("b") ? (value: string) => value.slice(skipBlanks(value, 0)) : (value: string) => value
    const keyed: Compare = reversed ? (a, b) => compare(text(b), text(a)) : (a, b) => compare(text(a), text(b))
    return { keys: keyed, whole: finish }
  }
  const compares = keys.map((key) => {
    const letters = key.letters.replace("b", "") === "" && !key.letters.includes("b") ? global : key.letters
    const compare = comparison(letters, line)
    const take = (value: string) => extract(value, key, separator, letters.includes("b"))
    return letters.includes("r")
      ? (a: string, b: string) => compare(take(b), take(a))
      : (a: string, b: string) => compare(take(a), take(b))
  })
  const keyed: Compare = (a, b) => {
    for (const compare of compares) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return 0
  }
  return { keys: keyed, whole: finish }
}

const RUN = 20_000

/** Sorts in runs, so that others get their turns, and merges them. */
const sortLines = async (context: ProgramContext, lines: Array<string>, compare: Compare): Promise<Array<string>> => {
  let runs: Array<Array<string>> = []
  for (let index = 0; index < lines.length; index += RUN) {
    runs.push(lines.slice(index, index + RUN).sort(compare))
    const tick = context.tick()
    if (tick !== undefined) await tick
  }
  while (runs.length > 1) {
    const next: Array<Array<string>> = []
    for (let index = 0; index < runs.length; index += 2) {
      next.push(
        runs[index + 1] === undefined ? runs[index] : await merge(context, runs[index], runs[index + 1], compare)
      )
    }
    runs = next
  }
  return runs[0] ?? []
}

const merge = async (
  context: ProgramContext,
  left: Array<string>,
  right: Array<string>,
  compare: Compare
): Promise<Array<string>> => {
  const merged: Array<string> = []
  let i = 0
  let j = 0
  while (i < left.length && j < right.length) {
    merged.push(compare(left[i], right[j]) <= 0 ? left[i++] : right[j++])
    if ((merged.length & 1023) === 0) {
      const tick = context.tick()
      if (tick !== undefined) await tick
    }
  }
  while (i < left.length) merged.push(left[i++])
  while (j < right.length) merged.push(right[j++])
  return merged
}

const readLines = async (
  context: ProgramContext,
  names: ReadonlyArray<string>,
  delimiter: number
): Promise<Array<string>> => {
  const all: Array<string> = []
  for (const name of names) {
    const reader = await context.open(name).catch((error: unknown) => {
      throw new ProgramFailure(`cannot read: ${name}: ${context.reason(error)}`, 2)
    })
    const lines = reader.lines(delimiter)
    try {
      for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
        for (const each of batch) all.push(each)
      }
    } catch (error) {
      throw new ProgramFailure(`read failed: ${name}: ${context.reason(error)}`, 2)
    }
    await reader.close()
  }
  return all
}

export const sort: Program = async (context) => {
  const line = parseOptions(context, {
    short: "bcCdfghik:mMno:rRsS:t:T:uVz",
    long: {
      "ignore-leading-blanks": "b",
      check: "c",
      "dictionary-order": "d",
      "ignore-case": "f",
      "general-numeric-sort": "g",
      "human-numeric-sort": "h",
      "key=": "k",
      merge: "m",
      "month-sort": "M",
      "numeric-sort": "n",
      "output=": "o",
      reverse: "r",
      "random-sort": "R",
      stable: "s",
      "field-separator=": "t",
      unique: "u",
      "version-sort": "V",
      "zero-terminated": "z",
      "parallel=": "p",
      "buffer-size=": "S"
    },
    status: 2
  })
  const names = line.operands.length === 0 ? ["-"] : line.operands
  const { keys, whole } = comparator(line)
  const unique = line.has("u")
  const lines = await readLines(context, names, line.has("z") ? 0 : 10)
  if (line.has("c") || line.has("C")) {
    for (let index = 1; index < lines.length; index++) {
      const order = keys(lines[index - 1], lines[index]) ||
        (unique ? 1 : line.has("s") ? 0 : whole(lines[index - 1], lines[index]))
      if (order <= 0) continue
      if (line.has("c")) await context.complain(`${names[0]}:${index + 1}: disorder: ${lines[index]}`)
      return 1
    }
    return 0
  }
  const stable = line.has("s") || unique
  let sorted = await sortLines(context, lines, stable ? keys : (a, b) => keys(a, b) || whole(a, b))
  if (unique) sorted = sorted.filter((text, index) => index === 0 || keys(sorted[index - 1], text) !== 0)
  const output = line.get("o")
  const target = output === undefined ? undefined : await context.create(output)
  const writer = target?.writer ?? context.stdout
  const end = line.has("z") ? "\0" : "\n"
  for (let index = 0; index < sorted.length; index += 256) {
    await writer.write(sorted.slice(index, index + 256).join(end) + end)
  }
  await target?.close()
  return 0
}

export const uniq: Program = async (context) => {
  const line = parseOptions(context, {
    short: "cdDf:is:uw:z",
    long: {
      count: "c",
      repeated: "d",
      "all-repeated[=": "D",
      "skip-fields=": "f",
      "ignore-case": "i",
      "skip-chars=": "s",
      unique: "u",
      "check-chars=": "w",
      "zero-terminated": "z"
    }
  })
  const [name = "-", output] = line.operands
  const fields = Number(line.get("f") ?? 0)
  const chars = Number(line.get("s") ?? 0)
  const width = line.has("w") ? Number(line.get("w")) : undefined
  const skip = new RegExp(`^(?:[ \\t]*[^ \\t]+){0,${fields}}`)
  const keyOf = (text: string): string => {
    let key = (fields > 0 ? text.replace(skip, "") : text).slice(chars)
    if (width !== undefined) key = key.slice(0, width)
    return line.has("i") ? key.toLowerCase() : key
  }
  const target = output === undefined ? undefined : await context.create(output)
  const writer = target?.writer ?? context.stdout
  const reader = await context.open(name)
  const lines = reader.lines(line.has("z") ? 0 : 10)
  const end = line.has("z") ? "\0" : "\n"
  let group: Array<string> = []
  let count = 0
  let key: string | undefined
  const emit = async () => {
    if (
      key === undefined || (line.has("d") && count < 2) || (line.has("D") && count < 2) || (line.has("u") && count > 1)
    ) return
    const label = line.has("c") ? `${String(count).padStart(7)} ` : ""
    for (const text of line.has("D") ? group : group.slice(0, 1)) await writer.write(label + text + end)
  }
  for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
    for (const text of batch) {
      const next = keyOf(text)
      if (next !== key) {
        await emit()
        key = next
        group = [text]
        count = 1
      } else {
        count++
        if (line.has("D")) group.push(text)
      }
    }
  }
  await emit()
  await target?.close()
  return 0
}
