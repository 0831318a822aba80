import { assert } from "@effect/vitest"
import * as Either from "effect/Either"
import type { ScheduleError } from "../../src/errors/ScheduleError.ts"
import type { ParsedSchedule } from "../../src/schedule/ParsedSchedule.ts"
import { parse, upcoming } from "../../src/schedule/ParsedSchedule.ts"
import * as Zone from "../../src/schedule/Zone.ts"

export const parsed = (text: string): ParsedSchedule => Either.getOrThrow(parse(text))

/** Why a schedule is refused. */
export const refused = (text: string): ScheduleError => {
  const result = parse(text)
  if (Either.isRight(result)) throw new Error(`"${text}" was not refused`)
  assert.strictEqual(result.left.reason, "InvalidSchedule")
  assert.isNotEmpty(result.left.hint, text)
  return result.left
}

export const zoneOf = (name: string): Zone.Zone => {
  const zone = Zone.make(name)
  if (zone === undefined) throw new Error(`no zone ${name}`)
  return zone
}

/** The next runs as ISO times without what they all share. */
export const runs = (text: string, after: string, count: number, zone = "UTC"): Array<string> =>
  upcoming(parsed(text), zoneOf(zone), Date.parse(after), count).map((run) =>
    new Date(run).toISOString().replace(":00.000Z", "Z").replace(".000Z", "Z")
  )
