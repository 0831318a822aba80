/** Scripts from text, and the errors of their grammar in bash's words. */
import type { ParsedScript, ParseError } from "unbash"
import { parse } from "unbash"

const CACHED_LENGTH = 8 * 1024
const CACHED_SCRIPTS = 256
const cache = new Map<string, ParsedScript>()

export const parseScript = (source: string): ParsedScript => {
  if (source.length > CACHED_LENGTH) return parse(source)
  let script = cache.get(source)
  if (script === undefined) {
    script = parse(source)
    if (cache.size >= CACHED_SCRIPTS) cache.delete(cache.keys().next().value!)
    cache.set(source, script)
  }
  return script
}

/** Characters of a line that a message shows. */
const MAX_SHOWN = 500

/** A text that nodes have positions in. */
export class Unit {
  private starts: Array<number> | undefined

  constructor(readonly source: string, readonly firstLine = 1) {}

  line(position: number): number {
    if (this.starts === undefined) {
      this.starts = [0]
      for (let at = this.source.indexOf("\n"); at >= 0; at = this.source.indexOf("\n", at + 1)) this.starts.push(at + 1)
    }
    let low = 0
    let high = this.starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.starts[middle] <= position) low = middle
      else high = middle - 1
    }
    return this.firstLine + low
  }

  get lines(): number {
    return this.line(this.source.length) - (this.source.endsWith("\n") ? 1 : 0)
  }

  lineText(line: number): string {
    return (this.source.split("\n")[line - this.firstLine] ?? "").slice(0, MAX_SHOWN)
  }
}

export interface SyntaxProblem {
  readonly line: number
  /** One or two lines of text, without the shell's prefix. */
  readonly messages: ReadonlyArray<string>
}

const unterminated: ReadonlyArray<readonly [RegExp, string]> = [
  [/single quote|ANSI-C/, "'"],
  [/double quote|locale/, "\""],
  [/backtick|backquote/, "`"],
  [/parameter expansion/, "}"],
  [/substitution|arithmetic|glob|array|subshell/, ")"]
]

const tokenAt = (source: string, position: number): string | undefined => {
  let at = position
  while (at < source.length && (source[at] === " " || source[at] === "\t")) at++
  if (at >= source.length) return undefined
  if (source[at] === "\n") return "newline"
  const operator = /^(?:&&|\|\||;;&|;;|;&|\|&|<<<|<<-?|>>|<&|>&|&>|[;&|()<>])/.exec(source.slice(at, at + 3))
  if (operator !== null) return operator[0]
  return /^[^\s;&|()<>]+/.exec(source.slice(at, at + 200))?.[0] ?? source[at]
}

/** The parser names the place behind a reserved word that stands where another should. */
const placeOf = (source: string, error: ParseError): number => {
  if (!/^expected '(?:do|then)'/.test(error.message)) return error.pos
  return /\b(?:done|fi|esac|else|elif)\s*$/.exec(source.slice(Math.max(0, error.pos - 20), error.pos)) === null
    ? error.pos
    : source.slice(0, error.pos).search(/\w+\s*$/)
}

/** What bash says about the first error. */
export const syntaxProblem = (unit: Unit, error: ParseError): SyntaxProblem => {
  const open = unterminated.find(([pattern]) => error.message.startsWith("unterminated") && pattern.test(error.message))
  if (open !== undefined) {
    return {
      line: unit.line(error.pos),
      messages: [`unexpected EOF while looking for matching \`${open[1]}'`]
    }
  }
  const position = placeOf(unit.source, error)
  const rest = unit.source.slice(position)
  const token = tokenAt(unit.source, position)
  if (rest.trim() === "" || token === undefined) {
    return { line: unit.lines + 1, messages: ["syntax error: unexpected end of file"] }
  }
  const line = unit.line(position)
  return {
    line,
    messages: [`syntax error near unexpected token \`${token}'`, `\`${unit.lineText(line)}'`]
  }
}
