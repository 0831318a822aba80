/**
 * What the processes of one command of the host share: system calls, process numbers, output, and the turns of the
 * event loop that they give to others.
 */
import type { Notice, SystemCallName, SystemCalls } from "../protocol.ts"
import { SystemCallError } from "../shell/client.ts"
import { clockStands, setClock } from "../shell/clock.ts"
import type { GuestIdentity, GuestSystem } from "../shell/engine.ts"
import type { HostOutputs } from "./io/host-output.ts"
import type { LockRequest, OpenFile } from "./io/open-file.ts"
import { TIME_SLICE_MS } from "./limits.ts"
import type { Process, ProcessStatus } from "./processes/process.ts"
import { nameOf, SIGKILL, SIGXCPU } from "./processes/signals.ts"
import type { ProgramPaths } from "./program-paths.ts"
import type { VmState } from "./vm-state.ts"

/** Nodes evaluated between two looks at the clock. */
const NODES_PER_LOOK = 32
/** Looks between two turns while the clock stands. */
const LOOKS_PER_TURN = 16
/** How often a fork that found no room tries again, and how long it waits each time. */
const FORK_TRIES = 20
const FORK_PAUSE_MS = 50

let nextWait = 1

const lockKinds: Readonly<Record<LockRequest, number>> = { shared: 0, exclusive: 1, unlock: 2 }

/** A wait on the VM's clock, or for a lock. */
export interface Timer {
  /** Resolves at the end, for a timer also when it was cancelled; a lock fails with EINTR then. */
  readonly done: Promise<void>
  readonly cancel: () => void
}

export class Machine {
  readonly processes = new Map<number, Process>()
  /** Files with writes not yet posted. */
  readonly dirty = new Set<OpenFile>()
  private nodes = 0
  private looks = 0
  private lastTurn = performance.now()
  private turning: Promise<void> | undefined

  constructor(
    private readonly system: GuestSystem,
    readonly identity: GuestIdentity,
    readonly hostPid: number,
    readonly outputs: HostOutputs,
    readonly vm: VmState
  ) {}

  get paths(): ProgramPaths {
    return this.vm.paths
  }

  /** A system call that sees everything written before it. */
  sys<Name extends SystemCallName>(
    name: Name,
    ...args: Parameters<SystemCalls[Name]>
  ): Promise<ReturnType<SystemCalls[Name]>> {
    if (this.dirty.size > 0) { for (const file of Array.from(this.dirty)) void file.flush() }
    return this.post(name, ...args)
  }

  /** A system call of a process that sees everything written before it. */
  sysAs<Name extends SystemCallName>(
    process: Process,
    name: Name,
    ...args: Parameters<SystemCalls[Name]>
  ): Promise<ReturnType<SystemCalls[Name]>> {
    if (this.dirty.size > 0) { for (const file of Array.from(this.dirty)) void file.flush() }
    return this.postAs(process.pid, name, ...args)
  }

  /** A system call as such, in the name of a process that lives. */
  post<Name extends SystemCallName>(
    name: Name,
    ...args: Parameters<SystemCalls[Name]>
  ): Promise<ReturnType<SystemCalls[Name]>> {
    return this.postAs(this.someone(), name, ...args)
  }

  /** A system call of a process. */
  postAs<Name extends SystemCallName>(
    pid: number,
    name: Name,
    ...args: Parameters<SystemCalls[Name]>
  ): Promise<ReturnType<SystemCalls[Name]>> {
    this.paths.observe(name, args)
    if (name === "writeFile" || name === "truncate" || name === "copy") this.vm.files.changedByPath()
    const answer = this.system.call(pid, name, ...args)
    // What asks for the time in passing goes by the VM's clock from now on.
    if (name === "now") void answer.then((time) => setClock(Number(time)), () => {})
    return answer
  }

  private someone(): number {
    if (this.processes.has(this.hostPid)) return this.hostPid
    for (const pid of this.processes.keys()) return pid
    return this.hostPid
  }

  /** Tells the kernel of a process. */
  notify(notice: Notice): void {
    this.system.notify(notice)
  }

  /** Begins a wait, which costs the kernel a timer until it is over or cancelled. */
  timer({ pid }: Process, milliseconds: number): Timer {
    const name = nextWait++
    const done = this.postAs(pid, "sleep", milliseconds, name)
    return this.named(pid, name, done)
  }

  /** Takes the lock of a file that the kernel holds open, or gives it up. What was written before is written by then. */
  lock(process: Process, file: number, kind: LockRequest, wait: boolean): Timer {
    const name = nextWait++
    return this.named(process.pid, name, this.sysAs(process, "flock", file, lockKinds[kind], wait, name))
  }

  private named(pid: number, name: number, done: Promise<void>): Timer {
    // the process may end meanwhile
    return { done, cancel: () => void this.postAs(pid, "wake", name).catch(() => {}) }
  }

  /** Lets a process wait on the VM's clock. */
  async sleep(process: Process, milliseconds: number): Promise<void> {
    const timer = this.timer(process, milliseconds)
    try {
      await process.block(timer.done)
    } catch (reason) {
      timer.cancel()
      throw reason
    }
  }

  /** Gives a file up that the kernel holds open for the worker. */
  release(file: number): void {
    this.system.release(file)
  }

  /** To be called for every unit of work; a promise when it is time to let others run. */
  tick(process: Process): Promise<void> | undefined {
    process.check()
    if (process.stopped) return process.whileStopped()
    if (++this.nodes < NODES_PER_LOOK) return undefined
    this.nodes = 0
    if (clockStands() ? ++this.looks % LOOKS_PER_TURN !== 0 : performance.now() - this.lastTurn < TIME_SLICE_MS) {
      return undefined
    }
    this.charge(process)
    return this.turn(process)
  }

  /** Counts what a process has worked since the last turn. Whoever waited meanwhile has not: a slice is a slice. */
  private charge(process: Process): void {
    const elapsed = clockStands() ? TIME_SLICE_MS : performance.now() - this.lastTurn
    const before = process.worked
    process.worked += Math.min(elapsed, 2 * TIME_SLICE_MS)
    const { hard, soft } = process.limits.get("t")
    if (process.worked >= hard * 1000) process.signal(SIGKILL)
    else if (process.worked >= soft * 1000 && Math.floor(before / 1000) < Math.floor(process.worked / 1000)) {
      process.signal(SIGXCPU)
    }
  }

  /** Lets the event loop turn once, whoever asks. */
  private turn(process: Process): Promise<void> {
    this.turning ??= new Promise((resolve) => {
      if (this.dirty.size > 0) { for (const file of Array.from(this.dirty)) void file.flush() }
      setImmediate(() => {
        this.turning = undefined
        this.lastTurn = performance.now()
        resolve()
      })
    })
    return process.block(this.turning)
  }

  /** Whether a process may start another at once. */
  hasRoom(process: Process): boolean {
    return !this.isFull(process) && !this.system.pids.isEmpty
  }

  private isFull({ limits }: Process): boolean {
    return this.vm.processes.size >= Math.min(this.identity.processes, limits.get("u").soft)
  }

  /** A new number; there must be room. */
  allocatePid(): number {
    return this.system.pids.take()
  }

  enter(process: Process): void {
    const { parent, pid } = process
    this.processes.set(pid, process)
    this.vm.processes.set(pid, process)
    if (parent === undefined) return
    const pgid = process.group === parent.group ? undefined : process.group
    this.notify({ _tag: "fork", pid, ppid: parent.pid, pgid })
  }

  /** A process has ended. */
  forget(process: Process, { exitCode, signal }: ProcessStatus): void {
    const { pid } = process
    this.processes.delete(pid)
    this.vm.processes.delete(pid)
    this.notify({
      _tag: "exit",
      pid,
      exitCode: signal === undefined ? exitCode : 128 + signal,
      signal: signal === undefined ? undefined : nameOf(signal),
      // the engine itself keeps what a shell may still ask for
      reaped: process.parent === undefined ? undefined : true
    })
  }

  /** Waits until one more process may start; EAGAIN when that takes too long. */
  async room(process: Process): Promise<void> {
    for (let tries = 0; this.isFull(process); tries++) {
      if (tries === FORK_TRIES) throw new SystemCallError("EAGAIN", "fork", undefined)
      await this.sleep(process, FORK_PAUSE_MS)
    }
    while (this.system.pids.isEmpty) await process.block(this.system.pids.more())
  }

  /** Ends every process. */
  killAll(): void {
    for (const process of Array.from(this.processes.values())) process.signal(SIGKILL)
  }
}
