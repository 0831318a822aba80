/** The commands that begin with a dot. */
import { foldPath, resolvePath } from "../shell/paths.ts"
import { WasiFault } from "../wasm/channel.ts"
import { dump } from "./dump.ts"
import { backup, openDatabase, restore } from "./files-commands.ts"
import { helpText } from "./help.ts"
import { importFile } from "./import.ts"
import { readFile } from "./input.ts"
import { SqlFailure } from "./library.ts"
import { mode, show } from "./mode.ts"
import { parameter } from "./parameters.ts"
import { fullSchema, indexes, listDatabases, schema, tables } from "./schema.ts"
import type { Session } from "./session.ts"
import { Exit } from "./session.ts"

/** Gives 0, 1 for an error, or 2 to end the input. */
type Command = (session: Session, args: ReadonlyArray<string>, word: string) => number

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v"
}

/** A word with the escapes of C. */
const unescaped = (text: string): string =>
  text.replace(
    /\\([0-7]{1,3}|[\s\S])/g,
    (_, what: string) => /^[0-7]/.test(what) ? String.fromCharCode(parseInt(what, 8) & 0xff) : escapes[what] ?? what
  )

/** The words of a command. */
const wordsOf = (line: string): ReadonlyArray<string> =>
  Array.from(
    line.matchAll(/'([^']*)'?|"((?:[^"\\]|\\[\s\S])*)"?|(\S+)/g),
    ([, single, double, bare]) => single ?? unescaped(double ?? bare)
  )

/** A value that is on or off. */
export const booleanOf = (session: Session, text: string): boolean => {
  if (/^(?:on|yes)$/i.test(text)) return true
  if (/^(?:off|no)$/i.test(text)) return false
  if (/^(?:0x[0-9a-f]+|\d+)$/i.test(text)) return Number(text) !== 0
  session.complain(`ERROR: Not a boolean value: "${text}". Assuming "no".`)
  return false
}

const toggle = (usage: string, set: (session: Session, on: boolean) => void): Command => (session, args) => {
  if (args.length !== 1) {
    session.complain(`Usage: ${usage}`)
    return 1
  }
  set(session, booleanOf(session, args[0]))
  return 0
}

const exit: Command = (_, [code]) => {
  const status = code === undefined ? 0 : parseInt(code, 10) || 0
  if (status !== 0) throw new Exit(status & 0xff)
  return 2
}

const redirect = (once: boolean): Command => (session, args) => {
  const [file, extra] = args
  if (extra !== undefined || file?.startsWith("-") === true) {
    const what = extra === undefined ? `unknown option: "${file}"` : `extra parameter: "${extra}"`
    session.print(`ERROR: ${what}.  Usage:\n${helpText(once ? "once" : "output")}`)
    return 1
  }
  const path = file === "stdout" || file === "off" ? undefined : file
  if (path?.startsWith("|") === true) {
    session.complain("Error: pipes are not supported in this OS")
    return 1
  }
  session.once = once
  session.output = path ?? "stdout"
  try {
    session.streams.redirect(path)
    return 0
  } catch (error) {
    if (!(error instanceof WasiFault)) throw error
    session.output = "stdout"
    session.complain(`Error: cannot open "${path}"\nError: cannot write to "${path}"`)
    return 1
  }
}

const separator: Command = (session, [column, row, extra]) => {
  if (column === undefined || extra !== undefined) {
    session.complain("Usage: .separator COL ?ROW?")
    return 1
  }
  session.settings.columnSeparator = column
  if (row !== undefined) session.settings.rowSeparator = row
  return 0
}

const nullvalue: Command = (session, args) => {
  if (args.length !== 1) {
    session.complain("Usage: .nullvalue STRING")
    return 1
  }
  session.settings.nullValue = args[0]
  return 0
}

const statOf = (session: Session, path: string) => {
  try {
    return session.library.files.stat(path, true)
  } catch (error) {
    if (error instanceof WasiFault) return undefined
    throw error
  }
}

const changeDirectory: Command = (session, args) => {
  if (args.length !== 1) {
    session.complain("Usage: .cd DIRECTORY")
    return 1
  }
  const path = resolvePath(session.cwd, args[0])
  try {
    const { dev, ino, type } = session.library.files.stat(path, true)
    if (type === "directory") {
      // without `..`, where the shorter path leads there too
      const short = foldPath(session.cwd, args[0])
      const other = path === short ? undefined : statOf(session, short)
      session.cwd = other?.ino === ino && other.dev === dev ? short : path
      return 0
    }
  } catch (error) {
    if (!(error instanceof WasiFault)) throw error
  }
  session.complain(`Cannot change to directory "${args[0]}"`)
  return 1
}

const timeout: Command = (session, [milliseconds = "0"]) => {
  session.database.query(`PRAGMA busy_timeout=${parseInt(milliseconds, 10) || 0}`)
  return 0
}

const shell: Command = (session, _, word) => {
  session.complain(`Error: .${word} is not available: run the command in the shell that runs sqlite3`)
  return 1
}

const succeed = (act: (session: Session, args: ReadonlyArray<string>) => void): Command => (session, args) => {
  act(session, args)
  return 0
}

/** By name, each with as many of its letters as must be given. */
const commands: ReadonlyArray<readonly [string, number, Command]> = [
  ["backup", 3, backup],
  ["bail", 3, toggle(".bail on|off", (session, on) => (session.settings.bail = on))],
  ["cd", 2, changeDirectory],
  ["changes", 3, toggle(".changes on|off", (session, on) => (session.settings.changes = on))],
  ["databases", 2, listDatabases],
  ["dump", 1, dump],
  ["echo", 1, toggle(".echo on|off", (session, on) => (session.settings.echo = on))],
  ["eqp", 3, toggle(".eqp off|on|trace|trigger|full", (session, on) => (session.settings.queryPlan = on))],
  ["exit", 1, exit],
  ["fullschema", 1, fullSchema],
  [
    "headers",
    1,
    toggle(".headers on|off", ({ settings }, on) => {
      settings.headers = on
      settings.headersSet = true
    })
  ],
  ["help", 1, succeed((session, [pattern]) => session.print(helpText(pattern)))],
  ["import", 1, importFile],
  ["indexes", 2, indexes],
  ["indices", 2, indexes],
  ["mode", 1, mode],
  ["nullvalue", 1, nullvalue],
  ["once", 2, redirect(true)],
  ["open", 1, openDatabase],
  ["output", 1, redirect(false)],
  ["parameter", 3, parameter],
  ["print", 3, succeed((session, args) => session.print(`${args.join(" ")}\n`))],
  ["quit", 1, () => 2],
  ["read", 3, (session, args) => readFile(session, args)],
  ["restore", 3, restore],
  ["save", 3, backup],
  ["schema", 2, schema],
  ["separator", 2, separator],
  ["shell", 3, shell],
  ["show", 3, show],
  ["system", 2, shell],
  ["tables", 1, tables],
  ["timeout", 5, timeout],
  ["timer", 5, toggle(".timer on|off", () => {})],
  ["width", 1, succeed(({ settings }, args) => (settings.widths = args.map((arg) => parseInt(arg, 10) || 0)))]
]

/** Runs a line that begins with a dot. */
export const runCommand = (session: Session, line: string): number => {
  const [word = "", ...args] = wordsOf(line.slice(1))
  if (word === "") return 0
  const known = commands.find(([name, least]) => name.startsWith(word) && word.length >= Math.min(least, name.length))
  if (known === undefined) {
    session.complain(`Error: unknown command or invalid arguments:  "${word}". Enter ".help" for help`)
    return 1
  }
  try {
    return known[2](session, args, word)
  } catch (error) {
    if (!(error instanceof SqlFailure)) throw error
    session.complain(`Error: ${error.message}`)
    return 1
  }
}
