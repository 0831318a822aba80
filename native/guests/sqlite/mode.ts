/** `.mode` and `.show`. */
import { booleanOf } from "./commands.ts"
import type { Session } from "./session.ts"
import type { ColumnOptions, Mode, Settings } from "./settings.ts"
import { columnModes, isColumnMode, rowModes, separators } from "./settings.ts"
import { cText } from "./values.ts"

const WRAP = 60
const standard: ColumnOptions = { wrap: WRAP, words: false, quote: false }

const names: ReadonlyArray<string> = [...columnModes, ...rowModes, "qbox"].sort()

const described = ({ columns, mode }: Settings): string =>
  isColumnMode(mode)
    ? `${mode} --wrap ${columns.wrap} --wordwrap ${columns.words ? "on" : "off"} --${columns.quote ? "" : "no"}quote`
    : mode

/** Has a mode with the separators that it brings along. */
export const setMode = (settings: Settings, mode: Mode): void => {
  settings.mode = mode
  const [column, row] = separators[mode] ?? []
  if (column !== undefined) settings.columnSeparator = column
  if (row !== undefined) settings.rowSeparator = row
}

export const mode = (session: Session, args: ReadonlyArray<string>): number => {
  const { settings } = session
  let [word, table]: Array<string | undefined> = []
  let columns: ColumnOptions | undefined
  for (let at = 0; at < args.length; at++) {
    const option = /^--?(wrap|ww|wordwrap|quote|noquote)$/.exec(args[at])?.[1]
    if (option === undefined && args[at].startsWith("-")) {
      session.complain(
        `unknown option: ${args[at]}\noptions:\n  --noquote\n  --quote\n  --wordwrap on/off\n  --wrap N\n  --ww`
      )
      return 1
    }
    const before = columns ?? standard
    if (option === "wrap") columns = { ...before, wrap: parseInt(args[++at] ?? "0", 10) || 0 }
    else if (option === "ww") columns = { ...before, words: true }
    else if (option === "wordwrap") columns = { ...before, words: booleanOf(session, args[++at] ?? "") }
    else if (option !== undefined) columns = { ...before, quote: option === "quote" }
    else if (word === undefined) word = args[at]
    else if (table === undefined) table = args[at]
    else {
      session.complain(`extra argument: "${args[at]}"`)
      return 1
    }
  }
  if (word === undefined) {
    if (columns === undefined || !isColumnMode(settings.mode)) {
      session.print(`current output mode: ${described(settings)}\n`)
    } else settings.columns = columns
    return 0
  }
  return choose(session, word, table, columns)
}

const choose = (
  session: Session,
  word: string,
  table: string | undefined,
  columns: ColumnOptions | undefined
): number => {
  const { settings } = session
  const name = names.find((known) => known.startsWith(word))
  if (name === undefined) {
    session.complain(`Error: mode should be one of: ${names.join(" ")}`)
    return 1
  }
  if (name === "qbox") {
    setMode(settings, "box")
    settings.columns = { ...standard, quote: true }
    return 0
  }
  setMode(settings, name as Mode)
  if (isColumnMode(name)) settings.columns = columns ?? standard
  if (name === "column" && !settings.headersSet) settings.headers = true
  if (name === "insert") settings.table = table ?? "table"
  return 0
}

export const show = (session: Session): number => {
  const { file, output, settings } = session
  const onOff = (on: boolean) => on ? "on" : "off"
  const lines: ReadonlyArray<readonly [string, string]> = [
    ["echo", onOff(settings.echo)],
    ["eqp", onOff(settings.queryPlan)],
    ["explain", "auto"],
    ["headers", onOff(settings.headers)],
    ["mode", described(settings)],
    ["nullvalue", cText(settings.nullValue)],
    ["output", output],
    ["colseparator", cText(settings.columnSeparator)],
    ["rowseparator", cText(settings.rowSeparator)],
    ["stats", "off"],
    ["width", settings.widths.map((width) => `${width} `).join("")],
    ["filename", file]
  ]
  for (const [name, value] of lines) session.print(`${name.padStart(12)}: ${value}\n`)
  return 0
}
