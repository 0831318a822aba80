/** Values as the modes write them. */
import { encodeText } from "../bash/text.ts"
import type { Value } from "./library.ts"
import { BLOB, FLOAT, INTEGER, NULL } from "./library.ts"

const DIGITS = 20

/** A real with so many digits that reading it gives the same again. */
export const realText = (value: number): string => {
  if (!Number.isFinite(value)) return value < 0 ? "-1e999" : "1e999"
  const [mantissa, power] = value.toExponential(DIGITS - 1).split("e")
  const exponent = Number(power)
  const sign = mantissa.startsWith("-") ? "-" : ""
  const digits = mantissa.replace(/^-/, "").replace(".", "").replace(/0+$/, "") || "0"
  const point = (whole: string, rest: string) => `${sign}${whole}.${rest === "" ? "0" : rest}`
  if (exponent < -4 || exponent >= DIGITS) {
    const size = String(Math.abs(exponent)).padStart(2, "0")
    return `${point(digits[0], digits.slice(1))}e${exponent < 0 ? "-" : "+"}${size}`
  }
  if (exponent < 0) return point("0", "0".repeat(-exponent - 1) + digits)
  return point(digits.padEnd(exponent + 1, "0").slice(0, exponent + 1), digits.slice(exponent + 1))
}

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const hex = (bytes: Uint8Array): string => `X'${Buffer.from(bytes).toString("hex")}'`

/** As in SQL. */
export const literal = (value: Value): string => {
  switch (value.type) {
    case NULL:
      return "NULL"
    case FLOAT:
      return realText(value.number)
    case INTEGER:
      return value.text!
    case BLOB:
      return hex(value.bytes)
    default:
      return quoted(value.text!)
  }
}

/** A text that is not in the text's lines. */
const unused = (text: string, first: string, second: string): string => {
  if (!text.includes(first)) return first
  if (!text.includes(second)) return second
  for (let number = 0;; number++) {
    const name = `(${first}${number})`
    if (!text.includes(name)) return name
  }
}

/** As in SQL, in one line. */
export const lineLiteral = (value: Value): string => {
  const text = literal(value)
  if (value.type === BLOB || !/[\n\r]/.test(text)) return text
  const newline = unused(text, "\\n", "\\012")
  const carriage = unused(text, "\\r", "\\015")
  const ends = text.includes("\n") ? `,'${newline}',char(10))` : ""
  const returns = text.includes("\r") ? `,'${carriage}',char(13))` : ""
  const opening = (ends === "" ? "" : "replace(") + (returns === "" ? "" : "replace(")
  return opening + text.replaceAll("\n", newline).replaceAll("\r", carriage) + returns + ends
}

const jsonEscapes: Readonly<Record<string, string>> = {
  "\"": "\\\"",
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t"
}

export const jsonText = (text: string): string => {
  const escaped = text.replace(
    /["\\\x00-\x1f]/g,
    (char) => jsonEscapes[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`
  )
  return `"${escaped}"`
}

/** A text as C writes it. */
export const cText = (text: string): string => {
  const chars = Array.from(encodeText(text), (byte) => {
    const char = String.fromCharCode(byte)
    if (/[\t\n\r\\"]/.test(char)) return jsonEscapes[char]
    return byte >= 0x20 && byte < 0x7f ? char : `\\${byte.toString(8).padStart(3, "0")}`
  })
  return `"${chars.join("")}"`
}

const entities: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "\"": "&quot;",
  "'": "&#39;"
}

export const htmlText = (text: string): string => text.replace(/[<>&"']/g, (char) => entities[char])

/** A field of CSV; in quotation marks where it would be read otherwise. */
export const csvField = (text: string, separator: string): string =>
  text === "" || /[\x00-\x20"'\x7f-\uffff]/.test(text) || text.includes(separator)
    ? `"${text.replaceAll("\"", "\"\"")}"`
    : text

const plain = /^[A-Za-z_][A-Za-z0-9_]*$/

/** A name as in SQL. */
export const identifier = (name: string, isKeyword: (name: string) => boolean): string =>
  plain.test(name) && !isKeyword(name) ? name : `"${name.replaceAll("\"", "\"\"")}"`
