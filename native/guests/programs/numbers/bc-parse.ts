/** The language of bc as trees. */
import { ProgramFailure } from "../program.ts"

export type Node =
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "element"; readonly name: string; readonly index: Node }
  | { readonly kind: "unary"; readonly operator: "-" | "!"; readonly of: Node }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Node; readonly right: Node }
  | { readonly kind: "assign"; readonly operator: string; readonly target: Node; readonly value: Node }
  | { readonly kind: "step"; readonly target: Node; readonly by: 1 | -1; readonly after: boolean }
  | { readonly kind: "call"; readonly name: string; readonly args: ReadonlyArray<Node> }
  | { readonly kind: "group"; readonly of: Node }

export type Statement =
  | { readonly kind: "expression"; readonly of: Node }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "print"; readonly parts: ReadonlyArray<Statement> }
  | { readonly kind: "block"; readonly body: ReadonlyArray<Statement> }
  | { readonly kind: "if"; readonly test: Node; readonly then: Statement; readonly otherwise: Statement | undefined }
  | {
    readonly kind: "loop"
    readonly first: Node | undefined
    readonly test: Node | undefined
    readonly next: Node | undefined
    readonly body: Statement
  }
  | { readonly kind: "define"; readonly name: string; readonly function: Function }
  | { readonly kind: "return"; readonly value: Node | undefined }
  | { readonly kind: "break" | "continue" | "quit" | "halt" }

export interface Function {
  readonly parameters: ReadonlyArray<string>
  readonly locals: ReadonlyArray<string>
  readonly body: ReadonlyArray<Statement>
}

const token =
  /\s*(?:("(?:[^"])*")|(\d[\dA-Z.]*|\.[\dA-Z]+|[A-F][\dA-F.]*)|([a-z_][a-z0-9_]*)|(\+\+|--|[-+*/%^=<>!]=|&&|\|\||[-+*/%^=<>!(){}[\],;\n]))/y

const tokenize = (source: string): Array<string> => {
  const text = source.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/#[^\n]*/g, "").replace(/\\\n/g, "")
  const tokens: Array<string> = []
  for (let at = 0; at < text.length;) {
    const newline = /[ \t\r]*\n/y
    newline.lastIndex = at
    if (newline.test(text)) {
      tokens.push("\n")
      at = newline.lastIndex
      continue
    }
    if (text.slice(at).trim() === "") break
    token.lastIndex = at
    const match = token.exec(text)
    if (match === null) throw new ProgramFailure(`syntax error near '${text.slice(at).trim()[0]}'`)
    tokens.push(match[0].trim() === "" ? "\n" : match[0].replace(/^\s+/, ""))
    at = token.lastIndex
  }
  return tokens
}

const MAX_DEPTH = 200

export class BcParser {
  private readonly tokens: Array<string>
  private at = 0
  private depth = 0

  constructor(source: string) {
    this.tokens = tokenize(source)
  }

  /** The next statement; undefined at the end. */
  next(): Statement | undefined {
    while (this.peek() === "\n" || this.peek() === ";") this.at++
    return this.peek() === undefined ? undefined : this.statement()
  }

  /** Goes on behind the line in which something was wrong. */
  recover(): void {
    while (this.peek() !== undefined && this.peek() !== "\n") this.at++
  }

  private peek(): string | undefined {
    return this.tokens[this.at]
  }

  private takes(...words: ReadonlyArray<string>): string | undefined {
    const word = this.peek()
    if (word === undefined || !words.includes(word)) return undefined
    this.at++
    return word
  }

  private expect(word: string): void {
    if (this.takes(word) === undefined) throw new ProgramFailure("syntax error")
  }

  private lines(): void {
    while (this.takes("\n") !== undefined);
  }

  private body(): Statement {
    this.lines()
    return this.statement()
  }

  private block(): Array<Statement> {
    const body: Array<Statement> = []
    while (this.takes("}") === undefined) {
      if (this.peek() === undefined) throw new ProgramFailure("syntax error")
      if (this.takes("\n", ";") === undefined) body.push(this.statement())
    }
    return body
  }

  private statement(): Statement {
    if (++this.depth > MAX_DEPTH) throw new ProgramFailure("nested too deeply")
    try {
      return this.simple()
    } finally {
      this.depth--
    }
  }

  private simple(): Statement {
    const word = this.peek()!
    if (word.startsWith("\"")) {
      this.at++
      return { kind: "string", text: word.slice(1, -1) }
    }
    if (this.takes("{") !== undefined) return { kind: "block", body: this.block() }
    switch (word) {
      case "if": {
        this.at++
        this.expect("(")
        const test = this.expression()
        this.expect(")")
        const then = this.body()
        const mark = this.at
        while (this.takes("\n", ";") !== undefined);
        if (this.takes("else") !== undefined) return { kind: "if", test, then, otherwise: this.body() }
        this.at = mark
        return { kind: "if", test, then, otherwise: undefined }
      }
      case "while": {
        this.at++
        this.expect("(")
        const test = this.expression()
        this.expect(")")
        return { kind: "loop", first: undefined, test, next: undefined, body: this.body() }
      }
      case "for": {
        this.at++
        this.expect("(")
        const part = (end: string) => this.peek() === end ? undefined : this.expression()
        const first = part(";")
        this.expect(";")
        const test = part(";")
        this.expect(";")
        const next = part(")")
        this.expect(")")
        return { kind: "loop", first, test, next, body: this.body() }
      }
      case "define":
        return this.define()
      case "return": {
        this.at++
        const ends = [undefined, "\n", ";", "}"].includes(this.peek())
        return { kind: "return", value: ends ? undefined : this.expression() }
      }
      case "break":
      case "continue":
      case "quit":
      case "halt":
        this.at++
        return { kind: word }
      case "print": {
        this.at++
        const parts: Array<Statement> = []
        do {
          const next = this.peek() ?? ""
          if (next.startsWith("\"")) {
            this.at++
            parts.push({ kind: "string", text: next.slice(1, -1) })
          } else parts.push({ kind: "expression", of: this.expression() })
        } while (this.takes(",") !== undefined)
        return { kind: "print", parts }
      }
      default:
        return { kind: "expression", of: this.expression() }
    }
  }

  private names(end: string): Array<string> {
    const names: Array<string> = []
    while (this.takes(end) === undefined) {
      const name = this.tokens[this.at++]
      if (name === undefined || !/^[a-z_]/.test(name)) throw new ProgramFailure("syntax error")
      names.push(this.takes("[") === undefined ? name : `${name}[`)
      if (names[names.length - 1].endsWith("[")) this.expect("]")
      this.takes(",")
    }
    return names
  }

  private define(): Statement {
    this.at++
    this.takes("void")
    const name = this.tokens[this.at++] ?? ""
    this.expect("(")
    const parameters = this.names(")")
    this.lines()
    this.expect("{")
    this.lines()
    const locals: Array<string> = []
    while (this.takes("auto") !== undefined) {
      while (![undefined, "\n", ";"].includes(this.peek())) {
        const local = this.tokens[this.at++]
        if (this.takes("[") !== undefined) this.expect("]")
        locals.push(local)
        this.takes(",")
      }
      while (this.takes("\n", ";") !== undefined);
    }
    return { kind: "define", name, function: { parameters, locals, body: this.block() } }
  }

  private expression(): Node {
    if (++this.depth > MAX_DEPTH) throw new ProgramFailure("nested too deeply")
    let left = this.and()
    while (this.takes("||") !== undefined) left = { kind: "binary", operator: "||", left, right: this.and() }
    this.depth--
    return left
  }

  private and(): Node {
    let left = this.not()
    while (this.takes("&&") !== undefined) left = { kind: "binary", operator: "&&", left, right: this.not() }
    return left
  }

  private not(): Node {
    if (this.takes("!") !== undefined) return { kind: "unary", operator: "!", of: this.not() }
    let left = this.assignment()
    for (;;) {
      const operator = this.takes("==", "!=", "<=", ">=", "<", ">")
      if (operator === undefined) return left
      left = { kind: "binary", operator, left, right: this.assignment() }
    }
  }

  private assignment(): Node {
    const left = this.sum()
    const operator = this.takes("=", "+=", "-=", "*=", "/=", "%=", "^=")
    if (operator === undefined) return left
    if (left.kind !== "name" && left.kind !== "element") throw new ProgramFailure("syntax error")
    return { kind: "assign", operator: operator.slice(0, -1), target: left, value: this.assignment() }
  }

  private sum(): Node {
    let left = this.product()
    for (;;) {
      const operator = this.takes("+", "-")
      if (operator === undefined) return left
      left = { kind: "binary", operator, left, right: this.product() }
    }
  }

  private product(): Node {
    let left = this.power()
    for (;;) {
      const operator = this.takes("*", "/", "%")
      if (operator === undefined) return left
      left = { kind: "binary", operator, left, right: this.power() }
    }
  }

  private power(): Node {
    const left = this.unary()
    return this.takes("^") === undefined ? left : { kind: "binary", operator: "^", left, right: this.power() }
  }

  private unary(): Node {
    if (this.takes("-") !== undefined) return { kind: "unary", operator: "-", of: this.unary() }
    const step = this.takes("++", "--")
    if (step !== undefined) return { kind: "step", target: this.primary(), by: step === "++" ? 1 : -1, after: false }
    const value = this.primary()
    const after = this.takes("++", "--")
    return after === undefined ? value : { kind: "step", target: value, by: after === "++" ? 1 : -1, after: true }
  }

  private primary(): Node {
    const word = this.tokens[this.at++]
    if (word === undefined) throw new ProgramFailure("syntax error")
    if (word === "(") {
      const inner = this.expression()
      this.expect(")")
      return { kind: "group", of: inner }
    }
    if (/^[\dA-F.]/.test(word)) return { kind: "number", text: word }
    if (!/^[a-z_]/.test(word)) throw new ProgramFailure("syntax error")
    if (this.takes("(") !== undefined) {
      const args: Array<Node> = []
      while (this.takes(")") === undefined) {
        args.push(this.expression())
        if (this.peek() !== ")") this.expect(",")
      }
      return { kind: "call", name: word, args }
    }
    if (this.takes("[") === undefined) return { kind: "name", name: word }
    const index = this.expression()
    this.expect("]")
    return { kind: "element", name: word, index }
  }
}
