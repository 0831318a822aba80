/** Statements, lists and pipelines. */
import type * as Ast from "unbash"
import type { DescriptorTable } from "../io/descriptors.ts"
import { makePipe } from "../io/pipe.ts"
import type { Process } from "../processes/process.ts"
import { signalDescription } from "../processes/signals.ts"
import { exitStatus } from "../state/jobs.ts"
import type { Shell } from "../state/shell.ts"
import { runCompound } from "./compound.ts"
import { forkShell } from "./fork.ts"
import { openForReading } from "./open.ts"
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

const runBackground = async (shell: Shell, statement: Ast.Statement): Promise<number> => {
  const { command } = statement
  const text = textOf(shell, statement)
  const descriptors = shell.process.descriptors.copy()
  if (!shell.options.has("monitor")) void descriptors.set(0, await openForReading(shell, "/dev/null"))
  const process = await forkShell(shell, { command: text, descriptors, background: true }, (child) => {
    child.conditionDepth = 0
    child.isTail = command.type === "Command"
    return command.type === "AndOr" ? runAndOr(child, command) : runPipeline(child, command)
  })
  shell.jobs.add([process], text)
  shell.status = 0
  return 0
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

interface Stage {
  readonly process: Process
}

/** Every stage is a process of its own; with `lastpipe` the last one is the shell itself. */
const runConcurrently = async (shell: Shell, node: Ast.Pipeline): Promise<number> => {
  const stages: Array<Stage> = []
  const last = node.commands.length - 1
  const inShell = shell.options.has("lastpipe")
  let input: ReturnType<typeof makePipe> | undefined
  let own: Promise<number> | undefined
  for (let index = 0; index <= last; index++) {
    const command = node.commands[index]
    const output = index < last ? makePipe() : undefined
    if (index === last && inShell) {
      own = runLast(shell, command, input)
      break
    }
    const descriptors: DescriptorTable = shell.process.descriptors.copy()
    if (input !== undefined) void descriptors.set(0, input.reader)
    if (output !== undefined) {
      void descriptors.set(1, output.writer)
      if (node.operators[index] === "|&") void descriptors.set(2, output.writer.retain())
    }
    input = output
    const process = await forkShell(shell, { command: textOf(shell, command), descriptors }, (child) => {
      child.isTail = command.type === "Command"
      return runChild(child, command)
    })
    stages.push({ process })
  }
  const statuses: Array<number> = []
  for (const { process } of stages) {
    const status = await shell.process.block(process.ended)
    if (status.signal !== undefined) await reportDeath(shell, process, status.signal)
    statuses.push(exitStatus(status))
  }
  if (own !== undefined) statuses.push(await own)
  shell.pipeStatus = statuses
  if (!shell.options.has("pipefail")) return statuses[statuses.length - 1]
  return statuses.findLast((status) => status !== 0) ?? 0
}

/** A command that is all that its subshell does. */
export const runChild = async (child: Shell, command: Ast.CommandNode): Promise<number> => {
  const status = await runCommand(child, command)
  if (status !== 0 && canFail(command) && command.type !== "Subshell") await commandFailed(child, status)
  return child.flow === undefined ? status : child.status
}

const runLast = async (shell: Shell, command: Ast.CommandNode, input: ReturnType<typeof makePipe> | undefined) => {
  const before = shell.process.descriptors.replace(0, input?.reader)
  try {
    return await runCommand(shell, command)
  } finally {
    const closing = shell.process.descriptors.replace(0, before)?.release()
    if (closing !== undefined) await closing
  }
}

/** A child that died of a signal is worth a line, unless it was the reader's or the user's doing. */
export const reportDeath = async (shell: Shell, process: Process, signal: number): Promise<void> => {
  if (signal === 13 || signal === 2) return
  await shell.tell(`${shell.where()}${process.pid} ${signalDescription(signal).padEnd(24)}${process.command}\n`)
}

export const runCommand = (shell: Shell, node: Ast.CommandNode): Promise<number> =>
  node.type === "Command" ? runSimple(shell, node) : runCompound(shell, node)
