/** Arithmetic expressions: from text to a tree, by precedence. */
export type Expression =
  | { readonly kind: "number"; readonly value: number | bigint }
  | { readonly kind: "variable"; readonly name: string; readonly index: string | undefined }
  | { readonly kind: "unary"; readonly operator: string; readonly operand: Expression }
  | { readonly kind: "step"; readonly by: 1 | -1; readonly prefix: boolean; readonly target: Expression }
  | {
    readonly kind: "binary"
    readonly operator: string
    readonly left: Expression
    readonly right: Expression
    readonly rest: string
  }
  | {
    readonly kind: "assign"
    readonly operator: string
    readonly target: Expression
    readonly value: Expression
    readonly rest: string
  }
  | { readonly kind: "choose"; readonly test: Expression; readonly yes: Expression; readonly no: Expression }

/** Thrown with bash's words. */
export class ArithmeticError {
  constructor(readonly message: string) {}
}

const MAX_DEPTH = 250

const precedence: Readonly<Record<string, number>> = {
  ",": 1,
  "||": 4,
  "&&": 5,
  "|": 6,
  "^": 7,
  "&": 8,
  "==": 9,
  "!=": 9,
  "<": 10,
  ">": 10,
  "<=": 10,
  ">=": 10,
  "<<": 11,
  ">>": 11,
  "+": 12,
  "-": 12,
  "*": 13,
  "/": 13,
  "%": 13,
  "**": 14
}

const assignment = /^(?:=(?!=)|(?:\*|\/|%|\+|-|<<|>>|&|\^|\|)=)/
const operator = /^(?:\*\*|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%<>&^|,])/

const lastToken = (source: string): string => /(?:\w+|[^\w\s]+)\s*$/.exec(source)?.[0] ?? source

class Parser {
  private at = 0
  private depth = 0

  constructor(private readonly source: string) {}

  parse(): Expression {
    this.space()
    if (this.at >= this.source.length) return { kind: "number", value: 0 }
    const expression = this.expression(0)
    if (this.at < this.source.length) {
      const isOperand = /^[\s\w=<>!&|?:,()*/%+^~-]/.test(this.rest())
      this.fail(
        this.rest().startsWith("=")
          ? "attempted assignment to non-variable"
          : isOperand
          ? "syntax error in expression"
          : "syntax error: invalid arithmetic operator"
      )
    }
    return expression
  }

  private rest(): string {
    return this.source.slice(this.at)
  }

  private space(): void {
    while (this.at < this.source.length && /\s/.test(this.source[this.at])) this.at++
  }

  fail(problem: string, from = this.at): never {
    const rest = this.source.slice(from)
    throw new ArithmeticError(
      `${this.source.trimStart()}: ${problem} (error token is "${rest === "" ? lastToken(this.source) : rest}")`
    )
  }

  private accept(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false
    this.at += text.length
    this.space()
    return true
  }

  private expression(minimum: number): Expression {
    if (++this.depth > MAX_DEPTH) throw new ArithmeticError("expression recursion level exceeded")
    let left = this.unary()
    for (;;) {
      const rest = this.rest()
      const assigns = assignment.exec(rest)?.[0]
      if (assigns !== undefined && left.kind === "variable") {
        if (minimum > 2) break
        this.accept(assigns)
        left = {
          kind: "assign",
          operator: assigns.slice(0, -1),
          target: left,
          value: this.expression(2),
          rest: this.rest()
        }
        continue
      }
      if (rest.startsWith("?") && minimum <= 3) {
        left = this.choice(left)
        continue
      }
      const symbol = operator.exec(rest)?.[0]
      if (symbol === undefined || precedence[symbol] < minimum || (assigns !== undefined)) break
      this.accept(symbol)
      const start = this.at
      const right = this.expression(symbol === "**" ? precedence[symbol] : precedence[symbol] + 1)
      // of a division bash names the divisor, of a power the token that it has read last
      const last = this.at < this.source.length ? this.rest() : lastToken(this.source)
      left = { kind: "binary", operator: symbol, left, right, rest: symbol === "**" ? last : this.source.slice(start) }
    }
    this.depth--
    return left
  }

  private choice(test: Expression): Expression {
    this.accept("?")
    if (this.at >= this.source.length) this.fail("expression expected")
    const yes = this.expression(1)
    if (!this.accept(":")) this.fail("`:' expected for conditional expression")
    if (this.at >= this.source.length) this.fail("expression expected")
    return { kind: "choose", test, yes, no: this.expression(3) }
  }

  private unary(): Expression {
    this.space()
    const step = /^(?:\+\+|--)(?=\s*[A-Za-z_])/.exec(this.rest())?.[0]
    if (step !== undefined) {
      this.accept(step)
      const target = this.primary()
      return { kind: "step", by: step === "++" ? 1 : -1, prefix: true, target }
    }
    for (const symbol of ["!", "~", "-", "+"]) {
      if (this.source[this.at] === symbol) {
        this.accept(symbol)
        if (++this.depth > MAX_DEPTH) throw new ArithmeticError("expression recursion level exceeded")
        const operand = this.unary()
        this.depth--
        return { kind: "unary", operator: symbol, operand }
      }
    }
    const operand = this.primary()
    if (operand.kind !== "variable") return operand
    const after = /^(?:\+\+|--)/.exec(this.rest())?.[0]
    if (after === undefined) return operand
    this.accept(after)
    return { kind: "step", by: after === "++" ? 1 : -1, prefix: false, target: operand }
  }

  private primary(): Expression {
    if (this.accept("(")) {
      const inner = this.expression(0)
      if (!this.accept(")")) this.fail("missing `)'")
      // In brackets it is no longer a variable that could be assigned to.
      return inner.kind === "variable" ? { kind: "unary", operator: "+", operand: inner } : inner
    }
    const number = /^[0-9][0-9A-Za-z@_#]*/.exec(this.rest())?.[0]
    if (number !== undefined) return this.number(number)
    const name = /^[A-Za-z_][A-Za-z_0-9]*/.exec(this.rest())?.[0]
    if (name === undefined) this.fail("syntax error: operand expected")
    this.at += name.length
    const index = this.source[this.at] === "[" ? this.subscript() : undefined
    this.space()
    return { kind: "variable", name, index }
  }

  private subscript(): string {
    const start = this.at + 1
    let depth = 0
    for (; this.at < this.source.length; this.at++) {
      if (this.source[this.at] === "[") depth++
      else if (this.source[this.at] === "]" && --depth === 0) return this.source.slice(start, this.at++)
    }
    throw new ArithmeticError(`${this.source}: bad array subscript (error token is "${this.source.slice(start - 1)}")`)
  }

  private number(text: string): Expression {
    this.at += text.length
    const value = parseNumber(text)
    if (typeof value === "string") {
      // bash shows the text only as far as it has read it
      throw new ArithmeticError(`${this.source.slice(0, this.at).trimStart()}: ${value} (error token is "${text}")`)
    }
    this.space()
    return { kind: "number", value }
  }
}

const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_"

/** The number, or what is wrong with it. */
export const parseNumber = (text: string): number | bigint | string => {
  if (/^(?:0|[1-9]\d{0,14})$/.test(text)) return Number(text)
  const based = /^(\d+)#(.*)$/.exec(text)
  if (based !== null) {
    const base = Number(based[1])
    if (base < 2 || base > 64) return "invalid arithmetic base"
    return based[2] === "" ? "invalid integer constant" : inBase(based[2], base)
  }
  if (/^0[xX]/.test(text)) return text.length === 2 ? 0 : inBase(text.slice(2), 16)
  return text.startsWith("0") ? inBase(text.slice(1), 8) : inBase(text, 10)
}

const inBase = (text: string, base: number): number | bigint | string => {
  let value = 0n
  for (const char of base <= 36 ? text.toLowerCase() : text) {
    const digit = digits.indexOf(char)
    if (digit < 0 || digit >= base) return "value too great for base"
    value = BigInt.asIntN(64, value * BigInt(base) + BigInt(digit))
  }
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

const cache = new Map<string, Expression>()
const CACHED = 512

export const parseArithmetic = (source: string): Expression => {
  let expression = cache.get(source)
  if (expression === undefined) {
    expression = new Parser(source).parse()
    if (cache.size >= CACHED) cache.delete(cache.keys().next().value!)
    cache.set(source, expression)
  }
  return expression
}
