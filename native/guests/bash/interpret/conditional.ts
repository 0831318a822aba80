/** `[[ … ]]`. */
import type * as Ast from "unbash"
import { ProgramFailure } from "../../programs/program.ts"
import type { Regex } from "../../programs/text/regex.ts"
import { compileRegex } from "../../programs/text/regex.ts"
import { compareFiles, fileTest, isUnary, unaryTest } from "../builtins/test-operators.ts"
import { ShellFailure } from "../errors.ts"
import { calculate } from "../expand/arithmetic.ts"
import { expandPattern, expandRegex, expandText } from "../expand/expand.ts"
import { Pattern } from "../expand/pattern.ts"
import { quoteMinimal } from "../expand/quote.ts"
import { compileWord } from "../parse/compile.ts"
import type { Shell } from "../state/shell.ts"
import { IndexedArray } from "../state/values.ts"
import { trace } from "./trace.ts"

export const runConditional = async (shell: Shell, node: Ast.TestExpression): Promise<boolean> => {
  switch (node.type) {
    case "TestGroup":
      return runConditional(shell, node.expression)
    case "TestNot": {
      const result = await runConditional(shell, node.operand)
      return node.negations.length % 2 === 1 ? !result : result
    }
    case "TestLogical":
      for (const operand of node.operands) {
        const result = await runConditional(shell, operand)
        if (result !== (node.operator === "&&")) return result
      }
      return node.operator === "&&"
    case "TestUnary":
      return unary(shell, node)
    case "TestBinary":
      return binary(shell, node)
  }
}

const unary = async (shell: Shell, node: Ast.TestUnaryExpression): Promise<boolean> => {
  const operand = await expandText(shell, compileWord(node.operand))
  if (shell.options.has("xtrace")) await trace(shell, `[[ ${node.operator} ${quoteMinimal(operand)} ]]`)
  if (!isUnary(node.operator)) return operand !== ""
  return await unaryTest(shell, node.operator, operand) ?? fileTest(shell, node.operator, operand)
}

const arithmeticOperators = new Set(["-eq", "-ne", "-lt", "-le", "-gt", "-ge"])

export const compareNumbers = (operator: string, left: number | bigint, right: number | bigint): boolean => {
  const order = left < right ? -1 : left > right ? 1 : 0
  switch (operator) {
    case "-eq":
      return order === 0
    case "-ne":
      return order !== 0
    case "-lt":
      return order < 0
    case "-le":
      return order <= 0
    case "-gt":
      return order > 0
    default:
      return order >= 0
  }
}

const binary = async (shell: Shell, node: Ast.TestBinaryExpression): Promise<boolean> => {
  const { operator } = node
  const left = await expandText(shell, compileWord(node.left))
  if (operator === "=~") return matchRegex(shell, left, await expandRegex(shell, compileWord(node.right)))
  if (operator === "==" || operator === "=" || operator === "!=") {
    const source = await expandPattern(shell, compileWord(node.right))
    if (shell.options.has("xtrace")) await trace(shell, `[[ ${quoteMinimal(left)} ${operator} ${source} ]]`)
    const pattern = new Pattern(source, { extended: true, ignoreCase: shell.options.has("nocasematch") })
    return pattern.matches(left) === (operator !== "!=")
  }
  const right = await expandText(shell, compileWord(node.right))
  if (shell.options.has("xtrace")) await trace(shell, `[[ ${quoteMinimal(left)} ${operator} ${quoteMinimal(right)} ]]`)
  if (arithmeticOperators.has(operator)) {
    return compareNumbers(operator, calculate(shell, left), calculate(shell, right))
  }
  if (operator === "<") return left < right
  if (operator === ">") return left > right
  return compareFiles(shell, operator, left, right)
}

/** The groups of a match; what would take too long is no expression to match. */
const matched = (regex: Regex, subject: string) => {
  try {
    return regex.match(subject)
  } catch (error) {
    if (error instanceof ProgramFailure) throw new ShellFailure(`[[: ${error.message}`)
    throw error
  }
}

const matchRegex = async (shell: Shell, subject: string, source: string): Promise<boolean> => {
  if (shell.options.has("xtrace")) await trace(shell, `[[ ${quoteMinimal(subject)} =~ ${source} ]]`)
  const regex = compileRegex(source, { extended: true, ignoreCase: shell.options.has("nocasematch"), spans: true })
  if (regex === undefined) throw new ShellFailure("[[: invalid regular expression")
  const groups = matched(regex, subject)
  const array = groups === undefined ? new IndexedArray() : IndexedArray.of(groups.map((group) => group ?? ""))
  shell.variables.put("BASH_REMATCH", undefined)
  shell.variables.setArray("BASH_REMATCH", array)
  return groups !== undefined
}
