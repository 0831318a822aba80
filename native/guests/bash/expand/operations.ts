/** The operators of `${x…}` that make new values of the old ones. */
import { ShellFailure } from "../errors.ts"
import { ansiQuoted } from "../parse/ansi.ts"
import type { ParameterOperation, Word } from "../parse/word-model.ts"
import type { Shell } from "../state/shell.ts"
import { AssociativeArray, IndexedArray } from "../state/values.ts"
import { quoteSingle, textLength, textSlice } from "../text.ts"
import { arithmetic, expandPattern, expandText } from "./expand.ts"
import type { ParameterValue, Target } from "./parameter.ts"
import { Pattern } from "./pattern.ts"
import { expandPrompt } from "./prompt.ts"
import { declaration, quoteDeclared } from "./quote.ts"

const patternOf = async (shell: Shell, word: Word): Promise<Pattern> =>
  new Pattern(await expandPattern(shell, word), {
    extended: true,
    ignoreCase: false
  })

const remove = async (
  shell: Shell,
  operation: Extract<ParameterOperation, { kind: "remove" }>
): Promise<(text: string) => string> => {
  const pattern = await patternOf(shell, operation.pattern)
  const longest = operation.operator.length === 2
  if (operation.operator.startsWith("#")) return (text) => text.slice(pattern.prefix(text, longest) ?? 0)
  return (text) => text.slice(0, pattern.suffix(text, longest) ?? text.length)
}

const replacementOf = async (shell: Shell, word: Word): Promise<(match: string) => string> => {
  // An unquoted `&` stands for the match.
  const pieces: Array<string | undefined> = []
  for (const segment of word.segments) {
    const text = await expandText(shell, { segments: [segment], literal: undefined, text: "" })
    const quoted = segment.kind === "tilde" || segment.kind === "process" || segment.quoted
    if (quoted || !shell.options.has("patsub_replacement")) {
      pieces.push(text)
      continue
    }
    text.split(/(\\?&)/).forEach((piece) => pieces.push(piece === "&" ? undefined : piece === "\\&" ? "&" : piece))
  }
  return (match) => pieces.map((piece) => piece ?? match).join("")
}

const replace = async (
  shell: Shell,
  operation: Extract<ParameterOperation, { kind: "replace" }>
): Promise<(text: string) => string> => {
  const ignoreCase = shell.options.has("nocasematch")
  const pattern = new Pattern(await expandPattern(shell, operation.pattern), { extended: true, ignoreCase })
  const make = await replacementOf(shell, operation.replacement)
  switch (operation.operator) {
    case "/#":
      return (text) => {
        const end = pattern.prefix(text, true)
        return end === undefined ? text : make(text.slice(0, end)) + text.slice(end)
      }
    case "/%":
      return (text) => {
        const start = pattern.suffix(text, true)
        return start === undefined ? text : text.slice(0, start) + make(text.slice(start))
      }
    default:
      return (text) => pattern.replace(text, make, operation.operator === "//")
  }
}

/** A character that has no single capital, as \u00df, stays. */
const upperChar = (char: string): string => {
  const upper = char.toUpperCase()
  return Array.from(upper).length === 1 ? upper : char
}

const changeCase = async (
  shell: Shell,
  operation: Extract<ParameterOperation, { kind: "case" }>
): Promise<(text: string) => string> => {
  const pattern = operation.pattern === undefined ? undefined : await patternOf(shell, operation.pattern)
  const change = (char: string) => {
    if (pattern !== undefined && !pattern.matches(char)) return char
    return operation.operator.startsWith("^") ? upperChar(char) : char.toLowerCase()
  }
  if (operation.operator.length === 2) return (text) => Array.from(text, change).join("")
  return (text) => Array.from(text, (char, index) => index === 0 ? change(char) : char).join("")
}

const slice = async (
  shell: Shell,
  operation: Extract<ParameterOperation, { kind: "slice" }>,
  target: Target,
  value: ParameterValue
): Promise<ParameterValue> => {
  let offset = Number(await arithmetic(shell, operation.offset))
  const length = operation.length === undefined ? undefined : Number(await arithmetic(shell, operation.length))
  if (value.list === undefined) {
    const [text] = value.values
    const size = textLength(text)
    if (offset < 0) offset += size
    if (offset < 0 || offset > size) return { ...value, values: [""] }
    const end = length === undefined ? size : length < 0 ? size + length : offset + length
    if (end < offset) throw new ShellFailure(`${operation.length}: substring expression < 0`)
    return { ...value, values: [textSlice(text, offset, end)] }
  }
  if (length !== undefined && length < 0) throw new ShellFailure(`${operation.length}: substring expression < 0`)
  const isPositional = target.name === "@" || target.name === "*"
  if (isPositional) {
    const all = [shell.name, ...value.values]
    if (offset < 0) offset += all.length
    const start = offset === 0 ? 0 : offset
    return { ...value, values: offset < 0 ? [] : all.slice(start, length === undefined ? undefined : start + length) }
  }
  const array = shell.variables.find(target.name)?.value
  if (!(array instanceof IndexedArray)) {
    const start = offset < 0 ? offset + value.values.length : offset
    return {
      ...value,
      values: start < 0 ? [] : value.values.slice(start, length === undefined ? undefined : start + length)
    }
  }
  if (offset < 0) offset += array.end
  const values = offset < 0 ? [] : array.keys().filter((key) => key >= offset).map((key) => array.get(key)!)
  return { ...value, values: length === undefined ? values : values.slice(0, length) }
}

const flags = (shell: Shell, name: string): string => {
  const variable = shell.variables.find(name)
  if (variable === undefined) return ""
  return (variable.value instanceof IndexedArray ? "a" : variable.value instanceof AssociativeArray ? "A" : "")
    + (variable.integer ? "i" : "")
    + (variable.letters === "lower"
      ? "l"
      : variable.letters === "upper"
      ? "u"
      : variable.letters === "capital"
      ? "c"
      : "")
    + (variable.nameref ? "n" : "") + (variable.readonly ? "r" : "") + (variable.exported ? "x" : "")
}

const transform = async (
  shell: Shell,
  operator: string,
  target: Target,
  value: ParameterValue
): Promise<ParameterValue> => {
  const map = (change: (text: string) => string): ParameterValue =>
    value.isSet || value.list !== undefined ? { ...value, values: value.values.map(change) } : value
  switch (operator) {
    case "Q":
      return map(quoteSingleOrAnsi)
    case "U":
      return map((text) => Array.from(text, upperChar).join(""))
    case "u":
      return map((text) => text.slice(0, 1).toUpperCase() + text.slice(1))
    case "L":
      return map((text) => text.toLowerCase())
    case "E":
      return map(ansiQuoted)
    case "P": {
      const values: Array<string> = []
      for (const text of value.values) values.push(await expandPrompt(shell, text))
      return { ...value, values }
    }
    case "a":
      return { ...value, values: [flags(shell, target.name)] }
    case "A": {
      const variable = shell.variables.find(target.name)
      const text = variable === undefined ? "" : declaration(target.name, variable, target.all === undefined)
      return { values: [text], list: undefined, isSet: true }
    }
    case "K":
    case "k":
      return keysAndValues(shell, operator, target, value)
    default:
      throw new ShellFailure(`\${${target.name}@${operator}}: bad substitution`)
  }
}

const keysAndValues = (shell: Shell, operator: string, target: Target, value: ParameterValue): ParameterValue => {
  const array = shell.variables.find(target.name)?.value
  if (array === undefined || typeof array === "string") return { ...value, values: value.values.map(quoteSingle) }
  const keys = array.keys().map(String)
  const values = array.values()
  if (operator === "k") return { ...value, values: keys.flatMap((key, index) => [key, values[index]]) }
  const isMap = array instanceof AssociativeArray
  const text = keys.map((key, index) => `${key} ${quoteDeclared(values[index])}`).join(" ")
  return { values: [isMap && text !== "" ? `${text} ` : text], list: undefined, isSet: true }
}

/** As `@Q` quotes. */
const quoteSingleOrAnsi = (text: string): string =>
  /[\x00-\x1f\x7f]/.test(text) ? quoteDeclared(text) : quoteSingle(text)

export const applyOperation = async (
  shell: Shell,
  operation: ParameterOperation,
  target: Target,
  value: ParameterValue
): Promise<ParameterValue> => {
  const map = (change: (text: string) => string): ParameterValue => ({ ...value, values: value.values.map(change) })
  switch (operation.kind) {
    case "remove":
      return map(await remove(shell, operation))
    case "replace":
      return map(await replace(shell, operation))
    case "case":
      return map(await changeCase(shell, operation))
    case "slice":
      return slice(shell, operation, target, value)
    case "transform":
      return transform(shell, operation.operator, target, value)
    default:
      return value
  }
}
