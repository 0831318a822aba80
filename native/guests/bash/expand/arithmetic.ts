/** Arithmetic over the variables of a shell. */
import type { ArithmeticScope, Integer } from "../arithmetic/evaluate.ts"
import { evaluateArithmetic } from "../arithmetic/evaluate.ts"
import { ArithmeticError } from "../arithmetic/parse.ts"
import { ShellFailure } from "../errors.ts"
import type { Shell } from "../state/shell.ts"
import { setEvaluator } from "../state/shell.ts"
import { AssociativeArray, IndexedArray } from "../state/values.ts"

const unquote = (text: string): string => /^(["']).*\1$/s.test(text) ? text.slice(1, -1) : text

const scopeOf = (shell: Shell): ArithmeticScope => {
  return {
    keyOf: (name, index) =>
      shell.variables.find(name)?.value instanceof AssociativeArray ? unquote(index) : String(calculate(shell, index)),
    get: (name, key) => {
      const value = key === undefined ? scalar(shell, name) : element(shell, name, key)
      if (value === undefined && shell.options.has("nounset")) {
        throw new ShellFailure(`${name}: unbound variable`, shell.fatalStatus)
      }
      return value ?? ""
    },
    set: (name, key, value) =>
      key === undefined ? shell.variables.set(name, value) : shell.variables.setElement(name, key, value)
  }
}

const scalar = (shell: Shell, name: string): string | undefined => shell.variables.get(name)

/** An element of an array by its evaluated key. */
export const element = (shell: Shell, name: string, key: string): string | undefined => {
  const value = shell.variables.find(name)?.value
  if (value instanceof AssociativeArray) return value.get(key)
  const index = Number(key)
  if (value instanceof IndexedArray) {
    if (index < 0 && index + value.end < 0) throw new ShellFailure(`${name}: bad array subscript`)
    return value.get(index < 0 ? index + value.end : index)
  }
  return index === 0 || index === -1 ? value : undefined
}

/** Evaluates an expression whose expansions have been made. */
export const calculate = (shell: Shell, text: string): Integer => {
  try {
    return evaluateArithmetic(text, scopeOf(shell))
  } catch (error) {
    if (error instanceof ArithmeticError) throw new ShellFailure(error.message)
    throw error
  }
}

setEvaluator((shell, text) => String(calculate(shell, text)))
