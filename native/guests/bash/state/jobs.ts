/** The jobs of a shell: what it has started in the background, and what was stopped in the foreground. */
import type { Process, ProcessStatus } from "../processes/process.ts"

export interface JobInit {
  /** The processes of the pipeline; the last one's status is the job's. */
  readonly processes: ReadonlyArray<Process>
  /** What each of them runs, as bash shows it. */
  readonly commands: ReadonlyArray<string>
  /** The process group that is the job's own, under job control. */
  readonly group?: number | undefined
  /** Where it was started. */
  readonly cwd: string
}

export interface Job extends JobInit {
  readonly number: number
  readonly command: string
  /** The job of the shell that this one was forked from: to be seen, not to be waited for. */
  readonly inherited: boolean
  /** Whether its state, as it is, has been told. */
  notified: boolean
  /** Whether it is hung up with its shell. */
  hangsUp: boolean
  /** The settings that it left the terminal with when it was stopped. */
  terminalSettings: unknown
}

export type JobState = "running" | "stopped" | "done"

/** Stopped as soon as one process is and none runs. */
export const stateOf = ({ processes }: Pick<Job, "processes">): JobState => {
  const living = processes.filter(({ status }) => status === undefined)
  if (living.length === 0) return "done"
  return living.every(({ stopped }) => stopped) ? "stopped" : "running"
}

/** Statuses of children that are gone, which `wait` may still ask for. */
const REMEMBERED = 4_096
/** Jobs after which the oldest that has ended is forgotten, though nobody was told. */
const MAX_ENDED = 64

export class Jobs {
  private readonly jobs = new Map<number, Job>()
  private readonly statuses = new Map<number, ProcessStatus>()
  /** Numbers, the current job last. */
  private order: Array<number> = []
  lastPid: number | undefined
  /** Whether something has changed since the last look. */
  hasNews = false
  /** Told at once of what changes: `set -b`. */
  onNews: (() => void) | undefined

  add(init: JobInit): Job {
    let number = 1
    for (const key of this.jobs.keys()) number = Math.max(number, key + 1)
    const command = init.commands.join(" | ")
    const job: Job = {
      ...init,
      number,
      command,
      inherited: false,
      notified: false,
      hangsUp: true,
      terminalSettings: undefined
    }
    this.jobs.set(number, job)
    this.order.push(number)
    for (const process of init.processes) void this.follow(job, process)
    return job
  }

  /** Takes note of what becomes of a process of a job. */
  private async follow(job: Job, process: Process): Promise<void> {
    while (process.status === undefined) {
      await process.changed()
      if (process.status !== undefined) this.remember(process.pid, process.status)
      const state = stateOf(job)
      if (state === "running") continue
      job.notified = false
      this.hasNews = true
      this.onNews?.()
      // Nobody will be told of it: a loop that starts jobs for ever must not gather them.
      if (state === "done" && this.jobs.size > MAX_ENDED) this.remove(job.number)
    }
  }

  private remember(pid: number, status: ProcessStatus): void {
    if (this.statuses.size >= REMEMBERED) this.statuses.delete(this.statuses.keys().next().value!)
    this.statuses.set(pid, status)
  }

  /** What a forked shell sees. */
  fork(): Jobs {
    const copy = new Jobs()
    for (const [number, job] of this.jobs) copy.jobs.set(number, { ...job, inherited: true })
    copy.order = this.order.slice()
    copy.lastPid = this.lastPid
    return copy
  }

  /** Those that the shell has started itself. */
  own(): ReadonlyArray<Job> {
    return this.list().filter((job) => !job.inherited)
  }

  list(): ReadonlyArray<Job> {
    return Array.from(this.jobs.values())
  }

  remove(number: number): void {
    this.jobs.delete(number)
    this.order = this.order.filter((each) => each !== number)
  }

  /** Forgets those that have ended and of which the end has been told. */
  cleanUp(): void {
    for (const job of this.list()) if (job.notified && stateOf(job) === "done") this.remove(job.number)
  }

  /** Makes it the current job: it was the last one in the foreground, or to be stopped. */
  makeCurrent({ number }: Job): void {
    this.order = [...this.order.filter((each) => each !== number), number]
  }

  /** Jobs in the order in which they are current: stopped ones come before running ones. */
  private get ranked(): ReadonlyArray<Job> {
    const jobs = this.order.map((number) => this.jobs.get(number)!).reverse()
    const stopped = jobs.filter((job) => stateOf(job) === "stopped")
    return stopped.length === 0 ? jobs : [...stopped, ...jobs.filter((job) => !stopped.includes(job))]
  }

  /** The current job (`%%`) and the one before it (`%-`). */
  get current(): Job | undefined {
    return this.ranked[0]
  }

  get previous(): Job | undefined {
    const { ranked } = this
    return ranked[1] ?? ranked[0]
  }

  /** The job of `%n`, `%%`, `%-`, `%text`, `%?text`. */
  find(spec: string): Job | undefined {
    const text = spec.slice(1)
    if (text === "" || text === "%" || text === "+") return this.current
    if (text === "-") return this.previous
    if (/^\d+$/.test(text)) return this.jobs.get(Number(text))
    const jobs = this.list()
    if (text.startsWith("?")) return jobs.find((job) => job.command.includes(text.slice(1)))
    return jobs.find((job) => job.command.startsWith(text))
  }

  byPid(pid: number): Job | undefined {
    return this.list().find((job) => job.processes.some((process) => process.pid === pid))
  }

  status(pid: number): ProcessStatus | undefined {
    return this.statuses.get(pid)
  }

  forget(pid: number): void {
    this.statuses.delete(pid)
  }
}

export const isDone = (job: Job): boolean => stateOf(job) === "done"

export const exitStatus = (status: ProcessStatus): number =>
  status.signal === undefined ? status.exitCode : 128 + status.signal
