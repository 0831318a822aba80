import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { describe as inWords } from "../../src/schedule/Describe.ts"
import { parse } from "../../src/schedule/ParsedSchedule.ts"
import { generator } from "./expressions.ts"
import { parsed } from "./support.ts"

const cases: ReadonlyArray<readonly [text: string, words: string]> = [
  ["* * * * *", "every minute"],
  ["*/5 * * * *", "every 5 minutes"],
  ["* * * * * *", "every second"],
  ["*/10 * * * * *", "every 10 seconds"],
  ["@hourly", "at minute 0 of every hour every day"],
  ["@daily", "at 00:00 every day"],
  ["@weekly", "at 00:00 on Sunday"],
  ["@monthly", "at 00:00 on the 1st of the month"],
  ["@yearly", "at 00:00 on the 1st of the month in January"],
  ["0 9 * * MON-FRI", "at 09:00 on Monday to Friday"],
  ["0 9,17 * * SAT,SUN", "at 09:00 and 17:00 on Sunday and Saturday"],
  ["30 0 9 * * *", "at 09:00:30 every day"],
  ["*/15 9-17 * * *", "every 15 minutes of hours 9 to 17"],
  ["5,35 */2 * * *", "at minutes 5 and 35 of every 2nd hour every day"],
  ["0 0 1,15 * *", "at 00:00 on the 1st and 15th of the month"],
  ["0 0 13 * FRI", "at 00:00 on the 13th of the month or on Friday"],
  ["0 0 L * *", "at 00:00 on the last day of the month"],
  ["0 0 LW * *", "at 00:00 on the last working day of the month"],
  ["0 0 22W * *", "at 00:00 on the working day nearest to the 22nd"],
  ["0 0 * * MON#1", "at 00:00 on the first Monday of the month"],
  ["0 0 * * FRIL", "at 00:00 on the last Friday of the month"],
  ["0 0 * 3-5 *", "at 00:00 every day in March to May"],
  ["0 0 0 1 1 ? 2030", "at 00:00 on the 1st of the month in January in 2030"],
  ["2027-01-01T09:00", "once at 2027-01-01 09:00:00"],
  ["2027-01-01T09:00+01:00", "once at 2027-01-01 08:00:00 UTC"]
]

describe("describe", () => {
  for (const [text, words] of cases) {
    it(text, () => assert.strictEqual(inWords(parsed(text)), words))
  }

  it("has words for everything", () => {
    const random = generator(5)
    for (let i = 0; i < 2000; i++) {
      const schedule = parse(random.expression())
      if (Either.isLeft(schedule)) continue
      const words = inWords(schedule.right)
      assert.match(words, /^(?:at|every) [\w:, ]+$/)
      assert.notMatch(words, /undefined|NaN| {2}/)
    }
  })
})
