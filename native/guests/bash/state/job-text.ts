/** How bash shows jobs. */
import type { Process } from "../processes/process.ts"
import { signalDescription } from "../processes/signals.ts"
import { type Job, type Jobs, stateOf } from "./jobs.ts"

/** Columns of a state: the longest description of a signal. */
const STATE_WIDTH = 24

const describe = ({ status, stopSignal }: Process): string => {
  if (status === undefined) return stopSignal === undefined ? "Running" : signalDescription(stopSignal)
  if (status.signal !== undefined) return signalDescription(status.signal)
  return status.exitCode === 0 ? "Done" : `Exit ${status.exitCode}`
}

/** Of a job as a whole. */
const summary = (job: Pick<Job, "processes">): string => {
  const state = stateOf(job)
  if (state === "running") return "Running"
  return state === "stopped" ? "Stopped" : describe(job.processes[job.processes.length - 1])
}

const sameState = (a: Process, b: Process): boolean => describe(a) === describe(b)

export interface JobView extends Pick<Job, "processes" | "commands"> {
  /** Where the shell is, and where the job was started, if that is to be told. */
  readonly cwd?: string | undefined
  readonly startedIn?: string | undefined
}

/** A job's processes on one line, or each with its number on a line of its own. */
export const pipelineText = (view: JobView, long: boolean): string => {
  const { commands, cwd, processes, startedIn } = view
  const place = startedIn === cwd ? "" : `  (wd: ${startedIn})`
  const end = `${stateOf(view) === "running" ? " &" : ""}${place}\n`
  if (!long) return ` ${summary(view).padEnd(STATE_WIDTH)}${commands.join(" | ")}${end}`
  const [first] = processes
  const running = stateOf(view) === "running"
  return processes.map((process, index) => {
    const pid = String(process.pid).padStart(5)
    const tail = index === processes.length - 1 ? end : "\n"
    const own = (running ? "Running" : describe(process)).padEnd(STATE_WIDTH)
    if (index === 0) return `${pid} ${own}${commands[0]}${tail}`
    const state = sameState(process, first) ? " ".repeat(STATE_WIDTH - 2) : own
    return `     ${pid} ${state}| ${commands[index]}${tail}`
  }).join("")
}

/** `+` for the current job, `-` for the one before it. */
export const markOf = (jobs: Jobs, job: Job): string => job === jobs.current ? "+" : job === jobs.previous ? "-" : " "

/** A line of `jobs`. */
export const jobText = (jobs: Jobs, job: Job, cwd: string, long = false): string =>
  `[${job.number}]${markOf(jobs, job)} ${pipelineText({ ...job, cwd, startedIn: job.cwd }, long)}`
