/** unzip: lists, tests and takes apart zip archives. Nothing is written outside the directory it is to go to. */
import { createInflateRaw } from "node:zlib"
import type { Pattern } from "../../bash/expand/pattern.ts"
import { decodeText } from "../../bash/text.ts"
import { isErrno } from "../../shell/client.ts"
import { statIfThere } from "../files/targets.ts"
import type { LineReader, Program, ProgramContext, Reader } from "../program.ts"
import { Informed, ProgramFailure } from "../program.ts"
import { formatTime } from "../text/strftime.ts"
import { transcode } from "./gzip.ts"
import type { ZipArguments } from "./zip-arguments.ts"
import { parseZip, zipPattern } from "./zip-arguments.ts"
import type { ZipEntry } from "./zip-format.ts"
import { contentOf, crc32, DEFLATED, readDirectory, savedPercent, STORED } from "./zip-format.ts"

const WARNING = 1
const BROKEN = 2
const NO_ARCHIVE = 9
const UNMATCHED = 11
const UNSUPPORTED = 81
const ENCRYPTED = 82

const S_IFMT = 0o170000
const S_IFLNK = 0o120000
/** A link's target is a path. */
const MAX_TARGET = 4096

const total = (entries: ReadonlyArray<ZipEntry>, key: "size" | "packed"): number =>
  entries.reduce((sum, entry) => sum + entry[key], 0)

/** A name in a column as wide as C's printf makes it: in bytes. */
const padded = (name: string): string => name + " ".repeat(Math.max(0, 22 - Buffer.byteLength(name)))

const files = (count: number): string => `${count} file${count === 1 ? "" : "s"}`
const moment = (entry: ZipEntry): string => formatTime("%Y-%m-%d %H:%M", entry.mtimeMs)
const isDirectory = ({ name }: ZipEntry): boolean => name.endsWith("/")
const isLink = ({ mode }: ZipEntry): boolean => mode !== undefined && (mode & S_IFMT) === S_IFLNK

const methodName = ({ method }: ZipEntry): string =>
  method === STORED ? "Stored" : method === DEFLATED ? "Defl:N" : `Unk:${String(method).padStart(3, "0")}`

/** `-l`. */
const shortList = (entries: ReadonlyArray<ZipEntry>, quiet: boolean): string => {
  const rows = entries.map((entry) => `${String(entry.size).padStart(9)}  ${moment(entry)}   ${entry.name}\n`).join("")
  const head = "  Length      Date    Time    Name\n---------  ---------- -----   ----\n"
  const foot = `---------                     -------\n${
    String(total(entries, "size")).padStart(9)
  }                     ${files(entries.length)}\n`
  return quiet ? rows : head + rows + foot
}

/** `-v`. */
const longList = (entries: ReadonlyArray<ZipEntry>, quiet: boolean): string => {
  const percent = (size: number, packed: number) => `${savedPercent(size, packed)}%`.padStart(4)
  const rows = entries.map((entry) => {
    const { crc, name, packed, size } = entry
    return `${String(size).padStart(8)}  ${methodName(entry)} ${String(packed).padStart(8)} ${percent(size, packed)} ${
      moment(entry)
    } ${crc.toString(16).padStart(8, "0")}  ${name}\n`
  }).join("")
  const [size, packed] = [total(entries, "size"), total(entries, "packed")]
  const head = " Length   Method    Size  Cmpr    Date    Time   CRC-32   Name\n"
    + "--------  ------  ------- ---- ---------- ----- --------  ----\n"
  const foot = "--------          -------  ---                            -------\n"
    + `${String(size).padStart(8)}         ${String(packed).padStart(8)} ${percent(size, packed)}${" ".repeat(28)}${
      files(entries.length)
    }\n`
  return quiet ? rows : head + rows + foot
}

class Unzipper {
  status = 0
  private always: boolean
  private never: boolean
  private answers: LineReader | undefined
  private readonly given: Array<string> = []
  /** Links are made, and directories get their modes and times, when everything else is in place. */
  private readonly links: Array<{ readonly path: string; readonly shown: string; readonly target: string }> = []
  private readonly directories: Array<{ readonly path: string; readonly entry: ZipEntry }> = []

  constructor(
    private readonly context: ProgramContext,
    private readonly line: ZipArguments,
    private readonly bytes: Uint8Array
  ) {
    this.always = line.letters.has("o")
    this.never = line.letters.has("n")
  }

  private has(letter: string): boolean {
    return this.line.letters.has(letter)
  }

  private worse(status: number): void {
    this.status = Math.max(this.status, status)
  }

  private async note(text: string): Promise<void> {
    if (!this.has("q")) await this.context.stdout.write(text)
  }

  private async complain(text: string): Promise<void> {
    await this.context.stdout.flush()
    await this.context.stderr.write(text)
    await this.context.stderr.flush()
  }

  /** Hands the content on as it is unpacked; says what is wrong with it, if anything is. */
  private async content(entry: ZipEntry, write: (bytes: Uint8Array) => Promise<void> | undefined) {
    const packed = contentOf(this.bytes, entry)
    if (packed === undefined) return "  bad zipfile offset (local header sig)"
    let crc = 0
    const take = (bytes: Uint8Array) => {
      crc = crc32(crc, bytes)
      return write(bytes)
    }
    if (entry.method === STORED) {
      for (let at = 0; at < packed.length; at += 65_536) {
        const pending = take(packed.subarray(at, at + 65_536))
        if (pending !== undefined) await pending
      }
    } else {
      let at = 0
      const reader = {
        read: (max = 65_536) => {
          const chunk = at < packed.length ? packed.subarray(at, at + max) : undefined
          at += max
          return Promise.resolve(chunk)
        }
      } as unknown as Reader
      try {
        await transcode(this.context, createInflateRaw(), reader, take)
      } catch (error) {
        const code = (error as { readonly code?: string }).code
        if (code === undefined || !/^Z_/.test(code)) throw error
        return "  error:  invalid compressed data to inflate"
      }
    }
    if (crc === entry.crc) return undefined
    const hex = (value: number) => value.toString(16).padStart(8, "0")
    return ` bad CRC ${hex(crc)}  (should be ${hex(entry.crc)})`
  }

  /** Whether the content can be had; says why not. */
  private async canRead(entry: ZipEntry): Promise<boolean> {
    const { flags, method, name } = entry
    const isEncrypted = (flags & 1) === 1
    if (!isEncrypted && (method === STORED || method === DEFLATED)) return true
    this.worse(isEncrypted ? ENCRYPTED : UNSUPPORTED)
    const why = isEncrypted ? "unable to get password" : `unsupported compression method ${method}`
    await this.complain(`   skipping: ${padded(name)}  ${why}\n`)
    return false
  }

  async print(entries: ReadonlyArray<ZipEntry>): Promise<void> {
    for (const entry of entries) {
      if (isDirectory(entry) || !await this.canRead(entry)) continue
      const problem = await this.content(entry, (bytes) => this.context.stdout.write(bytes.slice()))
      if (problem !== undefined) await this.broken(`${padded(entry.name)} ${problem}\n`)
    }
  }

  private async broken(text: string): Promise<void> {
    this.worse(BROKEN)
    await this.complain(text)
  }

  async test(entries: ReadonlyArray<ZipEntry>, archive: string): Promise<void> {
    let bad = 0
    for (const entry of entries) {
      if (!await this.canRead(entry)) continue
      const problem = await this.content(entry, () => undefined)
      if (problem === undefined) await this.note(`    testing: ${padded(entry.name)}   OK\n`)
      else {
        bad++
        await this.note(`    testing: ${padded(entry.name)}  ${problem}\n`)
        this.worse(BROKEN)
      }
    }
    if (bad > 0) await this.context.stdout.write(`At least one error was detected in ${archive}.\n`)
    else await this.context.stdout.write(`No errors detected in compressed data of ${archive}.\n`)
  }

  /** Where a file goes, below the directory; what would lead out of it is left away. */
  private async place(entry: ZipEntry): Promise<string | undefined> {
    const { name } = entry
    if (this.has("j")) return isDirectory(entry) ? undefined : name.slice(name.lastIndexOf("/") + 1)
    let path = name
    if (path.startsWith("/")) {
      path = path.replace(/^\/+/, "")
      this.worse(WARNING)
      await this.context.stdout.write(`warning:  stripped absolute path spec from ${name}\n`)
    }
    if (path.split("/").includes("..")) {
      path = path.split("/").filter((part) => part !== "..").join("/")
      this.worse(WARNING)
      await this.context.stdout.write(`warning:  skipped "../" path component(s) in ${name}\n`)
    }
    return path === "" || path === "/" ? undefined : path
  }

  /** Asks what to do with a file that is there; gives the name to write to. */
  private async decide(shown: string): Promise<string | undefined> {
    for (;;) {
      if (this.always) return shown
      if (this.never) return undefined
      await this.complain(`replace ${shown}? [y]es, [n]o, [A]ll, [N]one, [r]ename: `)
      const answer = await this.answer()
      if (answer === undefined) {
        this.never = true
        this.worse(WARNING)
        await this.complain(` NULL\n(EOF or read error, treating as "[N]one" ...)\n`)
        return undefined
      }
      if (answer === "A") this.always = true
      if (answer === "N") this.never = true
      if (answer === "A" || answer === "y" || answer === "Y") return shown
      if (answer === "N" || answer === "n") return undefined
      if (answer === "r" || answer === "R") {
        await this.complain("new name: ")
        const name = await this.answer()
        if (name !== undefined && name !== "") return name
      } else await this.complain(`error:  invalid response [${answer}]\n`)
    }
  }

  private async answer(): Promise<string | undefined> {
    this.answers ??= this.context.stdin.lines()
    if (this.given.length === 0) this.given.push(...await this.answers.next() ?? [])
    return this.given.shift()
  }

  async extract(entries: ReadonlyArray<ZipEntry>, directory: string | undefined): Promise<void> {
    const base = directory === undefined ? "" : `${directory.replace(/(.)\/+$/, "$1")}/`
    for (const entry of entries) {
      const tick = this.context.tick()
      if (tick !== undefined) await tick
      const place = await this.place(entry)
      if (place === undefined || !await this.canRead(entry)) continue
      if (isDirectory(entry)) await this.makeDirectory(base + place, entry)
      else await this.write(base + place, entry)
    }
    await this.finish()
  }

  private async makeDirectory(shown: string, entry: ZipEntry): Promise<void> {
    const path = this.context.path(shown)
    if (await statIfThere(this.context, path) !== undefined) return
    await this.note(`   creating: ${shown}\n`)
    await this.context.sys("mkdir", path, undefined, true)
    this.directories.push({ path, entry })
  }

  private async write(first: string, entry: ZipEntry): Promise<void> {
    const { context } = this
    const there = await statIfThere(context, context.path(first))
    if (there !== undefined && (this.has("u") || this.has("f")) && there.mtimeMs >= entry.mtimeMs) return
    if (there === undefined && this.has("f")) return
    const shown = there === undefined ? first : await this.decide(first)
    if (shown === undefined) return
    const path = context.path(shown)
    const parent = path.slice(0, path.lastIndexOf("/")) || "/"
    await context.sys("mkdir", parent, undefined, true).catch((error: unknown) => {
      if (!isErrno(error, "EEXIST")) throw error
    })
    if (isLink(entry)) return this.link(path, shown, entry)
    const verb = entry.method === STORED ? " extracting" : "  inflating"
    await this.note(`${verb}: ${padded(shown)}  `)
    // a link that is in the way must not be followed
    if (there !== undefined) await context.sys("unlink", path).catch(() => {})
    let problem: string | undefined
    try {
      const { close, writer } = await context.create(path)
      problem = await this.content(entry, (bytes) => writer.write(bytes.slice()))
      await close()
    } catch (error) {
      this.worse(50)
      return this.complain(`\nerror:  cannot create ${shown}\n        ${context.reason(error)}\n`)
    }
    if (problem === undefined) await this.note("\n")
    else await this.broken(`${problem}\n`)
    if (entry.mode !== undefined && (entry.mode & S_IFMT) !== 0) await context.sys("chmod", path, entry.mode & 0o777)
    await context.sys("utimes", path, entry.mtimeMs, entry.mtimeMs)
  }

  private async link(path: string, shown: string, entry: ZipEntry): Promise<void> {
    const chunks: Array<Uint8Array> = []
    if (entry.size > MAX_TARGET) return this.broken(`${shown}: symbolic link is too long\n`)
    const problem = await this.content(entry, (bytes) => void chunks.push(bytes.slice()))
    if (problem !== undefined) return this.broken(`${shown}: ${problem.trim()}\n`)
    const target = decodeText(Buffer.concat(chunks))
    await this.note(`    linking: ${padded(shown)}  -> ${target} \n`)
    this.links.push({ path, shown, target })
  }

  private async finish(): Promise<void> {
    const { context } = this
    if (this.links.length > 0) await this.note("finishing deferred symbolic links:\n")
    for (const { path, shown, target } of this.links) {
      await this.note(`  ${padded(shown)} -> ${target}\n`)
      await context.sys("unlink", path).catch(() => {})
      await context.sys("symlink", target, path).catch((error: unknown) =>
        this.broken(`symlink error: ${context.reason(error)}\n`)
      )
    }
    for (const { entry, path } of this.directories.reverse()) {
      if (entry.mode !== undefined && (entry.mode & S_IFMT) !== 0) await context.sys("chmod", path, entry.mode & 0o7777)
      await context.sys("utimes", path, entry.mtimeMs, entry.mtimeMs)
    }
  }
}

/** The archive under the name as given, or with an ending. */
const find = async (context: ProgramContext, name: string): Promise<readonly [string, Reader] | undefined> => {
  for (const candidate of [name, `${name}.zip`, `${name}.ZIP`]) {
    const stat = await statIfThere(context, context.path(candidate))
    if (stat !== undefined && stat.type !== "directory") return [candidate, await context.open(candidate)]
  }
  return undefined
}

const options = { plain: "lvtpcqonjuaCLXfZ12KDUVW:", valued: "d" }

const select = (
  entries: ReadonlyArray<ZipEntry>,
  wanted: ReadonlyArray<{ readonly pattern: Pattern }>,
  excluded: ReadonlyArray<Pattern>,
  ignoreCase: boolean
): ReadonlyArray<ZipEntry> => {
  const nameOf = ({ name }: ZipEntry) => ignoreCase ? name.toLowerCase() : name
  return entries.filter((entry) =>
    (wanted.length === 0 || wanted.some(({ pattern }) => pattern.matches(nameOf(entry))))
    && !excluded.some((pattern) => pattern.matches(entry.name))
  )
}

export const unzip: Program = async (context) => {
  const line = parseZip(context.args, options)
  if (line.bad !== undefined) throw new ProgramFailure(`invalid option -- '${line.bad}'`, 10)
  const [name, ...members] = line.operands
  if (name === undefined) throw new Informed("help", { short: options.plain })
  const found = await find(context, name)
  if (found === undefined) {
    await context.stderr.write(`unzip:  cannot find or open ${name}, ${name}.zip or ${name}.ZIP.\n`)
    return NO_ARCHIVE
  }
  const [archive, reader] = found
  const bytes = await reader.all()
  const letters = line.letters
  const isBare = letters.has("Z") || letters.has("p") || letters.has("c")
  if (!isBare && !letters.has("q")) await context.stdout.write(`Archive:  ${archive}\n`)
  const directory = readDirectory(bytes)
  if (directory === undefined) return notAnArchive(context, archive)
  const ignoreCase = letters.has("C")
  const wanted = members.map((source) => ({ source, pattern: zipPattern(ignoreCase ? source.toLowerCase() : source) }))
  const entries = select(directory, wanted, line.lists.get("x") ?? [], ignoreCase)
  const worker = new Unzipper(context, line, bytes)
  if (letters.has("Z")) await context.stdout.write(entries.map((entry) => `${entry.name}\n`).join(""))
  else if (letters.has("l") || letters.has("v")) {
    await context.stdout.write((letters.has("v") ? longList : shortList)(entries, letters.has("qq")))
  } else if (letters.has("t")) await worker.test(entries, archive)
  else if (letters.has("p") || letters.has("c")) await worker.print(entries)
  else await worker.extract(entries, line.values.get("d"))
  let { status } = worker
  for (const { pattern, source } of wanted) {
    if (directory.some((entry) => pattern.matches(ignoreCase ? entry.name.toLowerCase() : entry.name))) continue
    await context.stdout.flush()
    await context.stderr.write(`caution: filename not matched:  ${source}\n`)
    status = Math.max(status, UNMATCHED)
  }
  return status
}

const notAnArchive = async (context: ProgramContext, archive: string): Promise<number> => {
  await context.stdout.flush()
  await context.stderr.write(
    `  End-of-central-directory signature not found.  Either this file is not
  a zipfile, or it constitutes one disk of a multi-part archive.  In the
  latter case the central directory and zipfile comment will be found on
  the last disk(s) of this archive.
unzip:  cannot find zipfile directory in one of ${archive} or
        ${archive}.zip, and cannot find ${archive}.ZIP, period.
`
  )
  return NO_ARCHIVE
}
