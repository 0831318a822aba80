/**
 * Evaluates arithmetic with 64-bit wrap-around. Numbers are JavaScript numbers while they are exact and BigInts beyond.
 */
import type { Expression } from "./parse.ts"
import { ArithmeticError, parseArithmetic } from "./parse.ts"

export type Integer = number | bigint

/** How expressions reach the shell's variables. */
export interface ArithmeticScope {
  /** The key that a subscript's text stands for. What it does on the way it does once, however the element is used. */
  readonly keyOf: (name: string, index: string) => string
  readonly get: (name: string, key: string | undefined) => string
  readonly set: (name: string, key: string | undefined, value: string) => void
}

/** How deep the value of a variable may lead to another expression. */
const MAX_INDIRECTION = 200

const normalize = (value: bigint): Integer => {
  const wrapped = BigInt.asIntN(64, value)
  return wrapped >= -9007199254740991n && wrapped <= 9007199254740991n ? Number(wrapped) : wrapped
}

const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n
  let square = base
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = BigInt.asIntN(64, result * square)
    square = BigInt.asIntN(64, square * square)
  }
  return result
}

const bitwise = (operator: string, left: Integer, right: Integer): Integer => {
  const a = BigInt(left)
  const b = BigInt(right)
  switch (operator) {
    case "<<":
      return normalize(a << (b & 63n))
    case ">>":
      return normalize(a >> (b & 63n))
    case "&":
      return normalize(a & b)
    case "|":
      return normalize(a | b)
    default:
      return normalize(a ^ b)
  }
}

const large = (operator: string, left: Integer, right: Integer): Integer => {
  const a = BigInt(left)
  const b = BigInt(right)
  switch (operator) {
    case "+":
      return normalize(a + b)
    case "-":
      return normalize(a - b)
    case "*":
      return normalize(a * b)
    case "/":
      return normalize(a / b)
    case "%":
      return normalize(a % b)
    default:
      return normalize(power(a, b))
  }
}

const small = (operator: string, left: number, right: number): number | undefined => {
  switch (operator) {
    case "+":
      return left + right
    case "-":
      return left - right
    case "*":
      return left * right
    case "/":
      return Math.trunc(left / right)
    case "%":
      return left % right
    default:
      return undefined
  }
}

const compute = (operator: string, left: Integer, right: Integer): Integer => {
  switch (operator) {
    case "==":
      return left == right ? 1 : 0 // eslint-disable-line eqeqeq -- a number and a BigInt may be equal
    case "!=":
      return left != right ? 1 : 0 // eslint-disable-line eqeqeq -- a number and a BigInt may be equal
    case "<":
      return left < right ? 1 : 0
    case ">":
      return left > right ? 1 : 0
    case "<=":
      return left <= right ? 1 : 0
    case ">=":
      return left >= right ? 1 : 0
    case ",":
      return right
    case "<<":
    case ">>":
    case "&":
    case "|":
    case "^":
      return bitwise(operator, left, right)
  }
  if (typeof left === "number" && typeof right === "number") {
    const result = small(operator, left, right)
    if (result !== undefined && Number.isSafeInteger(result)) return result + 0 === 0 ? 0 : result
  }
  return large(operator, left, right)
}

class Evaluator {
  constructor(
    private readonly scope: ArithmeticScope,
    private readonly source: string,
    private readonly depth: number
  ) {}

  evaluate(node: Expression): Integer {
    switch (node.kind) {
      case "number":
        return node.value
      case "variable":
        return this.variable(node.name, this.key(node))
      case "unary":
        return this.unary(node.operator, this.evaluate(node.operand))
      case "step":
        return this.step(node)
      case "choose":
        return truthy(this.evaluate(node.test)) ? this.evaluate(node.yes) : this.evaluate(node.no)
      case "assign":
        return this.assign(node)
      case "binary":
        return this.binary(node)
    }
  }

  private key({ index, name }: Extract<Expression, { kind: "variable" }>): string | undefined {
    return index === undefined ? undefined : this.scope.keyOf(name, index)
  }

  private variable(name: string, key: string | undefined): Integer {
    const text = this.scope.get(name, key)
    if (text === "") return 0
    if (/^-?(?:0|[1-9]\d{0,14})$/.test(text)) return Number(text) + 0
    if (this.depth >= MAX_INDIRECTION) {
      throw new ArithmeticError(`${name}: expression recursion level exceeded (error token is "${name}")`)
    }
    return evaluateText(text, this.scope, this.depth + 1)
  }

  private unary(operator: string, value: Integer): Integer {
    switch (operator) {
      case "!":
        return truthy(value) ? 0 : 1
      case "~":
        return normalize(~BigInt(value))
      case "-":
        return typeof value === "number" ? 0 - value : normalize(-value)
      default:
        return value
    }
  }

  private step(node: Extract<Expression, { kind: "step" }>): Integer {
    if (node.target.kind !== "variable") throw new ArithmeticError(`${this.source}: syntax error: operand expected`)
    const { name } = node.target
    const key = this.key(node.target)
    const before = this.variable(name, key)
    const after = compute("+", before, node.by)
    this.scope.set(name, key, String(after))
    return node.prefix ? after : before
  }

  private assign(node: Extract<Expression, { kind: "assign" }>): Integer {
    if (node.target.kind !== "variable") throw new ArithmeticError("attempted assignment to non-variable")
    const { name } = node.target
    if (node.operator === "") {
      const value = this.evaluate(node.value)
      this.scope.set(name, this.key(node.target), String(value))
      return value
    }
    const key = this.key(node.target)
    const before = this.variable(name, key)
    const result = this.apply(node.operator, before, this.evaluate(node.value), node.rest)
    this.scope.set(name, key, String(result))
    return result
  }

  private binary(node: Extract<Expression, { kind: "binary" }>): Integer {
    const left = this.evaluate(node.left)
    if (node.operator === "&&") return truthy(left) && truthy(this.evaluate(node.right)) ? 1 : 0
    if (node.operator === "||") return truthy(left) || truthy(this.evaluate(node.right)) ? 1 : 0
    return this.apply(node.operator, left, this.evaluate(node.right), node.rest)
  }

  private apply(operator: string, left: Integer, right: Integer, rest: string): Integer {
    if ((operator === "/" || operator === "%") && !truthy(right)) {
      throw new ArithmeticError(`${this.source.trimStart()}: division by 0 (error token is "${rest}")`)
    }
    if (operator === "**" && right < 0) {
      throw new ArithmeticError(`${this.source.trimStart()}: exponent less than 0 (error token is "${rest}")`)
    }
    return compute(operator, left, right)
  }
}

const truthy = (value: Integer): boolean => value !== 0 && value !== 0n

const evaluateText = (source: string, scope: ArithmeticScope, depth: number): Integer =>
  new Evaluator(scope, source, depth).evaluate(parseArithmetic(source))

/** The value of an expression whose expansions have been made. Throws `ArithmeticError`. */
export const evaluateArithmetic = (source: string, scope: ArithmeticScope): Integer => evaluateText(source, scope, 0)
