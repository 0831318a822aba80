/** `ls` as it prints to a pipe: one name per line, or the long form. just-bash's has no owners, links, real modes. */
import type { Command } from "just-bash"
import type { FileType, GuestStat } from "../../protocol.ts"
import { resolvePath } from "../paths.ts"
import type { CommandSetup, Options } from "./setup.ts"
import { command, parseOptions, reason, text } from "./setup.ts"

interface Entry {
  readonly name: string
  readonly path: string
  readonly stat: GuestStat
}

const typeLetters: Readonly<Record<FileType, string>> = {
  file: "-",
  directory: "d",
  symlink: "l",
  character: "c",
  block: "b",
  fifo: "p",
  socket: "s"
}

const modeText = (stat: GuestStat): string => {
  const letters = [..."rwxrwxrwx"].map((letter, index) => (stat.mode >> (8 - index)) & 1 ? letter : "-")
  if (stat.mode & 0o4000) letters[2] = letters[2] === "x" ? "s" : "S"
  if (stat.mode & 0o2000) letters[5] = letters[5] === "x" ? "s" : "S"
  if (stat.mode & 0o1000) letters[8] = letters[8] === "x" ? "t" : "T"
  return typeLetters[stat.type] + letters.join("")
}

const human = (size: number): string => {
  let value = size
  let unit = -1
  for (; value >= 1024 && unit < 4; unit++) value /= 1024
  if (unit < 0) return String(size)
  return `${value < 10 ? (Math.ceil(value * 10) / 10).toFixed(1) : Math.ceil(value)}${"KMGTP"[unit]}`
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
const HALF_A_YEAR_MS = 15_778_476_000

const dateText = (milliseconds: number): string => {
  const date = new Date(milliseconds)
  const two = (value: number) => String(value).padStart(2, "0")
  const age = Date.now() - milliseconds
  const tail = age > HALF_A_YEAR_MS || age < -3_600_000
    ? ` ${date.getUTCFullYear()}`
    : `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${tail}`
}

const mark = (stat: GuestStat, { flags }: Options): string => {
  if (stat.type === "directory") return flags.has("F") || flags.has("p") ? "/" : ""
  if (!flags.has("F")) return ""
  return stat.type === "symlink" ? "@" : stat.type === "fifo" ? "|" : stat.mode & 0o111 ? "*" : ""
}

const sort = (entries: Array<Entry>, { flags }: Options): Array<Entry> => {
  const byName = (left: Entry, right: Entry) => left.name < right.name ? -1 : left.name > right.name ? 1 : 0
  const order = flags.has("t")
    ? (left: Entry, right: Entry) => right.stat.mtimeMs - left.stat.mtimeMs || byName(left, right)
    : flags.has("S")
    ? (left: Entry, right: Entry) => right.stat.size - left.stat.size || byName(left, right)
    : byName
  if (!flags.has("U") && !flags.has("f")) entries.sort(order)
  return flags.has("r") ? entries.reverse() : entries
}

class Listing {
  constructor(private readonly setup: CommandSetup, private readonly options: Options) {}

  private has(flag: string): boolean {
    return this.options.flags.has(flag)
  }

  private owner(uid: number): string {
    if (this.has("n")) return String(uid)
    return uid === 0 ? "root" : uid === this.setup.identity.uid ? this.setup.identity.user : String(uid)
  }

  async lines(entries: ReadonlyArray<Entry>): Promise<string> {
    if (!this.has("l")) {
      const inode = (stat: GuestStat) => this.has("i") ? `${stat.ino} ` : ""
      return entries.map(({ name, stat }) => `${inode(stat)}${name}${mark(stat, this.options)}\n`).join("")
    }
    const rows = entries.map(({ stat }) => [
      ...(this.has("i") ? [String(stat.ino)] : []),
      modeText(stat),
      String(stat.nlink),
      ...(this.has("g") ? [] : [this.owner(stat.uid)]),
      ...(this.has("o") ? [] : [this.owner(stat.gid)]),
      this.has("h") ? human(stat.size) : String(stat.size)
    ])
    const widths = rows.reduce<Array<number>>(
      (all, row) => row.map((cell, at) => Math.max(all[at] ?? 0, cell.length)),
      []
    )
    let out = ""
    for (const [index, { name, path, stat }] of entries.entries()) {
      // Names stand to the left of their column, numbers to the right.
      const cells = rows[index].map((cell, at) =>
        /^[\d.]+[KMGTP]?$/.test(cell) ? cell.padStart(widths[at]) : cell.padEnd(widths[at])
      )
      const target = stat.type === "symlink" ? ` -> ${await this.setup.filesystem.readlink(path)}` : ""
      const suffix = target === "" ? mark(stat, this.options) : target
      out += `${cells.join(" ")} ${dateText(stat.mtimeMs)} ${name}${suffix}\n`
    }
    return out
  }

  /** A directory's entries by the flags, and the block total that the long form begins with. */
  async directory(path: string): Promise<{ readonly entries: ReadonlyArray<Entry>; readonly total: string }> {
    const { call, process } = this.setup
    const found = await call(process.pid, "readdirStat", path)
    const base = path === "/" ? "" : path
    const all = this.has("a") || this.has("f")
    const entries = sort(
      found.filter(({ name }) => all || this.has("A") || !name.startsWith("."))
        .map(({ name, stat }) => ({ name, path: `${base}/${name}`, stat })),
      this.options
    )
    if (all) {
      const dots = await Promise.all([".", ".."].map(async (name): Promise<Entry> => {
        const place = resolvePath(path, name)
        return { name, path: place, stat: await call(process.pid, "lstat", place) }
      }))
      if (this.has("r")) entries.push(dots[1], dots[0])
      else entries.unshift(...dots)
    }
    const blocks = entries.reduce(
      (sum, { stat }) => sum + (stat.type === "file" ? Math.ceil(stat.size / 4096) * 4 : 0),
      0
    )
    return { entries, total: this.has("l") ? `total ${this.has("h") ? human(blocks * 1024) : blocks}\n` : "" }
  }
}

interface Operands {
  readonly files: Array<Entry>
  readonly directories: Array<Entry>
  readonly errors: string
}

const lookUp = async (setup: CommandSetup, cwd: string, options: Options): Promise<Operands> => {
  const files: Array<Entry> = []
  const directories: Array<Entry> = []
  let errors = ""
  for (const name of options.operands.length === 0 ? ["."] : options.operands) {
    const path = resolvePath(cwd, name)
    try {
      const link = await setup.call(setup.process.pid, "lstat", path)
      const follow = link.type === "symlink" && !options.flags.has("l") && !options.flags.has("d")
      const stat = follow ? await setup.call(setup.process.pid, "stat", path).catch(() => link) : link
      const isDirectory = stat.type === "directory" && !options.flags.has("d")
      ;(isDirectory ? directories : files).push({ name, path, stat })
    } catch (error) {
      errors += `ls: cannot access '${name}': ${reason(error)}\n`
    }
  }
  return { files: sort(files, options), directories: sort(directories, options), errors }
}

export const ls = (setup: CommandSetup): Command =>
  command("ls", async (args, { cwd }) => {
    const spec = Object.fromEntries([..."lrRStUf1dFphingoCxkQ"].map((flag) => [flag, `-${flag}`]))
    const meant = args.filter((arg) => !arg.startsWith("--color") && arg !== "--group-directories-first")
    const options = parseOptions(meant, {
      ...spec,
      a: "all",
      A: "almost-all",
      d: "directory",
      h: "human-readable",
      r: "reverse",
      R: "recursive",
      F: "classify"
    })
    if (["g", "o", "n"].some((flag) => options.flags.has(flag))) (options.flags as Set<string>).add("l")
    const listing = new Listing(setup, options)
    const { directories, errors: missing, files } = await lookUp(setup, cwd, options)
    let errors = missing
    const blocks: Array<string> = files.length === 0 ? [] : [await listing.lines(files)]
    const titled = options.operands.length > 1 || options.flags.has("R")
    // A stack of directories still to show: recursion by hand, trees are as deep as their makers like.
    const pending = [...directories].reverse()
    while (pending.length > 0) {
      const { name, path } = pending.pop()!
      try {
        const { entries, total } = await listing.directory(path)
        blocks.push((titled ? `${name}:\n` : "") + total + await listing.lines(entries))
        if (!options.flags.has("R")) continue
        const below = entries.filter(({ name: entry, stat }) =>
          stat.type === "directory" && entry !== "." && entry !== ".."
        )
        for (const entry of [...below].reverse()) {
          pending.push({ ...entry, name: `${name === "/" ? "" : name}/${entry.name}` })
        }
      } catch (error) {
        errors += `ls: cannot open directory '${name}': ${reason(error)}\n`
      }
    }
    return text(blocks.join("\n"), missing !== "" ? 2 : errors !== "" ? 1 : 0, errors)
  })
