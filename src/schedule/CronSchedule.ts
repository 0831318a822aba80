/**
 * When a schedule runs: pure functions of a text, a zone and an instant. Instants are milliseconds of the epoch. The rules for
 * clock changes are those of `Scheduler`: a schedule for every hour follows the time that passes; any other runs once in a
 * repeated hour, and a skipped time moves by the gap.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import { ScheduleError } from "../errors/ScheduleError.ts"
import * as Plain from "./Describe.ts"
import type { ParsedSchedule } from "./ParsedSchedule.ts"
import * as Parsed from "./ParsedSchedule.ts"
import type { Zone } from "./Zone.ts"
import * as Zones from "./Zone.ts"

const MAX_UPCOMING = 10_000

const read = (
  schedule: string,
  zone: string
): Either.Either<{ readonly parsed: ParsedSchedule; readonly zone: Zone }, ScheduleError> =>
  Either.flatMap(Parsed.parse(schedule), (parsed) => {
    const found = Zones.make(zone)
    const hint = "write a name such as Europe/Berlin, or an offset such as +05:30"
    return found === undefined
      ? Either.left(new ScheduleError({ reason: "InvalidSchedule", schedule, field: "zone", hint }))
      : Either.right({ parsed, zone: found })
  })

/**
 * The first run after an instant; `undefined` when there is none.
 *
 * @example
 * import { Either } from "effect"
 * import { CronSchedule } from "effect-agent-os"
 *
 * const monday = Date.UTC(2027, 0, 4)
 * console.log(Either.getOrThrow(CronSchedule.next("0 9 * * MON-FRI", "Europe/Berlin", monday)) === Date.UTC(2027, 0, 4, 8))
 *
 * @since 0.1.0
 * @category accessors
 */
export const next = (
  schedule: string,
  zone: string,
  after: number
): Either.Either<number | undefined, ScheduleError> =>
  Either.map(read(schedule, zone), ({ parsed, zone }) => Parsed.next(parsed, zone, after))

/**
 * The next runs after an instant: at most `count` of them, and at most 10,000.
 *
 * @since 0.1.0
 * @category accessors
 */
export const upcoming = (
  schedule: string,
  zone: string,
  after: number,
  count: number
): Either.Either<Array<number>, ScheduleError> =>
  Either.map(
    read(schedule, zone),
    ({ parsed, zone }) =>
      Parsed.upcoming(parsed, zone, after, Math.min(MAX_UPCOMING, Math.max(0, Math.trunc(count) || 0)))
  )

/**
 * A schedule in plain words, such as `at 09:00 on Monday to Friday`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const describe = (schedule: string): Either.Either<string, ScheduleError> =>
  Either.map(Parsed.parse(schedule), Plain.describe)
