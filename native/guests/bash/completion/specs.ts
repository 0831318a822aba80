/** What `complete` has been told of the words of a command, and what comes of it. */
import { expandText, ifsOf } from "../expand/expand.ts"
import { Pattern } from "../expand/pattern.ts"
import { callFunction } from "../interpret/functions.ts"
import { compileHereText } from "../parse/compile.ts"
import type { Shell } from "../state/shell.ts"
import { IndexedArray, plain, type Variable } from "../state/values.ts"
import { actions, MAX_CANDIDATES } from "./candidates.ts"
import { completionWords } from "./words.ts"

export interface CompletionSpec {
  readonly actions: ReadonlyArray<string>
  /** -W, -F, -X, -P, -S, -G. */
  readonly wordList?: string | undefined
  readonly functionName?: string | undefined
  readonly filter?: string | undefined
  readonly prefix?: string | undefined
  readonly suffix?: string | undefined
  readonly glob?: string | undefined
  /** -o. */
  readonly options: ReadonlySet<string>
}

/** What is completed. */
export interface Request {
  readonly line: string
  readonly cursor: number
  /** The command's first word. */
  readonly command: string
  readonly word: string
  readonly previous: string
}

export const DEFAULT_BREAKS = " \t\n\"'><=;|&(:"

/** The words of a list, as the shell would split them, that begin as the word does. */
const wordList = async (shell: Shell, list: string, word: string): Promise<ReadonlyArray<string>> => {
  const ifs = ifsOf(shell)
  const text = await expandText(shell, compileHereText(list))
  const words: Array<string> = []
  let current = ""
  let begun = false
  let quote = ""
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (quote !== "" ? char === quote : char === "'" || char === "\"") {
      quote = quote === "" ? char : ""
      begun = true
    } else if (char === "\\" && quote !== "'") current += text[++at] ?? ""
    else if (quote === "" && ifs.includes(char)) {
      if (current !== "" || begun) words.push(current)
      current = ""
      begun = false
    } else current += char
  }
  if (current !== "" || begun) words.push(current)
  return words.filter((each) => each.startsWith(word))
}

const put = (shell: Shell, name: string, value: Variable["value"]): void =>
  shell.variables.put(name, { ...plain, value })

/** What the function makes COMPREPLY. 124 means: look again, there is another specification now. */
const fromFunction = async (shell: Shell, name: string, request: Request): Promise<ReadonlyArray<string> | "again"> => {
  const target = shell.functions.get(name)
  if (target === undefined) {
    await shell.complain(`completion: function \`${name}' not found`)
    return []
  }
  const { command, cursor, line, previous, word } = request
  const breaks = shell.variables.get("COMP_WORDBREAKS") ?? DEFAULT_BREAKS
  const { index, words } = completionWords(line, cursor, breaks)
  const values: Record<string, Variable["value"]> = {
    COMP_WORDS: IndexedArray.of(words),
    COMP_CWORD: String(index),
    COMP_LINE: line,
    COMP_POINT: String(Buffer.byteLength(line.slice(0, cursor))),
    COMP_KEY: "9",
    COMP_TYPE: "9"
  }
  const { lastArgument, pipeStatus, status } = shell
  for (const [key, value] of Object.entries(values)) put(shell, key, value)
  shell.variables.unset("COMPREPLY")
  try {
    const result = await callFunction(shell, target, [command, word, previous])
    if (result === 124) return "again"
    const reply = shell.variables.find("COMPREPLY")?.value
    return reply instanceof IndexedArray ? reply.values() : typeof reply === "string" ? [reply] : []
  } finally {
    for (const key of [...Object.keys(values), "COMPREPLY"]) shell.variables.unset(key)
    Object.assign(shell, { lastArgument, pipeStatus, status })
  }
}

/** What is left by -X: a pattern that takes away what it matches, or with `!` what it does not. `&` is the word. */
const filtered = (found: ReadonlyArray<string>, filter: string, word: string): ReadonlyArray<string> => {
  const negated = filter.startsWith("!")
  const text = (negated ? filter.slice(1) : filter).replace(/\\?&/g, (mark) => mark === "&" ? word : "&")
  const pattern = new Pattern(text, { extended: true })
  return found.filter((each) => pattern.matches(each) === negated)
}

/** The possibilities of a specification; "again" when it has been replaced meanwhile. */
export const possibilities = async (
  shell: Shell,
  spec: CompletionSpec,
  request: Request
): Promise<ReadonlyArray<string> | "again"> => {
  const { word } = request
  const found: Array<string> = []
  for (const name of spec.actions) found.push(...await actions[name](shell, word))
  if (spec.glob !== undefined) {
    const pattern = new Pattern(spec.glob, { extended: true })
    found.push(...(await actions.file(shell, "")).filter((name) => pattern.matches(name) && name.startsWith(word)))
  }
  if (spec.wordList !== undefined) found.push(...await wordList(shell, spec.wordList, word))
  if (spec.functionName !== undefined) {
    const reply = await fromFunction(shell, spec.functionName, request)
    if (reply === "again") return reply
    found.push(...reply)
  }
  const kept = spec.filter === undefined || spec.filter === "" ? found : filtered(found, spec.filter, word)
  const { prefix = "", suffix = "" } = spec
  const all = kept.slice(0, MAX_CANDIDATES).map((each) => prefix + each + suffix)
  if (spec.options.has("plusdirs")) all.push(...await actions.directory(shell, word))
  if (all.length === 0 && spec.options.has("dirnames")) return actions.directory(shell, word)
  return all
}
