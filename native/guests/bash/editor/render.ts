/**
 * What has to be written so that the screen shows another state of the line. Pure. What is on the screen already stays: from the
 * first character that differs, the rest is written again.
 */
import { drawn, type Place, placeAfter, previousCharacter } from "./width.ts"

export interface Screen {
  readonly columns: number
  readonly rows: number
}

/** What the screen shows. */
export interface Shown {
  /** The prompt's last line, as it is written, and where it leads. */
  readonly prompt: string
  readonly text: string
  readonly cursor: Place
  /** The first row that has not gone off the screen's top. */
  readonly top: number
}

/** What is marked so; and what steers the terminal, which bash would count. */
const invisible = /\x01[^\x02]*\x02?|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0e-\x1f]/g

/** A prompt without the marks around what is not shown. */
export const withoutMarks = (prompt: string): string => prompt.replace(/[\x01\x02]/g, "")

const originOf = (prompt: string, columns: number): Place =>
  placeAfter(prompt.replace(invisible, ""), { row: 0, column: 0 }, columns)

/** The prompt's last line: what stands in front of it is written once. */
export const lastLine = (prompt: string): string => prompt.slice(prompt.lastIndexOf("\n") + 1)

const move = (from: Place, to: Place): string => {
  const rows = to.row - from.row
  const vertical = rows === 0 ? "" : rows < 0 ? `\x1b[${-rows}A` : `\x1b[${rows}B`
  if (to.column === from.column) return vertical
  return `${vertical}\r${to.column === 0 ? "" : `\x1b[${to.column}C`}`
}

/** A row that is full is left for the next one. */
const settled = (written: string, { column }: Place): string => column === 0 && written !== "" ? " \r" : ""

const endsInNewline = (text: string): boolean => text.endsWith("\n")

/** The first character that differs, or one to which the difference belongs as a mark. */
const firstDifference = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  let at = 0
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  if (a.length === b.length && at === length) return at
  const startIn = (text: string) => at < text.length ? Math.min(at, previousCharacter(text, at + 1)) : at
  return Math.min(startIn(a), startIn(b))
}

/** Where in the text a row begins. */
const rowStart = (text: string, origin: Place, columns: number, row: number): number => {
  let low = 0
  let high = text.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (placeAfter(text, origin, columns, 0, middle).row >= row) high = middle
    else low = middle + 1
  }
  return low
}

export interface Drawn {
  readonly output: string
  readonly shown: Shown
}

/** The prompt and the text, from the beginning of an empty row. */
export const draw = (prompt: string, text: string, cursor: number, screen: Screen): Drawn => {
  const from: Shown = { prompt: "", text: "", cursor: { row: 0, column: 0 }, top: 0 }
  return redraw(from, prompt, text, cursor, screen)
}

/** What makes one thing shown into another. */
export const redraw = (shown: Shown, prompt: string, text: string, cursor: number, screen: Screen): Drawn => {
  const { columns, rows } = screen
  const origin = originOf(prompt, columns)
  const samePrompt = prompt === shown.prompt
  const end = placeAfter(text, origin, columns)
  let from = samePrompt ? firstDifference(shown.text, text) : 0
  let output = ""
  let at = shown.cursor
  const top = Math.max(shown.top, 0)
  if (!samePrompt) {
    output += `${move(at, { row: top, column: 0 })}${shown.prompt === "" && shown.text === "" ? "" : "\x1b[J"}${
      withoutMarks(prompt)
    }`
    at = origin
    if (text === "") output += settled(prompt, origin)
  }
  if (!samePrompt || from < text.length || from < shown.text.length) {
    let place = placeAfter(text, origin, columns, 0, from)
    if (place.row < top) {
      from = rowStart(text, origin, columns, top)
      place = placeAfter(text, origin, columns, 0, from)
    }
    const written = drawn(text, place, columns, from)
    output += samePrompt ? move(at, place) : ""
    if (samePrompt && from < shown.text.length) output += "\x1b[J"
    output += written + (endsInNewline(written) ? "" : settled(written, end))
    at = end
  }
  const newTop = Math.max(top, end.row - rows + 1)
  const place = placeAfter(text, origin, columns, 0, cursor)
  const target = place.row < newTop ? { row: newTop, column: 0 } : place
  return {
    output: output + move(at, target),
    shown: { prompt, text, cursor: target, top: newTop }
  }
}

/** To the row behind all that is shown. */
export const leave = (shown: Shown, { columns }: Screen): string => {
  const end = placeAfter(shown.text, originOf(shown.prompt, columns), columns)
  const isFresh = end.column === 0 && shown.text !== "" && !endsInNewline(shown.text)
  return move(shown.cursor, end) + (isFresh ? "" : "\n")
}

/** Takes what is shown off the screen; the cursor is where it began. */
export const wipe = (shown: Shown): string =>
  `${move(shown.cursor, { row: Math.min(shown.top, shown.cursor.row), column: 0 })}\r\x1b[J`

/** The same on a window of another size: what was shown is gone over from its first row. */
export const resized = (shown: Shown, cursor: number, screen: Screen): Drawn => {
  const fresh = draw(shown.prompt, shown.text, cursor, screen)
  return { output: wipe(shown) + fresh.output, shown: fresh.shown }
}
