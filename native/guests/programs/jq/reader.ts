/** JSON texts, one after another, from text that comes in pieces. */
import { JqObject } from "./object.ts"
import type { Value } from "./values.ts"
import { MAX_ELEMENTS, MAX_NESTING, wellFormed } from "./values.ts"

/** Text that is no JSON, in jq's words. */
export class BadJson {
  constructor(readonly message: string) {}
}

const number = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const word = /[a-zA-Z0-9_+.-]+/y

const literals: Readonly<Record<string, Value>> = { null: null, true: true, false: false, nan: NaN, NaN }

/** What stands for what behind a backslash, in JSON and in texts of programs. */
export const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  "/": "/",
  "\\": "\\",
  "\"": "\""
}

interface Open {
  readonly array: Array<Value> | undefined
  readonly table: Map<string, Value> | undefined
  key: string
}

/** Reads one value at a place of a text that holds all of it. */
class ValueParser {
  private readonly open: Array<Open> = []

  constructor(
    private readonly text: string,
    public at: number,
    private readonly problem: (message: string, at: number) => never
  ) {}

  private space(): number {
    const { text } = this
    for (;; this.at++) {
      const code = text.charCodeAt(this.at)
      if (code !== 32 && code !== 10 && code !== 9 && code !== 13) return code
    }
  }

  /** Arrays and objects are kept on a list of their own: depth costs no stack. */
  run(): Value {
    for (;;) {
      let value = this.start()
      if (value === undefined) continue
      for (;;) {
        const top = this.open.at(-1)
        if (top === undefined) return value
        if (top.array !== undefined) {
          top.array.push(value)
          if (top.array.length > MAX_ELEMENTS) this.problem("Array too large", this.at)
        } else top.table!.set(top.key, value)
        const closed = this.follow(top)
        if (closed === undefined) break
        value = closed
      }
    }
  }

  /** What follows a member: a comma, or the end, which gives the whole. */
  private follow(top: Open): Value | undefined {
    const code = this.space()
    const { array, table } = top
    this.at++
    if (code === 44) {
      if (table !== undefined) this.key(top)
      return undefined
    }
    if (array !== undefined && code === 93) {
      this.open.pop()
      return array
    }
    if (table !== undefined && code === 125) {
      this.open.pop()
      return new JqObject(table)
    }
    return this.problem(
      array !== undefined
        ? "Expected separator between values"
        : code === 58
        ? "':' not as part of an object"
        : "Expected separator between values",
      this.at
    )
  }

  private key(top: Open): void {
    if (this.space() !== 34) this.problem("Object keys must be strings", this.at + 1)
    top.key = this.string()
    if (this.space() !== 58) this.problem("Objects must consist of key:value pairs", this.at + 1)
    this.at++
  }

  /** A scalar, or an empty array or object; undefined when one has been opened. */
  private start(): Value | undefined {
    const code = this.space()
    if (code === 34) return this.string()
    if (code === 91 || code === 123) return this.bracket(code)
    number.lastIndex = this.at
    word.lastIndex = this.at
    const found = number.exec(this.text)
    const whole = word.exec(this.text)
    if (found !== null && found[0].length === whole?.[0].length) {
      this.at += found[0].length
      return Number(found[0])
    }
    if (whole !== null && whole[0] in literals) {
      this.at += whole[0].length
      return literals[whole[0]]
    }
    if (whole !== null) return this.problem("Invalid numeric literal", this.at + whole[0].length + 1)
    if (code === 39) {
      return this.problem("Invalid string literal; expected \", but got '", this.at + 1)
    }
    return this.problem(
      Number.isNaN(code) ? "Unfinished JSON term" : "Expected value before ','".replace(",", this.text[this.at]),
      this.at + 1
    )
  }

  private bracket(code: number): Value | undefined {
    this.at++
    if (this.open.length >= MAX_NESTING) this.problem("Exceeds depth limit for parsing", this.at)
    const next = this.space()
    if (code === 91) {
      if (next === 93) {
        this.at++
        return []
      }
      this.open.push({ array: [], table: undefined, key: "" })
      return undefined
    }
    if (next === 125) {
      this.at++
      return JqObject.empty()
    }
    const top: Open = { array: undefined, table: new Map(), key: "" }
    this.open.push(top)
    this.key(top)
    return undefined
  }

  private string(): string {
    const start = ++this.at
    const end = this.text.indexOf("\"", start)
    if (end < 0) return this.problem("Unfinished string", this.text.length)
    const plain = this.text.slice(start, end)
    if (!plain.includes("\\")) {
      this.at = end + 1
      return plain
    }
    let result = ""
    let from = start
    for (let at = start;;) {
      const code = this.text.charCodeAt(at)
      if (Number.isNaN(code)) return this.problem("Unfinished string", at)
      if (code === 34) {
        this.at = at + 1
        return wellFormed(result + this.text.slice(from, at))
      }
      if (code !== 92) {
        at++
        continue
      }
      result += this.text.slice(from, at)
      const char = this.text[at + 1]
      if (char in escapes) {
        result += escapes[char]
        at += 2
      } else {
        const digits = /^[0-9a-fA-F]{4}/.exec(this.text.slice(at + 2, at + 6))
        if (char !== "u" || digits === null) return this.problem("Invalid escape", at + 2)
        result += String.fromCharCode(parseInt(digits[0], 16))
        at += 6
      }
      from = at
    }
  }
}

/** Finds where the values of a growing text end, and reads each when it is complete. */
export class JsonReader {
  private text = ""
  private at = 0
  /** Where the value begins that is being looked through; -1 between values. */
  private start = -1
  private depth = 0
  private inString = false
  private ended = false
  /** Lines before the text that is left, and characters of its first line before it. */
  private lines = 0
  private column = 0
  /** How far lines of this text have been counted, and how many there were. */
  private counted = 0
  private passed = 0
  /** Lines up to the end of the last value. */
  line = 0

  add(text: string): void {
    this.drop(this.start < 0 ? this.at : this.start)
    this.text += text
  }

  end(): void {
    this.ended = true
  }

  private drop(to: number): void {
    if (to === 0) return
    const gone = this.text.slice(0, to)
    for (let at = gone.indexOf("\n"); at >= 0; at = gone.indexOf("\n", at + 1)) this.lines++
    const last = gone.lastIndexOf("\n")
    this.column = last < 0 ? this.column + gone.length : gone.length - last - 1
    this.text = this.text.slice(to)
    this.at -= to
    this.counted = 0
    this.passed = 0
    if (this.start >= 0) this.start -= to
  }

  private readonly problem = (message: string, at: number): never => {
    const before = this.text.slice(0, Math.min(at, this.text.length))
    const last = before.lastIndexOf("\n")
    const line = this.lines + before.split("\n").length
    const column = last < 0 ? this.column + before.length : before.length - last - 1
    throw new BadJson(`${message} at${at > this.text.length ? " EOF at" : ""} line ${line}, column ${column}`)
  }

  /** The next value; undefined when more text is needed, or there is none at the end. */
  next(): { readonly value: Value } | undefined {
    const end = this.find()
    if (end === undefined) return undefined
    const parser = new ValueParser(this.text, this.start, this.problem)
    const value = parser.run()
    if (parser.at < end) this.problem("Invalid literal", parser.at + 1)
    this.start = -1
    this.at = parser.at
    this.count(parser.at)
    return { value }
  }

  /** jq reads by lines: the one that the value ends in counts. */
  private count(end: number): void {
    const newline = this.text.indexOf("\n", end)
    for (let at = this.text.indexOf("\n", this.counted); at >= 0 && at < end; at = this.text.indexOf("\n", at + 1)) {
      this.passed++
    }
    this.counted = end
    this.line = this.lines + this.passed + (newline < 0 ? 0 : 1)
  }

  /** Where the next value ends. */
  private find(): number | undefined {
    const { text } = this
    for (; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at)
      if (this.inString) {
        if (code === 92) this.at++
        else if (code === 34) {
          this.inString = false
          if (this.depth === 0) return ++this.at
        }
        continue
      }
      if (code === 32 || code === 10 || code === 9 || code === 13 || code === 30) {
        if (this.start >= 0 && this.depth === 0) return this.at
        continue
      }
      if (this.start >= 0 && this.depth === 0 && (code === 34 || code === 91 || code === 123)) return this.at
      if (this.start < 0) this.start = this.at
      if (code === 34) this.inString = true
      else if (code === 91 || code === 123) this.depth++
      else if (code === 93 || code === 125) {
        if (this.depth === 0) this.problem(`Unmatched '${text[this.at]}'`, this.at + 1)
        if (--this.depth === 0) return ++this.at
      }
    }
    if (!this.ended || this.start < 0) return undefined
    if (this.inString) this.problem("Unfinished string", text.length + 1)
    if (this.depth > 0) this.problem("Unfinished JSON term", text.length + 1)
    return text.length
  }
}

/** All the text as one value. */
export const parseJson = (text: string): Value => {
  const reader = new JsonReader()
  reader.add(text)
  reader.end()
  const first = reader.next()
  if (first === undefined) throw new BadJson("Expected JSON value")
  if (reader.next() !== undefined) throw new BadJson("Unexpected extra JSON values")
  return first.value
}
