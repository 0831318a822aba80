/**
 * Regular expressions of POSIX. A pattern that cannot backtrack badly becomes a JavaScript one; every other goes to a
 * matcher whose time grows linearly with the text. References back to what repeats have a matcher with a bound.
 */
import { RE2JS } from "re2js"
import { withReferences } from "./back-references.ts"

export interface RegexOptions {
  readonly extended: boolean
  readonly ignoreCase?: boolean | undefined
  /** Where matches begin and end matters, not only whether there is one. */
  readonly spans?: boolean | undefined
  /** `^` and `$` match at the lines of the text as well. */
  readonly multiline?: boolean | undefined
  /** Match whole words (`-w`) or whole lines (`-x`), or only where the text begins. */
  readonly around?: "word" | "line" | "start" | undefined
}

export interface Span {
  readonly start: number
  readonly end: number
}

export interface Match extends Span {
  readonly groups: ReadonlyArray<string | undefined>
}

export interface Regex {
  readonly test: (text: string) => boolean
  /** The first match at or after `from`. */
  readonly find: (text: string, from: number) => Span | undefined
  /** The first match at or after `from`, with its groups; the first group is the whole. */
  readonly exec: (text: string, from: number) => Match | undefined
  /** The groups of the first match. */
  readonly match: (text: string) => ReadonlyArray<string | undefined> | undefined
}

interface Translated {
  readonly source: string
  readonly alternates: boolean
  readonly references: boolean
  /** Repetition of something that itself repeats. */
  readonly nested: boolean
  /** A group repeats, or may be left out. */
  readonly optional: boolean
  readonly unbounded: number
}

const classes: Readonly<Record<string, string>> = {
  alpha: "\\p{L}",
  digit: "0-9",
  alnum: "\\p{L}\\p{N}",
  upper: "\\p{Lu}",
  lower: "\\p{Ll}",
  space: "\\s",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`{-~",
  print: "\\x20-\\x7e\\u00a0-\\uffff",
  graph: "\\x21-\\x7e\\u00a1-\\uffff",
  cntrl: "\\x00-\\x1f\\x7f",
  xdigit: "0-9A-Fa-f",
  word: "\\p{L}\\p{N}_"
}

const MAX_PATTERN = 20_000
const MAX_DEPTH = 200

class BadPattern {}

const escapeLiteral = (char: string): string => /[\\^$.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char

class Translator {
  private at = 0
  private depth = 0
  alternates = false
  references = false
  nested = false
  optional = false
  unbounded = 0
  private groups = 0
  /** Groups that have been closed on the way here: others cannot be referred to. */
  private complete = new Set<number>()
  private out = ""

  constructor(private readonly source: string, private readonly extended: boolean) {}

  run(): string {
    this.sequence(true)
    if (this.at < this.source.length) throw new BadPattern()
    return this.out
  }

  /** Alternatives up to a closing bracket; says whether anything inside varies. */
  private sequence(top: boolean): boolean {
    if (++this.depth > MAX_DEPTH) throw new BadPattern()
    let repeats = false
    let first = true
    const before = new Set(this.complete)
    const all = new Set(before)
    while (this.at < this.source.length) {
      if (this.closes()) {
        if (!top) break
        if (!this.extended) throw new BadPattern()
      }
      if (this.takes("|")) {
        this.out += "|"
        this.alternates = true
        for (const group of this.complete) all.add(group)
        this.complete = new Set(before)
        // Repeated alternatives can match the same text in many ways.
        repeats = true
        first = true
        continue
      }
      repeats = this.atom(first) || repeats
      first = false
    }
    this.depth--
    for (const group of all) this.complete.add(group)
    return repeats
  }

  private closes(): boolean {
    return this.source.startsWith(this.extended ? ")" : "\\)", this.at)
  }

  private takes(char: string): boolean {
    const text = this.extended ? char : `\\${char}`
    if (!this.source.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  private atom(first: boolean): boolean {
    const start = this.out.length
    const char = this.source[this.at]
    let inner = false
    if (this.takes("(")) {
      const group = ++this.groups
      this.out += "("
      inner = this.sequence(false)
      if (!this.takes(")")) throw new BadPattern()
      this.out += ")"
      this.complete.add(group)
    } else if (char === "[") this.bracket()
    else if (char === "\\") this.escape()
    else {
      this.at++
      if (char === ".") this.out += "."
      else if (char === "^") this.out += this.extended || first ? "^" : "\\^"
      else if (char === "$") this.out += this.extended || this.endsHere() ? "$" : "\\$"
      else if (char === "*" && first) this.out += "\\*"
      else if (this.extended && "+?{".includes(char) && first) this.out += `\\${char}`
      else {
        const point = String.fromCodePoint(
          char.codePointAt(0)! >= 0xd800 ? this.source.codePointAt(this.at - 1)! : char.codePointAt(0)!
        )
        this.at += point.length - 1
        this.out += escapeLiteral(point)
      }
    }
    return this.quantifiers(start, inner) || inner
  }

  private endsHere(): boolean {
    const rest = this.source.slice(this.at)
    return rest === "" || rest.startsWith("\\)") || rest.startsWith("\\|")
  }

  private quantifiers(start: number, inner: boolean): boolean {
    let repeats = false
    for (;;) {
      let text: string | undefined
      if (this.source[this.at] === "*") {
        this.at++
        text = "*"
      } else if (this.takes("+")) text = "+"
      else if (this.takes("?")) text = "?"
      else text = this.interval()
      if (text === undefined) return repeats
      if (text !== "?" && inner) this.nested = true
      if (this.out[start] === "(") this.optional = true
      if (repeats) {
        this.out = `${this.out.slice(0, start)}(?:${this.out.slice(start)})`
        this.nested = true
      }
      this.out += text
      repeats = true
      if (text !== "?") {
        if (!/^\{\d+(?:,\d+)?\}$/.test(text)) this.unbounded++
      }
    }
  }

  private interval(): string | undefined {
    const match = (this.extended ? /^\{(\d*)(,?)(\d*)\}/ : /^\\\{(\d*)(,?)(\d*)\\\}/).exec(
      this.source.slice(this.at, this.at + 20)
    )
    if (match === null || (match[1] === "" && match[2] === "")) return undefined
    const [whole, low, comma, high] = match
    if (Number(low) > 1000 || Number(high) > 1000 || (high !== "" && Number(low) > Number(high))) throw new BadPattern()
    this.at += whole.length
    return `{${low === "" ? "0" : low}${comma}${high}}`
  }

  private escape(): void {
    const char = this.source[this.at + 1]
    if (char === undefined) throw new BadPattern()
    this.at += 2
    if (/[1-9]/.test(char)) {
      if (!this.complete.has(Number(char))) throw new BadPattern()
      this.references = true
      this.out += `(?:\\${char})`
    } else if ("wWsS".includes(char)) {
      this.out += { w: "[\\p{L}\\p{N}_]", W: "[^\\p{L}\\p{N}_]", s: "\\s", S: "\\S" }[char]
    } else if (char === "b" || char === "B") this.out += `\\${char}`
    else if (char === "<") this.out += "\\b(?=[\\p{L}\\p{N}_])"
    else if (char === ">") this.out += "\\b(?<=[\\p{L}\\p{N}_])"
    else if (char === "`") this.out += "^"
    else if (char === "'") this.out += "$"
    else this.out += escapeLiteral(char)
  }

  private bracket(): void {
    let at = this.at + 1
    let body = ""
    const negated = this.source[at] === "^"
    if (negated) at++
    for (let first = true;; first = false) {
      const char = this.source[at]
      if (char === undefined) throw new BadPattern()
      if (char === "]" && !first) break
      const named = /^\[([:=.])([^\]]*?)\1\]/.exec(this.source.slice(at, at + 30))
      if (named !== null) {
        const set = named[1] === ":" ? classes[named[2]] : escapeLiteral(named[2])
        if (set === undefined) throw new BadPattern()
        body += set
        at += named[0].length
        continue
      }
      const point = String.fromCodePoint(this.source.codePointAt(at)!)
      at += point.length
      if (this.source[at] === "-" && this.source[at + 1] !== "]" && this.source[at + 1] !== undefined) {
        const high = String.fromCodePoint(this.source.codePointAt(at + 1)!)
        if (high < point) throw new BadPattern()
        body += `${escapeLiteral(point)}-${escapeLiteral(high)}`
        at += 1 + high.length
      } else body += escapeLiteral(point)
    }
    this.out += `[${negated ? "^" : ""}${body}]`
    this.at = at + 1
  }
}

const translate = (source: string, extended: boolean): Translated => {
  const translator = new Translator(source, extended)
  const result = translator.run()
  const { alternates, nested, optional, references, unbounded } = translator
  return { source: result, alternates, references, nested, optional, unbounded }
}

/** Repetitions without a bound that JavaScript's matcher may try in every combination. */
const HARMLESS_REPEATS = 3

const native = (source: string, flags: string): Regex => {
  const tester = new RegExp(source, flags)
  const finder = new RegExp(source, `${flags}g`)
  return {
    test: (text) => tester.test(text),
    find: (text, from) => {
      finder.lastIndex = from
      const found = finder.exec(text)
      return found === null ? undefined : { start: found.index, end: found.index + found[0].length }
    },
    exec: (text, from) => {
      finder.lastIndex = from
      const found = finder.exec(text)
      return found === null ? undefined : { start: found.index, end: found.index + found[0].length, groups: found }
    },
    match: (text) => tester.exec(text) ?? undefined
  }
}

const linear = (source: string, ignoreCase: boolean, multiline: boolean): Regex => {
  const re = RE2JS.compile(
    source,
    (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (multiline ? RE2JS.MULTILINE : 0) | RE2JS.DOTALL | RE2JS.LONGEST_MATCH
  )
  return {
    test: (text) => re.matcher(text).find(),
    find: (text, from) => {
      const matcher = re.matcher(text)
      return matcher.find(from) ? { start: matcher.start(), end: matcher.end() } : undefined
    },
    exec: (text, from) => {
      const matcher = re.matcher(text)
      if (!matcher.find(from)) return undefined
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined)
      return { start: matcher.start(), end: matcher.end(), groups }
    },
    match: (text) => {
      const matcher = re.matcher(text)
      if (!matcher.find()) return undefined
      return Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined)
    }
  }
}

const wordChar = "[\\p{L}\\p{N}_]"

/** For RE2, which has no looking around. */
const withoutLooks = (source: string): string =>
  source.replaceAll("\\b(?=[\\p{L}\\p{N}_])", "\\b").replaceAll("\\b(?<=[\\p{L}\\p{N}_])", "\\b")

const cache = new Map<string, Regex | undefined>()

/** Undefined when the pattern is not one, or asks for more than may be done. */
export const compileRegex = (pattern: string, options: RegexOptions): Regex | undefined => {
  const key = `${JSON.stringify(options)}${pattern}`
  if (cache.has(key)) return cache.get(key)
  let regex: Regex | undefined
  try {
    regex = build(pattern, options)
  } catch {
    regex = undefined
  }
  if (cache.size > 200) cache.clear()
  cache.set(key, regex)
  return regex
}

/**
 * For the question whether any line of a text may match: what does not match the text matches none of its lines. Undefined for
 * patterns that would take longer for a whole text than for its lines.
 */
export const compileForLines = (pattern: string, options: RegexOptions): Regex | undefined => {
  try {
    const { nested, references, unbounded } = translate(pattern, options.extended)
    if (nested || references || unbounded > 0) return undefined
  } catch {
    return undefined
  }
  return compileRegex(pattern, { ...options, multiline: true, spans: false })
}

const build = (
  pattern: string,
  { around, extended, ignoreCase = false, multiline = false, spans = false }: RegexOptions
): Regex => {
  if (pattern.length > MAX_PATTERN) throw new BadPattern()
  const { alternates, nested, optional, references, source, unbounded } = translate(pattern, extended)
  const whole = around === "line" ?
    `^(?:${source})$`
    : around === "start" ?
    `^(?:${source})`
    : around === "word" ?
    `(?<!${wordChar})(?:${source})(?!${wordChar})`
    : source
  const risky = nested || unbounded > HARMLESS_REPEATS
  const flags = `s${/\\p|[^\x00-\x7f]/.test(whole) ? "u" : ""}${ignoreCase ? "i" : ""}${multiline ? "m" : ""}`
  if (references && (risky || alternates || optional)) {
    const relaxed = linear(withoutLooks(source.replaceAll(/\(\?:\\[1-9]\)/g, "(?:.*)")), ignoreCase, multiline)
    return withReferences(whole, flags, spans, relaxed)
  }
  const longest = spans && alternates && (around === undefined || around === "start")
  if (references || (!risky && !longest)) return native(whole, flags)
  if (around === "word") return words(linear(withoutLooks(source), ignoreCase, multiline))
  return linear(withoutLooks(whole), ignoreCase, multiline)
}

const isWord = (char: string | undefined): boolean => char !== undefined && /[\p{L}\p{N}_]/u.test(char)

/** Only matches that are whole words. */
const words = (regex: Regex): Regex => {
  const find = (text: string, from: number): Span | undefined => {
    for (let at = from; at <= text.length;) {
      const span = regex.find(text, at)
      if (span === undefined) return undefined
      if (!isWord(text[span.start - 1]) && !isWord(text[span.end])) return span
      at = span.start + 1
    }
    return undefined
  }
  return { find, test: (text) => find(text, 0) !== undefined, exec: regex.exec, match: regex.match }
}
