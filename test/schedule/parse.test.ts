import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { ScheduleError } from "../../src/errors/ScheduleError.ts"
import { firstRun, MAX_LENGTH, next, parse } from "../../src/schedule/ParsedSchedule.ts"
import * as Zone from "../../src/schedule/Zone.ts"
import { parsed, refused, runs } from "./support.ts"

const NEW_YEAR = "2024-01-01T00:00:00Z"

describe("cron expressions", () => {
  const cases: ReadonlyArray<readonly [text: string, after: string, ...runs: Array<string>]> = [
    ["0 9 * * MON-FRI", "2024-01-05T12:00Z", "2024-01-08T09:00Z", "2024-01-09T09:00Z"],
    ["*/15 * * * *", NEW_YEAR, "2024-01-01T00:15Z", "2024-01-01T00:30Z"],
    ["*/20 * * * * *", NEW_YEAR, "2024-01-01T00:00:20Z", "2024-01-01T00:00:40Z", "2024-01-01T00:01Z"],
    [
      "10-20/5,59 4 * * *",
      NEW_YEAR,
      "2024-01-01T04:10Z",
      "2024-01-01T04:15Z",
      "2024-01-01T04:20Z",
      "2024-01-01T04:59Z"
    ],
    ["0 0 1 jan,JUL *", NEW_YEAR, "2024-07-01T00:00Z", "2025-01-01T00:00Z"],
    // the year
    ["0 0 0 1 1 ? 2030", NEW_YEAR, "2030-01-01T00:00Z"],
    ["0 0 0 1 1 ? 2026-2099/2", NEW_YEAR, "2026-01-01T00:00Z", "2028-01-01T00:00Z"],
    ["0 0 0 1 1 ? 2020", NEW_YEAR],
    // days of the month
    ["0 0 L * *", NEW_YEAR, "2024-01-31T00:00Z", "2024-02-29T00:00Z", "2024-03-31T00:00Z"],
    ["0 0 15,L * *", NEW_YEAR, "2024-01-15T00:00Z", "2024-01-31T00:00Z"],
    ["0 0 LW * *", "2024-03-01T00:00Z", "2024-03-29T00:00Z", "2024-04-30T00:00Z"],
    ["0 0 15W * *", "2024-05-20T00:00Z", "2024-06-14T00:00Z", "2024-07-15T00:00Z"],
    ["0 0 1W * *", "2024-05-20T00:00Z", "2024-06-03T00:00Z", "2024-07-01T00:00Z"],
    ["0 0 30W * *", "2024-06-01T00:00Z", "2024-06-28T00:00Z", "2024-07-30T00:00Z"],
    ["0 0 31W * *", NEW_YEAR, "2024-01-31T00:00Z", "2024-03-29T00:00Z"],
    ["0 0 29 2 *", NEW_YEAR, "2024-02-29T00:00Z", "2028-02-29T00:00Z"],
    ["0 0 29 2 *", "2096-03-01T00:00Z", "2104-02-29T00:00Z"],
    // days of the week
    ["0 0 * * 7", NEW_YEAR, "2024-01-07T00:00Z"],
    ["0 0 * * FRI-SUN", NEW_YEAR, "2024-01-05T00:00Z", "2024-01-06T00:00Z", "2024-01-07T00:00Z", "2024-01-12T00:00Z"],
    ["0 0 * * MON#1", "2024-01-02T00:00Z", "2024-02-05T00:00Z", "2024-03-04T00:00Z"],
    ["0 0 * * FRI#5", NEW_YEAR, "2024-03-29T00:00Z", "2024-05-31T00:00Z"],
    ["0 0 * 2 MON#5", NEW_YEAR, "2044-02-29T00:00Z", "2072-02-29T00:00Z"],
    ["0 0 * * 5L", NEW_YEAR, "2024-01-26T00:00Z", "2024-02-23T00:00Z"],
    ["0 0 * * FRIL,MON#1", "2024-01-02T00:00Z", "2024-01-26T00:00Z", "2024-02-05T00:00Z"],
    // one of the two
    ["0 0 13 * FRI", "2024-01-06T00:00Z", "2024-01-12T00:00Z", "2024-01-13T00:00Z", "2024-01-19T00:00Z"],
    ["0 0 13 * ?", NEW_YEAR, "2024-01-13T00:00Z", "2024-02-13T00:00Z"],
    ["0 0 ? * FRI", "2024-01-06T00:00Z", "2024-01-12T00:00Z", "2024-01-19T00:00Z"],
    ["0 0 */2 * MON", "2024-01-07T00:00Z", "2024-01-08T00:00Z", "2024-01-09T00:00Z", "2024-01-11T00:00Z"],
    // macros, case and space
    ["@yearly", NEW_YEAR, "2025-01-01T00:00Z"],
    ["@annually", NEW_YEAR, "2025-01-01T00:00Z"],
    ["@monthly", NEW_YEAR, "2024-02-01T00:00Z"],
    ["@weekly", NEW_YEAR, "2024-01-07T00:00Z"],
    ["@Daily", NEW_YEAR, "2024-01-02T00:00Z"],
    ["@midnight", NEW_YEAR, "2024-01-02T00:00Z"],
    ["@hourly", NEW_YEAR, "2024-01-01T01:00Z"],
    ["  0\t0  l * * ", NEW_YEAR, "2024-01-31T00:00Z"]
  ]
  for (const [text, after, ...expected] of cases) {
    it(`${text} after ${after}`, () => {
      assert.deepStrictEqual(runs(text, after, Math.max(1, expected.length)), expected)
    })
  }

  const refusals: ReadonlyArray<readonly [text: string, field: string]> = [
    ["", "fields"],
    ["   ", "fields"],
    ["* * *", "fields"],
    ["* * * *", "fields"],
    ["* * * * * * * *", "fields"],
    ["tomorrow", "fields"],
    ["60 * * * *", "minute"],
    ["-1 * * * *", "minute"],
    ["1.5 * * * *", "minute"],
    ["60 * * * * *", "second"],
    ["* 24 * * *", "hour"],
    ["* * 0 * *", "day of month"],
    ["* * 32 * *", "day of month"],
    ["* * 0W * *", "day of month"],
    ["* * W * *", "day of month"],
    ["* * L-2 * *", "day of month"],
    ["* * 30 2 *", "day of month"],
    ["* * 31 4,6,9,11 *", "day of month"],
    ["* * 31W 2 *", "day of month"],
    ["* * * 0 *", "month"],
    ["* * * 13 *", "month"],
    ["* * * JANUARY *", "month"],
    ["* * * * 8", "day of week"],
    ["* * * * L", "day of week"],
    ["* * * * MON#6", "day of week"],
    ["* * * * MON#", "day of week"],
    ["* * * * SAT-MON", "day of week"],
    ["* * * * ?L", "day of week"],
    ["? * * * *", "minute"],
    ["* ? * * *", "hour"],
    ["5/10 * * * *", "minute"],
    ["/5 * * * *", "minute"],
    ["*/0 * * * *", "minute"],
    ["*/60 * * * *", "minute"],
    ["*/ * * * *", "minute"],
    ["1,,2 * * * *", "minute"],
    [",1 * * * *", "minute"],
    ["10-5 * * * *", "minute"],
    ["1-2-3 * * * *", "minute"],
    ["0 0 0 1 1 ? 1969", "year"],
    ["0 0 0 1 1 ? 2100", "year"],
    ["0 0 0 29 2 ? 2023", "day of month"],
    ["@never", "macro"],
    ["@reboot", "macro"],
    [`${"1,".repeat(MAX_LENGTH)}1 * * * *`, "fields"]
  ]
  for (const [text, field] of refusals) {
    it(`refuses ${text.length > 40 ? "a long one" : JSON.stringify(text)}`, () => {
      const error = refused(text)
      assert.strictEqual(error.field, field)
      assert.isAtMost(error.schedule.length, MAX_LENGTH)
      assert.strictEqual(error.message, `invalid schedule: ${error.schedule}`)
    })
  }

  it("names what to write instead", () => {
    assert.strictEqual(refused("5/10 * * * *").hint, "a step follows * or a range: write 5-59/10")
    assert.strictEqual(refused("0 25 * * *").hint, "25 is out of range: write 0 to 23")
    assert.strictEqual(refused("0 0 * * FUNDAY").hint, "write 0 to 7 or SUN to SAT, not \"FUNDAY\"")
  })

  it("never throws, whatever the text", () => {
    const alphabet = FastCheck.constantFrom(..."0123456789*/,-#?LWlw @MONJAN:TZ.+\t\0é".split(""))
    const text = FastCheck.string({ unit: alphabet, maxLength: 40 })
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(text, FastCheck.string()), (any) => {
        const result = parse(any)
        if (Either.isLeft(result)) assert.isTrue(ScheduleError.is(result.left))
        else next(result.right, Zone.utc, 0)
      }),
      { numRuns: 20_000 }
    )
  })

  it("ends for every instant a number can be", () => {
    for (const after of [-Infinity, -8.64e15, -1, 8.64e15, Number.MAX_VALUE, Infinity]) {
      next(parsed("0 0 29 2 MON"), Zone.make("Europe/Berlin")!, after)
    }
    assert.isUndefined(next(parsed("@hourly"), Zone.utc, 8.64e15))
  })
})

describe("one-shots", () => {
  const cases: ReadonlyArray<readonly [text: string, zone: string, instant: string]> = [
    ["2027-01-31", "America/New_York", "2027-01-31T00:00:00.000Z"],
    ["2027-01-31T09:00", "America/New_York", "2027-01-31T14:00:00.000Z"],
    ["2027-01-31T09:00", "UTC", "2027-01-31T09:00:00.000Z"],
    ["2027-01-31 09:00:30", "+05:30", "2027-01-31T03:30:30.000Z"],
    ["2027-01-31T09:00:30.5Z", "America/New_York", "2027-01-31T09:00:30.500Z"],
    ["2027-01-31T09:00:30.125+02:00", "UTC", "2027-01-31T07:00:30.125Z"],
    ["2027-01-31T09:00-0330", "UTC", "2027-01-31T12:30:00.000Z"],
    ["2028-02-29", "UTC", "2028-02-29T00:00:00.000Z"],
    ["9998-12-31T23:59:59.999Z", "UTC", "9998-12-31T23:59:59.999Z"],
    // on the nights of the change
    ["2024-10-27T02:30", "Europe/Berlin", "2024-10-27T00:30:00.000Z"],
    ["2024-03-31T02:30", "Europe/Berlin", "2024-03-31T01:30:00.000Z"]
  ]
  for (const [text, zone, instant] of cases) {
    it(`${text} in ${zone}`, () => {
      const at = Date.parse(instant)
      assert.strictEqual(next(parsed(text), Zone.make(zone)!, 0), at)
      assert.strictEqual(next(parsed(text), Zone.make(zone)!, at - 1), at)
      assert.isUndefined(next(parsed(text), Zone.make(zone)!, at))
    })
  }

  it("refuses what is no time", () => {
    const field = (text: string) => refused(text).field
    assert.strictEqual(field("2027-13-01"), "month")
    assert.strictEqual(field("2027-02-29"), "day of month")
    assert.strictEqual(field("2027-01-01T24:00"), "hour")
    assert.strictEqual(field("2027-01-01T10:60"), "minute")
    assert.strictEqual(field("2027-01-01T10:00:60"), "second")
    assert.strictEqual(field("2027-01-01T10:00+24:00"), "offset")
    assert.strictEqual(field("0000-01-01"), "year")
    for (const text of ["2027-1-1", "2027-01-01T", "2027-01-01T9:00", "2027-01-01Z", "2027-01-01T10:00:00.1234Z"]) {
      assert.strictEqual(field(text), "time", text)
    }
  })

  it("tells the past from the invalid", () => {
    const error = Either.getOrThrow(Either.flip(firstRun(parsed("2020-01-01"), Zone.utc, Date.now())))
    assert.strictEqual(error.reason, "PastSchedule")
    assert.strictEqual(error.message, "schedule is in the past: 2020-01-01")
    const cron = Either.getOrThrow(Either.flip(firstRun(parsed("0 0 0 1 1 ? 2020"), Zone.utc, Date.now())))
    assert.strictEqual(cron.reason, "PastSchedule")
  })
})
