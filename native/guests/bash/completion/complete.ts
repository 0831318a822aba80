/** Completion of a line at the cursor: what is inserted, and what is listed. */
import type { Completed } from "../editor/line-editor.ts"
import { isOn } from "../editor/variables.ts"
import { placeAfter } from "../editor/width.ts"
import type { Shell } from "../state/shell.ts"
import { actions, commands, type FileCandidate, files } from "./candidates.ts"
import { type CompletionSpec, DEFAULT_BREAKS, possibilities } from "./specs.ts"
import { type CurrentWord, currentWord } from "./words.ts"

/** Rows of a list; what there is beyond is only counted. */
const MAX_LISTED = 100

interface Choice {
  /** What takes the place of what was typed, before it is quoted. */
  readonly text: string
  /** What a list shows. */
  readonly shown: string
  /** What follows when there is no other. */
  readonly end: string
}

interface Choices {
  readonly choices: ReadonlyArray<Choice>
  /** Where in the line what is replaced begins. */
  readonly from: number
  readonly quotes: boolean
}

const none = (from: number): Choices => ({ choices: [], from, quotes: true })

/** Names are quoted as they are typed: in the quotes that are open, or by backslashes. */
const quoted = (text: string, quote: CurrentWord["quote"]): string => {
  if (quote === "'") return text.replaceAll("'", "'\\''")
  if (quote === "\"") return text.replace(/[\\"$`]/g, "\\$&")
  return text.replace(/[\s\\'"`$&|;<>(){}[\]*?!=:]|^[~#]/g, (char) => char === "\n" ? "$'\\n'" : `\\${char}`)
}

/** Where case counts for nothing, it is that of what was typed, if a text begins so. */
const commonBeginning = (texts: ReadonlyArray<string>, typed: string, ignoresCase: boolean): string => {
  const same = (a: string, b: string) => a === b || (ignoresCase && a.toLowerCase() === b.toLowerCase())
  let common = texts.find((text) => text.startsWith(typed)) ?? texts[0]
  for (const text of texts) {
    let at = 0
    while (at < common.length && at < text.length && same(common[at], text[at])) at++
    // no half of a character
    if (at > 0 && at < common.length && common.charCodeAt(at - 1) >= 0xd800 && common.charCodeAt(at - 1) < 0xdc00) at--
    common = common.slice(0, at)
  }
  return common
}

const byName = (a: Choice, b: Choice): number => a.shown < b.shown ? -1 : a.shown > b.shown ? 1 : 0

const distinct = (choices: ReadonlyArray<Choice>): ReadonlyArray<Choice> => {
  const seen = new Set<string>()
  return choices.filter(({ text }) => !seen.has(text) && seen.add(text)).slice().sort(byName)
}

/** In columns, downwards. */
export const inColumns = (shown: ReadonlyArray<string>, columns: number): string => {
  const kept = shown.slice(0, MAX_LISTED)
  const widths = kept.map((text) => placeAfter(text, { row: 0, column: 0 }, 100_000).column)
  const width = Math.max(...widths) + 2
  const count = Math.max(1, Math.floor(columns / width))
  const rows = Math.ceil(kept.length / count)
  const lines = Array.from({ length: rows }, (_, row) => {
    let line = ""
    for (let at = row; at < kept.length; at += rows) {
      line += kept[at] + (at + rows < kept.length ? " ".repeat(width - widths[at]) : "")
    }
    return line.trimEnd()
  })
  const more = shown.length - kept.length
  return `${lines.join("\n")}\n${more > 0 ? `... and ${more} more\n` : ""}`
}

/** Files, of which only the last part is replaced: what leads there stays as it was typed. */
const fileChoices = async (
  shell: Shell,
  line: string,
  cursor: number,
  word: CurrentWord,
  only?: Parameters<typeof files>[2]
): Promise<Choices> => {
  const cut = word.quote === "" ? Math.max(word.text.lastIndexOf("="), word.text.lastIndexOf(":")) + 1 : 0
  const found = await files(shell, word.text.slice(cut), only)
  const raw = line.slice(word.start, cursor)
  const rawCut = cut === 0 ? 0 : Math.max(raw.lastIndexOf("="), raw.lastIndexOf(":")) + 1
  const from = word.start + Math.max(rawCut, raw.lastIndexOf("/") + 1)
  const marks = shell.readline === undefined || isOn(shell.readline.variables, "mark-directories")
  return { choices: found.map((each) => fileChoice(each, word.quote, marks)), from, quotes: true }
}

const fileChoice = ({ isDirectory, text }: FileCandidate, quote: string, marks: boolean): Choice => {
  const name = text.slice(text.lastIndexOf("/") + 1)
  return { text: name, shown: isDirectory ? `${name}/` : name, end: isDirectory ? (marks ? "/" : "") : `${quote} ` }
}

/** Variables behind `$` or `${`. */
const variableChoices = async (shell: Shell, line: string, cursor: number): Promise<Choices | undefined> => {
  const typed = /(?<!\\)\$(\{?)([A-Za-z_][A-Za-z0-9_]*)?$/.exec(line.slice(0, cursor))
  if (typed === null) return undefined
  const [, brace, name = ""] = typed
  const found = await actions.variable(shell, name)
  return {
    choices: found.map((each) => ({
      text: each,
      shown: `$${brace}${each}${brace === "" ? "" : "}"}`,
      end: brace === "" ? (shell.variables.get(each)?.startsWith("/") === true ? "/" : " ") : "} "
    })),
    from: cursor - name.length,
    quotes: false
  }
}

const plainChoices = (found: ReadonlyArray<string>, from: number, quote: string): Choices => ({
  choices: found.map((text) => ({ text, shown: text, end: `${quote} ` })),
  from,
  quotes: true
})

/** As a specification says. */
const specified = async (
  shell: Shell,
  spec: CompletionSpec,
  line: string,
  cursor: number,
  word: CurrentWord
): Promise<Choices | "again"> => {
  const breaks = (shell.variables.get("COMP_WORDBREAKS") ?? DEFAULT_BREAKS).replace(/[\s"']/g, "")
  const raw = line.slice(word.start, cursor)
  let cut = 0
  if (word.quote === "") { for (let at = 0; at < raw.length; at++) if (breaks.includes(raw[at])) cut = at + 1 }
  const typed = cut === 0 ? word.text : raw.slice(cut)
  const options = new Set(spec.options)
  shell.completionOptions = options
  const found = await possibilities(shell, spec, {
    line: line.slice(word.commandStart),
    cursor: cursor - word.commandStart,
    command: word.before[0] ?? "",
    word: typed,
    previous: word.before.at(-1) ?? ""
  })
  shell.completionOptions = undefined
  if (found === "again") return found
  const areFiles = options.has("filenames") || spec.actions.includes("file") || spec.actions.includes("directory")
  const end = options.has("nospace") ? "" : `${word.quote} `
  if (!areFiles) {
    return { choices: found.map((text) => ({ text, shown: text, end })), from: word.start + cut, quotes: false }
  }
  const known = new Set((await files(shell, typed, ({ isDirectory }) => isDirectory)).map(({ text }) => text))
  return {
    choices: found.map((text) => ({
      text,
      shown: text.slice(text.lastIndexOf("/") + 1) + (known.has(text) ? "/" : ""),
      end: known.has(text) ? "/" : end
    })),
    from: word.start + cut,
    quotes: !options.has("noquote")
  }
}

/** How often a function may ask for another specification. */
const MAX_AGAIN = 32

const bySpecification = async (
  shell: Shell,
  line: string,
  cursor: number,
  word: CurrentWord
): Promise<Choices | undefined> => {
  if (!shell.options.has("progcomp")) return undefined
  for (let time = 0; time < MAX_AGAIN; time++) {
    const name = word.before[0] ?? ""
    const spec = shell.completions.get(name) ?? shell.completions.get(name.slice(name.lastIndexOf("/") + 1))
      ?? shell.completions.get("-D")
    if (spec === undefined) return undefined
    const choices = await specified(shell, spec, line, cursor, word)
    if (choices === "again") continue
    const isFinal = choices.choices.length > 0
      || !(spec.options.has("default") || spec.options.has("bashdefault"))
    return isFinal ? choices : undefined
  }
  return undefined
}

const choicesOf = async (shell: Shell, line: string, cursor: number): Promise<Choices> => {
  const word = currentWord(line, cursor)
  const variables = word.quote === "'" ? undefined : await variableChoices(shell, line, cursor)
  if (variables !== undefined) return variables
  if (word.isRedirect) return fileChoices(shell, line, cursor, word)
  if (word.quote === "" && /^~[^/]*$/.test(word.text)) {
    const users = await actions.user(shell, word.text.slice(1))
    if (word.text !== "~") {
      return { choices: users.map((text) => ({ text, shown: text, end: "/" })), from: word.start + 1, quotes: false }
    }
  }
  if (word.isCommand) {
    if (word.text === "" && shell.options.has("no_empty_cmd_completion")) return none(cursor)
    if (word.text.includes("/")) {
      return fileChoices(shell, line, cursor, word, ({ isDirectory, mode }) => isDirectory || (mode & 0o111) !== 0)
    }
    const found = plainChoices(await commands(shell, word.text), word.start, word.quote)
    // without a command of that name, a file may be meant
    return found.choices.length > 0 ? found : fileChoices(shell, line, cursor, word, ({ isDirectory }) => isDirectory)
  }
  return await bySpecification(shell, line, cursor, word) ?? fileChoices(shell, line, cursor, word)
}

/** What Tab makes of a line. `lists`: it was pressed before, and the possibilities are to be seen. */
export const completeLine = async (
  shell: Shell,
  line: string,
  cursor: number,
  lists: boolean,
  columns: number
): Promise<Completed> => {
  const { choices: all, from, quotes } = await choicesOf(shell, line, cursor)
  const choices = distinct(all)
  const same = { text: line, cursor }
  if (choices.length === 0) return { ...same, fails: true }
  const { quote } = currentWord(line, cursor)
  const made = (text: string) => quotes ? quoted(text, quote) : text
  const insert = (text: string): Completed => ({
    text: line.slice(0, from) + text + line.slice(cursor),
    cursor: from + text.length
  })
  if (choices.length === 1) {
    const [{ end, text }] = choices
    // a blank that is there already is gone over
    const blank = end.endsWith(" ") && line[cursor] === " " ? end.slice(0, -1) : end
    return insert(made(text) + blank)
  }
  const isSet = (name: string) => shell.readline !== undefined && isOn(shell.readline.variables, name)
  const texts = choices.map(({ text }) => text)
  const common = made(commonBeginning(texts, line.slice(from, cursor), isSet("completion-ignore-case")))
  const list = () => inColumns(choices.map(({ shown }) => shown), columns)
  const listsAll = isSet("show-all-if-ambiguous")
  if (common.length > cursor - from) return { ...insert(common), ...(listsAll ? { list: list() } : { fails: true }) }
  return lists || listsAll || isSet("show-all-if-unmodified") ? { ...same, list: list() } : { ...same, fails: true }
}
