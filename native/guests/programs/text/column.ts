/** column: lists in columns, or lines as a table, also as JSON. All of the input is looked at before anything is written. */
import { widthOf } from "../../bash/editor/width.ts"
import { MAX_TEXT } from "../../bash/limits.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { eachInput } from "./stream.ts"

const spec = {
  short: "c:deH:Jl:Ln:N:o:O:R:s:tx",
  long: {
    table: "t",
    "table-name=": "n",
    "table-order=": "O",
    "table-columns=": "N",
    "table-columns-limit=": "l",
    "table-noheadings": "d",
    "table-header-repeat": "e",
    "table-hide=": "H",
    "table-right=": "R",
    "keep-empty-lines": "L",
    json: "J",
    "output-width=": "c",
    "output-separator=": "o",
    "separator=": "s",
    fillrows: "x"
  }
}

/** Between two stops of the tabulator. */
const TAB = 8
const DEFAULT_WIDTH = 80

/** Places on the screen. */
const width = (text: string): number => {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let sum = 0
  for (const char of text) {
    const code = char.codePointAt(0)!
    sum += code < 0x20 ? 0 : widthOf(code)
  }
  return sum
}

const number = (text: string | undefined, what: string): number | undefined => {
  if (text === undefined) return undefined
  if (!/^\d{1,10}$/.test(text)) throw new ProgramFailure(`invalid columns ${what}: '${text}'`)
  return Number(text)
}

/** The lines that count, at most what a text may have. */
const readLines = async (
  context: ProgramContext,
  names: ReadonlyArray<string>,
  keepsEmpty: boolean
): Promise<{ readonly lines: Array<string>; readonly status: number }> => {
  const lines: Array<string> = []
  let size = 0
  const status = await eachInput(context, names, async (reader) => {
    const batches = reader.lines()
    for (let batch = await batches.next(); batch !== undefined; batch = await batches.next()) {
      for (const line of batch) {
        size += line.length + 1
        if (keepsEmpty || /[^ \t\v\f\r]/.test(line)) lines.push(line)
      }
      if (size > MAX_TEXT) throw new ProgramFailure("cannot allocate memory")
    }
  })
  return { lines, status }
}

/** Entries side by side, with tabs between them; downwards, or across. */
const fill = async (
  { stdout }: ProgramContext,
  entries: ReadonlyArray<string>,
  total: number,
  across: boolean
): Promise<void> => {
  const widths = entries.map(width)
  const widest = widths.reduce((most, each) => Math.max(most, each), 0)
  const room = (widest + TAB) - (widest + TAB) % TAB
  // where a row has no room at all, there is but one
  const columns = widest >= total ? 1 : Math.floor(total / room) || (across ? entries.length : 1)
  const rows = Math.ceil(entries.length / columns)
  for (let row = 0; row < rows; row++) {
    let line = ""
    for (let column = 0, end = room, at = 0; column < columns; column++, end += room) {
      const index = across ? row * columns + column : column * rows + row
      line += entries[index]
      at += widths[index]
      const isLast = across ? index + 1 >= entries.length : index + rows >= entries.length
      if (column + 1 === columns || isLast) break
      for (let next = at + TAB - at % TAB; next <= end; next = at + TAB - at % TAB) {
        line += "\t"
        at = next
      }
    }
    await stdout.line(line)
  }
}

/** Splits a line at single separators, or at any number of blanks where nothing else was asked for. */
const splitter = (separators: string | undefined, limit: number): (line: string) => ReadonlyArray<string> => {
  const isBlank = separators === undefined
  const marks = new Set(separators ?? " \t")
  return (line) => {
    const cells: Array<string> = []
    let start = 0
    const skip = () => {
      while (isBlank && start < line.length && marks.has(line[start])) start++
    }
    skip()
    for (let at = start; at < line.length && cells.length + 1 < limit; at++) {
      if (!marks.has(line[at])) continue
      cells.push(line.slice(start, at))
      start = at + 1
      if (cells.length + 1 < limit) skip()
      at = start - 1
    }
    if (start < line.length) cells.push(line.slice(start))
    return cells
  }
}

class Table {
  private readonly names: ReadonlyArray<string>
  private readonly count: number

  constructor(private readonly line: CommandLine, private readonly rows: ReadonlyArray<ReadonlyArray<string>>) {
    this.names = line.get("N")?.split(",") ?? []
    this.count = rows.reduce((most, { length }) => Math.max(most, length), this.names.length)
  }

  /** Indices of the columns that a list has by name or number. */
  private chosen(option: string): ReadonlyArray<number> {
    return (this.line.get(option)?.split(",") ?? []).flatMap((word) => {
      const named = this.names.indexOf(word)
      if (named >= 0) return [named]
      const index = /^\d+$/.test(word) ? Number(word) : undefined
      if (index === 0) return Array.from({ length: this.count }, (_, each) => each)
      if (index === undefined) throw new ProgramFailure(`undefined column name '${word}'`)
      return index <= this.count ? [index - 1] : []
    })
  }

  /** The columns that are shown, in their order. */
  private get columns(): ReadonlyArray<number> {
    const hidden = new Set(this.chosen("H"))
    const all = Array.from({ length: this.count }, (_, index) => index)
    return [...new Set([...this.chosen("O"), ...all])].filter((index) => !hidden.has(index))
  }

  async text({ stdout }: ProgramContext): Promise<void> {
    const { columns, line, names } = this
    const right = new Set(this.chosen("R"))
    const shown = names.length > 0 && !line.has("d") ? [names, ...this.rows] : this.rows
    const widths = new Map(
      columns.map((column) => [column, shown.reduce((most, row) => Math.max(most, width(row[column] ?? "")), 0)])
    )
    const separator = line.get("o") ?? "  "
    for (const row of shown) {
      const cells = columns.map((column, index) => {
        const cell = row[column] ?? ""
        const isLast = index === columns.length - 1
        if (isLast && (cell === "" || !right.has(column))) return cell
        const blank = " ".repeat(widths.get(column)! - width(cell))
        return right.has(column) ? blank + cell : cell + blank
      })
      const pending = stdout.line(cells.join(separator))
      if (pending !== undefined) await pending
    }
  }

  async json({ stdout }: ProgramContext): Promise<void> {
    const { columns, line, names, rows } = this
    rows.forEach(({ length }, index) => {
      if (length > names.length) {
        throw new ProgramFailure(`line ${index + 2}: for JSON the name of the column ${names.length + 1} is required`)
      }
    })
    await stdout.write(`{\n   ${JSON.stringify(line.get("n") ?? "table")}: [\n      `)
    for (const [index, row] of rows.entries()) {
      const members = columns.map((column) =>
        `         ${JSON.stringify(names[column].toLowerCase())}: ${row[column] ? JSON.stringify(row[column]) : "null"}`
      )
      await stdout.write(`{\n${members.join(",\n")}\n      }${index + 1 < rows.length ? "," : "\n"}`)
    }
    await stdout.write("   ]\n}\n")
  }
}

const check = (line: CommandLine): void => {
  if (line.has("J") && !line.has("N")) throw new ProgramFailure("option --table-columns required for --json")
  const isTable = line.has("t") || line.has("J")
  if (isTable && line.has("x")) throw new ProgramFailure("mutually exclusive arguments: --table --fillrows")
  if (!isTable && [..."nONldeHR"].some(line.has)) {
    throw new ProgramFailure("option --table required for all --table-*")
  }
  if (number(line.get("l"), "limit argument") === 0) throw new ProgramFailure("columns limit must be greater than zero")
}

export const column: Program = async (context) => {
  const line = parseOptions(context, spec)
  check(line)
  const total = number(line.get("c"), "argument") ?? (Number(context.env.get("COLUMNS")) || DEFAULT_WIDTH)
  const { lines, status } = await readLines(context, line.operands, line.has("L"))
  if (lines.length === 0) return status
  if (!line.has("t") && !line.has("J")) {
    await fill(context, lines, total, line.has("x"))
    return status
  }
  const table = new Table(line, lines.map(splitter(line.get("s"), Number(line.get("l") ?? Infinity))))
  await (line.has("J") ? table.json(context) : table.text(context))
  return status
}
