/** Parameter expansion: `$x`, `${x…}` with all its operators, lists and arrays. */
import { ShellFailure } from "../errors.ts"
import { compileText } from "../parse/compile.ts"
import type { ParameterSegment, Word } from "../parse/word-model.ts"
import type { Shell } from "../state/shell.ts"
import { AssociativeArray, IndexedArray } from "../state/values.ts"
import { isName } from "../state/variables.ts"
import { textLength } from "../text.ts"
import { element } from "./arithmetic.ts"
import { arithmetic, expandSegments, expandText } from "./expand.ts"
import type { Fields } from "./fields.ts"
import { applyOperation } from "./operations.ts"

/** What a parameter stands for: a list for `@` and `*`, else one value or none. */
export interface ParameterValue {
  readonly values: ReadonlyArray<string>
  readonly list: "@" | "*" | undefined
  readonly isSet: boolean
}

/** A subscript: its text for arithmetic, its word for a key. */
export interface Subscript {
  readonly text: string
  readonly word: Word
}

/** A parameter with its subscript worked out. */
export interface Target {
  readonly name: string
  /** An element's key, or the whole array. */
  readonly key: string | undefined
  readonly all: "@" | "*" | undefined
}

const one = (value: string | undefined): ParameterValue => ({
  values: [value ?? ""],
  list: undefined,
  isSet: value !== undefined
})

const specialValue = (shell: Shell, name: string): string | undefined => {
  switch (name) {
    case "#":
      return String(shell.parameters.length)
    case "?":
      return String(shell.status)
    case "$":
      return String(shell.shellPid)
    case "!":
      return shell.jobs.lastPid === undefined ? undefined : String(shell.jobs.lastPid)
    case "-":
      return shell.options.letters(shell.isInteractive) + ({ command: "c", input: "s", script: "" })[shell.origin]
    case "0":
      return shell.name
  }
  return /^\d+$/.test(name) ? shell.parameters[Number(name) - 1] : shell.variables.get(name)
}

export const valueOf = (shell: Shell, target: Target): ParameterValue => {
  const { all, key, name } = target
  if (name === "@" || name === "*") return { values: shell.parameters, list: name, isSet: shell.parameters.length > 0 }
  if (all !== undefined) {
    const value = shell.variables.find(name)?.value
    const values = value === undefined ? [] : typeof value === "string" ? [value] : value.values()
    return { values, list: all, isSet: values.length > 0 }
  }
  if (key !== undefined) return one(element(shell, name, key))
  return one(specialValue(shell, name))
}

/** The key that a subscript stands for. */
export const keyOf = async (shell: Shell, name: string, index: Subscript): Promise<string> => {
  if (shell.variables.find(name)?.value instanceof AssociativeArray) return expandText(shell, index.word)
  return String(await arithmetic(shell, index.text))
}

const targetOf = async (shell: Shell, name: string, index: ParameterSegment["index"]): Promise<Target> => {
  if (index === undefined) return { name, key: undefined, all: undefined }
  if (index.text === "@" || index.text === "*") return { name, key: undefined, all: index.text }
  return { name, key: await keyOf(shell, name, index), all: undefined }
}

/** What `${!name}` points at. */
const follow = async (shell: Shell, target: Target): Promise<Target> => {
  const reference = shell.variables.own(target.name)
  if (reference?.nameref === true && target.key === undefined && target.all === undefined) {
    return { name: "", key: undefined, all: undefined }
  }
  const { isSet, values } = valueOf(shell, target)
  const text = values.join(" ")
  if (!isSet || text === "") throw new ShellFailure(`${target.name}: invalid indirect expansion`)
  const match = /^([A-Za-z_][A-Za-z0-9_]*|\d+|[@*#?$!-])(?:\[(.*)\])?$/s.exec(text)
  if (match === null) throw new ShellFailure(`${text}: invalid variable name`)
  const [, name, index] = match
  return targetOf(shell, name, index === undefined ? undefined : { text: index, word: compileText(index) })
}

const emit = (fields: Fields, value: ParameterValue, quoted: boolean): void => {
  const { list, values } = value
  if (list === undefined) {
    if (quoted) fields.add(values[0], true)
    else fields.addSplit(values[0])
    return
  }
  if (list === "*" && (quoted || !fields.splitting)) return fields.add(values.join(fields.ifs.slice(0, 1)), true)
  values.forEach((each, index) => {
    if (index > 0) fields.separate(quoted)
    if (quoted) fields.add(each, true)
    else fields.addSplit(each)
  })
}

const emitScalar = (fields: Fields, text: string, quoted: boolean): void => {
  if (quoted) fields.add(text, true)
  else fields.addSplit(text)
}

const unbound = (shell: Shell, label: string): void => {
  if (shell.options.has("nounset")) throw new ShellFailure(`${label}: unbound variable`, shell.fatalStatus)
}

/** Undefined when all is done at once, which it is without operators and subscripts. */
export const expandParameter = (shell: Shell, segment: ParameterSegment, fields: Fields): Promise<void> | undefined => {
  const { index, isIndirect, isLength, name, operation, quoted } = segment
  if (index !== undefined || isIndirect || isLength || operation !== undefined || segment.bad) {
    return expandComplex(shell, segment, fields)
  }
  const value = valueOf(shell, { name, key: undefined, all: undefined })
  if (!value.isSet && value.list === undefined) unbound(shell, /^\d+$/.test(name) ? `$${name}` : name)
  emit(fields, value, quoted)
  return undefined
}

const lengthOf = (shell: Shell, target: Target): string => {
  const value = valueOf(shell, target)
  if (value.list !== undefined) return String(value.values.length)
  if (!value.isSet) unbound(shell, target.name)
  return String(textLength(value.values[0]))
}

/** `${!prefix@}` and `${!array[@]}`: names and keys. */
const namesOf = (shell: Shell, segment: ParameterSegment): ParameterValue | undefined => {
  if (!segment.isIndirect) return undefined
  if (segment.operation?.kind === "names") {
    const names = shell.variables.names().filter((name) => name.startsWith(segment.name))
    return { values: names, list: segment.operation.operator === "*" ? "*" : "@", isSet: true }
  }
  const all = segment.index?.text
  if ((all !== "@" && all !== "*") || segment.operation !== undefined) return undefined
  const value = shell.variables.find(segment.name)?.value
  const keys = value === undefined
    ? []
    : typeof value === "string"
    ? ["0"]
    : value instanceof IndexedArray
    ? value.keys().map(String)
    : value.keys()
  return { values: keys, list: all, isSet: true }
}

const expandComplex = async (shell: Shell, segment: ParameterSegment, fields: Fields): Promise<void> => {
  const { isIndirect, isLength, operation, quoted } = segment
  if (segment.bad) throw new ShellFailure(`${segment.text}: bad substitution`)
  const names = namesOf(shell, segment)
  if (names !== undefined) return emit(fields, names, quoted)
  let target = await targetOf(shell, segment.name, segment.index)
  if (isLength && operation === undefined) return emitScalar(fields, lengthOf(shell, target), quoted)
  if (isIndirect) {
    target = await follow(shell, target)
    if (target.name === "") return emitScalar(fields, String(shell.variables.own(segment.name)?.value ?? ""), quoted)
  }
  const value = valueOf(shell, target)
  if (operation?.kind === "default") return expandDefault(shell, segment, target, value, fields)
  if (!value.isSet && value.list === undefined && !(operation?.kind === "transform")) unbound(shell, segment.name)
  if (operation === undefined) return emit(fields, value, quoted)
  emit(fields, await applyOperation(shell, operation, target, value), quoted)
}

const expandDefault = async (
  shell: Shell,
  segment: ParameterSegment,
  target: Target,
  value: ParameterValue,
  fields: Fields
): Promise<void> => {
  if (segment.operation?.kind !== "default") return
  const { operand, operator } = segment.operation
  const isNull = operator.startsWith(":") && value.values.join(" ") === ""
  const has = value.isSet && !isNull
  const action = operator.slice(-1)
  if (action === "+" && !has) {
    // between quotes nothing is still a word, but of a list
    if (segment.quoted && value.list !== "@") fields.add("", true)
    return
  }
  if (action === "+" || (action === "-" && !has)) {
    if (segment.quoted) fields.add("", true)
    return expandSegments(shell, operand.segments, fields, !segment.quoted)
  }
  if (has) return emit(fields, value, segment.quoted)
  const text = await expandText(shell, operand)
  if (action === "=") {
    assign(shell, target, text)
    return emitScalar(fields, text, segment.quoted)
  }
  const problem = operand.segments.length > 0
    ? text
    : isNull || operator.startsWith(":")
    ? "parameter null or not set"
    : "parameter not set"
  throw new ShellFailure(
    `${segment.name}${segment.index === undefined ? "" : `[${segment.index.text}]`}: ${problem}`,
    shell.fatalStatus
  )
}

const assign = (shell: Shell, target: Target, text: string): void => {
  if (!isName(target.name) || target.all !== undefined) {
    throw new ShellFailure(`$${target.name}: cannot assign in this way`)
  }
  if (target.key === undefined) shell.variables.set(target.name, text)
  else shell.variables.setElement(target.name, target.key, text)
}
