/**
 * Time zones: what the clock on the wall shows at an instant, and when it is put forward or back.
 *
 * @since 0.1.0
 */
import { DAY } from "./Calendar.ts"

/**
 * At `at` the wall clock goes from `before` to `after`, both its milliseconds ahead of UTC.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transition {
  readonly at: number
  readonly before: number
  readonly after: number
}

/**
 * The offset at the begin of a stretch of time, and the transitions in it, in order.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stretch {
  readonly offset: number
  readonly transitions: ReadonlyArray<Transition>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Zone {
  /** As it was asked for: `UTC`, a name such as `Europe/Berlin`, or an offset such as `+05:30`. */
  readonly name: string
  /** Milliseconds that the wall clock is ahead of UTC at an instant. */
  readonly offsetAt: (instant: number) => number
  /** What happens from one instant to another, up to a few days later. */
  readonly stretch: (from: number, to: number) => Stretch
}

const NONE: ReadonlyArray<Transition> = []

const fixed = (name: string, offset: number): Zone => {
  const stretch: Stretch = { offset, transitions: NONE }
  return { name, offsetAt: () => offset, stretch: () => stretch }
}

/**
 * The zone of schedules that name none.
 *
 * @since 0.1.0
 * @category constants
 */
export const utc: Zone = fixed("UTC", 0)

/** Offsets are looked up for as many days at once. */
const BLOCK = 32 * DAY
/** No zone changes its offset and changes it back between two of these. */
const STEP = 4 * DAY
/** Blocks that a zone remembers: 90 years. */
const MAX_BLOCKS = 1024
const MAX_ZONES = 512

/** Reads `01/31/2024, 23:59:59` as if it were UTC. */
const readWall = (text: string): number => {
  const comma = text.indexOf(",")
  const part = (from: number, to: number) => Number(text.slice(from, to))
  const time = comma + 2
  const wall = new Date(0)
  wall.setUTCFullYear(part(6, comma), part(0, 2) - 1, part(3, 5))
  return wall.setUTCHours(part(time, time + 2), part(time + 3, time + 5), part(time + 6, time + 8))
}

const offsetReader = (timeZone: string): (instant: number) => number => {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit"
  })
  return (instant) => {
    const seconds = Math.floor(instant / 1000) * 1000
    return readWall(format.format(seconds)) - seconds
  }
}

/** Halves the time between two instants until each change of the offset in it is known to the second. */
const bisect = (
  offsetAt: (instant: number) => number,
  from: number,
  before: number,
  to: number,
  after: number,
  found: Array<Transition>
): void => {
  if (before === after) return
  if (to - from <= 1000) {
    found.push({ at: to, before, after })
    return
  }
  const middle = from + Math.floor((to - from) / 2000) * 1000
  const offset = offsetAt(middle)
  bisect(offsetAt, from, before, middle, offset, found)
  bisect(offsetAt, middle, offset, to, after, found)
}

const makeBlock = (offsetAt: (instant: number) => number, index: number): Stretch => {
  const found: Array<Transition> = []
  const start = index * BLOCK
  const offset = offsetAt(start)
  let before = offset
  for (let from = start; from < start + BLOCK; from += STEP) {
    const after = offsetAt(from + STEP)
    bisect(offsetAt, from, before, from + STEP, after, found)
    before = after
  }
  return { offset, transitions: found.length === 0 ? NONE : found }
}

const named = (name: string): Zone => {
  const read = offsetReader(name)
  const blocks = new Map<number, Stretch>()
  const blockOf = (index: number): Stretch => {
    let block = blocks.get(index)
    if (block === undefined) {
      if (blocks.size >= MAX_BLOCKS) blocks.clear()
      block = makeBlock(read, index)
      blocks.set(index, block)
    }
    return block
  }
  const stretch = (from: number, to: number): Stretch => {
    const first = Math.floor(from / BLOCK)
    const last = Math.floor(to / BLOCK)
    let { offset, transitions } = blockOf(first)
    for (let index = first + 1; index <= last; index++) {
      const more = blockOf(index).transitions
      if (more.length > 0) transitions = [...transitions, ...more]
    }
    if (transitions.length === 0) return { offset, transitions }
    const within: Array<Transition> = []
    for (const transition of transitions) {
      if (transition.at <= from) offset = transition.after
      else if (transition.at <= to) within.push(transition)
    }
    return { offset, transitions: within }
  }
  return { name, offsetAt: (instant) => stretch(instant, instant).offset, stretch }
}

const OFFSET = /^([+-])([01]\d|2[0-3]):([0-5]\d)$/

/**
 * Milliseconds of an offset such as `+05:30`, or `undefined`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const readOffset = (text: string): number | undefined => {
  const parts = OFFSET.exec(text)
  if (parts === null) return undefined
  const minutes = Number(parts[2]) * 60 + Number(parts[3])
  return (parts[1] === "-" ? -minutes : minutes) * 60_000
}

const known = new Map<string, Zone>()

const load = (name: string): Zone | undefined => {
  if (name === "UTC") return utc
  const offset = readOffset(name)
  if (offset !== undefined) return fixed(name, offset)
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name) || name.length > 64) return undefined
  try {
    return named(name)
  } catch {
    // only the runtime knows which names there are, and it tells by throwing
    return undefined
  }
}

/**
 * The zone of a name of the IANA database or of an offset, or `undefined` if there is none.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (name: string): Zone | undefined => {
  const found = known.get(name)
  if (found !== undefined) return found
  const zone = load(name)
  if (zone === undefined) return undefined
  if (known.size >= MAX_ZONES) known.clear()
  known.set(name, zone)
  return zone
}

/**
 * The instant at which the wall clock shows a time, given as if it were UTC. A time that happens twice is the first of the
 * two; one that the clock skips is as long after the gap's begin as it is shown to be.
 *
 * @since 0.1.0
 * @category conversions
 */
export const instantOf = (zone: Zone, wall: number): number => {
  const { offset, transitions } = zone.stretch(wall - 2 * DAY, wall + 2 * DAY)
  let chosen = offset
  for (const { after, at, before } of transitions) {
    if (wall < at + Math.max(before, after)) break
    chosen = after
  }
  return wall - chosen
}
