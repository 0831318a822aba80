/**
 * Schedules: when a job runs, once or again and again. Everything here is pure; the present is an argument.
 *
 * A schedule belongs to a zone, which is UTC unless one is named. When the zone's clock is put forward or back,
 *
 * - a schedule for every hour of the day follows the time that passes: it runs in both of two equal hours, and not at times
 *   that the clock skips;
 * - any other schedule means times on the wall: a time that happens twice runs once, the first time, and a time that is
 *   skipped runs as long after the gap's begin as the clock would have shown (02:30 becomes 03:30).
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import { ScheduleError } from "../errors/ScheduleError.ts"
import { CYCLE_DAYS, DAY } from "./Calendar.ts"
import { nextDay } from "./CronDays.ts"
import type { CronFields } from "./CronFields.ts"
import { ALL_HOURS, nextBit, nextOf } from "./CronFields.ts"
import { FieldFault, parseFields } from "./CronParser.ts"
import type { OneShotTime } from "./OneShot.ts"
import { isTime, parseTime } from "./OneShot.ts"
import type { Stretch, Zone } from "./Zone.ts"
import { instantOf } from "./Zone.ts"

/**
 * @since 0.1.0
 * @category models
 */
export type ParsedSchedule =
  | { readonly _tag: "Cron"; readonly text: string; readonly fields: CronFields }
  | { readonly _tag: "Once"; readonly text: string; readonly time: OneShotTime }

/**
 * Characters of a schedule.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_LENGTH = 512

/** Many jobs share few expressions: those that were read last are kept. */
const MAX_KEPT = 1024
const kept = new Map<string, ParsedSchedule>()

const keep = (schedule: ParsedSchedule): ParsedSchedule => {
  if (kept.size >= MAX_KEPT) kept.clear()
  kept.set(schedule.text, schedule)
  return schedule
}

const read = (text: string): ParsedSchedule => {
  const known = kept.get(text)
  if (known !== undefined) return known
  if (text.length > MAX_LENGTH) throw new FieldFault("fields", `a schedule has at most ${MAX_LENGTH} characters`)
  const trimmed = text.trim()
  if (isTime(trimmed)) return { _tag: "Once", text, time: parseTime(trimmed) }
  const fields = parseFields(trimmed)
  if (nextDay(fields, 0, CYCLE_DAYS) === undefined) {
    throw new FieldFault("day of month", "no year has such a day in these months")
  }
  return keep({ _tag: "Cron", text, fields })
}

/**
 * Reads a schedule: a cron expression of 5, 6 or 7 fields, a macro such as `@daily`, or an ISO 8601 time. Fails with
 * `InvalidSchedule`, the field at fault and a hint.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parse = (text: string): Either.Either<ParsedSchedule, ScheduleError> => {
  try {
    return Either.right(read(text))
  } catch (fault) {
    if (!(fault instanceof FieldFault)) throw fault
    const { field, hint } = fault
    return Either.left(
      new ScheduleError({ reason: "InvalidSchedule", schedule: text.slice(0, MAX_LENGTH), field, hint })
    )
  }
}

/** The first second of the day that an expression means, not before `from`; -1 if none is left. */
const nextSecond = ({ hours, minutes, seconds }: CronFields, from: number): number => {
  if (from >= 86_400) return -1
  const hour = Math.floor(from / 3600)
  const minute = Math.floor(from / 60) % 60
  const at = (h: number, m: number, s: number) => h * 3600 + m * 60 + s
  if (((hours >> hour) & 1) === 1) {
    const here = nextOf(minutes, minute)
    if (here === minute) {
      const second = nextOf(seconds, from % 60)
      if (second >= 0) return at(hour, minute, second)
    }
    const later = here === minute ? nextOf(minutes, minute + 1) : here
    if (later >= 0) return at(hour, later, nextOf(seconds, 0))
  }
  const later = nextBit(hours, hour + 1)
  return later < 0 ? -1 : at(later, nextOf(minutes, 0), nextOf(seconds, 0))
}

/** The first instant of a day that lies after `after`, among the wall times from `low` to before `high` at one offset. */
const inPiece = (
  fields: CronFields,
  day: number,
  after: number,
  offset: number,
  low: number,
  high: number
): number | undefined => {
  const begin = day * DAY
  const from = Math.max(begin, low, (Math.floor((after + offset) / 1000) + 1) * 1000)
  const second = nextSecond(fields, Math.ceil((from - begin) / 1000))
  if (second < 0) return undefined
  const wall = begin + second * 1000
  return wall < high ? wall - offset : undefined
}

/** The first instant of a day after `after`. Each offset of the day's zone has a piece of the wall's time. */
const onDay = (
  fields: CronFields,
  day: number,
  after: number,
  { offset, transitions }: Stretch
): number | undefined => {
  const elapsed = fields.hours === ALL_HOURS
  let best: number | undefined
  let current = offset
  let low = -Infinity
  for (const { after: next, at, before } of transitions) {
    const border = at + Math.max(before, next)
    const found = inPiece(fields, day, after, current, low, elapsed ? at + before : border)
    if (found !== undefined && (best === undefined || found < best)) best = found
    low = elapsed ? at + next : border
    current = next
  }
  const found = inPiece(fields, day, after, current, low, Infinity)
  return found !== undefined && (best === undefined || found < best) ? found : best
}

/** The first and the last instant that schedules are looked for: the years 1 and 9999. */
const FIRST = -62_135_000_000_000
const LAST = 253_402_000_000_000

const nextOfCron = (fields: CronFields, zone: Zone, after: number): number | undefined => {
  const today = Math.floor((after + zone.offsetAt(after)) / DAY)
  const around = (day: number) => zone.stretch((day - 2) * DAY, (day + 3) * DAY)
  const last = Math.min(today + CYCLE_DAYS, LAST / DAY)
  // with the clocks' changes a day may begin before the one before it has ended
  const start = around(today).transitions.length === 0 ? today : today - 1
  let best: number | undefined
  let bestDay = Infinity
  for (let day = nextDay(fields, start, last); day !== undefined; day = nextDay(fields, day + 1, last)) {
    if (day > bestDay + 1) break
    const stretch = around(day)
    const found = onDay(fields, day, after, stretch)
    if (found === undefined) continue
    if (best === undefined || found < best) best = found
    if (stretch.transitions.length === 0) break
    bestDay = Math.min(bestDay, day)
  }
  return best
}

/**
 * The first instant after another one, in milliseconds of the epoch, at which a schedule runs in a zone; `undefined` if it
 * does not run any more.
 *
 * @since 0.1.0
 * @category accessors
 */
export const next = (schedule: ParsedSchedule, zone: Zone, after: number): number | undefined => {
  if (schedule._tag === "Once") {
    const { offset, wall } = schedule.time
    const instant = offset === undefined ? instantOf(zone, wall) : wall - offset
    return instant > after ? instant : undefined
  }
  return after >= LAST ? undefined : nextOfCron(schedule.fields, zone, Math.max(FIRST, after))
}

/**
 * The next runs, at most `count` of them.
 *
 * @since 0.1.0
 * @category accessors
 */
export const upcoming = (schedule: ParsedSchedule, zone: Zone, after: number, count: number): Array<number> => {
  const runs: Array<number> = []
  let last = after
  while (runs.length < count) {
    const run = next(schedule, zone, last)
    if (run === undefined) break
    runs.push(run)
    last = run
  }
  return runs
}

/**
 * The first run after an instant, or the reason why there is none: `PastSchedule`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const firstRun = (
  schedule: ParsedSchedule,
  zone: Zone,
  after: number
): Either.Either<number, ScheduleError> => {
  const run = next(schedule, zone, after)
  return run === undefined
    ? Either.left(new ScheduleError({ reason: "PastSchedule", schedule: schedule.text }))
    : Either.right(run)
}
