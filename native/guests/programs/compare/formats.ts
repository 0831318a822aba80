/** Differences as text: normal, unified, in context, as an ed script, side by side. */
import { formatTime } from "../text/strftime.ts"
import type { LocalZone } from "../time/local-zone.ts"
import type { Change } from "./edit-script.ts"

export interface Content {
  readonly name: string
  readonly label: string | undefined
  readonly mtimeMs: number
  readonly lines: ReadonlyArray<string>
  /** The last line has no end. */
  readonly unterminated: boolean
}

export interface FormatOptions {
  readonly context: number
  /** Lines that head the section in which a hunk is. */
  readonly heading: ((line: string) => boolean) | undefined
  readonly width: number
  readonly suppressesCommon: boolean
  readonly leftColumn: boolean
  readonly decorate: (line: string) => string
  readonly zone: LocalZone
}

type Format = (left: Content, right: Content, changes: ReadonlyArray<Change>, options: FormatOptions) => string

const NO_END = "\\ No newline at end of file\n"

const put = (content: Content, index: number, mark: string, { decorate }: FormatOptions): string => {
  const last = content.unterminated && index === content.lines.length - 1
  return `${mark}${decorate(content.lines[index])}\n${last ? NO_END : ""}`
}

const range = (from: number, to: number, between = ","): string =>
  to - from <= 1 ? String(to) : `${from + 1}${between}${to}`

export const normal: Format = (left, right, changes, options) => {
  let out = ""
  for (const { end, from, start, to } of changes) {
    const kind = from === to ? "a" : start === end ? "d" : "c"
    out += `${range(from, to)}${kind}${range(start, end)}\n`
    for (let index = from; index < to; index++) out += put(left, index, "< ", options)
    if (kind === "c") out += "---\n"
    for (let index = start; index < end; index++) out += put(right, index, "> ", options)
  }
  return out
}

/** Changes that are near enough to share their context. */
const hunks = (changes: ReadonlyArray<Change>, context: number): Array<Array<Change>> => {
  const result: Array<Array<Change>> = []
  for (const change of changes) {
    const last = result[result.length - 1]
    const before = last?.[last.length - 1]
    if (before !== undefined && change.from - before.to <= 2 * context) last.push(change)
    else result.push([change])
  }
  return result
}

const stamp = ({ label, mtimeMs, name }: Content, zone: LocalZone): string =>
  label ??
    `${/[\s"\\]/.test(name) && /[\n\t"\\]/.test(name) ? JSON.stringify(name) : name}\t${
      formatTime("%Y-%m-%d %H:%M:%S.%N %z", mtimeMs, zone)
    }`

const sectionOf = (left: Content, first: number, { heading }: FormatOptions): string => {
  if (heading === undefined) return ""
  for (let index = first - 1; index >= 0; index--) {
    if (heading(left.lines[index])) return ` ${left.lines[index].trimEnd().slice(0, 40)}`.trimEnd()
  }
  return ""
}

const unifiedRange = (from: number, to: number): string =>
  to - from === 1 ? String(to) : `${to === from ? from : from + 1},${to - from}`

export const unified: Format = (left, right, changes, options) => {
  let out = `--- ${stamp(left, options.zone)}\n+++ ${stamp(right, options.zone)}\n`
  for (const hunk of hunks(changes, options.context)) {
    const [first, last] = [hunk[0], hunk[hunk.length - 1]]
    const before = Math.min(options.context, first.from)
    const after = Math.min(options.context, left.lines.length - last.to)
    const old = unifiedRange(first.from - before, last.to + after)
    const fresh = unifiedRange(first.start - before, last.end + after)
    out += `@@ -${old} +${fresh} @@${sectionOf(left, first.from - before, options)}\n`
    let at = first.from - before
    for (const { end, from, start, to } of hunk) {
      for (; at < from; at++) out += put(left, at, " ", options)
      for (; at < to; at++) out += put(left, at, "-", options)
      for (let index = start; index < end; index++) out += put(right, index, "+", options)
    }
    for (const end = last.to + after; at < end; at++) out += put(left, at, " ", options)
  }
  return out
}

const contextRange = (from: number, to: number): string => to - from <= 1 ? String(to) : `${from + 1},${to}`

export const inContext: Format = (left, right, changes, options) => {
  let out = `*** ${stamp(left, options.zone)}\n--- ${stamp(right, options.zone)}\n`
  for (const hunk of hunks(changes, options.context)) {
    const [first, last] = [hunk[0], hunk[hunk.length - 1]]
    const before = Math.min(options.context, first.from)
    const after = Math.min(options.context, left.lines.length - last.to)
    const side = (content: Content, sign: string, of: (change: Change) => readonly [number, number]): string => {
      let text = ""
      let at = of(first)[0] - before
      for (const change of hunk) {
        const [low, high] = of(change)
        for (; at < low; at++) text += put(content, at, "  ", options)
        const both = change.from < change.to && change.start < change.end
        for (; at < high; at++) text += put(content, at, `${both ? "!" : sign} `, options)
      }
      for (const end = of(last)[1] + after; at < end; at++) text += put(content, at, "  ", options)
      return text
    }
    out += `***************${sectionOf(left, first.from - before, options)}\n`
    out += `*** ${contextRange(first.from - before, last.to + after)} ****\n`
    if (hunk.some(({ from, to }) => from < to)) out += side(left, "-", ({ from, to }) => [from, to])
    out += `--- ${contextRange(first.start - before, last.end + after)} ----\n`
    if (hunk.some(({ end, start }) => start < end)) out += side(right, "+", ({ end, start }) => [start, end])
  }
  return out
}

export const ed: Format = (_, right, changes) => {
  let out = ""
  for (const { end, from, start, to } of changes.slice().reverse()) {
    const kind = from === to ? "a" : start === end ? "d" : "c"
    out += `${range(from, to)}${kind}\n`
    if (kind === "d") continue
    let inserting = true
    for (let index = start; index < end; index++) {
      if (!inserting) {
        out += "a\n"
        inserting = true
      }
      const line = right.lines[index]
      if (line === ".") {
        out += "..\n.\ns/.//\n"
        inserting = false
      } else out += `${line}\n`
    }
    if (inserting) out += ".\n"
  }
  return out
}

export const rcs: Format = (_, right, changes, options) => {
  let out = ""
  for (const { end, from, start, to } of changes) {
    if (from < to) out += `d${from + 1} ${to - from}\n`
    if (start < end) out += `a${to} ${end - start}\n`
    for (let index = start; index < end; index++) out += put(right, index, "", options).replace(NO_END, "")
  }
  return out
}

const expandTo = (text: string, width: number): string => {
  let out = ""
  for (const char of text) {
    if (char === "\t") {
      const next = out.length + 8 - out.length % 8
      if (next > width) break
      out = out.padEnd(next)
    } else {
      if (out.length >= width) break
      out += char
    }
  }
  return out
}

/** From one column to another with tabs where they reach. */
const advance = (from: number, to: number): string => {
  let out = ""
  let column = from
  while (column + 8 - column % 8 <= to) {
    out += "\t"
    column += 8 - column % 8
  }
  return out + " ".repeat(Math.max(0, to - column))
}

export const sideBySide: Format = (left, right, changes, { leftColumn, suppressesCommon, width }) => {
  const offset = Math.floor((Math.floor((width + 8 + 3) / 2)) / 8) * 8
  const column2 = Math.max(1, offset < 1 ? 1 : offset >= width ? width : offset)
  const half = Math.max(0, Math.min(column2 - 3, width - column2))
  const row = (a: string | undefined, mark: string, b: string | undefined): string => {
    const shown = a === undefined ? "" : expandTo(a, half)
    let out = a !== undefined && a.includes("\t") && expandTo(a, half) === expandTo(a, Infinity) ? a : shown
    let column = shown.length
    if (mark !== " ") {
      out += `${advance(column, Math.floor((half + column2 - 1) / 2))}${mark}`
      column = Math.floor((half + column2 - 1) / 2) + 1
    }
    if (b !== undefined && b !== "") out += advance(column, column2) + expandTo(b, half)
    return `${out}\n`
  }
  let out = ""
  let at = 0
  let other = 0
  const common = (to: number) => {
    for (; at < to; at++, other++) {
      if (suppressesCommon) continue
      out += leftColumn ? row(left.lines[at], "(", undefined) : row(left.lines[at], " ", right.lines[other])
    }
  }
  for (const { end, from, start, to } of changes) {
    common(from)
    const both = Math.min(to - from, end - start)
    for (let index = 0; index < both; index++) out += row(left.lines[from + index], "|", right.lines[start + index])
    for (let index = start + both; index < end; index++) out += row(undefined, ">", right.lines[index])
    for (let index = from + both; index < to; index++) out += row(left.lines[index], "<", undefined)
    at = to
    other = end
  }
  common(left.lines.length)
  return out
}
