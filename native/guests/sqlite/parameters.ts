/** `.parameter`: values for the parameters of statements, which a temporary table keeps. */
import { usageOf } from "./help.ts"
import { SqlFailure } from "./library.ts"
import type { Session } from "./session.ts"
import { literal, quoted } from "./values.ts"

const TABLE = "CREATE TABLE IF NOT EXISTS temp.sqlite_parameters(key TEXT PRIMARY KEY,\nvalue) WITHOUT ROWID"

/** Names like this one are SQLite's own, unless it is told otherwise. */
const createTable = (session: Session): void => {
  session.hasParameters = true
  session.database.run(`PRAGMA writable_schema=ON; ${TABLE}; PRAGMA writable_schema=OFF`)
}

const list = (session: Session): void => {
  if (!session.hasParameters) return
  const rows = session.database.query("SELECT key, value FROM temp.sqlite_parameters")
  const width = Math.max(0, ...rows.map(([key]) => key.text!.length))
  for (const [key, value] of rows) session.print(`${key.text!.padEnd(width)} ${literal(value)}\n`)
}

const set = (session: Session, name: string, value: string): void => {
  createTable(session)
  const replace = (shown: string) =>
    session.database.run(`REPLACE INTO temp.sqlite_parameters(key,value) VALUES(${quoted(name)},${shown})`)
  try {
    replace(value)
  } catch (error) {
    if (!(error instanceof SqlFailure)) throw error
    replace(quoted(value))
  }
}

export const parameter = (session: Session, args: ReadonlyArray<string>): number => {
  const [action, name, value] = args
  if (action === "clear" && args.length === 1) {
    session.hasParameters = false
    session.database.run("DROP TABLE IF EXISTS temp.sqlite_parameters")
  } else if (action === "list" && args.length === 1) list(session)
  else if (action === "init" && args.length === 1) createTable(session)
  else if (action === "set" && args.length === 3) set(session, name, value)
  else if (action === "unset" && args.length === 2) {
    if (session.hasParameters) {
      session.database.run(`DELETE FROM temp.sqlite_parameters WHERE key=${quoted(name)}`)
    }
  } else session.print(usageOf("parameter"))
  return 0
}
