/** New processes: shells that run part of a script, beside the one that started them. */
import { SystemCallError } from "../../shell/client.ts"
import { Discard, Exit, Interrupted, Killed, ShellFailure } from "../errors.ts"
import type { DescriptorTable } from "../io/descriptors.ts"
import { Process } from "../processes/process.ts"
import { SIGINT, signalName, signalNumber, SIGQUIT } from "../processes/signals.ts"
import type { Shell } from "../state/shell.ts"
import { runExitTrap, runPendingTraps } from "./traps.ts"

export interface ForkOptions {
  readonly command: string
  /** The child's own table; by default a copy of the parent's. */
  readonly descriptors?: DescriptorTable | undefined
  /** The group that it joins, or one of its own. By default it stays in its parent's. */
  readonly group?: number | "own" | undefined
  /** Started by `&`: keyboard signals do not reach it. */
  readonly background?: boolean | undefined
}

/** Makes a process of the machine's table; waits when there are too many. */
export const forkProcess = async (shell: Shell, options: ForkOptions): Promise<Process> => {
  const { machine, process: parent } = shell
  if (!machine.hasRoom(parent)) {
    try {
      await machine.room(parent)
    } catch (error) {
      void options.descriptors?.closeAll()
      if (!(error instanceof SystemCallError)) throw error
      await shell.complain("fork: retry: Resource temporarily unavailable")
      throw shell.isInteractive ? new Discard(254, true) : new Exit(254)
    }
  }
  const pid = machine.allocatePid()
  const process = new Process({
    machine,
    pid,
    parent,
    group: options.group === "own" ? pid : options.group ?? parent.group,
    session: parent.session,
    command: options.command,
    descriptors: options.descriptors ?? parent.descriptors.copy()
  })
  // what an interactive shell does not want to hear is its own affair
  for (const signal of shell.ownIgnored) if (!shell.traps.has(signalName(signal))) process.ignored.delete(signal)
  machine.enter(process)
  return process
}

/** Runs a body in a process to its end, and ends the process. */
export const live = async (process: Process, body: () => Promise<number>): Promise<void> => {
  // The child must not run on its parent's stack.
  await Promise.resolve()
  let exitCode = 1
  let signal: number | undefined
  try {
    process.check()
    exitCode = await body()
  } catch (error) {
    if (error instanceof Killed) signal = error.signal
    else if (error instanceof Exit || error instanceof Discard) exitCode = error.status
    else if (!(error instanceof ShellFailure || error instanceof SystemCallError || error instanceof Interrupted)) {
      exitCode = 70
    }
  }
  try {
    await process.descriptors.closeAll()
  } catch {
    if (exitCode === 0) exitCode = 1
  }
  process.end({ exitCode: exitCode & 0xff, signal })
}

/**
 * Ends of a shell's script turned into its status; the EXIT trap runs. A shell that `goesOn` with other scripts is over
 * only when this one says so: with `exit`, or by what ends a script.
 */
export const shellStatus = async (shell: Shell, body: () => Promise<number>, goesOn = false): Promise<number> => {
  let status: number
  try {
    status = await body()
    if (goesOn) {
      await runPendingTraps(shell)
      return status
    }
  } catch (error) {
    if (error instanceof Exit || error instanceof Discard) status = error.status
    else if (error instanceof ShellFailure) {
      await shell.complain(error.message)
      status = error.exitStatus ?? 1
    } else if (error instanceof RangeError) {
      await shell.complain("maximum nesting exceeded")
      status = 1
    } else if (error instanceof SystemCallError && error.code !== "ECANCELED") {
      await shell.complain(error.reason)
      status = 1
    } else throw error
  }
  return runExitTrap(shell, status)
}

/** Starts a subshell. It has begun, but done nothing yet, when this resolves. */
export const forkShell = async (
  shell: Shell,
  options: ForkOptions,
  body: (child: Shell) => Promise<number>
): Promise<Process> => {
  const process = await forkProcess(shell, options)
  const child = shell.fork(process)
  for (const [name, action] of child.traps) {
    const number = action === "" ? signalNumber(name) : undefined
    if (number !== undefined) process.ignored.add(number)
  }
  // in a group of its own it is out of the keyboard's reach
  if (options.background === true && options.group === undefined) {
    process.ignored.add(SIGINT)
    process.ignored.add(SIGQUIT)
  }
  void live(process, () => shellStatus(child, () => body(child)))
  return process
}
