/** The state of one run of the shell of SQLite: the database, the settings, and statements that are run and shown. */
import { encodeText } from "../bash/text.ts"
import type { LocalZone } from "../programs/time/local-zone.ts"
import { foldPath, resolvePath } from "../shell/paths.ts"
import type { SystemChannel } from "../wasm/channel.ts"
import { WasiFault } from "../wasm/channel.ts"
import type { Module } from "../wasm/engine.ts"
import { printTable } from "./columns.ts"
import { failed } from "./failure.ts"
import type { Statement, Value } from "./library.ts"
import { Connection, Library, SqlFailure } from "./library.ts"
import { printPlan, printProgram } from "./plan.ts"
import { RowPrinter } from "./rows.ts"
import type { Settings } from "./settings.ts"
import { isColumnMode, makeSettings } from "./settings.ts"
import { Streams } from "./streams.ts"
import { tokens } from "./text.ts"
import { literal } from "./values.ts"

/** Ends the shell with an exit code. */
export class Exit extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`)
  }
}

/** Where the head of a database says which version reads it, and the one with a write-ahead log. */
const LOGGED = { offset: 19, version: 2 }
/** The index of such a log is shared memory, unless nobody else has the database. */
const ALONE = "PRAGMA locking_mode=EXCLUSIVE"
const asksForLog = /journal_mode\s*(?:=|\()\s*['"]?wal/i

/** Bytes of rows that a table may be made of: all of them are there before the first is printed. */
const MAX_TABLE = 24 * 1024 * 1024
/** Of a cell, beside its text. */
const CELL_BYTES = 128

export class Session {
  readonly settings: Settings = makeSettings()
  readonly streams: Streams
  readonly library: Library
  private opened: Connection | undefined
  /** The database, as it was named. */
  file = ":memory:"
  /** A file takes the output of the next statement only. */
  once = false
  readOnly = false
  /** `.parameter` has set some. */
  hasParameters = false
  /** Files that are being read within each other. */
  depth = 0
  /** Where output goes, for `.show`. */
  output = "stdout"
  cwd: string

  constructor(module: Module, channel: SystemChannel, cwd: string, zone: LocalZone) {
    this.cwd = cwd
    this.library = new Library(module, channel, { cwd: () => this.cwd, zone })
    this.streams = new Streams(channel, (path) => resolvePath(this.cwd, path))
  }

  get print(): (text: string) => void {
    return this.streams.print
  }

  /** A path as an absolute one. */
  resolve(path: string): string {
    return resolvePath(this.cwd, path)
  }

  complain(text: string): void {
    this.streams.complain(text)
  }

  /** The database, opened when it is first needed. */
  get database(): Connection {
    return this.opened ?? this.open(this.file)
  }

  /** Opens another database; what cannot be opened ends the shell, unless another takes its place. */
  open(file: string, readOnly = this.readOnly, instead?: string): Connection {
    this.close()
    this.file = file
    try {
      this.library.files.readOnly = readOnly ? foldPath(this.cwd, file) : undefined
      this.opened = Connection.open(this.library, file)
      if (this.isLogged(file)) this.opened.run(ALONE)
      return this.opened
    } catch (error) {
      if (!(error instanceof SqlFailure)) throw error
      this.complain(`Error: unable to open database "${file}": ${error.message}`)
      if (instead === undefined) throw new Exit(1)
      this.opened = Connection.open(this.library, instead)
      return this.opened
    }
  }

  /** Whether a database has a write-ahead log. */
  private isLogged(file: string): boolean {
    const { files } = this.library
    if (file === "" || file === ":memory:") return false
    try {
      const fd = files.openFile(this.resolve(file), 0)
      const head = new Uint8Array(LOGGED.offset + 1)
      files.read(fd, head)
      files.close(fd)
      return head[LOGGED.offset] === LOGGED.version
    } catch (error) {
      if (error instanceof WasiFault) return false
      throw error
    }
  }

  close(): void {
    this.opened?.close()
    this.opened = undefined
  }

  /** Runs SQL and prints what it gives; throws `Failed`. */
  execute(sql: string): void {
    const { library } = this
    const { database } = this
    const bytes = encodeText(sql)
    const place = library.copy(bytes)
    const end = place + bytes.length
    const text = (at: number) => library.memory.text(at)
    try {
      for (let at = place; at < end;) {
        const start = at
        try {
          const { rest, statement } = database.prepareAt(at)
          at = rest
          while (at < end && isSpace(library.memory.bytes[at])) at++
          if (statement !== undefined) this.show(statement)
        } catch (error) {
          if (error instanceof SqlFailure) throw failed(database, text(start), error)
          throw error
        }
      }
    } finally {
      library.free(place)
    }
  }

  private show(statement: Statement): void {
    try {
      this.bind(statement)
      if (asksForLog.test(statement.sql)) this.database.run(ALONE)
      const [first, second] = tokens(statement.sql.slice(0, 256)).map(({ text }) => text.toLowerCase())
      if (first === "explain") {
        if (second === "query") printPlan(rowsOf(statement), this.print)
        else printProgram(rowsOf(statement), this.print)
        return
      }
      if (this.settings.queryPlan) {
        printPlan(this.database.query(`EXPLAIN QUERY PLAN ${statement.sql}`), this.print)
      }
      this.printRows(statement)
      if (this.settings.changes) this.printChanges()
    } finally {
      statement.finalize()
    }
  }

  private printRows(statement: Statement): void {
    const { settings } = this
    const { mode } = settings
    if (isColumnMode(mode)) {
      const rows = textsOf(statement, settings)
      printTable(mode, statement.names(), rows, settings, this.print)
      return
    }
    const printer = new RowPrinter(mode, statement.names(), settings, this.print)
    // rows before a failure are shown
    try {
      while (statement.step()) printer.row(statement.row())
    } finally {
      printer.end()
    }
  }

  private printChanges(): void {
    const { database } = this
    const { changes } = database
    this.print(`changes: ${changes}   total_changes: ${database.scalar("SELECT total_changes()")}\n`)
  }

  /** Gives a statement the parameters that `.parameter` has set. */
  private bind(statement: Statement): void {
    if (!/[?:@$]/.test(statement.sql) || !this.hasParameters) return
    for (const [name, value] of this.database.query("SELECT key, value FROM temp.sqlite_parameters")) {
      statement.bind(name.text!, value)
    }
  }
}

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13)

const rowsOf = (statement: Statement): ReadonlyArray<ReadonlyArray<Value>> => {
  const rows: Array<ReadonlyArray<Value>> = []
  while (statement.step()) rows.push(statement.row())
  return rows
}

/** All rows as the texts of a table's cells. */
const textsOf = (statement: Statement, { columns, nullValue }: Settings): ReadonlyArray<ReadonlyArray<string>> => {
  const rows: Array<ReadonlyArray<string>> = []
  let size = 0
  while (statement.step()) {
    const row = statement.row().map((value) => columns.quote ? literal(value) : value.text ?? nullValue)
    for (const { length } of row) size += 2 * length + CELL_BYTES
    if (size > MAX_TABLE) throw new SqlFailure("step", 7, "out of memory")
    rows.push(row)
  }
  return rows
}
