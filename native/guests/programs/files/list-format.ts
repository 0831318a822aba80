/** How ls shows entries: long or short, in columns, with marks, colours and quotes. */
import type { GuestStat } from "../../protocol.ts"
import type { CommandLine } from "../options.ts"
import type { ProgramContext } from "../program.ts"
import { ProgramFailure, quotedIfOdd } from "../program.ts"
import { formatTime } from "../text/strftime.ts"
import type { LocalZone } from "../time/local-zone.ts"
import type { SizeStyle } from "./human.ts"
import { allocated, parseBlockSize, showSize } from "./human.ts"
import type { Entry } from "./list.ts"
import { modeText } from "./status.ts"
import { readUsers } from "./users.ts"

export interface Listing {
  readonly long: boolean
  /** Symbolic links are looked through: all, or those on the command line. */
  readonly follows: boolean
  readonly followsOperands: boolean
  /** The targets of symbolic links are shown or matter for the mark. */
  readonly needsTarget: boolean
  readonly sortsByTime: boolean
  readonly timeOf: (stat: GuestStat) => number
  readonly blocks: (bytes: number) => string
  readonly format: (entries: ReadonlyArray<Entry>) => string
}

const HALF_YEAR_MS = 31_556_952_000 / 2

const timeField = (line: CommandLine): (stat: GuestStat) => number => {
  const word = line.get("time")
  if (line.has("u") || (word !== undefined && /^(?:atime|access|use)$/.test(word))) return (stat) => stat.atimeMs
  if (line.has("c") || (word !== undefined && /^(?:ctime|status)$/.test(word))) return (stat) => stat.ctimeMs
  return (stat) => stat.mtimeMs
}

const timeText = (line: CommandLine, now: number, zone: LocalZone): (milliseconds: number) => string => {
  const style = line.has("full-time") ? "full-iso" : line.get("time-style") ?? "locale"
  const recent = (time: number) => time > now - HALF_YEAR_MS && time <= now + 1_000
  if (style.startsWith("+")) {
    const [old, young = old] = style.slice(1).split("\n")
    return (time) => formatTime(recent(time) ? young : old, time, zone)
  }
  switch (style.replace(/^posix-/, "")) {
    case "full-iso":
      return (time) => formatTime("%Y-%m-%d %H:%M:%S.%N %z", time, zone)
    case "long-iso":
      return (time) => formatTime("%Y-%m-%d %H:%M", time, zone)
    case "iso":
      return (time) => formatTime(recent(time) ? "%m-%d %H:%M" : "%Y-%m-%d ", time, zone)
    case "locale":
      return (time) => formatTime(recent(time) ? "%b %e %H:%M" : "%b %e  %Y", time, zone)
    default:
      throw new ProgramFailure(`invalid argument '${style}' for 'time style'`, 2)
  }
}

const marks: Readonly<Record<string, string>> = { directory: "/", symlink: "@", fifo: "|", socket: "=" }

const marker = (line: CommandLine): (stat: GuestStat) => string => {
  const style = line.has("F") ? "classify" : line.has("p") ? "slash" : line.has("file-type") ?
    "file-type" :
    line.get("indicator-style") ?? "none"
  if (style === "none") return () => ""
  if (style === "slash") return ({ type }) => type === "directory" ? "/" : ""
  return ({ mode, type }) => marks[type] ?? (style === "classify" && type === "file" && (mode & 0o111) !== 0 ? "*" : "")
}

const colors: Readonly<Record<string, string>> = {
  directory: "01;34",
  symlink: "01;36",
  fifo: "33",
  socket: "01;35",
  block: "01;33",
  character: "01;33"
}

const colored = (text: string, stat: GuestStat): string => {
  const color = colors[stat.type] ?? ((stat.mode & 0o111) !== 0 ? "01;32" : undefined)
  return color === undefined ? text : `\x1b[0m\x1b[${color}m${text}\x1b[0m`
}

const escaped = (name: string, quotes: boolean): string => {
  const text = name.replace(
    /[\x00-\x1f\x7f\\]/g,
    (char) =>
      ({ "\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\x07": "\\a" })[
        char
      ] ??
        `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`
  )
  return quotes ? `"${text.replaceAll("\"", "\\\"")}"` : text.replaceAll(" ", "\\ ")
}

const quoting = (line: CommandLine, terminal: boolean): (name: string) => string => {
  const style = line.has("N") ? "literal" : line.has("Q") ? "c" : line.has("b") ?
    "escape"
    : line.get("quoting-style") ?? (terminal ? "shell-escape" : "literal")
  if (style === "c") return (name) => escaped(name, true)
  if (style === "escape") return (name) => escaped(name, false)
  if (style.startsWith("shell")) {
    return style.includes("always") ? (name) => `'${name.replaceAll("'", "'\\''")}'` : quotedIfOdd
  }
  return line.has("q") ? (name) => name.replace(/[\x00-\x1f\x7f]/g, "?") : (name) => name
}

type Alignment = "left" | "right"

/** Rows of cells with every column as wide as its widest cell. */
const align = (rows: ReadonlyArray<ReadonlyArray<string>>, alignments: ReadonlyArray<Alignment>): Array<string> => {
  const widths = alignments.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) =>
    row.map((cell, column) =>
      column >= widths.length
        ? cell
        : alignments[column] === "left"
        ? cell.padEnd(widths[column])
        : cell.padStart(widths[column])
    ).join(" ")
  )
}

const visibleWidth = (text: string): number => Array.from(text.replace(/\x1b\[[\d;]*m/g, "")).length

/** From one column of the screen to another, with tabs where they reach. */
const blanks = (from: number, to: number): string => {
  let out = ""
  let at = from
  while (Math.floor(to / 8) > Math.floor((at + 1) / 8)) {
    out += "\t"
    at += 8 - at % 8
  }
  return out + " ".repeat(Math.max(0, to - at))
}

/** As many columns as fit, filled downwards (or across). */
const inColumns = (cells: ReadonlyArray<string>, width: number, across: boolean): string => {
  for (let columns = Math.min(cells.length, Math.max(1, Math.floor(width / 3))); columns >= 1; columns--) {
    const rows = Math.ceil(cells.length / columns)
    if (!across && Math.ceil(cells.length / rows) !== columns && columns > 1) continue
    const at = (row: number, column: number) => across ? row * columns + column : column * rows + row
    const widths = Array.from({ length: columns }, (_, column) => {
      let most = 0
      for (let row = 0; row < rows; row++) {
        const cell = cells[at(row, column)]
        if (cell !== undefined) most = Math.max(most, visibleWidth(cell))
      }
      return most + (column === columns - 1 ? 0 : 2)
    })
    if (columns > 1 && widths.reduce((sum, each) => sum + each, 0) >= width) continue
    const starts = widths.map((_, column) => widths.slice(0, column).reduce((sum, each) => sum + each, 0))
    let out = ""
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const cell = cells[at(row, column)]
        if (cell === undefined) continue
        const last = column === columns - 1 || cells[at(row, column + 1)] === undefined
        const start = starts[column]
        out += last ? cell : cell + blanks(start + visibleWidth(cell), start + widths[column])
      }
      out += "\n"
    }
    return out
  }
  return ""
}

const sizeStyle = (line: CommandLine, plain: number): SizeStyle => {
  if (line.has("h")) return { unit: 1, human: 1024, suffix: "" }
  if (line.has("si")) return { unit: 1, human: 1000, suffix: "" }
  const given = line.get("block-size")
  return given === undefined ? { unit: plain, human: undefined, suffix: "" } : parseBlockSize(given, "block-size")
}

type Shape = "long" | "columns" | "across" | "commas" | "single"

const shapes: Readonly<Record<string, Shape>> = {
  l: "long",
  g: "long",
  n: "long",
  o: "long",
  "full-time": "long",
  C: "columns",
  x: "across",
  m: "commas",
  "1": "single"
}
const shapeWords: Readonly<Record<string, Shape>> = {
  long: "long",
  verbose: "long",
  commas: "commas",
  horizontal: "across",
  across: "across",
  vertical: "columns",
  "single-column": "single"
}

const shapeOf = (line: CommandLine, terminal: boolean): Shape => {
  let shape: Shape = terminal ? "columns" : "single"
  for (const { name, value } of line.options) {
    if (name === "1" && shape === "long") continue
    shape = name === "format" ? shapeWords[value] ?? shape : shapes[name] ?? shape
  }
  return shape
}

export const makeListing = async (context: ProgramContext, line: CommandLine): Promise<Listing> => {
  const terminal = context.process.descriptors.get(1)?.isTerminal === true
  const shape = shapeOf(line, terminal)
  const long = shape === "long"
  const users = long && !line.has("n") ? await readUsers(context) : undefined
  const timeOf = timeField(line)
  const showTime = timeText(line, long ? await context.sys("now") : 0, context.zone)
  const mark = marker(line)
  const quote = quoting(line, terminal)
  const color = line.get("color")
  const colors = context.env.has("LS_COLORS") || !/^(?:|dumb)$/.test(context.env.get("TERM") ?? "")
  const paints = colors && (color === "always" || color === "" || ((color === "auto" || color === "tty") && terminal))
  const blockStyle = sizeStyle(line, 1024)
  const fileStyle = sizeStyle(line, 1)
  const blocks = (bytes: number) => showSize(bytes, blockStyle)
  const paint = (name: string, stat: GuestStat) => paints ? colored(name, stat) : name
  const shown = ({ leads, name, stat, target }: Entry): string => {
    const own = paint(quote(name), stat)
    if (!long || target === undefined) return own + (long || stat.type !== "symlink" ? mark(stat) : mark(stat))
    return `${own} -> ${leads === undefined ? quote(target) : paint(quote(target), leads) + mark(leads)}`
  }
  const lead = (entry: Entry): Array<string> => [
    ...(line.has("i") ? [String(entry.stat.ino)] : []),
    ...(line.has("s") ? [blocks(allocated(entry.stat))] : [])
  ]
  const sizeOf = (stat: GuestStat, minorWidth: number): string =>
    stat.type === "character"
      ? `${stat.rdev >> 8}, ${String(stat.rdev & 0xff).padStart(minorWidth)}`
      : showSize(stat.size, fileStyle)
  const row = (entry: Entry, minorWidth: number): Array<string> => {
    const { stat } = entry
    const name = (id: number, find: ((id: number) => string | undefined) | undefined) => find?.(id) ?? String(id)
    return [
      ...lead(entry),
      modeText(stat),
      String(stat.nlink),
      ...(line.has("g") ? [] : [name(stat.uid, users?.userName)]),
      ...(line.has("G") || line.has("o") ? [] : [name(stat.gid, users?.groupName)]),
      ...(line.has("author") ? [name(stat.uid, users?.userName)] : []),
      sizeOf(stat, minorWidth),
      showTime(timeOf(stat)),
      shown(entry)
    ]
  }
  const alignments = (): Array<Alignment> => {
    const owners = [line.has("g"), line.has("G") || line.has("o"), !line.has("author")].filter((absent) => !absent)
    const before = (line.has("i") ? 1 : 0) + (line.has("s") ? 1 : 0)
    return [
      ...Array<Alignment>(before).fill("right"),
      "left",
      "right",
      ...Array<Alignment>(owners.length).fill(line.has("n") ? "right" : "left"),
      "right"
    ]
  }
  const width = Number(line.get("w") ?? context.env.get("COLUMNS") ?? 80) || 80
  const format = (entries: ReadonlyArray<Entry>): string => {
    if (long) {
      const minorWidth = Math.max(...entries.map(({ stat }) => String(stat.rdev & 0xff).length))
      return align(entries.map((entry) => row(entry, minorWidth)), alignments()).map((text) => `${text}\n`).join("")
    }
    const leads = entries.map(lead)
    const cells = (leads[0].length === 0
      ? leads.map(() => "")
      : align(leads, leads[0].map(() => "right"))).map((text, index) =>
        (text === "" ? "" : `${text} `) + shown(entries[index])
      )
    if (shape === "columns" || shape === "across") return inColumns(cells, width, shape === "across")
    if (shape === "commas") return wrapped(cells, width)
    return cells.map((cell) => `${cell}\n`).join("")
  }
  return {
    long,
    follows: line.has("L"),
    followsOperands: line.has("H"),
    needsTarget: long || line.has("dirs-first"),
    sortsByTime: !long && (line.has("c") || line.has("u")),
    timeOf,
    blocks,
    format
  }
}

const wrapped = (cells: ReadonlyArray<string>, width: number): string => {
  let out = ""
  let column = 0
  cells.forEach((cell, index) => {
    if (index > 0) {
      const fits = column + visibleWidth(cell) + 2 <= width
      out += fits ? ", " : ",\n"
      column = fits ? column + 2 : 0
    }
    out += cell
    column += visibleWidth(cell)
  })
  return `${out}\n`
}

export const formatEntries = (listing: Listing, entries: ReadonlyArray<Entry>): string => listing.format(entries)
