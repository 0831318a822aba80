/**
 * English names of the calendar, as cron and strftime(3) know them.
 *
 * @since 0.1.0
 */

/**
 * The months, January first.
 *
 * @since 0.1.0
 * @category constants
 */
export const MONTHS: ReadonlyArray<string> = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December"
]

/**
 * The days of the week, Sunday first.
 *
 * @since 0.1.0
 * @category constants
 */
export const WEEKDAYS: ReadonlyArray<string> = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday"
]
