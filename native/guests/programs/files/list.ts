/** ls: what is in directories. The lines themselves are made in list-format.ts. */
import { Pattern } from "../../bash/expand/pattern.ts"
import type { GuestStat } from "../../protocol.ts"
import { isErrno } from "../../shell/client.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted, quotedIfOdd } from "../program.ts"
import { compareVersions } from "../text/version.ts"
import { allocated } from "./human.ts"
import type { Listing } from "./list-format.ts"
import { formatEntries, makeListing } from "./list-format.ts"

export interface Entry {
  readonly name: string
  readonly path: string
  readonly stat: GuestStat
  /** Where a symbolic link leads, and what is there. */
  readonly target?: string | undefined
  readonly leads?: GuestStat | undefined
}

const spec = {
  short: "1aAbBcCdDfFgGhHiI:klLmnNopqQrRsStT:uUvw:xXZ",
  long: {
    all: "a",
    "almost-all": "A",
    author: "author",
    escape: "b",
    "block-size=": "block-size",
    "ignore-backups": "B",
    "color[=": "color",
    directory: "d",
    "classify[=": "F",
    "file-type": "file-type",
    "format=": "format",
    "full-time": "full-time",
    "group-directories-first": "dirs-first",
    "no-group": "G",
    "human-readable": "h",
    si: "si",
    "dereference-command-line": "H",
    "hide=": "hide",
    "hyperlink[=": "hyperlink",
    "indicator-style=": "indicator-style",
    inode: "i",
    "ignore=": "I",
    kibibytes: "k",
    dereference: "L",
    "numeric-uid-gid": "n",
    literal: "N",
    "hide-control-chars": "q",
    "show-control-chars": "show-control",
    "quote-name": "Q",
    "quoting-style=": "quoting-style",
    reverse: "r",
    recursive: "R",
    size: "s",
    "sort=": "sort",
    "time=": "time",
    "time-style=": "time-style",
    "tabsize=": "T",
    "width=": "w"
  },
  status: 2
}

const byName = (a: Entry, b: Entry): number => a.name < b.name ? -1 : a.name > b.name ? 1 : 0
const extension = (name: string): string => {
  const dot = name.lastIndexOf(".")
  return dot < 0 ? "" : name.slice(dot)
}

const sortWords: Readonly<Record<string, string>> = {
  none: "U",
  time: "t",
  size: "S",
  extension: "X",
  version: "v",
  name: "",
  width: "W"
}

type Order = ((a: Entry, b: Entry) => number) | undefined

const orderOf = (context: ProgramContext, line: CommandLine, listing: Listing): Order => {
  let kind = ""
  for (const { name, value } of line.options) {
    if ("UtSXv".includes(name)) kind = name
    else if (name === "f") kind = "U"
    else if (name === "sort") {
      const found = sortWords[value]
      if (found === undefined) {
        throw new ProgramFailure(`invalid argument ${context.quote(value)} for ${context.quote("--sort")}`, 2)
      }
      kind = found
    }
  }
  if (kind === "" && listing.sortsByTime) kind = "t"
  if (kind === "U") return undefined
  const orders: Readonly<Record<string, (a: Entry, b: Entry) => number>> = {
    t: (a, b) => listing.timeOf(b.stat) - listing.timeOf(a.stat) || byName(a, b),
    S: (a, b) => b.stat.size - a.stat.size || byName(a, b),
    X: (a, b) => {
      const [x, y] = [extension(a.name), extension(b.name)]
      return x < y ? -1 : x > y ? 1 : byName(a, b)
    },
    v: (a, b) => compareVersions(a.name, b.name) || byName(a, b),
    W: (a, b) => a.name.length - b.name.length || byName(a, b),
    "": byName
  }
  const chosen = orders[kind]
  const turned = line.has("r") ? (a: Entry, b: Entry) => chosen(b, a) : chosen
  if (!line.has("dirs-first")) return turned
  const rank = ({ leads, stat }: Entry) => (leads ?? stat).type === "directory" ? 0 : 1
  return (a, b) => rank(a) - rank(b) || turned(a, b)
}

class Lister {
  status = 0
  private printed = false
  private readonly order: Order
  private readonly ignored: ReadonlyArray<Pattern>
  private readonly hidden: ReadonlyArray<Pattern>

  constructor(
    private readonly context: ProgramContext,
    private readonly line: CommandLine,
    private readonly listing: Listing
  ) {
    this.order = orderOf(context, line, listing)
    const patterns = (name: string) => line.all(name).map((source) => new Pattern(source, { extended: false }))
    this.ignored = patterns("I")
    this.hidden = patterns("hide")
  }

  async complain(subject: string, error: unknown, status: number): Promise<void> {
    await this.context.blame(subject, error)
    this.status = Math.max(this.status, status)
  }

  /** What a name stands for, links followed where the options say so. */
  async look(name: string, path: string, known?: GuestStat, operand = false): Promise<Entry> {
    const { context, listing } = this
    const stat = known ?? await context.sys("lstat", path)
    if (stat.type !== "symlink") return { name, path, stat }
    const follows = listing.follows || (operand && listing.followsOperands)
    const leads = follows || listing.needsTarget ? await context.sys("stat", path).catch(() => undefined) : undefined
    if (follows && leads !== undefined) return { name, path, stat: leads }
    if (listing.follows && operand && leads === undefined) await context.sys("stat", path)
    const target = listing.needsTarget ? await context.sys("readlink", path).catch(() => undefined) : undefined
    return { name, path, stat, target, leads }
  }

  private shows(name: string): boolean {
    const { line } = this
    if (name.startsWith(".") && !line.has("a") && !line.has("A") && !line.has("f")) return false
    if (line.has("B") && name.endsWith("~")) return false
    if (this.ignored.some((pattern) => pattern.matches(name))) return false
    return line.has("a") || line.has("A") || !this.hidden.some((pattern) => pattern.matches(name))
  }

  private async print(entries: ReadonlyArray<Entry>): Promise<void> {
    if (entries.length > 0) await this.context.stdout.write(formatEntries(this.listing, entries))
  }

  async files(entries: Array<Entry>): Promise<void> {
    await this.print(this.order === undefined ? entries : entries.sort(this.order))
    this.printed ||= entries.length > 0
  }

  private async entriesOf(path: string, name: string): Promise<Array<Entry> | undefined> {
    const { context, line } = this
    try {
      const found = await context.sys("readdirStat", path)
      const entries: Array<Entry> = []
      if (line.has("a") || line.has("f")) {
        entries.push(await this.look(".", path), await this.look("..", context.path(`${path}/..`)))
      }
      for (const each of found) {
        if (this.shows(each.name)) {
          entries.push(await this.look(each.name, path === "/" ? `/${each.name}` : `${path}/${each.name}`, each.stat))
        }
      }
      return this.order === undefined ? entries : entries.sort(this.order)
    } catch (error) {
      await this.complain(`cannot open directory ${quoted(name)}`, error, name === "." ? 2 : this.printed ? 1 : 2)
      return undefined
    }
  }

  /** A directory, and with `-R` everything below, in the order of the lists. */
  async directory(name: string, titled: boolean): Promise<void> {
    const pending = [name]
    while (pending.length > 0) {
      const current = pending.pop()!
      const tick = this.context.tick()
      if (tick !== undefined) await tick
      const entries = await this.entriesOf(this.context.path(current), current)
      if (entries === undefined) continue
      if (titled) await this.context.stdout.write(`${this.printed ? "\n" : ""}${quotedIfOdd(current)}:\n`)
      this.printed = true
      if (this.listing.long || this.line.has("s")) {
        const total = entries.reduce((sum, { stat }) => sum + allocated(stat), 0)
        await this.context.stdout.write(`total ${this.listing.blocks(total)}\n`)
      }
      await this.print(entries)
      if (!this.line.has("R")) continue
      for (const entry of entries.slice().reverse()) {
        if (entry.stat.type !== "directory" || entry.name === "." || entry.name === "..") continue
        pending.push(current.endsWith("/") ? current + entry.name : `${current}/${entry.name}`)
      }
    }
  }
}

export const ls: Program = async (context) => {
  const line = parseOptions(context, spec)
  const listing = await makeListing(context, line)
  const lister = new Lister(context, line, listing)
  const names = line.operands.length === 0 ? ["."] : line.operands
  const files: Array<Entry> = []
  const directories: Array<Entry> = []
  for (const name of names) {
    try {
      if (name === "") await context.sys("lstat", "")
      const follow = name.endsWith("/") || (!listing.long && !line.has("d") && !line.has("F"))
      let entry = await lister.look(name, context.path(name), undefined, true)
      if (entry.stat.type === "symlink" && follow) {
        const leads = await context.sys("stat", context.path(name)).catch((error: unknown) => {
          if (isErrno(error, "ENOENT") && !name.endsWith("/")) return undefined
          throw error
        })
        if (leads?.type === "directory") entry = { ...entry, stat: leads, target: undefined }
      }
      if (name.endsWith("/") && entry.stat.type !== "directory") await context.sys("readdir", context.path(name))
      ;(entry.stat.type === "directory" && !line.has("d") ? directories : files).push(entry)
    } catch (error) {
      await lister.complain(`cannot access ${quoted(name)}`, error, 2)
    }
  }
  await lister.files(files)
  const order = orderOf(context, line, listing)
  const titled = names.length > 1 || line.has("R")
  for (const { name } of order === undefined ? directories : directories.sort(order)) {
    await lister.directory(name, titled)
  }
  return lister.status
}
