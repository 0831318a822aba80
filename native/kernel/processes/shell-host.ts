/**
 * The guest worker in which one VM's shell processes run: taken from the pool when the first process starts, given up
 * when the VM has been idle for a while, ended when a process must die and does not.
 */
import type { SystemCallName } from "../../guests/protocol.ts"
import { Fault } from "../fault.ts"
import { once, type Steps } from "../filesystem/steps.ts"
import type { Binding, DeathReason, GuestWorker, SystemCall } from "../workers/guest-worker.ts"
import type { WorkerPool } from "../workers/pool.ts"
import type { Process } from "./process.ts"
import { KILLED } from "./process.ts"
import { sleepArgument } from "./system-calls.ts"

/** What the owner of a process hears of it. */
export interface ProcessEvents {
  readonly onOutput: (channel: "stdout" | "stderr", bytes: Uint8Array) => void
  /** Once, after the last output. */
  readonly onExit: (exitCode: number, signal: string | undefined) => void
}

export interface ShellHostOptions {
  readonly pool: WorkerPool
  readonly binding: Binding
  /** Runs the callback after some milliseconds; gives what cancels it. */
  readonly after: (milliseconds: number, run: () => void) => () => void
  /** Every worker is in use and somebody waits for one: VMs whose worker is idle are to give theirs up. */
  readonly onStarved: () => void
  /** Queues work behind the VM's earlier work. */
  readonly enqueue: (work: () => Iterator<void> | void) => void
  /** Carries out a system call; throws `Fault`. */
  readonly systemCall: (
    pid: number,
    name: Exclude<SystemCallName, "sleep">,
    args: ReadonlyArray<unknown>
  ) => Steps<unknown>
}

/** How long a process that was told to die may take before its worker is ended. */
const STOP_GRACE_MS = 15
/** How long a worker outlives the VM's last process. */
const IDLE_MS = 10_000

interface Running {
  readonly process: Process
  readonly events: ProcessEvents
  spawned: boolean
  stopping: boolean
}

export class ShellHost {
  private worker: GuestWorker | undefined
  private starting: Promise<GuestWorker> | undefined
  private readonly abort = new AbortController()
  private readonly running = new Map<number, Running>()
  /** Starts that wait until it is known whether the worker outlives a process that is being stopped. */
  private readonly held: Array<() => void> = []
  private readonly sleeping = new Map<number, Set<() => void>>()
  private cancelIdle: (() => void) | undefined
  private released = false

  constructor(private readonly options: ShellHostOptions) {}

  /** Starts a process. It ends with SIGKILL when no worker can be had. */
  start(process: Process, stdin: Uint8Array, events: ProcessEvents): void {
    this.running.set(process.pid, { process, events, spawned: false, stopping: false })
    this.cancelIdle?.()
    this.cancelIdle = undefined
    const spawn = (worker: GuestWorker) => {
      const entry = this.running.get(process.pid)
      if (entry === undefined) return
      entry.spawned = true
      const { argv, command, cwd, env, pid } = process
      worker.spawn({ pid, command, argv, cwd, env, stdin })
    }
    const begin = () => {
      if (this.worker !== undefined) return spawn(this.worker)
      this.acquire().then(spawn, (error: unknown) => this.refuse(process.pid, error))
    }
    if (this.isStopping()) this.held.push(begin)
    else begin()
  }

  /** A process's output has been handed on. */
  credit(pid: number, bytes: number): void {
    this.worker?.credit(pid, bytes)
  }

  /** Ends a process: at its next yield, or with its worker. */
  kill(pid: number): void {
    const entry = this.running.get(pid)
    if (entry === undefined || entry.stopping) return
    const { worker } = this
    if (worker === undefined || !entry.spawned) return this.exit(pid, KILLED, "SIGKILL")
    entry.stopping = true
    worker.signal(pid, "SIGKILL")
    this.options.after(STOP_GRACE_MS, () => {
      if (this.running.has(pid)) void worker.kill()
    })
  }

  /** Ends everything; nothing is heard of it afterwards. */
  release(): void {
    this.released = true
    this.abort.abort()
    this.cancelIdle?.()
    void this.worker?.kill()
    this.worker = undefined
    this.held.length = 0
    for (const pid of Array.from(this.running.keys())) this.exit(pid, KILLED, "SIGKILL")
  }

  /** Whether the VM holds a worker that nothing runs in. */
  get idle(): boolean {
    return this.worker !== undefined && this.running.size === 0
  }

  /** Gives an idle worker up. */
  shed(): void {
    if (!this.idle) return
    const { worker } = this
    this.worker = undefined
    this.cancelIdle?.()
    this.cancelIdle = undefined
    void worker?.kill()
  }

  private acquire(): Promise<GuestWorker> {
    this.starting ??= this.options.pool.acquire(this.abort.signal).then((worker) => {
      this.starting = undefined
      if (this.released) {
        void worker.kill()
        throw new Fault("ECANCELED", "spawn")
      }
      this.worker = worker
      worker.bind(this.options.binding, {
        onCall: (call) => this.onCall(worker, call),
        onOutput: (pid, channel, bytes) => this.running.get(pid)?.events.onOutput(channel, bytes),
        onExit: (pid, exitCode, signal) => this.exit(pid, exitCode, signal),
        onDeath: (reason, detail) => this.onDeath(worker, reason, detail)
      })
      return worker
    }, (error: unknown) => {
      this.starting = undefined
      throw error
    })
    if (this.options.pool.stats().waiting > 0) this.options.onStarved()
    return this.starting
  }

  private refuse(pid: number, error: unknown): void {
    const reason = error instanceof Fault ? "too many guest workers are in use" : String((error as Error).message)
    this.report(pid, reason)
    this.exit(pid, KILLED, "SIGKILL")
  }

  private onCall(worker: GuestWorker, call: SystemCall): void {
    const { args, id, name, pid } = call
    this.options.enqueue(() => {
      if (!this.running.has(pid)) return worker.fault(id, new Fault("ESRCH", name))
      const work = this.carryOut(worker, call, () =>
        name === "sleep"
          ? once(() => this.sleep(pid, sleepArgument(args), () => worker.return<"sleep">(id, undefined)))
          : this.options.systemCall(pid, name, args))
      // most calls end with their first step, and need no second turn
      return work.next().done === true ? undefined : work
    })
  }

  /** Runs a call to its end, whatever becomes of the process: its effects are complete or absent. */
  private *carryOut(worker: GuestWorker, { id, name }: SystemCall, run: () => Steps<unknown>): Steps {
    try {
      const value = yield* run()
      if (name !== "sleep") worker.return(id, value as never)
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      worker.fault(id, thrown)
    }
  }

  private sleep(pid: number, milliseconds: number, wake: () => void): void {
    const sleepers = this.sleeping.get(pid) ?? new Set()
    this.sleeping.set(pid, sleepers)
    const cancel = this.options.after(milliseconds, () => {
      sleepers.delete(cancel)
      wake()
    })
    sleepers.add(cancel)
  }

  private exit(pid: number, exitCode: number, signal: string | undefined): void {
    const entry = this.running.get(pid)
    if (entry === undefined) return
    this.running.delete(pid)
    for (const cancel of this.sleeping.get(pid) ?? []) cancel()
    this.sleeping.delete(pid)
    entry.process.state = { _tag: "exited", exitCode, signal }
    entry.events.onExit(exitCode, signal)
    if (!this.isStopping()) { for (const begin of this.held.splice(0)) begin() }
    if (!this.idle || this.released) return
    if (this.options.pool.stats().waiting > 0) this.shed()
    else this.cancelIdle = this.options.after(IDLE_MS, () => this.shed())
  }

  private onDeath(worker: GuestWorker, reason: DeathReason, detail: string): void {
    if (this.worker === worker) this.worker = undefined
    for (const [pid, { spawned, stopping }] of Array.from(this.running)) {
      // one that waits for a worker gets another
      if (!spawned) continue
      if (reason !== "killed") this.report(pid, detail)
      else if (!stopping) this.report(pid, "another process of the VM had to be stopped by force")
      this.exit(pid, KILLED, "SIGKILL")
    }
  }

  private isStopping(): boolean {
    for (const { stopping } of this.running.values()) if (stopping) return true
    return false
  }

  /** Tells whoever reads the process's output why it died. */
  private report(pid: number, reason: string): void {
    this.running.get(pid)?.events.onOutput("stderr", new TextEncoder().encode(`agent-os: killed: ${reason}\n`))
  }
}
