/** `match` and `test`: Oniguruma's patterns, by JavaScript's matcher when that is harmless, else by a linear one. */
import { RE2JS } from "re2js"
import { JqObject } from "./object.ts"
import { described } from "./paths.ts"
import type { Value } from "./values.ts"
import { fail, isArray, pointLength } from "./values.ts"

interface Found {
  readonly start: number
  readonly groups: ReadonlyArray<readonly [start: number, text: string] | undefined>
}

interface Compiled {
  readonly names: ReadonlyArray<string | undefined>
  readonly find: (text: string, from: number) => Found | undefined
}

const posix: Readonly<Record<string, string>> = {
  alpha: "\\p{L}\\p{M}",
  digit: "\\p{Nd}",
  alnum: "\\p{L}\\p{M}\\p{Nd}",
  upper: "\\p{Lu}",
  lower: "\\p{Ll}",
  space: "\\s",
  blank: " \\t",
  punct: "!-#%-*,-/:;?@\\[-\\]_{}\\p{P}",
  cntrl: "\\x00-\\x1f\\x7f",
  xdigit: "0-9a-fA-F",
  word: "\\w",
  print: "\\x20-\\x7e\\u00a0-\\uffff",
  graph: "\\x21-\\x7e\\u00a1-\\uffff"
}

interface Translated {
  readonly source: string
  readonly names: ReadonlyArray<string | undefined>
  /** Repetition of what repeats itself, or much of it: may be tried in too many ways. */
  readonly risky: boolean
  /** Repeats without a bound: the time may be the length of the text to so high a power. */
  readonly unbounded: number
  /** Asks for what the linear matcher has not. */
  readonly looks: boolean
}

const MAX_PATTERN = 20_000
const HARMLESS_REPEATS = 3

class Translator {
  private at = 0
  private out = ""
  private readonly names: Array<string | undefined> = []
  private looks = false
  private nested = false
  private unbounded = 0

  constructor(private readonly source: string, private readonly extended: boolean) {}

  run(): Translated {
    this.sequence(0)
    if (this.at < this.source.length) throw new SyntaxError("unmatched close parenthesis")
    return {
      source: this.out,
      names: this.names,
      looks: this.looks,
      unbounded: this.unbounded,
      risky: this.nested || this.unbounded > HARMLESS_REPEATS
    }
  }

  private sequence(depth: number): boolean {
    if (depth > 200) throw new SyntaxError("too deep nest level")
    let varies = false
    while (this.at < this.source.length && this.source[this.at] !== ")") {
      const char = this.source[this.at]
      if (char === "|") {
        this.out += char
        this.at++
        varies = true
        continue
      }
      if (this.extended && /\s/.test(char)) {
        this.at++
        continue
      }
      if (this.extended && char === "#") {
        const end = this.source.indexOf("\n", this.at)
        this.at = end < 0 ? this.source.length : end
        continue
      }
      const inner = this.atom(char, depth)
      varies = this.quantifier(inner) || inner || varies
    }
    return varies
  }

  private atom(char: string, depth: number): boolean {
    if (char === "(") return this.group(depth)
    if (char === "[") this.bracket()
    else if (char === "\\") this.escape()
    else if ("{}]".includes(char)) {
      this.out += `\\${char}`
      this.at++
    } else {
      const point = String.fromCodePoint(this.source.codePointAt(this.at)!)
      this.out += point
      this.at += point.length
    }
    return false
  }

  private group(depth: number): boolean {
    const rest = this.source.slice(this.at)
    const name = /^\(\?P?<([A-Za-z_]\w*)>/.exec(rest)
    const other = /^\(\?(?::|=|!|<=|<!|>|#|[imsx]*(?:-[imsx]+)?:)/.exec(rest)
    if (rest.startsWith("(?#")) {
      const end = rest.indexOf(")")
      if (end < 0) throw new SyntaxError("end pattern in group")
      this.at += end + 1
      return false
    }
    if (name !== null) {
      this.names.push(name[1])
      this.out += "("
      this.at += name[0].length
    } else if (other !== null) {
      this.looks ||= /[=!>]/.test(other[0])
      // an atomic group only forbids going back
      this.out += other[0] === "(?>" ? "(?:" : other[0]
      this.at += other[0].length
    } else {
      if (rest.startsWith("(?")) throw new SyntaxError("undefined group option")
      this.names.push(undefined)
      this.out += "("
      this.at++
    }
    const varies = this.sequence(depth + 1)
    if (this.source[this.at] !== ")") throw new SyntaxError("end pattern with unmatched parenthesis")
    this.at++
    this.out += ")"
    return varies
  }

  private quantifier(inner: boolean): boolean {
    const match = /^(?:[*+?]|\{(?:\d+(?:,\d*)?|,\d+)\})/.exec(this.source.slice(this.at, this.at + 20))
    if (match === null) return false
    const text = match[0].replace("{,", "{0,")
    this.at += match[0].length
    if (text !== "?" && inner) this.nested = true
    if (/^[*+]|,\}$/.test(text)) this.unbounded++
    this.out += text
    const after = this.source[this.at]
    if (after === "?" || after === "+") {
      this.at++
      if (after === "?") this.out += "?"
    }
    return true
  }

  private escape(): void {
    const char = this.source[this.at + 1]
    if (char === undefined) throw new SyntaxError("end pattern at escape")
    this.at += 2
    const named = /^k<(\w+)>/.exec(this.source.slice(this.at - 1))
    if (named !== null) {
      this.at += named[0].length - 1
      this.looks = true
      this.out += `(?:\\${this.names.indexOf(named[1]) + 1})`
    } else if (/[1-9]/.test(char)) {
      this.looks = true
      this.out += `(?:\\${char})`
    } else if (char === "h") this.out += "[0-9a-fA-F]"
    else if (char === "H") this.out += "[^0-9a-fA-F]"
    else if (char === "A") this.out += "^"
    else if (char === "z" || char === "Z") this.out += "$"
    else if (char === "d") this.out += "\\p{Nd}"
    else if (char === "D") this.out += "\\P{Nd}"
    else if (char === "w") this.out += "[\\p{L}\\p{M}\\p{N}\\p{Pc}]"
    else if (char === "W") this.out += "[^\\p{L}\\p{M}\\p{N}\\p{Pc}]"
    else if (char === "e" || char === "a") this.out += char === "e" ? "\\x1b" : "\\x07"
    else if (char === "x" || char === "p" || char === "P") {
      const rest = /^(?:\{[^}]*\}|[0-9a-fA-F]{1,2})/.exec(this.source.slice(this.at))?.[0] ?? ""
      this.at += rest.length
      this.out += char === "x" ? `\\x${rest.replace(/[{}]/g, "").padStart(2, "0")}` : `\\${char}${rest}`
    } else if (/[sSbBntrfv]/.test(char)) this.out += `\\${char}`
    else {this.out += /[A-Za-z0-9_]/.test(char)
        ? char
        : /[\^$\\.*+?()[\]{}|/-]/.test(char)
        ? `\\${char === "-" ? "x2d" : char}`
        : char}
  }

  private bracket(): void {
    const start = this.at
    let body = ""
    this.at++
    if (this.source[this.at] === "^") {
      body += "^"
      this.at++
    }
    for (let first = true;; first = false) {
      const rest = this.source.slice(this.at, this.at + 30)
      if (rest === "") throw new SyntaxError(`premature end of char-class: ${this.source.slice(start)}`)
      const named = /^\[:(\^?)([a-z]+):\]/.exec(rest)
      if (rest[0] === "]" && !first) break
      if (named !== null && named[2] in posix) {
        body += posix[named[2]]
        this.at += named[0].length
      } else if (rest[0] === "\\" && rest.length > 1) {
        const out = this.out
        this.escape()
        body += this.out.slice(out.length).replace(/^\[(.*)\]$/, "$1")
        this.out = out
      } else {
        const point = String.fromCodePoint(rest.codePointAt(0)!)
        body += "[]&/|{}()^".includes(point) ? `\\${point}` : point
        this.at += point.length
      }
    }
    this.at++
    this.out += `[${body.replaceAll("\\&", "&")}]`
  }
}

const native = (source: string, names: Compiled["names"], flags: string): Compiled => {
  const pattern = new RegExp(source, `dgu${flags}`)
  return {
    names,
    find: (text, from) => {
      pattern.lastIndex = from
      const found = pattern.exec(text)
      if (found === null) return undefined
      const spans = found.indices!
      return {
        start: found.index,
        groups: found.map((group: string | undefined, at) =>
          group === undefined ? undefined : [spans[at]![0], group] as const
        )
      }
    }
  }
}

const linear = (source: string, names: Compiled["names"], ignoreCase: boolean, dotAll: boolean): Compiled => {
  const pattern = RE2JS.compile(source, (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (dotAll ? RE2JS.DOTALL : 0))
  return {
    names,
    find: (text, from) => {
      const matcher = pattern.matcher(text)
      if (!matcher.find(from)) return undefined
      return {
        start: matcher.start(),
        groups: Array.from({ length: matcher.groupCount() + 1 }, (_, at) => {
          const group = matcher.group(at)
          return group === null || group === undefined ? undefined : [matcher.start(at), group] as const
        })
      }
    }
  }
}

/** Tries that a text may cost by the matcher that goes back. */
const MAX_TRIES = 2e8

const bySize = (short: Compiled, unbounded: number, makeLong: () => Compiled): Compiled => {
  let long: Compiled | undefined
  return {
    names: short.names,
    find: (text, from) =>
      (text.length - from) ** (unbounded + 1) < MAX_TRIES
        ? short.find(text, from)
        : (long ??= makeLong()).find(text, from)
  }
}

const cache = new Map<string, Compiled>()

const compile = (pattern: string, flags: string): Compiled => {
  const key = `${flags} ${pattern}`
  const known = cache.get(key)
  if (known !== undefined) return known
  if (pattern.length > MAX_PATTERN) {
    return fail(`${pattern.slice(0, 20)}... (at offset 0) is not a valid regex: too long`)
  }
  const ignoreCase = flags.includes("i")
  // for Oniguruma "single line" is about ^ and $, which are at the ends of the text anyhow
  const dotAll = flags.includes("p")
  let compiled: Compiled
  try {
    const { looks, names, risky, source, unbounded } = new Translator(pattern, flags.includes("x")).run()
    if (risky && looks) throw new SyntaxError("repeats that may be tried in too many ways, with looking around")
    compiled = risky
      ? linear(source, names, ignoreCase, dotAll)
      : native(source, names, `${ignoreCase ? "i" : ""}${dotAll ? "s" : ""}`)
    if (!risky && !looks && unbounded > 0) {
      compiled = bySize(compiled, unbounded, () => linear(source, names, ignoreCase, dotAll))
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return fail(`${pattern} (at offset 0) is not a valid regex: ${error.message}`)
  }
  if (cache.size > 200) cache.clear()
  cache.set(key, compiled)
  return compiled
}

/** From places in a string to counts of characters. */
const counter = (text: string): (at: number) => number =>
  /[\uD800-\uDBFF]/.test(text) ? (at) => pointLength(text.slice(0, at)) : (at) => at

const capture = (
  offset: (at: number) => number,
  group: Found["groups"][number],
  name: string | undefined
): JqObject => {
  const label: Value = name ?? null
  if (group === undefined) return JqObject.of([["offset", -1], ["string", null], ["length", 0], ["name", label]])
  const [start, string] = group
  return JqObject.of([
    ["offset", offset(start)],
    ["length", pointLength(string)],
    ["string", string],
    ["name", label]
  ])
}

/** Where a pattern is found, one after another. */
const findAll = (text: string, { find }: Compiled, global: boolean, ignoreEmpty: boolean): ReadonlyArray<Found> => {
  const results: Array<Found> = []
  for (let from = 0; from <= text.length;) {
    const found = find(text, from)
    if (found === undefined) break
    const whole = found.groups[0]![1]
    if (whole !== "" || !ignoreEmpty) {
      results.push(found)
      if (!global) break
    }
    const end = found.start + whole.length
    from = whole !== "" ? end : end + (text.codePointAt(end)! > 0xffff ? 2 : 1)
  }
  return results
}

interface Asked {
  readonly text: string
  readonly flags: string
  readonly compiled: Compiled
}

/** Pattern and flags may come together in an array. */
const asked = (input: Value, pattern: Value, flags: Value): Asked => {
  const [source, options] = isArray(pattern) ? [pattern[0] ?? null, pattern[1] ?? null] : [pattern, flags]
  if (typeof input !== "string") return fail(`${described(input)} cannot be matched, as it is not a string`)
  if (typeof source !== "string") return fail(`${described(source)} cannot be matched, as it is not a string`)
  if (options !== null && typeof options !== "string") return fail(`${described(options)} is not a string`)
  const letters = options ?? ""
  if (/[^gimnpslx]/.test(letters)) return fail(`${letters} is not a valid modifier string`)
  return { text: input, flags: letters, compiled: compile(source, letters.replace("g", "")) }
}

/** Matches as objects; in test mode whether there is one. */
export const matches = (input: Value, pattern: Value, options: Value, testing: boolean): Value => {
  const { compiled, flags, text } = asked(input, pattern, options)
  if (testing) return compiled.find(text, 0) !== undefined
  const offset = counter(text)
  return findAll(text, compiled, flags.includes("g"), flags.includes("n")).map((found) =>
    JqObject.of([
      ["offset", offset(found.start)],
      ["length", pointLength(found.groups[0]![1])],
      ["string", found.groups[0]![1]],
      ["captures", found.groups.slice(1).map((group, at) => capture(offset, group, compiled.names[at]))]
    ])
  )
}

export interface Hit {
  readonly start: number
  readonly end: number
  /** The named groups. */
  readonly groups: JqObject
}

/** Where the pattern is found in a string, in code units. */
export const hits = (input: Value, pattern: Value, options: Value, global: boolean): ReadonlyArray<Hit> => {
  const { compiled, flags, text } = asked(input, pattern, options)
  return findAll(text, compiled, global || flags.includes("g"), flags.includes("n")).map(({ groups, start }) => ({
    start,
    end: start + groups[0]![1].length,
    groups: JqObject.of(
      compiled.names.flatMap((name, at) => name === undefined ? [] : [[name, groups[at + 1]?.[1] ?? null] as const])
    )
  }))
}
