/** How a terminal shows text: what a character looks like, how many columns it takes, and where that leads. */
import { eastAsianWidth } from "get-east-asian-width"

/** Marks that stand on the character before them, and what is not shown at all. */
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]$/u
const SOFT_HYPHEN = 0xad
const TAB_WIDTH = 8

/** Columns of a printable character: 0, 1 or 2. */
export const widthOf = (code: number): number => {
  if (code < 0x300) return 1
  if (code !== SOFT_HYPHEN && invisible.test(String.fromCodePoint(code))) return 0
  return eastAsianWidth(code)
}

/** A place on the screen, by the row in which the prompt's last line begins. */
export interface Place {
  readonly row: number
  readonly column: number
}

const isEscape = (code: number): boolean => code >= 0xdc80 && code <= 0xdcff

/** What a character is shown as, when not as itself. A newline stays one: it is told apart by its place. */
const shownAs = (code: number, column: number): string | undefined => {
  if (code === 9) return " ".repeat(TAB_WIDTH - column % TAB_WIDTH)
  if (code === 0x7f) return "^?"
  if (code < 0x20) return `^${String.fromCharCode(code + 64)}`
  // a byte that is no text
  if (isEscape(code)) return `\\${(code - 0xdc00).toString(8)}`
  if (code >= 0x80 && code < 0xa0) return `\\${code.toString(8)}`
  return undefined
}

/** Where text leads, on a screen of so many columns; nothing stands half in one row and half in the next. */
export const placeAfter = (text: string, from: Place, columns: number, start = 0, end = text.length): Place => {
  let { column, row } = from
  const step = (width: number) => {
    if (column + width > columns) {
      row++
      column = 0
    }
    column += width
  }
  for (let at = start; at < end;) {
    const code = text.codePointAt(at)!
    at += code > 0xffff ? 2 : 1
    if (code === 10) {
      row += column === columns ? 2 : 1
      column = 0
      continue
    }
    const shown = shownAs(code, column)
    if (shown === undefined) step(Math.min(widthOf(code), columns))
    else for (let left = shown.length; left > 0; left--) step(1)
  }
  return column === columns ? { row: row + 1, column: 0 } : { row, column }
}

/** The bytes of text as a terminal gets them, from a column on. */
export const drawn = (text: string, from: Place, columns: number, start = 0): string => {
  if (/^[\x20-\x7e]*$/.test(start === 0 ? text : text.slice(start))) return start === 0 ? text : text.slice(start)
  let out = ""
  let place = from
  for (let at = start; at < text.length;) {
    const code = text.codePointAt(at)!
    const next = at + (code > 0xffff ? 2 : 1)
    // a row that is full ends by itself only when something follows in the next
    if (code === 10) out += place.column === 0 && at > start && text[at - 1] !== "\n" ? " \r\n" : "\n"
    else out += shownAs(code, place.column) ?? text.slice(at, next)
    place = placeAfter(text, place, columns, at, next)
    at = next
  }
  return out
}

/** Where the character behind `at` ends, marks that belong to it included. */
export const nextCharacter = (text: string, at: number): number => {
  if (at >= text.length) return text.length
  let end = at + (text.codePointAt(at)! > 0xffff ? 2 : 1)
  while (end < text.length) {
    const code = text.codePointAt(end)!
    if (code < 0x300 || widthOf(code) > 0 || isEscape(code)) break
    end += code > 0xffff ? 2 : 1
  }
  return end
}

const before = (text: string, at: number): number => {
  const code = text.charCodeAt(at - 1)
  const isLow = code >= 0xdc00 && code <= 0xdfff && at > 1
  return isLow && text.codePointAt(at - 2)! > 0xffff ? at - 2 : at - 1
}

/** Where the character in front of `at` begins. */
export const previousCharacter = (text: string, at: number): number => {
  let start = at
  while (start > 0) {
    start = before(text, start)
    const code = text.codePointAt(start)!
    if (code < 0x300 || widthOf(code) > 0 || isEscape(code)) break
  }
  return start
}
