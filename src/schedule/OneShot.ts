/**
 * Reads the ISO 8601 times of schedules that run once.
 *
 * @since 0.1.0
 */
import { DAY, daysInMonth, toDay } from "./Calendar.ts"
import { FieldFault } from "./CronParser.ts"
import { readOffset } from "./Zone.ts"

/**
 * `wall` is the time as written, as if it were UTC. Without an `offset` it is a time of the schedule's zone.
 *
 * @since 0.1.0
 * @category models
 */
export interface OneShotTime {
  readonly wall: number
  readonly offset: number | undefined
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:?\d\d)?)?$/

/**
 * Whether a text means a time rather than a cron expression.
 *
 * @since 0.1.0
 * @category guards
 */
export const isTime = (text: string): boolean => /^\d{4}-\d/.test(text)

const within = (field: string, value: number, min: number, max: number): number => {
  if (value < min || value > max) throw new FieldFault(field, `${value} is out of range: write ${min} to ${max}`)
  return value
}

const offsetOf = (text: string | undefined, dateOnly: boolean): number | undefined => {
  if (dateOnly || text === "Z") return 0
  if (text === undefined) return undefined
  const offset = readOffset(text.includes(":") ? text : `${text.slice(0, 3)}:${text.slice(3)}`)
  if (offset === undefined) throw new FieldFault("offset", "an offset is at most 23:59, as in +02:00")
  return offset
}

/**
 * A date alone is its midnight in UTC; a time without `Z` or offset is one of the schedule's zone. Throws a FieldFault.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseTime = (text: string): OneShotTime => {
  const parts = ISO.exec(text)
  if (parts === null) {
    throw new FieldFault(
      "time",
      "write 2027-01-31, 2027-01-31T09:00, 2027-01-31T09:00:00.000, with Z or +02:00 if wanted"
    )
  }
  const number = (index: number) => Number(parts[index] ?? 0)
  const year = within("year", number(1), 1, 9999)
  const month = within("month", number(2), 1, 12)
  const day = within("day of month", number(3), 1, daysInMonth(year, month))
  const hour = within("hour", number(4), 0, 23)
  const minute = within("minute", number(5), 0, 59)
  const second = within("second", number(6), 0, 59)
  const millisecond = Number((parts[7] ?? "").padEnd(3, "0"))
  return {
    wall: toDay(year, month, day) * DAY + ((hour * 60 + minute) * 60 + second) * 1000 + millisecond,
    offset: offsetOf(parts[8], parts[4] === undefined)
  }
}
