/** Values as text. */
import { MAX_TEXT } from "../../bash/limits.ts"
import type { Value } from "./values.ts"
import { isArray, MAX_NESTING, OutOfBounds, sortedKeys, wellFormed } from "./values.ts"

export interface Layout {
  /** What a level is indented by; undefined for one line. */
  readonly indent?: string | undefined
  readonly sorted?: boolean | undefined
  /** Only ASCII, the rest as escapes. */
  readonly ascii?: boolean | undefined
  readonly colored?: boolean | undefined
  /** Enough when so many characters are there. */
  readonly limit?: number | undefined
}

const exponent = (digits: string, point: number): string => {
  const power = point - 1
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`
}

export const numberText = (value: number): string => {
  if (Number.isSafeInteger(value) && Math.abs(value) < 1e15) return Object.is(value, -0) ? "-0" : String(value)
  if (Number.isNaN(value)) return "null"
  const sign = value < 0 ? "-" : ""
  const magnitude = Math.min(Math.abs(value), Number.MAX_VALUE)
  const [, whole, fraction = "", power] = /^(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(magnitude.toExponential())!
  const digits = whole + fraction
  const point = Number(power) + 1
  if (point <= -4 || point > digits.length + 15) return sign + exponent(digits, point)
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length)
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

const special = /[\x00-\x1f"\\\x7f\uD800-\uDFFF]/

export const quoteText = (text: string, ascii = false): string => {
  // JSON.stringify leaves 0x7f, which jq escapes
  const quoted = special.test(text)
    ? JSON.stringify(wellFormed(text)).replaceAll("\x7f", "\\u007f")
    : `"${text}"`
  if (!ascii) return quoted
  return quoted.replaceAll(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

const colors = {
  null: "1;30",
  false: "0;39",
  true: "0;39",
  number: "0;39",
  string: "0;32",
  array: "1;39",
  object: "1;39",
  key: "34;1"
}

class Full {}

class Printer {
  private pieces: Array<string> = []
  private size = 0

  constructor(private readonly layout: Layout) {}

  run(value: Value): string {
    try {
      this.print(value, 0)
    } catch (error) {
      if (!(error instanceof Full)) throw error
    }
    return this.pieces.join("")
  }

  private add(text: string): void {
    this.pieces.push(text)
    this.size += text.length
    if (this.size > (this.layout.limit ?? MAX_TEXT)) {
      if (this.layout.limit !== undefined) throw new Full()
      throw new OutOfBounds("a value is too long to print")
    }
    if (this.pieces.length > 50_000) this.pieces = [this.pieces.join("")]
  }

  private paint(color: keyof typeof colors, text: string): void {
    this.add(this.layout.colored === true ? `\x1b[${colors[color]}m${text}\x1b[0m` : text)
  }

  private line(depth: number): string {
    const { indent } = this.layout
    return indent === undefined ? "" : `\n${indent.repeat(depth)}`
  }

  private print(value: Value, depth: number): void {
    if (depth > MAX_NESTING) throw new OutOfBounds("a value is nested too deeply to print")
    if (value === null) this.paint("null", "null")
    else if (typeof value === "boolean") this.paint(value ? "true" : "false", String(value))
    else if (typeof value === "number") this.paint("number", numberText(value))
    else if (typeof value === "string") this.paint("string", quoteText(value, this.layout.ascii))
    else if (isArray(value)) {
      this.list("array", "[]", value, depth, (each) => this.print(each, depth + 1))
    } else {
      const keys = this.layout.sorted === true ? sortedKeys(value) : value.keys()
      this.list("object", "{}", keys, depth, (key) => {
        this.paint("key", quoteText(key, this.layout.ascii))
        this.paint("object", this.layout.indent === undefined || this.layout.colored === true ? ":" : ": ")
        if (this.layout.indent !== undefined && this.layout.colored === true) this.add(" ")
        this.print(value.get(key)!, depth + 1)
      })
    }
  }

  private list<A>(
    color: "array" | "object",
    brackets: string,
    items: ReadonlyArray<A>,
    depth: number,
    print: (item: A) => void
  ): void {
    if (items.length === 0) {
      this.paint(color, brackets)
      return
    }
    const { colored } = this.layout
    this.add(colored === true ? `\x1b[${colors[color]}m${brackets[0]}` : brackets[0])
    const separator = this.line(depth + 1)
    for (let index = 0; index < items.length; index++) {
      if (index > 0) this.add(colored === true ? `\x1b[${colors[color]}m,` : ",")
      this.add(separator)
      if (colored === true) this.add("\x1b[0m")
      print(items[index])
    }
    if (colored === true) this.add(`\x1b[${colors[color]}m`)
    this.add(this.line(depth))
    this.add(colored === true ? `\x1b[${colors[color]}m${brackets[1]}\x1b[0m` : brackets[1])
  }
}

export const serialize = (value: Value, layout: Layout = {}): string => {
  if (typeof value === "number") return layout.colored === true ? new Printer(layout).run(value) : numberText(value)
  return new Printer(layout).run(value)
}
