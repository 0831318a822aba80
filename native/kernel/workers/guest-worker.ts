/**
 * One guest worker as the kernel sees it: started, made ready, bound to one VM, and killable at any instant. It counts
 * what the guest may have under way and ends the worker when the guest goes beyond it.
 */
import type { ResourceLimits } from "node:worker_threads"
import { Worker } from "node:worker_threads"
import type { FromWorker, SystemCalls, ToWorker } from "../../guests/protocol.ts"
import { MAX_PENDING_CALLS, OUTPUT_WINDOW } from "../../guests/protocol.ts"
import type { Fault } from "../fault.ts"
import { checkMessage } from "./messages.ts"

export type DeathReason = "killed" | "heap limit" | "crashed"

export type SystemCall = Extract<FromWorker, { _tag: "call" }>
export type Binding = Omit<Extract<ToWorker, { _tag: "bind" }>, "_tag">
export type Spawning = Omit<Extract<ToWorker, { _tag: "spawn" }>, "_tag">
export type Signal = Extract<ToWorker, { _tag: "signal" }>["signal"]

/** What the owner of a worker is told. Set once, with `bind`. */
export interface GuestEvents {
  readonly onCall: (call: SystemCall) => void
  readonly onOutput: (pid: number, channel: "stdout" | "stderr", bytes: Uint8Array) => void
  readonly onExit: (pid: number, exitCode: number, signal: string | undefined) => void
  /** Once, after which nothing else is heard. All its processes have ended with it. */
  readonly onDeath: (reason: DeathReason, detail: string) => void
}

export interface GuestProgram {
  readonly program: URL | string
  readonly resourceLimits?: ResourceLimits | undefined
}

/** A worker is given this much when its program says nothing else. */
export const defaultResourceLimits: ResourceLimits = { maxOldGenerationSizeMb: 256, stackSizeMb: 4 }

/** The end of a worker's stderr that is kept to say why it crashed. */
const STDERR_KEPT = 1024

/** Size from which the result of a system call is moved to the worker. */
const MOVED_BYTES = 256 * 1024

export class GuestWorker {
  private readonly worker: Worker
  private events: GuestEvents | undefined
  /** Output bytes under way of each living process. */
  private readonly processes = new Map<number, number>()
  private readonly pending = new Set<number>()
  private reason: DeathReason = "crashed"
  private detail = ""
  private stderr = ""
  private dead = false
  private readonly death: Promise<void>
  /** Resolves when the worker can be bound; rejects when it dies before. */
  readonly ready: Promise<void>

  constructor({ program, resourceLimits }: GuestProgram) {
    this.worker = new Worker(program, {
      resourceLimits: { ...defaultResourceLimits, ...resourceLimits },
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      // Kept from the sidecar's own: they are swallowed below.
      stdout: true,
      stderr: true,
      trackUnmanagedFds: true
    })
    this.worker.stdout.resume()
    this.worker.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_KEPT)
    })
    let onReady = () => {}
    this.ready = new Promise((resolve, reject) => {
      onReady = resolve
      this.worker.once("exit", () => reject(new Error(this.lastWords())))
    })
    // A rejection nobody waits for is no failure of the sidecar.
    this.ready.catch(() => {})
    this.death = new Promise((resolve) => this.worker.once("exit", () => resolve()))
    this.worker.on("message", (message: unknown) => this.receive(message, onReady))
    this.worker.on("messageerror", () => this.abuse("a message that cannot be read"))
    this.worker.on("error", (error: NodeJS.ErrnoException) => this.failed(error))
    this.worker.once("exit", (code) => this.ended(code))
  }

  get isDead(): boolean {
    return this.dead
  }

  bind(binding: Binding, events: GuestEvents): void {
    if (this.events !== undefined) throw new Error("a guest worker is bound once")
    this.events = events
    this.post({ _tag: "bind", ...binding })
  }

  spawn(process: Spawning): void {
    this.processes.set(process.pid, 0)
    this.post({ _tag: "spawn", ...process })
  }

  signal(pid: number, signal: Signal): void {
    if (this.processes.has(pid)) this.post({ _tag: "signal", pid, signal })
  }

  /** Says that `bytes` of a process's output have been handed on. */
  credit(pid: number, bytes: number): void {
    const underWay = this.processes.get(pid)
    if (underWay === undefined || bytes <= 0) return
    const given = Math.min(bytes, underWay)
    this.processes.set(pid, underWay - given)
    this.post({ _tag: "credit", pid, bytes: given })
  }

  return<Name extends keyof SystemCalls>(id: number, value: ReturnType<SystemCalls[Name]>): void {
    // a large result moves instead of being copied: nobody else refers to it
    const moves = value instanceof Uint8Array && value.length >= MOVED_BYTES && value.length === value.buffer.byteLength
    if (this.pending.delete(id)) this.post({ _tag: "return", id, value }, moves ? [value.buffer as ArrayBuffer] : [])
  }

  fault(id: number, { errno, path, syscall }: Fault): void {
    if (this.pending.delete(id)) this.post({ _tag: "fault", id, errno, syscall, path })
  }

  /** Ends the worker whatever it does. Resolves when it is dead. */
  kill(): Promise<void> {
    if (!this.dead) {
      this.markDeath("killed", "")
      void this.worker.terminate()
    }
    return this.death
  }

  /** Calls back when the worker is dead, after its owner has been told. */
  onceDead(listener: () => void): void {
    void this.death.then(listener)
  }

  /** Lets the process end although this worker lives, or no longer. */
  unref(): void {
    this.worker.unref()
  }

  private post(message: ToWorker, transfer: ReadonlyArray<ArrayBuffer> = []): void {
    if (!this.dead) this.worker.postMessage(message, transfer)
  }

  private receive(message: unknown, onReady: () => void): void {
    if (this.reason === "killed" || this.dead || this.detail !== "") return
    const checked = checkMessage(message)
    if (checked === undefined) return this.abuse("a malformed message")
    if (checked._tag === "ready") return this.events === undefined ? onReady() : this.abuse("ready after it was bound")
    if (this.events === undefined) return this.abuse("a message before it was bound")
    const underWay = this.processes.get(checked.pid)
    if (underWay === undefined) return this.abuse("a message for a process it does not have")
    switch (checked._tag) {
      case "call":
        if (this.pending.size >= MAX_PENDING_CALLS) return this.abuse("too many system calls at once")
        if (this.pending.has(checked.id)) return this.abuse("a system call number in use")
        this.pending.add(checked.id)
        return this.events.onCall(checked)
      case "output":
        if (underWay + checked.bytes.length > OUTPUT_WINDOW) return this.abuse("more output than its credit")
        this.processes.set(checked.pid, underWay + checked.bytes.length)
        return this.events.onOutput(checked.pid, checked.channel, checked.bytes)
      case "exit":
        this.processes.delete(checked.pid)
        return this.events.onExit(checked.pid, checked.exitCode, checked.signal)
    }
  }

  private abuse(what: string): void {
    this.markDeath("crashed", `the worker broke the protocol: ${what}`)
    void this.worker.terminate()
  }

  private failed(error: NodeJS.ErrnoException): void {
    if (error.code === "ERR_WORKER_OUT_OF_MEMORY") this.markDeath("heap limit", "the worker reached its heap limit")
    else this.markDeath("crashed", String(error.message ?? error).split("\n")[0])
  }

  /** The first reason is the true one. */
  private markDeath(reason: DeathReason, detail: string): void {
    if (this.detail !== "" || this.reason !== "crashed") return
    this.reason = reason
    this.detail = detail
  }

  private lastWords(): string {
    return this.detail || this.stderr.trim().split("\n").at(-1) || "the worker ended by itself"
  }

  private ended(code: number): void {
    if (this.dead) return
    this.dead = true
    this.processes.clear()
    this.pending.clear()
    const detail = this.reason === "crashed" && this.detail === "" ? `${this.lastWords()} (code ${code})` : this.detail
    this.events?.onDeath(this.reason, detail)
  }
}
