/** The dates that `date -d` and `touch -d` understand. */
import type { LocalZone } from "../time/local-zone.ts"
import { instantOf, isShown, utc, zoneOf } from "../time/local-zone.ts"
import { offsetOfName } from "./zone-words.ts"

const units: Readonly<Record<string, number>> = {
  sec: 1000,
  second: 1000,
  min: 60_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  fortnight: 1_209_600_000
}
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

interface State {
  /** What the wall shows, as if it were UTC. */
  time: number
  readonly zone: LocalZone
  /** Milliseconds ahead of UTC, where the text says so. */
  offset: number | undefined
  /** What the zone has to be called then. */
  name: string | undefined
  /** Hours, minutes and seconds to be added in the end: they pass, whatever the wall shows. */
  elapsed: number
  /** Whether days, months or years were added. */
  moved: boolean
  /** Whether a time of day was named. */
  hasClock: boolean
  hasDate: boolean
}

const DAY_MS = 86_400_000

const startOfDay = (time: number): number => Math.floor(time / DAY_MS) * DAY_MS

type Rule = readonly [pattern: RegExp, apply: (state: State, match: RegExpExecArray) => void]

const setDate = (state: State, year: number, month: number, day: number): void => {
  if (month > 11 || day < 1 || day > new Date(Date.UTC(year, month + 1, 0)).getUTCDate()) state.time = NaN
  if (Number.isNaN(state.time)) return
  const clock = state.hasClock ? state.time - startOfDay(state.time) : 0
  state.time = Date.UTC(year, month, day) + clock
  state.hasDate = true
}

const setClock = (state: State, milliseconds: number): void => {
  state.time = startOfDay(state.time) + milliseconds
  state.hasClock = true
}

const shift = (state: State, amount: number, unit: string): void => {
  const name = unit.toLowerCase().replace(/s$/, "")
  if (name === "month" || name === "year") {
    const date = new Date(state.time)
    date.setUTCMonth(date.getUTCMonth() + amount * (name === "year" ? 12 : 1))
    state.time = date.getTime()
    state.moved = true
    return
  }
  const by = amount * (units[name] ?? 0)
  if (name in units && units[name] < DAY_MS) state.elapsed += by
  else {
    state.time += by
    state.moved = true
  }
}

/** `+02`, `-0530`, `+5:30`: what stands behind a time of day, or behind `UTC`. */
const setOffset = (state: State, text: string, base = 0): void => {
  const digits = text.slice(1)
  const [hours, minutes] = digits.includes(":")
    ? digits.split(":").map(Number)
    : digits.length <= 2
    ? [Number(digits), 0]
    : [Math.floor(Number(digits) / 100), Number(digits) % 100]
  const value = hours * 60 + minutes
  if (minutes > 59 || value > 24 * 60) state.time = NaN
  state.offset = base + (text.startsWith("-") ? -value : value) * 60_000
}

/** `CET`, `est`, `z`: first what the local zone is called, then what is known everywhere. */
const setName = (state: State, word: string, more: string | undefined): void => {
  const name = word.toUpperCase()
  const universal = /^(?:Z|UTC?|GMT)$/.test(name)
  const local = universal ? undefined : localOffset(state, name)
  const offset = universal ? 0 : local ?? offsetOfName(name)
  if (offset === undefined) state.time = NaN
  state.offset = offset
  if (local !== undefined) state.name = name
  if (more !== undefined && offset !== undefined) setOffset(state, more, offset)
}

/** The zone's offset when it is called so, around the time that is meant. */
const localOffset = ({ time, zone }: State, name: string): number | undefined => {
  for (const days of [0, 182]) {
    const local = zone.at(time + days * DAY_MS)
    if (local.name.toUpperCase() === name) return local.offset
  }
  return undefined
}

const setNamedMonth = (state: State, day: string, month: string, year: string | undefined): void =>
  setDate(
    state,
    year === undefined ? new Date(state.time).getUTCFullYear() : Number(year),
    months.indexOf(month.toLowerCase()),
    Number(day)
  )

const rules: ReadonlyArray<Rule> = [
  [/^@(-?\d+(?:\.\d+)?)/, (state, match) => {
    state.time = Number(match[1]) * 1000
    state.offset = 0
    state.hasClock = true
    state.hasDate = true
  }],
  [
    /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})/,
    (state, [, year, month, day]) => setDate(state, Number(year), Number(month) - 1, Number(day))
  ],
  [
    /^(\d{4})(\d{2})(\d{2})(?!\d)/,
    (state, [, year, month, day]) => setDate(state, Number(year), Number(month) - 1, Number(day))
  ],
  [
    /^(\d{1,2})\/(\d{1,2})\/(\d{4})/,
    (state, [, month, day, year]) => setDate(state, Number(year), Number(month) - 1, Number(day))
  ],
  [
    /^t?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:\s*(am|pm)\b|\s*([+-]\d{1,2}:\d{2}|[+-]\d{1,4}(?!\d)))?/i,
    (state, [, hour, minute, second, fraction, half, offset]) => {
      if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 60) state.time = NaN
      const hours = half === undefined ? Number(hour) : Number(hour) % 12 + (half.toLowerCase() === "pm" ? 12 : 0)
      setClock(
        state,
        hours * 3_600_000 + Number(minute) * 60_000 + Number(second ?? 0) * 1000 + Number(`0.${fraction ?? 0}`) * 1000
      )
      if (offset !== undefined) setOffset(state, offset)
    }
  ],
  [/^(\d{1,2})\s*(am|pm)\b/i, (state, [, hour, half]) => {
    const hours = Number(hour) % 12 + (half.toLowerCase() === "pm" ? 12 : 0)
    setClock(state, Number(hour) >= 1 && Number(hour) <= 12 ? hours * 3_600_000 : NaN)
  }],
  // the year at the end of what date itself prints; alone it would be a time
  [/^(\d{4})(?![\d:/-])/, (state, [, year]) => {
    const date = new Date(state.time)
    if (!state.hasClock || !state.hasDate) state.time = NaN
    else state.time = date.setUTCFullYear(Number(year))
  }],
  [
    /^([+-]\d{2}:?\d{2})(?![\d:])(?!\s*[a-z])/i,
    (state, [, offset]) => setOffset(state, offset)
  ],
  [
    /^(\d{1,2})[\s-]*(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?[\s-]*(\d{4})?(?![\d:])/i,
    (state, [, day, month, year]) => setNamedMonth(state, day, month, year)
  ],
  [
    /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:,?\s+(\d{4}))?(?![\d:])/i,
    (state, [, month, day, year]) => setNamedMonth(state, day, month, year)
  ],
  [
    /^([+-]?\s*\d+)?\s*(seconds?|secs?|minutes?|mins?|hours?|days?|weeks?|fortnights?|months?|years?)\b(\s+ago)?/i,
    (state, [, amount = "1", unit, ago]) => {
      shift(state, Number(amount.replace(/\s/g, "")) * (ago === undefined ? 1 : -1), unit)
    }
  ],
  [
    /^(next|last|this)\s+(second|minute|hour|day|week|month|year)/i,
    (state, [, which, unit]) => shift(state, { next: 1, last: -1, this: 0 }[which.toLowerCase()] ?? 0, unit)
  ],
  [/^(?:(next|last)\s+)?(sun|mon|tue|wed|thu|fri|sat)(?:[a-z]*day)?\b,?/i, (state, [, which, day]) => {
    if (state.hasDate) return
    const today = new Date(state.time).getUTCDay()
    const ahead = (weekdays.indexOf(day.toLowerCase()) - today + 7) % 7
    const days = which?.toLowerCase() === "next" && ahead === 0
      ? 7
      : which?.toLowerCase() === "last"
      ? ahead - 7
      : ahead
    state.time = (state.hasClock ? state.time : startOfDay(state.time)) + days * DAY_MS
    state.hasClock = true
  }],
  [/^yesterday/i, (state) => shift(state, -1, "day")],
  [/^tomorrow/i, (state) => shift(state, 1, "day")],
  [/^(?:now|today)/i, () => {}],
  [/^(?:midnight)/i, (state) => setClock(state, 0)],
  [/^noon/i, (state) => setClock(state, DAY_MS / 2)],
  [
    /^([a-z]+)(?![a-z])(?:\s*([+-]\d{1,2}:\d{2}|[+-]\d{1,4}(?!\d))(?!\s*[a-z]))?/i,
    (state, [, word, more]) => setName(state, word, more)
  ]
]

/** The instant that is meant; NaN when there is none. */
const settle = (state: State): number => {
  const { elapsed, moved, name, offset, time, zone } = state
  if (Number.isNaN(time)) return NaN
  if (offset === undefined) return moved || isShown(zone, time) ? instantOf(zone, time) + elapsed : NaN
  const instant = time - offset
  if (name !== undefined && zone.at(instant).name.toUpperCase() !== name) return NaN
  return instant + elapsed
}

/** Milliseconds since 1970; undefined when the text is no date. */
export const parseDate = (text: string, now: number, local: LocalZone = utc): number | undefined => {
  let rest = text.trim()
  const elsewhere = /^TZ="((?:[^"\\]|\\["\\])*)"\s*/.exec(rest)
  const zone = elsewhere === null ? local : zoneOf(elsewhere[1].replace(/\\(.)/g, "$1"))
  rest = rest.slice(elsewhere?.[0].length ?? 0)
  const wall = now + zone.at(now).offset
  const state: State = {
    time: wall,
    zone,
    offset: undefined,
    name: undefined,
    elapsed: 0,
    moved: false,
    hasClock: false,
    hasDate: false
  }
  if (rest === "") state.time = startOfDay(wall)
  while (rest !== "") {
    let used = 0
    for (const [pattern, apply] of rules) {
      const match = pattern.exec(rest)
      if (match === null) continue
      apply(state, match)
      used = match[0].length
      break
    }
    if (used === 0) return undefined
    rest = rest.slice(used).replace(/^[\s,]+/, "")
  }
  // the hour that is now may be one of two
  if (state.time === wall && state.offset === undefined) return now + state.elapsed
  const instant = settle(state)
  return Number.isFinite(instant) ? instant : undefined
}
