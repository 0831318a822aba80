/** What a patch says: differences in the unified, context and normal forms. */
import { ProgramFailure } from "../program.ts"

export interface Hunk {
  readonly oldStart: number
  readonly newStart: number
  /** Lines with their mark in front: blank, "-" or "+". */
  readonly lines: ReadonlyArray<string>
}

export type Form = "unified" | "context" | "normal"

/** A name of a header, with the line that it was in, but for the mark. */
export interface Header {
  readonly name: string
  readonly line: string
  /** 2 when it stands for no file (`/dev/null`, or a time before all files), 1 when for none or an empty one. */
  readonly absence: 0 | 1 | 2
}

export interface FilePatch {
  readonly form: Form
  readonly old: Header | undefined
  readonly fresh: Header | undefined
  readonly hunks: ReadonlyArray<Hunk>
  /** The lines in front of the hunks, and the number of the first of these. */
  readonly lead: ReadonlyArray<string>
  readonly at: number
}

/** At the end of a line that has no end. */
export const OPEN = "\0\0open"

const headerOf = (line: string): Header => {
  const text = line.slice(4)
  const [name, time = ""] = text.split("\t")
  const isNone = name.trim() === "/dev/null" || /^1970-01-01 00:00:00|^Thu Jan +1 00:00:00 1970/.test(time)
  return { name: name.trim(), line: text, absence: isNone ? 2 : 0 }
}

/** A header of a side that has no lines may stand for no file. */
const withoutLines = (header: Header, hunk: Hunk | undefined, other: string): Header => {
  if (header.absence > 0 || hunk === undefined || hunk.lines.some((line) => line[0] !== other)) return header
  return (other === "+" ? hunk.oldStart : hunk.newStart) === 0 ? { ...header, absence: 1 } : header
}

type Parsed = readonly [hunks: Array<Hunk>, next: number]

const malformed = (at: number, line: string | undefined): ProgramFailure =>
  new ProgramFailure(`**** malformed patch at line ${at}${line === undefined ? "" : `: ${line}`}`, 2)

const parseUnified = (lines: ReadonlyArray<string>, from: number): Parsed => {
  const hunks: Array<Hunk> = []
  let at = from
  for (;;) {
    const match = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(lines[at] ?? "")
    if (match === null) return [hunks, at]
    at++
    let [old, fresh] = [Number(match[2] ?? 1), Number(match[4] ?? 1)]
    const body: Array<string> = []
    while (old > 0 || fresh > 0 || (lines[at] ?? "").startsWith("\\")) {
      const line = lines[at++]
      // blank lines at the end get lost in mails
      if (line === undefined && old !== fresh) throw malformed(at, undefined)
      if (line?.startsWith("\\") === true) {
        if (body.length > 0) body.push(body.pop()! + OPEN)
        continue
      }
      const mark = line === undefined || line === "" ? " " : line[0]
      if (!" +-".includes(mark)) throw malformed(at, line)
      body.push(line === undefined || line === "" ? " " : line)
      if (mark !== "+") old--
      if (mark !== "-") fresh--
    }
    hunks.push({ oldStart: Number(match[1]), newStart: Number(match[3]), lines: body })
  }
}

const parseNormal = (lines: ReadonlyArray<string>, from: number): Parsed => {
  const hunks: Array<Hunk> = []
  let at = from
  for (;;) {
    const match = /^(\d+)(?:,(\d+))?([acd])(\d+)(?:,(\d+))?$/.exec(lines[at] ?? "")
    if (match === null) return [hunks, at]
    at++
    const body: Array<string> = []
    while (/^[<>\\]|^---$/.test(lines[at] ?? "")) {
      const line = lines[at++]
      if (line.startsWith("\\")) { if (body.length > 0) body.push(body.pop()! + OPEN) }
      else if (line !== "---") body.push((line[0] === "<" ? "-" : "+") + line.slice(2))
    }
    hunks.push({ oldStart: Number(match[1]), newStart: Number(match[4]), lines: body })
  }
}

/** One half of a hunk of a context difference: lines with their marks, as many as its range says. */
const parseHalf = (
  lines: ReadonlyArray<string>,
  from: number,
  range: RegExpExecArray
): readonly [Array<string>, number] => {
  const [, first, last] = range
  const count = last === undefined ? (first === "0" ? 0 : 1) : Number(last) - Number(first) + 1
  const body: Array<string> = []
  let at = from
  while (body.length < count && /^[-+! ] |^$|^[-+! ]$/.test(lines[at] ?? "-")) {
    const line = lines[at++]
    body.push((line[0] ?? " ") + line.slice(2))
  }
  if ((lines[at] ?? "").startsWith("\\")) {
    if (body.length > 0) body.push(body.pop()! + OPEN)
    at++
  }
  return [body, at]
}

/** The halves as one: what one of them leaves out is in the other. */
const merge = (old: ReadonlyArray<string>, fresh: ReadonlyArray<string>): Array<string> => {
  if (old.length === 0) return fresh.map((line) => (line[0] === " " ? " " : "+") + line.slice(1))
  if (fresh.length === 0) return old.map((line) => (line[0] === " " ? " " : "-") + line.slice(1))
  const merged: Array<string> = []
  let at = 0
  const added = () => {
    while (at < fresh.length && fresh[at][0] !== " ") merged.push(`+${fresh[at++].slice(1)}`)
  }
  for (const line of old) {
    if (line[0] !== " ") merged.push(`-${line.slice(1)}`)
    else {
      added()
      merged.push(line)
      at++
    }
  }
  added()
  return merged
}

const parseContext = (lines: ReadonlyArray<string>, from: number): Parsed => {
  const hunks: Array<Hunk> = []
  let at = from
  while (/^\*{15}/.test(lines[at] ?? "")) {
    const old = /^\*\*\* (\d+)(?:,(\d+))? \*{4}/.exec(lines[at + 1] ?? "")
    if (old === null) throw malformed(at + 2, lines[at + 1])
    const [before, middle] = parseHalf(lines, at + 2, old)
    const fresh = /^--- (\d+)(?:,(\d+))? -{4}/.exec(lines[middle] ?? "")
    if (fresh === null) throw malformed(middle + 1, lines[middle])
    const [after, next] = parseHalf(lines, middle + 1, fresh)
    hunks.push({ oldStart: Number(old[1]), newStart: Number(fresh[1]), lines: merge(before, after) })
    at = next
  }
  return [hunks, at]
}

/** Where a patch begins: its form, and how many lines its header has. */
const beginOf = (lines: ReadonlyArray<string>, at: number): readonly [Form, number] | undefined => {
  const [line, next = ""] = [lines[at], lines[at + 1]]
  if (line.startsWith("--- ") && next.startsWith("+++ ")) return ["unified", 2]
  if (line.startsWith("*** ") && next.startsWith("--- ") && /^\*{15}/.test(lines[at + 2] ?? "")) return ["context", 2]
  if (/^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/.test(line)) return ["unified", 0]
  return /^\d+(?:,\d+)?[acd]\d+/.test(line) ? ["normal", 0] : undefined
}

const parsers = { unified: parseUnified, context: parseContext, normal: parseNormal }

/** The patches of a text, one for each file. */
export const parsePatch = (text: string): ReadonlyArray<FilePatch> => {
  const lines = text.split("\n")
  if (lines[lines.length - 1] === "") lines.pop()
  const patches: Array<FilePatch> = []
  let begin = 0
  for (let at = 0; at < lines.length;) {
    const found = beginOf(lines, at)
    if (found === undefined) {
      at++
      continue
    }
    const [form, header] = found
    const [hunks, next] = parsers[form](lines, at + header)
    const [first] = hunks
    patches.push({
      form,
      old: header === 0 ? undefined : withoutLines(headerOf(lines[at]), first, "+"),
      fresh: header === 0 ? undefined : withoutLines(headerOf(lines[at + 1]), first, "-"),
      hunks,
      lead: lines.slice(begin, at + header),
      at: at + header + 1
    })
    at = Math.max(next, at + Math.max(1, header))
    begin = at
  }
  return patches
}

/** A hunk the other way round; of each group of changes, what goes stands before what comes. */
export const reversed = ({ lines, newStart, oldStart }: Hunk): Hunk => {
  const turned: Array<string> = []
  let coming: Array<string> = []
  for (const line of lines) {
    if (line[0] === "-") coming.push(`+${line.slice(1)}`)
    else if (line[0] === "+") turned.push(`-${line.slice(1)}`)
    else {
      turned.push(...coming, line)
      coming = []
    }
  }
  return { oldStart: newStart, newStart: oldStart, lines: [...turned, ...coming] }
}

const shown = (line: string): string =>
  line.endsWith(OPEN) ? `${line.slice(0, -OPEN.length)}\n\\ No newline at end of file\n` : `${line}\n`

const unifiedReject = (hunk: Hunk, offset: number): string => {
  const range = (start: number, other: string) => {
    const count = hunk.lines.filter((line) => line[0] !== other).length
    return `${start + offset}${count === 1 ? "" : `,${count}`}`
  }
  return `@@ -${range(hunk.oldStart, "+")} +${range(hunk.newStart, "-")} @@\n${hunk.lines.map(shown).join("")}`
}

const contextReject = (hunk: Hunk, offset: number, form: Form): string => {
  const [stars, minuses] = form === "normal" ? ["", " -----"] : [" ****", " ----"]
  // a group in which lines go and others come is one of changes
  const marks = hunk.lines.map((line, index) => {
    if (line[0] === " " || form === "normal") return line[0]
    let [from, to] = [index, index]
    while (from > 0 && hunk.lines[from - 1][0] !== " ") from--
    while (to < hunk.lines.length - 1 && hunk.lines[to + 1][0] !== " ") to++
    return new Set(hunk.lines.slice(from, to + 1).map((each) => each[0])).size > 1 ? "!" : line[0]
  })
  const half = (other: string) =>
    hunk.lines.flatMap((line, index) => line[0] === other ? [] : [shown(`${marks[index]} ${line.slice(1)}`)])
  const range = (start: number, count: number) =>
    count === 0 ? "0" : count === 1 ? String(start + offset) : `${start + offset},${start + offset + count - 1}`
  const [old, fresh] = [half("+"), half("-")]
  return `***************\n*** ${range(hunk.oldStart, old.length)}${stars}\n${old.join("")}--- ${
    range(hunk.newStart, fresh.length)
  }${minuses}\n${fresh.join("")}`
}

/** A hunk as it is put into a file of rejects. */
export const rejected = (hunk: Hunk, offset: number, form: Form): string =>
  form === "unified" ? unifiedReject(hunk, offset) : contextReject(hunk, offset, form)
