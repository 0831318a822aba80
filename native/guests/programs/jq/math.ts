/** The functions of the C library's mathematics, by name and number of arguments. */
import { described } from "./paths.ts"
import type { Value } from "./values.ts"
import { fail } from "./values.ts"

const lanczos = [
  0.99999999999980993,
  676.5203681218851,
  -1259.1392167224028,
  771.32342877765313,
  -176.61502916214059,
  12.507343278686905,
  -0.13857109526572012,
  9.9843695780195716e-6,
  1.5056327351493116e-7
]

const logGamma = (x: number): number => {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x)
  if (x === 1 || x === 2) return 0
  const z = x - 1
  let sum = lanczos[0]
  for (let index = 1; index < 9; index++) sum += lanczos[index] / (z + index)
  const t = z + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

const gamma = (x: number): number => {
  if (Number.isInteger(x) && x > 0 && x < 171) {
    let result = 1
    for (let factor = 2; factor < x; factor++) result *= factor
    return result
  }
  return x < 0.5 ? Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x)) : Math.exp(logGamma(x))
}

/** Half to even. */
const nearby = (x: number): number => {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor + 1
}

const round = (x: number): number => x < 0 ? -Math.round(-x) : Math.round(x)

/** x as mantissa in [0.5, 1) and a power of two. */
const frexp = (x: number): readonly [number, number] => {
  if (x === 0 || !Number.isFinite(x)) return [x, 0]
  let power = Math.max(-1023, Math.floor(Math.log2(Math.abs(x))) + 1)
  let mantissa = x * 2 ** -power
  while (Math.abs(mantissa) < 0.5) {
    mantissa *= 2
    power--
  }
  while (Math.abs(mantissa) >= 1) {
    mantissa /= 2
    power++
  }
  return [mantissa, power]
}

const one: Readonly<Record<string, (x: number) => Value>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  fabs: Math.abs,
  trunc: Math.trunc,
  rint: nearby,
  nearbyint: nearby,
  significand: (x) => x === 0 ? x : frexp(x)[0] * 2,
  logb: (x) => x === 0 ? -Infinity : Math.abs(x) === Infinity ? Infinity : frexp(x)[1] - 1,
  gamma: logGamma,
  lgamma: logGamma,
  lgamma_r: logGamma,
  tgamma: gamma,
  frexp: (x) => [...frexp(x)],
  modf: (x) => [Math.abs(x) === Infinity ? 0 : x - Math.trunc(x), Math.trunc(x)],
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  exp10: (x) => 10 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh
}

const two: Readonly<Record<string, (x: number, y: number) => number>> = {
  pow: (x, y) => x === 1 ? 1 : x ** y,
  atan2: Math.atan2,
  fmod: (x, y) => x % y,
  drem: (x, y) => x - y * nearby(x / y),
  fmin: (x, y) => Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y),
  fmax: (x, y) => Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y),
  fdim: (x, y) => Math.max(0, x - y),
  hypot: Math.hypot,
  copysign: (x, y) => (y < 0 || Object.is(y, -0)) === (x < 0 || Object.is(x, -0)) ? x : -x,
  ldexp: (x, y) => x * 2 ** y,
  scalb: (x, y) => x * 2 ** y,
  scalbln: (x, y) => x * 2 ** y
}

const number = (value: Value): number => typeof value === "number" ? value : fail(`${described(value)} number required`)

/** The function, which is given its input and its arguments. */
export const mathFunction = (
  name: string,
  arity: number
): ((input: Value, args: ReadonlyArray<Value>) => Value) | undefined => {
  if (arity === 0 && Object.hasOwn(one, name)) {
    const apply = one[name]
    return (input) => apply(number(input))
  }
  if (arity === 2 && Object.hasOwn(two, name)) {
    const apply = two[name]
    return (_, [x, y]) => apply(number(x), number(y))
  }
  return arity === 3 && name === "fma" ? (_, [x, y, z]) => number(x) * number(y) + number(z) : undefined
}
