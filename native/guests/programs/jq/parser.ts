/** From the words of a script to its tree. */
import type { Ast, Definition, Pattern } from "./ast.ts"
import { SyntaxProblem } from "./ast.ts"
import type { Token } from "./lexer.ts"
import { Lexer } from "./lexer.ts"

const MAX_DEPTH = 1_000

const reserved = new Set([
  "def",
  "if",
  "then",
  "elif",
  "else",
  "end",
  "as",
  "reduce",
  "foreach",
  "try",
  "catch",
  "label",
  "import",
  "include",
  "and",
  "or",
  "__loc__"
])

const identity: Ast = { kind: "identity" }

/** Binding strength of operators, and whether equals may stand in a row. */
const strengths: Readonly<Record<string, readonly [strength: number, side: "left" | "right" | "none"]>> = {
  "//": [1, "right"],
  "=": [2, "none"],
  "|=": [2, "none"],
  "+=": [2, "none"],
  "-=": [2, "none"],
  "*=": [2, "none"],
  "/=": [2, "none"],
  "%=": [2, "none"],
  "//=": [2, "none"],
  or: [3, "left"],
  and: [4, "left"],
  "==": [5, "none"],
  "!=": [5, "none"],
  "<": [5, "none"],
  "<=": [5, "none"],
  ">": [5, "none"],
  ">=": [5, "none"],
  "+": [6, "left"],
  "-": [6, "left"],
  "*": [7, "left"],
  "/": [7, "left"],
  "%": [7, "left"]
}

const binary = (operator: string, left: Ast, right: Ast): Ast => {
  if (operator === "//") return { kind: "alternative", left, right }
  if (operator === "and" || operator === "or") return { kind: operator, left, right }
  return { kind: strengths[operator][0] === 2 ? "assign" : "binary", operator, left, right }
}

export class Parser {
  private at = 0
  private depth = 0

  constructor(private readonly tokens: Array<Token>) {}

  static readonly program = (source: string): { readonly defs: ReadonlyArray<Definition>; readonly main: Ast } => {
    const parser = new Parser([...new Lexer(source).run()])
    const defs: Array<Definition> = []
    parser.modules()
    while (parser.sees("def")) defs.push(parser.definition())
    const main = parser.sees("$end") ? identity : parser.pipeline()
    parser.expect("$end")
    return { defs, main }
  }

  private modules(): void {
    if (this.sees("import") || this.sees("include")) {
      throw new SyntaxProblem("modules are not supported: put the definitions into the script", this.token.line)
    }
  }

  private get token(): Token {
    return this.tokens[this.at]
  }

  private sees(text: string): boolean {
    const { kind, text: seen } = this.token
    return seen === text && kind !== "text" && kind !== "field"
  }

  private takes(text: string): boolean {
    if (!this.sees(text)) return false
    this.at++
    return true
  }

  private unexpected(expecting?: string): never {
    const { kind, line, text } = this.token
    const what = kind === "end" || kind === "symbol" && text.length > 1 || reserved.has(text)
      ? text
      : kind === "symbol"
      ? `'${text}'`
      : ({
        name: "IDENT",
        field: "FIELD",
        variable: "BINDING",
        format: "FORMAT",
        number: "LITERAL",
        text: "QQSTRING_START"
      })[kind as "name"]
    const wanted = expecting === undefined ? "" : `, expecting ${expecting.length === 1 ? `'${expecting}'` : expecting}`
    throw new SyntaxProblem(`syntax error, unexpected ${what}${wanted}`, line)
  }

  private expect(text: string): void {
    if (!this.takes(text)) this.unexpected(text)
  }

  private nested<A>(parse: () => A): A {
    if (++this.depth > MAX_DEPTH) throw new SyntaxProblem("the script is nested too deeply", this.token.line)
    const result = parse()
    this.depth--
    return result
  }

  private definition(): Definition {
    this.expect("def")
    const name = this.word()
    const params: Array<string> = []
    if (this.takes("(")) {
      do {
        if (this.token.kind === "variable") params.push(this.tokens[this.at++].text)
        else params.push(this.word())
      } while (this.takes(";"))
      this.expect(")")
    }
    this.expect(":")
    const body = this.pipeline()
    this.expect(";")
    return { name, params, body }
  }

  private word(): string {
    const { kind, text } = this.token
    if (kind !== "name") this.unexpected("IDENT")
    this.at++
    return text
  }

  pipeline(): Ast {
    return this.nested(() => {
      const left = this.comma()
      return this.takes("|") ? { kind: "pipe", left, right: this.pipeline() } : left
    })
  }

  private comma(): Ast {
    let left = this.operators(0)
    while (this.takes(",")) left = { kind: "comma", left, right: this.operators(0) }
    return left
  }

  private operators(least: number): Ast {
    let left = this.unary()
    for (;;) {
      const { kind, text } = this.token
      const known = kind === "symbol" || kind === "name" ? strengths[text] : undefined
      if (known === undefined || known[0] < least) return left
      const [strength, side] = known
      this.at++
      const right = this.nested(() => this.operators(side === "right" ? strength : strength + 1))
      left = binary(text, left, right)
      if (side === "none") {
        const next = strengths[this.token.text]
        if (next !== undefined && next[0] === strength && this.token.kind === "symbol") this.unexpected()
      }
    }
  }

  private unary(): Ast {
    if (this.takes("-")) return { kind: "negate", of: this.nested(() => this.unary()) }
    if (this.sees("def")) {
      const def = this.definition()
      return { kind: "def", def, rest: this.pipeline() }
    }
    if (this.takes("label")) {
      const name = this.variable()
      this.expect("|")
      return { kind: "label", name, body: this.pipeline() }
    }
    const term = this.term()
    if (!this.takes("as")) return term
    const patterns = this.patterns()
    this.expect("|")
    return { kind: "as", source: term, patterns, body: this.pipeline() }
  }

  private patterns(): ReadonlyArray<Pattern> {
    const patterns = [this.pattern()]
    while (this.takes("?//")) patterns.push(this.pattern())
    return patterns
  }

  private pattern(): Pattern {
    return this.nested(() => {
      if (this.takes("[")) {
        const of: Array<Pattern> = []
        do of.push(this.pattern())
        while (this.takes(","))
        this.expect("]")
        return { kind: "elements", of }
      }
      if (this.takes("{")) {
        const of: Array<{ key: Ast; name: string | undefined; pattern: Pattern | undefined }> = []
        do of.push(this.member())
        while (this.takes(","))
        this.expect("}")
        return { kind: "members", of }
      }
      return { kind: "bind", name: this.variable() }
    })
  }

  private member() {
    let key: Ast
    let name: string | undefined
    if (this.token.kind === "variable") {
      name = this.variable()
      key = { kind: "literal", value: name }
    } else if (this.token.kind === "name") key = { kind: "literal", value: this.tokens[this.at++].text }
    else if (this.token.kind === "text") key = this.text(undefined)
    else {
      this.expect("(")
      key = this.pipeline()
      this.expect(")")
    }
    const pattern = this.takes(":") ? this.pattern() : undefined
    if (name === undefined && pattern === undefined) this.unexpected(":")
    return { key, name, pattern }
  }

  private variable(): string {
    const { kind, text } = this.token
    if (kind !== "variable") this.unexpected("BINDING")
    this.at++
    return text.slice(1)
  }

  private term(): Ast {
    return this.nested(() => this.suffixes(this.primary()))
  }

  private suffixes(start: Ast): Ast {
    let of = start
    for (;;) {
      const { kind, text } = this.token
      if (kind === "field") {
        this.at++
        of = { kind: "field", of, key: { kind: "literal", value: text.slice(1) } }
      } else if (this.sees(".") && this.tokens[this.at + 1].kind === "text") {
        this.at++
        of = { kind: "field", of, key: this.text(undefined) }
      } else if (this.sees(".") && this.tokens[this.at + 1].text === "[") {
        this.at++
      } else if (this.takes("[")) of = this.bracket(of)
      else if (this.takes("?")) of = { kind: "try", body: of, handler: undefined }
      else if (this.sees("?//") || this.sees("?//=")) {
        // outside of patterns it is a question mark and an operator
        this.tokens[this.at] = { kind: "symbol", text: text.slice(1), line: this.token.line }
        of = { kind: "try", body: of, handler: undefined }
      } else return of
    }
  }

  private bracket(of: Ast): Ast {
    if (this.takes("]")) return { kind: "iterate", of }
    if (this.takes(":")) {
      const to = this.pipeline()
      this.expect("]")
      return { kind: "slice", of, from: undefined, to }
    }
    const key = this.pipeline()
    if (!this.takes(":")) {
      this.expect("]")
      return { kind: "field", of, key }
    }
    if (this.takes("]")) return { kind: "slice", of, from: key, to: undefined }
    const to = this.pipeline()
    this.expect("]")
    return { kind: "slice", of, from: key, to }
  }

  private primary(): Ast {
    const token = this.token
    switch (token.kind) {
      case "number":
        this.at++
        return { kind: "literal", value: Number(token.text) }
      case "text":
        return this.text(undefined)
      case "format":
        this.at++
        return this.token.kind === "text" ? this.text(token.text) : { kind: "format", name: token.text }
      case "field":
        this.at++
        return { kind: "field", of: identity, key: { kind: "literal", value: token.text.slice(1) } }
      case "variable":
        this.at++
        if (token.text === "$__loc__") return location(token.line)
        return { kind: "variable", name: token.text.slice(1), line: token.line }
      case "name":
        return this.named(token.text, token.line)
      case "symbol":
        return this.symbol(token.text)
      default:
        return this.unexpected()
    }
  }

  private symbol(text: string): Ast {
    if (text === ".") {
      this.at++
      if (this.token.kind === "text") return { kind: "field", of: identity, key: this.text(undefined) }
      return identity
    }
    if (text === "..") {
      this.at++
      return { kind: "recurse" }
    }
    if (this.takes("(")) {
      const inner = this.pipeline()
      this.expect(")")
      return inner
    }
    if (this.takes("[")) {
      if (this.takes("]")) return { kind: "array", of: undefined }
      const of = this.pipeline()
      this.expect("]")
      return { kind: "array", of }
    }
    if (this.takes("{")) return this.object()
    // a minus may stand before any term
    if (this.takes("-")) return { kind: "negate", of: this.term() }
    return this.unexpected()
  }

  private named(text: string, line: number): Ast {
    switch (text) {
      case "if":
        this.at++
        return this.conditional()
      case "try":
        return this.attempt()
      case "reduce":
      case "foreach":
        this.at++
        return this.loop(text)
      case "break":
        if (this.tokens[this.at + 1].kind === "variable") {
          this.at++
          return { kind: "break", name: this.variable() }
        }
        break
      case "null":
      case "true":
      case "false":
        this.at++
        return { kind: "literal", value: text === "null" ? null : text === "true" }
      default:
        if (reserved.has(text)) this.unexpected()
    }
    this.at++
    const args: Array<Ast> = []
    if (this.takes("(")) {
      do args.push(this.pipeline())
      while (this.takes(";"))
      this.expect(")")
    }
    return { kind: "call", name: text, args, line }
  }

  private attempt(): Ast {
    this.expect("try")
    const body = this.nested(() => this.operand())
    return { kind: "try", body, handler: this.takes("catch") ? this.nested(() => this.operand()) : undefined }
  }

  /** What `try` and `catch` apply to. */
  private operand(): Ast {
    return this.takes("-") ? { kind: "negate", of: this.term() } : this.term()
  }

  private conditional(): Ast {
    const condition = this.pipeline()
    this.expect("then")
    const then = this.pipeline()
    if (this.takes("elif")) return { kind: "if", condition, then, else: this.nested(() => this.conditional()) }
    const otherwise = this.takes("else") ? this.pipeline() : undefined
    this.expect("end")
    return { kind: "if", condition, then, else: otherwise }
  }

  private loop(kind: "reduce" | "foreach"): Ast {
    const source = this.term()
    this.expect("as")
    const pattern = this.patterns()
    this.expect("(")
    const start = this.pipeline()
    this.expect(";")
    const update = this.pipeline()
    const extract = kind === "foreach" && this.takes(";") ? this.pipeline() : undefined
    this.expect(")")
    return kind === "reduce"
      ? { kind, source, pattern, start, update }
      : { kind, source, pattern, start, update, extract }
  }

  private object(): Ast {
    const entries: Array<readonly [Ast, Ast]> = []
    while (!this.takes("}")) {
      entries.push(this.entry())
      if (!this.sees("}")) this.expect(",")
    }
    return { kind: "object", entries }
  }

  private entry(): readonly [Ast, Ast] {
    const { kind, line, text } = this.token
    let key: Ast
    let value: Ast
    if (kind === "variable") {
      this.at++
      const name = text.slice(1)
      return [
        { kind: "literal", value: name },
        text === "$__loc__" ? location(line) : { kind: "variable", name, line }
      ]
    }
    if (kind === "name") {
      this.at++
      key = { kind: "literal", value: text }
      value = { kind: "field", of: identity, key }
    } else if (kind === "number") {
      this.at++
      key = { kind: "literal", value: Number(text) }
      value = { kind: "field", of: identity, key }
    } else if (kind === "text" || kind === "format") {
      const format = kind === "format" ? text : undefined
      if (format !== undefined) this.at++
      key = this.text(format)
      value = { kind: "field", of: identity, key }
    } else {
      if (!this.takes("(")) this.unexpected()
      key = this.pipeline()
      this.expect(")")
      if (!this.sees(":")) this.unexpected(":")
      value = key
    }
    if (!this.takes(":")) return [key, value]
    let result = this.operatorsOfValue()
    while (this.takes("|")) result = { kind: "pipe", left: result, right: this.operatorsOfValue() }
    return [key, result]
  }

  /** The value of an entry: no comma, and no operator outside of brackets. */
  private operatorsOfValue(): Ast {
    return this.operators(0)
  }

  private text(format: string | undefined): Ast {
    const token = this.token
    if (token.kind !== "text") return this.unexpected("QQSTRING_START")
    this.at++
    if (token.parts.length === 1 && typeof token.parts[0] === "string") {
      return { kind: "literal", value: token.parts[0] }
    }
    const parts = token.parts.map((part) => {
      if (typeof part === "string") return part
      const inner = new Parser([...part, { kind: "end", text: "$end", line: token.line }])
      inner.depth = this.depth
      const tree = inner.pipeline()
      inner.expect("$end")
      return tree
    })
    return { kind: "text", format, parts }
  }
}

const location = (line: number): Ast => ({
  kind: "object",
  entries: [
    [{ kind: "literal", value: "file" }, { kind: "literal", value: "<top-level>" }],
    [{ kind: "literal", value: "line" }, { kind: "literal", value: line }]
  ]
})
