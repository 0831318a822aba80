/** fold, expand and unexpand: how wide lines are. */
import { decodeText, encodeText } from "../../bash/text.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { mapLines } from "./lines.ts"

const columnAfter = (column: number, char: string): number => {
  if (char === "\t") return column + 8 - column % 8
  if (char === "\b") return Math.max(0, column - 1)
  return char === "\r" ? 0 : column + encodeText(char).length
}

/** Breaks a line wherever it would be wider than `width`; at blanks if asked and there are any. */
const foldBytes = (bytes: Uint8Array, width: number): string => {
  const pieces: Array<string> = []
  for (let at = 0; at < bytes.length || at === 0; at += width) pieces.push(decodeText(bytes.subarray(at, at + width)))
  return pieces.join("\n")
}

const foldLine = (text: string, width: number, bytes: boolean, atBlanks: boolean): string => {
  if (text.length <= width && !/[^\x20-\x7e]/.test(text)) return text
  if (bytes && !atBlanks) return foldBytes(encodeText(text), width)
  const pieces: Array<string> = []
  let piece = ""
  let column = 0
  const measure = (part: string) => {
    let total = 0
    for (const char of part) total = bytes ? total + encodeText(char).length : columnAfter(total, char)
    return total
  }
  for (const char of text) {
    let next = bytes ? column + encodeText(char).length : columnAfter(column, char)
    if (next > width && piece !== "") {
      const blank = atBlanks ? Math.max(piece.lastIndexOf(" "), piece.lastIndexOf("\t")) : -1
      if (blank >= 0) {
        pieces.push(piece.slice(0, blank + 1))
        piece = piece.slice(blank + 1)
      } else {
        pieces.push(piece)
        piece = ""
      }
      column = measure(piece)
      next = bytes ? column + encodeText(char).length : columnAfter(column, char)
      if (next > width && piece !== "") {
        pieces.push(piece)
        piece = ""
        next = bytes ? encodeText(char).length : columnAfter(0, char)
      }
    }
    piece += char
    column = next
  }
  pieces.push(piece)
  return pieces.join("\n")
}

export const fold: Program = (context) => {
  const args = context.args.map((arg) => /^-\d+$/.test(arg) ? `-w${arg.slice(1)}` : arg)
  const line = parseOptions(context, { short: "bsw:", long: { bytes: "b", spaces: "s", "width=": "w" } }, args)
  const text = line.get("w") ?? "80"
  if (!/^\d+$/.test(text) || Number(text) === 0) {
    const range = /^\d+$/.test(text) ? ": Numerical result out of range" : ""
    throw new ProgramFailure(`invalid number of columns: ${context.quote(text)}${range}`)
  }
  return mapLines(context, line.operands, (each) => foldLine(each, Number(text), line.has("b"), line.has("s")))
}

/** The columns of tab stops: those listed, then none, or every so many. */
interface Stops {
  readonly next: (column: number) => number | undefined
}

const parseStops = (context: ProgramContext, text: string): Stops => {
  const parts = text.split(/[, \t]+/).filter((part) => part !== "")
  const stops: Array<number> = []
  let repeat: number | undefined
  for (const [index, part] of parts.entries()) {
    const match = /^([/+]?)(\d+)$/.exec(part)
    if (match === null) {
      const bad = part.replace(/^[/+]?\d*/, "")
      throw new ProgramFailure(`tab size contains invalid character(s): ${context.quote(bad)}`)
    }
    const value = Number(match[2])
    if (value === 0) throw new ProgramFailure("tab size cannot be 0")
    if (match[1] !== "" || (parts.length === 1)) {
      if (index !== parts.length - 1) {
        throw new ProgramFailure(`${context.quote(match[1])} specifier only allowed with the last value`)
      }
      repeat = value
    } else {
      if (value <= (stops[stops.length - 1] ?? 0)) throw new ProgramFailure("tab sizes must be ascending")
      stops.push(value)
    }
  }
  return {
    next: (column) => {
      const listed = stops.find((stop) => stop > column)
      if (listed !== undefined) return listed
      return repeat === undefined ? undefined : column + repeat - column % repeat
    }
  }
}

const stopsOf = (context: ProgramContext, line: CommandLine): Stops =>
  parseStops(context, line.all("t").join(",") || "8")

const withDigits = (args: ReadonlyArray<string>): Array<string> =>
  args.map((arg) => /^-\d[\d,]*$/.test(arg) ? `-t${arg.slice(1)}` : arg)

export const expand: Program = (context) => {
  const line = parseOptions(context, { short: "it:", long: { initial: "i", "tabs=": "t" } }, withDigits(context.args))
  const stops = stopsOf(context, line)
  return mapLines(context, line.operands, (text) => {
    if (!text.includes("\t")) return text
    let out = ""
    let column = 0
    let initial = true
    for (const char of text) {
      if (char === "\t" && (initial || !line.has("i"))) {
        const stop = stops.next(column) ?? column + 1
        out += " ".repeat(stop - column)
        column = stop
        continue
      }
      if (char !== " " && char !== "\t") initial = false
      out += char
      column = char === "\b" ? Math.max(0, column - 1) : column + encodeText(char).length
    }
    return out
  })
}

/** Blanks become tabs wherever they reach a stop; a single blank before a stop stays one. */
const unexpandLine = (text: string, stops: Stops, all: boolean): string => {
  let out = ""
  let column = 0
  let pending = ""
  let started = 0
  let initial = true
  let reachedEnd = false
  const settle = () => {
    out += pending
    pending = ""
  }
  for (const char of text) {
    if ((char === " " || char === "\t") && (all || initial) && !reachedEnd) {
      if (pending === "") started = column
      const stop = stops.next(column)
      if (stop === undefined) reachedEnd = true
      else {
        column = char === "\t" ? stop : column + 1
        pending += char
        if (column === stop) pending = pending.length === 1 && char === " " && stop - started === 1 ? " " : "\t"
        if (column === stop && pending === "\t") settle()
        continue
      }
    }
    if (pending !== "") {
      out += pending
      pending = ""
    }
    if (char !== " " && char !== "\t") initial = false
    out += char
    column = char === "\b" ? Math.max(0, column - 1) : column + encodeText(char).length
  }
  return out + pending
}

export const unexpand: Program = (context) => {
  const line = parseOptions(context, {
    short: "at:",
    long: { all: "a", "first-only": "first-only", "tabs=": "t" }
  }, withDigits(context.args))
  const stops = stopsOf(context, line)
  const all = (line.has("a") || line.has("t")) && !line.has("first-only")
  return mapLines(context, line.operands, (text) => unexpandLine(text, stops, all))
}
