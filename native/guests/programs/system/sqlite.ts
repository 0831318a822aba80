/** sqlite3: the shell of SQLite. */
import { runSqlite } from "../../wasm/run.ts"
import type { Program } from "../program.ts"

export const sqlite: Program = (context) => runSqlite(context.exec, [context.name, ...context.args])
