/**
 * A process inside the worker: a task with a number, descriptors and signals. Whatever it waits for is waited for
 * through `block`, so that a signal that ends it ends every wait at once.
 */
import { ARGV_SHOWN, WORDS_SHOWN } from "../../protocol.ts"
import { Interrupted, Killed } from "../errors.ts"
import type { DescriptorTable } from "../io/descriptors.ts"
import type { Machine } from "../machine.ts"
import { ResourceLimits } from "../state/resource-limits.ts"
import { isOrphaned, releaseOrphans } from "./groups.ts"
import type { Session } from "./session.ts"
import {
  isIgnoredByDefault,
  isStopping,
  nameOf,
  SIGALRM,
  SIGCHLD,
  SIGCONT,
  SIGINT,
  SIGKILL,
  SIGSTOP
} from "./signals.ts"

export interface ProcessStatus {
  readonly exitCode: number
  readonly signal: number | undefined
}

export interface ProcessInit {
  readonly machine: Machine
  readonly pid: number
  readonly parent: Process | undefined
  readonly group: number
  readonly session: Session
  readonly command: string
  readonly descriptors: DescriptorTable
}

/** Caught signals that wait for their traps at one time. */
const MAX_PENDING = 64

export class Process {
  readonly machine: Machine
  readonly pid: number
  readonly parent: Process | undefined
  readonly startedAt = Date.now()
  group: number
  session: Session
  command: string
  descriptors: DescriptorTable
  /** Signals that do nothing. Inherited. */
  readonly ignored: Set<number>
  /** Signals that a shell has traps for. */
  readonly caught = new Set<number>()
  /** Caught signals that have come and wait for their trap. */
  readonly pending: Array<number> = []
  /** What it may use. Inherited. */
  limits: ResourceLimits
  /** Milliseconds that it has worked, as far as that is known. */
  worked = 0
  status: ProcessStatus | undefined
  /** The signal that it was stopped by, while it is. */
  stopSignal: number | undefined
  /**
   * A shell that waits for a command leaves an interrupt to it: whether the shell ends as well depends on what the command
   * makes of it.
   */
  defersInterrupt = false
  /** An interrupt came meanwhile. */
  interrupted = false
  readonly ended: Promise<ProcessStatus>
  private finish!: (status: ProcessStatus) => void
  private fatal: number | undefined
  private readonly waits = new Set<(reason: unknown) => void>()
  /** Waits that a caught signal cuts short. */
  private readonly interruptible = new Set<(reason: unknown) => void>()
  private resume: Array<() => void> = []
  /** Signals that came while it was stopped. */
  private readonly held: Array<number> = []
  private changing: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  constructor(init: ProcessInit) {
    this.machine = init.machine
    this.pid = init.pid
    this.parent = init.parent
    this.group = init.group
    this.session = init.session
    this.command = init.command
    this.descriptors = init.descriptors
    this.ignored = new Set(init.parent?.ignored)
    this.limits = init.parent?.limits ?? ResourceLimits.of(init.machine.identity.processes)
    this.ended = new Promise((resolve) => {
      this.finish = resolve
    })
  }

  /** The process is another program now. */
  exec(argv: ReadonlyArray<string>, cwd: string): void {
    this.command = argv.join(" ")
    const shown: Array<string> = []
    let left = ARGV_SHOWN
    for (const word of argv.slice(0, WORDS_SHOWN)) {
      if (left <= 0) break
      shown.push(word.slice(0, left))
      left -= word.length
    }
    this.machine.notify({ _tag: "exec", pid: this.pid, argv: shown, cwd, descriptors: this.descriptors.size })
  }

  /** The signal that ends the process, once it has come. */
  get killedBy(): number | undefined {
    return this.fatal
  }

  /** Throws when the process is to end. */
  check(): void {
    if (this.fatal !== undefined) throw new Killed(this.fatal)
  }

  get stopped(): boolean {
    return this.stopSignal !== undefined
  }

  signal(signal: number): void {
    if (this.status !== undefined || signal === 0) return
    if (signal === SIGCONT || signal === SIGKILL) this.continue()
    if (signal !== SIGKILL && signal !== SIGSTOP) {
      if (this.ignored.has(signal)) return
      if (this.stopped) return this.hold(signal)
      if (this.caught.has(signal)) return this.catch(signal)
      if (isIgnoredByDefault(signal)) return
    }
    if (isStopping(signal)) return this.stop(signal)
    if (signal === SIGINT && this.defersInterrupt) this.interrupted = true
    else this.kill(signal)
  }

  /** What comes to a stopped process, it hears when it goes on. */
  private hold(signal: number): void {
    if (!isStopping(signal) && !this.held.includes(signal)) this.held.push(signal)
  }

  private catch(signal: number): void {
    if (this.pending.length < MAX_PENDING) this.pending.push(signal)
    // the end of a child is no reason to give up a wait
    if (signal === SIGCHLD) return
    for (const reject of Array.from(this.interruptible)) reject(new Interrupted(signal))
  }

  /** Cuts short what may be, without a signal. */
  interrupt(): void {
    for (const reject of Array.from(this.interruptible)) reject(new Interrupted(SIGALRM))
  }

  private stop(signal: number): void {
    if (this.stopped) return
    // nobody could continue it
    if (signal !== SIGSTOP && isOrphaned(this.machine.vm, this.group)) return
    this.stopSignal = signal
    this.machine.vm.stopped++
    this.machine.notify({ _tag: "stop", pid: this.pid, signal: nameOf(signal)! })
    this.change()
    this.parent?.signal(SIGCHLD)
  }

  private kill(signal: number): void {
    this.fatal ??= signal
    this.continue()
    for (const reject of Array.from(this.waits)) reject(new Killed(this.fatal))
  }

  private continue(): void {
    if (!this.stopped) return
    this.stopSignal = undefined
    this.machine.vm.stopped--
    this.machine.notify({ _tag: "continue", pid: this.pid })
    this.change()
    for (const signal of this.held.splice(0)) this.signal(signal)
    for (const resume of this.resume.splice(0)) resume()
  }

  private change(): void {
    this.changing?.resolve()
    this.changing = undefined
  }

  /** Resolves when it is stopped, continued, or ends. */
  changed(): Promise<void> {
    if (this.changing === undefined) {
      let resolve = () => {}
      const promise = new Promise<void>((done) => {
        resolve = done
      })
      this.changing = { promise, resolve }
    }
    return this.changing.promise
  }

  /** Waits while the process is stopped. */
  async whileStopped(): Promise<void> {
    while (this.stopped) await this.block(new Promise<void>((resolve) => this.resume.push(resolve)))
  }

  /** Waits for a promise, or until a signal ends the process (or, if so asked, has a trap). */
  block<A>(promise: Promise<A>, interruptible = false): Promise<A> {
    return new Promise((resolve, reject) => {
      if (this.fatal !== undefined) return reject(new Killed(this.fatal))
      const caught = interruptible ? this.pending.find((signal) => signal !== SIGCHLD) : undefined
      if (caught !== undefined) return reject(new Interrupted(caught))
      const stop = (reason: unknown) => {
        this.waits.delete(stop)
        this.interruptible.delete(stop)
        reject(reason)
      }
      this.waits.add(stop)
      if (interruptible) this.interruptible.add(stop)
      const proceed = (value: A) => {
        // what a stopped process waited for, it has when it goes on
        if (this.stopped) return void this.resume.push(() => proceed(value))
        this.waits.delete(stop)
        this.interruptible.delete(stop)
        resolve(value)
      }
      const fail = (reason: unknown) => {
        if (this.stopped) this.resume.push(() => fail(reason))
        else stop(reason)
      }
      promise.then(proceed, fail)
    })
  }

  /** The process is over. */
  end(status: ProcessStatus): void {
    if (this.status !== undefined) return
    this.status = status
    const { vm } = this.machine
    if (this.stopped) vm.stopped--
    this.machine.forget(this, status)
    this.finish(status)
    this.change()
    if (this.session.id === this.pid) this.session.terminal?.leave()
    if (vm.stopped > 0) releaseOrphans(vm, this)
    this.parent?.signal(SIGCHLD)
  }
}
