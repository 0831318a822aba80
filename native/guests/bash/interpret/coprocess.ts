/** `coproc`: a background process with pipes to and from it. */
import type * as Ast from "unbash"
import { makePipe } from "../io/pipe.ts"
import type { Shell } from "../state/shell.ts"
import { IndexedArray } from "../state/values.ts"
import { forkShell } from "./fork.ts"
import { runCommand, runList } from "./run.ts"

export const startCoprocess = async (shell: Shell, node: Ast.Coproc): Promise<number> => {
  const name = node.name?.value ?? "COPROC"
  const toChild = makePipe()
  const fromChild = makePipe()
  const descriptors = shell.process.descriptors.copy()
  void descriptors.set(0, toChild.reader)
  void descriptors.set(1, fromChild.writer)
  const text = shell.unit.source.slice(node.pos, node.end)
  const { body } = node
  const process = await forkShell(
    shell,
    { command: text, descriptors, background: true, group: shell.jobControl ? "own" : undefined },
    (child) => body.type === "CompoundList" ? runList(child, body.commands) : runCommand(child, body)
  )
  const own = shell.process.descriptors
  let read = 63
  while (own.get(read) !== undefined) read--
  void own.set(read, fromChild.reader)
  let write = read - 1
  while (own.get(write) !== undefined) write--
  void own.set(write, toChild.writer)
  shell.variables.setArray(name, IndexedArray.of([String(read), String(write)]))
  shell.variables.set(`${name}_PID`, String(process.pid))
  const group = shell.jobControl ? process.pid : undefined
  const shown = node.name === undefined ? text.replace(/^coproc\b/, `coproc ${name}`) : text
  shell.jobs.add({ processes: [process], commands: [shown], group, cwd: shell.cwd })
  shell.jobs.lastPid = process.pid
  return 0
}
