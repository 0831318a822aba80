/**
 * Where messages of the kernel come in, and the ends of what the worker has others do: workers of its own, the engine's
 * compiler. As a rule all of it is dealt with as it comes. A stepwise gate takes it one at a time, each when whatever the
 * one before it has set going has come to a stop, and what others do in the order in which they were set to it: then what
 * the worker does depends on the order of the messages alone, not on when anything came.
 */
import type { Dated, ToWorker } from "../protocol.ts"
import { stopClock } from "./clock.ts"

type Message = Dated<ToWorker>

/** What keeps an idle worker's event loop open. */
const IDLE_RESOURCE = "MessagePort"

/** Whether a timer, a turn of the event loop or the loading of a module is under way. */
const isBusy = (): boolean => process.getActiveResourcesInfo().some((resource) => resource !== IDLE_RESOURCE)

/** A place in the order of what others do. Until its end has been dealt with, no message of the kernel is. */
export interface Ticket {
  /** It has come to its end, which is dealt with when it is its turn. */
  readonly redeem: (run: () => void) => void
  /** Nobody waits for its end any more. */
  readonly cancel: () => void
}

interface Queued {
  run: (() => void) | undefined
}

export class Gate {
  private stepwise = false
  private readonly waiting: Array<Message> = []
  private readonly tickets: Array<Queued> = []
  private scheduled = false

  constructor(
    private readonly deliver: (message: ToWorker) => void,
    private readonly settled: (id: number) => void
  ) {}

  receive(message: Message): void {
    if (message._tag === "bind") this.stepwise = message.stepwise
    // a process that never waits is stopped all the same
    if (!this.stepwise || message._tag === "signal") return this.pass(message)
    this.waiting.push(message)
    this.schedule()
  }

  /** To be called when others are set to do something. */
  readonly ticket = (): Ticket => {
    if (!this.stepwise) return { redeem: (run) => run(), cancel: () => {} }
    const queued: Queued = { run: undefined }
    this.tickets.push(queued)
    return {
      redeem: (run) => {
        queued.run = run
        this.schedule()
      },
      cancel: () => {
        const at = this.tickets.indexOf(queued)
        if (at >= 0) this.tickets.splice(at, 1)
        this.schedule()
      }
    }
  }

  private pass(message: Message): void {
    if (message.now !== undefined) stopClock(message.now)
    if (message._tag === "probe") this.settled(message.id)
    else this.deliver(message)
  }

  /** Whether something can be dealt with once the worker has come to a stop. */
  private get isReady(): boolean {
    return this.tickets.length > 0 ? this.tickets[0].run !== undefined : this.waiting.length > 0
  }

  private schedule(): void {
    if (this.scheduled || !this.isReady) return
    this.scheduled = true
    setImmediate(this.step)
  }

  private readonly step = (): void => {
    this.scheduled = false
    if (this.isReady && !isBusy()) {
      if (this.tickets.length > 0) this.tickets.shift()!.run!()
      else this.pass(this.waiting.shift()!)
    }
    this.schedule()
  }
}
