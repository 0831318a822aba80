/** tar: the command line, and making archives. Taking them apart is in tar-extract.ts. */
import { createGunzip, createGzip } from "node:zlib"
import { Pattern } from "../../bash/expand/pattern.ts"
import { decodeText } from "../../bash/text.ts"
import type { GuestStat } from "../../protocol.ts"
import { resolvePath } from "../../shell/paths.ts"
import { readUsers } from "../files/users.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { contentsOf } from "./tar-append.ts"
import { Extractor } from "./tar-extract.ts"
import type { EntryType, Header } from "./tar-format.ts"
import { BLOCK, padding, writeHeader } from "./tar-format.ts"
import { transformOf } from "./tar-transform.ts"

const spec = {
  short: "AacC:dDf:F:g:GhijJkK:lL:mMnN:oOpPrRsStT:uUvV:wWxX:zZ",
  long: {
    create: "c",
    extract: "x",
    get: "x",
    list: "t",
    append: "r",
    update: "u",
    "file=": "f",
    "directory=": "C",
    gzip: "z",
    gunzip: "z",
    "auto-compress": "a",
    verbose: "v",
    "exclude=": "exclude",
    "exclude-from=": "X",
    "files-from=": "T",
    "strip-components=": "strip",
    "to-stdout": "O",
    "keep-old-files": "k",
    "skip-old-files": "skip-old",
    "preserve-permissions": "p",
    "same-permissions": "p",
    "no-same-owner": "o",
    "same-owner": "same-owner",
    "absolute-names": "P",
    dereference: "h",
    "one-file-system": "one-file-system",
    "owner=": "owner",
    "group=": "group",
    "mode=": "mode",
    "mtime=": "mtime",
    "numeric-owner": "numeric-owner",
    "no-recursion": "no-recursion",
    touch: "m",
    "transform=": "transform",
    "xform=": "transform",
    "sort=": "sort",
    "format=": "format",
    wildcards: "wildcards",
    "no-wildcards": "no-wildcards",
    null: "null",
    "remove-files": "remove-files",
    overwrite: "overwrite",
    "ignore-failed-read": "ignore-failed-read",
    posix: "posix"
  },
  status: 2
}

type Sink = (bytes: Uint8Array) => Promise<void> | undefined

class Creator {
  status = 0
  private readonly links = new Map<string, string>()
  private readonly excluded: ReadonlyArray<Pattern>
  private warned = false
  private readonly transform: (name: string) => string

  constructor(
    private readonly context: ProgramContext,
    private readonly line: CommandLine,
    private readonly sink: Sink,
    excluded: ReadonlyArray<string>,
    /** Bytes of the archive so far. */
    private written = 0,
    /** Entries that are there already: files that are not newer stay out. */
    private readonly times: ReadonlyMap<string, number> = new Map()
  ) {
    this.excluded = excluded.map((source) => new Pattern(source, { extended: false }))
    this.transform = transformOf(line.all("transform"))
  }

  private async put(bytes: Uint8Array): Promise<void> {
    this.written += bytes.length
    const pending = this.sink(bytes)
    if (pending !== undefined) await pending
  }

  private skips(name: string): boolean {
    const parts = name.split("/")
    return this.excluded.some((pattern) =>
      parts.some((_, index) => pattern.matches(parts.slice(index).join("/"))) || pattern.matches(name)
      || parts.some((_, index) => pattern.matches(parts.slice(0, index + 1).join("/"))) || parts.some((part) =>
        pattern.matches(part)
      )
    )
  }

  private async complain(name: string, what: string, error: unknown): Promise<void> {
    await this.context.complain(`${name}: ${what}: ${this.context.reason(error)}`)
    this.status = 2
  }

  private async stored(name: string): Promise<string> {
    if (this.line.has("P") || !name.startsWith("/")) return name
    if (!this.warned) await this.context.complain("Removing leading `/' from member names")
    this.warned = true
    return name.replace(/^\/+/, "") || "./"
  }

  async add(given: string, directory: string): Promise<void> {
    const { context, line } = this
    const name = given.replace(/(.)\/+$/, "$1")
    const path = resolvePath(directory, name)
    if (this.skips(name)) return
    const tick = context.tick()
    if (tick !== undefined) await tick
    let stat: GuestStat
    try {
      stat = await context.sys(line.has("h") ? "stat" : "lstat", path)
    } catch (error) {
      return this.complain(name, "Cannot stat", error)
    }
    const known = stat.type === "directory" ? undefined : this.times.get(name)
    if (known !== undefined && Math.floor(stat.mtimeMs / 1000) <= Math.floor(known / 1000)) return
    const shown = this.transform(await this.stored(stat.type === "directory" ? `${name === "/" ? "" : name}/` : name))
    await this.entry(shown, path, stat)
    if (line.has("v")) {
      await (line.get("f") === "-" || !line.has("f") ? context.stderr : context.stdout).write(`${shown}\n`)
    }
    if (stat.type !== "directory" || line.has("no-recursion")) return
    try {
      const entries = await context.sys("readdir", path)
      const names = line.get("sort") === "name"
        ? entries.map((each) => each.name).sort()
        : entries.map((each) => each.name)
      for (const each of names) await this.add(`${name === "/" ? "" : name}/${each}`, directory)
    } catch (error) {
      await this.complain(name, "Cannot open", error)
    }
  }

  private async entry(name: string, path: string, stat: GuestStat): Promise<void> {
    const { context, line } = this
    const { groupName, userName } = await readUsers(context)
    const key = `${stat.dev}:${stat.ino}`
    const first = stat.type === "file" && stat.nlink > 1 ? this.links.get(key) : undefined
    if (stat.type === "file") this.links.set(key, name)
    const type: EntryType = first !== undefined
      ? "link"
      : stat.type === "file" || stat.type === "directory" || stat.type === "symlink"
      ? stat.type
      : "other"
    if (type === "other") {
      await context.complain(`${name}: ${stat.type} ignored`)
      return
    }
    const owner = (option: string, id: number, find: (id: number) => string | undefined) => {
      const [word, number] = (line.get(option) ?? "").split(":")
      if (word === "") return { id, name: line.has("numeric-owner") ? "" : find(id) ?? "" }
      return /^\d+$/.test(word) ? { id: Number(word), name: "" } : { id: Number(number ?? id), name: word }
    }
    const [user, group] = [owner("owner", stat.uid, userName), owner("group", stat.gid, groupName)]
    const mtime = line.get("mtime")
    const header: Header = {
      name,
      mode: line.has("mode") ? Number.parseInt(line.get("mode")!, 8) : stat.mode & 0o7777,
      uid: user.id,
      gid: group.id,
      size: type === "file" ? stat.size : 0,
      mtimeMs: mtime === undefined
        ? stat.mtimeMs
        : mtime.startsWith("@")
        ? Number(mtime.slice(1)) * 1000
        : Date.parse(`${mtime}Z`) || Date.parse(mtime),
      type,
      target: first ?? (type === "symlink" ? await context.sys("readlink", path) : ""),
      user: user.name,
      group: group.name
    }
    const format = line.get("format") ?? (line.has("posix") ? "posix" : undefined)
    if (type !== "file") return this.put(writeHeader(header, format))
    let reader: Reader
    try {
      reader = await context.open(path)
    } catch (error) {
      return this.complain(name, "Cannot open", error)
    }
    await this.put(writeHeader(header, format))
    // As many bytes as the header says, whatever becomes of the file meanwhile.
    let left = stat.size
    for (
      let chunk = left > 0 ? await reader.read() : undefined;
      chunk !== undefined && left > 0;
      chunk = await reader.read()
    ) {
      const piece = chunk.subarray(0, left)
      left -= piece.length
      await this.put(piece)
    }
    for (; left > 0; left -= Math.min(left, 65_536)) await this.put(new Uint8Array(Math.min(left, 65_536)))
    await this.put(padding(stat.size))
    await reader.close()
    if (line.has("remove-files")) await context.sys("unlink", path)
  }

  /** Two empty blocks, and then as many as make whole records. */
  async finish(): Promise<void> {
    await this.put(new Uint8Array(2 * BLOCK))
    await this.put(new Uint8Array((20 * BLOCK - this.written % (20 * BLOCK)) % (20 * BLOCK)))
  }
}

/** Names from the command line and from lists, with the directory that each is in. */
const members = async (
  context: ProgramContext,
  line: CommandLine
): Promise<Array<readonly [name: string, directory: string]>> => {
  const list: Array<readonly [string, string]> = []
  // each `-C` is for the names that follow it, and begins where the one before has led to
  const changes = line.options.filter(({ name }) => name === "C")
  let directory = context.cwd
  const enter = (until: number) => {
    while (changes.length > 0 && changes[0].at <= until) {
      directory = resolvePath(directory, changes.shift()!.value)
    }
  }
  line.operands.forEach((name, index) => {
    enter(index)
    list.push([name, directory])
  })
  enter(Infinity)
  for (const name of line.all("T")) {
    const text = decodeText(await (await context.open(name)).all())
    for (const each of text.split(line.has("null") ? "\0" : "\n")) if (each !== "") list.push([each, directory])
  }
  return list
}

const excludedOf = async (context: ProgramContext, line: CommandLine): Promise<Array<string>> => {
  const excluded = line.all("exclude").slice()
  for (const file of line.all("X")) {
    excluded.push(...decodeText(await (await context.open(file)).all()).split("\n").filter((each) => each !== ""))
  }
  return excluded
}

/** `-r` and `-u`: more entries behind those that an archive has. */
const append = async (context: ProgramContext, line: CommandLine): Promise<number> => {
  const name = line.get("f") ?? "-"
  if (line.has("z")) {
    throw new ProgramFailure(
      "Cannot update compressed archives\nTry 'tar --help' or 'tar --usage' for more information.",
      2
    )
  }
  if (name === "-") throw new ProgramFailure("Options '-Aru' are incompatible with '-f -'", 2)
  const present = await context.sys("stat", context.path(name)).then(() => true, () => false)
  const { end, times } = present ? await contentsOf(context, name) : { end: 0, times: new Map<string, number>() }
  const target = present ? await context.amend(name, end, true) : await context.create(name)
  const excluded = await excludedOf(context, line)
  const sink = (bytes: Uint8Array) => target.writer.write(bytes)
  const creator = new Creator(context, line, sink, excluded, end, line.has("u") ? times : undefined)
  for (const [each, directory] of await members(context, line)) await creator.add(each, directory)
  await creator.finish()
  await target.close()
  if (creator.status !== 0) await context.complain("Exiting with failure status due to previous errors")
  return creator.status
}

const create = async (context: ProgramContext, line: CommandLine): Promise<number> => {
  const list = await members(context, line)
  if (list.length === 0) {
    throw new ProgramFailure(
      "Cowardly refusing to create an empty archive\nTry 'tar --help' or 'tar --usage' for more information.",
      2
    )
  }
  const name = line.get("f") ?? "-"
  const compresses = line.has("z") || (line.has("a") && /\.(?:gz|tgz)$/.test(name))
  const excluded = await excludedOf(context, line)
  const target = name === "-" ? undefined : await context.create(name).catch((error: unknown) => {
    throw new ProgramFailure(
      `${name}: Cannot open: ${context.reason(error)}\ntar: Error is not recoverable: exiting now`,
      2
    )
  })
  const writer = target?.writer ?? context.stdout
  let sink: Sink = (bytes) => writer.write(bytes)
  let finish = async () => {}
  if (compresses) {
    const codec = createGzip()
    const chunks: Array<Buffer> = []
    codec.on("data", (chunk: Buffer) => chunks.push(chunk))
    const drain = async () => {
      for (const chunk of chunks.splice(0)) await writer.write(chunk)
    }
    sink = async (bytes) => {
      await context.process.block(new Promise<void>((resolve) => codec.write(bytes, () => resolve())))
      await drain()
    }
    finish = async () => {
      await context.process.block(
        new Promise<void>((resolve) => {
          codec.on("end", () => resolve())
          codec.end()
        })
      )
      await drain()
    }
  }
  const creator = new Creator(context, line, sink, excluded)
  for (const [each, directory] of list) await creator.add(each, directory)
  await creator.finish()
  await finish()
  await target?.close()
  if (creator.status !== 0) await context.complain("Exiting with failure status due to previous errors")
  return creator.status
}

const extract = async (context: ProgramContext, line: CommandLine): Promise<number> => {
  const name = line.get("f") ?? "-"
  const reader = await context.open(name).catch((error: unknown) => {
    throw new ProgramFailure(
      `${name}: Cannot open: ${context.reason(error)}\ntar: Error is not recoverable: exiting now`,
      2
    )
  })
  const extractor = new Extractor(context, line, line.operands)
  return extractor.run(reader, createGunzip)
}

export const tar: Program = async (context) => {
  // The first word may be letters without a dash, whose values follow in their order.
  const args = context.args.slice()
  const first = args[0] ?? ""
  if (first !== "" && !first.startsWith("-")) {
    const values = args.splice(1, Array.from(first).filter((letter) => spec.short.includes(`${letter}:`)).length)
    args.splice(
      0,
      1,
      ...Array.from(
        first,
        (letter) => spec.short.includes(`${letter}:`) ? `-${letter}${values.shift() ?? ""}` : `-${letter}`
      )
    )
  }
  const line = parseOptions(context, spec, args)
  const modes = ["c", "x", "t", "r", "u"].filter((mode) => line.has(mode))
  if (modes.length > 1) {
    throw new ProgramFailure(
      "You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option\nTry 'tar --help' or 'tar --usage' for more information.",
      2
    )
  }
  if (modes.length === 0) {
    throw new ProgramFailure(
      "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\nTry 'tar --help' or 'tar --usage' for more information.",
      2
    )
  }
  const format = line.get("format")
  if (format !== undefined && !/^(?:gnu|oldgnu|pax|posix|ustar|v7)$/.test(format)) {
    throw new ProgramFailure(
      `${format}: Invalid archive format\nTry 'tar --help' or 'tar --usage' for more information.`,
      2
    )
  }
  if (line.has("j") || line.has("J") || line.has("Z")) {
    const program = line.has("j") ? "bzip2" : line.has("J") ? "xz" : "compress"
    throw new ProgramFailure(
      `${program}: Cannot exec: No such file or directory\ntar: Error is not recoverable: exiting now`,
      2
    )
  }
  if (modes[0] === "r" || modes[0] === "u") {
    return append(context, line)
  }
  return modes[0] === "c" ? create(context, line) : extract(context, line)
}
