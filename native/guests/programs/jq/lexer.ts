/** The words of a script. Text with interpolation holds the words in between. */
import { SyntaxProblem } from "./ast.ts"
import { escapes } from "./reader.ts"
import { wellFormed } from "./values.ts"

export type Token =
  | { readonly kind: "end"; readonly text: string; readonly line: number }
  | { readonly kind: "symbol" | "name" | "field" | "variable" | "format"; readonly text: string; readonly line: number }
  | { readonly kind: "number"; readonly text: string; readonly line: number }
  | {
    readonly kind: "text"
    readonly text: string
    readonly parts: ReadonlyArray<string | ReadonlyArray<Token>>
    readonly line: number
  }

const symbol = /\?\/\/=?|\|=|\+=|-=|\*=|\/\/=|\/=|%=|==|!=|<=|>=|\/\/|\.\.|[.[\]{}()|,:;=<>+\-*/%?$]/y
const number = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const name = /[a-zA-Z_][a-zA-Z_0-9]*(?:::[a-zA-Z_][a-zA-Z_0-9]*)*/y
const field = /\.[a-zA-Z_][a-zA-Z_0-9]*/y
const variable = /\$(?:[a-zA-Z_][a-zA-Z_0-9]*(?:::[a-zA-Z_][a-zA-Z_0-9]*)*)/y
const format = /@[a-zA-Z0-9_]+/y
const space = /(?:[ \t\r\n]+|#[^\n]*)+/y

const MAX_NESTED_TEXT = 100

export class Lexer {
  private at = 0
  private line = 1

  constructor(private readonly source: string) {}

  run(): ReadonlyArray<Token> {
    const tokens = this.words(0, false)
    tokens.push({ kind: "end", text: "$end", line: this.line })
    return tokens
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.source)
    if (found === null) return undefined
    this.at += found[0].length
    return found[0]
  }

  private words(nesting: number, inText: boolean): Array<Token> {
    if (nesting > MAX_NESTED_TEXT) throw new SyntaxProblem("strings are nested too deeply", this.line)
    const tokens: Array<Token> = []
    let open = 0
    for (;;) {
      const skipped = this.take(space)
      if (skipped !== undefined) this.line += skipped.split("\n").length - 1
      if (this.at >= this.source.length) {
        if (inText) throw new SyntaxProblem("syntax error, unexpected $end", this.line)
        return tokens
      }
      if (inText && open === 0 && this.source[this.at] === ")") {
        this.at++
        return tokens
      }
      const token = this.word(nesting)
      if (token.text === "(") open++
      else if (token.text === ")") open--
      tokens.push(token)
    }
  }

  private word(nesting: number): Token {
    const { line } = this
    if (this.source[this.at] === "\"") return this.text(nesting)
    const digits = this.take(number)
    if (digits !== undefined) return { kind: "number", text: digits, line }
    for (
      const [kind, pattern] of [["field", field], ["variable", variable], ["format", format], ["name", name]] as const
    ) {
      const text = this.take(pattern)
      if (text !== undefined) return { kind, text, line }
    }
    const text = this.take(symbol)
    if (text !== undefined) return { kind: "symbol", text, line }
    throw new SyntaxProblem("syntax error, unexpected INVALID_CHARACTER", line)
  }

  private text(nesting: number): Token {
    const { line } = this
    const start = this.at++
    const parts: Array<string | ReadonlyArray<Token>> = []
    let piece = ""
    for (;;) {
      const char = this.source[this.at++]
      if (char === undefined) {
        throw new SyntaxProblem("syntax error, unexpected $end, expecting QQSTRING_TEXT", this.line)
      }
      if (char === "\"") break
      if (char === "\n") this.line++
      if (char !== "\\") piece += char
      else if (this.source[this.at] === "(") {
        this.at++
        if (piece !== "") parts.push(piece)
        piece = ""
        parts.push(this.words(nesting + 1, true))
      } else piece += this.escape()
    }
    if (piece !== "" || parts.length === 0) parts.push(piece)
    return {
      kind: "text",
      text: this.source.slice(start, this.at),
      parts: parts.map((part) => typeof part === "string" ? wellFormed(part) : part),
      line
    }
  }

  private escape(): string {
    const char = this.source[this.at++] ?? ""
    if (char in escapes) return escapes[char]
    const digits = /^[0-9a-fA-F]{4}/.exec(this.source.slice(this.at, this.at + 4))
    if (char !== "u" || digits === null) {
      throw new SyntaxProblem("syntax error, unexpected INVALID_CHARACTER", this.line)
    }
    this.at += 4
    return String.fromCharCode(parseInt(digits[0], 16))
  }
}
