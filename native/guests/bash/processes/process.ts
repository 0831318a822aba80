/**
 * A process inside the worker: a task with a number, descriptors and signals. Whatever it waits for is waited for
 * through `block`, so that a signal that ends it ends every wait at once.
 */
import { Interrupted, Killed } from "../errors.ts"
import type { DescriptorTable } from "../io/descriptors.ts"
import type { Machine } from "../machine.ts"
import { isIgnoredByDefault, isStopping, SIGCONT, SIGKILL, SIGSTOP } from "./signals.ts"

export interface ProcessStatus {
  readonly exitCode: number
  readonly signal: number | undefined
}

export interface ProcessInit {
  readonly machine: Machine
  readonly pid: number
  readonly parent: Process | undefined
  readonly group: number
  readonly command: string
  readonly descriptors: DescriptorTable
}

export class Process {
  readonly machine: Machine
  readonly pid: number
  readonly parent: Process | undefined
  readonly startedAt = Date.now()
  group: number
  command: string
  descriptors: DescriptorTable
  /** Signals that do nothing. Inherited. */
  readonly ignored: Set<number>
  /** Signals that a shell has traps for. */
  readonly caught = new Set<number>()
  /** Caught signals that have come and wait for their trap. */
  readonly pending: Array<number> = []
  status: ProcessStatus | undefined
  stopped = false
  readonly ended: Promise<ProcessStatus>
  private finish!: (status: ProcessStatus) => void
  private fatal: number | undefined
  private readonly waits = new Set<(reason: unknown) => void>()
  /** Waits that a caught signal cuts short. */
  private readonly interruptible = new Set<(reason: unknown) => void>()
  private resume: Array<() => void> = []

  constructor(init: ProcessInit) {
    this.machine = init.machine
    this.pid = init.pid
    this.parent = init.parent
    this.group = init.group
    this.command = init.command
    this.descriptors = init.descriptors
    this.ignored = new Set(init.parent?.ignored)
    this.ended = new Promise((resolve) => {
      this.finish = resolve
    })
  }

  /** The signal that ends the process, once it has come. */
  get killedBy(): number | undefined {
    return this.fatal
  }

  /** Throws when the process is to end. */
  check(): void {
    if (this.fatal !== undefined) throw new Killed(this.fatal)
  }

  signal(signal: number): void {
    if (this.status !== undefined || signal === 0) return
    if (signal === SIGCONT || signal === SIGKILL) this.continue()
    if (signal !== SIGKILL && signal !== SIGSTOP) {
      if (this.ignored.has(signal)) return
      if (this.caught.has(signal)) {
        if (this.pending.length < 64) this.pending.push(signal)
        for (const reject of Array.from(this.interruptible)) reject(new Interrupted(signal))
        return
      }
      if (isIgnoredByDefault(signal)) return
    }
    if (isStopping(signal)) this.stopped = true
    else this.kill(signal)
  }

  private kill(signal: number): void {
    this.fatal ??= signal
    this.continue()
    for (const reject of Array.from(this.waits)) reject(new Killed(this.fatal))
  }

  private continue(): void {
    this.stopped = false
    for (const resume of this.resume.splice(0)) resume()
  }

  /** Waits while the process is stopped. */
  async whileStopped(): Promise<void> {
    while (this.stopped) await this.block(new Promise<void>((resolve) => this.resume.push(resolve)))
  }

  /** Waits for a promise, or until a signal ends the process (or, if so asked, has a trap). */
  block<A>(promise: Promise<A>, interruptible = false): Promise<A> {
    return new Promise((resolve, reject) => {
      if (this.fatal !== undefined) return reject(new Killed(this.fatal))
      if (interruptible && this.pending.length > 0) return reject(new Interrupted(this.pending[0]))
      const stop = (reason: unknown) => {
        this.waits.delete(stop)
        this.interruptible.delete(stop)
        reject(reason)
      }
      this.waits.add(stop)
      if (interruptible) this.interruptible.add(stop)
      promise.then((value) => {
        this.waits.delete(stop)
        this.interruptible.delete(stop)
        resolve(value)
      }, stop)
    })
  }

  /** The process is over. */
  end(status: ProcessStatus): void {
    if (this.status !== undefined) return
    this.status = status
    this.machine.forget(this)
    this.finish(status)
  }
}
