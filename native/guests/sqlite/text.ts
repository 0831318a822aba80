/** Reading SQL as lines of input: whether a statement is complete, and what a line adds to it. */

/** What a line ends within: a quotation, by the character that ends it, or a comment. */
export type Inside = "" | "'" | "\"" | "`" | "]" | "*"

export interface Scan {
  readonly inside: Inside
  /** Something that is no white space and no comment has come. */
  readonly dark: boolean
  /** The last such thing was a semicolon. */
  readonly ended: boolean
}

export const START: Scan = { inside: "", dark: false, ended: false }

/** Where a quotation that has begun ends; -1 when it does not. */
const endOf = (line: string, from: number, inside: Inside): number => {
  if (inside === "*") {
    const end = line.indexOf("*/", from)
    return end < 0 ? -1 : end + 2
  }
  for (let at = line.indexOf(inside, from); at >= 0; at = line.indexOf(inside, at + 2)) {
    if (inside === "]" || line[at + 1] !== inside) return at + 1
  }
  return -1
}

/** Goes on with a line. */
export const scan = (line: string, before: Scan): Scan => {
  let { dark, ended, inside } = before
  let at = 0
  while (at < line.length) {
    if (inside !== "") {
      const end = endOf(line, at, inside)
      if (end < 0) return { inside, dark, ended }
      inside = ""
      at = end
      continue
    }
    const char = line[at]
    if (char === "-" && line[at + 1] === "-") break
    if (char === "/" && line[at + 1] === "*") {
      inside = "*"
      at += 2
      continue
    }
    at++
    if (/\s/.test(char)) continue
    dark = true
    ended = char === ";"
    if (char === "'" || char === "\"" || char === "`") inside = char
    else if (char === "[") inside = "]"
  }
  return { inside, dark, ended }
}

const token =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?|[\w$\u0080-\uffff]+|[\s\S]/g

/** The words of SQL, each with where it begins; without white space and comments. */
export const tokens = (sql: string): ReadonlyArray<{ readonly text: string; readonly at: number }> => {
  const found: Array<{ readonly text: string; readonly at: number }> = []
  for (const match of sql.matchAll(token)) {
    if (!/^(?:\s|--|\/\*)/.test(match[0])) found.push({ text: match[0], at: match.index })
  }
  return found
}

/** Whether SQL ends with a complete statement. A trigger ends with `END;` only. */
export const isComplete = (sql: string): boolean => {
  if (scan(sql, START).inside !== "") return false
  const words = tokens(sql).map(({ text }) => text.toLowerCase())
  if (words.at(-1) !== ";") return false
  return !words.includes("trigger") || triggersEnded(words)
}

/** Whether every trigger that begins has its end. */
const triggersEnded = (words: ReadonlyArray<string>): boolean => {
  let within = false
  let start = 0
  for (let at = 0; at < words.length; at++) {
    if (words[at] !== ";") continue
    const first = words[start] === "explain" ? start + 1 : start
    const head = words.slice(first, Math.min(at, first + 3))
    const creates = head[0] === "create" &&
      (head[1] === "trigger" || (/^temp(?:orary)?$/.test(head[1] ?? "") && head[2] === "trigger"))
    if (!within && creates) within = true
    if (within && words[at - 1] === "end" && words[at - 2] === ";") within = false
    if (!within) start = at + 1
  }
  return !within
}
