/** expr. */
import { characters } from "../../bash/text.ts"
import type { Program, ProgramContext } from "../program.ts"
import { Informed, ProgramFailure } from "../program.ts"
import { compileRegex } from "../text/regex.ts"

const MAX_DEPTH = 500
const isInteger = (text: string): boolean => /^-?\d+$/.test(text)
const isNull = (text: string): boolean => text === "" || /^-?0+$/.test(text)

class Evaluator {
  private at = 0
  private depth = 0

  constructor(private readonly context: ProgramContext, private readonly words: ReadonlyArray<string>) {}

  run(): string {
    const value = this.or(true)
    if (this.at < this.words.length) this.unexpected()
    return value
  }

  private unexpected(): never {
    throw new ProgramFailure(`syntax error: unexpected argument ${this.context.quote(this.words[this.at])}`, 2)
  }

  private takes(...words: ReadonlyArray<string>): string | undefined {
    const word = this.words[this.at]
    if (word === undefined || !words.includes(word)) return undefined
    this.at++
    return word
  }

  private missing(): never {
    throw new ProgramFailure(
      `syntax error: missing argument after ${this.context.quote(this.words[this.words.length - 1])}`,
      2
    )
  }

  private or(live: boolean): string {
    if (++this.depth > MAX_DEPTH) throw new ProgramFailure("expression nested too deeply", 2)
    let left = this.and(live)
    while (this.takes("|") !== undefined) {
      const right = this.and(live && isNull(left))
      if (isNull(left)) left = isNull(right) ? "0" : right
    }
    this.depth--
    return left
  }

  private and(live: boolean): string {
    let left = this.comparison(live)
    while (this.takes("&") !== undefined) {
      const right = this.comparison(live && !isNull(left))
      if (isNull(left) || isNull(right)) left = "0"
    }
    return left
  }

  private comparison(live: boolean): string {
    let left = this.sum(live)
    for (;;) {
      const operator = this.takes("<", "<=", "=", "==", "!=", ">=", ">")
      if (operator === undefined) return left
      const right = this.sum(live)
      const order = isInteger(left) && isInteger(right)
        ? Number(BigInt(left) > BigInt(right)) - Number(BigInt(left) < BigInt(right))
        : left < right
        ? -1
        : left > right
        ? 1
        : 0
      const holds = {
        "<": order < 0,
        "<=": order <= 0,
        "=": order === 0,
        "==": order === 0,
        "!=": order !== 0,
        ">=": order >= 0,
        ">": order > 0
      }[operator]
      left = holds === true ? "1" : "0"
    }
  }

  private integers(left: string, right: string): readonly [bigint, bigint] {
    if (!isInteger(left) || !isInteger(right)) throw new ProgramFailure("non-integer argument", 2)
    return [BigInt(left), BigInt(right)]
  }

  private sum(live: boolean): string {
    let left = this.product(live)
    for (;;) {
      const operator = this.takes("+", "-")
      if (operator === undefined) return left
      const right = this.product(live)
      if (!live) continue
      const [a, b] = this.integers(left, right)
      left = String(operator === "+" ? a + b : a - b)
    }
  }

  private product(live: boolean): string {
    let left = this.match(live)
    for (;;) {
      const operator = this.takes("*", "/", "%")
      if (operator === undefined) return left
      const right = this.match(live)
      if (!live) continue
      const [a, b] = this.integers(left, right)
      if (operator !== "*" && b === 0n) throw new ProgramFailure("division by zero", 2)
      left = String(operator === "*" ? a * b : operator === "/" ? a / b : a % b)
    }
  }

  private match(live: boolean): string {
    let left = this.primary(live)
    while (this.takes(":") !== undefined) {
      const right = this.primary(live)
      if (live) left = this.matches(left, right)
    }
    return left
  }

  private matches(text: string, pattern: string): string {
    const groups = /\\\(/.test(pattern.replace(/\\\\/g, ""))
    const regex = compileRegex(pattern, { extended: false, spans: true, around: "start" })
    if (regex === undefined) throw new ProgramFailure("Invalid regular expression", 2)
    const found = regex.match(text)
    if (found === undefined) return groups ? "" : "0"
    return groups ? found[1] ?? "" : String(characters(found[0] ?? "").length)
  }

  private primary(live: boolean): string {
    const word = this.words[this.at++]
    if (word === undefined) this.missing()
    switch (word) {
      case "(": {
        const value = this.or(live)
        if (this.takes(")") !== undefined) return value
        throw new ProgramFailure(
          this.at < this.words.length
            ? `syntax error: expecting ')' instead of ${this.context.quote(this.words[this.at])}`
            : `syntax error: expecting ')' after ${this.context.quote(this.words[this.at - 1])}`,
          2
        )
      }
      case ")":
        throw new ProgramFailure("syntax error: unexpected ')'", 2)
      case "+":
        return this.words[this.at++] ?? this.missing()
      case "length":
        return String(characters(this.primary(live)).length)
      case "match": {
        const text = this.primary(live)
        return this.matches(text, this.primary(live))
      }
      case "index": {
        const text = characters(this.primary(live))
        const wanted = new Set(characters(this.primary(live)))
        return String(text.findIndex((char) => wanted.has(char)) + 1)
      }
      case "substr": {
        const text = characters(this.primary(live))
        const [start, length] = [this.primary(live), this.primary(live)].map((each) =>
          isInteger(each) ? Number(each) : 0
        )
        return start < 1 || length < 1 ? "" : text.slice(start - 1, start - 1 + length).join("")
      }
      default:
        return word
    }
  }
}

export const expr: Program = async (context) => {
  const [first] = context.args
  if (context.args.length === 1 && (first === "--help" || first === "--version")) {
    throw new Informed(first === "--help" ? "help" : "version", { short: "" })
  }
  const words = first === "--" ? context.args.slice(1) : context.args
  if (words.length === 0) throw new ProgramFailure("missing operand\nTry 'expr --help' for more information.", 2)
  const value = new Evaluator(context, words).run()
  await context.stdout.line(value)
  return isNull(value) ? 1 : 0
}
