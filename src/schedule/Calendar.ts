/**
 * The Gregorian calendar in whole numbers. A day is counted from 1 January 1970; no time zone is involved.
 *
 * @since 0.1.0
 */

/**
 * Milliseconds.
 *
 * @since 0.1.0
 * @category constants
 */
export const DAY = 86_400_000

/**
 * After as many days the calendar repeats itself, weekdays included: what does not happen within them never does.
 *
 * @since 0.1.0
 * @category constants
 */
export const CYCLE_DAYS = 146_097

/**
 * `month` counts from 1, `day` too.
 *
 * @since 0.1.0
 * @category models
 */
export interface CivilDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

/**
 * @since 0.1.0
 * @category conversions
 */
export const toDay = (year: number, month: number, day: number): number => {
  // years that begin in March put the leap day last, so that no month before it shifts
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * CYCLE_DAYS + dayOfEra - 719_468
}

/**
 * @since 0.1.0
 * @category conversions
 */
export const fromDay = (count: number): CivilDate => {
  const shifted = count + 719_468
  const era = Math.floor(shifted / CYCLE_DAYS)
  const dayOfEra = shifted - era * CYCLE_DAYS
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/**
 * 0 is Sunday.
 *
 * @since 0.1.0
 * @category conversions
 */
export const weekdayOf = (count: number): number => (((count + 4) % 7) + 7) % 7

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * @since 0.1.0
 * @category conversions
 */
export const daysInMonth = (year: number, month: number): number =>
  month === 2 && isLeap(year) ? 29 : LENGTHS[month - 1]
