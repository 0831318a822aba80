/** The formats of printf. */
import { parseNumber } from "../../bash/arithmetic/parse.ts"
import { quoteBackslash } from "../../bash/expand/quote.ts"
import { unescapeText } from "../../bash/parse/ansi.ts"
import { decodeText, encodeText, textLength } from "../../bash/text.ts"
import type { LocalZone } from "../time/local-zone.ts"
import { formatTime } from "./strftime.ts"

export interface Formatted {
  readonly text: string
  readonly status: number
  /** What was wrong with the arguments. */
  readonly problems: ReadonlyArray<string>
}

/** What `%(...)T` shows: the shell's start, and where its clock hangs. */
export interface FormatOptions {
  readonly startedAt: number
  readonly zone?: LocalZone
}

/** One directive, with its width and precision at hand. */
export interface Directive {
  readonly flags: string
  readonly width: number
  readonly precision: number | undefined
  readonly conversion: string
  readonly time: string | undefined
}

/** Text that is printed, a directive, or one that is none, of which the format goes on behind its begin. */
type Piece = string | { readonly spec: RegExpExecArray } | { readonly warning: string; readonly text: string }

const directive = /^%([-+ #0']*)(\*|\d+)?(?:\.(\*|-?\d*))?(?:[hlLjzt]*)(?:\(([^)]*)\)(?=T))?([\s\S])?/u
/** Up to the next directive: what a backslash stands before begins none, unless it is the percent itself. */
const literal = /^(?:\\[^%]|\\(?=%|$)|[^%\\])+/
/** Widest field: a format must not make more than the worker can hold. */
const MAX_WIDTH = 1_000_000

const escapes = { quotes: false, zeroOctal: false, octal: true, stops: true }

/** The pieces of a format, and whether a `\c` ends it. */
const parseFormat = (format: string): { readonly pieces: ReadonlyArray<Piece>; readonly stopped: boolean } => {
  const pieces: Array<Piece> = []
  for (let at = 0; at < format.length;) {
    const rest = format.slice(at)
    const text = literal.exec(rest)?.[0]
    if (text !== undefined) {
      const plain = unescapeText(text, escapes)
      pieces.push(plain.text)
      if (plain.stopped) return { pieces, stopped: true }
      at += text.length
      continue
    }
    const spec = directive.exec(rest)!
    if (spec[5] === "(") {
      const bad = /\)(.?)/u.exec(rest)?.[1] ?? ""
      pieces.push({ warning: `warning: \`${bad}': invalid time format specification`, text: spec[0] })
    } else pieces.push({ spec })
    at += spec[0].length
  }
  return { pieces, stopped: false }
}

/** A field of a width in bytes, as bash and printf(1) count. */
const padBytes = (text: string, spec: Directive): string => padField(text, spec, false, encodeText(text).length)

/** A field of a width. `zero` fills it behind the sign. */
export const padField = (
  text: string,
  { flags, width }: Directive,
  zero = false,
  length = textLength(text)
): string => {
  const missing = width - length
  if (missing <= 0) return text
  if (flags.includes("-")) return text + " ".repeat(missing)
  if (!zero) return " ".repeat(missing) + text
  const sign = /^(?:[-+ ]|0[xX])/.exec(text)?.[0] ?? ""
  return sign + "0".repeat(missing) + text.slice(sign.length)
}

class Formatter {
  private next = 0
  readonly problems: Array<string> = []
  status = 0
  stopped = false
  bad = false

  constructor(private readonly args: ReadonlyArray<string>, private readonly options: FormatOptions) {}

  get used(): number {
    return this.next
  }

  private take(): string | undefined {
    return this.args[this.next++]
  }

  private fail(problem: string): void {
    this.problems.push(problem)
    this.status = 1
  }

  /** Tells of what is no directive, and shows it. */
  warn({ text, warning }: { readonly warning: string; readonly text: string }): string {
    this.problems.push(warning)
    return text
  }

  /** The integer that an argument stands for: a number, or a character behind a quote. */
  private integer(text: string | undefined): bigint {
    if (text === undefined || text === "") return 0n
    if (/^["']/.test(text)) return BigInt(text.codePointAt(1) ?? 0)
    const match = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|\d+)/.exec(text)
    const rest = match === null ? text : text.slice(match[0].length)
    if (match === null || rest !== "") this.fail(`${text}: invalid number`)
    if (match === null) return 0n
    const value = parseNumber(match[2])
    if (typeof value === "string") {
      this.fail(`${text}: invalid ${match[2].startsWith("0") ? "octal " : ""}number`)
      return 0n
    }
    const digits = /^0[xX]|^0\d/.test(match[2]) ? BigInt(value) : BigInt(match[2])
    const limit = (1n << 63n) - 1n
    if (digits > limit && !/^0[xX]/.test(match[2])) {
      this.fail(`warning: ${text}: Numerical result out of range`)
      return match[1] === "-" ? -limit - 1n : limit
    }
    return match[1] === "-" ? -digits : digits
  }

  private float(text: string | undefined): number {
    if (text === undefined || text === "") return 0
    if (/^["']/.test(text)) return text.codePointAt(1) ?? 0
    const match = /^\s*[+-]?(?:inf(?:inity)?|nan|0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/i.exec(text)
    if (match === null || match[0].length !== text.length) this.fail(`${text}: invalid number`)
    if (match === null) return 0
    const word = match[0].trim().toLowerCase()
    if (word.includes("inf")) return word.startsWith("-") ? -Infinity : Infinity
    return Number(word)
  }

  private measure(text: string | undefined): number | undefined {
    if (text === undefined) return undefined
    const value = text === "*" ? Number(this.integer(this.take())) : Number(text)
    return Math.max(-MAX_WIDTH, Math.min(MAX_WIDTH, value))
  }

  format(spec: RegExpExecArray): string {
    const [whole, flags, width, precision, time, conversion] = spec
    if (conversion === "%") return "%"
    if (conversion === undefined) {
      this.fail(whole.length === 1 ? "`%': missing format character" : `\`${whole}': missing format character`)
      this.bad = true
      return ""
    }
    const wide = this.measure(width) ?? 0
    const precise = this.measure(precision)
    return this.convert({
      flags: wide < 0 ? `${flags}-` : flags,
      width: Math.abs(wide),
      precision: precise !== undefined && precise < 0 ? undefined : precise,
      conversion,
      time
    })
  }

  private convert(spec: Directive): string {
    switch (spec.conversion) {
      case "s":
        return padBytes(this.cut(this.take() ?? "", spec), spec)
      case "b": {
        const { stopped, text } = unescapeText(this.take() ?? "", {
          quotes: false,
          zeroOctal: true,
          octal: true,
          stops: true
        })
        this.stopped = stopped
        return padBytes(this.cut(text, spec), spec)
      }
      case "q":
        return padBytes(quoteBackslash(this.take() ?? ""), spec)
      case "Q":
        return padBytes(quoteBackslash(this.cut(this.take() ?? "", spec)), spec)
      case "c":
        return padBytes(this.cut(this.take() ?? "", { ...spec, precision: 1 }), spec)
      case "d":
      case "i":
        return formatInteger({ ...spec, conversion: "d" }, this.integer(this.take()))
      case "u":
      case "o":
      case "x":
      case "X":
        return formatInteger(spec, BigInt.asUintN(64, this.integer(this.take())))
      case "T": {
        const text = this.take()
        const seconds = text === undefined || text === "-1" ?
          Date.now() / 1000
          : text === "-2"
          ? this.options.startedAt / 1000
          : Number(this.integer(text))
        return padField(
          formatTime(spec.time === "" || spec.time === undefined ? "%X" : spec.time, seconds * 1000, this.options.zone),
          spec
        )
      }
      case "e":
      case "E":
      case "f":
      case "F":
      case "g":
      case "G":
      case "a":
      case "A":
        return formatFloat(spec, this.float(this.take()))
      default:
        this.fail(`\`${decodeText(encodeText(spec.conversion).subarray(0, 1))}': invalid format character`)
        this.bad = true
        return ""
    }
  }

  private cut(text: string, { precision }: Directive): string {
    return precision === undefined ? text : decodeText(encodeText(text).subarray(0, precision))
  }
}

/** A whole number in the base of its conversion: d, u, o, x or X. */
export const formatInteger = (spec: Directive, value: bigint): string => {
  const { conversion, flags, precision } = spec
  const base = conversion === "o" ? 8 : conversion === "d" || conversion === "u" ? 10 : 16
  let digits = (value < 0n ? -value : value).toString(base).padStart(precision ?? 0, "0")
  if (flags.includes("#") && value !== 0n) digits = base === 16 ? `0x${digits}` : base === 8 ? `0${digits}` : digits
  if (conversion === "X") digits = digits.toUpperCase()
  const sign = conversion !== "d" ? "" : value < 0n ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : ""
  return padField(sign + digits, spec, flags.includes("0") && precision === undefined)
}

const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, "e$10$2")

/** More digits than a tie between two neighbours has. */
const MORE = 25

/**
 * A number by one of JavaScript's methods, which take the larger of two neighbours that are equally near; C's take the even
 * one.
 */
const evenly = (value: number, digits: number, by: "toFixed" | "toExponential"): string => {
  const text = value[by](digits)
  const [long, power = ""] = value[by](Math.min(100, digits + MORE)).split("e")
  const point = long.indexOf(".")
  const kept = digits === 0 ? point : point + 1 + digits
  if (!/^50*$/.test(long.slice(digits === 0 ? point + 1 : kept))) return text
  const below = long.slice(0, kept)
  return "02468".includes(below.at(-1)!) ? `${below}${power === "" ? "" : `e${power}`}` : text
}

const general = (value: number, precision: number, alternate: boolean): string => {
  const significant = precision === 0 ? 1 : precision
  const power = value === 0 ? 0 : Number(value.toExponential(significant - 1).split("e")[1])
  const text = power < -4 || power >= significant
    ? exponent(evenly(value, significant - 1, "toExponential"))
    : evenly(value, Math.max(0, significant - 1 - power), "toFixed")
  if (alternate || !text.includes(".")) return text
  return text.replace(/\.?0+(?=e|$)/, "")
}

/** A number by e, f, g or their capitals. */
export const formatFloat = (spec: Directive, value: number): string => {
  const precision = Math.min(spec.precision ?? 6, 100)
  const size = Math.abs(value)
  const kind = spec.conversion.toLowerCase()
  let text: string
  if (!Number.isFinite(value)) text = Number.isNaN(value) ? "nan" : "inf"
  else if (kind === "f") {
    text = size < 1e21
      ? evenly(size, precision, "toFixed")
      : BigInt(size).toString() + (precision > 0 ? `.${"0".repeat(precision)}` : "")
  } else if (kind === "e") text = exponent(evenly(size, precision, "toExponential"))
  else text = general(size, precision, spec.flags.includes("#"))
  const negative = value < 0 || Object.is(value, -0)
  const sign = negative ? "-" : spec.flags.includes("+") ? "+" : spec.flags.includes(" ") ? " " : ""
  const result = padField(sign + text, spec, spec.flags.includes("0") && Number.isFinite(value))
  return spec.conversion === spec.conversion.toUpperCase() ? result.toUpperCase() : result
}

/** Formats as often as there are arguments for. */
export const formatText = (
  format: string,
  args: ReadonlyArray<string>,
  options: FormatOptions
): Formatted => {
  const { pieces, stopped } = parseFormat(format.replaceAll("\\\"", "\""))
  const formatter = new Formatter(args, options)
  const out: Array<string> = []
  do {
    const before = formatter.used
    for (const piece of pieces) {
      out.push(
        typeof piece === "string" ? piece : "spec" in piece ? formatter.format(piece.spec) : formatter.warn(piece)
      )
      if (formatter.stopped || formatter.bad) break
    }
    if (formatter.used === before || formatter.stopped || formatter.bad || stopped) break
  } while (formatter.used < args.length)
  return { text: out.join(""), status: formatter.status, problems: formatter.problems }
}
