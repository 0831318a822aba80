/** Simple commands: assignments, functions, builtins, programs. */
import type * as Ast from "unbash"
import { SystemCallError } from "../../shell/client.ts"
import { builtins } from "../builtins/all.ts"
import type { Builtin, Declared } from "../builtins/builtin.ts"
import { Discard, Exit, ShellFailure } from "../errors.ts"
import { expandNode, expandText } from "../expand/expand.ts"
import { quoteMinimal } from "../expand/quote.ts"
import { compileValue } from "../parse/compile.ts"
import type { Shell } from "../state/shell.ts"
import type { Variable } from "../state/values.ts"
import { plain } from "../state/values.ts"
import { applyAssignment, showAssignment } from "./assign.ts"
import { evaluateText } from "./evaluate.ts"
import { runExternal } from "./external.ts"
import { callFunction } from "./functions.ts"
import { redirect, restore } from "./redirect.ts"
import { closeSubstitutions } from "./substitution.ts"
import { trace } from "./trace.ts"
import { debugTrap } from "./traps.ts"

interface Expanded {
  readonly argv: Array<string>
  readonly declared: Array<Declared>
  readonly assignments: ReadonlyArray<Ast.Assignment>
}

const expandCommand = async (shell: Shell, node: Ast.Command): Promise<Expanded> => {
  const argv: Array<string> = []
  const declared: Array<Declared> = []
  if (node.name !== undefined) await expandNode(shell, node.name, argv)
  for (const arg of node.args) {
    if (arg.type === "Assignment") {
      if (arg.value.type === "ArrayValue") declared.push({ node: arg, at: argv.length })
      argv.push(
        arg.value.type === "ArrayValue"
          ? arg.text
          : `${arg.name}${arg.index === undefined ? "" : `[${arg.index.text}]`}${
            arg.append === true ? "+" : ""
          }=${await expandText(shell, compileValue(arg.value))}`
      )
    } else await expandNode(shell, arg, argv)
  }
  return { argv, declared, assignments: node.prefix.filter((each) => each.type === "Assignment") }
}

/** What a failed expansion does to the shell. */
const failed = async (shell: Shell, failure: ShellFailure): Promise<never> => {
  await shell.complain(failure.message)
  shell.status = 1
  if (failure.exitStatus !== undefined && !shell.isInteractive) throw new Exit(failure.exitStatus)
  throw new Discard(1)
}

export const runSimple = async (shell: Shell, node: Ast.Command): Promise<number> => {
  shell.position = node.pos
  const tail = shell.isTail
  shell.isTail = false
  const substitutions = shell.substitutions.length
  shell.running(node)
  if (shell.traps.has("DEBUG")) await debugTrap(shell)
  try {
    return await run(shell, node, tail)
  } catch (error) {
    if (error instanceof ShellFailure) return await failed(shell, error)
    throw error
  } finally {
    if (shell.substitutions.length > substitutions) await closeSubstitutions(shell, substitutions)
  }
}

const aliasOf = (shell: Shell, node: Ast.Command): string | undefined => {
  if (shell.aliases.size === 0 || !shell.options.has("expand_aliases") || node.name === undefined) return undefined
  return node.name.text === node.name.value ? shell.aliases.get(node.name.text) : undefined
}

const run = async (shell: Shell, node: Ast.Command, tail: boolean): Promise<number> => {
  const alias = aliasOf(shell, node)
  if (alias !== undefined && node.name !== undefined) return runAlias(shell, node, node.name, alias)
  shell.substitutionStatus = undefined
  const { argv, assignments, declared } = await expandCommand(shell, node)
  if (argv.length === 0) return runAssignments(shell, node, assignments)
  if (shell.options.has("xtrace")) {
    for (const each of assignments) await trace(shell, await showAssignment(shell, each))
    await trace(shell, argv.map(quoteMinimal).join(" "))
  }
  const [name] = argv
  const target = shell.functions.get(name)
  const builtin = target === undefined ? builtins.get(name) : undefined
  if (target === undefined && builtin === undefined) return runExternal(shell, { node, argv, assignments, tail })
  const made = await redirect(shell, node.redirects)
  if (made === undefined) {
    shell.lastArgument = argv[argv.length - 1]
    return 1
  }
  let status: number
  try {
    const scope = assignments.length === 0 ? undefined : await assignTemporarily(shell, assignments)
    try {
      status = target !== undefined
        ? await callFunction(shell, target, argv.slice(1))
        : await callBuiltin(shell, name, builtin!, argv.slice(1), declared)
    } finally {
      if (scope !== undefined) { for (const [key, variable] of scope) shell.variables.put(key, variable) }
    }
  } catch (error) {
    await made.undo().catch(() => {})
    throw error
  }
  if (name === "exec" && shell.keepsRedirections) {
    shell.keepsRedirections = false
    await made.keep()
  } else if (!made.isEmpty && !await restore(shell, made, name)) status = 1
  shell.lastArgument = argv[argv.length - 1]
  return status
}

/** The alias's text takes the name's place; the alias itself is not looked up in it again. */
const runAlias = async (shell: Shell, node: Ast.Command, name: Ast.Word, alias: string): Promise<number> => {
  const { source } = shell.unit
  const text = source.slice(node.pos, name.pos) + alias + source.slice(name.end, node.end)
  const aliases = shell.aliases
  shell.aliases = new Map(Array.from(aliases).filter(([key]) => key !== name.text))
  const inside = shell.aliases
  try {
    return await evaluateText(shell, text, "eval")
  } finally {
    if (shell.aliases === inside) shell.aliases = aliases
  }
}

const runAssignments = async (
  shell: Shell,
  node: Ast.Command,
  assignments: ReadonlyArray<Ast.Assignment>
): Promise<number> => {
  const made = node.redirects.length === 0 ? undefined : await redirect(shell, node.redirects)
  if (node.redirects.length > 0 && made === undefined) return 1
  if (made !== undefined) await restore(shell, made, "bash")
  for (const assignment of assignments) {
    await applyAssignment(shell, assignment)
    if (shell.options.has("xtrace")) await trace(shell, await showAssignment(shell, assignment))
  }
  return shell.substitutionStatus ?? 0
}

/** Assignments in front of a command: exported while it runs. Gives what to put back. */
const assignTemporarily = async (
  shell: Shell,
  assignments: ReadonlyArray<Ast.Assignment>
): Promise<Map<string, Variable | undefined>> => {
  const before = new Map<string, Variable | undefined>()
  for (const assignment of assignments) {
    const { name } = assignment
    if (!before.has(name)) before.set(name, shell.variables.own(name))
    const old = shell.variables.own(name)
    if (old?.readonly === true) throw new ShellFailure(`${name}: readonly variable`)
    await applyAssignment(shell, assignment)
    shell.variables.put(name, { ...(shell.variables.own(name) ?? { ...plain, value: undefined }), exported: true })
  }
  return before
}

export const callBuiltin = async (
  shell: Shell,
  name: string,
  builtin: Builtin,
  args: ReadonlyArray<string>,
  declared: ReadonlyArray<Declared> = []
): Promise<number> => {
  try {
    const result = builtin({ shell, name, args, declared })
    return typeof result === "number" ? result : await result
  } catch (error) {
    if (error instanceof ShellFailure && error.exitStatus === undefined) {
      await shell.complain(`${name}: ${error.message}`)
      return 1
    }
    if (error instanceof SystemCallError && error.code !== "ECANCELED") {
      await shell.complain(`${name}: write error: ${error.reason}`)
      return 1
    }
    throw error
  }
}

/** Runs words as a command, functions aside: `command`. */
export const runWords = async (
  shell: Shell,
  argv: ReadonlyArray<string>,
  declared: ReadonlyArray<Declared>,
  shift: number
): Promise<number> => {
  const builtin = builtins.get(argv[0])
  if (builtin === undefined) return runExternal(shell, { node: undefined, argv, assignments: [], tail: false })
  const moved = declared.map(({ at, node }) => ({ node, at: at - shift }))
  return callBuiltin(shell, argv[0], builtin, argv.slice(1), moved)
}
