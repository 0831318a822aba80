/** Commands about whole databases: another one, copies of this one. */
import { resolvePath } from "../shell/paths.ts"
import { WasiFault } from "../wasm/channel.ts"
import { Connection, SqlFailure } from "./library.ts"
import type { Session } from "./session.ts"

export const openDatabase = (session: Session, args: ReadonlyArray<string>): number => {
  let file: string | undefined
  let [fresh, readOnly] = [false, false]
  for (const arg of args) {
    const option = arg.replace(/^--?/, "")
    if (!arg.startsWith("-")) {
      if (file !== undefined) {
        session.complain(`extra argument: "${arg}"`)
        return 1
      }
      file = arg
    } else if (option === "new") fresh = true
    else if (option === "readonly") readOnly = true
    else {
      session.complain(`unknown option: ${arg}`)
      return 1
    }
  }
  if (fresh && file !== undefined) {
    session.close()
    try {
      session.library.files.unlink(resolvePath(session.cwd, file))
    } catch (error) {
      if (!(error instanceof WasiFault)) throw error
    }
  }
  session.open(file ?? ":memory:", readOnly, ":memory:")
  return 0
}

/** The database and the file that are meant; undefined where the words do not tell. */
const operands = (args: ReadonlyArray<string>) => {
  const words = args.filter((arg) => arg !== "--async" && arg !== "-async")
  if (words.length === 1) return { schema: "main", file: words[0] }
  return words.length === 2 ? { schema: words[0], file: words[1] } : undefined
}

const withOther = (session: Session, file: string, use: (other: Connection) => void): number => {
  let other: Connection
  try {
    other = Connection.open(session.library, file)
  } catch (error) {
    if (!(error instanceof SqlFailure)) throw error
    session.complain(`Error: cannot open "${file}"`)
    return 1
  }
  try {
    use(other)
    return 0
  } catch (error) {
    if (!(error instanceof SqlFailure)) throw error
    session.complain(`Error: ${error.message}`)
    return 1
  } finally {
    other.close()
  }
}

export const backup = (session: Session, args: ReadonlyArray<string>): number => {
  const asked = operands(args)
  if (asked === undefined) {
    const none = args.length === 0
    session.complain(none ? "missing FILENAME argument on .backup" : "Usage: .backup ?DB? ?OPTIONS? FILENAME")
    return 1
  }
  return withOther(session, asked.file, (other) => other.copyFrom("main", session.database, asked.schema))
}

export const restore = (session: Session, args: ReadonlyArray<string>): number => {
  const asked = operands(args)
  if (asked === undefined) {
    session.complain("Usage: .restore ?DB? FILE")
    return 1
  }
  return withOther(session, asked.file, (other) => session.database.copyFrom(asked.schema, other, "main"))
}
