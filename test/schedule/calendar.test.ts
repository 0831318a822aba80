import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { DAY, daysInMonth, fromDay, toDay, weekdayOf } from "../../src/schedule/Calendar.ts"
import * as Zone from "../../src/schedule/Zone.ts"
import { ZONES } from "./expressions.ts"
import { zoneOf } from "./support.ts"

const day = FastCheck.integer({ min: -700_000, max: 2_900_000 })

describe("Calendar", () => {
  it("is the platform's", () => {
    FastCheck.assert(
      FastCheck.property(day, (count) => {
        const date = new Date(count * DAY)
        const civil = fromDay(count)
        assert.deepStrictEqual(civil, {
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate()
        })
        assert.strictEqual(weekdayOf(count), date.getUTCDay())
        assert.strictEqual(toDay(civil.year, civil.month, civil.day), count)
        const last = new Date(0)
        last.setUTCFullYear(civil.year, civil.month, 0)
        assert.strictEqual(daysInMonth(civil.year, civil.month), last.getUTCDate())
      }),
      { numRuns: 5000 }
    )
  })
})

/** The platform's own words for an offset, as in `GMT-03:30`. */
const platformOffset = (name: string, instant: number): number => {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" })
  const text = format.formatToParts(instant).find(({ type }) => type === "timeZoneName")!.value
  const parts = /([+-])(\d\d):(\d\d)/.exec(text)
  if (parts === null) return 0
  return (parts[1] === "-" ? -1 : 1) * (Number(parts[2]) * 60 + Number(parts[3])) * 60_000
}

describe("Zone", () => {
  it("has the platform's offsets", () => {
    const zone = FastCheck.constantFrom(...ZONES)
    const instant = FastCheck.integer({ min: Date.UTC(1975, 0, 1), max: Date.UTC(2040, 0, 1) })
    FastCheck.assert(
      FastCheck.property(zone, instant, (name, at) => {
        assert.strictEqual(zoneOf(name).offsetAt(at), platformOffset(name, at), `${name} ${new Date(at).toISOString()}`)
      }),
      { numRuns: 2000 }
    )
  })

  it("finds the instant of a change", () => {
    const [change] = zoneOf("Europe/Berlin").stretch(Date.UTC(2024, 2, 30), Date.UTC(2024, 3, 1)).transitions
    assert.deepStrictEqual(change, { at: Date.UTC(2024, 2, 31, 1), before: 3_600_000, after: 7_200_000 })
  })

  it("finds all changes of a year across its blocks", () => {
    const count = (name: string) => zoneOf(name).stretch(Date.UTC(2024, 0, 1), Date.UTC(2025, 0, 1)).transitions.length
    assert.strictEqual(count("Europe/Berlin"), 2)
    assert.strictEqual(count("Asia/Tokyo"), 0)
    // Ramadan
    assert.strictEqual(count("Africa/Casablanca"), 2)
  })

  it("takes offsets and refuses what is no zone", () => {
    assert.strictEqual(zoneOf("+05:30").offsetAt(0), 19_800_000)
    assert.strictEqual(zoneOf("-03:00").offsetAt(0), -10_800_000)
    for (const name of ["", "Mars/Base", "+25:00", "+5", "Europe/", "../etc", "x".repeat(100), "Europe/Berlin\n"]) {
      assert.isUndefined(Zone.make(name), name)
    }
  })

  it("takes a wall time that happens twice the first time, and moves one that does not happen", () => {
    const berlin = zoneOf("Europe/Berlin")
    assert.strictEqual(Zone.instantOf(berlin, Date.UTC(2024, 9, 27, 2, 30)), Date.UTC(2024, 9, 27, 0, 30))
    assert.strictEqual(Zone.instantOf(berlin, Date.UTC(2024, 2, 31, 2, 30)), Date.UTC(2024, 2, 31, 1, 30))
    assert.strictEqual(Zone.instantOf(berlin, Date.UTC(2024, 6, 1)), Date.UTC(2024, 5, 30, 22))
  })
})
