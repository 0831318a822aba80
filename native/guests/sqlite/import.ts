/** `.import`: rows of a file, with separators or as CSV, into a table. */
import { WasiFault } from "../wasm/channel.ts"
import { usageOf } from "./help.ts"
import type { Statement } from "./library.ts"
import { SqlFailure, textValue } from "./library.ts"
import { tableName } from "./rows.ts"
import type { Session } from "./session.ts"
import { Lines, O_RDONLY } from "./streams.ts"
import { cText } from "./values.ts"

interface Request {
  readonly file: string
  readonly table: string
  readonly schema: string | undefined
  readonly skip: number
  readonly verbose: boolean
  readonly column: string
  readonly row: string
  /** Quotation marks mean nothing. */
  readonly plain: boolean
}

const refuse = (session: Session, problem: string): undefined => {
  session.print(`ERROR: ${problem} Usage:\n${usageOf("import")}`)
  return undefined
}

const requestOf = (session: Session, args: ReadonlyArray<string>): Request | undefined => {
  const { settings } = session
  const names: Array<string> = []
  let schema: string | undefined
  let [skip, verbose] = [0, false]
  let kind = settings.mode === "ascii" ? "ascii" : ""
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]
    const option = arg.replace(/^--/, "-")
    if (!arg.startsWith("-")) {
      if (names.length === 2) return refuse(session, `extra argument: "${arg}". `)
      names.push(arg)
    } else if (option === "-v") verbose = true
    else if (option === "-schema" && at + 1 < args.length) schema = args[++at]
    else if (option === "-skip" && at + 1 < args.length) skip = Math.max(0, parseInt(args[++at], 10) || 0)
    else if (option === "-ascii" || option === "-csv") kind = option.slice(1)
    else return refuse(session, `unknown option: "${option}". `)
  }
  const [file, table] = names
  if (table === undefined) return refuse(session, `missing ${file === undefined ? "FILE" : "TABLE"} argument.`)
  const common = { file, table, schema, skip, verbose }
  if (kind === "csv") return { ...common, column: ",", row: "\n", plain: false }
  if (kind === "ascii" && settings.mode !== "ascii") return { ...common, column: "\x1f", row: "\x1e", plain: true }
  // what CSV is printed with is not what it is read by
  if (settings.mode === "csv" && settings.rowSeparator === "\r\n") settings.rowSeparator = "\n"
  const { columnSeparator: column, rowSeparator: row } = settings
  for (const [what, separator] of [["column", column], ["row", row]]) {
    if (separator.length === 1) continue
    const problem = separator === ""
      ? `non-null ${what} separator required`
      : `multi-character ${what} separators not allowed`
    session.complain(`Error: ${problem} for import`)
    return undefined
  }
  return { ...common, column, row, plain: kind === "ascii" }
}

/** The records of a file. */
class Records {
  constructor(private readonly lines: Lines, private readonly request: Request) {}

  /** The line that the next record begins in. */
  get line(): number {
    return this.lines.count + 1
  }

  get count(): number {
    return this.lines.count
  }

  next(): ReadonlyArray<string> | undefined {
    const { column, plain, row } = this.request
    let line = this.lines.next()
    if (line === undefined) return undefined
    if (plain) return line.split(column)
    const fields: Array<string> = []
    for (let at = 0;;) {
      if (line[at] === "\"") {
        let end = closing(line, at + 1, column)
        while (end < 0) {
          const more = this.lines.next()
          if (more === undefined) break
          line += row + more
          end = closing(line, at + 1, column)
        }
        const last = end < 0 ? line.length : end
        fields.push(line.slice(at + 1, last).replaceAll("\"\"", "\""))
        at = end < 0 ? line.length : end + 1
        if (line[at] === "\r") at++
      } else {
        const end = line.indexOf(column, at)
        const field = end < 0 ? line.slice(at) : line.slice(at, end)
        fields.push(end < 0 && row === "\n" ? field.replace(/\r$/, "") : field)
        at = end < 0 ? line.length : end
      }
      if (line[at] !== column) return fields
      at++
    }
  }
}

/** Where a quotation ends; -1 when it goes on with the next line. */
const closing = (line: string, from: number, column: string): number => {
  for (let at = line.indexOf("\"", from); at >= 0; at = line.indexOf("\"", at + 1)) {
    const next = line[at + 1]
    if (next === "\"") at++
    else if (next === undefined || next === column || (next === "\r" && at + 2 === line.length)) return at
  }
  return -1
}

/** Names of columns, each once; what was renamed is told. */
const distinct = (session: Session, file: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const given = names.map((name) => name === "" ? "?" : name)
  const lower = given.map((name) => name.toLowerCase())
  const digits = String(given.length).length
  const renamed: Array<string> = []
  const made = given.map((name, index) => {
    if (lower.filter((other) => other === lower[index]).length === 1) return name
    const other = `${name}_${String(index + 1).padStart(digits, "0")}`
    renamed.push(`"${name}" to "${other}"`)
    return other
  })
  if (renamed.length > 0) {
    session.complain(`Columns renamed during .import ${file} due to duplicates:\n${renamed.join(",\n")}`)
  }
  return made
}

const PER_LINE = 4

const createTable = (session: Session, { file, table }: Request, into: string, names: ReadonlyArray<string>): void => {
  const columns = distinct(session, file, names).map((name) => `"${name.replaceAll("\"", "\"\"")}" TEXT`)
  const list = columns.map((column, index) =>
    index === 0 ? column : `${index % PER_LINE === 0 ? ",\n " : ", "}${column}`
  )
  const name = into.endsWith(tableName(table)) ? into.slice(0, -tableName(table).length) : ""
  session.database.run(`CREATE TABLE ${name}"${table.replaceAll("\"", "\"\"")}"(\n${list.join("")})`)
}

/** How many columns the table has; undefined when there is no such table. */
const columnsIn = (session: Session, into: string): number | undefined => {
  try {
    const statement = session.database.prepare(`SELECT * FROM ${into}`)
    const { columns } = statement
    statement.finalize()
    return columns
  } catch (error) {
    if (error instanceof SqlFailure && error.message.startsWith("no such table: ")) return undefined
    throw error
  }
}

const insertAll = (session: Session, records: Records, insert: Statement, columns: number, file: string) => {
  let [added, errors] = [0, 0]
  for (;;) {
    const { line } = records
    const fields = records.next()
    if (fields === undefined) return { added, errors }
    if (fields.length !== columns) {
      const what = fields.length < columns ? "filling the rest with NULL" : "extras ignored"
      session.complain(`${file}:${line}: expected ${columns} columns but found ${fields.length} - ${what}`)
    }
    fields.slice(0, columns).forEach((field, index) => insert.bindAt(index + 1, textValue(field)))
    try {
      insert.step()
      added++
    } catch (error) {
      if (!(error instanceof SqlFailure)) throw error
      session.complain(`${file}:${line}: INSERT failed: ${error.message}`)
      errors++
    }
    insert.reset()
  }
}

const importRecords = (session: Session, request: Request, lines: Lines): number => {
  const { database } = session
  const { column, file, row, schema, skip, table, verbose } = request
  const records = new Records(lines, request)
  if (verbose) session.print(`Column separator ${cText(column)}, row separator ${cText(row)}\n`)
  for (let index = 0; index < skip; index++) records.next()
  const into = (schema === undefined ? "" : `${tableName(schema)}.`) + tableName(table)
  let columns = columnsIn(session, into)
  if (columns === undefined) {
    const names = records.next()
    if (names === undefined) {
      session.complain(`${file}: empty file`)
      return 1
    }
    createTable(session, request, into, names)
    columns = names.length
  }
  const insert = database.prepare(`INSERT INTO ${into} VALUES(${Array(columns).fill("?").join(",")})`)
  database.run("SAVEPOINT import")
  try {
    const { added, errors } = insertAll(session, records, insert, columns, file)
    if (verbose) {
      session.print(`Added ${added} rows with ${errors} errors using ${records.count} lines of input\n`)
    }
  } finally {
    insert.finalize()
    database.run("RELEASE import")
  }
  return 0
}

export const importFile = (session: Session, args: ReadonlyArray<string>): number => {
  const request = requestOf(session, args)
  if (request === undefined) return 1
  if (request.file.startsWith("|")) {
    session.complain("Error: pipes are not supported in this OS")
    return 1
  }
  const { streams } = session
  let fd: number
  try {
    fd = streams.open(request.file, O_RDONLY)
  } catch (error) {
    if (!(error instanceof WasiFault)) throw error
    session.complain(`Error: cannot open "${request.file}"`)
    return 1
  }
  try {
    return importRecords(session, request, new Lines(streams, fd, request.row.charCodeAt(0)))
  } catch (error) {
    if (!(error instanceof SqlFailure)) throw error
    session.complain(`Error: ${error.message}`)
    return 1
  } finally {
    streams.close(fd)
  }
}
