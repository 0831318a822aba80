/** Results that are printed row by row. */
import { decodeText } from "../bash/text.ts"
import { keywords } from "./keywords.ts"
import type { Value } from "./library.ts"
import { BLOB, FLOAT, INTEGER, NULL } from "./library.ts"
import type { Mode, RowMode, Settings } from "./settings.ts"
import { csvField, cText, htmlText, identifier, jsonText, lineLiteral, literal, quoted, realText } from "./values.ts"

type Print = (text: string) => void

interface Format {
  readonly header?: (names: ReadonlyArray<string>, settings: Settings) => string
  readonly row: (
    values: ReadonlyArray<Value>,
    names: ReadonlyArray<string>,
    settings: Settings,
    count: number
  ) => string
  /** After the last of some rows. */
  readonly end?: string
}

const shown = ({ text }: Value, { nullValue }: Settings): string => text ?? nullValue

const isKeyword = (name: string): boolean => keywords.has(name.toUpperCase())

/** A table's name for INSERT. */
export const tableName = (name: string): string => identifier(name, isKeyword)

const list: Format = {
  header: (names, { columnSeparator, rowSeparator }) => names.join(columnSeparator) + rowSeparator,
  row: (values, _, settings) =>
    values.map((value) => shown(value, settings)).join(settings.columnSeparator) + settings.rowSeparator
}

const line: Format = {
  row: (values, names, settings, count) => {
    const width = Math.max(5, ...names.map((name) => name.length))
    const lines = values.map((value, index) =>
      `${names[index].padStart(width)} = ${shown(value, settings)}${settings.rowSeparator}`
    )
    return (count > 0 ? settings.rowSeparator : "") + lines.join("")
  }
}

const csv: Format = {
  header: (names, { columnSeparator, rowSeparator }) =>
    names.map((name) => csvField(name, columnSeparator)).join(columnSeparator) + rowSeparator,
  row: (values, _, { columnSeparator, nullValue, rowSeparator }) =>
    values.map(({ text }) => text === undefined ? nullValue : csvField(text, columnSeparator)).join(columnSeparator) +
    rowSeparator
}

const quote: Format = {
  header: (names, { columnSeparator, rowSeparator }) => names.map(quoted).join(columnSeparator) + rowSeparator,
  row: (values, _, { columnSeparator, rowSeparator }) => values.map(literal).join(columnSeparator) + rowSeparator
}

const insert: Format = {
  row: (values, names, { headers, table }) => {
    const columns = headers ? `(${names.map(tableName).join(",")})` : ""
    return `INSERT INTO ${tableName(table)}${columns} VALUES(${values.map(lineLiteral).join(",")});\n`
  }
}

const jsonValue = ({ bytes, number, text, type }: Value): string => {
  switch (type) {
    case NULL:
      return "null"
    case INTEGER:
      return text!
    case FLOAT:
      return realText(number)
    case BLOB:
      return jsonText(decodeText(bytes))
    default:
      return jsonText(text!)
  }
}

const json: Format = {
  row: (values, names, _, count) => {
    const members = values.map((value, index) => `${jsonText(names[index])}:${jsonValue(value)}`)
    return `${count === 0 ? "[" : ",\n"}{${members.join(",")}}`
  },
  end: "]\n"
}

const cells = (tag: string, texts: ReadonlyArray<string>): string =>
  `<TR>${texts.map((text) => `<${tag}>${htmlText(text)}</${tag}>\n`).join("")}</TR>\n`

const html: Format = {
  header: (names) => cells("TH", names),
  row: (values, _, settings) => cells("TD", values.map((value) => shown(value, settings)))
}

const tcl: Format = {
  header: (names, { columnSeparator, rowSeparator }) => names.map(cText).join(columnSeparator) + rowSeparator,
  row: (values, _, settings) =>
    values.map((value) => cText(shown(value, settings))).join(settings.columnSeparator) + settings.rowSeparator
}

const formats: Readonly<Record<RowMode, Format>> = { csv, html, insert, json, line, list, quote, tcl }

/** Prints the rows of one statement. */
export class RowPrinter {
  private count = 0
  private readonly format: Format

  constructor(
    mode: Mode,
    private readonly names: ReadonlyArray<string>,
    private readonly settings: Settings,
    private readonly print: Print
  ) {
    this.format = formats[mode as RowMode] ?? list
  }

  row(values: ReadonlyArray<Value>): void {
    const { count, format, names, print, settings } = this
    if (count === 0 && settings.headers && format.header !== undefined) print(format.header(names, settings))
    print(format.row(values, names, settings, count))
    this.count++
  }

  end(): void {
    if (this.count > 0 && this.format.end !== undefined) this.print(this.format.end)
  }
}
