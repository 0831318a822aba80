/** The regular expressions of awk, made from extended ones: escapes mean something, in brackets too. */
import type { Regex } from "../text/regex.ts"
import { compileRegex } from "../text/regex.ts"
import { escaped } from "./lexer.ts"
import { Fatal } from "./values.ts"

const literal = (text: string): string => /^[\\^$.*+?()[\]{}|]$/.test(text) ? `\\${text}` : text

/** Members of a bracket with escapes; what stands for itself goes where it does. */
class Bracket {
  private body = ""
  private closes = false
  private caret = false
  private dash = false

  constructor(private readonly negated: boolean) {}

  add(text: string): void {
    if (text === "]") this.closes = true
    else if (text === "^") this.caret = true
    else if (text === "-") this.dash = true
    else this.body += text
  }

  /** As it was written. */
  raw(text: string): void {
    this.body += text
  }

  toString(): string {
    const first = this.closes ? "]" : ""
    const rest = `${this.body}${this.caret && (this.body !== "" || this.closes || this.negated) ? "^" : ""}`
    const alone = this.caret && this.body === "" && !this.closes && !this.negated
    if (alone) return this.dash ? "[-^]" : "\\^"
    return `[${this.negated ? "^" : ""}${first}${rest}${this.dash ? "-" : ""}]`
  }
}

/** The bracket that begins at `at`, and where it ends. */
const bracket = (source: string, at: number): readonly [text: string, end: number] => {
  let index = at + 1
  const negated = source[index] === "^"
  if (negated) index++
  const result = new Bracket(negated)
  for (let first = true; index < source.length; first = false) {
    const char = source[index]
    if (char === "]" && !first) return [result.toString(), index + 1]
    const named = /^\[([:=.]).*?\1\]/.exec(source.slice(index, index + 30))
    if (named !== null) {
      result.raw(named[0])
      index += named[0].length
      continue
    }
    const [member, next] = memberAt(source, index)
    if (source[next] === "-" && source[next + 1] !== "]" && source[next + 1] !== undefined) {
      const [high, after] = memberAt(source, next + 1)
      result.raw(`${member}-${high}`)
      index = after
    } else {
      result.add(member)
      index = next
    }
  }
  throw new Fatal(`invalid regexp: unmatched [: /${source}/`)
}

const memberAt = (source: string, at: number): readonly [text: string, next: number] => {
  if (source[at] !== "\\" || at + 1 >= source.length) {
    const text = String.fromCodePoint(source.codePointAt(at)!)
    return [text, at + text.length]
  }
  const found = escaped(source, at)
  return found === undefined ? [source[at + 1], at + 2] : [found[0], at + found[1]]
}

const extended = (source: string): string => {
  if (!source.includes("\\") && !source.includes("[")) return source
  let text = ""
  for (let at = 0; at < source.length;) {
    const char = source[at]
    if (char === "[") {
      const [members, end] = bracket(source, at)
      text += members
      at = end
    } else if (char === "\\" && at + 1 < source.length) {
      const found = escaped(source, at)
      const next = source[at + 1]
      if (found !== undefined) text += literal(found[0])
      else if (next === "y") text += "\\b"
      else if (next === "/" || next === "\"" || next === "&") text += next
      else text += `\\${next}`
      at += found?.[1] ?? 2
    } else {
      text += char
      at++
    }
  }
  return text
}

/** Throws `Fatal` when it is none. */
export const awkRegex = (source: string, ignoreCase: boolean): Regex => {
  const regex = compileRegex(extended(source), { extended: true, spans: true, ignoreCase })
  if (regex === undefined) throw new Fatal(`invalid regexp: /${source}/`)
  return regex
}
