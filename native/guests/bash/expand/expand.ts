/** Expansion of words, in bash's order. Braces have been expanded when the word was compiled. */
import type * as Ast from "unbash"
import type { Integer } from "../arithmetic/evaluate.ts"
import { ShellFailure } from "../errors.ts"
import { processSubstitution, substitute } from "../interpret/substitution.ts"
import { compileHereText, compileWords } from "../parse/compile.ts"
import type { Segment, Word } from "../parse/word-model.ts"
import type { Shell } from "../state/shell.ts"
import { calculate } from "./arithmetic.ts"
import { Fields } from "./fields.ts"
import { expandPath } from "./glob.ts"
import { expandParameter } from "./parameter.ts"
import { escapePattern } from "./pattern.ts"

export const ifsOf = (shell: Shell): string => shell.variables.get("IFS") ?? " \t\n"

const home = (shell: Shell, user: string): string => {
  const get = (name: string) => shell.variables.get(name)
  if (user === "") return get("HOME") ?? `/home/${shell.machine.identity.user}`
  if (user === "+") return get("PWD") ?? shell.cwd
  if (user === "-") return get("OLDPWD") ?? "~-"
  if (user === "root") return "/root"
  return user === shell.machine.identity.user ? `/home/${user}` : `~${user}`
}

/** Expands the segments of a word into fields. `literalSplits` where bare text is itself the result of an expansion. */
export const expandSegments = async (
  shell: Shell,
  segments: ReadonlyArray<Segment>,
  fields: Fields,
  literalSplits = false
): Promise<void> => {
  for (const segment of segments) {
    switch (segment.kind) {
      case "text":
        if (literalSplits && !segment.quoted) fields.addSplit(segment.text)
        else fields.add(segment.text, segment.quoted)
        break
      case "tilde":
        if (segment.looks === true && shell.isPosix) fields.add(`~${segment.user}`, true)
        else fields.add(home(shell, segment.user), true)
        break
      case "parameter": {
        const pending = expandParameter(shell, segment, fields)
        if (pending !== undefined) await pending
        break
      }
      case "command": {
        const text = await substitute(shell, segment)
        if (segment.quoted) fields.add(text, true)
        else fields.addSplit(text)
        break
      }
      case "arithmetic": {
        const text = String(await arithmetic(shell, segment.body))
        if (segment.quoted) fields.add(text, true)
        else fields.addSplit(text)
        break
      }
      case "process":
        fields.add(await processSubstitution(shell, segment), true)
    }
  }
}

/** The value of an arithmetic text, its expansions made first. */
export const arithmetic = async (shell: Shell, body: string): Promise<Integer> =>
  calculate(shell, await arithmeticText(shell, body))

const arithmeticText = async (shell: Shell, body: string): Promise<string> => {
  const text = /[$`\\]/.test(body) ? await expandText(shell, compileHereText(body)) : body
  return text.includes("\"") ? text.replaceAll("\"", "") : text
}

/** One text: no splitting, no pathnames. For assignments, redirections, here-documents. */
export const expandText = async (shell: Shell, word: Word): Promise<string> => {
  if (word.literal !== undefined) return word.literal
  const fields = new Fields(ifsOf(shell), false)
  await expandSegments(shell, word.segments, fields)
  fields.end()
  return fields.done[0].text
}

/** A pattern: what was quoted stands for itself. */
export const expandPattern = async (shell: Shell, word: Word): Promise<string> => {
  let pattern = ""
  for (const segment of word.segments) {
    if (segment.kind === "text") {
      pattern += segment.quoted ? escapePattern(segment.text) : segment.text
      continue
    }
    const text = await expandText(shell, { segments: [segment], literal: undefined, text: "" })
    const isQuoted = segment.kind === "tilde" || (segment.kind !== "process" && segment.quoted)
    pattern += isQuoted ? escapePattern(text) : text
  }
  return pattern
}

const escapeRegex = (text: string): string => text.replace(/[\\^$.[\]|()*+?{}]/g, "\\$&")

/** A regular expression of `[[ =~ ]]`. */
export const expandRegex = async (shell: Shell, word: Word): Promise<string> => {
  let regex = ""
  for (const segment of word.segments) {
    if (segment.kind === "text") {
      regex += segment.quoted ? escapeRegex(segment.text) : segment.text
      continue
    }
    const text = await expandText(shell, { segments: [segment], literal: undefined, text: "" })
    regex += segment.kind !== "tilde" && segment.kind !== "process" && segment.quoted ? escapeRegex(text) : text
  }
  return regex
}

/** The fields of one compiled word, pathnames expanded. */
const expandFields = async (shell: Shell, word: Word, out: Array<string>): Promise<void> => {
  const fields = new Fields(ifsOf(shell), true)
  await expandSegments(shell, word.segments, fields)
  fields.end()
  const noglob = shell.options.has("noglob")
  for (const { pattern, text } of fields.done) {
    if (pattern === undefined || noglob) {
      out.push(text)
      continue
    }
    const paths = await expandPath(shell, pattern)
    if (paths === undefined) out.push(text)
    else if (paths.length > 0) { for (const path of paths) out.push(path) }
    else if (shell.options.has("failglob")) throw new ShellFailure(`no match: ${text}`)
    else if (!shell.options.has("nullglob")) out.push(text)
  }
}

/** The arguments that some words of a command become. */
export const expandWords = async (shell: Shell, nodes: ReadonlyArray<Ast.Word>): Promise<Array<string>> => {
  const out: Array<string> = []
  for (const node of nodes) await expandNode(shell, node, out)
  return out
}

export const expandNode = async (shell: Shell, node: Ast.Word, out: Array<string>): Promise<void> => {
  for (const word of compileWords(node, shell.options.has("braceexpand"))) {
    if (word.literal !== undefined) out.push(word.literal)
    else await expandFields(shell, word, out)
  }
}
