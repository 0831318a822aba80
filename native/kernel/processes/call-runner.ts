/**
 * System calls of one worker on their way through the kernel: each has one answer, at once, after steps in the VM's turns,
 * or when what it waits for has come.
 */
import type { SystemCallName } from "../../guests/protocol.ts"
import { Fault } from "../fault.ts"
import { begun, type Steps, type Work } from "../filesystem/steps.ts"
import type { GuestWorker, SystemCall } from "../workers/guest-worker.ts"
import { type CallContext, shortCall, systemCall } from "./system-calls.ts"
import { isWaiting, type Pending, type WaitingCallName } from "./waiting-calls.ts"

/** Looks at every system call, and may end its worker. */
export interface CallProbe {
  /** Before a call: whether it is to be carried out. */
  readonly before: (name: SystemCallName, killWorker: () => void) => boolean
  readonly after: (name: SystemCallName, killWorker: () => void) => void
}

export interface CallRunnerOptions {
  readonly callProbe?: CallProbe | undefined
  /** Queues work behind the VM's earlier work. */
  readonly enqueue: (work: () => Work | void) => void
  /** Whether a process may make calls. */
  readonly isAlive: (pid: number) => boolean
  /** Whose calls they are, and what they work on. */
  readonly contextOf: (pid: number) => CallContext
  /** Performs steps that may need what is not here yet. */
  readonly perform: (start: () => Steps<unknown>) => Steps<unknown>
  /** Begins a call that waits; throws `Fault`. */
  readonly waitingCall: (pid: number, name: WaitingCallName, args: ReadonlyArray<unknown>) => Pending<unknown>
  /** A process has ended, or all of them with their worker. */
  readonly onDismiss: (pid: number | undefined) => void
}

/** The name of a wait, where its process gave it one. */
const nameOf = (call: WaitingCallName, args: ReadonlyArray<unknown>): unknown =>
  call === "sleep" ? args[1] : call === "flock" ? args[3] : undefined

interface Waiting {
  readonly pid: number
  readonly call: WaitingCallName
  /** By which the process may end it early. */
  readonly name: unknown
  readonly cancel: () => void
}

export class CallRunner {
  private readonly waiting = new Map<number, Waiting>()

  constructor(private readonly worker: GuestWorker, private readonly options: CallRunnerOptions) {}

  private readonly kill = (): void => void this.worker.kill()

  run(call: SystemCall): void {
    const { args, id, name, pid } = call
    this.options.enqueue(() => {
      if (!this.options.isAlive(pid)) return this.worker.fault(id, new Fault("ESRCH", name))
      if (this.options.callProbe?.before(name, this.kill) === false) return
      if (isWaiting(name)) return this.wait(id, pid, name, args)
      const short = shortCall(this.options.contextOf(pid), name, args)
      if (short !== undefined) return this.atOnce(id, name, short)
      const { contextOf, perform } = this.options
      const work = this.carryOut(id, name, () => perform(() => systemCall(contextOf(pid), name, args)))
      // most calls end with their first step, and need no second turn
      return begun(work)
    })
  }

  /** A call that waits fails with EINTR. */
  cancel(id: number): void {
    // behind the call itself, which may still be queued
    this.options.enqueue(() => {
      const waiting = this.waiting.get(id)
      if (waiting === undefined) return
      this.waiting.delete(id)
      waiting.cancel()
      this.worker.fault(id, new Fault("EINTR", "wait"))
    })
  }

  /** Ends waits of a process early, by the name that they were given. A lock that is waited for is EINTR. */
  wake(pid: number, name: number): void {
    for (const [id, waiting] of this.waiting) {
      if (waiting.pid !== pid || waiting.name !== name) continue
      this.waiting.delete(id)
      waiting.cancel()
      if (waiting.call === "sleep") this.worker.return<"sleep">(id, undefined)
      else this.worker.fault(id, new Fault("EINTR", waiting.call))
    }
  }

  /** A process has ended: nobody waits for what it has waited for. */
  dismiss(pid: number): void {
    for (const [id, waiting] of this.waiting) if (waiting.pid === pid) this.drop(id, waiting)
    this.options.onDismiss(pid)
  }

  /** The worker has ended. */
  close(): void {
    for (const [id, waiting] of this.waiting) this.drop(id, waiting)
    this.options.onDismiss(undefined)
  }

  private drop(id: number, { cancel }: Waiting): void {
    this.waiting.delete(id)
    cancel()
    this.worker.fault(id, new Fault("ESRCH", "wait"))
  }

  private wait(id: number, pid: number, name: WaitingCallName, args: ReadonlyArray<unknown>): void {
    try {
      let settled = false
      const settle = (answer: () => void) => {
        settled = true
        this.waiting.delete(id)
        answer()
      }
      const cancel = this.options.waitingCall(pid, name, args)(
        (value) => settle(() => this.worker.return(id, value as never)),
        (fault) => settle(() => this.worker.fault(id, fault))
      )
      if (!settled) this.waiting.set(id, { pid, call: name, name: nameOf(name, args), cancel })
    } catch (thrown) {
      this.fault(id, thrown)
    }
  }

  /** Runs a call to its end, whatever becomes of the process: its effects are complete or absent. */
  private *carryOut(id: number, name: SystemCallName, run: () => Steps<unknown>): Steps {
    try {
      this.return(id, name, yield* run())
    } catch (thrown) {
      this.fault(id, thrown)
    }
  }

  private atOnce(id: number, name: SystemCallName, run: () => unknown): void {
    try {
      this.return(id, name, run())
    } catch (thrown) {
      this.fault(id, thrown)
    }
  }

  private return(id: number, name: SystemCallName, value: unknown): void {
    if (value instanceof Fault) return this.worker.fault(id, value)
    this.options.callProbe?.after(name, this.kill)
    this.worker.return(id, value as never)
  }

  private fault(id: number, thrown: unknown): void {
    if (!(thrown instanceof Fault)) throw thrown
    this.worker.fault(id, thrown)
  }
}
