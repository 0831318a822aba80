/**
 * What a benchmark gives: samples, their quantiles, and a row that compares them with its bar.
 */
import * as Effect from "effect/Effect"

/** What a row must keep to. Durations and sizes must not be above it, rates not below. */
export interface Bar {
  readonly value: number
  readonly kind: "atMost" | "atLeast"
  /** Which quantile is held against it. Default: the median. */
  readonly of?: "p50" | "p99" | undefined
}

export interface Row {
  readonly name: string
  readonly unit: string
  readonly p50: number
  /** The bad end: the 99th percentile of a duration, the first percentile of a rate. */
  readonly p99: number
  readonly samples: number
  readonly bar?: Bar | undefined
  readonly note?: string | undefined
}

export interface RowOptions {
  readonly unit?: string | undefined
  readonly bar?: Bar | undefined
  readonly note?: string | undefined
}

export const atMost = (value: number, of: Bar["of"] = "p50"): Bar => ({ value, kind: "atMost", of })
export const atLeast = (value: number): Bar => ({ value, kind: "atLeast" })

/** The value below which the fraction `q` of the samples lies; nearest rank, so that it is one of them. */
export const quantile = (samples: ReadonlyArray<number>, q: number): number => {
  const sorted = Array.from(samples).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN
}

/** A row of durations in milliseconds, unless its unit says otherwise. */
export const row = (name: string, samples: ReadonlyArray<number>, options: RowOptions = {}): Row => ({
  name,
  unit: options.unit ?? "ms",
  p50: quantile(samples, 0.5),
  p99: quantile(samples, options.bar?.kind === "atLeast" ? 0.01 : 0.99),
  samples: samples.length,
  bar: options.bar,
  note: options.note
})

export type Verdict = "pass" | "MISS" | ""

export const verdict = ({ bar, ...values }: Row): Verdict => {
  if (bar === undefined) return ""
  const value = bar.of === "p99" ? values.p99 : values.p50
  return (bar.kind === "atMost" ? value <= bar.value : value >= bar.value) ? "pass" : "MISS"
}

/** Milliseconds that an effect takes. */
export const timed = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    const start = performance.now()
    return Effect.map(effect, () => performance.now() - start)
  })

/** Runs an effect `warmUp` times unmeasured, then `count` times one after the other, each after `before`, unmeasured. */
export const sample = <A, E, R>(
  count: number,
  effect: Effect.Effect<A, E, R>,
  warmUp = Math.ceil(count / 5),
  before: Effect.Effect<void> = Effect.void
): Effect.Effect<Array<number>, E, R> =>
  Effect.gen(function*() {
    for (let i = 0; i < warmUp; i++) yield* effect
    const samples: Array<number> = []
    for (let i = 0; i < count; i++) {
      yield* before
      samples.push(yield* timed(effect))
    }
    return samples
  })

const digits = (value: number): string =>
  !Number.isFinite(value) ? "-" : value >= 1000 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3)

/** One line of the table. */
export const format = (made: Row): string => {
  const { bar, name, note, p50, p99, unit } = made
  const limit = bar === undefined
    ? ""
    : `${bar.of === "p99" ? "p99 " : ""}${bar.kind === "atMost" ? "<=" : ">="} ${bar.value}`
  return [
    name.padEnd(48),
    digits(p50).padStart(9),
    digits(p99).padStart(9),
    unit.padEnd(6),
    limit.padEnd(10),
    verdict(made).padEnd(5),
    note ?? ""
  ].join(" ").trimEnd()
}

export const heading = [
  "".padEnd(48),
  "p50".padStart(9),
  "p99".padStart(9),
  "unit".padEnd(6),
  "bar".padEnd(10)
].join(" ")
