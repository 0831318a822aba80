/**
 * Where messages of the kernel come in. As a rule they are dealt with as they come. A stepwise gate takes them one at a
 * time, each when whatever the one before it has set going has come to a stop: then what the worker does depends on the
 * order of the messages alone, not on when they came.
 */
import type { Dated, ToWorker } from "../protocol.ts"
import { stopClock } from "./clock.ts"

type Message = Dated<ToWorker>

/** What keeps an idle worker's event loop open. */
const IDLE_RESOURCE = "MessagePort"

/** Whether a timer, a turn of the event loop or the loading of a module is under way. */
const isBusy = (): boolean => process.getActiveResourcesInfo().some((resource) => resource !== IDLE_RESOURCE)

export class Gate {
  private stepwise = false
  private readonly waiting: Array<Message> = []
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

  private pass(message: Message): void {
    if (message.now !== undefined) stopClock(message.now)
    if (message._tag === "probe") this.settled(message.id)
    else this.deliver(message)
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(this.step)
  }

  private readonly step = (): void => {
    this.scheduled = false
    if (!isBusy()) this.pass(this.waiting.shift()!)
    if (this.waiting.length > 0) this.schedule()
  }
}
