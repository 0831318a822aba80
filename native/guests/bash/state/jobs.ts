/** The jobs of a shell: what it has started in the background. */
import type { Process, ProcessStatus } from "../processes/process.ts"

export interface Job {
  readonly number: number
  /** The processes of the pipeline; the last one's status is the job's. */
  readonly processes: ReadonlyArray<Process>
  readonly command: string
  /** The job of the shell that this one was forked from: to be seen, not to be waited for. */
  readonly inherited: boolean
}

/** Statuses of children that are gone, which `wait` may still ask for. */
const REMEMBERED = 4_096

export class Jobs {
  private readonly jobs = new Map<number, Job>()
  private readonly statuses = new Map<number, ProcessStatus>()
  private order: Array<number> = []
  lastPid: number | undefined

  add(processes: ReadonlyArray<Process>, command: string): Job {
    let number = 1
    for (const key of this.jobs.keys()) number = Math.max(number, key + 1)
    const job: Job = { number, processes, command, inherited: false }
    this.jobs.set(number, job)
    this.order.push(number)
    const last = processes[processes.length - 1]
    this.lastPid = last.pid
    for (const process of processes) {
      void process.ended.then((status) => {
        if (this.statuses.size >= REMEMBERED) this.statuses.delete(this.statuses.keys().next().value!)
        this.statuses.set(process.pid, status)
        // Nobody will be told of it: a loop that starts jobs for ever must not gather them.
        if (process === last && this.jobs.size > 64) this.remove(number)
      })
    }
    return job
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

  /** The current job (`%%`) and the one before it (`%-`). */
  get current(): Job | undefined {
    return this.jobs.get(this.order.at(-1) ?? 0)
  }

  get previous(): Job | undefined {
    return this.jobs.get(this.order.at(-2) ?? this.order.at(-1) ?? 0)
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

export const isDone = (job: Job): boolean => job.processes.every((process) => process.status !== undefined)

export const exitStatus = (status: ProcessStatus): number =>
  status.signal === undefined ? status.exitCode : 128 + status.signal
