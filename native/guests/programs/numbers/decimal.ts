/** Decimal numbers of any size with a fixed number of places, as bc calculates: everything beyond is cut off. */
import { ProgramFailure } from "../program.ts"

export interface Decimal {
  /** The value without its point. */
  readonly digits: bigint
  readonly scale: number
}

/** Digits that a number may have. */
const MAX_DIGITS = 100_000

const ten = (power: number): bigint => {
  if (power > MAX_DIGITS) throw new ProgramFailure("number too large")
  return 10n ** BigInt(power)
}

export const ZERO: Decimal = { digits: 0n, scale: 0 }
export const whole = (value: number | bigint): Decimal => ({ digits: BigInt(value), scale: 0 })

export const rescale = ({ digits, scale }: Decimal, to: number): Decimal =>
  to >= scale ? { digits: digits * ten(to - scale), scale: to } : { digits: digits / ten(scale - to), scale: to }

const align = (a: Decimal, b: Decimal): readonly [bigint, bigint, number] => {
  const scale = Math.max(a.scale, b.scale)
  return [rescale(a, scale).digits, rescale(b, scale).digits, scale]
}

export const add = (a: Decimal, b: Decimal): Decimal => {
  const [x, y, scale] = align(a, b)
  return { digits: x + y, scale }
}

export const negate = ({ digits, scale }: Decimal): Decimal => ({ digits: -digits, scale })

export const compare = (a: Decimal, b: Decimal): number => {
  const [x, y] = align(a, b)
  return x < y ? -1 : x > y ? 1 : 0
}

export const multiply = (a: Decimal, b: Decimal, scale: number): Decimal => {
  const product = { digits: a.digits * b.digits, scale: a.scale + b.scale }
  return rescale(product, Math.min(product.scale, Math.max(scale, a.scale, b.scale)))
}

export const divide = (a: Decimal, b: Decimal, scale: number): Decimal => {
  if (b.digits === 0n) throw new ProgramFailure("Divide by zero")
  return { digits: rescale(a, scale + b.scale + a.scale).digits / (b.digits * ten(a.scale)), scale }
}

export const remainder = (a: Decimal, b: Decimal, scale: number): Decimal => {
  const places = Math.max(a.scale, b.scale + scale)
  const quotient = divide(a, b, scale)
  const back = { digits: quotient.digits * b.digits, scale: quotient.scale + b.scale }
  return rescale(add(a, negate(back)), places)
}

export const power = (base: Decimal, exponent: Decimal, scale: number): Decimal => {
  const count = Number(rescale(exponent, 0).digits)
  if (Math.abs(count) * String(base.digits).length > MAX_DIGITS) throw new ProgramFailure("number too large")
  const times = Math.abs(count)
  const raised = { digits: base.digits ** BigInt(times), scale: base.scale * times }
  if (count < 0) return divide(whole(1), raised, scale)
  return rescale(raised, Math.min(raised.scale, Math.max(scale, base.scale)))
}

const integerRoot = (value: bigint): bigint => {
  if (value < 2n) return value
  let x = 1n << BigInt(Math.ceil(value.toString(2).length / 2))
  for (;;) {
    const y = (x + value / x) >> 1n
    if (y >= x) return x
    x = y
  }
}

export const root = (value: Decimal, scale: number): Decimal => {
  if (value.digits < 0n) throw new ProgramFailure("Square root of a negative number")
  const places = Math.max(scale, value.scale)
  return { digits: integerRoot(rescale(value, places * 2).digits), scale: places }
}

const DIGITS = "0123456789ABCDEF"

export const parse = (text: string, base: number): Decimal => {
  const [front, back = ""] = text.split(".")
  if (base === 10 && !/[A-F]/.test(text)) return { digits: BigInt(`${front}${back}` || "0"), scale: back.length }
  const single = text.length === 1
  const digit = (char: string) => BigInt(single ? DIGITS.indexOf(char) : Math.min(DIGITS.indexOf(char), base - 1))
  let value = 0n
  for (const char of front) value = value * BigInt(base) + digit(char)
  let fraction = 0n
  for (const char of back) fraction = fraction * BigInt(base) + digit(char)
  return add(whole(value), divide(whole(fraction), whole(BigInt(base) ** BigInt(back.length)), back.length))
}

/** With the point where it belongs; no zero before it, as bc prints. */
const inTen = ({ digits, scale }: Decimal): string => {
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0")
  const front = text.slice(0, text.length - scale)
  const back = text.slice(text.length - scale)
  const shown = `${front === "0" && scale > 0 ? "" : front}${scale > 0 ? `.${back}` : ""}`
  if (digits === 0n) return "0"
  return digits < 0n ? `-${shown}` : shown
}

export const show = (value: Decimal, base: number): string => {
  if (base === 10) return inTen(value)
  const negative = value.digits < 0n
  const size = negative ? negate(value) : value
  const front = rescale(size, 0).digits
  const wide = base > 16
  const cell = (digit: number) => wide ? ` ${String(digit).padStart(String(base - 1).length, "0")}` : DIGITS[digit]
  let text = ""
  for (let left = front; left > 0n; left /= BigInt(base)) text = cell(Number(left % BigInt(base))) + text
  if (size.scale > 0) {
    let rest = add(size, negate(whole(front)))
    const limit = ten(size.scale)
    let reached = 1n
    text += "."
    while (reached < limit) {
      rest = { digits: rest.digits * BigInt(base), scale: rest.scale }
      const digit = rescale(rest, 0).digits
      text += cell(Number(digit))
      rest = add(rest, negate(whole(digit)))
      reached *= BigInt(base)
    }
  }
  return (negative ? "-" : "") + (text === "" ? "0" : text)
}

export const lengthOf = ({ digits, scale }: Decimal): number =>
  Math.max(String(digits < 0n ? -digits : digits).length, scale) || 1
