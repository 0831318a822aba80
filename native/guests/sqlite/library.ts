/** SQLite as a library: an instance of its WebAssembly, and connections to databases. */
import { decodeText, encodeText } from "../bash/text.ts"
import type { SystemChannel } from "../wasm/channel.ts"
import type { Module } from "../wasm/engine.ts"
import { engine } from "../wasm/engine.ts"
import { DatabaseFiles } from "./files.ts"
import { importsOf, type Surroundings } from "./imports.ts"
import { Memory } from "./memory.ts"

type Call = (...args: ReadonlyArray<number>) => number

export const OK = 0
export const ROW = 100
export const DONE = 101
/** SQLITE_NOMEM, SQLITE_IOERR, SQLITE_FULL. */
const IO_ERROR = 10
const FULL = 13

/** Types of values. */
export const INTEGER = 1
export const FLOAT = 2
export const TEXT = 3
export const BLOB = 4
export const NULL = 5

/** A value that SQLite has given. Numbers are as it prints them: integers exactly. */
export interface Value {
  readonly type: number
  /** As text: of a blob what comes before its first zero byte. Undefined for NULL. */
  readonly text: string | undefined
  readonly number: number
  readonly bytes: Uint8Array
}

const NONE = new Uint8Array(0)
const NULL_VALUE: Value = { type: NULL, text: undefined, number: 0, bytes: NONE }

/** A statement could not be prepared, or has failed. */
export class SqlFailure extends Error {
  constructor(readonly stage: "prepare" | "step", readonly code: number, message: string) {
    super(message)
  }
}

export class Library {
  readonly memory = new Memory()
  readonly files: DatabaseFiles
  private readonly exports: Readonly<Record<string, Call>>

  constructor(module: Module, channel: SystemChannel, around: Surroundings) {
    this.files = new DatabaseFiles(channel)
    const instance = new engine.Instance(module, importsOf(this.memory, this.files, channel, around))
    this.exports = instance.exports as unknown as Readonly<Record<string, Call>>
    this.memory.attach(instance.exports.memory)
    this.call("emscripten_stack_init")
    this.call("__set_stack_limits", this.call("emscripten_stack_get_base"), this.call("emscripten_stack_get_end"))
    this.call("__wasm_call_ctors")
  }

  call(name: string, ...args: ReadonlyArray<number>): number {
    return this.exports[name](...args)
  }

  /** A copy of some bytes, with a zero after them, that is to be freed. */
  copy(bytes: Uint8Array): number {
    const at = this.call("malloc", bytes.length + 1)
    if (at === 0) throw new SqlFailure("step", 7, "out of memory")
    this.memory.bytes.set(bytes, at)
    this.memory.bytes[at + bytes.length] = 0
    return at
  }

  free(at: number): void {
    this.call("free", at)
  }

  /** Runs with C strings, and frees them. */
  withTexts<A>(texts: ReadonlyArray<string>, run: (...at: ReadonlyArray<number>) => A): A {
    const places = texts.map((text) => this.copy(encodeText(text)))
    try {
      return run(...places)
    } finally {
      for (const place of places) this.free(place)
    }
  }

  /** The word at a place that SQLite has written its answer to. */
  withPlace(run: (at: number) => void): number {
    const at = this.call("malloc", 8)
    try {
      run(at)
      return this.memory.view.getUint32(at, true)
    } finally {
      this.free(at)
    }
  }
}

export class Statement {
  constructor(private readonly library: Library, private readonly database: Connection, readonly at: number) {}

  get columns(): number {
    return this.library.call("sqlite3_column_count", this.at)
  }

  get sql(): string {
    return this.library.memory.text(this.library.call("sqlite3_sql", this.at))
  }

  names(): ReadonlyArray<string> {
    const { library } = this
    return Array.from(
      { length: this.columns },
      (_, index) => library.memory.text(library.call("sqlite3_column_name", this.at, index))
    )
  }

  /** Whether there is a row; throws `SqlFailure`. */
  step(): boolean {
    const outcome = this.library.call("sqlite3_step", this.at)
    if (outcome === ROW) return true
    if (outcome === DONE) return false
    throw this.database.failure("step", outcome)
  }

  row(): ReadonlyArray<Value> {
    return Array.from({ length: this.columns }, (_, index) => this.value(index))
  }

  private value(index: number): Value {
    const { at, library } = this
    const type = library.call("sqlite3_column_type", at, index)
    if (type === NULL) return NULL_VALUE
    const number = type === FLOAT ? library.call("sqlite3_column_double", at, index) : 0
    const place = library.call(type === BLOB ? "sqlite3_column_blob" : "sqlite3_column_text", at, index)
    const size = library.call("sqlite3_column_bytes", at, index)
    const bytes = size === 0 ? NONE : library.memory.bytes.slice(place, place + size)
    const end = bytes.indexOf(0)
    return { type, number, bytes, text: decodeText(end < 0 ? bytes : bytes.subarray(0, end)) }
  }

  /** Whether it has a parameter of a name, which then gets the value. */
  bind(name: string, { bytes, number, text, type }: Value): void {
    const { at, library } = this
    const index = library.withTexts([name], (place) => library.call("sqlite3_bind_parameter_index", at, place))
    if (index > 0) this.bindAt(index, { bytes, number, text, type })
  }

  bindAt(index: number, { bytes, number, text, type }: Value): void {
    const { at, library } = this
    if (type === INTEGER || type === FLOAT) {
      const value = type === FLOAT ? number : Number(text)
      const small = type === INTEGER && value === (value | 0)
      library.call(small ? "sqlite3_bind_int" : "sqlite3_bind_double", at, index, value)
    } else if (type === TEXT || type === BLOB) {
      const copy = library.copy(bytes)
      const name = type === TEXT ? "sqlite3_bind_text" : "sqlite3_bind_blob"
      // SQLITE_TRANSIENT: it takes a copy of its own
      library.call(name, at, index, copy, bytes.length, -1)
      library.free(copy)
    }
  }

  reset(): void {
    this.library.call("sqlite3_reset", this.at)
    this.library.call("sqlite3_clear_bindings", this.at)
  }

  finalize(): void {
    this.library.call("sqlite3_finalize", this.at)
  }
}

/** A text as a value to be bound. */
export const textValue = (text: string): Value => ({ type: TEXT, text, number: 0, bytes: encodeText(text) })

export class Connection {
  private constructor(readonly library: Library, readonly at: number) {}

  /** Opens a database; throws `SqlFailure`. */
  static open(library: Library, path: string): Connection {
    let code = OK
    const at = library.withPlace((place) => {
      code = library.withTexts([path], (name) => library.call("sqlite3_open", name, place))
    })
    const connection = new Connection(library, at)
    if (code === OK) return connection
    const failure = connection.failure("prepare", code)
    connection.close()
    throw failure
  }

  /** What went wrong, after a call that has given an error. */
  failure(stage: "prepare" | "step", code: number): SqlFailure {
    const { files } = this.library
    const full = files.full && code === IO_ERROR
    files.full = false
    const message = this.library.memory.text(this.library.call("sqlite3_errmsg", this.at))
    return full ? new SqlFailure(stage, FULL, "database or disk is full") : new SqlFailure(stage, code, message)
  }

  /**
   * Prepares the first statement at a place in memory; gives it, unless there is none, and where what follows begins.
   * Throws `SqlFailure`.
   */
  prepareAt(place: number): { readonly statement: Statement | undefined; readonly rest: number } {
    const { library } = this
    const out = library.call("malloc", 8)
    try {
      const code = library.call("sqlite3_prepare_v2", this.at, place, -1, out, out + 4)
      if (code !== OK) throw this.failure("prepare", code)
      const { view } = library.memory
      const at = view.getUint32(out, true)
      return {
        statement: at === 0 ? undefined : new Statement(library, this, at),
        rest: view.getUint32(out + 4, true)
      }
    } finally {
      library.free(out)
    }
  }

  prepare(sql: string): Statement {
    return this.library.withTexts([sql], (place) => {
      const { statement } = this.prepareAt(place)
      if (statement === undefined) throw new SqlFailure("prepare", 1, "no statement")
      return statement
    })
  }

  /** All rows of one statement of the shell's own. */
  query(sql: string, ...parameters: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<Value>> {
    const statement = this.prepare(sql)
    try {
      parameters.forEach((text, index) => statement.bindAt(index + 1, textValue(text)))
      const rows: Array<ReadonlyArray<Value>> = []
      while (statement.step()) rows.push(statement.row())
      return rows
    } finally {
      statement.finalize()
    }
  }

  /** Runs statements of the shell's own. */
  run(sql: string): void {
    const { library } = this
    const code = library.withTexts([sql], (place) => library.call("sqlite3_exec", this.at, place, 0, 0, 0))
    if (code !== OK) throw this.failure("step", code)
  }

  /** The first column of the first row. */
  scalar(sql: string, ...parameters: ReadonlyArray<string>): string {
    return this.query(sql, ...parameters)[0]?.[0]?.text ?? ""
  }

  get changes(): number {
    return this.library.call("sqlite3_changes", this.at)
  }

  /** Copies a database of another connection over one of this one; throws `SqlFailure`. */
  copyFrom(name: string, source: Connection, sourceName: string): void {
    const { library } = this
    const backup = library.withTexts(
      [name, sourceName],
      (to, from) => library.call("sqlite3_backup_init", this.at, to, source.at, from)
    )
    if (backup === 0) throw this.failure("step", 1)
    const outcome = library.call("sqlite3_backup_step", backup, -1)
    library.call("sqlite3_backup_finish", backup)
    if (outcome !== DONE) throw this.failure("step", outcome)
  }

  close(): void {
    this.library.call("sqlite3_close_v2", this.at)
  }
}
