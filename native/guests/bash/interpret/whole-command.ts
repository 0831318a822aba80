/** Commands from lines: where one is whole, and what a line must hold that may end one which is not. */
import type { ParsedScript } from "unbash"
import { parse } from "unbash"
import { ShellFailure } from "../errors.ts"
import { MAX_TEXT } from "../limits.ts"

interface HereDocument {
  readonly delimiter: string
  readonly strips: boolean
}

/** The first here-document whose closing line has not come. */
const openHereDocument = (script: ParsedScript): HereDocument | undefined => {
  let found: HereDocument | undefined
  const look = (node: unknown): void => {
    if (found !== undefined || typeof node !== "object" || node === null) return
    if (Array.isArray(node)) return node.forEach(look)
    const each = node as Record<string, unknown>
    if (each.type === "HereDoc" && each.closing === undefined) {
      const { value } = each.delimiter as { readonly value: string }
      found = { delimiter: value, strips: each.operator === "<<-" }
      return
    }
    for (const key in each) if (key !== "errors") look(each[key])
  }
  look(script.commands)
  return found
}

/** Marks without which the ends of compound commands cannot come. */
const closing = /[)}\]]|\b(?:fi|done|esac)\b/
const anything = /^/

/** What the line must hold that may end a text which ends too early; undefined when it does not. */
const missing = (source: string, script: ParsedScript): RegExp | undefined => {
  const [first, ...others] = script.errors ?? []
  if (first === undefined) return /(?:^|[^\\])(?:\\\\)*\\\n$/.test(source) ? anything : undefined
  if (first.message.startsWith("unterminated")) {
    if (/single quote|ANSI-C/.test(first.message)) return /'/
    if (/double quote|locale/.test(first.message)) return /"/
    if (/backtick|backquote/.test(first.message)) return /`/
    return /[)}]/
  }
  const isAtEnd = ({ pos }: { readonly pos: number }) => source.slice(pos).trim() === ""
  const isEmptyBody = first.message.startsWith("expected command in ")
  if (!isAtEnd(first) && !(isEmptyBody && others.some(isAtEnd))) return undefined
  return isEmptyBody || /'(?:fi|done|esac|[)}]|\]\])' to close /.test(first.message) ? closing : anything
}

const closes = ({ delimiter, strips }: HereDocument, line: string): boolean => {
  const text = line.endsWith("\n") ? line.slice(0, -1) : line
  return (strips ? text.replace(/^\t+/, "") : text) === delimiter
}

/** Words alone, that no later line can belong to. */
const isPlain = (source: string): boolean =>
  /^[\w ./,:@%+-]*\n$/.test(source) && !/^ *(?:if|while|until|for|case|select|function|coproc|time)\b/.test(source)

/** Lines up to the end of a whole command; undefined when there are no more. `next` gives a line with its end. */
export const wholeCommand = async (next: () => Promise<string | undefined>): Promise<string | undefined> => {
  let source = ""
  const more = async (): Promise<string | undefined> => {
    const line = await next()
    if (line === undefined) return undefined
    source += line
    if (source.length > MAX_TEXT) throw new ShellFailure("cannot allocate memory")
    return line
  }
  if (await more() === undefined) return undefined
  while (!isPlain(source)) {
    const script = parse(source)
    const here = openHereDocument(script)
    const mark = here === undefined ? missing(source, script) : anything
    if (mark === undefined) break
    let line = await more()
    while (line !== undefined && !(here === undefined ? mark.test(line) : closes(here, line))) line = await more()
    if (line === undefined) break
  }
  return source
}

/** Blanks and a comment. */
export const isEmpty = (source: string): boolean => /^\s*(?:#.*)?$/.test(source)
