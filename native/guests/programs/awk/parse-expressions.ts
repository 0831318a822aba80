/** The expressions of awk, by the grammar of POSIX. */
import { ProgramFailure } from "../program.ts"
import type { Arithmetic, Comparison, Expression, Target } from "./ast.ts"
import type { Token } from "./lexer.ts"
import { SyntaxFailure, tokenize } from "./lexer.ts"

const MAX_DEPTH = 400

const comparisons: ReadonlyArray<string> = ["<", "<=", "==", "!=", ">", ">="]
const assignments: Readonly<Record<string, Arithmetic | undefined>> = {
  "=": undefined,
  "+=": "+",
  "-=": "-",
  "*=": "*",
  "/=": "/",
  "%=": "%",
  "^=": "^"
}

const isTarget = (node: Expression): node is Target =>
  node.kind === "name" || node.kind === "element" || node.kind === "field"

/** What is not taken for an operator just here. */
interface Mode {
  /** `>` redirects. */
  readonly printing?: boolean
  /** `in` belongs to `for`. */
  readonly each?: boolean
}

export class ExpressionParser {
  protected readonly tokens: ReadonlyArray<Token>
  protected at = 0
  private depth = 0
  private mode: Mode = {}

  constructor(source: string, warn: (line: number, char: string) => void) {
    this.tokens = tokenize(source, warn)
  }

  // --- words --------------------------------------------------------------------------------------------------------

  protected get token(): Token {
    return this.tokens[this.at]
  }

  protected is(text: string): boolean {
    return this.token.text === text && this.token.kind === "symbol"
  }

  protected sees(word: string): boolean {
    return this.token.text === word && this.token.kind === "keyword"
  }

  protected symbol(text: string): boolean {
    if (!this.is(text)) return false
    this.at++
    return true
  }

  protected word(text: string): boolean {
    if (!this.sees(text)) return false
    this.at++
    return true
  }

  protected expect(text: string): void {
    if (!this.symbol(text)) this.fail()
  }

  protected fail(): never {
    const { kind, line, text } = this.token
    const shown = kind === "newline" ? "newline" : kind === "end" ? text : `\`${text}'`
    throw new SyntaxFailure(line, `syntax error at ${shown}`)
  }

  protected newlines(): void {
    while (this.token.kind === "newline") this.at++
  }

  /** Ends of statements, any number of them. */
  protected ends(): void {
    while (this.token.kind === "newline" || this.is(";")) this.at++
  }

  protected nested<A>(parse: () => A): A {
    if (++this.depth > MAX_DEPTH) throw new ProgramFailure(`cmd. line:${this.token.line}: nested too deeply`, 2)
    const result = parse()
    this.depth--
    return result
  }

  protected within<A>(mode: Mode, parse: () => A): A {
    const before = this.mode
    this.mode = mode
    const result = parse()
    this.mode = before
    return result
  }

  // --- expressions --------------------------------------------------------------------------------------------------

  protected expression(): Expression {
    return this.nested(() => this.ternary())
  }

  private ternary(): Expression {
    const test = this.either()
    if (!this.symbol("?")) return test
    this.newlines()
    const yes = this.expression()
    this.newlines()
    this.expect(":")
    this.newlines()
    return { kind: "choice", test, yes, no: this.expression() }
  }

  private either(): Expression {
    let left = this.both()
    while (this.symbol("||")) {
      this.newlines()
      left = { kind: "either", left, right: this.both() }
    }
    return left
  }

  private both(): Expression {
    let left = this.membership()
    while (this.symbol("&&")) {
      this.newlines()
      left = { kind: "both", left, right: this.membership() }
    }
    return left
  }

  private membership(): Expression {
    let left = this.matching()
    while (this.sees("in") && this.mode.each !== true) {
      this.at++
      left = { kind: "in", keys: left.kind === "group" ? left.items : [left], name: this.name() }
    }
    return left
  }

  private matching(): Expression {
    let left = this.comparison()
    while (this.is("~") || this.is("!~")) {
      const negated = this.tokens[this.at++].text === "!~"
      left = { kind: "match", negated, left, right: this.comparison() }
    }
    return left
  }

  private comparison(): Expression {
    let left = this.concatenation()
    while (this.is("|") && this.tokens[this.at + 1].text === "getline") {
      this.at += 2
      left = { kind: "getline", from: "command", source: left, target: this.optionalTarget() }
    }
    if (this.is("|&")) throw new SyntaxFailure(this.token.line, "coprocesses (|&) are not supported")
    const { text } = this.token
    if (this.token.kind !== "symbol" || !comparisons.includes(text)) return left
    if (text === ">" && this.mode.printing === true) return left
    this.at++
    return { kind: "comparison", operator: text as Comparison, left, right: this.concatenation() }
  }

  /** Whether another operand follows directly. */
  private continues(): boolean {
    const { kind, text } = this.token
    if (kind === "number" || kind === "string" || kind === "regex") return true
    if (kind === "name" || kind === "function" || kind === "builtin") return true
    return kind === "symbol" && ["$", "(", "++", "--"].includes(text)
  }

  protected concatenation(): Expression {
    let left = this.additive()
    while (this.continues()) {
      left = { kind: "concatenation", left, right: this.additive() }
    }
    return left
  }

  protected additive(): Expression {
    let left = this.multiplicative()
    while (this.is("+") || this.is("-")) {
      const operator = this.tokens[this.at++].text as "+" | "-"
      left = { kind: "arithmetic", operator, left, right: this.multiplicative() }
    }
    return left
  }

  private multiplicative(): Expression {
    let left = this.unary()
    while (this.is("*") || this.is("/") || this.is("%")) {
      const operator = this.tokens[this.at++].text as "*" | "/" | "%"
      left = { kind: "arithmetic", operator, left, right: this.unary() }
    }
    return left
  }

  private unary(): Expression {
    for (const [symbol, kind] of [["!", "not"], ["-", "negative"], ["+", "positive"]] as const) {
      if (this.symbol(symbol)) return this.nested(() => ({ kind, of: this.unary() }))
    }
    return this.power()
  }

  private power(): Expression {
    const left = this.postfix()
    if (!this.symbol("^")) return left
    return this.nested(() => ({ kind: "arithmetic", operator: "^", left, right: this.exponent() }))
  }

  /** `2^-3`; the operator leans to the right. */
  private exponent(): Expression {
    if (this.symbol("-")) return { kind: "negative", of: this.exponent() }
    if (this.symbol("+")) return { kind: "positive", of: this.exponent() }
    if (this.symbol("!")) return { kind: "not", of: this.exponent() }
    return this.power()
  }

  private postfix(): Expression {
    const node = this.primary()
    if (!isTarget(node)) return node
    if (this.symbol("++")) return { kind: "step", target: node, by: 1, before: false }
    if (this.symbol("--")) return { kind: "step", target: node, by: -1, before: false }
    // wherever a target stands: `a && b = c` assigns as well
    if (this.token.kind !== "symbol" || !Object.hasOwn(assignments, this.token.text)) return node
    const operator = assignments[this.tokens[this.at++].text]
    this.newlines()
    return { kind: "assign", operator, target: node, value: this.expression() }
  }

  private primary(): Expression {
    const { kind, text, value } = this.token
    switch (kind) {
      case "number":
        this.at++
        return { kind, value }
      case "string":
        this.at++
        return { kind, value: text }
      case "regex":
        this.at++
        return { kind, source: text }
      case "name":
        return this.variable()
      case "function":
      case "builtin":
        return this.call()
      case "keyword":
        return text === "getline" ? this.getline() : this.fail()
      case "symbol":
        return this.nested(() => this.prefixed(text))
      default:
        return this.fail()
    }
  }

  private prefixed(symbol: string): Expression {
    if (symbol === "(") {
      this.at++
      const items = this.within({}, () => {
        this.newlines()
        const items = this.list()
        this.newlines()
        this.expect(")")
        return items
      })
      if (items.length > 1 && !this.sees("in") && this.mode.printing !== true) this.fail()
      return { kind: "group", items }
    }
    if (symbol === "$") {
      this.at++
      return { kind: "field", of: this.fieldNumber() }
    }
    if (symbol === "++" || symbol === "--") {
      this.at++
      return { kind: "step", target: this.target(), by: symbol === "++" ? 1 : -1, before: true }
    }
    if (symbol === "-") {
      this.at++
      return { kind: "negative", of: this.unary() }
    }
    return this.fail()
  }

  /** `$i++` is the field's, `$++i` the number's. */
  private fieldNumber(): Expression {
    if (this.symbol("-")) return { kind: "negative", of: this.fieldNumber() }
    if (this.symbol("!")) return { kind: "not", of: this.fieldNumber() }
    return this.primary()
  }

  private target(): Target {
    const node = this.primary()
    return isTarget(node) ? node : this.fail()
  }

  private optionalTarget(): Target | undefined {
    return this.token.kind === "name" || this.is("$") ? this.target() : undefined
  }

  private variable(): Target {
    const name = this.name()
    return this.symbol("[") ? { kind: "element", name, keys: this.keys() } : { kind: "name", name }
  }

  private call(): Expression {
    const { kind, line, text } = this.tokens[this.at++]
    if (kind === "builtin" && !this.is("(")) {
      if (text !== "length") this.fail()
      return { kind: "call", name: text, args: [], builtin: true, line }
    }
    this.expect("(")
    const args = this.within({}, () => {
      this.newlines()
      if (this.symbol(")")) return []
      const args = this.list()
      this.newlines()
      this.expect(")")
      return args
    })
    return { kind: "call", name: text, args, builtin: kind === "builtin", line }
  }

  private getline(): Expression {
    this.at++
    const target = this.optionalTarget()
    if (!this.symbol("<")) return { kind: "getline", from: "input", source: undefined, target }
    return { kind: "getline", from: "file", source: this.postfix(), target }
  }

  protected name(): string {
    if (this.token.kind !== "name") this.fail()
    return this.tokens[this.at++].text
  }

  protected keys(): ReadonlyArray<Expression> {
    return this.within({}, () => {
      const keys = this.list()
      this.expect("]")
      return keys
    })
  }

  protected list(): ReadonlyArray<Expression> {
    const items = [this.expression()]
    while (this.symbol(",")) {
      this.newlines()
      items.push(this.expression())
    }
    return items
  }
}
