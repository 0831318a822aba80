/**
 * The guest worker in which one VM's processes run: taken from the pool when the first process starts, given up when the
 * VM has been idle for a while, ended when a process must die and does not.
 */
import { exitCodeOf, type Signal } from "../../../src/Signals.ts"
import type { Notice, StdinKind, TerminalSize } from "../../guests/protocol.ts"
import { PID_BLOCK } from "../../guests/protocol.ts"
import { Fault } from "../fault.ts"
import type { OpenFiles } from "../open-files.ts"
import type { DeathReason, GuestWorker, WorkerOwner } from "../workers/guest-worker.ts"
import type { Workers } from "../workers/pool.ts"
import { CallRunner, type CallRunnerOptions } from "./call-runner.ts"
import { killed, type Process, type ProcessSpec } from "./process.ts"
import type { ProcessTable } from "./process-table.ts"
import type { StdinPipe } from "./stdin-pipe.ts"

/** Where a process has its input from. */
export interface InputSpec {
  readonly kind: StdinKind
  /** Of the terminal. */
  readonly size?: TerminalSize | undefined
}

/** What the owner of a process hears of it. */
export interface ProcessEvents {
  readonly onOutput: (channel: "stdout" | "stderr", bytes: Uint8Array) => void
  /** Once: it has ended, and after the last output. */
  readonly onExit: () => void
}

export interface ShellHostOptions extends CallRunnerOptions {
  readonly pool: Workers
  readonly place: WorkerOwner
  readonly stepwise: boolean
  readonly table: ProcessTable
  /** What the worker holds open. */
  readonly files: OpenFiles
  /** Runs the callback after some milliseconds of the machine's clock; gives what cancels it. */
  readonly machineAfter: (milliseconds: number, run: () => void) => () => void
  /** Something that lived does not any more. */
  readonly onEnd: () => void
  /** Every worker is in use and somebody waits for one: VMs whose worker is idle are to give theirs up. */
  readonly onStarved: () => void
}

/**
 * How long a process that was told to die may take before its worker is ended. Where others live in the worker, who would end with
 * it, it takes longer: on a machine with much to do, a worker may have to wait for a processor that long.
 */
const STOP_GRACE_MS = 15
const SHARED_GRACE_MS = 300
/** How long a worker outlives the VM's last process. */
const IDLE_MS = 10_000

/** One process, the processes of a group, or all that descend from a process that the host started. */
export type Scope = "process" | "group" | "tree"

/** A process that the host started, until it has ended and nobody holds its outputs. */
interface Running {
  readonly process: Process
  readonly stdin: StdinPipe
  readonly events: ProcessEvents
  /** Of its terminal. */
  size: TerminalSize | undefined
  spawned: boolean
  closed: boolean
}

export class ShellHost {
  private worker: GuestWorker | undefined
  private calls: CallRunner | undefined
  private starting: Promise<GuestWorker> | undefined
  /** Withdraws the request for a worker, while there is one. */
  private abort: AbortController | undefined
  private readonly running = new Map<number, Running>()
  /** What is being killed, by what tells whether it is over; and of which tree it is. */
  private readonly stopping = new Map<() => boolean, number>()
  /** Starts that wait until it is known whether the worker outlives a process that is being stopped. */
  private readonly held: Array<() => void> = []
  private cancelIdle: (() => void) | undefined
  private released = false

  constructor(private readonly options: ShellHostOptions) {}

  /** Starts a process, which is in the table already. It ends with SIGKILL when no worker can be had. */
  start(process: Process, spec: ProcessSpec, input: InputSpec, stdin: StdinPipe, events: ProcessEvents): void {
    const { pid, tty } = process
    const entry: Running = { process, stdin, events, size: input.size, spawned: false, closed: false }
    this.running.set(pid, entry)
    this.cancelIdle?.()
    this.cancelIdle = undefined
    const spawn = (worker: GuestWorker) => {
      if (!this.running.has(pid)) return
      entry.spawned = true
      worker.spawn({ pid, ...spec, stdin: input.kind, tty, size: entry.size })
      stdin.open({ bytes: (piece) => worker.stdin(pid, piece), end: () => worker.stdinEnd(pid) })
    }
    const begin = () => {
      if (this.worker !== undefined) return spawn(this.worker)
      this.acquire().then(spawn, (error: unknown) => this.refuse(entry, error))
    }
    if (this.stopping.size > 0) this.held.push(begin)
    else begin()
  }

  /** The window of a process's terminal has another size. */
  resize(pid: number, size: TerminalSize): void {
    const entry = this.running.get(pid)
    if (entry === undefined) return
    entry.size = size
    if (entry.spawned) this.worker?.resize(pid, size)
  }

  /** Nobody is at a process's terminal any more: its session hears SIGHUP. */
  hangUp(pid: number): void {
    const entry = this.running.get(pid)
    if (entry?.spawned === true) this.worker?.hangUp(pid)
    else if (entry !== undefined) this.end(entry, "SIGHUP")
  }

  /** A process's output has been handed on. */
  credit(pid: number, bytes: number): void {
    this.worker?.credit(pid, bytes)
  }

  /** Ends sleeps of a process early, by the name that they were given. */
  wake(pid: number, name: number): void {
    this.calls?.wake(pid, name)
  }

  /** What is about to be killed: what starts meanwhile waits until it is over, lest it dies with its worker. */
  hold(root: number, over: () => boolean): void {
    this.stopping.set(over, root)
  }

  /** Sends a signal to what there is of a scope. What SIGKILL does not end soon ends with the worker. */
  signal(scope: Scope, id: number, signal: Signal): void {
    const { table } = this.options
    // one that waits for a worker is all there is of its tree and of its group
    const entry = this.running.get(id)
    if (entry !== undefined && !entry.spawned) return harmless.has(signal) ? undefined : this.end(entry, signal)
    const { worker } = this
    if (worker === undefined) return
    worker.signal({ scope, id, signal })
    if (signal !== "SIGKILL") return
    const process = table.get(id)
    const isTarget = scope === "tree"
      ? ({ root }: Process) => root === id
      : scope === "group"
      ? ({ pgid }: Process) => pgid === id
      : (other: Process) => other === process
    const lives = (wanted: boolean) => table.list().some((each) => each.state !== "zombie" && isTarget(each) === wanted)
    const over = scope === "tree" ? () => !table.treeLives(id) : () => !lives(true)
    if (over()) return
    this.stopping.set(over, process?.root ?? id)
    const end = () => this.stopping.has(over) ? void worker.kill() : undefined
    // what the worker has said meanwhile is heard first
    this.options.machineAfter(STOP_GRACE_MS, () =>
      worker.onceHeard(() => {
        if (!lives(false)) end()
        else this.options.machineAfter(SHARED_GRACE_MS - STOP_GRACE_MS, () => worker.onceHeard(end))
      }))
  }

  /** A process has ended. */
  private onEnd(): void {
    this.options.onEnd()
    for (const over of this.stopping.keys()) if (over()) this.stopping.delete(over)
    if (this.stopping.size === 0) { for (const begin of this.held.splice(0)) begin() }
    this.rest()
  }

  /** Ends everything; nothing is heard of it afterwards. */
  release(): void {
    this.released = true
    this.abort?.abort()
    this.cancelIdle?.()
    void this.worker?.kill()
    this.worker = undefined
    this.held.length = 0
    this.endAll()
  }

  /** Whether the VM holds a worker that nothing runs in. */
  get idle(): boolean {
    return this.worker !== undefined && this.running.size === 0 && this.options.table.size === 0
  }

  /** Whether nothing goes on in the VM before time passes or somebody asks for something. Of stepwise workers. */
  get isSettled(): boolean {
    if (this.starting !== undefined || this.stopping.size > 0) return false
    return this.worker === undefined || this.idle || this.worker.isSettled
  }

  /** Waits for what goes on; more may follow from it. */
  settle(): Promise<void> {
    if (this.starting !== undefined) return this.starting.then(() => {}, () => {})
    return this.worker?.settle() ?? Promise.resolve()
  }

  /** Gives an idle worker up. */
  shed(): void {
    if (!this.idle) return
    const { worker } = this
    this.forget()
    this.cancelIdle?.()
    this.cancelIdle = undefined
    void worker?.kill()
  }

  private acquire(): Promise<GuestWorker> {
    if (this.starting !== undefined) return this.starting
    this.abort = new AbortController()
    this.starting = this.options.pool.acquire(this.abort.signal).then((worker) => {
      this.starting = undefined
      this.abort = undefined
      if (this.released) {
        void worker.kill()
        throw new Fault("ECANCELED", "spawn")
      }
      this.bind(worker)
      return worker
    }, (error: unknown) => {
      this.starting = undefined
      this.abort = undefined
      throw error
    })
    if (this.options.pool.stats().waiting > 0) this.options.onStarved()
    return this.starting
  }

  private bind(worker: GuestWorker): void {
    const calls = new CallRunner(worker, this.options)
    this.worker = worker
    this.calls = calls
    worker.bind(this.options.place, {
      onCall: (call) => calls.run(call),
      onClose: (files) => this.options.files.closeMany(files),
      onCancel: (id) => calls.cancel(id),
      onNotice: (notice) => this.onNotice(worker, notice),
      onOutput: (pid, channel, bytes) => this.running.get(pid)?.events.onOutput(channel, bytes),
      onClosed: (pid) => this.onClosed(pid),
      onStdinCredit: (pid, bytes) => this.running.get(pid)?.stdin.grant(bytes),
      onStdinClosed: (pid) => this.running.get(pid)?.stdin.close(),
      onDeath: (reason, detail) => this.onDeath(worker, reason, detail)
    })
    this.grant(worker)
  }

  private grant(worker: GuestWorker): void {
    const first = this.options.table.grant()
    if (first !== undefined) worker.grantPids(first, PID_BLOCK)
  }

  private refuse(entry: Running, error: unknown): void {
    if (!this.running.has(entry.process.pid)) return
    const reason = error instanceof Fault ? "too many guest workers are in use" : String((error as Error).message)
    this.report(entry, reason)
    this.end(entry)
  }

  private onNotice(worker: GuestWorker, notice: Notice): string | undefined {
    const wrong = this.options.table.apply(notice)
    if (wrong !== undefined) return wrong
    if (notice._tag === "fork") this.grant(worker)
    if (notice._tag === "exit") {
      this.calls?.dismiss(notice.pid)
      const entry = this.running.get(notice.pid)
      if (entry !== undefined) this.finish(entry)
    }
    if (notice._tag === "exit" || notice._tag === "reap") this.onEnd()
    return undefined
  }

  private onClosed(pid: number): string | undefined {
    const entry = this.running.get(pid)
    if (entry === undefined) return undefined
    if (entry.process.state !== "zombie") return "closed outputs of a process that lives"
    entry.closed = true
    this.finish(entry)
    return undefined
  }

  /** When the process has ended and its outputs are closed, its owner hears of it. */
  private finish(entry: Running): void {
    const { events, process, stdin } = entry
    if (process.state !== "zombie" || !entry.closed || !this.running.delete(process.pid)) return
    stdin.close()
    this.options.table.remove(process)
    events.onExit()
    this.onEnd()
  }

  /** The process ends without its worker. */
  private end(entry: Running, signal: Signal = "SIGKILL"): void {
    const { process } = entry
    if (process.state !== "zombie") this.options.table.end(process, { exitCode: exitCodeOf(signal), signal }, false)
    entry.closed = true
    this.finish(entry)
  }

  private endAll(): void {
    const { table } = this.options
    this.calls?.close()
    // what starts while the others end gets another worker
    this.forget()
    for (const entry of Array.from(this.running.values())) if (entry.spawned || this.released) this.end(entry)
    for (const process of table.list()) {
      if (!this.running.has(process.root) && process.state !== "zombie") table.end(process, killed, true)
      else if (!this.running.has(process.root)) table.remove(process)
    }
  }

  private forget(): void {
    this.worker = undefined
    this.calls = undefined
    this.options.table.revoke()
    this.options.files.closeAll()
  }

  private onDeath(worker: GuestWorker, reason: DeathReason, detail: string): void {
    if (this.worker !== worker) return
    const targets = new Set(this.stopping.values())
    for (const entry of Array.from(this.running.values())) {
      // one that waits for a worker gets another
      if (!entry.spawned) continue
      if (reason !== "killed") this.report(entry, detail)
      else if (!targets.has(entry.process.root)) {
        this.report(entry, "another process of the VM had to be stopped by force")
      }
    }
    this.endAll()
    this.stopping.clear()
    this.onEnd()
  }

  /** Tells whoever reads the process's output why it died. */
  private report({ events }: Running, reason: string): void {
    events.onOutput("stderr", new TextEncoder().encode(`agent-os: killed: ${reason}\n`))
  }

  /** Gives the worker up when nothing runs: at once if somebody waits for one, else later. */
  private rest(): void {
    if (!this.idle || this.released) return
    if (this.options.pool.stats().waiting > 0) return this.shed()
    this.cancelIdle?.()
    // what a guest sees must not depend on how long it was idle by the machine's clock
    if (!this.options.stepwise) this.cancelIdle = this.options.machineAfter(IDLE_MS, () => this.shed())
  }
}

/** Signals that do not end a process that has not said what they are to do. */
const harmless: ReadonlySet<Signal> = new Set([
  "SIGCHLD",
  "SIGCONT",
  "SIGSTOP",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGURG",
  "SIGWINCH"
])
