/** The words of an awk program. */
import { byteText, normalizeText } from "../../bash/text.ts"
import { ProgramFailure } from "../program.ts"

export type TokenKind =
  | "number"
  | "string"
  | "regex"
  /** A name directly before a bracket: a call. */
  | "function"
  | "builtin"
  | "name"
  | "keyword"
  | "symbol"
  | "newline"
  | "end"

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly value: number
  readonly line: number
}

const keywords = new Set([
  ...["BEGIN", "END", "BEGINFILE", "ENDFILE", "function", "func", "if", "else", "while", "for", "do", "break"],
  ...["continue", "next", "nextfile", "exit", "return", "delete", "in", "getline", "print", "printf", "switch"],
  ...["case", "default"]
])

const builtins = new Set([
  ...["length", "substr", "index", "split", "sub", "gsub", "gensub", "match", "sprintf", "sin", "cos", "atan2", "exp"],
  ...["log", "sqrt", "int", "rand", "srand", "tolower", "toupper", "system", "close", "fflush", "systime", "mktime"],
  ...["strftime", "and", "or", "xor", "lshift", "rshift", "compl", "strtonum", "asort", "asorti", "patsplit"],
  ...["typeof", "isarray"]
])

const symbols = [
  ...[
    "**=",
    "!~",
    "!=",
    "==",
    "<=",
    ">=",
    "&&",
    "||",
    "++",
    "--",
    "+=",
    "-=",
    "*=",
    "/=",
    "%=",
    "^=",
    "**",
    ">>",
    "|&"
  ],
  ...["{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", "<", ">", "|", "?", ":", "~", "$", "="]
]

const NUMBER = /(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/y
const NAME = /[A-Za-z_]\w*/y
const BLANK = /(?:[ \t\r]|\\\r?\n)*/y
const MAX_SOURCE = 4_000_000

export const named: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v"
}

/** What a backslash and what follows stand for: the text, and how many characters it took. */
export const escaped = (source: string, at: number): readonly [text: string, length: number] | undefined => {
  const char = source[at + 1]
  if (Object.hasOwn(named, char)) return [named[char], 2]
  const octal = /^[0-7]{1,3}/.exec(source.slice(at + 1, at + 4))
  if (octal !== null) return [byteText(Number.parseInt(octal[0], 8) & 0xff), 1 + octal[0].length]
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(source.slice(at + 1, at + 4))
  if (hex !== null) return [byteText(Number.parseInt(hex[1], 16)), 1 + hex[0].length]
  return undefined
}

/** A string with its escapes replaced; `warn` hears of those that are none. */
export const unescape = (source: string, warn: (char: string) => void = () => {}): string => {
  if (!source.includes("\\")) return source
  let text = ""
  for (let at = 0; at < source.length;) {
    const char = source[at]
    if (char !== "\\" || at + 1 === source.length) {
      text += char
      at++
      continue
    }
    const found = escaped(source, at)
    if (found !== undefined) {
      text += found[0]
      at += found[1]
      continue
    }
    const next = source[at + 1]
    // `&` keeps its backslash for the replacements of sub and gsub
    if (next !== "\\" && next !== "\"" && next !== "/" && next !== "\n") warn(next)
    text += next === "\n" ? "" : next
    at += 2
  }
  return normalizeText(text)
}

export class SyntaxFailure extends ProgramFailure {
  constructor(line: number, problem: string) {
    super(`cmd. line:${line}: ${problem}`)
  }
}

class Lexer {
  private at = 0
  private line = 1
  private readonly tokens: Array<Token> = []

  constructor(private readonly source: string, private readonly warn: (line: number, char: string) => void) {}

  run(): ReadonlyArray<Token> {
    if (this.source.length > MAX_SOURCE) throw new SyntaxFailure(1, `program text above ${MAX_SOURCE} characters`)
    while (this.skip()) this.token()
    this.push("newline", "\n")
    this.push("end", "end of program")
    return this.tokens
  }

  private push(kind: TokenKind, text: string, value = 0): void {
    this.tokens.push({ kind, text, value, line: this.line })
  }

  /** Passes over blanks and comments; false at the end. */
  private skip(): boolean {
    for (;;) {
      const blank = this.take(BLANK)!
      for (const char of blank) if (char === "\n") this.line++
      if (this.source[this.at] !== "#") return this.at < this.source.length
      const end = this.source.indexOf("\n", this.at)
      this.at = end < 0 ? this.source.length : end
    }
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.source)
    if (found === null) return undefined
    this.at += found[0].length
    return found[0]
  }

  private token(): void {
    const char = this.source[this.at]
    if (char === "\n") {
      this.push("newline", "\n")
      this.line++
      this.at++
    } else if (char === "\"") this.string()
    else if (char === "/" && !this.divides()) this.regex()
    else if (!this.number() && !this.word()) this.symbol()
  }

  /** Whether a slash here divides: it does after an operand. */
  private divides(): boolean {
    const last = this.tokens.at(-1)
    if (last === undefined) return false
    return last.kind === "number" || last.kind === "string" || last.kind === "name" || last.kind === "builtin" ||
      (last.kind === "symbol" && [")", "]", "$", "++", "--"].includes(last.text))
  }

  private string(): void {
    let end = this.at + 1
    for (; this.source[end] !== "\""; end++) {
      if (this.source[end] === "\\") end++
      else if (this.source[end] === undefined || this.source[end] === "\n") {
        throw new SyntaxFailure(this.line, "unterminated string")
      }
    }
    const source = this.source.slice(this.at + 1, end)
    this.push("string", unescape(source, (char) => this.warn(this.line, char)))
    for (const char of source) if (char === "\n") this.line++
    this.at = end + 1
  }

  private regex(): void {
    let end = this.at + 1
    let inside = false
    for (;; end++) {
      const char = this.source[end]
      if (char === undefined || char === "\n") throw new SyntaxFailure(this.line, "unterminated regexp")
      if (char === "\\") end++
      else if (char === "[") {
        if (!inside && this.source[end + 1] === "^" && this.source[end + 2] === "]") end += 2
        else if (!inside && this.source[end + 1] === "]") end++
        inside = true
      } else if (char === "]") inside = false
      else if (char === "/" && !inside) break
    }
    this.push("regex", this.source.slice(this.at + 1, end))
    this.at = end + 1
  }

  private number(): boolean {
    const text = this.take(NUMBER)
    if (text === undefined) return false
    this.push("number", text, Number(text))
    return true
  }

  private word(): boolean {
    const text = this.take(NAME)
    if (text === undefined) return false
    if (keywords.has(text)) this.push("keyword", text === "func" ? "function" : text)
    else if (builtins.has(text)) this.push("builtin", text)
    else this.push(this.source[this.at] === "(" ? "function" : "name", text)
    return true
  }

  private symbol(): void {
    const text = symbols.find((symbol) => this.source.startsWith(symbol, this.at))
    if (text === undefined) throw new SyntaxFailure(this.line, `invalid char '${this.source[this.at]}' in expression`)
    this.at += text.length
    this.push("symbol", text === "**" ? "^" : text === "**=" ? "^=" : text)
  }
}

export const tokenize = (source: string, warn: (line: number, char: string) => void): ReadonlyArray<Token> =>
  new Lexer(source, warn).run()
