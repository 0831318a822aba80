/** The dates that `date -d` and `touch -d` understand, in UTC. */
const units: Readonly<Record<string, number>> = {
  sec: 1000,
  second: 1000,
  min: 60_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  fortnight: 1_209_600_000
}
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

interface State {
  time: number
  /** Whether a time of day was named. */
  hasClock: boolean
  hasDate: boolean
}

const DAY_MS = 86_400_000

const startOfDay = (time: number): number => Math.floor(time / DAY_MS) * DAY_MS

type Rule = readonly [pattern: RegExp, apply: (state: State, match: RegExpExecArray) => void]

const setDate = (state: State, year: number, month: number, day: number): void => {
  if (month > 11 || day < 1 || day > new Date(Date.UTC(year, month + 1, 0)).getUTCDate()) state.time = NaN
  if (Number.isNaN(state.time)) return
  const clock = state.hasClock ? state.time - startOfDay(state.time) : 0
  state.time = Date.UTC(year, month, day) + clock
  state.hasDate = true
}

const shift = (state: State, amount: number, unit: string): void => {
  const name = unit.toLowerCase().replace(/s$/, "")
  if (name === "month" || name === "year") {
    const date = new Date(state.time)
    date.setUTCMonth(date.getUTCMonth() + amount * (name === "year" ? 12 : 1))
    state.time = date.getTime()
  } else state.time += amount * (units[name] ?? 0)
}

const rules: ReadonlyArray<Rule> = [
  [/^@(-?\d+(?:\.\d+)?)/, (state, match) => {
    state.time = Number(match[1]) * 1000
    state.hasClock = true
    state.hasDate = true
  }],
  [
    /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})/,
    (state, [, year, month, day]) => setDate(state, Number(year), Number(month) - 1, Number(day))
  ],
  [
    /^(\d{4})(\d{2})(\d{2})(?!\d)/,
    (state, [, year, month, day]) => setDate(state, Number(year), Number(month) - 1, Number(day))
  ],
  [
    /^(\d{1,2})\/(\d{1,2})\/(\d{4})/,
    (state, [, month, day, year]) => setDate(state, Number(year), Number(month) - 1, Number(day))
  ],
  [
    /^t?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:\s*(am|pm)\b)?/i,
    (state, [, hour, minute, second, fraction, half]) => {
      if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 60) state.time = NaN
      const hours = half === undefined ? Number(hour) : Number(hour) % 12 + (half.toLowerCase() === "pm" ? 12 : 0)
      state.time = startOfDay(state.time) + hours * 3_600_000 + Number(minute) * 60_000 + Number(second ?? 0) * 1000 +
        Number(`0.${fraction ?? 0}`) * 1000
      state.hasClock = true
    }
  ],
  [/^(\d{1,2})\s*(am|pm)\b/i, (state, [, hour, half]) => {
    const hours = Number(hour) % 12 + (half.toLowerCase() === "pm" ? 12 : 0)
    state.time = Number(hour) >= 1 && Number(hour) <= 12 ? startOfDay(state.time) + hours * 3_600_000 : NaN
    state.hasClock = true
  }],
  [/^(?:z|utc|gmt)\b/i, () => {}],
  // the year at the end of what date itself prints; alone it would be a time
  [/^(\d{4})(?![\d:/-])/, (state, [, year]) => {
    const date = new Date(state.time)
    if (!state.hasClock || !state.hasDate) state.time = NaN
    else state.time = date.setUTCFullYear(Number(year))
  }],
  [/^([+-])(\d{2}):?(\d{2})(?![\d:])(?!\s*[a-z])/i, (state, [, sign, hours, minutes]) => {
    state.time -= (sign === "-" ? -1 : 1) * (Number(hours) * 3_600_000 + Number(minutes) * 60_000)
  }],
  [
    /^(\d{1,2})[\s-]*(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?[\s-]*(\d{4})?(?![\d:])/i,
    (state, [, day, month, year]) =>
      setDate(
        state,
        year === undefined ? new Date(state.time).getUTCFullYear() : Number(year),
        months.indexOf(month.toLowerCase()),
        Number(day)
      )
  ],
  [
    /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:,?\s+(\d{4}))?(?![\d:])/i,
    (state, [, month, day, year]) =>
      setDate(
        state,
        year === undefined ? new Date(state.time).getUTCFullYear() : Number(year),
        months.indexOf(month.toLowerCase()),
        Number(day)
      )
  ],
  [
    /^([+-]?\s*\d+)\s*(seconds?|secs?|minutes?|mins?|hours?|days?|weeks?|fortnights?|months?|years?)\b(\s+ago)?/i,
    (state, [, amount, unit, ago]) => {
      shift(state, Number(amount.replace(/\s/g, "")) * (ago === undefined ? 1 : -1), unit)
    }
  ],
  [
    /^(next|last|this)\s+(second|minute|hour|day|week|month|year)/i,
    (state, [, which, unit]) => shift(state, { next: 1, last: -1, this: 0 }[which.toLowerCase()] ?? 0, unit)
  ],
  [/^(?:(next|last)\s+)?(sun|mon|tue|wed|thu|fri|sat)[a-z]*,?/i, (state, [, which, day]) => {
    if (state.hasDate) return
    const today = new Date(state.time).getUTCDay()
    const ahead = (weekdays.indexOf(day.toLowerCase()) - today + 7) % 7
    const days = which?.toLowerCase() === "next" && ahead === 0
      ? 7
      : which?.toLowerCase() === "last"
      ? ahead - 7
      : ahead
    state.time = startOfDay(state.time) + days * DAY_MS
    state.hasClock = true
  }],
  [/^yesterday/i, (state) => shift(state, -1, "day")],
  [/^tomorrow/i, (state) => shift(state, 1, "day")],
  [/^(?:now|today)/i, () => {}],
  [/^(?:midnight)/i, (state) => {
    state.time = startOfDay(state.time)
    state.hasClock = true
  }],
  [/^noon/i, (state) => {
    state.time = startOfDay(state.time) + DAY_MS / 2
    state.hasClock = true
  }]
]

/** Milliseconds since 1970; undefined when the text is no date. */
export const parseDate = (text: string, now: number): number | undefined => {
  const state: State = { time: now, hasClock: false, hasDate: false }
  let rest = text.trim()
  if (rest === "") return startOfDay(now)
  while (rest !== "") {
    let used = 0
    for (const [pattern, apply] of rules) {
      const match = pattern.exec(rest)
      if (match === null) continue
      apply(state, match)
      used = match[0].length
      break
    }
    if (used === 0) return undefined
    rest = rest.slice(used).replace(/^[\s,]+/, "")
  }
  return Number.isFinite(state.time) ? state.time : undefined
}
