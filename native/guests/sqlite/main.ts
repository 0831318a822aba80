/** The shell of SQLite: its options, and what it runs. */
import bytes from "sql.js/dist/sql-wasm-debug.wasm"
import { zoneOf } from "../programs/time/local-zone.ts"
import type { SystemChannel } from "../wasm/channel.ts"
import { WasiFault } from "../wasm/channel.ts"
import { engine, type Module } from "../wasm/engine.ts"
import { limitMemory } from "../wasm/memory-limit.ts"
import { runCommand } from "./commands.ts"
import { Failed } from "./failure.ts"
import { usage } from "./help.ts"
import { readInput } from "./input.ts"
import { setMode } from "./mode.ts"
import { Exit, Session } from "./session.ts"
import type { Mode, Settings } from "./settings.ts"
import { O_RDONLY } from "./streams.ts"

/** What the command line says beside what is set at once. */
interface Request {
  file: string | undefined
  readonly sql: Array<string>
  init: string | undefined
  batch: boolean
  interactive: boolean
  /** What follows a file's name is done in order: modes, and commands to be run first. */
  readonly steps: Array<() => void>
}

const modes: ReadonlyArray<Mode> = [
  "ascii",
  "box",
  "column",
  "csv",
  "html",
  "json",
  "line",
  "list",
  "markdown",
  "quote",
  "table",
  "tabs"
]

/** Modes that bring their column separator along as options too. */
const separated: ReadonlySet<string> = new Set(["ascii", "csv", "quote", "tabs"])

const refuse = (session: Session, name: string, problem: string, more = ""): never => {
  session.complain(`${name}: Error: ${problem}${more}`)
  throw new Exit(1)
}

/** Runs what an argument says: a command, or SQL. What fails ends the shell. */
const runArgument = (session: Session, text: string): void => {
  if (text.startsWith(".")) {
    const outcome = runCommand(session, text)
    if (outcome !== 0) throw new Exit(outcome === 2 ? 0 : 1)
    return
  }
  try {
    session.execute(text)
  } catch (error) {
    if (!(error instanceof Failed)) throw error
    const stage = error.stage === "prepare" ? "in prepare" : "stepping"
    session.complain(`Error: ${stage}, ${error.message}${error.context}`)
    throw new Exit(error.code)
  }
}

/** A command of an option, which may fail as it likes unless the shell is to stop then. */
const runFirst = (session: Session, text: string): void => {
  try {
    runArgument(session, text)
  } catch (error) {
    if (!(error instanceof Exit) || error.code === 0 || session.settings.bail) throw error
  }
}

type Setter = (session: Session, request: Request, value: () => string) => void

const setModeOnly = (settings: Settings, mode: Mode): void => {
  const { columnSeparator, rowSeparator } = settings
  setMode(settings, mode)
  // as options, most modes leave the separators as they are
  if (!separated.has(mode)) settings.columnSeparator = columnSeparator
  if (mode !== "ascii") settings.rowSeparator = rowSeparator
}

const setHeaders = (headers: boolean): Setter => ({ settings }, { steps }) => {
  steps.push(() => {
    settings.headers = headers
    settings.headersSet = true
  })
}

/** An option whose value is kept among the settings. */
const setText = (key: "columnSeparator" | "nullValue" | "rowSeparator"): Setter => ({ settings }, { steps }, value) => {
  const text = value()
  steps.push(() => {
    settings[key] = text
  })
}

/** What is done at once is in force while the first files are read; steps follow them. */
const options: Readonly<Record<string, Setter>> = {
  ...Object.fromEntries(
    modes.map((mode): [string, Setter] => [mode, ({ settings }, { steps }) => {
      steps.push(() => setModeOnly(settings, mode))
    }])
  ),
  separator: setText("columnSeparator"),
  newline: setText("rowSeparator"),
  nullvalue: setText("nullValue"),
  header: setHeaders(true),
  noheader: setHeaders(false),
  cmd: (session, { steps }, value) => {
    const text = value()
    steps.push(() => runFirst(session, text))
  },
  init: (_, request, value) => {
    request.init = value()
  },
  echo: ({ settings }, { steps }) => {
    steps.push(() => {
      settings.echo = true
    })
  },
  bail: ({ settings }) => {
    settings.bail = true
  },
  readonly: (session) => {
    session.readOnly = true
  },
  batch: (_, request) => {
    request.batch = true
  },
  interactive: (_, request) => {
    request.interactive = true
  },
  version: (session, { steps }) => {
    steps.push(() => {
      session.print(`${session.database.scalar("SELECT sqlite_version() || ' ' || sqlite_source_id()")}\n`)
      throw new Exit(0)
    })
  },
  help: (session, { steps }) => {
    steps.push(() => {
      session.complain(usage("sqlite3").trimEnd())
      throw new Exit(1)
    })
  }
}

const requestOf = (session: Session, argv: ReadonlyArray<string>): Request => {
  const request: Request = { file: undefined, sql: [], init: undefined, batch: false, interactive: false, steps: [] }
  const [program] = argv
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at]
    if (!word.startsWith("-")) {
      if (request.file === undefined) request.file = word
      else request.sql.push(word)
      continue
    }
    const value = () => argv[++at] ?? refuse(session, program, `missing argument to ${word}`)
    const name = word.replace(/^--?/, "")
    if (Object.hasOwn(options, name)) options[name](session, request, value)
    else {
      request.steps.push(() =>
        refuse(session, program, `unknown option: ${word}`, "\nUse -help for a list of options.")
      )
    }
  }
  return request
}

/** Reads what is to be read first: the file of `-init`, or `~/.sqliterc`. */
const readInit = (session: Session, { init }: Request, home: string | undefined): void => {
  const file = init ?? (home === undefined ? undefined : `${home}/.sqliterc`)
  if (file === undefined) return
  let fd: number
  try {
    fd = session.streams.open(file, O_RDONLY)
  } catch (error) {
    if (!(error instanceof WasiFault)) throw error
    if (init !== undefined) session.complain(`cannot open: "${init}"`)
    return
  }
  const read = readInput(session, fd)
  session.streams.close(fd)
  if (!read && session.settings.bail) throw new Exit(1)
}

const exists = (session: Session, file: string): boolean => {
  try {
    session.library.files.stat(session.resolve(file), true)
    return true
  } catch (error) {
    if (error instanceof WasiFault) return false
    throw error
  }
}

const banner = (session: Session, file: string | undefined): void => {
  const version = session.database.scalar("SELECT sqlite_version() || ' ' || substr(sqlite_source_id(), 1, 19)")
  session.print(`SQLite version ${version}\nEnter ".help" for usage hints.\n`)
  if (file !== undefined) return
  session.print(
    "Connected to a transient in-memory database.\nUse \".open FILENAME\" to reopen on a persistent database.\n"
  )
}

const run = (session: Session, argv: ReadonlyArray<string>, home: string | undefined): number => {
  const request = requestOf(session, argv)
  if (request.file !== undefined) {
    session.file = request.file
    if (exists(session, request.file)) void session.database
  }
  readInit(session, request, home)
  for (const step of request.steps) step()
  for (const text of request.sql) runArgument(session, text)
  if (request.sql.length > 0) return 0
  const interactive = request.interactive || (!request.batch && session.streams.isTerminal(0))
  if (interactive) banner(session, request.file)
  return readInput(session, 0, interactive) || interactive ? 0 : 1
}

const exitCode = (act: () => number): number => {
  try {
    return act()
  } catch (error) {
    if (error instanceof Exit) return error.code
    throw error
  }
}

/** The program, compiled, with its memory bounded. */
export const compiled = (memory: number): Promise<Module> => engine.compile(limitMemory(bytes, memory))

/** What a program is started with. */
export interface Start {
  readonly argv: ReadonlyArray<string>
  readonly cwd: string
  readonly env: ReadonlyMap<string, string>
}

/** Runs the program to its end; gives its exit code. */
export const runSqlite = (module: Module, channel: SystemChannel, { argv, cwd, env }: Start): number => {
  const session = new Session(module, channel, cwd, zoneOf(env.get("TZ")))
  let code: number
  try {
    code = exitCode(() => run(session, argv, env.get("HOME")))
    session.streams.flush()
  } catch (error) {
    // nobody can be told of output that cannot be written
    if (!(error instanceof WasiFault)) throw error
    code = 1
  }
  session.close()
  return code
}
