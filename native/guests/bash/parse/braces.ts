/** Brace expansion over the text of a word. Quotes, escapes and `${…}` are left as they are. */
import { MAX_BRACE_WORDS } from "../limits.ts"

class TooMany {}

/** Index after a quoted or substituted stretch that begins at `at`, or `at` when none does. */
const skip = (text: string, at: number): number => {
  const char = text[at]
  if (char === "\\") return Math.min(at + 2, text.length)
  if (char === "'" || char === "`") {
    const end = text.indexOf(char, at + 1)
    return end < 0 ? text.length : end + 1
  }
  if (char === "\"") {
    let end = at + 1
    while (end < text.length && text[end] !== "\"") end += text[end] === "\\" ? 2 : 1
    return end + 1
  }
  if (char === "$" && (text[at + 1] === "{" || text[at + 1] === "(")) return balanced(text, at + 1)
  if ((char === "<" || char === ">") && text[at + 1] === "(") return balanced(text, at + 1)
  return at
}

const balanced = (text: string, at: number): number => {
  const open = text[at]
  const close = open === "{" ? "}" : ")"
  let depth = 0
  for (let index = at; index < text.length;) {
    if (text[index] === open) depth++
    else if (text[index] === close && --depth === 0) return index + 1
    else if (text[index] === "\\") index++
    index++
  }
  return text.length
}

interface Braces {
  readonly start: number
  readonly end: number
  readonly pieces: ReadonlyArray<string>
}

/** The first brace group of the text that is one: with a comma, or a sequence. */
const findBraces = (text: string): Braces | undefined => {
  for (let at = 0; at < text.length;) {
    const next = skip(text, at)
    if (next > at) {
      at = next
      continue
    }
    if (text[at] === "{") {
      const group = readGroup(text, at)
      if (group !== undefined) return group
    }
    at++
  }
  return undefined
}

const readGroup = (text: string, start: number): Braces | undefined => {
  const pieces: Array<string> = []
  let depth = 0
  let piece = start + 1
  for (let at = start; at < text.length;) {
    const next = skip(text, at)
    if (next > at) {
      at = next
      continue
    }
    if (text[at] === "{") depth++
    else if (text[at] === "," && depth === 1) {
      pieces.push(text.slice(piece, at))
      piece = at + 1
    } else if (text[at] === "}" && --depth === 0) {
      const body = text.slice(start + 1, at)
      if (pieces.length > 0) return { start, end: at + 1, pieces: [...pieces, text.slice(piece, at)] }
      const items = sequence(body)
      return items === undefined ? undefined : { start, end: at + 1, pieces: items }
    }
    at++
  }
  return undefined
}

const sequence = (body: string): Array<string> | undefined => {
  const match = /^(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.(-?\d+))?$/.exec(body)
  if (match === null) return undefined
  const [, from, to, by] = match
  const isNumber = /\d/.test(from)
  if (isNumber !== /\d/.test(to)) return undefined
  const first = isNumber ? Number(from) : from.charCodeAt(0)
  const last = isNumber ? Number(to) : to.charCodeAt(0)
  const step = Math.abs(Number(by ?? 1)) || 1
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) return undefined
  if (Math.abs(last - first) / step >= MAX_BRACE_WORDS) throw new TooMany()
  const padded = isNumber && (/^-?0\d/.test(from) || /^-?0\d/.test(to))
  const width = padded ? Math.max(from.length, to.length) : 0
  const items: Array<string> = []
  for (let value = first; first <= last ? value <= last : value >= last; value += first <= last ? step : -step) {
    if (!isNumber) items.push(value === 92 ? "\\\\" : String.fromCharCode(value))
    else if (value < 0) items.push(`-${String(-value).padStart(width - 1, "0")}`)
    else items.push(String(value).padStart(width, "0"))
  }
  return items
}

/** How deep braces may stand in braces. */
const MAX_DEPTH = 100

const expand = (text: string, depth: number): Array<string> => {
  const group = depth > MAX_DEPTH ? undefined : findBraces(text)
  if (group === undefined) return [text]
  const before = text.slice(0, group.start)
  const middle = group.pieces.flatMap((piece) => expand(piece, depth + 1))
  const after = expand(text.slice(group.end), depth + 1)
  if (middle.length * after.length > MAX_BRACE_WORDS) throw new TooMany()
  const words: Array<string> = []
  for (const left of middle) for (const right of after) words.push(before + left + right)
  return words
}

/** The words, without empty ones; undefined when there are more than the bound: the word then stays as it is. */
export const expandBraces = (text: string): Array<string> | undefined => {
  try {
    return expand(text, 0).filter((word) => word !== "")
  } catch (error) {
    if (error instanceof TooMany) return undefined
    throw error
  }
}
