/** Key sequences as they are written in `bind` and in an init file. What is kept of one is its bytes, a character for each. */
import { encodeText } from "../text.ts"

const ESCAPE = 0x1b
const RUBOUT = 0x7f

const letters: Readonly<Record<string, number>> = { a: 7, b: 8, d: RUBOUT, e: ESCAPE, f: 12, n: 10, r: 13, t: 9, v: 11 }

/** Bytes as the characters of the same numbers. */
export const toBytes = (text: string): string => Buffer.from(encodeText(text)).toString("latin1")

const control = (char: string): number => char === "?" ? RUBOUT : char.toUpperCase().charCodeAt(0) & 0x1f

interface Parsed {
  readonly codes: ReadonlyArray<number>
  readonly length: number
}

/** The key behind `\C-` or `\M-`. */
const modified = (text: string): Parsed | undefined => {
  const both = /^C-\\M-([\s\S])/.exec(text)
  if (both !== null) return { codes: [control(both[1]) | 0x80], length: 6 }
  const metaControl = /^M-\\C-([\s\S])/.exec(text)
  if (metaControl !== null) return { codes: [control(metaControl[1]) | 0x80], length: 6 }
  const one = /^([CM])-([\s\S])/.exec(text)
  if (one === null) return undefined
  return { codes: [one[1] === "C" ? control(one[2]) : one[2].charCodeAt(0) | 0x80], length: 3 }
}

/** What stands behind a backslash. */
const escaped = (text: string): Parsed => {
  const key = modified(text)
  if (key !== undefined) return key
  const octal = /^[0-7]{1,3}/.exec(text)?.[0]
  if (octal !== undefined) return { codes: [parseInt(octal, 8) & 0xff], length: octal.length }
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(text)?.[1]
  if (hex !== undefined) return { codes: [parseInt(hex, 16)], length: hex.length + 1 }
  return { codes: [letters[text[0]] ?? text.charCodeAt(0)], length: 1 }
}

/** The bytes of a sequence, or of the text of a macro, with its escapes resolved. */
export const parseSequence = (given: string): string => {
  const text = toBytes(given)
  let sequence = ""
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "\\" || at + 1 === text.length) {
      sequence += text[at]
      continue
    }
    const { codes, length } = escaped(text.slice(at + 1, at + 8))
    sequence += String.fromCharCode(...codes)
    at += length
  }
  return sequence
}

const keyNames: Readonly<Record<string, number>> = {
  del: RUBOUT,
  esc: ESCAPE,
  escape: ESCAPE,
  lfd: 10,
  newline: 10,
  ret: 13,
  return: 13,
  rubout: RUBOUT,
  spc: 0x20,
  space: 0x20,
  tab: 9
}

/** The key that a name stands for, such as `Control-Meta-x` or `Rubout`. */
export const parseKeyName = (name: string): string => {
  const key = name.slice(name.lastIndexOf("-") + 1)
  let code = keyNames[key.toLowerCase()] ?? (toBytes(key).charCodeAt(0) || 0)
  if (/control-|ctrl-|c-/i.test(name)) code = control(String.fromCharCode(code))
  if (/meta-|m-/i.test(name)) code |= 0x80
  return String.fromCharCode(code)
}

/** What stands for any other key, behind a sequence that others begin with. */
export const ANY_OTHER = "\u0100"

const shownChar = (char: string): string => {
  const code = char.charCodeAt(0)
  if (char === ANY_OTHER) return "\\000"
  if (code === ESCAPE) return "\\e"
  if (code === RUBOUT) return "\\C-?"
  if (code < 0x20) return `\\C-${String.fromCharCode(code | 0x40).toLowerCase()}`
  if (code >= 0x80) return `\\${code.toString(8)}`
  return char === "\\" || char === "\"" ? `\\${char}` : char
}

/** As it can be given again. */
export const showSequence = (sequence: string): string => Array.from(sequence, shownChar).join("")
