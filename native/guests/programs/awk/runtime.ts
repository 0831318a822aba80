/** What a running awk program has: variables, the record, streams, and the settings that its special variables are. */
import type { ProgramContext } from "../program.ts"
import type { Regex } from "../text/regex.ts"
import { formatNumber } from "./format.ts"
import type { MainInput } from "./input.ts"
import { Random } from "./random.ts"
import { CurrentRecord, type Separator } from "./record.ts"
import type { Terminator } from "./records.ts"
import { awkRegex } from "./regexes.ts"
import { Streams } from "./streams.ts"
import type { Value } from "./values.ts"
import { AwkArray, Fatal, numberToText, Room, toNumber } from "./values.ts"

/** An untyped name that was passed to a function: the array that it becomes there is the caller's. */
export class Untyped {
  array: AwkArray | undefined

  constructor(private readonly own: (array: AwkArray) => void) {}

  become(array: AwkArray): AwkArray {
    this.array = array
    this.own(array)
    return array
  }
}

export type Cell = Value | AwkArray | Untyped

/** The parameters of one call. */
export interface Frame {
  readonly locals: Array<Cell>
  result: Value
}

export type Pending<A> = A | Promise<A>

/** `next` and `then` of what may have to be waited for. */
export const when = <A, B>(value: Pending<A>, next: (value: A) => Pending<B>): Pending<B> =>
  value instanceof Promise ? value.then(next) : next(value)

const MAX_REGEXES = 500

export class Runtime {
  readonly globals: Array<Cell> = []
  readonly room = new Room()
  readonly record: CurrentRecord
  readonly streams: Streams
  private separator: Separator = { kind: "blanks" }
  private paragraph = false
  terminator: Terminator = { kind: "text", text: "\n" }
  private readonly regexes = new Map<string, Regex>()
  ignoreCase = false
  /** The numbers of records. */
  nr = 0
  fnr = 0
  /** Special variables as text. */
  ofs = " "
  ors = "\n"
  subsep = "\x1c"
  convfmt = "%.6g"
  ofmt = "%.6g"
  /** The last text that ended a record. */
  rt = ""
  rstart = 0
  rlength = -1
  filename: Value = undefined
  private readonly plain = new Map<string, Value>([["FS", " "], ["RS", "\n"], ["FPAT", "[^[:space:]]+"]])
  readonly random = new Random()
  /** Set by what runs the program. */
  input!: MainInput

  constructor(readonly context: ProgramContext) {
    this.streams = new Streams(context)
    this.record = new CurrentRecord(() => this.separator, () => this.ofs, this.text)
  }

  /** A value as text. */
  readonly text = (value: Value): string => {
    if (typeof value === "string") return value
    if (typeof value === "number") return numberToText(value, (number) => formatNumber(this.convfmt, number))
    return value === undefined ? "" : value.text
  }

  /** A value as `print` shows it. */
  readonly shown = (value: Value): string =>
    typeof value === "number" ? numberToText(value, (number) => formatNumber(this.ofmt, number)) : this.text(value)

  regex(source: string): Regex {
    let regex = this.regexes.get(source)
    if (regex === undefined) {
      if (this.regexes.size >= MAX_REGEXES) this.regexes.clear()
      this.regexes.set(source, regex = awkRegex(source, this.ignoreCase))
    }
    return regex
  }

  array(): AwkArray {
    return new AwkArray(this.room)
  }

  /** How a text that is given as a separator cuts. */
  separatorOf(text: string): Separator {
    if (text === " ") return { kind: "blanks" }
    if (text === "") return { kind: "characters" }
    if (text.length === 1 && text !== "\\" && !(this.ignoreCase && /[a-z]/i.test(text))) return { kind: "text", text }
    return { kind: "regex", regex: this.regex(text), newlines: false }
  }

  // --- special variables --------------------------------------------------------------------------------------------

  get(name: Special): Value {
    switch (name) {
      case "NF":
        return this.record.count
      case "NR":
        return this.nr
      case "FNR":
        return this.fnr
      case "OFS":
        return this.ofs
      case "ORS":
        return this.ors
      case "SUBSEP":
        return this.subsep
      case "CONVFMT":
        return this.convfmt
      case "OFMT":
        return this.ofmt
      case "RSTART":
        return this.rstart
      case "RLENGTH":
        return this.rlength
      case "RT":
        return this.rt
      case "FILENAME":
        return this.filename
      default:
        return this.plain.get(name)
    }
  }

  set(name: Special, value: Value): void {
    switch (name) {
      case "NF":
        this.record.count = Math.trunc(toNumber(value))
        return
      case "NR":
        this.nr = toNumber(value)
        return
      case "FNR":
        this.fnr = toNumber(value)
        return
      case "OFS":
        this.ofs = this.text(value)
        return
      case "ORS":
        this.ors = this.text(value)
        return
      case "SUBSEP":
        this.subsep = this.text(value)
        return
      case "CONVFMT":
        this.convfmt = this.text(value)
        return
      case "OFMT":
        this.ofmt = this.text(value)
        return
      case "RSTART":
        this.rstart = toNumber(value)
        return
      case "RLENGTH":
        this.rlength = toNumber(value)
        return
      case "RT":
        this.rt = this.text(value)
        return
      case "FILENAME":
        this.filename = value
        return
      default:
        this.plain.set(name, value)
        this.configure(name)
    }
  }

  /** Puts a setting in force that decides how input is read. */
  private configure(name: "FS" | "RS" | "FPAT" | "FIELDWIDTHS" | "IGNORECASE"): void {
    const text = this.text(this.plain.get(name))
    // the record that is there was read under the old one
    this.record.settle()
    if (name === "RS") {
      this.paragraph = text === ""
      this.terminator = text === ""
        ? { kind: "paragraph" }
        : text.length === 1
        ? { kind: "text", text }
        : { kind: "regex", regex: this.regex(text) }
    } else if (name === "IGNORECASE") {
      this.ignoreCase = toNumber(this.plain.get(name)) !== 0
      this.regexes.clear()
    } else if (name === "FPAT") {
      this.separator = { kind: "content", regex: this.regex(text) }
      return
    } else if (name === "FIELDWIDTHS") {
      const widths = text.trim().split(/\s+/).map((width) => width === "*" ? Infinity : Number(width))
      if (widths.some((width) => !(width >= 0))) throw new Fatal(`invalid FIELDWIDTHS value, \`${text}'`)
      this.separator = { kind: "widths", widths }
      return
    }
    if (name === "RS" && (this.separator.kind === "content" || this.separator.kind === "widths")) return
    this.separator = this.fieldSeparator(this.text(this.plain.get("FS")))
  }

  /** In paragraphs a newline separates fields as well. */
  private fieldSeparator(text: string): Separator {
    if (!this.paragraph || text === " " || text === "") return this.separatorOf(text)
    const source = text.length === 1 ? `[${text === "\\" ? "\\\\" : text}]` : text
    return {
      kind: "regex",
      regex: this.regex(text === "\n" ? "\n" : `(${text === "^" ? "\\^" : source})|\n`),
      newlines: true
    }
  }

  /** Takes a record from the main input. */
  take(text: string, terminator: string): void {
    this.rt = terminator
    this.nr++
    this.fnr++
    this.record.set(text)
  }
}

export const specials = [
  ...["NF", "NR", "FNR", "FS", "RS", "OFS", "ORS", "SUBSEP", "CONVFMT", "OFMT", "RSTART", "RLENGTH", "RT"] as const,
  ...["FILENAME", "FPAT", "FIELDWIDTHS", "IGNORECASE"] as const
]

export type Special = typeof specials[number]

const names = new Set<string>(specials)

export const isSpecial = (name: string): name is Special => names.has(name)
