/** `tar --transform`: names changed by the `s` command of sed. */
import { ProgramFailure } from "../program.ts"
import type { Match } from "../text/regex.ts"
import { compileRegex } from "../text/regex.ts"

type Change = (name: string) => string

const problem = (): never => {
  throw new ProgramFailure("Invalid transform expression\ntar: Error is not recoverable: exiting now", 2)
}

/** The text up to a delimiter that stands alone, and where it ends. */
const part = (text: string, from: number, delimiter: string): readonly [part: string, end: number] => {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++
    else if (text[at] === delimiter) return [text.slice(from, at).replaceAll(`\\${delimiter}`, delimiter), at + 1]
  }
  return problem()
}

const filled = (replacement: string, { groups }: Match): string =>
  replacement.replace(/\\([0-9])|\\(.)|&/gs, (whole, group?: string, char?: string) => {
    if (group !== undefined) return groups[Number(group)] ?? ""
    if (char !== undefined) return char === "n" ? "\n" : char
    return whole === "&" ? groups[0] ?? "" : whole
  })

const change = (source: string, replacement: string, flags: string): Change => {
  const options = { extended: flags.includes("x"), ignoreCase: flags.includes("i"), spans: true }
  const regex = compileRegex(source, options) ?? problem()
  const first = Number(/\d+/.exec(flags)?.[0] ?? 1)
  const all = flags.includes("g")
  return (name) => {
    let out = ""
    let at = 0
    for (let count = 1; at <= name.length; count++) {
      const match = regex.exec(name, at)
      if (match === undefined) break
      const chosen = count === first || (all && count > first)
      out += name.slice(at, match.start) + (chosen ? filled(replacement, match) : name.slice(match.start, match.end))
      // an empty match must not be found again
      const step = match.end === match.start ? 1 : 0
      out += name.slice(match.end, match.end + step)
      at = match.end + step
      if (chosen && !all) break
    }
    return out + name.slice(at)
  }
}

/** What the expressions, each one or more commands, make of a name. */
export const transformOf = (expressions: ReadonlyArray<string>): Change => {
  const changes: Array<Change> = []
  for (const text of expressions) {
    for (let at = 0; at < text.length; at++) {
      const delimiter = text[at + 1]
      if (text[at] !== "s" || delimiter === undefined) problem()
      const [source, middle] = part(text, at + 2, delimiter)
      const [replacement, end] = part(text, middle, delimiter)
      const flags = /^[a-zA-Z0-9]*/.exec(text.slice(end))![0]
      changes.push(change(source, replacement, flags))
      at = end + flags.length
      if (at < text.length && text[at] !== ";") problem()
    }
  }
  return (name) => changes.reduce((value, each) => each(value), name)
}
