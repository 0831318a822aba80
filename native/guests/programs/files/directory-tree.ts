/** tree: what is in directories, drawn as a tree, or as JSON. It is written while it is walked. */
import type { GuestStat } from "../../protocol.ts"
import type { Program, ProgramContext, Writer } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { compareVersions } from "../text/version.ts"
import type { TreeEntry } from "./tree-format.ts"
import { isDirectory, TreeFormat } from "./tree-format.ts"
import type { TreeOptions } from "./tree-options.ts"
import { parseTree } from "./tree-options.ts"

/** Entries that are kept where a directory is shown for what is below it. */
const MAX_KEPT = 200_000

/** The lines before an entry that is not the last, and before the last; and beside what is below it. */
const drawn = { next: "├── ", last: "└── ", along: "│\u00a0\u00a0 ", blank: "    " }
const plain = { next: "|-- ", last: "`-- ", along: "|   ", blank: "    " }

const byName = (a: TreeEntry, b: TreeEntry): number => a.name < b.name ? -1 : a.name > b.name ? 1 : 0

const orders: Readonly<Record<string, (a: TreeEntry, b: TreeEntry) => number>> = {
  name: byName,
  version: (a, b) => compareVersions(a.name, b.name),
  size: (a, b) => b.stat.size - a.stat.size || byName(a, b),
  mtime: (a, b) => a.stat.mtimeMs - b.stat.mtimeMs || byName(a, b),
  ctime: (a, b) => a.stat.ctimeMs - b.stat.ctimeMs || byName(a, b)
}

/** How entries are sorted; undefined for as they come. */
const orderOf = ({ has, sort }: TreeOptions): ((a: TreeEntry, b: TreeEntry) => number) | undefined => {
  const order = orders[sort]
  if (order === undefined) return undefined
  const turned = has("r") ? (a: TreeEntry, b: TreeEntry) => order(b, a) : order
  const first = has("dirsfirst") ? 1 : has("filesfirst") ? -1 : 0
  if (first === 0) return turned
  return (a, b) => first * (Number(isDirectory(b)) - Number(isDirectory(a))) || turned(a, b)
}

/** What a directory turned out to be: its entries, or why they are not shown. */
type Content = { readonly entries: ReadonlyArray<TreeEntry> } | { readonly refused: string; readonly isError: boolean }

const join = (path: string, name: string): string => path.endsWith("/") ? path + name : `${path}/${name}`

/** Finds what is to be shown. */
class Walk {
  failed = false
  private readonly order: ReturnType<typeof orderOf>
  /** Directories that were opened, where links are followed. */
  private readonly seen = new Set<string>()
  private kept = 0

  constructor(private readonly context: ProgramContext, private readonly options: TreeOptions) {
    this.order = orderOf(options)
  }

  private async look(name: string, path: string, stat: GuestStat): Promise<TreeEntry> {
    if (stat.type !== "symlink") return { name, path, stat }
    const target = await this.context.sys("readlink", path).catch(() => "")
    return { name, path, stat, target, leads: await this.context.sys("stat", path).catch(() => undefined) }
  }

  private shows(entry: TreeEntry): boolean {
    const { has, hidden, shown } = this.options
    const directory = isDirectory(entry)
    if (entry.name.startsWith(".") && !has("a")) return false
    if (has("d") && !directory) return false
    if (hidden.some((pattern) => pattern.matches(entry.name, directory))) return false
    const opens = entry.stat.type === "directory" || (has("l") && directory)
    return opens || shown.length === 0 || shown.some((pattern) => pattern.matches(entry.name, directory))
  }

  /** Whether a directory is to be opened; the reason why not, where there is one to tell. */
  enters(entry: TreeEntry, level: number, device: number): boolean | string {
    const { has, level: deepest } = this.options
    const { leads, stat } = entry
    if (!isDirectory(entry) || (leads !== undefined && !has("l"))) return false
    const { dev, ino } = leads ?? stat
    if (leads !== undefined && this.seen.has(`${dev}:${ino}`)) return "recursive, not followed"
    return level < deepest && !(has("x") && dev !== device)
  }

  /** What is in a directory at a level. */
  async content(entry: TreeEntry, level: number, device: number): Promise<Content> {
    if (entry.children !== undefined) return { entries: entry.children }
    const { dev, ino } = entry.leads ?? entry.stat
    if (this.options.has("l")) this.seen.add(`${dev}:${ino}`)
    const tick = this.context.tick()
    if (tick !== undefined) await tick
    const found = await this.context.sys("readdirStat", entry.path).catch((error: unknown) => {
      this.context.reason(error)
      return undefined
    })
    if (found === undefined) {
      this.failed = true
      return { refused: "error opening dir", isError: true }
    }
    const looked: Array<TreeEntry> = []
    for (const { name, stat } of found) {
      const each = await this.look(name, join(entry.path, name), stat)
      if (this.shows(each)) looked.push(each)
    }
    if (looked.length > this.options.fileLimit) {
      return { refused: `${looked.length} entries exceeds filelimit, not opening dir`, isError: false }
    }
    const entries = this.options.has("prune") ? await this.pruned(looked, level, device) : looked
    return { entries: this.order === undefined ? entries : entries.sort(this.order) }
  }

  /** Without directories that have nothing to show. */
  private async pruned(
    entries: ReadonlyArray<TreeEntry>,
    level: number,
    device: number
  ): Promise<Array<TreeEntry>> {
    const left: Array<TreeEntry> = []
    for (const entry of entries) {
      if (++this.kept > MAX_KEPT) throw new ProgramFailure("virtual memory exhausted.")
      if (this.enters(entry, level, device) === true) {
        const content = await this.content(entry, level + 1, device)
        if ("entries" in content) entry.children = content.entries
        if (entry.children?.length === 0) continue
      } else if (isDirectory(entry) && (level >= this.options.level || entry.stat.type === "directory")) continue
      left.push(entry)
    }
    return left
  }
}

/** Writes it. */
class Drawing {
  private directories = 0
  private files = 0
  private readonly branches: typeof drawn
  private readonly json: boolean
  private readonly end: string

  constructor(
    private readonly walk: Walk,
    private readonly format: TreeFormat,
    private readonly options: TreeOptions,
    private readonly out: Writer
  ) {
    this.json = options.has("J")
    this.end = this.json && options.has("i") ? "" : "\n"
    this.branches = options.unicode ? drawn : plain
  }

  private async write(text: string): Promise<void> {
    const pending = this.out.write(text)
    if (pending !== undefined) await pending
  }

  /** The room before an object of JSON. */
  private room(level: number): string {
    return this.options.has("i") ? "" : "  ".repeat(level)
  }

  async begin(): Promise<void> {
    if (this.json) await this.write(`[${this.end}`)
  }

  /** A root that is there, or of which nothing is known. */
  async root(entry: TreeEntry | undefined, shown: string, isLast: boolean): Promise<void> {
    if (entry === undefined || (entry.leads ?? entry.stat).type !== "directory") {
      if (entry === undefined) this.walk.failed = true
      else this.files++
      const head = entry === undefined ? `{"name":${JSON.stringify(shown)}` : this.format.object(entry, shown)
      const line = entry === undefined ? shown : this.format.line(entry, shown)
      const separator = isLast ? "" : ","
      return this.write(
        this.json
          ? `${this.room(1)}${head},"contents":[{"error":"error opening dir"}]}${separator}${this.end}`
          : `${line}  [error opening dir]\n`
      )
    }
    const content = await this.walk.content(entry, 1, entry.stat.dev)
    if (!("entries" in content) ? !content.isError : content.entries.length > 0) this.directories++
    if (!this.json) await this.write(this.format.line(entry, shown))
    await this.contents(entry, content, shown, "", 1, isLast)
  }

  /** What is in a directory, after its own line has been begun. */
  private async contents(
    entry: TreeEntry,
    content: Content,
    shown: string,
    before: string,
    level: number,
    isLast: boolean
  ): Promise<void> {
    const close = `${isLast ? "" : ","}${this.end}`
    if (this.json) await this.write(`${this.room(level)}${this.format.object(entry, shown)}`)
    if (!("entries" in content)) {
      const error = `,"contents":[{"error":${JSON.stringify(content.refused)}}]}${close}`
      return this.write(this.json ? error : `  [${content.refused}]\n`)
    }
    const { entries } = content
    if (this.json && entries.length === 0) return this.write(`}${close}`)
    await this.write(this.json ? `,"contents":[${this.end}` : "\n")
    for (let index = 0; index < entries.length; index++) {
      await this.entry(entries[index], shown, before, level, index === entries.length - 1, entry.stat.dev)
    }
    if (this.json) await this.write(`${this.room(level)}]}${close}`)
  }

  private async entry(
    entry: TreeEntry,
    above: string,
    before: string,
    level: number,
    isLast: boolean,
    device: number
  ): Promise<void> {
    if (isDirectory(entry)) this.directories++
    else this.files++
    const shown = this.options.has("f") ? join(above, entry.name) : entry.name
    const { along, blank, last, next } = this.branches
    const flat = this.options.has("i")
    if (!this.json) {
      await this.write(`${flat ? "" : `${before}${isLast ? last : next}`}${this.format.line(entry, shown)}`)
    }
    const enters = this.walk.enters(entry, level, device)
    if (enters === true) {
      const content = await this.walk.content(entry, level + 1, device)
      const beside = flat ? "" : `${before}${isLast ? blank : along}`
      return this.contents(entry, content, shown, beside, level + 1, isLast)
    }
    if (!this.json) return this.write(enters === false ? "\n" : `  [${enters}]\n`)
    const error = enters === false ? "" : `,"contents":[{"error":${JSON.stringify(enters)}}]`
    await this.write(
      `${this.room(level + 1)}${this.format.object(entry, shown)}${error}}${isLast ? "" : ","}${this.end}`
    )
  }

  async report(): Promise<void> {
    const { directories, files } = this
    const only = this.options.has("d")
    const shown = !this.options.has("noreport")
    if (this.json) {
      const report = `{"type":"report","directories":${directories}${only ? "" : `,"files":${files}`}}`
      const gap = this.options.has("i") ? "" : "  "
      return this.write(`${shown ? `,${this.end}${gap}${report}` : ""}${this.end}]\n`)
    }
    if (!shown) return
    const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`
    const counts = [
      counted(directories, "directory", "directories"),
      ...(only ? [] : [counted(files, "file", "files")])
    ]
    await this.write(`\n${counts.join(", ")}\n`)
  }
}

/** As it is shown: without one slash that it ends in. */
const rootName = (name: string): string => name.length > 1 && name.endsWith("/") ? name.slice(0, -1) : name

export const tree: Program = async (context) => {
  const options = parseTree(context)
  const created = options.output === undefined ? undefined : await context.create(options.output)
  const walk = new Walk(context, options)
  const drawing = new Drawing(walk, await TreeFormat.make(context, options), options, created?.writer ?? context.stdout)
  await drawing.begin()
  for (const [index, root] of options.roots.entries()) {
    const name = rootName(root)
    const path = context.path(root)
    const stat = await context.sys("stat", path).catch(() => undefined)
    await drawing.root(stat && { name, path, stat }, name, index === options.roots.length - 1)
  }
  await drawing.report()
  await created?.close()
  return walk.failed ? 2 : 0
}
