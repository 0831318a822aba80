/**
 * Schedules in plain words.
 *
 * @since 0.1.0
 */
import type { CronFields } from "./CronFields.ts"
import { ALL_HOURS, bitValues, sixtyValues } from "./CronFields.ts"
import { MONTHS, WEEKDAYS } from "./Names.ts"
import type { ParsedSchedule } from "./ParsedSchedule.ts"

const WEEKS = ["first", "second", "third", "fourth", "fifth"]

const two = (value: number): string => String(value).padStart(2, "0")

const ordinal = (value: number): string => {
  const last = value % 10
  const teen = value > 10 && value < 14
  return `${value}${!teen && last === 1 ? "st" : !teen && last === 2 ? "nd" : !teen && last === 3 ? "rd" : "th"}`
}

const join = (parts: ReadonlyArray<string>, word: string): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} ${word} ${parts[parts.length - 1]}`

/** Numbers with runs of three and more drawn together. */
const listed = (values: ReadonlyArray<number>, name: (value: number) => string, word = "and"): string => {
  const parts: Array<string> = []
  for (let at = 0; at < values.length;) {
    let end = at
    while (values[end + 1] === values[end] + 1) end++
    if (end - at >= 2) {
      parts.push(`${name(values[at])} to ${name(values[end])}`)
    } else {
      for (let i = at; i <= end; i++) parts.push(name(values[i]))
    }
    at = end + 1
  }
  return join(parts, word)
}

/** The step of values that begin at 0 and fill their range evenly. */
const stepOf = (values: ReadonlyArray<number>, size: number): number | undefined => {
  if (values.length < 2 || values[0] !== 0) return undefined
  const step = values[1]
  return values.every((value, index) => value === index * step) && values.length === Math.ceil(size / step)
    ? step
    : undefined
}

const every = (step: number, unit: string): string => step === 1 ? `every ${unit}` : `every ${step} ${unit}s`

const unitPart = (values: ReadonlyArray<number>, unit: string): string => {
  const step = stepOf(values, 60)
  return step !== undefined
    ? every(step, unit)
    : `at ${unit}${values.length === 1 ? "" : "s"} ${listed(values, String)}`
}

const hourPart = (hours: ReadonlyArray<number>): string => {
  const step = stepOf(hours, 24)
  if (step === 1) return "of every hour"
  if (step !== undefined) return `of every ${ordinal(step)} hour`
  return hours.length === 1 ? `of hour ${hours[0]}` : `of hours ${listed(hours, String)}`
}

const MAX_CLOCK_TIMES = 4

const clockPart = (fields: CronFields): string => {
  const seconds = sixtyValues(fields.seconds)
  const minutes = sixtyValues(fields.minutes)
  const hours = bitValues(fields.hours, 0)
  const suffix = seconds.length === 1 && seconds[0] !== 0 ? `:${two(seconds[0])}` : ""
  if (seconds.length === 1 && minutes.length * hours.length <= MAX_CLOCK_TIMES) {
    return `at ${join(hours.flatMap((h) => minutes.map((m) => `${two(h)}:${two(m)}${suffix}`)), "and")}`
  }
  const parts: Array<string> = []
  if (seconds.length > 1 || seconds[0] !== 0) parts.push(unitPart(seconds, "second"))
  const everyMinute = minutes.length === 60
  if (!everyMinute || parts.length === 0) parts.push(unitPart(minutes, "minute"))
  const even = stepOf(minutes, 60) !== undefined
  if (fields.hours !== ALL_HOURS || !even) parts.push(hourPart(hours))
  return parts.join(" ")
}

const weekdayPart = ({ lastWeekdays, nth, weekdays }: CronFields): Array<string> => {
  const names = (bits: number, word = "and") => listed(bitValues(bits, 0), (day) => WEEKDAYS[day], word)
  const parts = weekdays === 0 ? [] : [`on ${names(weekdays)}`]
  nth?.forEach((bits, week) => {
    if (bits !== 0) parts.push(`on the ${WEEKS[week]} ${names(bits, "or")} of the month`)
  })
  if (lastWeekdays !== 0) parts.push(`on the last ${names(lastWeekdays, "or")} of the month`)
  return parts
}

const dayPart = (fields: CronFields): string => {
  const parts: Array<string> = []
  if (!fields.anyDay) {
    const days = bitValues(fields.days, 1)
    if (days.length > 0) parts.push(`on the ${listed(days, ordinal)} of the month`)
    for (const day of bitValues(fields.workdays, 1)) parts.push(`on the working day nearest to the ${ordinal(day)}`)
    if (fields.lastDay) parts.push("on the last day of the month")
    if (fields.lastWorkday) parts.push("on the last working day of the month")
  }
  if (!fields.anyWeekday) parts.push(...weekdayPart(fields))
  return parts.length === 0 ? "every day" : join(parts, "or")
}

const describeCron = (fields: CronFields): string => {
  const clock = clockPart(fields)
  const everyDay = fields.anyDay && fields.anyWeekday
  // "every 5 minutes" needs no "every day"
  const parts = [everyDay && !clock.startsWith("at ") ? clock : `${clock} ${dayPart(fields)}`]
  const months = bitValues(fields.months, 1)
  if (months.length < 12) parts.push(`in ${listed(months, (month) => MONTHS[month - 1])}`)
  if (fields.years !== undefined) parts.push(`in ${listed(fields.years, String)}`)
  return parts.join(" ")
}

/**
 * What a schedule means, in the words that follow "runs": `at 09:00 on Monday to Friday`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const describe = (schedule: ParsedSchedule): string => {
  if (schedule._tag === "Cron") return describeCron(schedule.fields)
  const { offset, wall } = schedule.time
  const text = new Date(offset === undefined ? wall : wall - offset).toISOString()
  return `once at ${text.slice(0, -1).replace("T", " ").replace(".000", "")}${offset === undefined ? "" : " UTC"}`
}
