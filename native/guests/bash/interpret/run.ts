/** Statements, lists and pipelines. */
import type * as Ast from "unbash"
import type { DescriptorTable } from "../io/descriptors.ts"
import type { OpenFile } from "../io/open-file.ts"
import { makePipe } from "../io/pipe.ts"
import type { Process } from "../processes/process.ts"
import type { Shell } from "../state/shell.ts"
import { runCompound, runInside } from "./compound.ts"
import { waitForeground } from "./foreground.ts"
import { forkShell } from "./fork.ts"
import { openForReading } from "./open.ts"
import { printJob } from "./print.ts"
import { redirect } from "./redirect.ts"
import { runSimple } from "./simple.ts"
import { timed } from "./time.ts"
import { commandFailed, runPendingTraps } from "./traps.ts"

/** Gives way when it is time to, and lets signals be heard. */
export const checkpoint = async (shell: Shell): Promise<void> => {
  const pending = shell.machine.tick(shell.process)
  if (pending !== undefined) await pending
  if (shell.process.pending.length > 0) await runPendingTraps(shell)
}

const textOf = (shell: Shell, node: { readonly pos: number; readonly end: number }): string =>
  shell.unit.source.slice(node.pos, node.end).replace(/\s*[;&]?\s*$/, "")

export const runList = async (shell: Shell, statements: ReadonlyArray<Ast.Statement>): Promise<number> => {
  let status = 0
  for (let index = 0; index < statements.length; index++) {
    status = await runStatement(shell, statements[index])
    if (shell.flow !== undefined) return shell.status
  }
  return status
}

export const runStatement = async (shell: Shell, statement: Ast.Statement): Promise<number> => {
  if (shell.options.has("noexec")) return 0
  if (statement.background === true) return runBackground(shell, statement)
  const { command } = statement
  const status = command.type === "AndOr" ? await runAndOr(shell, command) : await runPipeline(shell, command)
  shell.status = status
  return status
}

/** Started by `&`: a pipeline as its stages, anything else as a subshell. */
const runBackground = async (shell: Shell, statement: Ast.Statement): Promise<number> => {
  const { command } = statement
  const input = shell.options.has("monitor") ? undefined : await openForReading(shell, "/dev/null")
  const isPlain = command.type === "Pipeline" && command.commands.length > 1 && command.prefixes.length === 0
  const job = isPlain
    ? await startStages(shell, command, command.commands.length, input)
    : await startSubshell(shell, command, input)
  const commands = isPlain
    ? command.commands.map((stage) => printJob(shell.unit.source, stage))
    : [printJob(shell.unit.source, command)]
  const { number, processes } = shell.jobs.add({ ...job, commands, cwd: shell.cwd })
  const { pid } = processes[processes.length - 1]
  shell.jobs.lastPid = pid
  if (shell.isInteractive) await shell.tell(`[${number}] ${pid}\n`)
  shell.status = 0
  return 0
}

const startSubshell = async (
  shell: Shell,
  command: Ast.Statement["command"],
  input: OpenFile | undefined
): Promise<Stages> => {
  const descriptors = shell.process.descriptors.copy()
  if (input !== undefined) void descriptors.set(0, input)
  const group = shell.jobControl ? "own" : undefined
  const options = { command: textOf(shell, command), descriptors, background: true, group } as const
  const process = await forkShell(shell, options, (child) => {
    child.conditionDepth = 0
    child.isTail = command.type === "Command"
    const subshell = runSubshellItself(child, command)
    if (subshell !== undefined) return subshell
    return command.type === "AndOr" ? runAndOr(child, command) : runPipeline(child, command)
  })
  return { processes: [process], group: group === undefined ? undefined : process.pid }
}

const runAndOr = async (shell: Shell, node: Ast.AndOr): Promise<number> => {
  let status = 0
  const last = node.commands.length - 1
  for (let index = 0; index <= last; index++) {
    const operator = index === 0 ? undefined : node.operators[index - 1]
    if ((operator === "&&" && status !== 0) || (operator === "||" && status === 0)) continue
    if (index < last) shell.conditionDepth++
    try {
      status = await runPipeline(shell, node.commands[index])
    } finally {
      if (index < last) shell.conditionDepth--
    }
    shell.status = status
    if (shell.flow !== undefined) return status
  }
  return status
}

/** Commands whose failure is a failure of their own, not of something inside. */
const canFail = (node: Ast.CommandNode): boolean => {
  switch (node.type) {
    case "Command":
    case "Subshell":
    case "TestCommand":
    case "ArithmeticCommand":
      return true
    case "Redirected":
      return canFail(node.command)
    default:
      return false
  }
}

const runPipeline = async (shell: Shell, node: Ast.PipelineNode): Promise<number> => {
  const pending = shell.machine.tick(shell.process)
  if (pending !== undefined) await pending
  if (shell.process.pending.length > 0) await runPendingTraps(shell)
  // a trap has returned from the function
  if (shell.flow !== undefined) return shell.status
  if (node.type !== "Pipeline") {
    const status = await runCommand(shell, node)
    if (node.type !== "Command" || shell.pipeStatus.length !== 1 || shell.pipeStatus[0] !== status) {
      shell.pipeStatus = [status]
    }
    if (status !== 0 && canFail(node)) await commandFailed(shell, status)
    return status
  }
  const time = node.prefixes.find((prefix) => prefix.type === "Time")
  return time === undefined
    ? runStages(shell, node)
    : timed(shell, time.posix !== undefined, () => runStages(shell, node))
}

const runStages = async (shell: Shell, node: Ast.Pipeline): Promise<number> => {
  const negations = node.prefixes.filter((prefix) => prefix.type === "Negation").length
  if (negations > 0) shell.conditionDepth++
  let status: number
  try {
    if (node.commands.length === 0) status = 0
    else if (node.commands.length === 1) {
      status = await runCommand(shell, node.commands[0])
      shell.pipeStatus = [status]
    } else status = await runConcurrently(shell, node)
  } finally {
    if (negations > 0) shell.conditionDepth--
  }
  const result = negations % 2 === 1 ? (status === 0 ? 1 : 0) : status
  const fails = node.commands.length > 1 || (node.commands.length === 1 && canFail(node.commands[0]))
  if (negations === 0 && result !== 0 && fails) await commandFailed(shell, result)
  return result
}

interface Stages {
  readonly processes: ReadonlyArray<Process>
  /** The group that is theirs alone. */
  readonly group: number | undefined
}

/** Starts the first `count` stages of a pipeline; what the last of them writes to is the shell's output, or `output`. */
const startStages = async (
  shell: Shell,
  node: Ast.Pipeline,
  count: number,
  first: OpenFile | undefined,
  output?: OpenFile
): Promise<Stages> => {
  const processes: Array<Process> = []
  let input = first
  for (let index = 0; index < count; index++) {
    const command = node.commands[index]
    if (command.type === "Command" || command.type === "Subshell") shell.running(command)
    const pipe = index < count - 1 ? makePipe() : undefined
    const writer = pipe?.writer ?? output
    const descriptors: DescriptorTable = shell.process.descriptors.copy()
    if (input !== undefined) void descriptors.set(0, input)
    if (writer !== undefined) {
      void descriptors.set(1, writer)
      if (node.operators[index] === "|&") void descriptors.set(2, writer.retain())
    }
    input = pipe?.reader
    const group = shell.jobControl ? processes[0]?.pid ?? "own" : undefined
    const options = { command: textOf(shell, command), descriptors, group, background: first !== undefined }
    processes.push(
      await forkShell(shell, options, (child) => {
        child.isTail = command.type === "Command"
        const inner = command.type === "Redirected" ? command.command : command
        if (inner.type !== "Subshell") child.fatalStatus = shell.fatalStatus
        return runChild(child, command)
      })
    )
  }
  return { processes, group: shell.jobControl ? processes[0].pid : undefined }
}

/** Every stage is a process of its own; with `lastpipe` the last one is the shell itself. */
const runConcurrently = async (shell: Shell, node: Ast.Pipeline): Promise<number> => {
  const inShell = shell.options.has("lastpipe") && !shell.jobControl
  const count = node.commands.length - (inShell ? 1 : 0)
  const pipe = inShell ? makePipe() : undefined
  const { group, processes } = await startStages(shell, node, count, undefined, pipe?.writer)
  const own = pipe === undefined ? undefined : runLast(shell, node.commands[count], pipe.reader)
  const { source } = shell.unit
  const commands = () => node.commands.slice(0, count).map((stage) => printJob(source, stage))
  const statuses = await waitForeground(shell, { processes, group, commands })
  if (own !== undefined) statuses.push(await own)
  shell.pipeStatus = statuses
  if (!shell.options.has("pipefail")) return statuses[statuses.length - 1]
  return statuses.findLast((status) => status !== 0) ?? 0
}

/** `( … )` alone in a process of its own is that process, not a child of it. */
const runSubshellItself = (child: Shell, command: Ast.Statement["command"]): Promise<number> | undefined => {
  if (command.type === "Subshell") return runInside(child, command)
  if (command.type !== "Redirected" || command.command.type !== "Subshell") return undefined
  const { command: subshell, redirects } = command
  return redirect(child, redirects).then(async (made) => {
    if (made === undefined) return 1
    await made.keep()
    return runInside(child, subshell)
  })
}

/** A command that is all that its subshell does. */
export const runChild = async (child: Shell, command: Ast.CommandNode): Promise<number> => {
  const subshell = runSubshellItself(child, command)
  if (subshell !== undefined) return subshell
  const status = await runCommand(child, command)
  if (status !== 0 && canFail(command)) await commandFailed(child, status)
  return child.flow === undefined ? status : child.status
}

const runLast = async (shell: Shell, command: Ast.CommandNode, input: OpenFile) => {
  const before = shell.process.descriptors.replace(0, input)
  try {
    return await runCommand(shell, command)
  } finally {
    const closing = shell.process.descriptors.replace(0, before)?.release()
    if (closing !== undefined) await closing
  }
}

export const runCommand = (shell: Shell, node: Ast.CommandNode): Promise<number> =>
  node.type === "Command" ? runSimple(shell, node) : runCompound(shell, node)
