/** zip: puts files into an archive, brings those in it up to date, and takes some out. */
import { createDeflateRaw } from "node:zlib"
import { decodeText, encodeText } from "../../bash/text.ts"
import type { GuestStat } from "../../protocol.ts"
import { isErrno } from "../../shell/client.ts"
import { statIfThere } from "../files/targets.ts"
import type { Program, ProgramContext, Reader, Writer } from "../program.ts"
import { transcode } from "./gzip.ts"
import type { ZipArguments } from "./zip-arguments.ts"
import { parseZip, zipPattern } from "./zip-arguments.ts"
import type { ZipEntry } from "./zip-format.ts"
import {
  centralHeader,
  contentOf,
  crc32,
  DEFLATED,
  endOfDirectory,
  localHeader,
  MAX_ENTRIES,
  MAX_SIZE,
  readDirectory,
  savedPercent,
  STORED
} from "./zip-format.ts"

const NOTHING = 12
const NO_ARCHIVE = 13
const BAD_USE = 16
const NOT_READABLE = 18
/** Content that is kept as it is beside what it is packed to, for when that is no gain. */
const KEPT_BYTES = 1024 * 1024

/** Ends zip with a message where its notes go. */
class ZipFailure {
  constructor(readonly message: string, readonly status: number) {}
}

const failure = (message: string, status: number): ZipFailure => new ZipFailure(message, status)

/** A file to be put into the archive. */
interface Source {
  readonly name: string
  readonly path: string
  readonly stat: GuestStat | undefined
}

interface Packed {
  readonly chunks: ReadonlyArray<Uint8Array>
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly isText: boolean
}

const isTextual = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte >= 32 && byte !== 127 || byte === 9 || byte === 10 || byte === 13)

const store = (bytes: Uint8Array): Packed => ({
  chunks: [bytes],
  method: STORED,
  crc: crc32(0, bytes),
  packed: bytes.length,
  size: bytes.length,
  isText: bytes.length > 0 && isTextual(bytes)
})

/** The content of a reader, packed if that is a gain. */
const pack = async (context: ProgramContext, reader: Reader, level: number): Promise<Packed> => {
  if (level === 0) return store(await reader.all())
  const kept: Array<Uint8Array> = []
  let crc = 0
  let size = 0
  let isText = true
  const watched = {
    read: async (max?: number) => {
      const chunk = await reader.read(max)
      if (chunk === undefined) return undefined
      const copy = chunk.slice()
      crc = crc32(crc, copy)
      isText &&= size > 0 || isTextual(copy)
      size += copy.length
      if (size <= KEPT_BYTES) kept.push(copy)
      return copy
    }
  } as unknown as Reader
  const chunks: Array<Uint8Array> = []
  const [, packed] = await transcode(context, createDeflateRaw({ level }), watched, (bytes) => void chunks.push(bytes))
  if (size <= KEPT_BYTES && packed >= size) {
    return { chunks: kept, method: STORED, crc, packed: size, size, isText: isText && size > 0 }
  }
  return { chunks, method: DEFLATED, crc, packed, size, isText }
}

class Archive {
  private readonly entries: Array<ZipEntry> = []
  private offset = 0

  constructor(private readonly writer: Writer, private readonly plain: boolean) {}

  private async put(bytes: Uint8Array): Promise<void> {
    this.offset += bytes.length
    const pending = this.writer.write(bytes)
    if (pending !== undefined) await pending
  }

  async add(given: ZipEntry, chunks: ReadonlyArray<Uint8Array>): Promise<void> {
    const entry = { ...given, offset: this.offset }
    if (this.entries.length >= MAX_ENTRIES || entry.size > MAX_SIZE || this.offset + entry.packed > MAX_SIZE) {
      throw failure("Entry too big (an archive holds 65534 files and 4 GiB)", 6)
    }
    this.entries.push(entry)
    await this.put(localHeader(entry, this.plain))
    for (const chunk of chunks) await this.put(chunk)
  }

  async finish(): Promise<void> {
    const start = this.offset
    for (const entry of this.entries) await this.put(centralHeader(entry, this.plain))
    await this.put(endOfDirectory(this.entries.length, this.offset - start, start))
  }
}

class Zipper {
  status = 0
  private readonly sources = new Map<string, Source>()
  private readonly level: number
  /** Notes, beside the archive when that is standard output. */
  private readonly notes: Writer

  constructor(
    private readonly context: ProgramContext,
    private readonly line: ZipArguments,
    private readonly shown: string
  ) {
    this.level = Number(Array.from("0123456789").findLast((digit) => line.letters.has(digit)) ?? 6)
    this.notes = shown === "-" ? context.stderr : context.stdout
  }

  private has(letter: string): boolean {
    return this.line.letters.has(letter)
  }

  private async note(text: string): Promise<void> {
    if (!this.has("q")) await this.notes.write(text)
  }

  async warn(text: string): Promise<void> {
    await this.notes.write(`\tzip warning: ${text}\n`)
  }

  /** The name in the archive; undefined for what has none, or is not wanted. */
  private named(path: string): string | undefined {
    const name = this.has("j") ? path.slice(path.lastIndexOf("/") + 1) : path.replace(/^(?:\.?\/)+/, "")
    if (name === "" || name === ".") return undefined
    const { lists } = this.line
    if (lists.get("x")?.some((pattern) => pattern.matches(name)) === true) return undefined
    const wanted = lists.get("i")
    return wanted === undefined || wanted.some((pattern) => pattern.matches(name)) ? name : undefined
  }

  async collect(given: string, own: string | undefined, top = true): Promise<void> {
    const { context } = this
    const tick = context.tick()
    if (tick !== undefined) await tick
    if (given === "-" && top) return void this.sources.set("-", { name: "-", path: "-", stat: undefined })
    const path = given.replace(/(.)\/+$/, "$1")
    const full = context.path(path)
    const stat = await context.sys(this.has("y") ? "lstat" : "stat", full).catch((error: unknown) => {
      if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES")) return undefined
      throw error
    })
    if (stat === undefined) return this.warn(`name not matched: ${given}`)
    if (full === own) return
    if (!["file", "directory", "symlink"].includes(stat.type)) return this.warn(`ignoring special file: ${given}`)
    if (stat.type !== "directory") {
      const name = this.named(path)
      if (name !== undefined) this.sources.set(name, { name, path: full, stat })
      return
    }
    const name = this.has("j") || this.has("D") ? undefined : this.named(`${path}/`)
    if (name !== undefined && name !== "./") this.sources.set(name, { name, path: full, stat })
    if (!this.has("r")) return
    const names = (await context.sys("readdir", full)).map((entry) => entry.name)
    for (const each of names) await this.collect(path === "/" ? `/${each}` : `${path}/${each}`, own, false)
  }

  /** What becomes of the files that the archive holds: kept, replaced, or taken out. */
  private keeps(entry: ZipEntry): boolean {
    const source = this.sources.get(entry.name)
    if (source === undefined) return true
    if (!this.has("u") && !this.has("f")) return false
    return Math.floor((source.stat?.mtimeMs ?? Infinity) / 1000) <= Math.floor(entry.mtimeMs / 1000)
  }

  private async write(archive: Archive, source: Source, verb: string): Promise<boolean> {
    const { context } = this
    const { name, path, stat } = source
    let content: Packed
    try {
      if (stat?.type === "directory") content = store(new Uint8Array(0))
      else if (stat?.type === "symlink") content = store(encodeText(await context.sys("readlink", path)))
      else {
        const reader = await context.open(path)
        content = await pack(context, reader, this.level)
        if (path !== "-") await reader.close()
      }
    } catch (error) {
      await this.warn(`could not open for reading: ${name}`)
      context.reason(error)
      this.status = NOT_READABLE
      return false
    }
    const { chunks, ...facts } = content
    const mtimeMs = stat?.mtimeMs ?? await context.sys("now")
    const owner = { uid: stat?.uid ?? 0, gid: stat?.gid ?? 0 }
    await archive.add({ name, mode: stat?.mode ?? 0o10600, flags: 0, mtimeMs, offset: 0, ...owner, ...facts }, chunks)
    const saved = savedPercent(facts.size, facts.packed)
    await this.note(`${verb}: ${name} (${facts.method === STORED ? "stored 0%" : `deflated ${saved}%`})\n`)
    return true
  }

  /** Writes what was in the archive and is still, and then what is new. */
  async update(old: Uint8Array | undefined, entries: ReadonlyArray<ZipEntry>, writer: Writer): Promise<void> {
    const archive = new Archive(writer, this.has("X"))
    const done = new Set<string>()
    for (const entry of entries) {
      const source = this.sources.get(entry.name)
      done.add(entry.name)
      if (source !== undefined && !this.keeps(entry)) {
        const verb = this.has("f") ? "freshening" : "updating"
        if (await this.write(archive, source, verb)) continue
      }
      const content = contentOf(old!, entry)
      if (content === undefined) throw failure(`Zip file structure invalid (${this.shown})`, 3)
      await archive.add({ ...entry, flags: 0 }, [content])
    }
    for (const source of this.sources.values()) {
      if (!done.has(source.name) && !this.has("f")) await this.write(archive, source, "  adding")
    }
    await archive.finish()
  }

  /** Whether there is anything to write. */
  hasWork(entries: ReadonlyArray<ZipEntry>): boolean {
    const old = new Map(entries.map((entry) => [entry.name, entry]))
    return Array.from(this.sources.keys()).some((name) => {
      const entry = old.get(name)
      return entry === undefined ? !this.has("f") : !this.keeps(entry)
    })
  }

  /** Writes what stays. */
  async delete(
    old: Uint8Array,
    entries: ReadonlyArray<ZipEntry>,
    names: ReadonlyArray<string>,
    writer: Writer
  ): Promise<void> {
    const patterns = names.map(zipPattern)
    const archive = new Archive(writer, this.has("X"))
    for (const entry of entries) {
      if (patterns.some((pattern) => pattern.matches(entry.name))) {
        await this.note(`deleting: ${entry.name}\n`)
        continue
      }
      const content = contentOf(old, entry)
      if (content === undefined) throw failure(`Zip file structure invalid (${this.shown})`, 3)
      await archive.add({ ...entry, flags: 0 }, [content])
    }
    await archive.finish()
  }

  /** The names of `-d` that are in the archive. */
  async matched(entries: ReadonlyArray<ZipEntry>, names: ReadonlyArray<string>): Promise<number> {
    let count = 0
    for (const name of names) {
      const pattern = zipPattern(name)
      const found = entries.filter((entry) => pattern.matches(entry.name)).length
      if (found === 0) await this.warn(`name not matched: ${name}`)
      count += found
    }
    return count
  }

  /** `-m`: what is in the archive now is removed from where it was. */
  async removeSources(): Promise<void> {
    const paths = Array.from(this.sources.values()).filter(({ path }) => path !== "-")
    for (const { path, stat } of paths) if (stat?.type !== "directory") await this.context.sys("unlink", path)
    for (const { path, stat } of paths.reverse()) {
      if (stat?.type === "directory") await this.context.sys("rmdir", path).catch(() => {})
    }
  }
}

/** Writes beside the archive, and takes its place when all is written. */
const replacing = async (
  context: ProgramContext,
  path: string,
  mode: number | undefined,
  write: (writer: Writer) => Promise<void>
): Promise<void> => {
  const name = `${path.slice(0, path.lastIndexOf("/") + 1)}zi${Math.random().toString(36).slice(2, 8)}`
  const output = await context.create(name).catch((error: unknown) => {
    throw failure(`Could not create output file (was replacing the original zip file: ${context.reason(error)})`, 15)
  })
  try {
    await write(output.writer)
    await output.close()
    if (mode !== undefined) await context.sys("chmod", name, mode & 0o7777)
    await context.sys("rename", name, path)
  } catch (error) {
    await context.sys("unlink", name).catch(() => {})
    throw error
  }
}

const options = { plain: "rqjduvfmDyX@To0123456789", valued: "btn" }

export const zip: Program = async (context) => {
  const line = parseZip(context.args, options)
  try {
    return await run(context, line)
  } catch (error) {
    if (!(error instanceof ZipFailure)) throw error
    const notes = line.operands.length === 0 || line.operands[0] === "-" ? context.stderr : context.stdout
    await notes.write(`\nzip error: ${error.message}\n`)
    return error.status
  }
}

const run = async (context: ProgramContext, line: ZipArguments): Promise<number> => {
  if (line.bad !== undefined) {
    const which = line.bad.startsWith("--") ? `long option '${line.bad.slice(2)}'` : `short option '${line.bad}'`
    throw failure(`Invalid command arguments (${which} not supported)`, BAD_USE)
  }
  const [given = "-", ...operands] = line.operands
  const names = operands.length === 0 && line.operands.length === 0 ? ["-"] : operands
  if (line.letters.has("@")) {
    names.push(...decodeText(await context.stdin.all()).split("\n").filter((name) => name !== ""))
  }
  const shown = given === "-" || /\.[^/]*$/.test(given) ? given : `${given}.zip`
  const path = shown === "-" ? undefined : context.path(shown)
  const zipper = new Zipper(context, line, shown)
  const stat = path === undefined ? undefined : await statIfThere(context, path)
  const old = stat === undefined || path === undefined ? undefined : await (await context.open(path)).all()
  const entries = old === undefined || old.length === 0 ? [] : readDirectory(old)
  if (entries === undefined) throw failure(`Zip file structure invalid (${shown})`, 3)
  const nothing = () => failure(`Nothing to do! (${shown})`, NOTHING)
  if (line.letters.has("d")) {
    if (old === undefined || path === undefined) throw failure(`Could not open zip file (${shown})`, NO_ARCHIVE)
    if (await zipper.matched(entries, names) === 0) throw nothing()
    await replacing(context, path, stat?.mode, (writer) => zipper.delete(old, entries, names, writer))
    if (entries.every(({ name }) => names.some((each) => zipPattern(each).matches(name)))) {
      await zipper.warn("zip file empty")
    }
    return 0
  }
  const compares = line.letters.has("u") || line.letters.has("f")
  if (compares && names.length === 0) names.push(...entries.map(({ name }) => name))
  for (const name of names) await zipper.collect(name, path)
  if (!zipper.hasWork(entries)) {
    if (compares) return NOTHING
    throw nothing()
  }
  if (path === undefined) await zipper.update(undefined, [], context.stdout)
  else await replacing(context, path, stat?.mode, (writer) => zipper.update(old, entries, writer))
  if (line.letters.has("m") && zipper.status === 0) await zipper.removeSources()
  return zipper.status
}
