/** Functions as text: what a shell session keeps of them. */
import type { Function as FunctionNode } from "unbash"
import { printFunction } from "../interpret/print.ts"
import { parseScript, Unit } from "../parse/script.ts"
import type { ShellFunction } from "./shell.ts"

/** A function's definition, and where it stood: by that its messages and LINENO go. */
export interface FunctionText {
  readonly name: string
  readonly text: string
  readonly line: number
  readonly file: string
}

const definitionOf = (text: string): FunctionNode | undefined => {
  const command = parseScript(text).commands[0]?.command
  return command?.type === "Function" ? command : undefined
}

/** A function of which nothing is known but its text, until somebody calls it. */
class SavedFunction implements ShellFunction {
  readonly name: string
  readonly file: string
  readonly unit: Unit
  private parsed: FunctionNode | undefined

  constructor(readonly saved: FunctionText) {
    this.name = saved.name
    this.file = saved.file
    this.unit = new Unit(saved.text, saved.line)
  }

  get node(): FunctionNode {
    this.parsed ??= definitionOf(this.unit.source)
    if (this.parsed === undefined) throw new Error(`${this.name}: its definition was not kept as one`)
    return this.parsed
  }
}

/**
 * The text of a definition. Here-documents may stand behind it, on lines that it shares with others: then it is written
 * anew, as `declare -f` shows it.
 */
const textOf = (target: ShellFunction): string => {
  const { name, node, unit } = target
  const text = unit.source.slice(node.pos, node.end)
  const again = definitionOf(text)
  if (again !== undefined) {
    const isWhole = !text.includes("<<") ||
      printFunction({ ...target, node: again, unit: new Unit(text) }) === printFunction(target)
    if (isWhole) return text
  }
  return `function ${name} ${printFunction(target).slice(name.length)}`
}

export const saveFunction = (target: ShellFunction): FunctionText =>
  target instanceof SavedFunction
    ? target.saved
    : { name: target.name, text: textOf(target), line: target.unit.line(target.node.pos), file: target.file }

export const restoreFunction = (saved: FunctionText): ShellFunction => new SavedFunction(saved)
