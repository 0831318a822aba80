/** Calls of shell functions. */
import { ShellFailure } from "../errors.ts"
import { MAX_FUNCTION_DEPTH } from "../limits.ts"
import type { Shell, ShellFunction } from "../state/shell.ts"
import { runCommand, runList } from "./run.ts"
import { runTrap } from "./traps.ts"

/** The status of a function or a sourced file that has ended, after its RETURN trap: that sees the one before `return`. */
export const returned = async (shell: Shell, status: number): Promise<number> => {
  const { flow } = shell
  const result = flow?.kind === "return" ? flow.status : status
  if (flow?.kind === "return") shell.flow = undefined
  if (shell.traps.has("RETURN")) {
    shell.status = flow?.kind === "return" ? flow.before : result
    await runTrap(shell, "RETURN")
  }
  shell.status = result
  return result
}

/** Messages name the file that a function comes from; of one that `-c` has defined bash says "environment". */
const errorPrefix = ({ name, origin }: Shell, { file }: ShellFunction): string => {
  if (file === "main") return origin === "command" ? "environment" : "main"
  return origin === "input" && file === name ? "main" : file
}

/** A RETURN trap is for the functions called after it was set only under `set -T`; one that a function sets stays. */
export const callFunction = async (
  shell: Shell,
  target: ShellFunction,
  args: ReadonlyArray<string>
): Promise<number> => {
  const limit = Number(shell.variables.get("FUNCNEST") ?? MAX_FUNCTION_DEPTH) || MAX_FUNCTION_DEPTH
  const depth = Math.min(limit, MAX_FUNCTION_DEPTH)
  if (shell.calls.length >= depth) {
    throw new ShellFailure(`${target.name}: maximum function nesting level exceeded (${depth})`)
  }
  // The body must not stand on the caller's stack: calls nest deeper than a stack is.
  await Promise.resolve()
  const { calls, getopts, loopDepth, parameters, position, prefix, unit } = shell
  const returnTrap = shell.options.has("functrace") ? undefined : shell.traps.get("RETURN")
  if (returnTrap !== undefined) shell.traps.delete("RETURN")
  shell.calls = [{ name: target.name, file: target.file, line: shell.line }, ...calls]
  shell.parameters = args
  shell.prefix = errorPrefix(shell, target)
  shell.unit = target.unit
  shell.loopDepth = 0
  shell.variables.pushFrame()
  try {
    const { body } = target.node
    const status = body.type === "CompoundList" ? await runList(shell, body.commands) : await runCommand(shell, body)
    return await returned(shell, status)
  } finally {
    if (returnTrap !== undefined && !shell.traps.has("RETURN")) shell.traps.set("RETURN", returnTrap)
    shell.variables.popFrame()
    shell.calls = calls
    shell.prefix = prefix
    shell.parameters = parameters
    shell.unit = unit
    shell.position = position
    shell.loopDepth = loopDepth
    shell.getopts = getopts
  }
}
