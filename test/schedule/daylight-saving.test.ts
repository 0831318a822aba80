/** What the known implementations of cron stumble over, each with the right answer. */
import { assert, describe, it } from "@effect/vitest"
import { next, upcoming } from "../../src/schedule/ParsedSchedule.ts"
import type { Zone } from "../../src/schedule/Zone.ts"
import { ZONES } from "./expressions.ts"
import { parsed, refused, runs, zoneOf } from "./support.ts"

const times = (text: string, zone: string, after: string, count: number) =>
  runs(text, after, count, zone).map((run) => run.slice(5))

describe("when the clock is put back", () => {
  it("runs at every half hour of both of two equal hours", () => {
    assert.deepStrictEqual(times("*/30 * * * *", "Europe/Berlin", "2024-10-26T23:45Z", 6), [
      "10-27T00:00Z",
      "10-27T00:30Z",
      "10-27T01:00Z",
      "10-27T01:30Z",
      "10-27T02:00Z",
      "10-27T02:30Z"
    ])
  })

  it("runs in both hours of an hourly schedule", () => {
    assert.deepStrictEqual(times("0 * * * *", "Europe/Berlin", "2024-10-26T23:30Z", 3), [
      "10-27T00:00Z",
      "10-27T01:00Z",
      "10-27T02:00Z"
    ])
  })

  it("runs a fixed time once, the first time", () => {
    assert.deepStrictEqual(times("30 2 * * *", "Europe/Berlin", "2024-10-26T12:00Z", 2), [
      "10-27T00:30Z",
      "10-28T01:30Z"
    ])
    assert.deepStrictEqual(times("30 2 * * *", "Europe/Berlin", "2024-10-27T00:30Z", 1), ["10-28T01:30Z"])
    assert.deepStrictEqual(times("0 1-3 * * *", "Europe/Berlin", "2024-10-26T22:30Z", 4), [
      "10-26T23:00Z",
      "10-27T00:00Z",
      "10-27T02:00Z",
      "10-28T00:00Z"
    ])
  })

  it("knows half an hour of it", () => {
    assert.deepStrictEqual(times("0 * * * *", "Australia/Lord_Howe", "2024-04-06T13:30Z", 3), [
      "04-06T14:00Z",
      "04-06T15:30Z",
      "04-06T16:30Z"
    ])
    assert.deepStrictEqual(times("45 1 * * *", "Australia/Lord_Howe", "2024-04-06T12:00Z", 2), [
      "04-06T14:45Z",
      "04-07T15:15Z"
    ])
  })

  it("knows it at midnight, when the day before comes back", () => {
    // Havana, 3 November 2024: 01:00 becomes 00:00
    assert.deepStrictEqual(times("30 0 * * *", "America/Havana", "2024-11-02T12:00Z", 2), [
      "11-03T04:30Z",
      "11-04T05:30Z"
    ])
    // Lebanon, 27 October 2024: 00:00 becomes 23:00 of the 26th
    assert.deepStrictEqual(times("30 23 * * *", "Asia/Beirut", "2024-10-26T12:00Z", 2), [
      "10-26T20:30Z",
      "10-27T21:30Z"
    ])
    assert.deepStrictEqual(times("*/30 * * * *", "Asia/Beirut", "2024-10-26T20:15Z", 4), [
      "10-26T20:30Z",
      "10-26T21:00Z",
      "10-26T21:30Z",
      "10-26T22:00Z"
    ])
  })
})

describe("when the clock is put forward", () => {
  it("runs every time that is skipped as much later", () => {
    assert.deepStrictEqual(times("0,30 2 * * *", "Europe/Berlin", "2024-03-30T12:00Z", 3), [
      "03-31T01:00Z",
      "03-31T01:30Z",
      "04-01T00:00Z"
    ])
  })

  it("runs once where two times fall together", () => {
    assert.deepStrictEqual(times("30 2,3 * * *", "Europe/Berlin", "2024-03-30T12:00Z", 2), [
      "03-31T01:30Z",
      "04-01T00:30Z"
    ])
  })

  it("goes on with an hourly schedule as if nothing was", () => {
    assert.deepStrictEqual(times("*/30 * * * *", "Europe/Berlin", "2024-03-31T00:15Z", 3), [
      "03-31T00:30Z",
      "03-31T01:00Z",
      "03-31T01:30Z"
    ])
  })

  it("knows half an hour of it", () => {
    assert.deepStrictEqual(times("0 * * * *", "Australia/Lord_Howe", "2024-10-05T13:00Z", 3), [
      "10-05T13:30Z",
      "10-05T14:30Z",
      "10-05T16:00Z"
    ])
    assert.deepStrictEqual(times("15 2 * * *", "Australia/Lord_Howe", "2024-10-05T12:00Z", 2), [
      "10-05T15:45Z",
      "10-06T15:15Z"
    ])
  })

  it("runs at midnight where midnight is skipped", () => {
    assert.deepStrictEqual(times("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00Z", 2), [
      "11-04T03:00Z",
      "11-05T02:00Z"
    ])
  })

  it("survives a day that did not happen", () => {
    // Samoa had no 30 December 2011
    assert.deepStrictEqual(times("0 9 * * *", "Pacific/Apia", "2011-12-29T12:00Z", 3), [
      "12-29T19:00Z",
      "12-30T19:00Z",
      "12-31T19:00Z"
    ])
    assert.deepStrictEqual(runs("0 9 30 12 *", "2011-12-01T00:00Z", 2, "Pacific/Apia"), [
      "2011-12-30T19:00Z",
      "2012-12-29T19:00Z"
    ])
    assert.deepStrictEqual(times("0 */12 * * *", "Pacific/Apia", "2011-12-30T09:00Z", 2), [
      "12-30T10:00Z",
      "12-30T22:00Z"
    ])
  })
})

describe("next", () => {
  it("goes forward strictly, in every zone", () => {
    for (const zone of ZONES) {
      for (const text of ["*/7 * * * *", "30 2 * * *", "0 0 * * *", "15 1-3 L * MON"]) {
        const all = upcoming(parsed(text), zoneOf(zone), Date.UTC(2011, 11, 1), 400)
        for (let i = 1; i < all.length; i++) assert.isAbove(all[i], all[i - 1], `${text} in ${zone}`)
      }
    }
  })
})

/** How often the zone is asked for one next run: what it costs, whatever the machine. */
const questions = (text: string, name: string, after: number): number => {
  const zone = zoneOf(name)
  let asked = 0
  const counting: Zone = {
    name,
    offsetAt: (instant) => (asked++, zone.offsetAt(instant)),
    stretch: (from, to) => (asked++, zone.stretch(from, to))
  }
  next(parsed(text), counting, after)
  return asked
}

/** Each row names what effect/Cron or cron-parser 5.10.5 do wrong. There is no way back in time that could be wrong, too. */
describe("the table of cron traps", () => {
  it("row 1, the repeated hour is lost: no gap of 90 minutes in Berlin on 27 October 2024", () => {
    const halves = times("*/30 * * * *", "Europe/Berlin", "2024-10-26T22:45Z", 8)
    assert.deepStrictEqual(halves.slice(2, 6), ["10-27T00:00Z", "10-27T00:30Z", "10-27T01:00Z", "10-27T01:30Z"])
    assert.include(times("0 * * * *", "Europe/Berlin", "2024-10-27T00:00Z", 1), "10-27T01:00Z")
  })

  it("row 2, a list of fixed hours in the gap: both minutes run after it", () => {
    assert.deepStrictEqual(times("0,30 2,5 * * *", "Europe/Berlin", "2024-03-30T23:00Z", 4), [
      "03-31T01:00Z",
      "03-31T01:30Z",
      "03-31T03:00Z",
      "03-31T03:30Z"
    ])
  })

  it("row 3, a loop without end on Lord Howe: the half hour is known, both ways", () => {
    assert.deepStrictEqual(times("0 * * * *", "Australia/Lord_Howe", "2024-04-06T14:00Z", 1), ["04-06T15:30Z"])
    assert.deepStrictEqual(times("0 * * * *", "Australia/Lord_Howe", "2024-10-05T14:30Z", 1), ["10-05T16:00Z"])
  })

  it("row 4, too few fields are accepted: they are refused", () => {
    for (const text of ["", "   ", "*", "* * *", "* * * *", "* * * * * * * *"]) {
      assert.deepInclude(refused(text), { reason: "InvalidSchedule", field: "fields" }, JSON.stringify(text))
    }
  })

  it("row 5, what is refused elsewhere: macros, L, # and ? are known, a hash is not", () => {
    const first = (text: string) => times(text, "UTC", "2024-05-15T12:00Z", 1)
    assert.deepStrictEqual(first("@daily"), ["05-16T00:00Z"])
    assert.deepStrictEqual(first("0 0 L * *"), ["05-31T00:00Z"])
    assert.deepStrictEqual(first("0 0 * * 1#2"), ["06-10T00:00Z"])
    assert.deepStrictEqual(first("0 0 * * 5L"), ["05-31T00:00Z"])
    assert.deepStrictEqual(first("0 0 ? * MON"), ["05-20T00:00Z"])
    assert.deepInclude(refused("H * * * *"), { reason: "InvalidSchedule", field: "minute" })
  })

  it("row 6, 10 ms for a leap day: a zone is asked a few times for what is common, and not much more for anything", () => {
    for (const zone of ["UTC", "Europe/Berlin", "Australia/Lord_Howe"]) {
      for (let hour = 0; hour < 8784; hour += 13) {
        const after = Date.UTC(2024, 2, 1) + hour * 3_600_000
        for (const text of ["*/5 * * * *", "0 9 * * 1-5", "0 0 1 * *", "@yearly", "0 0 29 2 *", "0 0 0 29 2 ? 2096"]) {
          assert.isAtMost(questions(text, zone, after), 12, `${text} in ${zone} after ${new Date(after).toISOString()}`)
        }
      }
    }
  })
})
