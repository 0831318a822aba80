/**
 * Text and bytes. Shell text is a JavaScript string; a byte that is not part of valid UTF-8 is kept as the lone
 * surrogate U+DC00 + byte, so that every byte sequence survives the way through variables and pipes unchanged.
 */
import { isAscii, isUtf8 } from "node:buffer"

const escapes = /[\uDC80-\uDCFF]/u

const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export const encodeText = (text: string): Uint8Array => {
  if (!escapes.test(text)) return Buffer.from(text, "utf8")
  const pieces: Array<Uint8Array> = []
  let start = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code >= 0xd800 && code < 0xdc00) {
      index++
      continue
    }
    if (code < 0xdc80 || code > 0xdcff) continue
    if (index > start) pieces.push(Buffer.from(text.slice(start, index), "utf8"))
    pieces.push(Uint8Array.of(code - 0xdc00))
    start = index + 1
  }
  if (start < text.length) pieces.push(Buffer.from(text.slice(start), "utf8"))
  return Buffer.concat(pieces)
}

export const decodeText = (bytes: Uint8Array): string => {
  if (bytes.length === 0) return ""
  if (isAscii(bytes)) return view(bytes).toString("latin1")
  if (isUtf8(bytes)) return view(bytes).toString("utf8")
  return decodeInvalid(bytes)
}

/** Length of the valid UTF-8 sequence at `at`, or 0. */
const sequenceLength = (bytes: Uint8Array, at: number): number => {
  const first = bytes[at]
  if (first < 0x80) return 1
  const length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0
  if (length === 0 || first >= 0xf5 || at + length > bytes.length) return 0
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0
}

const decodeInvalid = (bytes: Uint8Array): string => {
  let text = ""
  let start = 0
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length > 0) {
      at += length
      continue
    }
    if (at > start) text += view(bytes).toString("utf8", start, at)
    text += String.fromCharCode(0xdc00 + bytes[at])
    start = ++at
  }
  return start < at ? text + view(bytes).toString("utf8", start, at) : text
}

/** Whether the string has characters outside the basic plane, so that indexes are not character counts. */
const wide = /[\uD800-\uDBFF]/

/** Number of characters, as `${#x}` counts them. */
export const textLength = (text: string): number => wide.test(text) ? Array.from(text).length : text.length

/** Characters from `start` to `end`. */
export const textSlice = (text: string, start: number, end: number): string =>
  wide.test(text) ? Array.from(text).slice(start, end).join("") : text.slice(start, end)

export const characters = (text: string): ReadonlyArray<string> => wide.test(text) ? Array.from(text) : text.split("")

/** One byte as a character of shell text. */
export const byteText = (byte: number): string => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)

/** Bytes that were collected as escapes may together be UTF-8: makes them the characters that they are. */
export const normalizeText = (text: string): string => escapes.test(text) ? decodeText(encodeText(text)) : text

export const quoteSingle = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
