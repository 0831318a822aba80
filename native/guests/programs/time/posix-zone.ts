/** Zones that `TZ` spells out, as POSIX has it: `EST5EDT,M3.2.0,M11.1.0`. */
import type { LocalTime } from "./local-zone.ts"

const SECOND = 1000
const HOUR = 3600 * SECOND
const DAY = 24 * HOUR

/** When the clock changes in a year: milliseconds on the wall from the year's begin. */
type Change = (year: number) => number

const isLeap = (year: number): boolean => new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1

const NAME = "<[A-Za-z0-9+-]{3,}>|[A-Za-z]{3,}"
const OFFSET = "[+-]?\\d{1,3}(?::\\d{1,2}(?::\\d{1,2})?)?"
const DATE = `(?:J\\d{1,3}|\\d{1,3}|M\\d{1,2}\\.\\d\\.\\d)`
const RULE = `${DATE}(?:/${OFFSET})?`
const STANDARD = new RegExp(`^(${NAME})(${OFFSET})`)
const SUMMER = new RegExp(`^(${NAME})(${OFFSET})?(?:,(${RULE}),(${RULE}))?$`)

/** The rules of those who name none: the ones of the United States since 2007. */
const FROM = "M3.2.0"
const UNTIL = "M11.1.0"

/** Milliseconds of `[+-]hh[:mm[:ss]]`; hours beyond what a clock may be off count as the most. */
const readOffset = (text: string, most: number): number => {
  const [hours, minutes = "0", seconds = "0"] = text.replace(/^[+-]/, "").split(":")
  const value = Math.min(most, Number(hours)) * HOUR + Math.min(59, Number(minutes)) * 60 * SECOND +
    Math.min(59, Number(seconds)) * SECOND
  return text.startsWith("-") ? -value : value
}

const bare = (name: string): string => name.replace(/^<|>$/g, "")

/** The days from the year's begin to the given weekday of a week of a month; the fifth is the last one. */
const weekdayOf = (year: number, month: number, week: number, weekday: number): number => {
  const first = new Date(Date.UTC(year, month - 1, 1))
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate()
  let day = 1 + (weekday - first.getUTCDay() + 7) % 7 + (week - 1) * 7
  while (day > length) day -= 7
  return (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / DAY
}

const readRule = (text: string): Change | undefined => {
  const [date, clock = "2"] = text.split("/")
  const time = readOffset(clock, 167)
  if (date.startsWith("M")) {
    const [month, week, weekday] = date.slice(1).split(".").map(Number)
    if (month < 1 || month > 12 || week < 1 || week > 5 || weekday > 6) return undefined
    return (year) => weekdayOf(year, month, week, weekday) * DAY + time
  }
  const day = Number(date.replace("J", ""))
  if (day > 365) return undefined
  if (!date.startsWith("J")) return (year) => (year < 0 ? 0 : day) * DAY + time
  // counted without the 29th of February
  return day < 1 ? undefined : (year) => (day - 1 + (day >= 60 && isLeap(year) ? 1 : 0)) * DAY + time
}

/** What the clock shows by the words of a `TZ`; undefined when it names no offset. */
export const readPosixZone = (text: string): ((instant: number) => LocalTime) | undefined => {
  const standard = STANDARD.exec(text)
  if (standard === null) return undefined
  const winter: LocalTime = { offset: -readOffset(standard[2], 24), name: bare(standard[1]) }
  const rest = text.slice(standard[0].length)
  if (rest === "") return () => winter
  const match = SUMMER.exec(rest)
  const from = match === null ? undefined : readRule(match[3] ?? FROM)
  const until = match === null ? undefined : readRule(match[4] ?? UNTIL)
  if (match === null || from === undefined || until === undefined) return () => winter
  const summer: LocalTime = {
    offset: match[2] === undefined ? winter.offset + HOUR : -readOffset(match[2], 24),
    name: bare(match[1])
  }
  return (instant) => {
    const year = new Date(instant + winter.offset).getUTCFullYear()
    const start = Date.UTC(year, 0, 1)
    const begins = start + from(year) - winter.offset
    const ends = start + until(year) - summer.offset
    const inside = begins <= ends
      ? instant >= begins && instant < ends
      : instant >= begins || instant < ends
    return inside ? summer : winter
  }
}
