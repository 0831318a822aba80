/** What a shell says of its jobs by itself: that they have stopped, ended, or died. */
import { signalGroup } from "../processes/groups.ts"
import { SIGCONT, SIGINT, signalName, SIGPIPE, SIGTERM } from "../processes/signals.ts"
import { jobText, pipelineText } from "../state/job-text.ts"
import { type Job, stateOf } from "../state/jobs.ts"
import type { Shell } from "../state/shell.ts"

/** Signals of which a death in the background is not told without job control. */
const quiet: ReadonlySet<number> = new Set([SIGINT, SIGPIPE, SIGTERM])

const messageOf = (shell: Shell, job: Job): string | undefined => {
  const { jobs } = shell
  const isTold = shell.file === "main" || shell.isInteractive
  if (stateOf(job) === "stopped") return isTold && shell.jobControl ? `\n${jobText(jobs, job, shell.cwd)}` : undefined
  const signal = job.processes[job.processes.length - 1].status?.signal
  if (shell.isSubstitution) return undefined
  if (!shell.isInteractive && signal !== undefined && !quiet.has(signal) && !shell.traps.has(signalName(signal))) {
    return shell.where() + pipelineText({ ...job, cwd: shell.cwd, startedIn: job.cwd }, true)
  }
  // a script file is told of deaths only
  if (!shell.jobControl || (!isTold && signal === undefined)) return undefined
  const moved = job.cwd === shell.cwd ? "" : `(wd now: ${shell.cwd})\n`
  return jobText(jobs, job, shell.cwd) + moved
}

/** What has changed since it was last told, which it is now. */
export const jobNews = (shell: Shell): string => {
  const { jobs } = shell
  jobs.hasNews = false
  let news = ""
  for (const job of jobs.list()) {
    if (job.notified || job.inherited || stateOf(job) === "running") continue
    news += messageOf(shell, job) ?? ""
    job.notified = true
  }
  jobs.cleanUp()
  return news
}

/**
 * Tells of what has changed since it was last told. An interactive shell does so before each prompt, or at once with
 * `set -b`; any does after a command in the foreground.
 */
export const notifyJobs = async (shell: Shell): Promise<void> => {
  const news = jobNews(shell)
  if (news !== "") await shell.tell(news)
}

/** A shell with job control ends: what it leaves stopped, nobody could continue. */
export const endJobs = ({ jobControl, jobs, machine }: Shell): void => {
  if (!jobControl) return
  for (const job of jobs.own()) {
    if (job.group === undefined || stateOf(job) !== "stopped") continue
    signalGroup(machine.vm, job.group, SIGTERM)
    signalGroup(machine.vm, job.group, SIGCONT)
  }
}
