/** du and df. */
import { Pattern } from "../../bash/expand/pattern.ts"
import { decodeText } from "../../bash/text.ts"
import type { GuestStat } from "../../protocol.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import type { SizeStyle } from "./human.ts"
import { allocated, parseBlockSize, showSize } from "./human.ts"

const styleOf = (line: CommandLine): SizeStyle => {
  let style: SizeStyle = { unit: 1024, human: undefined, suffix: "" }
  for (const { name, value } of line.options) {
    if (name === "h") style = { unit: 1, human: 1024, suffix: "" }
    else if (name === "si" || name === "H") style = { unit: 1, human: 1000, suffix: "" }
    else if (name === "b") style = { unit: 1, human: undefined, suffix: "" }
    else if (name === "k") style = { unit: 1024, human: undefined, suffix: "" }
    else if (name === "m") style = { unit: 1024 ** 2, human: undefined, suffix: "" }
    else if (name === "B") style = parseBlockSize(value, "block-size")
  }
  return style
}

interface Frame {
  readonly name: string
  readonly depth: number
  total: number
  readonly children: Array<{ readonly name: string; readonly stat: GuestStat }>
}

export const du: Program = async (context) => {
  const line = parseOptions(context, {
    short: "0aB:bcDd:hHkLlmPsSt:xX:",
    long: {
      null: "0",
      all: "a",
      "apparent-size": "apparent-size",
      "block-size=": "B",
      bytes: "b",
      total: "c",
      "max-depth=": "d",
      "exclude=": "exclude",
      "exclude-from=": "X",
      "human-readable": "h",
      si: "si",
      dereference: "L",
      "count-links": "l",
      "no-dereference": "P",
      summarize: "s",
      "separate-dirs": "S",
      "threshold=": "t",
      "one-file-system": "x",
      inodes: "inodes",
      "time[=": "time"
    }
  })
  if (line.has("s") && line.has("a")) {
    throw new ProgramFailure("cannot both summarize and show all entries\nTry 'du --help' for more information.")
  }
  const given = line.get("d")
  if (given !== undefined && !/^\d+$/.test(given)) {
    throw new ProgramFailure(`invalid maximum depth ${context.quote(given)}\nTry 'du --help' for more information.`)
  }
  return new Measure(context, line, line.has("s") ? 0 : given === undefined ? Infinity : Number(given)).run()
}

class Measure {
  private readonly seen = new Set<string>()
  private readonly style: SizeStyle
  private readonly excluded: ReadonlyArray<Pattern>
  private status = 0

  constructor(private readonly context: ProgramContext, private readonly line: CommandLine, readonly depth: number) {
    this.style = line.has("inodes") ? { unit: 1, human: undefined, suffix: "" } : styleOf(line)
    this.excluded = line.all("exclude").map((source) => new Pattern(source, { extended: false }))
  }

  private sizeOf(stat: GuestStat): number {
    const { line } = this
    if (stat.type !== "directory" && stat.nlink > 1 && !line.has("l")) {
      const key = `${stat.dev}:${stat.ino}`
      if (this.seen.has(key)) return 0
      this.seen.add(key)
    }
    if (line.has("inodes")) return 1
    if (!line.has("b") && !line.has("apparent-size")) return allocated(stat)
    return stat.type === "directory" ? 4096 : stat.type === "file" || stat.type === "symlink" ? stat.size : 0
  }

  private async print(size: number, name: string): Promise<void> {
    const threshold = this.line.get("t")
    if (threshold !== undefined) {
      const bound = parseBlockSize(threshold.replace(/^-/, ""), "threshold").unit
      if (threshold.startsWith("-") ? size > bound : size < bound) return
    }
    await this.context.stdout.write(`${showSize(size, this.style)}\t${name}${this.line.has("0") ? "\0" : "\n"}`)
  }

  private async open(name: string, depth: number): Promise<Frame> {
    const { context } = this
    try {
      const entries = await context.sys("readdirStat", context.path(name))
      const children = entries.filter((entry) => !this.excluded.some((pattern) => pattern.matches(entry.name)))
      return { name, depth, total: 0, children: children.slice().reverse() }
    } catch (error) {
      await context.blame(`cannot read directory ${quoted(name)}`, error)
      this.status = 1
      return { name, depth, total: 0, children: [] }
    }
  }

  private async tree(root: string, stat: GuestStat): Promise<number> {
    const own = this.sizeOf(stat)
    if (stat.type !== "directory") {
      await this.print(own, root)
      return own
    }
    const frames = [await this.open(root, 0)]
    frames[0].total = own
    for (;;) {
      const frame = frames[frames.length - 1]
      const tick = this.context.tick()
      if (tick !== undefined) await tick
      const child = frame.children.pop()
      if (child === undefined) {
        frames.pop()
        if (frame.depth <= this.depth) await this.print(frame.total, frame.name)
        const parent = frames[frames.length - 1]
        if (parent === undefined) return frame.total
        if (!this.line.has("S")) parent.total += frame.total
        continue
      }
      const name = frame.name.endsWith("/") ? frame.name + child.name : `${frame.name}/${child.name}`
      const size = this.sizeOf(child.stat)
      if (child.stat.type === "directory") {
        const below = await this.open(name, frame.depth + 1)
        below.total = size
        frames.push(below)
        continue
      }
      frame.total += size
      if (this.line.has("a") && frame.depth + 1 <= this.depth) await this.print(size, name)
    }
  }

  async run(): Promise<number> {
    const { context, line } = this
    let total = 0
    for (const name of line.operands.length === 0 ? ["."] : line.operands) {
      try {
        const stat = await context.sys(line.has("L") || line.has("D") ? "stat" : "lstat", context.path(name))
        total += await this.tree(name, stat)
      } catch (error) {
        await context.blame(`cannot access ${quoted(name)}`, error)
        this.status = 1
      }
    }
    if (line.has("c")) await this.print(total, "total")
    return this.status
  }
}

interface Mounted {
  readonly source: string
  readonly path: string
  readonly type: string
}

const mountsOf = async (context: ProgramContext): Promise<Array<Mounted>> =>
  decodeText(await context.sys("readFile", "/proc/mounts")).split("\n").filter((text) => text !== "").map((text) => {
    const [source, path, type] = text.split(" ").map((part) =>
      part.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
    )
    return { source, path, type }
  })

const mountOf = async (context: ProgramContext, mounts: ReadonlyArray<Mounted>, name: string): Promise<Mounted> => {
  const real = await context.sys("realpath", context.path(name))
  const above = mounts.filter(({ path }) => path === "/" || real === path || real.startsWith(`${path}/`))
  return above.reduce((best, each) => each.path.length >= best.path.length ? each : best)
}

export const df: Program = async (context) => {
  const line = parseOptions(context, {
    short: "aB:hHiklmPt:Tvx:",
    long: {
      all: "a",
      "block-size=": "B",
      "human-readable": "h",
      si: "H",
      inodes: "i",
      local: "l",
      portability: "P",
      "print-type": "T",
      "type=": "t",
      "exclude-type=": "x",
      total: "total",
      "output[=": "output",
      sync: "sync",
      "no-sync": "no-sync"
    }
  })
  const mounts = await mountsOf(context)
  let status = 0
  const chosen: Array<Mounted> = []
  for (const name of line.operands) {
    try {
      chosen.push(await mountOf(context, mounts, name))
    } catch (error) {
      await context.blame(name, error)
      status = 1
    }
  }
  if (line.operands.length > 0 && chosen.length === 0) return 1
  const shown = chosen.length > 0 ? chosen : mounts.filter(({ type }) => line.has("a") || type !== "proc")
  const style = styleOf(line)
  const inodes = line.has("i")
  const head = inodes
    ? ["Inodes", "IUsed", "IFree", "IUse%"]
    : [
      style.human !== undefined ? "Size" : line.has("P") && style.unit === 1024 ? "1024-blocks" : style.unit === 1024 ?
        "1K-blocks" :
        `${style.suffix === "" ? style.unit : `1${style.suffix}`}-blocks`,
      "Used",
      style.human === undefined ? "Available" : "Avail",
      line.has("P") ? "Capacity" : "Use%"
    ]
  const rows: Array<Array<string>> = [["Filesystem", ...(line.has("T") ? ["Type"] : []), ...head, "Mounted on"]]
  for (const { path, source, type } of shown) {
    if ((line.has("t") && !line.all("t").includes(type)) || line.all("x").includes(type)) continue
    const found = await context.sys("statfs", path)
    const [all, free] = inodes ? [found.inodes, found.freeInodes] : [found.bytes, found.freeBytes]
    const used = all - free
    const show = (value: number) => inodes && style.human === undefined ? String(value) : showSize(value, style)
    const share = all === 0 ? "-" : `${Math.ceil(used / all * 100)}%`
    rows.push([source, ...(line.has("T") ? [type] : []), show(all), show(used), show(free), share, path])
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const left = line.has("T") ? 2 : 1
  for (const row of rows) {
    await context.stdout.line(
      row.map((cell, column) =>
        column === row.length - 1
          ? cell
          : column < left
          ? cell.padEnd(column === 0 ? Math.max(14, widths[0]) : widths[column])
          : cell.padStart(Math.max(column === left ? 5 : 4, widths[column]))
      ).join(" ")
    )
  }
  return status
}
