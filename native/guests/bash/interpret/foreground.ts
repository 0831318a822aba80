/** Waiting for a command in the foreground: its end, or, under job control, that it stops. */
import { Discard } from "../errors.ts"
import { signalGroup } from "../processes/groups.ts"
import type { Process } from "../processes/process.ts"
import { SIGCONT, SIGINT, signalDescription, signalName, SIGPIPE, SIGTERM } from "../processes/signals.ts"
import { pipelineText } from "../state/job-text.ts"
import { exitStatus, type Job, type JobInit, stateOf } from "../state/jobs.ts"
import type { Shell } from "../state/shell.ts"
import { notifyJobs } from "./notify.ts"
import { forgetInterrupt } from "./traps.ts"

export interface Foreground {
  readonly processes: ReadonlyArray<Process>
  /** What each of them runs. */
  readonly commands: () => ReadonlyArray<string>
  /** The process group that is the job's own. */
  readonly group: number | undefined
  /** The job, when it has been one already. */
  readonly job?: Job | undefined
}

/** A foreground command has ended, or a job has come of it; each status counts for PIPESTATUS. */
export const waitForeground = async (shell: Shell, foreground: Foreground): Promise<Array<number>> => {
  const { group, processes } = foreground
  const own = shell.process
  if (group === undefined) await untilEnded(own, processes)
  else await untilStopped(shell, own, foreground)
  const stopped = group === undefined ? undefined : processes.find((process) => process.stopped)
  if (stopped !== undefined && stateOf(foreground) === "stopped") {
    keep(shell, foreground)
    if (shell.jobs.hasNews) await notifyJobs(shell)
    return processes.map(({ status, stopSignal = 0 }) => status === undefined ? 128 + stopSignal : exitStatus(status))
  }
  const statuses = processes.map(({ status }) => exitStatus(status!))
  if (foreground.job !== undefined) shell.jobs.remove(foreground.job.number)
  await tellDeath(shell, foreground)
  if (shell.jobs.hasNews) await notifyJobs(shell)
  return statuses
}

/**
 * Without job control shell and command share a group, so an interrupt comes to both. What the command makes of it
 * decides: if it dies of it, so does the shell.
 */
const untilEnded = async (own: Process, processes: ReadonlyArray<Process>): Promise<void> => {
  own.defersInterrupt = true
  own.interrupted = false
  try {
    for (const process of processes) if (process.status === undefined) await own.block(process.ended)
  } finally {
    own.defersInterrupt = false
  }
  if (!own.interrupted || processes[processes.length - 1].status?.signal !== SIGINT) return
  own.signal(SIGINT)
  own.check()
}

/** The terminal is the job's until it stops or ends; then it is the shell's again. */
const untilStopped = async (shell: Shell, own: Process, foreground: Foreground): Promise<void> => {
  const { terminal } = own.session
  const { group, job, processes } = foreground
  const lends = terminal !== undefined && terminal.foreground === own.group
  const settings = lends && shell.isInteractive ? terminal.settings : undefined
  if (lends) terminal.foreground = group!
  // a key that was pressed before the job had the terminal was meant for it
  if (shell.isInteractive && own.pending.includes(SIGINT)) {
    forgetInterrupt(shell)
    signalGroup(shell.machine.vm, group!, SIGINT)
  }
  if (job !== undefined) {
    if (lends && job.terminalSettings !== undefined) terminal.restore(job.terminalSettings)
    signalGroup(shell.machine.vm, group!, SIGCONT)
  }
  try {
    while (stateOf(foreground) === "running") {
      await own.block(Promise.race(
        processes.filter(({ status, stopped }) => status === undefined && !stopped).map((process) => process.changed())
      ))
    }
  } finally {
    if (lends) {
      const left = terminal.settings
      terminal.foreground = own.group
      if (job !== undefined && stateOf(foreground) === "stopped") job.terminalSettings = left
      // one that ended by itself may have meant its settings to stay
      const ended = processes[processes.length - 1].status
      if (settings !== undefined && (ended === undefined || ended.signal !== undefined)) terminal.restore(settings)
    }
  }
}

/** A stopped command is a job. */
const keep = (shell: Shell, { commands, group, job, processes }: Foreground): void => {
  const kept = job ?? shell.jobs.add({ processes, commands: commands(), group, cwd: shell.cwd } satisfies JobInit)
  kept.notified = false
  shell.jobs.makeCurrent(kept)
  shell.jobs.hasNews = true
}

/** The signal that the last process died of; under `pipefail` that of the last one that failed. */
const deathOf = (shell: Shell, processes: ReadonlyArray<Process>): number | undefined => {
  const failed = shell.options.has("pipefail")
    ? processes.findLast(({ status }) => exitStatus(status!) !== 0)
    : undefined
  return (failed ?? processes[processes.length - 1]).status?.signal
}

/** A death of a signal is worth a line, unless it was the reader's or the user's doing. */
const tellDeath = async (shell: Shell, { commands, group, processes }: Foreground): Promise<void> => {
  const signal = deathOf(shell, processes)
  if (signal === undefined || signal === SIGPIPE || shell.isSubstitution) return
  if (signal === SIGINT) {
    if (!shell.isInteractive || group === undefined) return
    await shell.tell("\n")
    shell.status = 128 + SIGINT
    throw new Discard(128 + SIGINT, true)
  }
  if (shell.isInteractive || signal === SIGTERM || shell.traps.has(signalName(signal))) {
    return shell.tell(`${signalDescription(signal)}\n`)
  }
  await shell.tell(shell.where() + pipelineText({ processes, commands: commands() }, true))
}
