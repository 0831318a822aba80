/**
 * Which days a cron expression means.
 *
 * @since 0.1.0
 */
import { daysInMonth, fromDay, toDay, weekdayOf } from "./Calendar.ts"
import type { CronFields } from "./CronFields.ts"
import { nextBit } from "./CronFields.ts"

const SATURDAY = 6

/** The working day nearest to one, in the same month. */
const nearestWorkday = (day: number, firstWeekday: number, length: number): number => {
  const weekday = (firstWeekday + day - 1) % 7
  if (weekday === SATURDAY) return day === 1 ? 3 : day - 1
  if (weekday === 0) return day === length ? day - 2 : day + 1
  return day
}

/** Bits of the days of a month by the day-of-month field. */
const byDay = (fields: CronFields, firstWeekday: number, length: number): number => {
  let bits = fields.days
  if (fields.lastDay) bits |= 1 << (length - 1)
  if (fields.lastWorkday) bits |= 1 << (nearestWorkday(length, firstWeekday, length) - 1)
  for (let at = nextBit(fields.workdays, 0); at >= 0 && at < length; at = nextBit(fields.workdays, at + 1)) {
    bits |= 1 << (nearestWorkday(at + 1, firstWeekday, length) - 1)
  }
  return bits
}

/** Bits of the days of a month by the day-of-week field. */
const byWeekday = ({ lastWeekdays, nth, weekdays }: CronFields, firstWeekday: number, length: number): number => {
  let bits = 0
  for (let day = 1; day <= length; day++) {
    const weekday = 1 << ((firstWeekday + day - 1) % 7)
    const wanted = weekdays
      | (nth === undefined ? 0 : nth[Math.floor((day - 1) / 7)])
      | (day + 7 > length ? lastWeekdays : 0)
    if ((wanted & weekday) !== 0) bits |= 1 << (day - 1)
  }
  return bits
}

/**
 * The days of a month that an expression means, bit d - 1 for day d. Where both the day of the month and the day of the week
 * are given, a day has to fit one of them.
 *
 * @since 0.1.0
 * @category accessors
 */
export const daysOf = (fields: CronFields, year: number, month: number): number => {
  const length = daysInMonth(year, month)
  const all = length === 31 ? 0x7fff_ffff : (1 << length) - 1
  if (fields.anyDay && fields.anyWeekday) return all
  const firstWeekday = weekdayOf(toDay(year, month, 1))
  const days = fields.anyDay ? 0 : byDay(fields, firstWeekday, length)
  const weekdays = fields.anyWeekday ? 0 : byWeekday(fields, firstWeekday, length)
  return (days | weekdays) & all
}

const nextYear = (years: ReadonlyArray<number> | undefined, from: number): number | undefined =>
  years === undefined ? from : years.find((year) => year >= from)

/**
 * The first day from `from` to `last` that an expression means, counted as in Calendar.
 *
 * @since 0.1.0
 * @category accessors
 */
export const nextDay = (fields: CronFields, from: number, last: number): number | undefined => {
  let { day, month, year } = fromDay(from)
  while (true) {
    const wantedYear = nextYear(fields.years, year)
    if (wantedYear === undefined) return undefined
    const wantedMonth = wantedYear > year ? nextBit(fields.months, 0) + 1 : nextBit(fields.months, month - 1) + 1
    if (wantedMonth === 0) {
      year = wantedYear + 1
      month = 1
      day = 1
      continue
    }
    if (wantedYear > year || wantedMonth > month) day = 1
    const found = nextBit(daysOf(fields, wantedYear, wantedMonth), day - 1)
    if (found >= 0) {
      const count = toDay(wantedYear, wantedMonth, found + 1)
      return count > last ? undefined : count
    }
    if (toDay(wantedYear, wantedMonth, 1) > last) return undefined
    year = wantedMonth === 12 ? wantedYear + 1 : wantedYear
    month = wantedMonth === 12 ? 1 : wantedMonth + 1
    day = 1
  }
}
