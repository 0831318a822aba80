/** sprintf, as awk has it. */
import type { Directive } from "../text/printf.ts"
import { formatFloat, formatInteger, padField } from "../text/printf.ts"
import type { Value } from "./values.ts"
import { Fatal, Input, oddNumber, toNumber } from "./values.ts"

const DIRECTIVE = /%(?:(\d+)\$)?([-+ #0']*)(\*|\d+)?(?:\.(\*|\d*))?(?:[hlLjzt]*)([a-zA-Z%])?/g
const MAX_WIDTH = 1_000_000

type Piece = string | {
  readonly flags: string
  readonly width: string | undefined
  readonly precision: string | undefined
  readonly conversion: string
}

const formats = new Map<string, ReadonlyArray<Piece>>()
const MAX_FORMATS = 200

const parse = (format: string): ReadonlyArray<Piece> => {
  const known = formats.get(format)
  if (known !== undefined) return known
  const pieces: Array<Piece> = []
  let last = 0
  for (const found of format.matchAll(DIRECTIVE)) {
    if (found.index > last) pieces.push(format.slice(last, found.index))
    last = found.index + found[0].length
    const [whole, , flags, width, precision, conversion] = found
    if (conversion === "%") pieces.push("%")
    else if (conversion === undefined || !"cdiouxXeEfFgGaAs".includes(conversion)) pieces.push(whole)
    else pieces.push({ flags, width, precision, conversion })
  }
  if (last < format.length) pieces.push(format.slice(last))
  if (formats.size >= MAX_FORMATS) formats.clear()
  formats.set(format, pieces)
  return pieces
}

/** A number by a format that has one directive: CONVFMT and OFMT. */
export const formatNumber = (format: string, value: number): string => sprintf(format, [value], () => "")

export const sprintf = (format: string, args: ReadonlyArray<Value>, text: (value: Value) => string): string => {
  let next = 0
  const take = (): Value => {
    if (next >= args.length) {
      throw new Fatal(`not enough arguments to satisfy format string\n\t\`${format}'`)
    }
    return args[next++]
  }
  const size = (given: string | undefined): number | undefined =>
    given === undefined ? undefined : Math.trunc(given === "*" ? toNumber(take()) : Number(given))
  let out = ""
  for (const piece of parse(format)) {
    if (typeof piece === "string") {
      out += piece
      continue
    }
    const width = size(piece.width) ?? 0
    const precision = size(piece.precision)
    out += convert(
      {
        flags: width < 0 ? `${piece.flags}-` : piece.flags,
        width: Math.min(MAX_WIDTH, Math.abs(width)),
        precision: precision === undefined || precision < 0 ? undefined : Math.min(MAX_WIDTH, precision),
        conversion: piece.conversion,
        time: undefined
      },
      take(),
      text
    )
  }
  return out
}

const convert = (spec: Directive, value: Value, text: (value: Value) => string): string => {
  const { conversion, precision } = spec
  if (conversion === "s") {
    const whole = text(value)
    return padField(precision === undefined ? whole : Array.from(whole).slice(0, precision).join(""), spec)
  }
  if (conversion === "c") return padField(character(value, text), spec)
  const number = toNumber(value)
  if (!Number.isFinite(number)) return padField(oddNumber(number), spec)
  if ("eEfFgGaA".includes(conversion)) return formatFloat(spec, number)
  const whole = BigInt(Math.trunc(number))
  // a negative number has no unsigned form
  if (whole < 0n && conversion !== "d" && conversion !== "i") return padField(String(number), spec)
  return formatInteger(conversion === "i" ? { ...spec, conversion: "d" } : spec, whole)
}

const character = (value: Value, text: (value: Value) => string): string => {
  const number = typeof value === "number" ? value : value instanceof Input ? value.number : undefined
  if (number === undefined) {
    return String.fromCodePoint(text(value).codePointAt(0) ?? 0).replace(/^\0$/, text(value) === "" ? "" : "\0")
  }
  const code = Math.trunc(number)
  return code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000) ? String.fromCodePoint(code) : ""
}
