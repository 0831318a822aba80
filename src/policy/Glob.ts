/**
 * The globs of a permission policy: `*` and `?` stop at a slash, `**` crosses it, everything else is itself. A pattern is
 * matched as a whole, in a time that is linear in the text whatever the pattern: what is kept is the set of all places of
 * the pattern that the text so far can have reached.
 *
 * @since 0.1.0
 */

const SLASH = 0x2f
const STAR = 0x2a
const QUESTION = 0x3f

/** Tokens of a pattern that are no code point. */
const ONE = -1
const NAME = -2
const ANYTHING = -3

/**
 * What a pattern says about everything that lies below a directory: it matches none of it, all of it, or some of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Coverage = "none" | "some" | "all"

/**
 * A pattern that is ready to be matched.
 *
 * @since 0.1.0
 * @category models
 */
export interface Glob {
  readonly pattern: string
  /** What comes before the first wildcard. */
  readonly prefix: string
  readonly matches: (text: string) => boolean
  /** How much of what is below a directory, at any depth, it matches. The directory itself does not count. */
  readonly below: (directory: string) => Coverage
  /** Whether it is about something below that directory and about nothing outside of it. */
  readonly isWithin: (directory: string) => boolean
}

/** The tokens of a pattern: a run of two or more stars is one `**`. */
const tokensOf = (pattern: string): Int32Array => {
  const tokens: Array<number> = []
  for (let at = 0; at < pattern.length;) {
    const point = pattern.codePointAt(at)!
    if (point !== STAR) {
      tokens.push(point === QUESTION ? ONE : point)
      at += point > 0xffff ? 2 : 1
      continue
    }
    const start = at
    while (pattern.charCodeAt(at) === STAR) at++
    tokens.push(at - start > 1 ? ANYTHING : NAME)
  }
  return Int32Array.from(tokens)
}

/** Adds a place and those that can be reached from it without a character. */
const enter = (tokens: Int32Array, places: Uint8Array, from: number): void => {
  for (let place = from;; place++) {
    if (places[place] === 1) return
    places[place] = 1
    const token = tokens[place]
    if (place === tokens.length || (token !== NAME && token !== ANYTHING)) return
  }
}

/** The places after the text, of those of the pattern; the last is its end. `undefined` when the text cannot begin it. */
const run = (tokens: Int32Array, text: string, from: number): Uint8Array | undefined => {
  const end = tokens.length
  let places = new Uint8Array(end + 1)
  let next = new Uint8Array(end + 1)
  enter(tokens, places, 0)
  for (let at = from; at < text.length;) {
    const point = text.codePointAt(at)!
    at += point > 0xffff ? 2 : 1
    let alive = false
    next.fill(0)
    for (let place = 0; place < end; place++) {
      if (places[place] === 0) continue
      const token = tokens[place]
      const stays = token === ANYTHING || (token === NAME && point !== SLASH)
      const passes = token === point || (token === ONE && point !== SLASH)
      if (!stays && !passes) continue
      alive = true
      enter(tokens, next, stays ? place : place + 1)
    }
    if (!alive) return undefined
    const former = places
    places = next
    next = former
  }
  return places
}

const slashed = (directory: string): string => directory.endsWith("/") ? directory : `${directory}/`

/** How the whole of a text is matched: most patterns need no places to be kept. */
const matcher = (pattern: string, prefix: string, rest: Int32Array): (text: string) => boolean => {
  if (rest.length === 0) return (text) => text === pattern
  if (rest.length === 1 && rest[0] === ANYTHING) return prefix === "" ? () => true : (text) => text.startsWith(prefix)
  if (rest.length === 1 && rest[0] === NAME) {
    return (text) => text.startsWith(prefix) && !text.includes("/", prefix.length)
  }
  // A text that does not end as the pattern does is told at once.
  const last = rest[rest.length - 1]
  const suffix = last >= 0 ? String.fromCodePoint(last) : ""
  return (text) =>
    text.startsWith(prefix) && text.endsWith(suffix) && run(rest, text, prefix.length)?.[rest.length] === 1
}

const coverage = (tokens: Int32Array, directory: string): Coverage => {
  const places = run(tokens, directory, 0)
  const last = tokens.length - 1
  if (places === undefined) return "none"
  if (tokens[last] === ANYTHING && places[last] === 1) return "all"
  return places.indexOf(1) === tokens.length ? "none" : "some"
}

/**
 * Makes a pattern ready.
 *
 * @since 0.1.0
 * @category constructors
 */
export const compile = (pattern: string): Glob => {
  const wild = pattern.search(/[*?]/)
  const prefix = wild === -1 ? pattern : pattern.slice(0, wild)
  const tokens = tokensOf(pattern)
  const rest = wild === -1 ? new Int32Array(0) : tokensOf(pattern.slice(wild))
  return {
    pattern,
    prefix,
    matches: matcher(pattern, prefix, rest),
    below: (directory) => {
      const inside = slashed(directory)
      if (!inside.startsWith(prefix) && !prefix.startsWith(inside)) return "none"
      return coverage(tokens, inside)
    },
    isWithin: (directory) => prefix.length > 0 && prefix.startsWith(slashed(directory))
  }
}
