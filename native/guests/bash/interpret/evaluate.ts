/** Scripts given as text: `-c`, eval, source, traps. */
import type { Statement } from "unbash"
import { Discard, Exit, ShellFailure } from "../errors.ts"
import { ScriptLines } from "../history/script-lines.ts"
import { MAX_EVALUATION_DEPTH } from "../limits.ts"
import { parseScript, syntaxProblem, Unit } from "../parse/script.ts"
import type { Shell } from "../state/shell.ts"
import { runStatement } from "./run.ts"

/** The lines of "signal" (and EXIT) traps begin at 1. */
export type EvaluationKind = "main" | "eval" | "source" | "trap" | "signal"

/** How the messages of a syntax error begin. */
const syntaxPrefix = (shell: Shell, kind: EvaluationKind, line: number): string =>
  shell.isTerse ? shell.where() : `${placeOf(shell, kind)}line ${line}: `

const placeOf = (shell: Shell, kind: EvaluationKind): string => {
  if (kind === "eval") return `${shell.prefix}: eval: `
  return kind === "main" && shell.file === "main" ? `${shell.prefix}: -c: ` : `${shell.prefix}: `
}

/** What the text ends in the middle of. */
const isUnfinished = (source: string, { end, pos }: Statement): boolean =>
  end <= pos || /^[ \t]*(?:\||&&)/.test(source.slice(end, end + 80))

/** Whether an interrupt gives up all that is left of a text; a person types on. */
const isOver = (shell: Shell, kind: EvaluationKind): boolean => kind !== "main" || shell.conversation !== undefined

/** Runs every statement in front of the first error, then tells of the error. */
const runUnit = async (shell: Shell, unit: Unit, kind: EvaluationKind): Promise<number> => {
  const script = parseScript(unit.source)
  const error = script.errors?.[0]
  const limit = error === undefined ? Infinity : unit.source.lastIndexOf("\n", Math.max(0, error.pos - 1))
  let discardedBefore = -1
  shell.unit = unit
  if (script.commands.length === 0 && error === undefined) shell.status = 0
  let sawText = 0
  const lines = kind === "main" && shell.conversation === undefined
    ? new ScriptLines(unit.source, script.commands)
    : undefined
  if (script.commands.length === 0) lines?.only(shell)
  for (let index = 0; index < script.commands.length; index++) {
    const statement = script.commands[index]
    if (error !== undefined && (statement.pos > limit || statement.end > error.pos)) break
    if (error !== undefined && isUnfinished(unit.source, statement)) break
    if (statement.pos < discardedBefore) continue
    lines?.reach(shell, index)
    if (shell.options.has("verbose") && kind === "main") {
      await shell.tell(`${unit.source.slice(sawText, statement.end).trim()}\n`)
      sawText = statement.end
    }
    try {
      shell.status = await runStatement(shell, statement)
    } catch (failure) {
      if (
        !(failure instanceof Discard) || (failure.whole ? isOver(shell, kind) : kind !== "main" && kind !== "source")
      ) {
        throw failure
      }
      shell.status = failure.status
      const end = unit.source.indexOf("\n", statement.end)
      discardedBefore = end < 0 ? Infinity : end
      shell.unit = unit
    }
    if (shell.flow !== undefined) return shell.status
  }
  if (error === undefined) return shell.status
  const { line, messages } = syntaxProblem(unit, error)
  // who has typed the line sees it still
  const told = shell.isInteractive && kind === "main" ? messages.slice(0, 1) : messages
  for (const message of told) await shell.tell(`${syntaxPrefix(shell, kind, line)}${message}\n`)
  shell.status = 2
  if (kind === "main" && !shell.isInteractive) throw new Exit(2)
  return 2
}

/** Runs a text in the shell. */
export const evaluateText = async (
  shell: Shell,
  source: string,
  kind: EvaluationKind,
  line = 1
): Promise<number> => {
  if (shell.evaluationDepth >= MAX_EVALUATION_DEPTH) {
    throw new ShellFailure("maximum nesting exceeded", 1)
  }
  const { command, position, unit } = shell
  const firstLine = kind === "eval" || kind === "trap" ? shell.line : line
  shell.evaluationDepth++
  try {
    return await runUnit(shell, new Unit(source, firstLine), kind)
  } finally {
    shell.evaluationDepth--
    shell.unit = unit
    shell.position = position
    // the command that has failed is the builtin itself
    if (kind === "eval" || kind === "source") shell.command = command
  }
}
