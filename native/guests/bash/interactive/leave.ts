/** The end of an interactive shell: what it asks before, and what it does to its jobs. */
import { Killed } from "../errors.ts"
import { endHistory } from "../history/file.ts"
import { notifyJobs } from "../interpret/notify.ts"
import { signalGroup } from "../processes/groups.ts"
import { SIGCONT, SIGHUP, SIGTERM } from "../processes/signals.ts"
import { jobText } from "../state/job-text.ts"
import { stateOf } from "../state/jobs.ts"
import type { Shell } from "../state/shell.ts"

/** Whether the shell may end. With stopped jobs it says so first; asked again at once, it ends. */
export const mayLeave = async (shell: Shell): Promise<boolean> => {
  const { conversation, jobs } = shell
  if (conversation === undefined || conversation.warnedAt === conversation.commands - 1) return true
  const own = jobs.own()
  const stopped = own.some((job) => stateOf(job) === "stopped")
  const running = shell.options.has("checkjobs") && own.some((job) => stateOf(job) === "running")
  if (!stopped && !running) return true
  conversation.warnedAt = conversation.commands
  await shell.tell(stopped ? "There are stopped jobs.\n" : "There are running jobs.\n")
  if (shell.options.has("checkjobs")) {
    for (const job of own) {
      if (stateOf(job) === "done") continue
      await shell.tell(jobText(jobs, job, shell.cwd))
    }
    if (jobs.hasNews) await notifyJobs(shell)
  }
  return false
}

/** Tells the jobs that nobody is there any more. */
const hangUpJobs = ({ jobs, machine: { vm } }: Shell): void => {
  for (const job of jobs.own()) {
    if (!job.hangsUp || stateOf(job) === "done") continue
    if (job.group !== undefined) {
      signalGroup(vm, job.group, SIGHUP)
      if (stateOf(job) === "stopped") signalGroup(vm, job.group, SIGCONT)
    } else for (const process of job.processes) process.signal(SIGHUP)
  }
}

/** Runs a shell's conversation to its end; what was typed is kept, unless it is killed outright. */
export const withFarewell = async (shell: Shell, converse: () => Promise<number>): Promise<number> => {
  let killedBy: number | undefined
  try {
    return await converse()
  } catch (error) {
    if (error instanceof Killed) killedBy = error.signal
    throw error
  } finally {
    const isLogin = shell.options.has("login_shell")
    if (killedBy === SIGHUP || (killedBy === undefined && isLogin && shell.options.has("huponexit"))) hangUpJobs(shell)
    if (killedBy === undefined || killedBy === SIGHUP || killedBy === SIGTERM) await endHistory(shell)
  }
}
