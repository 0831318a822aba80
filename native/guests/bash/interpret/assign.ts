/** Assignments: scalars, elements, whole arrays. */
import type * as Ast from "unbash"
import { ShellFailure } from "../errors.ts"
import { arithmetic, expandNode, expandText } from "../expand/expand.ts"
import { keyOf } from "../expand/parameter.ts"
import { quoteMinimal } from "../expand/quote.ts"
import { compileText, compileValue, compileWord } from "../parse/compile.ts"
import type { Shell } from "../state/shell.ts"
import { AssociativeArray, IndexedArray, scalarOf } from "../state/values.ts"

/** `[key]=value` or `[key]+=value` as an element of an array value. */
const keyed = /^\[((?:[^[\]"']|\[[^\]]*\]|"[^"]*"|'[^']*')*)\](\+?)=/

interface ElementParts {
  readonly key: string
  readonly append: boolean
  readonly value: string
}

const elementParts = (node: Ast.Word): ElementParts | undefined => {
  const match = keyed.exec(node.text)
  return match === null
    ? undefined
    : { key: match[1], append: match[2] === "+", value: node.text.slice(match[0].length) }
}

/** The elements of `( … )` put into an array. */
const fill = async (
  shell: Shell,
  name: string,
  target: IndexedArray | AssociativeArray,
  value: Ast.ArrayValue
): Promise<void> => {
  const fit = (text: string) => shell.variables.fitted(name, text)
  if (
    target instanceof AssociativeArray && value.elements.length > 0 && elementParts(value.elements[0]) === undefined
  ) {
    const words: Array<string> = []
    for (const element of value.elements) await expandNode(shell, element, words)
    for (let index = 0; index < words.length; index += 2) target.set(words[index], fit(words[index + 1] ?? ""))
    return
  }
  let next = target instanceof IndexedArray ? target.end : 0
  for (const element of value.elements) {
    const parts = elementParts(element)
    if (parts === undefined) {
      if (target instanceof AssociativeArray) {
        await shell.complain(`${name}: ${element.text}: must use subscript when assigning associative array`)
        continue
      }
      const words: Array<string> = []
      await expandNode(shell, element, words)
      for (const word of words) target.set(next++, fit(word))
      continue
    }
    const text = await expandText(shell, compileText(parts.value === "" ? "\"\"" : parts.value))
    if (target instanceof AssociativeArray) {
      const key = await expandText(shell, compileText(parts.key))
      target.set(key, fit(parts.append ? (target.get(key) ?? "") + text : text))
      continue
    }
    let index = Number(await arithmetic(shell, parts.key))
    if (index < 0) index += target.end
    if (index < 0) throw new ShellFailure(`[${parts.key}]=${parts.value}: bad array subscript`)
    target.set(index, fit(parts.append ? (target.get(index) ?? "") + text : text))
    next = index + 1
  }
}

const assignArray = async (shell: Shell, node: Ast.Assignment, value: Ast.ArrayValue): Promise<void> => {
  const variable = shell.variables.find(node.name)
  if (variable?.readonly === true) throw new ShellFailure(`${node.name}: readonly variable`)
  const old = variable?.value
  const isMap = old instanceof AssociativeArray
  const target = node.append === true && old !== undefined
    ? typeof old === "string" ? IndexedArray.of([old]) : old.copy()
    : isMap
    ? new AssociativeArray()
    : new IndexedArray()
  await fill(shell, node.name, target, value)
  shell.variables.setArray(node.name, target)
}

export const applyAssignment = async (shell: Shell, node: Ast.Assignment): Promise<void> => {
  if (node.value.type === "ArrayValue") return assignArray(shell, node, node.value)
  const { index } = node
  if (index === undefined) {
    const text = await expandText(shell, compileValue(node.value))
    return shell.variables.set(node.name, text, node.append === true)
  }
  const key = await keyOf(shell, node.name, { text: index.text, word: compileWord(index) })
  if (key === "" && shell.variables.find(node.name)?.value instanceof AssociativeArray) {
    throw new ShellFailure(`${node.name}[${index.text}]: bad array subscript`)
  }
  const text = await expandText(shell, compileValue(node.value))
  shell.variables.setElement(node.name, key, text, node.append === true)
}

/** As `set -x` shows an assignment. */
export const showAssignment = async (shell: Shell, node: Ast.Assignment): Promise<string> => {
  if (node.value.type === "ArrayValue") return node.text
  const operator = node.append === true ? "+=" : "="
  const text = node.append === true || node.index !== undefined
    ? await expandText(shell, compileValue(node.value))
    : scalarOf(shell.variables.find(node.name)?.value) ?? await expandText(shell, compileValue(node.value))
  const index = node.index === undefined ? "" : `[${node.index.text}]`
  return `${node.name}${index}${operator}${text === "" ? "" : quoteMinimal(text)}`
}
