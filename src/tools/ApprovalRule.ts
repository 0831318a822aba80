/**
 * The rules of automatic approval: a small boolean language over one call. `and`, `or`, `not` and parentheses combine
 * comparisons (`==`, `!=`, `<`, `<=`, `>`, `>=`, `in [..]`, `starts_with`) of `side_effect`, `idempotent`, `session`,
 * `calls`, `tool`, `args[i]`, `kwargs.name` (also deeper) and literals; `matches_host(text, "host")` compares the host of
 * a URL; `always` and `never` stand for themselves. There are no loops, no functions of one's own, no patterns. A comparison
 * with what is not there, or cannot be compared, is neither true nor false, and `not` does not make it so.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"

/**
 * What a rule can ask about.
 *
 * @since 0.1.0
 * @category models
 */
export interface RuleFacts {
  readonly side_effect: string
  readonly idempotent: boolean
  /** The VM. */
  readonly session: string
  /** Calls of this tool so far. */
  readonly calls: number
  /** `kit:tool`. */
  readonly tool: string
  readonly args: ReadonlyArray<unknown>
  readonly kwargs: Readonly<Record<string, unknown>>
}

/**
 * A rule that is ready: only `true` is a yes.
 *
 * @since 0.1.0
 * @category models
 */
export type ApprovalRule = (facts: RuleFacts) => boolean

type Term = (facts: RuleFacts) => unknown

const MAX_LENGTH = 1024
const MAX_NESTING = 32

const tokens = /\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?)|([A-Za-z_][A-Za-z0-9_]*)|(==|!=|<=|>=|[<>()[\].,])|(\S))/gy

class RuleFault {
  constructor(readonly detail: string) {}
}

const refuse = (detail: string): never => {
  throw new RuleFault(detail)
}

const scalars: ReadonlySet<string> = new Set(["side_effect", "idempotent", "session", "calls", "tool"])
const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">=", "in", "starts_with"])

/** `undefined` where there is nothing to tell. */
type Truth = boolean | undefined

const isScalar = (value: unknown): boolean => typeof value !== "object" && value !== undefined

const same = (a: unknown, b: unknown): Truth => isScalar(a) && isScalar(b) ? a === b : undefined

const ordered = (a: unknown, b: unknown, compare: (a: number | string, b: number | string) => boolean): Truth =>
  (typeof a === "number" && typeof b === "number") || (typeof a === "string" && typeof b === "string")
    ? compare(a, b)
    : undefined

const isIn = (a: unknown, b: unknown): Truth => {
  if (!Array.isArray(b) || !isScalar(a)) return undefined
  return b.includes(a) ? true : b.every(isScalar) ? false : undefined
}

const compare: Readonly<Record<string, (a: unknown, b: unknown) => Truth>> = {
  "==": same,
  "!=": (a, b) => negated(same(a, b)),
  "<": (a, b) => ordered(a, b, (x, y) => x < y),
  "<=": (a, b) => ordered(a, b, (x, y) => x <= y),
  ">": (a, b) => ordered(a, b, (x, y) => x > y),
  ">=": (a, b) => ordered(a, b, (x, y) => x >= y),
  in: isIn,
  starts_with: (a, b) => typeof a === "string" && typeof b === "string" ? a.startsWith(b) : undefined
}

/** What is no truth value stays none: the rule then says neither yes nor no. */
const negated = (value: unknown): Truth => typeof value === "boolean" ? !value : undefined

const both = (a: unknown, b: unknown): Truth =>
  a === false || b === false ? false : a === true && b === true ? true : undefined

/** Of a URL that anybody would read alike; of another nobody knows. */
const hostOf = (text: unknown): string | undefined => {
  if (typeof text !== "string") return undefined
  const found = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@\\\s]*@)?(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d+)?(?:[/?#]|$)/i.exec(
    text
  )
  return found === null ? undefined : hostName(found[1])
}

/** A dot at the end leads to the same host. */
const hostName = (host: string): string => host.toLowerCase().replace(/\.$/, "")

const own = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null && Array.isArray(value) === (typeof key === "number") &&
    Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined

class Parser {
  private at = 0
  private nesting = 0

  constructor(private readonly words: ReadonlyArray<string>) {}

  parse(): Term {
    const term = this.either()
    if (this.at < this.words.length) refuse(`unexpected ${this.words[this.at]}`)
    return term
  }

  private take(word: string): boolean {
    if (this.words[this.at] !== word) return false
    this.at++
    return true
  }

  private expect(word: string): void {
    if (!this.take(word)) refuse(`expected ${word}, got ${this.words[this.at] ?? "the end"}`)
  }

  private next(): string {
    const word = this.words[this.at++]
    return word ?? refuse("unexpected end")
  }

  private either(): Term {
    if (++this.nesting > MAX_NESTING) refuse("nested too deep")
    let left = this.both()
    while (this.take("or")) {
      const [a, b] = [left, this.both()]
      left = (facts) => negated(both(negated(a(facts)), negated(b(facts))))
    }
    this.nesting--
    return left
  }

  private both(): Term {
    let left = this.negation()
    while (this.take("and")) {
      const [a, b] = [left, this.negation()]
      left = (facts) => both(a(facts), b(facts))
    }
    return left
  }

  private negation(): Term {
    let odd = false
    while (this.take("not")) odd = !odd
    const term = this.comparison()
    return odd ? (facts) => negated(term(facts)) : term
  }

  private comparison(): Term {
    if (this.take("(")) {
      const inner = this.either()
      this.expect(")")
      return inner
    }
    const left = this.operand()
    const word = this.words[this.at]
    if (word === undefined || !comparisons.has(word)) return left
    this.at++
    const right = this.operand()
    return (facts) => compare[word](left(facts), right(facts))
  }

  private operand(): Term {
    const word = this.next()
    if (word === "always" || word === "true") return () => true
    if (word === "never" || word === "false") return () => false
    if (word.startsWith("\"")) return constant(text(word))
    if (/^-?\d/.test(word)) return constant(Number(word))
    if (scalars.has(word)) return (facts) => facts[word as keyof RuleFacts]
    if (word === "args" || word === "kwargs") return this.path((facts) => facts[word])
    if (word === "matches_host") return this.matchesHost()
    if (word === "[") return this.list()
    return refuse(`unknown word ${word}`)
  }

  private path(root: Term): Term {
    let term = root
    for (;;) {
      const from = term
      if (this.take(".")) {
        const key = this.next()
        if (!/^[A-Za-z_]/.test(key)) refuse(`expected a name, got ${key}`)
        term = (facts) => own(from(facts), key)
      } else if (this.take("[")) {
        const word = this.next()
        const key = word.startsWith("\"") ? text(word) : /^\d+$/.test(word) ? Number(word) : refuse(`no index: ${word}`)
        this.expect("]")
        term = (facts) => own(from(facts), key)
      } else return term
    }
  }

  private list(): Term {
    const items: Array<Term> = []
    while (!this.take("]")) {
      if (items.length > 0) this.expect(",")
      items.push(this.operand())
    }
    return (facts) => items.map((item) => item(facts))
  }

  private matchesHost(): Term {
    this.expect("(")
    const subject = this.operand()
    this.expect(",")
    const host = this.operand()
    this.expect(")")
    return (facts) => {
      const expected = host(facts)
      const actual = hostOf(subject(facts))
      return typeof expected === "string" && actual !== undefined ? actual === hostName(expected) : undefined
    }
  }
}

const constant = (value: unknown): Term => () => value

const text = (word: string): string => {
  try {
    return JSON.parse(word)
  } catch {
    return refuse(`malformed text ${word}`)
  }
}

const wordsOf = (rule: string): Array<string> => {
  const words: Array<string> = []
  for (const [, quoted, number, word, sign, other] of rule.matchAll(tokens)) {
    if (other !== undefined) refuse(`unexpected ${other}`)
    words.push(quoted ?? number ?? word ?? sign)
  }
  return words
}

/**
 * Reads a rule; a text when it is none. A rule never throws: what it cannot tell it does not approve.
 *
 * @since 0.1.0
 * @category constructors
 */
export const parse = (rule: string): Either.Either<ApprovalRule, string> => {
  if (rule.length > MAX_LENGTH) return Either.left(`a rule has at most ${MAX_LENGTH} characters`)
  try {
    const term = new Parser(wordsOf(rule)).parse()
    return Either.right((facts) => term(facts) === true)
  } catch (thrown) {
    if (thrown instanceof RuleFault) return Either.left(`no approval rule: ${thrown.detail}`)
    throw thrown
  }
}
