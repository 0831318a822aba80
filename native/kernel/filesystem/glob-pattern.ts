/**
 * Patterns for paths: `*`, `?`, `[a-z]`, `[!a]`, `{a,b}`, `**` as a whole component, and a backslash before what is
 * meant as it stands. A pattern becomes a program of one instruction per character; matching keeps the set of all
 * instructions that it may be at, so that its time is linear in the text, whatever the pattern.
 */

type Instruction =
  | { readonly op: "char"; readonly char: string }
  | { readonly op: "any" }
  | {
    readonly op: "class"
    readonly ranges: ReadonlyArray<readonly [from: number, to: number]>
    readonly negated: boolean
  }
  /** Any number of characters of a name. */
  | { readonly op: "star" }
  | { readonly op: "slash" }
  | { readonly op: "split"; readonly to: Array<number> }
  | { readonly op: "jump"; to: number }
  | { readonly op: "accept" }

/** Longest pattern, in UTF-16 units. */
export const GLOB_MAX = 1024

/** Where a match stands: the instructions it may be at. */
export type Places = ReadonlyArray<number>

/** The index of what ends a class that begins at `at`, or -1 when nothing does. */
const classEnd = (text: string, at: number): number => {
  let i = at + 1
  if (text[i] === "!" || text[i] === "^") i++
  // A bracket that comes first stands for itself.
  if (text[i] === "]") i++
  for (; i < text.length && text[i] !== "/"; i++) {
    if (text[i] === "]") return i
    if (text[i] === "\\") i++
  }
  return -1
}

/** The braces that are alternatives: those that are closed and have a comma of their own. By index of each brace. */
const alternatives = (text: string): ReadonlySet<number> => {
  const found = new Set<number>()
  const open: Array<{ readonly at: number; commas: Array<number> }> = []
  for (let i = 0; i < text.length; i++) {
    const end = text[i] === "[" ? classEnd(text, i) : -1
    if (end !== -1) i = end
    else if (text[i] === "\\") i++
    else if (text[i] === "{") open.push({ at: i, commas: [] })
    else if (text[i] === ",") open[open.length - 1]?.commas.push(i)
    else if (text[i] === "}") {
      const brace = open.pop()
      if (brace === undefined || brace.commas.length === 0) continue
      for (const at of [brace.at, i, ...brace.commas]) found.add(at)
    }
  }
  return found
}

const classOf = (text: string): Instruction => {
  const negated = text[0] === "!" || text[0] === "^"
  const chars: Array<{ readonly code: number; readonly bare: boolean }> = []
  let escaped = false
  for (const char of negated ? text.slice(1) : text) {
    if (char === "\\" && !escaped) {
      escaped = true
      continue
    }
    chars.push({ code: char.codePointAt(0)!, bare: !escaped })
    escaped = false
  }
  const ranges: Array<readonly [number, number]> = []
  for (let i = 0; i < chars.length; i++) {
    const dash = chars[i + 1]
    const to = chars[i + 2]
    if (to !== undefined && dash.code === 45 && dash.bare) {
      ranges.push([chars[i].code, to.code])
      i += 2
    } else {
      ranges.push([chars[i].code, chars[i].code])
    }
  }
  return { op: "class", ranges, negated }
}

class Compiler {
  readonly program: Array<Instruction> = []
  private readonly braces: ReadonlySet<number>
  private readonly open: Array<
    { readonly split: { readonly to: Array<number> }; readonly jumps: Array<{ to: number }> }
  > = []
  private at = 0

  constructor(private readonly text: string) {
    this.braces = alternatives(text)
  }

  run(): ReadonlyArray<Instruction> {
    while (this.at < this.text.length) {
      if (this.braces.has(this.at)) this.brace()
      else this.token()
    }
    this.program.push({ op: "accept" })
    return this.program
  }

  private brace(): void {
    const { open, program } = this
    const char = this.text[this.at++]
    if (char === "{") {
      const split = { op: "split" as const, to: [program.length + 1] }
      program.push(split)
      open.push({ split, jumps: [] })
      return
    }
    const { jumps, split } = open[open.length - 1]
    if (char === ",") {
      const jump = { op: "jump" as const, to: 0 }
      program.push(jump)
      jumps.push(jump)
      split.to.push(program.length)
    } else {
      for (const jump of jumps) jump.to = program.length
      open.pop()
    }
  }

  private token(): void {
    const { program, text } = this
    const char = text[this.at]
    const end = char === "[" ? classEnd(text, this.at) : -1
    if (end !== -1) {
      program.push(classOf(text.slice(this.at + 1, end)))
      this.at = end + 1
    } else if (char === "*") {
      this.stars()
    } else if (char === "/") {
      program.push({ op: "slash" })
      while (text[this.at] === "/") this.at++
    } else if (char === "?") {
      program.push({ op: "any" })
      this.at++
    } else {
      this.literal()
    }
  }

  private literal(): void {
    if (this.text[this.at] === "\\" && this.at + 1 < this.text.length) this.at++
    const char = String.fromCodePoint(this.text.codePointAt(this.at)!)
    this.program.push({ op: "char", char })
    this.at += char.length
  }

  /** Whether what lies before or after an index is the border of a component. */
  private borders(at: number): boolean {
    return at < 0 || at >= this.text.length || this.text[at] === "/" || this.braces.has(at)
  }

  private stars(): void {
    const { program, text } = this
    const start = this.at
    while (text[this.at] === "*") this.at++
    if (this.at - start !== 2 || !this.borders(start - 1) || !this.borders(this.at)) {
      program.push({ op: "star" })
      return
    }
    const top = program.length
    if (text[this.at] === "/") {
      // any number of names, each with its slash
      program.push({ op: "split", to: [top + 1, top + 5] }, { op: "any" }, { op: "star" }, { op: "slash" })
      program.push({ op: "jump", to: top })
      while (text[this.at] === "/") this.at++
    } else {
      // one name or more, with slashes between them
      program.push({ op: "any" }, { op: "star" }, { op: "split", to: [top + 3, top + 5] }, { op: "slash" })
      program.push({ op: "jump", to: top })
    }
  }
}

export class GlobPattern {
  private readonly program: ReadonlyArray<Instruction>
  private readonly marks: Uint32Array
  private mark = 0

  /** `dot`: wildcards also match a dot at the beginning of a name. */
  constructor(pattern: string, private readonly dot: boolean) {
    this.program = new Compiler(pattern).run()
    this.marks = new Uint32Array(this.program.length)
  }

  /** Where a match of a first name begins. */
  readonly start: Places = [0]

  /** All places that are reached without a character; `hidden`: without leaving a star, before a name with a dot. */
  private reach(from: Places, hidden: boolean): Array<number> {
    const { marks, program } = this
    const mark = ++this.mark
    const reached: Array<number> = []
    const pending = from.slice()
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (marks[at] === mark) continue
      marks[at] = mark
      const instruction = program[at]
      if (instruction.op === "split") pending.push(...instruction.to)
      else if (instruction.op === "jump") pending.push(instruction.to)
      else reached.push(at)
      if (instruction.op === "star" && !hidden) pending.push(at + 1)
    }
    return reached
  }

  private takes(instruction: Instruction, char: string, hidden: boolean): boolean {
    switch (instruction.op) {
      case "char":
        return instruction.char === char
      case "any":
      case "star":
        return !hidden
      case "class": {
        const code = char.codePointAt(0)!
        return !hidden && instruction.ranges.some(([from, to]) => from <= code && code <= to) !== instruction.negated
      }
      default:
        return false
    }
  }

  /** Where a match stands after a name, when it stood at `places` before it; empty when the name does not match. */
  after(places: Places, name: string): Places {
    let hidden = !this.dot && name.startsWith(".")
    let at = this.reach(places, hidden)
    for (const char of name) {
      const next: Array<number> = []
      for (const place of at) {
        const instruction = this.program[place]
        if (this.takes(instruction, char, hidden)) next.push(instruction.op === "star" ? place : place + 1)
      }
      if (next.length === 0) return next
      hidden = false
      at = this.reach(next, false)
    }
    return at
  }

  /** Where a match stands below a directory, when it stands at `places` after its name. */
  below(places: Places): Places {
    return places.filter((place) => this.program[place].op === "slash").map((place) => place + 1)
  }

  /** Whether a match may end after a name. */
  accepts(places: Places): boolean {
    return this.reach(places, false).some((place) => this.program[place].op === "accept")
  }

  /** Whether it may end after a directory with its slash: no wildcard stands for the empty name there. */
  acceptsSlash(below: Places): boolean {
    return this.reach(below, true).some((place) => this.program[place].op === "accept")
  }
}
