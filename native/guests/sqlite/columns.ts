/** Results that are printed as tables: all rows are there before the first is printed. */
import type { ColumnMode, Settings } from "./settings.ts"

const TAB = 8
/** Of a column that no width bounds. */
const UNBOUNDED = 1_000_000

const lengthOf = (text: string): number => {
  let length = 0
  for (const _ of text) length++
  return length
}

const alphanumeric = (char: string | undefined): boolean => char !== undefined && /[A-Za-z0-9]/.test(char)

/** Where a line that is too long is better broken; its own end when nowhere. */
const wordBreak = (chars: ReadonlyArray<string>, end: number): number => {
  const half = Math.floor(end / 2)
  for (let at = end; at > half; at--) if (/\s/.test(chars[at - 1])) return at
  for (let at = end; at > half; at--) if (alphanumeric(chars[at - 1]) !== alphanumeric(chars[at])) return at
  return end
}

/** The first line of a cell, and what is left. */
const firstLine = (chars: ReadonlyArray<string>, max: number, words: boolean) => {
  let width = 0
  let at = 0
  let text = ""
  const starts: Array<number> = []
  for (; at < chars.length && width < max; at++) {
    const char = chars[at]
    starts.push(text.length)
    if (char === "\t") {
      do {
        width++
        text += " "
      } while (width % TAB !== 0 && width < max)
    } else if (char < " ") break
    else {
      width++
      text += char
    }
  }
  if (width >= max && at < chars.length && words) {
    const end = wordBreak(chars, at)
    if (end < at) {
      text = text.slice(0, starts[end])
      at = end
      while (chars[at] === " ") at++
    }
  }
  if (at >= chars.length) return { text, rest: undefined }
  if (width >= max && chars[at] >= " ") return { text, rest: chars.slice(at) }
  const next = chars[at] === "\r" && chars[at + 1] === "\n" ? at + 2 : at + 1
  return { text, rest: next < chars.length ? chars.slice(next) : undefined }
}

/** A row of cells as lines of cells. */
const linesOf = (texts: ReadonlyArray<string>, widths: ReadonlyArray<number>, words: boolean) => {
  const lines: Array<ReadonlyArray<string>> = []
  let rest: Array<ReadonlyArray<string> | undefined> = texts.map((text) => Array.from(text))
  do {
    const pieces = rest.map((chars, index) =>
      chars === undefined ? { text: "", rest: undefined } : firstLine(chars, widths[index], words)
    )
    lines.push(pieces.map(({ text }) => text))
    rest = pieces.map((piece) => piece.rest)
  } while (rest.some((chars) => chars !== undefined))
  return lines
}

interface Frame {
  readonly left: string
  readonly between: string
  readonly right: string
}

const open: Frame = { left: "", between: "  ", right: "\n" }
const bars: Frame = { left: "| ", between: " | ", right: " |\n" }
const boxed: Frame = { left: "│ ", between: " │ ", right: " │\n" }

const frames: Readonly<Record<ColumnMode, Frame>> = { box: boxed, column: open, markdown: bars, table: bars }

const rule = (widths: ReadonlyArray<number>, dash: string, left: string, between: string, right: string): string =>
  `${left}${widths.map((width) => dash.repeat(width + 2)).join(between)}${right}\n`

/** The lines above the header, below it, between rows of more than one line, and at the end. */
const rules = (mode: ColumnMode, widths: ReadonlyArray<number>) => {
  switch (mode) {
    case "box":
      return {
        top: rule(widths, "─", "┌", "┬", "┐"),
        middle: rule(widths, "─", "├", "┼", "┤"),
        between: rule(widths, "─", "├", "┼", "┤"),
        bottom: rule(widths, "─", "└", "┴", "┘")
      }
    case "table": {
      const all = rule(widths, "-", "+", "+", "+")
      return { top: all, middle: all, between: all, bottom: all }
    }
    case "markdown":
      return { top: "", middle: rule(widths, "-", "|", "|", "|"), between: "", bottom: "" }
    case "column":
      return { top: "", middle: `${widths.map((width) => "-".repeat(width)).join("  ")}\n`, between: "\n", bottom: "" }
  }
}

const pad = (text: string, width: number, right: boolean): string => {
  const blanks = " ".repeat(Math.max(0, width - lengthOf(text)))
  return right ? blanks + text : text + blanks
}

const centred = (text: string, width: number): string => {
  const blanks = Math.max(0, width - lengthOf(text))
  return " ".repeat(Math.floor(blanks / 2)) + text + " ".repeat(Math.ceil(blanks / 2))
}

const framed = ({ between, left, right }: Frame, cells: ReadonlyArray<string>): string =>
  left + cells.join(between) + right

/** Prints the rows of one statement as a table. */
export const printTable = (
  mode: ColumnMode,
  names: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  settings: Settings,
  print: (text: string) => void
): void => {
  if (rows.length === 0) return
  const { columns } = settings
  const asked = names.map((_, index) => settings.widths[index] ?? 0)
  const bounds = asked.map((width) => Math.abs(width === 0 ? columns.wrap : width) || UNBOUNDED)
  const shown = rows.map((row) => linesOf(row, bounds, columns.words))
  const header = linesOf(names, bounds, columns.words)[0]
  const withHeader = mode !== "column" || settings.headers
  const widths = asked.map((width) => Math.abs(width))
  for (const line of [header, ...shown.flat()]) {
    line.forEach((text, index) => {
      widths[index] = Math.max(widths[index], lengthOf(text))
    })
  }
  const frame = frames[mode]
  const { between, bottom, middle, top } = rules(mode, widths)
  print(top)
  if (withHeader) {
    const titles = header.map((text, index) =>
      mode === "column" ? pad(text, widths[index], asked[index] < 0) : centred(text, widths[index])
    )
    print(framed(frame, titles) + middle)
  }
  const divided = shown.some((lines) => lines.length > 1)
  shown.forEach((lines, at) => {
    for (const line of lines) {
      print(framed(frame, line.map((text, index) => pad(text, widths[index], asked[index] < 0))))
    }
    if (divided && at + 1 < shown.length) print(between)
  })
  print(bottom)
}
