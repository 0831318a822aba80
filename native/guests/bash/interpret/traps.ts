/** Traps: commands that run when a signal has come, a command failed, or the shell ends. */
import { Discard, Exit } from "../errors.ts"
import { SIGINT, signalName, signalNumber } from "../processes/signals.ts"
import type { Shell } from "../state/shell.ts"
import { evaluateText } from "./evaluate.ts"

/** Traps that are no signal's: the lines of their commands count on from the command that they are run for. */
const pseudo: ReadonlySet<string> = new Set(["ERR", "DEBUG", "RETURN"])

/** Runs a trap's command; the status stays what it was, unless the command ends the shell. */
export const runTrap = async (shell: Shell, name: string): Promise<void> => {
  const action = shell.traps.get(name)
  if (action === undefined || action === "") return
  const { flow, lastArgument, pipeStatus, position, status, unit } = shell
  shell.flow = undefined
  shell.trapDepth++
  try {
    await evaluateText(shell, action, pseudo.has(name) ? "trap" : "signal")
  } finally {
    shell.trapDepth--
  }
  if (shell.flow === undefined) {
    shell.flow = flow
    shell.status = status
  }
  Object.assign(shell, { unit, position, pipeStatus, lastArgument })
}

/** Runs the traps of the signals that have come. */
export const runPendingTraps = async (shell: Shell): Promise<void> => {
  for (let signal = shell.process.pending.shift(); signal !== undefined; signal = shell.process.pending.shift()) {
    await runTrap(shell, signalName(signal))
    if (signal !== SIGINT || !shell.isInteractive || shell.traps.has("INT")) continue
    // the key's echo stands on a line of its own
    await shell.tell("\n")
    throw new Discard(128 + SIGINT, true)
  }
}

/** An interrupt that has no trap has done what it was for. */
export const forgetInterrupt = ({ process: { pending }, traps }: Shell): void => {
  if (traps.has("INT")) return
  for (let at = pending.indexOf(SIGINT); at >= 0; at = pending.indexOf(SIGINT)) pending.splice(at, 1)
}

/** The status that the shell ends with, after its EXIT trap. */
export const runExitTrap = async (shell: Shell, status: number): Promise<number> => {
  if (shell.process.pending.length > 0) await runPendingTraps(shell)
  const action = shell.traps.get("EXIT")
  shell.traps.delete("EXIT")
  if (action === undefined || action === "") return status
  shell.status = status
  shell.flow = undefined
  shell.trapDepth = 1
  shell.conditionDepth = 0
  shell.runningTrap = false
  try {
    await evaluateText(shell, action, "signal")
    return status
  } catch (error) {
    if (error instanceof Exit) return error.status
    throw error
  }
}

/** Functions that are being run: the commands of a file that is read belong to who reads it. */
const functionDepth = ({ calls }: Shell): number => calls.filter(({ name }) => name !== "source").length

/** After a command that failed where failing counts. */
export const commandFailed = async (shell: Shell, status: number): Promise<void> => {
  if (shell.conditionDepth > 0 || shell.flow !== undefined) return
  shell.status = status
  const traced = functionDepth(shell) <= shell.errTrapDepth || shell.options.has("errtrace")
  if (shell.traps.has("ERR") && traced && !shell.runningTrap) {
    shell.runningTrap = true
    try {
      await runTrap(shell, "ERR")
    } finally {
      shell.runningTrap = false
    }
  }
  if (shell.options.has("errexit")) throw new Exit(status)
}

export const debugTrap = async (shell: Shell): Promise<void> => {
  if (shell.runningTrap || !shell.traps.has("DEBUG")) return
  if (shell.calls.length > 0 && !shell.options.has("functrace")) return
  shell.runningTrap = true
  try {
    await runTrap(shell, "DEBUG")
  } finally {
    shell.runningTrap = false
  }
}

/** Sets, ignores (with an empty action) or resets (without one) what a signal does. */
export const setTrap = (shell: Shell, name: string, action: string | undefined): void => {
  shell.inheritedTraps = new Map()
  if (action === undefined) shell.traps.delete(name)
  else {
    if (name === "ERR") shell.errTrapDepth = functionDepth(shell)
    shell.traps.set(name, action)
  }
  const number = name === "EXIT" ? undefined : signalNumber(name)
  if (number === undefined) return
  const { caught, ignored } = shell.process
  caught.delete(number)
  ignored.delete(number)
  if (action === "") ignored.add(number)
  else if (action !== undefined) caught.add(number)
  else if (shell.ownIgnored.has(number)) ignored.add(number)
  else if (shell.ownCaught.has(number)) caught.add(number)
}
