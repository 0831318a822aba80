/** The escapes of `$'…'`, `echo -e` and `printf`, over shell text. */
import { byteText, normalizeText } from "../text.ts"

const simple: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\"
}

const codePoint = (value: number): string => value > 0x10ffff ? "" : String.fromCodePoint(value)

export interface EscapeRules {
  /** `\'`, `\"`, `\?` and `\cX` (in `$'…'`). */
  readonly quotes: boolean
  /** `\0nnn` has up to three digits after the zero. */
  readonly zeroOctal: boolean
  /** `\nnn` without a zero. */
  readonly octal: boolean
  /** `\c` ends the output. */
  readonly stops: boolean
}

export interface Unescaped {
  readonly text: string
  readonly stopped: boolean
}

const numbers = /^(?:x\{?([0-9a-fA-F]{1,2})\}?|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8}))/

export const unescapeText = (source: string, rules: EscapeRules): Unescaped => {
  if (!source.includes("\\")) return { text: source, stopped: false }
  let text = ""
  let hasBytes = false
  for (let at = 0; at < source.length;) {
    const slash = source.indexOf("\\", at)
    if (slash < 0 || slash === source.length - 1) return finish(text + source.slice(at), hasBytes)
    text += source.slice(at, slash)
    const char = source[slash + 1]
    at = slash + 2
    const rest = source.slice(slash + 1, slash + 12)
    const number = numbers.exec(rest)
    const octal = (rules.zeroOctal ? /^0([0-7]{0,3})/ : /^(?!)/).exec(rest)
      ?? (rules.octal ? /^([0-7]{1,3})/ : /^(?!)/).exec(rest)
    if (char in simple) text += simple[char]
    else if (number !== null) {
      at = slash + 1 + number[0].length
      if (number[1] !== undefined) {
        text += byteText(Number.parseInt(number[1], 16))
        hasBytes = true
      } else text += codePoint(Number.parseInt(number[2] ?? number[3], 16))
    } else if (octal !== null) {
      at = slash + 1 + octal[0].length
      text += byteText((octal[1] === "" ? 0 : Number.parseInt(octal[1], 8)) & 0xff)
      hasBytes = true
    } else if (rules.stops && char === "c") return { ...finish(text, hasBytes), stopped: true }
    else if (rules.quotes && (char === "'" || char === "\"" || char === "?")) text += char
    else if (rules.quotes && char === "c" && at < source.length) {
      text += String.fromCharCode(source.charCodeAt(at) & 0x1f)
      at++
    } else text += `\\${char}`
  }
  return finish(text, hasBytes)
}

const finish = (text: string, hasBytes: boolean): Unescaped => ({
  text: hasBytes ? normalizeText(text) : text,
  stopped: false
})

/** The inside of `$'…'`; a NUL ends it, as it would in C. */
export const ansiQuoted = (source: string): string => {
  const { text } = unescapeText(source, { quotes: true, zeroOctal: false, octal: true, stops: false })
  const end = text.indexOf("\0")
  return end < 0 ? text : text.slice(0, end)
}
