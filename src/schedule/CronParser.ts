/**
 * Reads cron expressions: 5 fields, 6 with seconds in front, 7 with the year at the end, and macros.
 *
 * @since 0.1.0
 */
import type { CronFields } from "./CronFields.ts"
import { bitsOf, sixtyOf } from "./CronFields.ts"

/**
 * What is wrong with an expression: the field and how to write it.
 *
 * @since 0.1.0
 * @category errors
 */
export class FieldFault {
  /**
   * @since 0.1.0
   */
  readonly field: string
  /**
   * @since 0.1.0
   */
  readonly hint: string
  constructor(field: string, hint: string) {
    this.field = field
    this.hint = hint
  }
}

const MACROS: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"]
])

interface FieldKind {
  readonly name: string
  readonly min: number
  readonly max: number
  /** The first of them stands for `min`. */
  readonly names?: ReadonlyArray<string>
}

const SECOND: FieldKind = { name: "second", min: 0, max: 59 }
const MINUTE: FieldKind = { name: "minute", min: 0, max: 59 }
const HOUR: FieldKind = { name: "hour", min: 0, max: 23 }
const DAY: FieldKind = { name: "day of month", min: 1, max: 31 }
const MONTH: FieldKind = {
  name: "month",
  min: 1,
  max: 12,
  names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
}
/** 7 is Sunday again. */
const WEEKDAY: FieldKind = {
  name: "day of week",
  min: 0,
  max: 7,
  names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
}
const YEAR: FieldKind = { name: "year", min: 1970, max: 2099 }

const span = (kind: FieldKind): string => `${kind.min} to ${kind.max}`

const readNumber = (kind: FieldKind, text: string): number => {
  const named = kind.names?.indexOf(text.toUpperCase()) ?? -1
  if (named >= 0) return named + kind.min
  if (!/^\d{1,4}$/.test(text)) {
    const names = kind.names === undefined ? "" : ` or ${kind.names[0]} to ${kind.names[kind.names.length - 1]}`
    throw new FieldFault(kind.name, `write ${span(kind)}${names}, not "${text}"`)
  }
  const value = Number(text)
  if (value < kind.min || value > kind.max) {
    throw new FieldFault(kind.name, `${value} is out of range: write ${span(kind)}`)
  }
  return value
}

const readStep = (kind: FieldKind, text: string): number => {
  const step = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (step < 1 || step > kind.max) {
    throw new FieldFault(kind.name, `a step is a number from 1 to ${kind.max}, not "${text}"`)
  }
  return step
}

const readEnds = (kind: FieldKind, text: string): readonly [number, number] => {
  if (text === "*") return [kind.min, kind === WEEKDAY ? 6 : kind.max]
  const dash = text.indexOf("-")
  const from = readNumber(kind, dash < 0 ? text : text.slice(0, dash))
  if (dash < 0) return [from, from]
  const end = readNumber(kind, text.slice(dash + 1))
  // a range may end with Sunday by any of its names
  const to = kind === WEEKDAY && end === 0 && from > 0 ? 7 : end
  if (from > to) {
    throw new FieldFault(kind.name, `the range ${text} runs backwards: write it as two, as in 22-23,0-2`)
  }
  return [from, to]
}

/** Adds the numbers of one item of a list: `*`, `n`, `a-b`, each but `n` with a step. */
const readItem = (kind: FieldKind, text: string, into: Set<number>): void => {
  const slash = text.indexOf("/")
  const base = slash < 0 ? text : text.slice(0, slash)
  const step = slash < 0 ? 1 : readStep(kind, text.slice(slash + 1))
  if (slash >= 0 && base !== "*" && !base.includes("-")) {
    throw new FieldFault(kind.name, `a step follows * or a range: write ${base || "*"}-${kind.max}/${step}`)
  }
  const [from, to] = readEnds(kind, base)
  for (let value = from; value <= to; value += step) into.add(kind === WEEKDAY ? value % 7 : value)
}

const items = (kind: FieldKind, text: string): Array<string> => {
  const list = text.split(",")
  if (list.includes("")) throw new FieldFault(kind.name, "a list has a value on both sides of each comma")
  return list
}

const readSet = (kind: FieldKind, text: string): Set<number> => {
  const values = new Set<number>()
  for (const item of items(kind, text)) readItem(kind, item, values)
  return values
}

const isAny = (text: string): boolean => text === "*" || text === "?"

const readDays = (text: string): Pick<CronFields, "days" | "lastDay" | "lastWorkday" | "workdays" | "anyDay"> => {
  const values = new Set<number>()
  const workdays = new Set<number>()
  let lastDay = false
  let lastWorkday = false
  for (const item of items(DAY, text === "?" ? "*" : text)) {
    const upper = item.toUpperCase()
    if (upper === "L") lastDay = true
    else if (upper === "LW") lastWorkday = true
    else if (/^\d+W$/.test(upper)) workdays.add(readNumber(DAY, upper.slice(0, -1)))
    else readItem(DAY, item, values)
  }
  return { days: bitsOf(values, 1), lastDay, lastWorkday, workdays: bitsOf(workdays, 1), anyDay: isAny(text) }
}

/** One item of the day of week with `#n`. */
const readNth = (text: string, nth: Array<number>): void => {
  const mark = text.indexOf("#")
  const week = text.slice(mark + 1)
  if (!/^[1-5]$/.test(week)) {
    throw new FieldFault(WEEKDAY.name, `# is followed by 1 to 5, as in MON#1, not by "${week}"`)
  }
  const values = new Set<number>()
  readItem(WEEKDAY, text.slice(0, mark), values)
  nth[Number(week) - 1] |= bitsOf(values, 0)
}

const readWeekdays = (text: string): Pick<CronFields, "weekdays" | "nth" | "lastWeekdays" | "anyWeekday"> => {
  const values = new Set<number>()
  const last = new Set<number>()
  let nth: Array<number> | undefined
  for (const item of items(WEEKDAY, text === "?" ? "*" : text)) {
    if (item.includes("#")) readNth(item, nth ??= [0, 0, 0, 0, 0])
    else if (/^.+L$/i.test(item)) readItem(WEEKDAY, item.slice(0, -1), last)
    else if (/^L$/i.test(item)) throw new FieldFault(WEEKDAY.name, "L follows a day, as in FRIL for the last Friday")
    else readItem(WEEKDAY, item, values)
  }
  return { weekdays: bitsOf(values, 0), nth, lastWeekdays: bitsOf(last, 0), anyWeekday: isAny(text) }
}

const expand = (text: string): string => {
  if (!text.startsWith("@")) return text
  const macro = MACROS.get(text.toLowerCase())
  if (macro === undefined) {
    throw new FieldFault("macro", `the macros are ${Array.from(MACROS.keys()).join(", ")}`)
  }
  return macro
}

/**
 * Reads an expression without surrounding space; throws a FieldFault.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseFields = (text: string): CronFields => {
  const parts = expand(text).split(/\s+/)
  if (text === "" || parts.length < 5 || parts.length > 7) {
    throw new FieldFault(
      "fields",
      "write 5 fields (minute, hour, day of month, month, day of week), 6 with the second first, or 7 with the year last"
    )
  }
  if (parts.length === 5) parts.unshift("0")
  const [second, minute, hour, day, month, weekday, year] = parts
  return {
    seconds: sixtyOf(readSet(SECOND, second)),
    minutes: sixtyOf(readSet(MINUTE, minute)),
    hours: bitsOf(readSet(HOUR, hour), 0),
    ...readDays(day),
    months: bitsOf(readSet(MONTH, month), 1),
    ...readWeekdays(weekday),
    years: year === undefined || year === "*"
      ? undefined
      : Array.from(readSet(YEAR, year)).sort((a, b) => a - b)
  }
}
