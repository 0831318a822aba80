/** Calls of shell functions. */
import { ShellFailure } from "../errors.ts"
import { MAX_FUNCTION_DEPTH } from "../limits.ts"
import type { Shell, ShellFunction } from "../state/shell.ts"
import { runCommand, runList } from "./run.ts"
import { runTrap } from "./traps.ts"

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
  const { calls, getopts, loopDepth, parameters, position, unit } = shell
  const returnTrap = shell.traps.get("RETURN")
  shell.calls = [{ name: target.name, file: target.file, line: shell.line }, ...calls]
  shell.parameters = args
  shell.unit = target.unit
  shell.loopDepth = 0
  shell.variables.pushFrame()
  try {
    const { body } = target.node
    const status = body.type === "CompoundList" ? await runList(shell, body.commands) : await runCommand(shell, body)
    const result = shell.flow?.kind === "return" ? shell.status : status
    if (shell.flow?.kind === "return") shell.flow = undefined
    shell.status = result
    const traces = shell.options.has("functrace") || shell.traps.get("RETURN") !== returnTrap
    if (traces && shell.traps.has("RETURN")) await runTrap(shell, "RETURN")
    return result
  } finally {
    shell.variables.popFrame()
    shell.calls = calls
    shell.parameters = parameters
    shell.unit = unit
    shell.position = position
    shell.loopDepth = loopDepth
    shell.getopts = getopts
  }
}
