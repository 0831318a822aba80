/** History expansion: `!!`, `!n`, `!-n`, `!text`, `!?text?`, words and modifiers of them, and `^a^b^`. Pure. */
import { tokenize } from "./tokens.ts"

/** Characters that one expansion may come to. */
const MAX_EXPANDED = 1024 * 1024

export interface Events {
  /** Lines, the oldest first; the number of the first is `base`. */
  readonly lines: ReadonlyArray<string>
  readonly base: number
  /** Whether `!(` begins a pattern. */
  readonly extglob: boolean
}

/** What the last substitution was, for `:&`, and the word that `!?text?` was found in, for `:%`. */
export interface ExpansionMemory {
  from: string
  to: string
  matched: string
}

export type Expansion =
  | { readonly _tag: "same" }
  /** `prints`: it is to be shown and remembered, but not run. */
  | { readonly _tag: "expanded"; readonly text: string; readonly prints: boolean }
  | { readonly _tag: "failed"; readonly message: string }

class Failed {
  constructor(readonly message: string) {}
}

const endsEvent = /[\s:;&()|<>]/

class Expander {
  private at = 0
  private out = ""
  private changed = false
  private prints = false

  constructor(
    private readonly line: string,
    private readonly events: Events,
    private readonly memory: ExpansionMemory
  ) {}

  expand(): Expansion {
    const { line } = this
    if (line.startsWith("^")) return this.quick()
    let quote = ""
    while (this.at < line.length) {
      const char = line[this.at]
      if (char === "\\" && quote !== "'") {
        this.out += line.slice(this.at, this.at + 2)
        this.at += 2
      } else if (char === "'" && quote !== "\"") {
        quote = quote === "'" ? "" : "'"
        this.take()
      } else if (char === "\"" && quote !== "'") {
        quote = quote === "\"" ? "" : "\""
        this.take()
      } else if (char === "#" && quote === "" && (this.at === 0 || /\s/.test(line[this.at - 1]))) {
        this.out += line.slice(this.at)
        break
      } else if (char === "!" && quote !== "'" && this.isEvent(quote)) this.event(quote)
      else this.take()
      if (this.out.length > MAX_EXPANDED) throw new Failed("history expansion: too long")
    }
    return this.changed ? { _tag: "expanded", text: this.out, prints: this.prints } : { _tag: "same" }
  }

  private take(): void {
    this.out += this.line[this.at++]
  }

  /** Not before a blank, `=`, the end; nor where the shell itself has a meaning for it. */
  private isEvent(quote: string): boolean {
    const { at, line } = this
    const next = line[at + 1]
    if (next === undefined || /[\s=]/.test(next) || (quote === "\"" && next === "\"")) return false
    const before = line[at - 1]
    if (before === "$") return false
    if (before === "[" && line.includes("]", at + 1)) return false
    if (before === "{" && line[at - 2] === "$" && line.includes("}", at + 1)) return false
    return !(next === "(" && this.events.extglob && line.includes(")", at + 2))
  }

  /** `^a^b^`. */
  private quick(): Expansion {
    const parts = /^\^((?:\\[\s\S]|[^^\\])*)(?:\^((?:\\[\s\S]|[^^\\])*)(?:\^([\s\S]*))?)?$/.exec(this.line)
    const last = this.events.lines.at(-1)
    const fail = (what: string) => new Failed(`:s${this.line}: ${what}`)
    if (parts === null || last === undefined) throw fail("substitution failed")
    this.remember(parts[1], parts[2] ?? "", "^")
    const text = this.substituted(last, false)
    if (text === undefined) throw fail("substitution failed")
    // what follows are modifiers, or more of the line
    this.at = this.line.length - (parts[3] ?? "").length
    const words = this.modified([text], this.line)
    return { _tag: "expanded", text: words + this.line.slice(this.at), prints: this.prints }
  }

  private remember(from: string, to: string, delimiter: string): void {
    const plain = (text: string) => text.replaceAll(`\\${delimiter}`, delimiter)
    if (from !== "") this.memory.from = plain(from)
    this.memory.to = plain(to)
  }

  private event(quote: string): void {
    const start = this.at++
    this.changed = true
    const text = this.eventText(quote, start)
    const words = this.words(text, start)
    this.out += this.modified(words, this.line.slice(start, this.at))
  }

  private eventText(quote: string, start: number): string {
    const { line } = this
    const rest = line.slice(this.at)
    if (/^[$^*%:]/.test(rest)) return this.numbered(-1, start)
    if (rest.startsWith("!")) {
      this.at++
      return this.numbered(-1, start)
    }
    if (rest.startsWith("#")) {
      this.at++
      return this.out
    }
    const number = /^-?\d+/.exec(rest)
    if (number !== null) {
      this.at += number[0].length
      return this.numbered(Number(number[0]), start)
    }
    if (rest.startsWith("?")) return this.containing(rest, start)
    let end = this.at
    while (end < line.length && !endsEvent.test(line[end]) && !(quote !== "" && line[end] === quote)) {
      // words of the event before it can follow at once
      if (end > this.at && /[$^*]/.test(line[end])) break
      end++
    }
    const text = line.slice(this.at, end)
    this.at = end
    const found = this.events.lines.findLast((each) => each.startsWith(text))
    if (found === undefined || text === "") throw new Failed(`${line.slice(start, end)}: event not found`)
    return found
  }

  private containing(rest: string, start: number): string {
    const end = rest.indexOf("?", 1)
    const text = end < 0 ? rest.slice(1) : rest.slice(1, end)
    this.at += end < 0 ? rest.length : end + 1
    const found = this.events.lines.findLast((each) => each.includes(text))
    if (found === undefined) throw new Failed(`${this.line.slice(start, this.at)}: event not found`)
    this.memory.matched = tokenize(found).find((word) => word.includes(text)) ?? ""
    return found
  }

  private numbered(number: number, start: number): string {
    const { base, lines } = this.events
    const found = number < 0 ? lines.at(number) : lines[number - base]
    if (found === undefined) throw new Failed(`${this.line.slice(start, this.at)}: event not found`)
    return found
  }

  /** The words that are meant, or the whole of it. */
  private words(text: string, start: number): ReadonlyArray<string> {
    const rest = this.line.slice(this.at)
    const designator = /^(?::(?=[\d^$*%-])|(?=[\^$*%]))(?:(%)|(\*)|(\d+|[\^$])?(?:(-)(\d+|[\^$])?|(\*))?)/.exec(rest)
    if (designator === null || designator[0] === "" || designator[0] === ":") return [text]
    this.at += designator[0].length
    const [, percent, star, first, dash, second, through] = designator
    if (percent !== undefined) return [this.memory.matched]
    const all = tokenize(text)
    const last = all.length - 1
    if (star !== undefined) return [all.slice(1).join(" ")]
    const index = (of: string) => of === "^" ? 1 : of === "$" ? last : Number(of)
    const from = first === undefined ? 0 : index(first)
    const to = through !== undefined
      ? Math.max(last, from - 1)
      : dash === undefined
      ? from
      : second === undefined
      ? last - 1
      : index(second)
    if (from > last + (through === undefined ? 0 : 1) || to > last || to < from - 1 || to < 0) {
      throw new Failed(`${this.line.slice(start + 1, this.at).replace(/^!/, "")}: bad word specifier`)
    }
    return [all.slice(from, to + 1).join(" ")]
  }

  private substituted(text: string, everywhere: boolean): string | undefined {
    const { from, to } = this.memory
    if (from === "" || !text.includes(from)) return undefined
    const by = to.replace(/\\?&/g, (mark) => mark === "&" ? from : "&")
    return everywhere ? text.split(from).join(by) : text.replace(from, () => by)
  }

  private modified(words: ReadonlyArray<string>, shown: string): string {
    let text = words.join(" ")
    for (;;) {
      const modifier = /^:(?:([ga]|G)?(?:s|&)|[htrepqx])/.exec(this.line.slice(this.at))
      if (modifier === null) {
        if (/^:[A-Za-z]/.test(this.line.slice(this.at))) {
          throw new Failed(`${this.line.slice(this.at)}: unrecognized history modifier`)
        }
        return text
      }
      this.at += modifier[0].length
      const kind = modifier[0].at(-1)!
      if (kind === "s" || kind === "&") text = this.substitution(kind, modifier[1], text, shown)
      else text = this.simple(kind, text)
      if (text.length > MAX_EXPANDED) throw new Failed("history expansion: too long")
    }
  }

  private substitution(kind: string, how: string | undefined, text: string, shown: string): string {
    const start = this.at
    if (kind === "s") {
      const delimiter = this.line[this.at]
      if (delimiter === undefined) throw new Failed(`${shown}:s: substitution failed`)
      const part = () => {
        const from = ++this.at
        while (this.at < this.line.length && this.line[this.at] !== delimiter) {
          this.at += this.line[this.at] === "\\" ? 2 : 1
        }
        this.at = Math.min(this.at, this.line.length)
        return this.line.slice(from, this.at)
      }
      const from = part()
      this.remember(from, part(), delimiter)
      if (this.line[this.at] === delimiter) this.at++
    }
    const done = how === "G"
      ? tokenize(text).map((word) => this.substituted(word, false) ?? word).join(" ")
      : this.substituted(text, how !== undefined)
    if (done === undefined || (how === "G" && done === text)) {
      throw new Failed(`:${kind}${this.line.slice(start, this.at)}: substitution failed`)
    }
    return done
  }

  private simple(kind: string, text: string): string {
    const slash = text.lastIndexOf("/")
    const dot = text.lastIndexOf(".")
    switch (kind) {
      case "h":
        return slash > 0 ? text.slice(0, slash) : slash === 0 ? "/" : text
      case "t":
        return text.slice(slash + 1)
      case "r":
        return dot >= 0 && dot > slash ? text.slice(0, dot) : text
      case "e":
        return dot >= 0 && dot > slash ? text.slice(dot) : text
      case "p":
        this.prints = true
        return text
      case "q":
        return `'${text.replaceAll("'", "'\\''")}'`
      default:
        return text.split(/[ \t\n]+/).map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")
    }
  }
}

/** Expands a line. */
export const expandHistory = (line: string, events: Events, memory: ExpansionMemory): Expansion => {
  if (!line.includes("!") && !line.startsWith("^")) return { _tag: "same" }
  try {
    return new Expander(line, events, memory).expand()
  } catch (error) {
    if (!(error instanceof Failed)) throw error
    return { _tag: "failed", message: error.message }
  }
}
