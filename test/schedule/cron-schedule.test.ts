/** The pure functions of schedules, by text. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as CronSchedule from "../../src/schedule/CronSchedule.ts"

const at = (text: string) => Date.parse(text)

describe("CronSchedule", () => {
  it("tells the next runs in a zone", () => {
    const spring = at("2027-03-27T12:00:00Z")
    assert.deepStrictEqual(
      Either.getOrThrow(CronSchedule.upcoming("30 2 * * *", "Europe/Berlin", spring, 3)).map((run) =>
        new Date(run).toISOString()
      ),
      // the clock skips half past two
      ["2027-03-28T01:30:00.000Z", "2027-03-29T00:30:00.000Z", "2027-03-30T00:30:00.000Z"]
    )
    assert.strictEqual(Either.getOrThrow(CronSchedule.next("2027-01-01T00:00:00Z", "UTC", spring)), undefined)
    assert.deepStrictEqual(Either.getOrThrow(CronSchedule.upcoming("* * * * *", "UTC", 0, -1)), [])
    assert.strictEqual(Either.getOrThrow(CronSchedule.upcoming("* * * * *", "UTC", 0, 1e9)).length, 10_000)
    assert.strictEqual(Either.getOrThrow(CronSchedule.describe("0 9 * * MON-FRI")), "at 09:00 on Monday to Friday")
  })

  it("tells what is wrong", () => {
    const wrong = (result: Either.Either<unknown, { readonly reason: string; readonly field?: string | undefined }>) =>
      Either.isLeft(result) ? [result.left.reason, result.left.field] : []
    assert.deepStrictEqual(wrong(CronSchedule.next("61 * * * *", "UTC", 0)), ["InvalidSchedule", "minute"])
    assert.deepStrictEqual(wrong(CronSchedule.next("* * * * *", "Mars/Olympus", 0)), ["InvalidSchedule", "zone"])
    assert.deepStrictEqual(wrong(CronSchedule.describe("H * * * *")), ["InvalidSchedule", "minute"])
    assert.deepStrictEqual(wrong(CronSchedule.upcoming("", "UTC", 0, 1))[0], "InvalidSchedule")
  })
})
