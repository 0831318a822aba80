/**
 * The next run against two other implementations. They differ from ours, and from each other, only where a zone's clock is put
 * forward or back. There a slow reading of the rule in ParsedSchedule decides: it looks at each wall time by itself.
 */
import { assert, describe, it } from "@effect/vitest"
import { CronExpressionParser } from "cron-parser"
import { Cron } from "croner"
import * as Either from "effect/Either"
import { DAY } from "../../src/schedule/Calendar.ts"
import { nextDay } from "../../src/schedule/CronDays.ts"
import type { CronFields } from "../../src/schedule/CronFields.ts"
import { bitValues, sixtyValues } from "../../src/schedule/CronFields.ts"
import { next, parse } from "../../src/schedule/ParsedSchedule.ts"
import * as Zone from "../../src/schedule/Zone.ts"
import { generator, ZONES } from "./expressions.ts"

const iso = (instant: number | undefined) => instant === undefined ? "never" : new Date(instant).toISOString()

/** The runs of the days around an instant, by the definition of the rule. */
const slowRuns = (fields: CronFields, zone: Zone.Zone, around: number): Array<number> => {
  const hours = bitValues(fields.hours, 0)
  const today = Math.floor(around / DAY)
  const runs = new Set<number>()
  for (let day = today - 2; day <= today + 2; day++) {
    if (nextDay(fields, day, day) === undefined) continue
    const offsets = [-48, 0, 48].map((hour) => zone.offsetAt(day * DAY + hour * 3_600_000))
    for (const hour of hours) {
      for (const minute of sixtyValues(fields.minutes)) {
        for (const second of sixtyValues(fields.seconds)) {
          const wall = day * DAY + (hour * 3600 + minute * 60 + second) * 1000
          const shown = Array.from(new Set(offsets), (offset) => wall - offset)
            .filter((instant) => instant + zone.offsetAt(instant) === wall)
          if (hours.length === 24) shown.forEach((instant) => runs.add(instant))
          else runs.add(shown.length > 0 ? Math.min(...shown) : wall - offsets[0])
        }
      }
    }
  }
  return Array.from(runs).sort((a, b) => a - b)
}

const isNearTransition = (zone: Zone.Zone, instant: number) =>
  zone.stretch(instant - 1.5 * DAY, instant + 1.5 * DAY).transitions.length > 0

/** Why the two answers differ, or `undefined` if there is no good reason. */
const explain = (
  fields: CronFields,
  zone: Zone.Zone,
  after: number,
  own: number | undefined,
  other: number | undefined
): string | undefined => {
  const first = Math.min(own ?? Infinity, other ?? Infinity)
  if (!Number.isFinite(first) || !isNearTransition(zone, first)) return undefined
  const right = slowRuns(fields, zone, first).find((run) => run > after)
  // later than the days looked at, where the other one runs at a time that does not count
  if (right === undefined) return own === first ? undefined : "the other runs at a time that is no run"
  if (own !== right) return undefined
  return own === first ? "the other passes over a run" : "the other runs at a time that is no run"
}

/** Instants in pairs: any, and one shortly before the zone's clock is set. */
const instants = (zone: Zone.Zone, any: () => number, count: number): Array<number> =>
  Array.from({ length: count }, (_, index) => {
    const instant = any()
    if (index % 2 === 0) return instant
    for (let at = instant; at < instant + 366 * DAY; at += 30 * DAY) {
      const [transition] = zone.stretch(at, at + 30 * DAY).transitions
      if (transition !== undefined) return transition.at - (instant % (2 * DAY))
    }
    return instant
  })

const PAIRS = 5000
const INSTANTS = 5

describe("next", () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`agrees with croner on 25,000 triples (seed ${seed})`, { timeout: 240_000 }, () => {
      const random = generator(seed)
      const explained: Record<string, number> = {}
      let refused = 0
      for (let pair = 0; pair < PAIRS; pair++) {
        const expression = random.expression()
        const zone = Zone.make(random.zone())!
        const parsed = parse(expression)
        const croner = new Cron(expression, { timezone: zone.name, paused: true })
        if (Either.isLeft(parsed)) {
          // the only expressions that we refuse and croner takes never run
          assert.isNull(croner.nextRun(new Date(random.instant())), expression)
          refused++
          continue
        }
        assert.ok(parsed.right._tag === "Cron")
        for (const after of instants(zone, random.instant, INSTANTS)) {
          const own = next(parsed.right, zone, after)
          const other = croner.nextRun(new Date(after))?.getTime()
          if (own === other) continue
          const reason = explain(parsed.right.fields, zone, after, own, other)
          assert.isDefined(
            reason,
            `${expression} in ${zone.name} after ${iso(after)}: own ${iso(own)}, croner ${iso(other)}`
          )
          explained[reason!] = (explained[reason!] ?? 0) + 1
        }
      }
      console.log(`seed ${seed}: ${refused} pairs never run; explained differences ${JSON.stringify(explained)}`)
      assert.isBelow(refused, PAIRS / 100)
      assert.isBelow(Object.values(explained).reduce((a, b) => a + b, 0), PAIRS * INSTANTS / 20)
    })
  }

  it("agrees with cron-parser where it can follow", { timeout: 240_000 }, () => {
    const random = generator(11)
    let compared = 0
    let explained = 0
    const gaveUp: Record<string, number> = {}
    for (let pair = 0; pair < 3000; pair++) {
      const expression = random.plainExpression()
      const zone = Zone.make(random.zone())!
      const parsed = parse(expression)
      if (Either.isLeft(parsed)) continue
      assert.ok(parsed.right._tag === "Cron")
      for (const after of instants(zone, random.instant, 2)) {
        const own = next(parsed.right, zone, after)
        let other: number
        try {
          const options = { tz: zone.name, currentDate: new Date(after) }
          other = CronExpressionParser.parse(expression, options).next().getTime()
        } catch (error) {
          const reason = /duplicate values|loop limit/.exec(String(error))?.[0]
          assert.isDefined(reason, `${expression}: ${error}`)
          gaveUp[reason!] = (gaveUp[reason!] ?? 0) + 1
          continue
        }
        compared++
        if (own === other) continue
        const reason = explain(parsed.right.fields, zone, after, own, other)
        assert.isDefined(
          reason,
          `${expression} in ${zone.name} after ${iso(after)}: own ${iso(own)}, cron-parser ${iso(other)}`
        )
        explained++
      }
    }
    console.log(
      `cron-parser: ${compared} compared, ${explained} differences explained, gave up ${JSON.stringify(gaveUp)}`
    )
    assert.isAbove(compared, 4000)
  })

  it("keeps to the rule on every change of the clock of every zone, 2020 to 2026", { timeout: 240_000 }, () => {
    const expressions = [
      "*/30 * * * *",
      "0 * * * *",
      "30 2 * * *",
      "15,45 0-3 * * *",
      "0 */2 * * *",
      "*/20 1-3 * * *",
      "5 0 * * *",
      "0 0 1 * SUN",
      "59 23 * * *"
    ]
    let checked = 0
    for (const name of ZONES) {
      const zone = Zone.make(name)!
      for (let at = Date.UTC(2020, 0, 1); at < Date.UTC(2027, 0, 1); at += 32 * DAY) {
        for (const transition of zone.stretch(at, at + 32 * DAY).transitions) {
          for (const expression of expressions) {
            const parsed = Either.getOrThrow(parse(expression))
            assert.ok(parsed._tag === "Cron")
            const from = transition.at - DAY
            const to = transition.at + DAY
            const slow = slowRuns(parsed.fields, zone, transition.at).filter((run) => run > from && run <= to)
            const own: Array<number> = []
            for (let run = next(parsed, zone, from); run! <= to; run = next(parsed, zone, run!)) own.push(run!)
            assert.deepStrictEqual(own.map(iso), slow.map(iso), `${expression} in ${name} at ${iso(transition.at)}`)
            checked++
          }
        }
      }
    }
    assert.isAbove(checked, 1000)
  })
})
