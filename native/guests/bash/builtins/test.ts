/** `test` and `[`. */
import { parseNumber } from "../arithmetic/parse.ts"
import { compareNumbers } from "../interpret/conditional.ts"
import type { Shell } from "../state/shell.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { refuse } from "./builtin.ts"
import { compareFiles, fileTest, isUnary, unaryTest } from "./test-operators.ts"

class TestError {
  constructor(readonly message: string) {}
}

const binary = new Set([
  "=",
  "==",
  "!=",
  "<",
  ">",
  "-eq",
  "-ne",
  "-lt",
  "-le",
  "-gt",
  "-ge",
  "-nt",
  "-ot",
  "-ef"
])

/** Deepest nesting of brackets and negations. */
const MAX_DEPTH = 200

const integer = (text: string): number | bigint => {
  const match = /^\s*([-+]?)(\d+)\s*$/.exec(text)
  const value = match === null ? undefined : parseNumber(match[2].replace(/^0+(?=\d)/, ""))
  if (match === null || value === undefined || typeof value === "string") {
    throw new TestError(`${text}: integer expression expected`)
  }
  return match[1] === "-" ? -value : value
}

class Evaluation {
  private at = 0
  private depth = 0

  constructor(private readonly shell: Shell, private readonly args: ReadonlyArray<string>) {}

  async run(): Promise<boolean> {
    const result = await this.counted(0, this.args.length)
    if (this.at < this.args.length) {
      throw new TestError(
        this.at === 1 || this.args.length > 4 ? "too many arguments" : `${this.args[this.at]}: unexpected operator`
      )
    }
    return result
  }

  /** POSIX fixes the meaning by the number of arguments, up to four. */
  private async counted(from: number, count: number): Promise<boolean> {
    const [a, b, c] = this.args.slice(from, from + 3)
    this.at = from + count
    switch (count) {
      case 0:
        return false
      case 1:
        return a !== ""
      case 2:
        if (a === "!") return b === ""
        if (isUnary(a)) return this.unary(a, b)
        throw new TestError(`${a}: unary operator expected`)
      case 3:
        if (binary.has(b)) return this.binary(a, b, c)
        if (b === "-a") return a !== "" && c !== ""
        if (b === "-o") return a !== "" || c !== ""
        if (a === "!") return !await this.counted(from + 1, 2)
        if (a === "(" && c === ")") return b !== ""
        throw new TestError(`${b}: binary operator expected`)
      case 4:
        if (a === "!") {
          const result = !await this.counted(from + 1, 3)
          this.at = from + count
          return result
        }
        if (a === "(" && this.args[from + 3] === ")") {
          const result = await this.counted(from + 1, 2)
          this.at = from + count
          return result
        }
    }
    this.at = from
    return this.or()
  }

  private async or(): Promise<boolean> {
    let result = await this.and()
    while (this.args[this.at] === "-o") {
      this.at++
      const right = await this.and()
      result = result || right
    }
    return result
  }

  private async and(): Promise<boolean> {
    let result = await this.primary()
    while (this.args[this.at] === "-a") {
      this.at++
      const right = await this.primary()
      result = result && right
    }
    return result
  }

  private async primary(): Promise<boolean> {
    if (++this.depth > MAX_DEPTH) throw new TestError("maximum nesting exceeded")
    try {
      const [a, b, c] = this.args.slice(this.at, this.at + 3)
      if (a === undefined) throw new TestError("argument expected")
      if (a === "!") {
        this.at++
        return !await this.primary()
      }
      if (b !== undefined && c !== undefined && binary.has(b)) {
        this.at += 3
        return await this.binary(a, b, c)
      }
      if (a === "(") {
        this.at++
        const result = await this.or()
        if (this.args[this.at++] !== ")") throw new TestError("`)' expected")
        return result
      }
      if (isUnary(a) && b !== undefined) {
        this.at += 2
        return await this.unary(a, b)
      }
      this.at++
      return a !== ""
    } finally {
      this.depth--
    }
  }

  private async unary(operator: string, operand: string): Promise<boolean> {
    if (operator === "-t") integer(operand)
    return await unaryTest(this.shell, operator, operand) ?? fileTest(this.shell, operator, operand)
  }

  private async binary(left: string, operator: string, right: string): Promise<boolean> {
    switch (operator) {
      case "=":
      case "==":
        return left === right
      case "!=":
        return left !== right
      case "<":
        return left < right
      case ">":
        return left > right
      case "-nt":
      case "-ot":
      case "-ef":
        return compareFiles(this.shell, operator, left, right)
      default:
        return compareNumbers(operator, integer(left), integer(right))
    }
  }
}

const evaluate = async (call: BuiltinCall, args: ReadonlyArray<string>): Promise<number> => {
  try {
    return await new Evaluation(call.shell, args).run() ? 0 : 1
  } catch (error) {
    if (error instanceof TestError) return refuse(call, error.message, 2)
    throw error
  }
}

const bracket: Builtin = (call) => {
  if (call.args[call.args.length - 1] !== "]") return refuse(call, "missing `]'", 2)
  return evaluate(call, call.args.slice(0, -1))
}

export const testBuiltins: Readonly<Record<string, Builtin>> = {
  test: (call) => evaluate(call, call.args),
  "[": bracket
}
