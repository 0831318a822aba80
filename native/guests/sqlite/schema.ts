/** Commands that show what a database has: tables, indexes, definitions. */
import type { Connection } from "./library.ts"
import { tableName } from "./rows.ts"
import type { Session } from "./session.ts"
import { quoted } from "./values.ts"

const LINE = 80
const LONG = 79

/** The names of the databases that are attached. */
const databases = (database: Connection): ReadonlyArray<string> =>
  database.query("PRAGMA database_list").map(([, name]) => name.text!)

/** Names in columns, as wide as a terminal. */
const printNames = (session: Session, names: ReadonlyArray<string>): void => {
  if (names.length === 0) return
  const width = Math.max(...names.map((name) => name.length))
  const columns = Math.max(1, Math.floor(LINE / (width + 2)))
  const rows = Math.ceil(names.length / columns)
  for (let row = 0; row < rows; row++) {
    const line = names.filter((_, index) => index % rows === row)
    session.print(`${line.map((name) => name.padEnd(width)).join("  ")}\n`)
  }
}

const namesOf = (session: Session, types: string, pattern: string, subject: string): ReadonlyArray<string> => {
  const { database } = session
  const parts = databases(database).map((name) => {
    const shown = name === "main" ? "name" : `${quoted(`${name}.`)}||name`
    return `SELECT ${shown} AS shown FROM ${tableName(name)}.sqlite_schema WHERE type IN (${types}) ` +
      `AND name NOT LIKE 'sqlite__%' ESCAPE '_' AND ${subject} LIKE ?1`
  })
  return database.query(`${parts.join(" UNION ALL ")} ORDER BY 1`, pattern).map(([name]) => name.text!)
}

export const tables = (session: Session, [pattern = "%"]: ReadonlyArray<string>): number => {
  printNames(session, namesOf(session, "'table','view'", pattern, "name"))
  return 0
}

export const indexes = (session: Session, args: ReadonlyArray<string>): number => {
  if (args.length > 1) {
    session.complain("Usage: .indexes ?LIKE-PATTERN?")
    return 1
  }
  printNames(session, namesOf(session, "'index'", args[0] ?? "%", "tbl_name"))
  return 0
}

/** A definition as it can be run again over what is there. */
export const definition = (sql: string): string => sql.replace(/^CREATE TABLE (?=['"])/, "CREATE TABLE IF NOT EXISTS ")

/** A definition with each column on a line of its own, where it is long. */
const indented = (sql: string): string => {
  const text = sql.trim().replace(/\s+/g, " ").replace(/\( /g, "(").replace(/ ([()])/g, "$1")
  if (text.length < LONG) return text
  let out = ""
  let line = ""
  let depth = 0
  let lines = 0
  let until = ""
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === until) until = ""
    else if (until === "" && (char === "\"" || char === "'" || char === "`")) until = char
    else if (until === "" && char === "[") until = "]"
    else if (until === "" && char === "(") depth++
    else if (until === "" && char === ")" && --depth === 0 && lines > 0 && line !== "") {
      out += `${line}\n`
      line = ""
    }
    line += char
    if (depth !== 1 || until !== "" || (char !== "(" && char !== ",")) continue
    out += `${line}\n  `
    line = ""
    lines++
    while (text[at + 1] === " ") at++
  }
  return out + line
}

/** What a view or a virtual table has for columns, as a comment. */
const columnsComment = (database: Connection, schema: string, name: string): string => {
  try {
    const columns = database.query(`PRAGMA ${tableName(schema)}.table_xinfo=${quoted(name)}`)
    const shown = schema === "main" ? tableName(name) : `${tableName(schema)}.${tableName(name)}`
    return columns.length === 0
      ? ""
      : `\n/* ${shown}(${columns.map(([, column]) => tableName(column.text!)).join(",")}) */`
  } catch {
    return ""
  }
}

const qualified = (sql: string, schema: string): string =>
  schema === "main"
    ? sql
    : sql.replace(/^(CREATE (?:TABLE|INDEX|UNIQUE INDEX|VIEW|TRIGGER|VIRTUAL TABLE) )/, `$1${tableName(schema)}.`)

interface SchemaOptions {
  readonly indent: boolean
  readonly system: boolean
  readonly pattern: string | undefined
}

const optionsOf = (session: Session, args: ReadonlyArray<string>): SchemaOptions | undefined => {
  let [indent, system] = [false, true]
  let pattern: string | undefined
  for (const arg of args) {
    const option = arg.replace(/^--?/, "--")
    if (option === "--indent") indent = true
    else if (option === "--nosys") system = false
    else if (arg.startsWith("-")) {
      session.complain(`Unknown option: "${arg}"`)
      return undefined
    } else if (pattern === undefined) pattern = arg
    else {
      session.complain("Usage: .schema ?--indent? ?--nosys? ?LIKE-PATTERN?")
      return undefined
    }
  }
  return { indent, system, pattern }
}

const CATALOG =
  "CREATE TABLE sqlite_schema (\n  type text,\n  name text,\n  tbl_name text,\n  rootpage integer,\n  sql text\n);\n"

const printDefinitions = (session: Session, { indent, pattern, system }: SchemaOptions, comments: boolean): void => {
  const { database } = session
  for (const schema of databases(database)) {
    const subject = pattern?.includes(".") === true ? `${quoted(`${schema}.`)}||tbl_name` : "tbl_name"
    const matches = /[*?[]/.test(pattern ?? "") ? "GLOB" : "LIKE"
    const rows = database.query(
      `SELECT sql, type, name FROM ${tableName(schema)}.sqlite_schema WHERE sql IS NOT NULL ` +
        (system ? "" : "AND name NOT LIKE 'sqlite__%' ESCAPE '_' ") +
        (pattern === undefined ? "" : `AND lower(${subject}) ${matches} lower(?1) `) + "ORDER BY rowid",
      ...pattern === undefined ? [] : [pattern]
    )
    for (const [sql, type, name] of rows) {
      const code = type.text === "view" || type.text === "trigger"
      const text = definition(qualified(sql.text!, schema))
      const comment = comments && (type.text === "view" || /^CREATE VIRTUAL/i.test(text))
        ? columnsComment(database, schema, name.text!)
        : ""
      session.print(`${indent && !code ? indented(text) : text}${comment};\n`)
    }
  }
}

export const schema = (session: Session, args: ReadonlyArray<string>): number => {
  const options = optionsOf(session, args)
  if (options === undefined) return 1
  if (/^sqlite_(?:schema|master)$/i.test(options.pattern ?? "")) session.print(CATALOG)
  else printDefinitions(session, options, true)
  return 0
}

export const fullSchema = (session: Session, args: ReadonlyArray<string>): number => {
  printDefinitions(session, { indent: args.includes("--indent"), system: false, pattern: undefined }, false)
  session.print("/* No STAT tables available */\n")
  return 0
}

export const listDatabases = (session: Session): number => {
  const { database, library } = session
  for (const [, name, file] of database.query("PRAGMA database_list")) {
    const path = file.text || "\"\""
    session.print(`${name.text}: ${path} ${path === library.files.readOnly ? "r/o" : "r/w"}\n`)
  }
  return 0
}
