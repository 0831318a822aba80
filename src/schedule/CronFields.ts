/**
 * The sets that a cron expression consists of, as bits.
 *
 * @since 0.1.0
 */

/**
 * Numbers from 0 to 59. Two halves of 30 bits each stay small integers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sixty {
  readonly low: number
  readonly high: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface CronFields {
  readonly seconds: Sixty
  readonly minutes: Sixty
  /** Bit h is hour h. */
  readonly hours: number
  /** Bit d - 1 is day d of the month. */
  readonly days: number
  /** `L` */
  readonly lastDay: boolean
  /** `LW` */
  readonly lastWorkday: boolean
  /** `nW`; bit n - 1 is day n of the month. */
  readonly workdays: number
  /** Bit m - 1 is month m. */
  readonly months: number
  /** Bit 0 is Sunday. */
  readonly weekdays: number
  /** `d#n`: the weekdays of the first to the fifth week, or none. */
  readonly nth: ReadonlyArray<number> | undefined
  /** `dL`: weekdays of which the last one of the month is meant. */
  readonly lastWeekdays: number
  /** In order; `undefined` for every year. */
  readonly years: ReadonlyArray<number> | undefined
  /** Whether the day of the month is `*` or `?`, so that the day of the week alone decides. */
  readonly anyDay: boolean
  /** Whether the day of the week is `*` or `?`, so that the day of the month alone decides. */
  readonly anyWeekday: boolean
}

/**
 * @since 0.1.0
 * @category constants
 */
export const ALL_HOURS = 0xff_ffff

const HALF = (1 << 30) - 1

/**
 * @since 0.1.0
 * @category constructors
 */
export const sixtyOf = (values: Iterable<number>): Sixty => {
  let low = 0
  let high = 0
  for (const value of values) {
    if (value < 30) low |= 1 << value
    else high |= 1 << (value - 30)
  }
  return { low, high }
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const bitsOf = (values: Iterable<number>, first: number): number => {
  let bits = 0
  for (const value of values) bits |= 1 << (value - first)
  return bits
}

/** The place of the lowest bit; -1 if there is none. */
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits)

/**
 * The smallest number of a set that is not below `from`, or -1.
 *
 * @since 0.1.0
 * @category accessors
 */
export const nextBit = (bits: number, from: number): number => from > 31 ? -1 : lowest(bits & (-1 << from))

/**
 * The same for seconds and minutes.
 *
 * @since 0.1.0
 * @category accessors
 */
export const nextOf = ({ high, low }: Sixty, from: number): number => {
  if (from < 30) {
    const found = nextBit(low, from)
    if (found >= 0) return found
  }
  const found = from >= 60 ? -1 : lowest(high & HALF & (-1 << Math.max(0, from - 30)))
  return found < 0 ? -1 : found + 30
}

/**
 * @since 0.1.0
 * @category conversions
 */
export const bitValues = (bits: number, first: number): Array<number> => {
  const values: Array<number> = []
  for (let at = nextBit(bits, 0); at >= 0; at = nextBit(bits, at + 1)) values.push(at + first)
  return values
}

/**
 * @since 0.1.0
 * @category conversions
 */
export const sixtyValues = (set: Sixty): Array<number> => {
  const values: Array<number> = []
  for (let at = nextOf(set, 0); at >= 0; at = nextOf(set, at + 1)) values.push(at)
  return values
}
