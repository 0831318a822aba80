/**
 * One guest worker as the kernel sees it: started, made ready, bound to one VM, and killable at any instant. It counts
 * what the guest may have under way and ends the worker when the guest goes beyond it.
 */
import type { ResourceLimits, Worker } from "node:worker_threads"
import { isolatedWorker } from "../../guests/isolated.ts"
import type { Dated, FromWorker, Notice, SystemCalls, TerminalSize, ToWorker } from "../../guests/protocol.ts"
import { MAX_PENDING_CALLS, OUTPUT_OVERHEAD, OUTPUT_WINDOW } from "../../guests/protocol.ts"
import type { Fault } from "../fault.ts"
import { checkMessage } from "./messages.ts"

export type DeathReason = "killed" | "heap limit" | "crashed"

export type SystemCall = Extract<FromWorker, { _tag: "call" }>
export type Binding = Omit<Extract<ToWorker, { _tag: "bind" }>, "_tag">
export type Spawning = Omit<Extract<ToWorker, { _tag: "spawn" }>, "_tag">
export type Signalling = Omit<Extract<ToWorker, { _tag: "signal" }>, "_tag">

/** A worker's place in a VM. */
export interface WorkerOwner {
  readonly binding: Binding
  /** The VM's milliseconds, which a stepwise worker is told with everything else. */
  readonly now: () => number
}

/** What the owner of a worker is told. Set once, with `bind`. */
export interface GuestEvents {
  readonly onCall: (call: SystemCall) => void
  /** Files that no process of the worker holds any more. */
  readonly onClose: (files: ReadonlyArray<number>) => void
  /** A call under way is to fail with EINTR if it still waits. */
  readonly onCancel: (id: number) => void
  /** Gives what is wrong with a notice, if anything is: the worker ends. */
  readonly onNotice: (notice: Notice) => string | undefined
  readonly onOutput: (pid: number, channel: "stdout" | "stderr", bytes: Uint8Array) => void
  /** Nobody holds the outputs of a process that the host started; gives what is wrong with that, if anything is. */
  readonly onClosed: (pid: number) => string | undefined
  readonly onStdinCredit: (pid: number, bytes: number) => void
  readonly onStdinClosed: (pid: number) => void
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
  /** Bytes under way, both ways, of each process that the host started, until its outputs are closed. */
  private readonly processes = new Map<number, { output: number; stdin: number }>()
  private readonly pending = new Set<number>()
  private reason: DeathReason = "crashed"
  private detail = ""
  private stderr = ""
  private dead = false
  private now: (() => number) | undefined
  /** Counts what is said and heard, and where the count was when the worker was last known to wait. */
  private exchanged = 0
  private waitsSince = -1
  private readonly probes = new Map<number, { readonly answered: Promise<void>; readonly answer: () => void }>()
  private readonly death: Promise<void>
  /** Takes what the worker says, and that it has ended, to have it dealt with in its turn. Without it: as it comes. */
  intake: ((message: object, take: () => void) => void) | undefined
  /** Resolves when the worker can be bound; rejects when it dies before. */
  readonly ready: Promise<void>

  constructor({ program, resourceLimits }: GuestProgram) {
    this.worker = isolatedWorker(program, { ...defaultResourceLimits, ...resourceLimits })
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
    this.worker.on("message", (message: unknown) => this.hear(message, onReady))
    this.worker.on("messageerror", () => this.abuse("a message that cannot be read"))
    this.worker.on("error", (error: NodeJS.ErrnoException) => this.failed(error))
    this.worker.once("exit", (code) => {
      if (this.intake === undefined || this.events === undefined) this.ended(code)
      else this.intake({ _tag: "death", reason: this.reason }, () => this.ended(code))
    })
  }

  get isDead(): boolean {
    return this.dead
  }

  /** Whether nothing that it says counts any more. */
  get isEnding(): boolean {
    return this.reason === "killed" || this.dead || this.detail !== ""
  }

  bind({ binding, now }: WorkerOwner, events: GuestEvents): void {
    if (this.events !== undefined) throw new Error("a guest worker is bound once")
    this.events = events
    if (binding.stepwise) this.now = now
    this.post({ _tag: "bind", ...binding })
  }

  /** Whether the worker is known to have nothing to do until it is told something. Of stepwise workers. */
  get isSettled(): boolean {
    return this.dead || this.waitsSince === this.exchanged
  }

  /** Waits until a stepwise worker has dealt with what it was told so far, or is dead. */
  async settle(): Promise<void> {
    if (this.isSettled) return
    if (this.reason === "killed" || this.detail !== "") return this.death
    const id = this.exchanged
    await this.probe(id)
    if (this.exchanged === id) this.waitsSince = id
  }

  private probe(id: number): Promise<void> {
    const asked = this.probes.get(id)
    if (asked !== undefined) return asked.answered
    let answer = () => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    this.probes.set(id, { answered, answer })
    this.worker.postMessage({ _tag: "probe", id } satisfies ToWorker)
    return answered
  }

  spawn(process: Spawning): void {
    this.processes.set(process.pid, { output: 0, stdin: 0 })
    this.post({ _tag: "spawn", ...process })
  }

  grantPids(first: number, count: number): void {
    this.post({ _tag: "pids", first, count })
  }

  signal(signalling: Signalling): void {
    this.post({ _tag: "signal", ...signalling })
  }

  /** Input of a process; never more than the credit that the worker gave. */
  stdin(pid: number, bytes: Uint8Array): void {
    const underWay = this.processes.get(pid)
    if (underWay === undefined) return
    underWay.stdin += bytes.length
    this.post({ _tag: "stdin", pid, bytes })
  }

  stdinEnd(pid: number): void {
    if (this.processes.has(pid)) this.post({ _tag: "stdinEnd", pid })
  }

  /** The window of a process's terminal has another size. */
  resize(pid: number, { columns, rows }: TerminalSize): void {
    if (this.processes.has(pid)) this.post({ _tag: "resize", pid, columns, rows })
  }

  /** Nobody is at a process's terminal any more. */
  hangUp(pid: number): void {
    if (this.processes.has(pid)) this.post({ _tag: "hangUp", pid })
  }

  /** Says that `bytes` of a process's output, overhead included, have been handed on. */
  credit(pid: number, bytes: number): void {
    const underWay = this.processes.get(pid)
    if (underWay === undefined || bytes <= 0) return
    const given = Math.min(bytes, underWay.output)
    underWay.output -= given
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

  /** Calls back when what the worker has said so far has been heard. */
  onceHeard(listener: () => void): void {
    setImmediate(listener)
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
    if (this.dead) return
    this.exchanged++
    const dated: Dated<ToWorker> = this.now === undefined ? message : { ...message, now: this.now() }
    this.worker.postMessage(dated, transfer)
  }

  private hear(message: unknown, onReady: () => void): void {
    const { _tag } = message as { readonly _tag?: unknown }
    const waits = this.intake !== undefined && this.events !== undefined && _tag !== "settled"
    if (waits) this.intake!(message as object, () => this.receive(message, onReady))
    else this.receive(message, onReady)
  }

  private receive(message: unknown, onReady: () => void): void {
    if (this.isEnding) return
    const checked = checkMessage(message)
    if (checked === undefined) return this.abuse("a malformed message")
    if (checked._tag === "ready") return this.events === undefined ? onReady() : this.abuse("ready after it was bound")
    const { events } = this
    if (events === undefined) return this.abuse("a message before it was bound")
    if (checked._tag === "settled") return this.answerProbe(checked.id)
    this.exchanged++
    const wrong = this.take(checked, events)
    if (wrong !== undefined) this.abuse(wrong)
  }

  /** Gives what is wrong with a message, if anything is. */
  private take(message: Exclude<FromWorker, { _tag: "ready" | "settled" }>, events: GuestEvents): string | undefined {
    switch (message._tag) {
      case "call":
        if (this.pending.size >= MAX_PENDING_CALLS) return "too many system calls at once"
        if (this.pending.has(message.id)) return "a system call number in use"
        this.pending.add(message.id)
        events.onCall(message)
        return undefined
      case "close":
        events.onClose(message.files)
        return undefined
      case "cancel":
        if (this.pending.has(message.id)) events.onCancel(message.id)
        return undefined
      case "notices":
        for (const notice of message.notices) {
          const wrong = events.onNotice(notice)
          if (wrong !== undefined) return wrong
        }
        return undefined
      default:
        return this.takeStreams(message, events)
    }
  }

  private takeStreams(
    message: Extract<FromWorker, { _tag: "output" | "closed" | "stdinCredit" | "stdinClosed" }>,
    events: GuestEvents
  ): string | undefined {
    const { pid } = message
    const underWay = this.processes.get(pid)
    if (underWay === undefined) return "a message for a process it does not have"
    switch (message._tag) {
      case "output":
        underWay.output += message.bytes.length + OUTPUT_OVERHEAD
        if (underWay.output > OUTPUT_WINDOW) return "more output than its credit"
        events.onOutput(pid, message.channel, message.bytes)
        return undefined
      case "closed":
        this.processes.delete(pid)
        return events.onClosed(pid)
      case "stdinCredit":
        underWay.stdin -= message.bytes
        if (underWay.stdin < 0) return "credit for input it was not given"
        events.onStdinCredit(pid, message.bytes)
        return undefined
      case "stdinClosed":
        events.onStdinClosed(pid)
        return undefined
    }
  }

  private answerProbe(id: number): void {
    const probe = this.probes.get(id)
    if (probe === undefined) return this.abuse("an answer to no probe")
    this.probes.delete(id)
    probe.answer()
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
    for (const { answer } of this.probes.values()) answer()
    this.probes.clear()
    const detail = this.reason === "crashed" && this.detail === "" ? `${this.lastWords()} (code ${code})` : this.detail
    this.events?.onDeath(this.reason, detail)
  }
}
