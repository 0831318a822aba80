/**
 * The next run against two other implementations. They differ from ours, and from each other, only where a zone's clock is put
 * forward or back. There a slow reading of the rule in ParsedSchedule decides: it looks at each wall time by itself. Each
 * difference belongs to a class that has a name.
 */
import { assert, describe, it } from "@effect/vitest"
import { CronExpressionParser } from "cron-parser"
import { Cron } from "croner"
import * as Either from "effect/Either"
import { readFileSync } from "node:fs"
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

/** What the other implementations do differently. Each is described in docs/scheduling.md, by this name. */
const CLASSES = {
  passedOver: "a skipped time is passed over",
  moved: "a skipped time runs at another minute",
  once: "of an hour that comes twice a run is left out",
  twice: "an hour that comes twice gives a run too many",
  before: "the answer is not after the instant"
} as const

type Difference = typeof CLASSES[keyof typeof CLASSES]

/** The change of the zone's clock that a disputed instant lies at. */
const changeAt = (zone: Zone.Zone, instant: number): Zone.Transition | undefined => {
  let nearest: Zone.Transition | undefined
  for (const transition of zone.stretch(instant - 1.5 * DAY, instant + 1.5 * DAY).transitions) {
    if (nearest === undefined || Math.abs(transition.at - instant) < Math.abs(nearest.at - instant)) {
      nearest = transition
    }
  }
  return nearest
}

/** In what the two answers differ, or `undefined` if ours is wrong or there is no reason to differ. */
const explain = (
  fields: CronFields,
  zone: Zone.Zone,
  after: number,
  own: number | undefined,
  other: number | undefined
): Difference | undefined => {
  const first = Math.min(own ?? Infinity, other ?? Infinity)
  const change = Number.isFinite(first) ? changeAt(zone, first) : undefined
  if (change === undefined) return undefined
  const right = slowRuns(fields, zone, first).find((run) => run > after)
  // what the other one takes for a run is none, and ours is later than the days looked at
  const proven = right ?? (own === undefined ? undefined : slowRuns(fields, zone, own).find((run) => run > after))
  if (own !== proven) return undefined
  if (other !== undefined && other <= after) return CLASSES.before
  if (change.after < change.before) return own === first ? CLASSES.once : CLASSES.twice
  // one that moves a run to another minute runs at another one of the same gap
  const gap = change.after - change.before
  const isMoved = own !== first ||
    (other !== undefined && other < change.at + gap && slowRuns(fields, zone, other).every(
      (run) => run !== other
    ))
  return isMoved ? CLASSES.moved : CLASSES.passedOver
}

const count = (found: Partial<Record<Difference, number>>, difference: Difference) => {
  found[difference] = (found[difference] ?? 0) + 1
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

const SEEDS = [1, 2, 3, 4]
/** Answers compared with each seed. */
const TRIPLES = 100_000 / SEEDS.length
const INSTANTS = 5

describe("next", () => {
  it("has a page that names every class of difference", () => {
    const page = readFileSync(new URL("../../docs/scheduling.md", import.meta.url), "utf8")
    for (const name of Object.values(CLASSES)) assert.include(page, name)
  })

  for (const seed of SEEDS) {
    it(`agrees with croner on 25,000 triples (seed ${seed})`, { timeout: 240_000 }, () => {
      const random = generator(seed)
      const found: Partial<Record<Difference, number>> = {}
      let compared = 0
      let refused = 0
      while (compared < TRIPLES) {
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
          compared++
          if (own === other) continue
          const difference = explain(parsed.right.fields, zone, after, own, other)
          const answers = `own ${iso(own)}, croner ${iso(other)}`
          assert.isDefined(difference, `${expression} in ${zone.name} after ${iso(after)}: ${answers}`)
          count(found, difference!)
        }
      }
      console.log(`seed ${seed}: ${compared} compared, ${refused} pairs never run; ${JSON.stringify(found)}`)
      assert.strictEqual(compared, TRIPLES)
      assert.isBelow(refused, TRIPLES / 500)
      assert.isBelow(Object.values(found).reduce((a, b) => a + b, 0), TRIPLES / 500)
    })
  }

  it("agrees with cron-parser where it can follow", { timeout: 240_000 }, () => {
    const random = generator(11)
    let compared = 0
    const found: Partial<Record<Difference, number>> = {}
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
        const difference = explain(parsed.right.fields, zone, after, own, other)
        const answers = `own ${iso(own)}, cron-parser ${iso(other)}`
        assert.isDefined(difference, `${expression} in ${zone.name} after ${iso(after)}: ${answers}`)
        count(found, difference!)
      }
    }
    console.log(`cron-parser: ${compared} compared, gave up ${JSON.stringify(gaveUp)}; ${JSON.stringify(found)}`)
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
