/** How results are shown, and what else commands and options set. */

export const columnModes = ["box", "column", "markdown", "table"] as const
export const rowModes = ["ascii", "csv", "html", "insert", "json", "line", "list", "quote", "tabs", "tcl"] as const

export type ColumnMode = (typeof columnModes)[number]
export type RowMode = "csv" | "html" | "insert" | "json" | "line" | "list" | "quote" | "tcl"
export type Mode = ColumnMode | RowMode | "ascii" | "tabs"

export interface ColumnOptions {
  readonly wrap: number
  readonly words: boolean
  readonly quote: boolean
}

/** What is in force when results are printed. */
export interface Settings {
  mode: Mode
  headers: boolean
  /** By option or command, so that no mode changes it. */
  headersSet: boolean
  columnSeparator: string
  rowSeparator: string
  nullValue: string
  /** Of mode insert. */
  table: string
  widths: ReadonlyArray<number>
  columns: ColumnOptions
  echo: boolean
  bail: boolean
  changes: boolean
  queryPlan: boolean
}

export const makeSettings = (): Settings => ({
  mode: "list",
  headers: false,
  headersSet: false,
  columnSeparator: "|",
  rowSeparator: "\n",
  nullValue: "",
  table: "table",
  widths: [],
  columns: { wrap: 0, words: false, quote: false },
  echo: false,
  bail: false,
  changes: false,
  queryPlan: false
})

export const isColumnMode = (mode: string): mode is ColumnMode => (columnModes as ReadonlyArray<string>).includes(mode)

/** The separators that a mode brings along. */
export const separators: Readonly<Partial<Record<Mode, readonly [string | undefined, string]>>> = {
  ascii: ["\x1f", "\x1e"],
  csv: [",", "\r\n"],
  line: [undefined, "\n"],
  list: ["|", "\n"],
  quote: [",", "\n"],
  tabs: ["\t", "\n"],
  tcl: [" ", "\n"]
}
