/** `.dump`: the database as the SQL that makes it again. */
import type { Connection, Value } from "./library.ts"
import { SqlFailure } from "./library.ts"
import { tableName } from "./rows.ts"
import { definition } from "./schema.ts"
import type { Session } from "./session.ts"
import { lineLiteral, literal, quoted } from "./values.ts"

interface Options {
  readonly dataOnly: boolean
  readonly newlines: boolean
  readonly rowids: boolean
  readonly system: boolean
}

/** The columns that hold data, and the name under which the row number can be had if it is asked for. */
const columnsOf = (database: Connection, table: string) => {
  const rows = database.query(`PRAGMA table_info=${quoted(table)}`)
  const names = rows.map(([, name]) => name.text!)
  const keys = rows.filter(([, , , , , key]) => key.text !== "0")
  // a key of integers is the row number itself
  const own = keys.length === 1 && keys[0][2].text?.toUpperCase() === "INTEGER"
  const rowid = own ? undefined : ["rowid", "_rowid_", "oid"].find((name) => !names.includes(name))
  return { names, rowid }
}

const printRows = (session: Session, table: string, options: Options): void => {
  const { database } = session
  const { names, rowid } = columnsOf(database, table)
  if (names.length === 0) return
  const write = options.newlines ? literal : lineLiteral
  const columns = names.map(tableName)
  const numbered = options.rowids && rowid !== undefined && hasRowid(database, table, rowid)
  const listed = numbered ? [rowid, ...columns] : columns
  const into = numbered ? `${tableName(table)}(${listed.join(",")})` : tableName(table)
  const statement = database.prepare(`SELECT ${listed.join(",")} FROM ${tableName(table)}`)
  try {
    while (statement.step()) {
      const values: ReadonlyArray<Value> = statement.row()
      session.print(`INSERT INTO ${into} VALUES(${values.map(write).join(",")});\n`)
    }
  } finally {
    statement.finalize()
  }
}

const hasRowid = (database: Connection, table: string, rowid: string): boolean => {
  try {
    database.prepare(`SELECT ${rowid} FROM ${tableName(table)}`).finalize()
    return true
  } catch {
    return false
  }
}

/** Whether the schema has to be made writable for it. */
const dumpTable = (session: Session, name: string, sql: string, options: Options, writable: boolean): boolean => {
  if (name === "sqlite_sequence") {
    if (!options.dataOnly) session.print("DELETE FROM sqlite_sequence;\n")
  } else if (name.startsWith("sqlite_stat")) {
    if (!options.dataOnly) session.print("ANALYZE sqlite_schema;\n")
  } else if (name.startsWith("sqlite_")) return writable
  else if (options.dataOnly) {
    // only rows are asked for
  } else if (sql.startsWith("CREATE VIRTUAL TABLE")) {
    if (!writable) session.print("PRAGMA writable_schema=ON;\n")
    session.print(
      "INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)" +
        `VALUES('table',${quoted(name)},${quoted(name)},0,${quoted(sql)});\n`
    )
    return true
  } else session.print(`${definition(sql)};\n`)
  printRows(session, name, options)
  return writable
}

const dumpAll = (session: Session, like: string, patterns: ReadonlyArray<string>, options: Options): void => {
  const { database } = session
  let writable = false
  const rows = database.query(
    `SELECT name, sql FROM sqlite_schema AS o WHERE (${like}) AND type='table' AND sql NOT NULL ` +
      `${options.system ? "" : "AND name NOT LIKE 'sqlite__%' ESCAPE '_' "}ORDER BY tbl_name='sqlite_sequence', rowid`,
    ...patterns
  )
  for (const [name, sql] of rows) writable = dumpTable(session, name.text!, sql.text!, options, writable)
  if (!options.dataOnly) {
    const others = database.query(
      `SELECT sql FROM sqlite_schema AS o WHERE (${like}) AND sql NOT NULL AND type IN ('index','trigger','view')`,
      ...patterns
    )
    for (const [sql] of others) session.print(`${sql.text};\n`)
  }
  if (writable) session.print("PRAGMA writable_schema=OFF;\n")
}

const flags: Readonly<Record<string, keyof Options>> = {
  "data-only": "dataOnly",
  newlines: "newlines",
  "preserve-rowids": "rowids"
}

export const dump = (session: Session, args: ReadonlyArray<string>): number => {
  const patterns: Array<string> = []
  let options: Options = { dataOnly: false, newlines: false, rowids: false, system: true }
  for (const arg of args) {
    const name = arg.replace(/^--?/, "")
    if (!arg.startsWith("-")) patterns.push(arg)
    else if (name === "nosys") options = { ...options, system: false }
    else if (flags[name] !== undefined) options = { ...options, [flags[name]]: true }
    else {
      session.complain(`Unknown option "${arg}" on ".dump"`)
      return 1
    }
  }
  const { database } = session
  const like = patterns.length === 0
    ? "true"
    : patterns.map((_, index) => `name LIKE ?${index + 1} ESCAPE '\\'`).join(" OR ")
  if (!options.dataOnly) session.print("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n")
  database.run("SAVEPOINT dump; PRAGMA writable_schema=ON")
  let end = "COMMIT;\n"
  try {
    dumpAll(session, like, patterns, options)
  } catch (error) {
    if (!(error instanceof SqlFailure)) throw error
    session.print("/****** CORRUPTION ERROR *******/\n")
    end = "ROLLBACK; -- due to errors\n"
  }
  database.run("PRAGMA writable_schema=OFF; RELEASE dump")
  if (!options.dataOnly) session.print(end)
  return 0
}
