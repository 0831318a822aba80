/**
 * Shell patterns. A pattern is text in which a backslash takes the meaning from the next character. It is matched by
 * following all possible positions at once, so the time is bounded by the product of both lengths (of their squares
 * with negated groups), whatever the pattern.
 */

export type Element =
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "any" }
  | { readonly kind: "star" }
  | { readonly kind: "set"; readonly negated: boolean; readonly test: (char: string) => boolean }
  | { readonly kind: "group"; readonly operator: string; readonly choices: ReadonlyArray<ReadonlyArray<Element>> }

export interface PatternOptions {
  readonly ignoreCase?: boolean | undefined
  readonly extended?: boolean | undefined
}

/** Groups inside groups. */
const MAX_DEPTH = 50

const classes: Readonly<Record<string, RegExp>> = {
  alpha: /\p{L}/u,
  digit: /[0-9]/,
  alnum: /[\p{L}\p{N}]/u,
  upper: /\p{Lu}/u,
  lower: /\p{Ll}/u,
  space: /\s/,
  blank: /[ \t]/,
  punct: /[!-/:-@[-`{-~]/,
  print: /[^\p{C}]/u,
  graph: /[^\p{C}\p{Z}]/u,
  cntrl: /[\x00-\x1f\x7f]/,
  xdigit: /[0-9A-Fa-f]/,
  word: /[\p{L}\p{N}_]/u
}

interface Bracket {
  readonly element: Element
  readonly end: number
}

class Compiler {
  constructor(private readonly source: string, private readonly options: PatternOptions) {}

  /** Elements up to the end, or to `|` or `)` inside a group. */
  sequence(start: number, depth: number): { readonly elements: Array<Element>; readonly end: number } {
    const elements: Array<Element> = []
    let at = start
    while (at < this.source.length) {
      const char = this.source[at]
      if (depth > 0 && (char === "|" || char === ")")) break
      const group = this.group(at, depth)
      if (group !== undefined) {
        elements.push(group.element)
        at = group.end
      } else if (char === "*") {
        if (elements.at(-1)?.kind !== "star") elements.push({ kind: "star" })
        at++
      } else if (char === "?") {
        elements.push({ kind: "any" })
        at++
      } else if (char === "[") {
        const bracket = this.bracket(at)
        elements.push(bracket?.element ?? { kind: "char", char })
        at = bracket?.end ?? at + 1
      } else {
        if (char === "\\" && at + 1 < this.source.length) at++
        const point = String.fromCodePoint(this.source.codePointAt(at)!)
        elements.push({ kind: "char", char: this.fold(point) })
        at += point.length
      }
    }
    return { elements, end: at }
  }

  private fold(char: string): string {
    return this.options.ignoreCase === true ? char.toLowerCase() : char
  }

  private group(at: number, depth: number): Bracket | undefined {
    const operator = this.source[at]
    if (this.options.extended !== true || this.source[at + 1] !== "(" || !"?*+@!".includes(operator)) return undefined
    if (depth >= MAX_DEPTH) return undefined
    const choices: Array<ReadonlyArray<Element>> = []
    for (let from = at + 2;;) {
      const { elements, end } = this.sequence(from, depth + 1)
      choices.push(elements)
      if (end >= this.source.length) return undefined
      if (this.source[end] === ")") return { element: { kind: "group", operator, choices }, end: end + 1 }
      from = end + 1
    }
  }

  private bracket(start: number): Bracket | undefined {
    let at = start + 1
    const negated = this.source[at] === "!" || this.source[at] === "^"
    if (negated) at++
    const tests: Array<(char: string) => boolean> = []
    for (let first = true;; first = false) {
      if (at >= this.source.length) return undefined
      if (this.source[at] === "]" && !first) break
      const named = /^\[([:=.])([^\]]*?)\1\]/.exec(this.source.slice(at, at + 30))
      if (named !== null) {
        at += named[0].length
        const pattern = named[1] === ":" ? classes[named[2]] : undefined
        const text = named[2]
        tests.push(named[1] === ":" ? (char) => pattern !== undefined && pattern.test(char) : (char) => char === text)
        continue
      }
      const [low, next] = this.member(at)
      at = next
      if (this.source[at] === "-" && at + 1 < this.source.length && this.source[at + 1] !== "]") {
        const [high, after] = this.member(at + 1)
        at = after
        tests.push((char) => char >= low && char <= high)
      } else tests.push((char) => char === low)
    }
    const ignoreCase = this.options.ignoreCase === true
    const test = (char: string) =>
      tests.some((each) => each(char) || (ignoreCase && (each(char.toLowerCase()) || each(char.toUpperCase()))))
    return { element: { kind: "set", negated, test }, end: at + 1 }
  }

  private member(at: number): readonly [string, number] {
    const escaped = this.source[at] === "\\" && at + 1 < this.source.length ? at + 1 : at
    const char = String.fromCodePoint(this.source.codePointAt(escaped)!)
    return [char, escaped + char.length]
  }
}

const cache = new Map<string, ReadonlyArray<Element>>()
const CACHED = 512

export const compilePattern = (pattern: string, options: PatternOptions = {}): ReadonlyArray<Element> => {
  const key = `${options.ignoreCase === true ? "i" : ""}${options.extended === true ? "x" : ""}:${pattern}`
  let elements = cache.get(key)
  if (elements === undefined) {
    elements = new Compiler(pattern, options).sequence(0, 0).elements
    if (cache.size >= CACHED) cache.delete(cache.keys().next().value!)
    if (pattern.length < 1_000) cache.set(key, elements)
  }
  return elements
}

const matchesOne = (element: Element, char: string, ignoreCase: boolean): boolean => {
  switch (element.kind) {
    case "any":
      return true
    case "char":
      return element.char === (ignoreCase ? char.toLowerCase() : char)
    case "set":
      return element.test(char) !== element.negated
    default:
      return false
  }
}

/** Positions, ascending. */
type Positions = ReadonlyArray<number>

const merge = (sets: ReadonlyArray<Positions>): Positions =>
  sets.length === 1 ? sets[0] : Array.from(new Set(sets.flat())).sort((a, b) => a - b)

class Matcher {
  constructor(private readonly chars: ReadonlyArray<string>, private readonly ignoreCase: boolean) {}

  /** Where a match of the elements that starts at one of the positions can end. */
  ends(elements: ReadonlyArray<Element>, starts: Positions): Positions {
    let positions = starts
    for (const element of elements) {
      if (positions.length === 0) return positions
      positions = this.step(element, positions)
    }
    return positions
  }

  private step(element: Element, positions: Positions): Positions {
    const { chars } = this
    if (element.kind === "star") {
      const from = positions[0]
      return Array.from({ length: chars.length - from + 1 }, (_, index) => from + index)
    }
    if (element.kind === "group") return this.group(element.operator, element.choices, positions)
    const next: Array<number> = []
    for (const at of positions) {
      if (at < chars.length && matchesOne(element, chars[at], this.ignoreCase)) next.push(at + 1)
    }
    return next
  }

  private group(operator: string, choices: ReadonlyArray<ReadonlyArray<Element>>, starts: Positions): Positions {
    const once = (from: Positions) => merge(choices.map((choice) => this.ends(choice, from)))
    if (operator === "@") return once(starts)
    if (operator === "?") return merge([starts, once(starts)])
    if (operator === "!") {
      return merge(starts.map((start) => {
        const excluded = new Set(once([start]))
        const ends: Array<number> = []
        for (let end = start; end <= this.chars.length; end++) if (!excluded.has(end)) ends.push(end)
        return ends
      }))
    }
    const reached = new Set(operator === "*" ? starts : [])
    for (let frontier = starts; frontier.length > 0;) {
      frontier = once(frontier).filter((at) => !reached.has(at))
      for (const at of frontier) reached.add(at)
    }
    return Array.from(reached).sort((a, b) => a - b)
  }
}

const splitCharacters = (text: string): ReadonlyArray<string> => Array.from(text)

/** The classic walk with one point to go back to: enough when there are no groups. */
const matchPlain = (elements: ReadonlyArray<Element>, chars: ReadonlyArray<string>, ignoreCase: boolean): boolean => {
  let element = 0
  let at = 0
  let backElement = -1
  let backAt = 0
  while (at < chars.length) {
    const current = elements[element]
    if (current?.kind === "star") {
      backElement = element++
      backAt = at
    } else if (current !== undefined && matchesOne(current, chars[at], ignoreCase)) {
      element++
      at++
    } else if (backElement >= 0) {
      element = backElement + 1
      at = ++backAt
    } else return false
  }
  while (elements[element]?.kind === "star") element++
  return element === elements.length
}

export class Pattern {
  private readonly elements: ReadonlyArray<Element>
  private readonly hasGroups: boolean
  private readonly ignoreCase: boolean
  /** The text that alone matches, if the pattern is plain text. */
  readonly literal: string | undefined

  constructor(source: string, options: PatternOptions = {}) {
    this.elements = compilePattern(source, options)
    this.ignoreCase = options.ignoreCase === true
    this.hasGroups = this.elements.some((element) => element.kind === "group")
    const plain = !this.ignoreCase && this.elements.every((element) => element.kind === "char")
    this.literal = plain
      ? this.elements.map((element) => element.kind === "char" ? element.char : "").join("")
      : undefined
  }

  matches(text: string): boolean {
    if (this.literal !== undefined) return text === this.literal
    const chars = splitCharacters(text)
    if (!this.hasGroups) return matchPlain(this.elements, chars, this.ignoreCase)
    return new Matcher(chars, this.ignoreCase).ends(this.elements, [0]).at(-1) === chars.length
  }

  /** Length of the shortest or longest beginning that matches; undefined when none does. */
  prefix(text: string, longest: boolean): number | undefined {
    if (this.literal !== undefined) return text.startsWith(this.literal) ? this.literal.length : undefined
    const chars = splitCharacters(text)
    const ends = new Matcher(chars, this.ignoreCase).ends(this.elements, [0])
    const end = longest ? ends.at(-1) : ends[0]
    return end === undefined ? undefined : chars.slice(0, end).join("").length
  }

  /** Where the shortest or longest ending that matches begins. */
  suffix(text: string, longest: boolean): number | undefined {
    if (this.literal !== undefined) return text.endsWith(this.literal) ? text.length - this.literal.length : undefined
    const chars = splitCharacters(text).slice().reverse()
    const ends = new Matcher(chars, this.ignoreCase).ends(reverse(this.elements), [0])
    const end = longest ? ends.at(-1) : ends[0]
    return end === undefined ? undefined : text.length - chars.slice(0, end).join("").length
  }

  /** The matches from left to right, each the longest at its place, with what `make` puts there. */
  replace(text: string, make: (match: string) => string, all: boolean): string {
    if (this.literal !== undefined && this.literal !== "") {
      const at = text.indexOf(this.literal)
      if (at < 0) return text
      if (all) return text.split(this.literal).join(make(this.literal))
      return text.slice(0, at) + make(this.literal) + text.slice(at + this.literal.length)
    }
    const chars = splitCharacters(text)
    const matcher = new Matcher(chars, this.ignoreCase)
    let result = ""
    let at = 0
    while (at < chars.length) {
      const end = matcher.ends(this.elements, [at]).at(-1)
      if (end === undefined || end === at) {
        result += chars[at++]
        continue
      }
      result += make(chars.slice(at, end).join(""))
      at = end
      if (!all) break
    }
    return result + chars.slice(at).join("")
  }
}

const reverse = (elements: ReadonlyArray<Element>): ReadonlyArray<Element> =>
  elements.slice().reverse().map((element) =>
    element.kind === "group" ? { ...element, choices: element.choices.map(reverse) } : element
  )

/** Quotes text so that it matches itself only. */
export const escapePattern = (text: string): string => text.replace(/[\\*?[\]()|!@+]/g, "\\$&")

/** Whether pathname expansion has anything to do. */
export const hasWildcards = (pattern: string, extended: boolean): boolean => {
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]
    if (char === "\\") at++
    else if (char === "*" || char === "?") return true
    else if (char === "[" && pattern.indexOf("]", at + 1) > at) return true
    else if (extended && "+@!".includes(char) && pattern[at + 1] === "(") return true
  }
  return false
}

export const unescapePattern = (pattern: string): string => pattern.replace(/\\([\s\S])/g, "$1")
