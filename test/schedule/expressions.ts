/** Random cron expressions, zones and instants from a seed. */
import * as Utils from "effect/Utils"

export const ZONES = [
  "UTC",
  "Europe/Berlin",
  "Europe/London",
  "Europe/Moscow",
  "America/New_York",
  "America/Los_Angeles",
  "America/Sao_Paulo",
  "America/Santiago",
  "America/Havana",
  "America/St_Johns",
  "America/Caracas",
  "Africa/Cairo",
  "Africa/Casablanca",
  "Asia/Tehran",
  "Asia/Kathmandu",
  "Asia/Kolkata",
  "Asia/Beirut",
  "Asia/Gaza",
  "Asia/Tokyo",
  "Asia/Pyongyang",
  "Australia/Lord_Howe",
  "Australia/Sydney",
  "Antarctica/Troll",
  "Pacific/Auckland",
  "Pacific/Chatham",
  "Pacific/Apia",
  "Pacific/Kiritimati",
  "Pacific/Marquesas"
]

const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]

export interface Generator {
  readonly expression: () => string
  /** Only what cron-parser knows, too. */
  readonly plainExpression: () => string
  readonly zone: () => string
  readonly instant: () => number
}

const FIRST = Date.UTC(2000, 0, 1)
const LAST = Date.UTC(2037, 0, 1)

export const generator = (seed: number): Generator => {
  const random = new Utils.PCGRandom(seed)
  const between = (min: number, max: number) => min + random.integer(max - min + 1)
  const pick = <A>(items: ReadonlyArray<A>): A => items[random.integer(items.length)]
  const chance = (percent: number) => random.integer(100) < percent

  const item = (min: number, max: number): string => {
    const from = between(min, max)
    const to = between(from, max)
    if (chance(50)) return String(from)
    const step = chance(40) ? `/${between(1, Math.min(12, max))}` : ""
    return `${from}-${to}${step}`
  }
  const field = (min: number, max: number, any: number): string => {
    if (chance(any)) return "*"
    if (chance(25)) return `*/${between(1, Math.min(15, max))}`
    return Array.from({ length: chance(30) ? between(2, 4) : 1 }, () => item(min, max)).join(",")
  }
  const day = (plain: boolean): string => {
    if (chance(45)) return chance(10) ? "?" : "*"
    if (chance(15)) return "L"
    if (!plain && chance(12)) return "LW"
    if (!plain && chance(15)) return `${between(1, 31)}W`
    return field(1, 31, 0)
  }
  const weekday = (plain: boolean): string => {
    if (chance(55)) return chance(10) ? "?" : "*"
    if (chance(15)) return `${pick(plain ? ["1", "5"] : WEEKDAYS)}#${between(1, 5)}`
    if (chance(15)) return `${between(0, 6)}L`
    if (chance(20)) return "MON-FRI"
    return chance(30) ? pick(WEEKDAYS) : item(0, 7)
  }
  const month = (): string => chance(15) ? pick(MONTHS) : field(1, 12, 60)
  const expression = (plain: boolean): string => {
    const fields = [field(0, 59, 20), field(0, 23, 30), day(plain), month(), weekday(plain)]
    if (!chance(30)) return fields.join(" ")
    const six = [field(0, 59, 20), ...fields]
    return !plain && chance(30) ? [...six, chance(50) ? "*" : `${between(2030, 2050)}-2099`].join(" ") : six.join(" ")
  }
  return {
    expression: () => expression(false),
    plainExpression: () => expression(true),
    zone: () => pick(ZONES),
    instant: () => FIRST + Math.floor(random.number() * (LAST - FIRST))
  }
}
