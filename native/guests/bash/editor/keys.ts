/**
 * Keys from the bytes that a terminal sends. Pure: what is not whole yet is left to whoever has the bytes. A key is named as in
 * a list of key bindings: `C-a`, `M-b`, `up`, `C-left`; printable text comes in runs.
 */
import { decodeText } from "../text.ts"

export interface Key {
  /** `text` and `paste` stand for what is in `text`. */
  readonly name: string
  /** What was typed, as it is. */
  readonly text: string
  /** The function that has been bound to it. */
  readonly does?: string
}

export interface Decoded {
  readonly key: Key
  /** Where the next one begins. */
  readonly end: number
}

const ESCAPE = 0x1b
const PASTE_END = Buffer.from("\x1b[201~")
/** Bytes after which an escape sequence that does not end is none. */
const MAX_SEQUENCE = 32

const finals: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  H: "home",
  F: "end",
  Z: "S-tab",
  M: "enter"
}

const numbered: Readonly<Record<string, string>> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "page-up",
  6: "page-down",
  7: "home",
  8: "end",
  200: "paste-begin"
}

/** What the number behind a semicolon says was held down: shift, meta, control. */
const modifiers = (given: string | undefined): string => {
  const bits = Math.max(0, Number(given ?? 1) - 1)
  return `${bits & 4 ? "C-" : ""}${bits & 2 ? "M-" : ""}`
}

const sequence = (bytes: Uint8Array, at: number): Decoded | undefined => {
  let end = at + 2
  while (end < bytes.length && bytes[end] >= 0x20 && bytes[end] < 0x40) end++
  if (end === bytes.length) return end - at > MAX_SEQUENCE ? unknown(bytes, at, end) : undefined
  const [first, second] = decodeText(bytes.subarray(at + 2, end)).split(";")
  const final = String.fromCharCode(bytes[end])
  const name = final === "~" ? numbered[first] : finals[final]
  if (name === undefined) return unknown(bytes, at, end + 1)
  return { key: { name: modifiers(second) + name, text: decodeText(bytes.subarray(at, end + 1)) }, end: end + 1 }
}

const unknown = (bytes: Uint8Array, at: number, end: number): Decoded => ({
  key: { name: "unknown", text: decodeText(bytes.subarray(at, end)) },
  end
})

const controls: Readonly<Record<number, string>> = {
  8: "backspace",
  9: "tab",
  10: "enter",
  13: "enter",
  127: "backspace"
}

const isControl = (byte: number): boolean => byte < 0x20 || byte === 0x7f

const nameOf = (byte: number): string =>
  controls[byte] ?? `C-${String.fromCharCode(byte + (byte >= 1 && byte <= 26 ? 96 : 64))}`

const lengthBy = (first: number): number =>
  first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1

/** Where the last character that is whole ends. */
const wholeEnd = (bytes: Uint8Array, start: number, end: number): number => {
  for (let at = end - 1; at >= start && at >= end - 3; at--) {
    if ((bytes[at] & 0xc0) === 0x80) continue
    return bytes[at] >= 0xc2 && at + lengthBy(bytes[at]) > end ? at : end
  }
  return end
}

const meta = (bytes: Uint8Array, at: number): Decoded | undefined => {
  const byte = bytes[at + 1]
  if (byte === 0x5b) return sequence(bytes, at)
  if (byte === 0x4f) {
    if (at + 2 >= bytes.length) return undefined
    const name = finals[String.fromCharCode(bytes[at + 2])]
    return name === undefined
      ? unknown(bytes, at, at + 3)
      : { key: { name, text: decodeText(bytes.subarray(at, at + 3)) }, end: at + 3 }
  }
  // what is typed after the key by itself counts from there
  if (byte === ESCAPE || byte >= 0x80) return unknown(bytes, at, at + 1)
  const name = isControl(byte) ? `M-${nameOf(byte)}` : `M-${String.fromCharCode(byte)}`
  return { key: { name, text: decodeText(bytes.subarray(at, at + 2)) }, end: at + 2 }
}

/** The key that begins at `at`; undefined when more bytes are needed. `pasting`: what was pasted has not ended yet. */
export const decodeKey = (bytes: Uint8Array, at: number, pasting: boolean): Decoded | undefined => {
  if (at >= bytes.length) return undefined
  if (pasting) return pasted(bytes, at)
  const byte = bytes[at]
  if (byte === ESCAPE) return at + 1 < bytes.length ? meta(bytes, at) : undefined
  if (isControl(byte)) return { key: { name: nameOf(byte), text: String.fromCharCode(byte) }, end: at + 1 }
  let end = at
  while (end < bytes.length && !isControl(bytes[end])) end++
  if (end === bytes.length) end = wholeEnd(bytes, at, end)
  return end === at ? undefined : { key: { name: "text", text: decodeText(bytes.subarray(at, end)) }, end }
}

const pasted = (bytes: Uint8Array, at: number): Decoded | undefined => {
  if (startsAt(bytes, at, PASTE_END)) {
    return { key: { name: "paste-end", text: "" }, end: at + PASTE_END.length }
  }
  const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(PASTE_END, at)
  let end = found < 0 ? bytes.length : found
  if (found < 0) {
    // the beginning of the mark may have come already
    const escape = bytes.lastIndexOf(ESCAPE)
    if (escape >= at && bytes.length - escape < PASTE_END.length && startsAt(PASTE_END, 0, bytes.subarray(escape))) {
      end = escape
    } else end = wholeEnd(bytes, at, end)
  }
  return end === at ? undefined : { key: { name: "paste", text: decodeText(bytes.subarray(at, end)) }, end }
}

const startsAt = (bytes: Uint8Array, at: number, mark: Uint8Array): boolean =>
  at + mark.length <= bytes.length && mark.every((byte, index) => bytes[at + index] === byte)
