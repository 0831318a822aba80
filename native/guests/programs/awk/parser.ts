/** From the words of an awk program to its tree: rules and statements, with gawk's additions. */
import type { Definition, Expression, Pattern, Rule, Script, Statement } from "./ast.ts"
import { SyntaxFailure } from "./lexer.ts"
import { ExpressionParser } from "./parse-expressions.ts"

export class Parser extends ExpressionParser {
  private readonly functions = new Map<string, Definition>()

  run(): Script {
    const rules: Array<Rule> = []
    for (this.ends(); this.token.kind !== "end"; this.ends()) {
      if (this.word("function")) this.definition()
      else rules.push(this.rule())
    }
    return { rules, functions: this.functions }
  }

  // --- rules --------------------------------------------------------------------------------------------------------

  private definition(): void {
    const { kind, line, text } = this.token
    if (kind !== "name" && kind !== "function") this.fail()
    this.at++
    this.expect("(")
    const parameters: Array<string> = []
    while (!this.symbol(")")) {
      if (parameters.length > 0) this.expect(",")
      this.newlines()
      if (this.token.kind !== "name") this.fail()
      parameters.push(this.token.text)
      this.at++
      this.newlines()
    }
    if (this.functions.has(text)) throw new SyntaxFailure(line, `function name \`${text}' previously defined`)
    this.newlines()
    if (!this.is("{")) this.fail()
    this.functions.set(text, { name: text, parameters, body: this.block() })
  }

  private rule(): Rule {
    const pattern = this.pattern()
    // the rule ends with its line
    if (this.is("{")) return { pattern, body: this.block() }
    if (pattern.kind !== "when" && pattern.kind !== "range") this.fail()
    if (this.token.kind !== "newline" && !this.is(";")) this.fail()
    return { pattern, body: undefined }
  }

  private pattern(): Pattern {
    if (this.is("{")) return { kind: "always" }
    for (const kind of ["BEGIN", "END", "BEGINFILE", "ENDFILE"] as const) if (this.word(kind)) return { kind }
    const from = this.expression()
    if (!this.symbol(",")) return { kind: "when", test: from }
    this.newlines()
    return { kind: "range", from, to: this.expression() }
  }

  // --- statements ---------------------------------------------------------------------------------------------------

  private block(): Statement {
    return this.nested(() => {
      this.expect("{")
      const body: Array<Statement> = []
      for (this.ends(); !this.symbol("}"); this.ends()) body.push(this.statement())
      return { kind: "block", body }
    })
  }

  /** A statement after `if`, `while` and their kin. */
  private body(): Statement {
    this.newlines()
    if (this.symbol(";")) return { kind: "block", body: [] }
    return this.nested(() => this.statement())
  }

  private statement(): Statement {
    if (this.is("{")) return this.block()
    const { kind, text } = this.token
    if (kind === "keyword") {
      const compound = this.compound(text)
      if (compound !== undefined) return compound
    }
    const simple = this.simple()
    this.finish()
    return simple
  }

  private finish(): void {
    if (this.token.kind === "newline" || this.is(";")) this.at++
    else if (!this.is("}") && this.token.kind !== "end") this.fail()
  }

  private compound(word: string): Statement | undefined {
    switch (word) {
      case "if":
        this.at++
        return this.choice()
      case "while": {
        this.at++
        const test = this.bracketed()
        // `do` looks for its own
        return { kind: "loop", first: undefined, test, next: undefined, body: this.body(), late: false }
      }
      case "do": {
        this.at++
        const body = this.body()
        this.ends()
        if (!this.word("while")) this.fail()
        const test = this.bracketed()
        this.finish()
        return { kind: "loop", first: undefined, test, next: undefined, body, late: true }
      }
      case "for":
        this.at++
        return this.forLoop()
      case "switch":
        this.at++
        return this.switchOver()
      default:
        return undefined
    }
  }

  private bracketed(): Expression {
    this.expect("(")
    const test = this.within({}, () => this.expression())
    this.newlines()
    this.expect(")")
    return test
  }

  private choice(): Statement {
    const test = this.bracketed()
    const yes = this.body()
    const before = this.at
    this.ends()
    if (this.word("else")) return { kind: "if", test, yes, no: this.body() }
    this.at = before
    return { kind: "if", test, yes, no: undefined }
  }

  private forLoop(): Statement {
    this.expect("(")
    const each = this.within({}, () => this.eachLoop())
    if (each !== undefined) return each
    const first = this.is(";") ? undefined : this.within({}, () => this.simple())
    this.expect(";")
    this.newlines()
    const test = this.is(";") ? undefined : this.within({}, () => this.expression())
    this.expect(";")
    this.newlines()
    const next = this.is(")") ? undefined : this.within({}, () => this.simple())
    this.expect(")")
    return { kind: "loop", first, test, next, body: this.body(), late: false }
  }

  /** `NAME in NAME)`. */
  private eachLoop(): Statement | undefined {
    const [name, word, array, end] = this.tokens.slice(this.at, this.at + 4)
    if (name.kind !== "name" || word?.text !== "in" || array?.kind !== "name" || end?.text !== ")") return undefined
    this.at += 4
    return { kind: "each", variable: { kind: "name", name: name.text }, array: array.text, body: this.body() }
  }

  private switchOver(): Statement {
    const on = this.bracketed()
    this.newlines()
    this.expect("{")
    const cases: Array<{ readonly value: Expression | undefined; readonly body: ReadonlyArray<Statement> }> = []
    for (this.ends(); !this.symbol("}"); this.ends()) {
      const value = this.word("default") ? undefined : this.caseValue()
      this.expect(":")
      const body: Array<Statement> = []
      for (this.ends(); !this.is("}") && !this.sees("case") && !this.sees("default"); this.ends()) {
        body.push(this.statement())
      }
      cases.push({ value, body })
    }
    return { kind: "switch", on, cases }
  }

  private caseValue(): Expression {
    if (!this.word("case")) this.fail()
    return this.within({}, () => this.additive())
  }

  /** Statements that stand in `for` brackets too. */
  private simple(): Statement {
    const { kind, line, text } = this.token
    if (kind !== "keyword" || text === "getline") return { kind: "expression", of: this.expression() }
    this.at++
    switch (text) {
      case "break":
      case "continue":
      case "next":
      case "nextfile":
        return { kind: text }
      case "exit":
      case "return": {
        const bare = this.token.kind === "newline" || this.is(";") || this.is("}") || this.token.kind === "end"
        return { kind: text, value: bare ? undefined : this.expression() }
      }
      case "delete": {
        const name = this.name()
        return { kind: "delete", name, keys: this.symbol("[") ? this.keys() : undefined }
      }
      case "print":
      case "printf":
        return this.print(text, line)
      default:
        this.at--
        return this.fail()
    }
  }

  private print(kind: "print" | "printf", line: number): Statement {
    const { args, redirection } = this.within({ printing: true }, () => {
      const bare = this.token.kind === "newline" || this.token.kind === "end" ||
        [";", "}", ">", ">>", "|"].some((symbol) => this.is(symbol))
      const items = bare ? [] : this.list()
      const [only] = items
      // brackets around all of them
      const args = items.length === 1 && only.kind === "group" ? only.items : items
      const to = this.symbol(">") ? "file" : this.symbol(">>") ? "append" : this.symbol("|") ? "command" : undefined
      const redirection = to === undefined ? undefined : { kind: to, to: this.concatenation() } as const
      return { args, redirection }
    })
    return { kind, args, redirection, line }
  }
}
