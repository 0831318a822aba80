/** Times: seconds since 1970, and "broken down" ones as arrays. */
import { formatTime } from "../text/strftime.ts"
import type { Value } from "./values.ts"
import { fail, isArray } from "./values.ts"

const DAY_MS = 86_400_000

const broken = (milliseconds: number, fraction: number): Value => {
  const date = new Date(milliseconds)
  const year = date.getUTCFullYear()
  return [
    year,
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds() + fraction,
    date.getUTCDay(),
    Math.floor((milliseconds - Date.UTC(year, 0, 1)) / DAY_MS)
  ]
}

export const gmtime = (value: Value, name = "gmtime"): Value => {
  if (typeof value !== "number") return fail(`${name}() requires a number`)
  const seconds = Math.floor(value)
  if (Math.abs(seconds) > 8.64e12) return fail(`error converting number of seconds since epoch to datetime`)
  return broken(seconds * 1000, value - seconds)
}

const milliseconds = (value: Value, name: string): number => {
  if (!isArray(value) || value.length < 6) return fail(`${name} requires array of 6 numbers`)
  const parts = value.slice(0, 6).map((each) =>
    typeof each === "number" ? Math.floor(each) : fail(`${name} requires parsed datetime inputs`)
  )
  const date = new Date(0)
  date.setUTCFullYear(parts[0], parts[1], parts[2])
  date.setUTCHours(parts[3], parts[4], parts[5])
  return date.getTime()
}

export const mktime = (value: Value): Value => Math.floor(milliseconds(value, "mktime") / 1000)

export const strftime = (value: Value, format: Value, name = "strftime"): Value => {
  const time = typeof value === "number" ? gmtime(value) : value
  if (!isArray(time)) return fail(`${name}/1 requires parsed datetime inputs`)
  if (typeof format !== "string") return fail(`${name}/1 requires a string format`)
  return formatTime(format, milliseconds(time, `${name}/1`))
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

interface Parsed {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  afternoon: boolean | undefined
  /** Seconds since 1970, when given so. */
  epoch: number | undefined
  dayOfYear: number | undefined
}

const word = (list: ReadonlyArray<string>) => ({
  pattern: /^[A-Za-z]+/,
  index: (text: string) => list.findIndex((each) => text.toLowerCase().startsWith(each))
})

type Field = readonly [pattern: RegExp, set: (parsed: Parsed, text: string) => boolean]

const digits = (most: number, set: (parsed: Parsed, value: number) => void, low: number, high: number): Field => [
  new RegExp(`^\\s*[+-]?\\d{1,${most}}`),
  (parsed, text) => {
    const value = Number(text)
    set(parsed, value)
    return value >= low && value <= high
  }
]

const month: Field = [word(months).pattern, (parsed, text) => (parsed.month = word(months).index(text)) >= 0]
const weekday: Field = [word(weekdays).pattern, (_, text) => word(weekdays).index(text) >= 0]
const day = digits(2, (parsed, value) => (parsed.day = value), 1, 31)

const fields: Readonly<Record<string, Field>> = {
  Y: digits(4, (parsed, value) => (parsed.year = value), 0, 9999),
  y: digits(2, (parsed, value) => (parsed.year = value < 69 ? 2000 + value : 1900 + value), 0, 99),
  m: digits(2, (parsed, value) => (parsed.month = value - 1), 1, 12),
  d: day,
  e: day,
  H: digits(2, (parsed, value) => (parsed.hour = value), 0, 23),
  I: digits(2, (parsed, value) => (parsed.hour = value % 12), 1, 12),
  M: digits(2, (parsed, value) => (parsed.minute = value), 0, 59),
  S: digits(2, (parsed, value) => (parsed.second = value), 0, 60),
  j: digits(3, (parsed, value) => (parsed.dayOfYear = value - 1), 1, 366),
  s: digits(15, (parsed, value) => (parsed.epoch = value), -8.64e12, 8.64e12),
  p: [/^[AaPp][Mm]/, (parsed, text) => {
    parsed.afternoon = /p/i.test(text)
    return true
  }],
  Z: [/^[A-Za-z]+/, () => true],
  z: [/^(?:Z|[+-]\d{2}:?\d{2})/, () => true],
  b: month,
  B: month,
  h: month,
  a: weekday,
  A: weekday
}

const composed: Readonly<Record<string, string>> = {
  T: "%H:%M:%S",
  D: "%m/%d/%y",
  F: "%Y-%m-%d",
  R: "%H:%M",
  c: "%a %b %e %H:%M:%S %Y"
}

const parse = (text: string, format: string): Parsed | undefined => {
  const parsed: Parsed = {
    year: 1900,
    month: 0,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    afternoon: undefined,
    epoch: undefined,
    dayOfYear: undefined
  }
  let rest = text
  const whole = format.replace(/%([TDFRc])/g, (_, code: string) => composed[code])
  for (let at = 0; at < whole.length; at++) {
    const char = whole[at]
    if (/\s/.test(char)) {
      rest = rest.trimStart()
      continue
    }
    const field = char === "%" ? fields[whole[at + 1]] : undefined
    if (field === undefined) {
      const literal = char === "%" ? whole[++at] : char
      if (!rest.startsWith(literal)) return undefined
      rest = rest.slice(literal.length)
      continue
    }
    at++
    const found = field[0].exec(rest)
    if (found === null || !field[1](parsed, found[0])) return undefined
    rest = rest.slice(found[0].length)
  }
  return rest === "" ? parsed : undefined
}

export const strptime = (value: Value, format: Value): Value => {
  if (typeof value !== "string") return fail(`strptime/1 requires string inputs and arguments`)
  if (typeof format !== "string") return fail(`strptime/1 requires string inputs and arguments`)
  const parsed = parse(value, format)
  if (parsed === undefined) return fail(`date "${value}" does not match format "${format}"`)
  if (parsed.epoch !== undefined) return broken(parsed.epoch * 1000, 0)
  const hour = parsed.hour + (parsed.afternoon === true ? 12 : 0)
  const date = parsed.dayOfYear === undefined
    ? [parsed.year, parsed.month, parsed.day]
    : [parsed.year, 0, 1 + parsed.dayOfYear]
  return broken(milliseconds([...date, hour, parsed.minute, parsed.second], "strptime"), 0)
}

const ISO = "%Y-%m-%dT%H:%M:%SZ"

export const fromIso = (value: Value): Value =>
  typeof value === "string" ? mktime(strptime(value, ISO)) : fail(`strptime/1 requires string inputs and arguments`)

export const toIso = (value: Value): Value => strftime(value, ISO)
