/** What a program is: arguments in, bytes in and out, an exit code. */
import type { ExecContext } from "../bash/interpret/external.ts"
import { openForReading, openForWriting, openInPlace } from "../bash/interpret/open.ts"
import { callWithinSize } from "../bash/io/file-size.ts"
import type { OpenFile } from "../bash/io/open-file.ts"
import { readChunk } from "../bash/io/open-file.ts"
import { MAX_TEXT } from "../bash/limits.ts"
import type { Machine } from "../bash/machine.ts"
import type { Process, ProcessStatus } from "../bash/processes/process.ts"
import { decodeText, encodeText } from "../bash/text.ts"
import type { SystemCallName, SystemCalls } from "../protocol.ts"
import { isErrno, SystemCallError } from "../shell/client.ts"
import { resolvePath } from "../shell/paths.ts"
import type { OptionSpec } from "./options.ts"
import type { LocalZone } from "./time/local-zone.ts"
import { zoneOf } from "./time/local-zone.ts"

/** Ends a program with a message and an exit code. */
export class ProgramFailure {
  constructor(readonly message: string, readonly status = 1) {}
}

/** Ends a program that was asked for its own description. */
export class Informed {
  constructor(readonly about: "help" | "version", readonly spec: OptionSpec) {}
}

const GATHER_BYTES = 32 * 1024

/** Gathers output into larger pieces. */
export class Writer {
  private text = ""
  private chunks: Array<Uint8Array> = []
  private size = 0

  constructor(private readonly file: OpenFile | undefined, private readonly process: Process) {}

  /** A promise when it is time to wait for the reader. */
  write(data: string | Uint8Array): Promise<void> | undefined {
    if (typeof data === "string") {
      this.text += data
      if (this.text.length + this.size < GATHER_BYTES) return undefined
    } else {
      this.settle()
      this.chunks.push(data)
      this.size += data.length
      if (this.size < GATHER_BYTES) return undefined
    }
    return this.flush()
  }

  line(text: string): Promise<void> | undefined {
    return this.write(`${text}\n`)
  }

  private settle(): void {
    if (this.text === "") return
    const bytes = encodeText(this.text)
    this.text = ""
    this.chunks.push(bytes)
    this.size += bytes.length
  }

  async flush(): Promise<void> {
    this.settle()
    if (this.size === 0) return
    const bytes = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks)
    this.chunks = []
    this.size = 0
    if (this.file === undefined) throw new SystemCallError("EBADF", "write", undefined)
    const pending = this.file.write(this.process, bytes)
    if (pending !== undefined) await pending
  }
}

/** Reads a file; what the program has written leaves before it waits for more. */
export class Reader {
  private closed = false

  constructor(readonly file: OpenFile, private readonly process: Process, private readonly out: Writer) {}

  /** The next bytes; undefined at the end. */
  async read(max = Infinity): Promise<Uint8Array | undefined> {
    const tick = this.process.machine.tick(this.process)
    if (tick !== undefined) await tick
    if (this.file.peek(this.process) === undefined) await this.out.flush()
    const chunk = await readChunk(this.file, this.process, max)
    return chunk.length === 0 ? undefined : chunk
  }

  async all(): Promise<Uint8Array> {
    const chunks: Array<Uint8Array> = []
    let size = 0
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) {
      chunks.push(chunk)
      size += chunk.length
      if (size > 4 * MAX_TEXT) throw new ProgramFailure("memory exhausted", 2)
    }
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
  }

  lines(delimiter = 10): LineReader {
    return new LineReader(this, delimiter)
  }

  /** Another hold on the same open file. */
  another(): Reader {
    return new Reader(this.file.retain(), this.process, this.out)
  }

  close(): Promise<void> | undefined {
    if (this.closed) return undefined
    this.closed = true
    return this.file.release()
  }
}

const PIECE = 256 * 1024

/** Lines in batches, without their ends. */
export class LineReader {
  private rest: Array<Uint8Array> = []
  /** The last line of all had no end. */
  unterminated = false
  private pending: Uint8Array | undefined

  constructor(private readonly reader: Reader, private readonly delimiter: number) {}

  /** The next complete lines; undefined at the end. */
  async next(): Promise<Array<string> | undefined> {
    for (;;) {
      const chunk = this.pending ?? await this.reader.read()
      this.pending = undefined
      if (chunk === undefined) return this.finish()
      const piece = chunk.length > PIECE ? chunk.subarray(0, PIECE) : chunk
      if (chunk.length > PIECE) this.pending = chunk.subarray(PIECE)
      const last = piece.lastIndexOf(this.delimiter)
      if (last < 0) {
        this.rest.push(piece)
        continue
      }
      const head = piece.subarray(0, last)
      const whole = this.rest.length === 0 ? head : Buffer.concat([...this.rest, head])
      this.rest = last + 1 < piece.length ? [piece.subarray(last + 1)] : []
      return decodeText(whole).split(String.fromCharCode(this.delimiter))
    }
  }

  private finish(): Array<string> | undefined {
    if (this.rest.length === 0) return undefined
    const text = decodeText(Buffer.concat(this.rest))
    this.rest = []
    this.unterminated = true
    return [text]
  }
}

export interface ExecOptions {
  /** What the program gets as its own input and output; they are its to close. */
  readonly stdin?: OpenFile | undefined
  readonly stdout?: OpenFile | undefined
  readonly env?: ReadonlyMap<string, string> | undefined
  readonly cwd?: string | undefined
  /** Told how it ended. */
  readonly onEnd?: ((status: ProcessStatus) => void) | undefined
}

/** A file that a program writes. */
export interface Output {
  readonly writer: Writer
  readonly close: () => Promise<void>
}

export class ProgramContext {
  readonly machine: Machine
  readonly process: Process
  readonly stdout: Writer
  readonly stderr: Writer
  private input: Reader | undefined
  private readonly closing: Array<() => Promise<void> | undefined> = []
  /** Groups of lines printed so far, for programs that separate them. */
  groups = 0

  constructor(
    readonly exec: ExecContext,
    readonly name: string,
    readonly args: ReadonlyArray<string>,
    /** Starts another program and waits for its exit code (127 and 126 when there is none). */
    readonly run: (argv: ReadonlyArray<string>, options?: ExecOptions) => Promise<number>
  ) {
    this.machine = exec.machine
    this.process = exec.process
    this.stdout = new Writer(this.process.descriptors.get(1), this.process)
    this.stderr = new Writer(this.process.descriptors.get(2), this.process)
  }

  get env(): ReadonlyMap<string, string> {
    return this.exec.env
  }

  get cwd(): string {
    return this.exec.cwd
  }

  /** Where the program's clock hangs. */
  get zone(): LocalZone {
    return zoneOf(this.env.get("TZ"))
  }

  get stdin(): Reader {
    const file = this.process.descriptors.get(0)
    if (file === undefined) throw new ProgramFailure("-: Bad file descriptor")
    this.input ??= new Reader(file, this.process, this.stdout)
    return this.input
  }

  path(name: string): string {
    return resolvePath(this.cwd, name)
  }

  async sys<Name extends SystemCallName>(
    name: Name,
    ...args: Parameters<SystemCalls[Name]>
  ): Promise<ReturnType<SystemCalls[Name]>> {
    const { soft } = this.process.limits.get("f")
    if (soft !== Infinity) return callWithinSize(this.machine, this.process, soft, name, args)
    return this.process.block(this.machine.sysAs(this.process, name, ...args))
  }

  tick(): Promise<void> | undefined {
    return this.machine.tick(this.process)
  }

  /** A word in a message, in the quotation marks of the locale. */
  quote(text: string): string {
    const locale = this.env.get("LC_ALL") || this.env.get("LC_CTYPE") || this.env.get("LANG") || ""
    return /utf-?8/i.test(locale) ? `\u2018${text}\u2019` : `'${text}'`
  }

  /** A file to read; "-" is standard input. Not `blocking`: as with O_NONBLOCK. */
  async open(name: string, blocking = true): Promise<Reader> {
    const file = name === "-"
      ? this.stdin.file.retain()
      : await openForReading({ ...this.exec, process: this.process }, name, blocking)
    const reader = new Reader(file, this.process, this.stdout)
    this.closing.push(() => reader.close())
    return reader
  }

  async create(name: string, append = false, blocking = true): Promise<Output> {
    return this.output(await openForWriting({ ...this.exec, process: this.process }, name, append, blocking))
  }

  /** A file to be written from a position on; what lies behind that is cut off, or stays. */
  async amend(name: string, position: number, cuts: boolean): Promise<Output> {
    const file = await openInPlace({ ...this.exec, process: this.process }, name)
    const output = this.output(file)
    if (cuts) await file.truncate(this.process, position)
    await file.seek(this.process, position, "start")
    return output
  }

  private output(file: OpenFile): Output {
    const writer = new Writer(file, this.process)
    let closed = false
    const release = () => {
      if (closed) return undefined
      closed = true
      return file.release()
    }
    this.closing.push(release)
    return {
      writer,
      close: async () => {
        await writer.flush()
        const closing = release()
        if (closing !== undefined) await closing
      }
    }
  }

  /** Closes what the program has left open, however it ended. */
  async close(): Promise<void> {
    for (const close of this.closing.splice(0)) {
      const pending = close()
      if (pending !== undefined) await pending.catch(() => {})
    }
  }

  /** Complains on standard error in the program's name. */
  async complain(message: string): Promise<void> {
    await this.stdout.flush()
    await this.stderr.write(`${this.name}: ${message}\n`)
    await this.stderr.flush()
  }

  /** The reason of a failed system call in the C library's words; anything else is thrown again. */
  reason(error: unknown): string {
    if (error instanceof SystemCallError && !isErrno(error, "ECANCELED")) return error.reason
    throw error
  }

  /** Complains of a file with the reason of the failure. */
  async blame(subject: string, error: unknown): Promise<void> {
    await this.complain(`${subject}: ${this.reason(error)}`)
  }
}

export type Program = (context: ProgramContext) => Promise<number> | number

const controls = /[\x00-\x1f\x7f]/

/** A name as GNU tools put it into messages: so that the shell would read it as one word. */
export const quoted = (name: string): string => {
  if (controls.test(name)) {
    return name.split(/([\x00-\x1f\x7f]+)/).map((part, index) =>
      index % 2 === 0 ? `'${part.replaceAll("'", "'\\''")}'` : `$'${Array.from(part, escapeControl).join("")}'`
    ).join("").replace(/''$/, "")
  }
  if (!name.includes("'")) return `'${name}'`
  return /["\\$`!]/.test(name) ? `'${name.replaceAll("'", "'\\''")}'` : `"${name}"`
}

const escapeControl = (char: string): string =>
  ({ "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\x07": "\\a" })[char] ??
    `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`

/** A name, quoted only when it needs to be. */
export const quotedIfOdd = (name: string): string =>
  /^[A-Za-z0-9_.,:+@%\/\]{}~#^-]+$/.test(name) && !/^[#~]/.test(name) ? name : quoted(name)
