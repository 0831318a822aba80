/**
 * Work for VMs on the kernel thread, served round-robin: a VM with a thousand requests waiting and a VM with one take
 * turns, and the event loop gets its turn after every time slice. Work is either one short step or an iterator of short
 * steps; between two steps anything else may run. Work that waits for something stands aside, so that its VM's other
 * work goes on; when it can go on, it does so behind what its VM has waiting by then.
 */
import { Wait, type Work as Steps } from "../kernel/filesystem/steps.ts"

/** One unit of work: runs in well under a millisecond, or gives an iterator whose steps do. */
export type Work = () => Steps | void

export interface FairQueueOptions {
  /** Milliseconds of work before the event loop gets its turn. */
  readonly slice: number
  readonly now: () => number
  /** Runs the callback soon, after pending input and output. */
  readonly later: (run: () => void) => void
  /** A unit of work threw what is not its own to throw. */
  readonly onDefect: (defect: unknown) => void
}

interface Lane {
  readonly waiting: Array<Work>
  next: number
  active: Steps | undefined
}

export class FairQueue {
  private readonly lanes = new Map<object, Lane>()
  private scheduled = false

  constructor(private readonly options: FairQueueOptions) {}

  /** Adds work to the lane of an owner; it runs after the lane's earlier work. */
  add(owner: object, work: Work): void {
    let lane = this.lanes.get(owner)
    if (lane === undefined) {
      lane = { waiting: [], next: 0, active: undefined }
      this.lanes.set(owner, lane)
    }
    lane.waiting.push(work)
    if (!this.scheduled) {
      this.scheduled = true
      // after the input at hand has been taken in, so that all who asked in it are in the round
      queueMicrotask(this.drain)
    }
  }

  /** Units of work that wait, over all lanes. */
  get size(): number {
    let size = 0
    for (const lane of this.lanes.values()) size += lane.waiting.length - lane.next
    return size
  }

  /** Whether nothing waits and nothing runs. */
  get idle(): boolean {
    return !this.scheduled
  }

  private readonly drain = (): void => {
    const end = this.options.now() + this.options.slice
    let first = this.lanes.entries().next()
    while (first.done !== true) {
      const [owner, lane] = first.value
      this.step(owner, lane)
      // the lane goes to the back, or away when it is empty
      this.lanes.delete(owner)
      if (lane.active !== undefined || lane.next < lane.waiting.length) this.lanes.set(owner, lane)
      if (this.options.now() >= end) break
      first = this.lanes.entries().next()
    }
    this.scheduled = this.lanes.size > 0
    if (this.scheduled) this.options.later(this.drain)
  }

  private advance(owner: object, lane: Lane, work: Steps): void {
    const { done, value } = work.next()
    if (done !== true && value === undefined) return
    lane.active = undefined
    if (value instanceof Wait) value.park(() => this.add(owner, () => work))
    else if (done !== true) this.options.onDefect(new Error("work needs what nobody brings"))
  }

  private step(owner: object, lane: Lane): void {
    try {
      if (lane.active === undefined) lane.active = lane.waiting[lane.next++]() ?? undefined
      else this.advance(owner, lane, lane.active)
    } catch (defect) {
      lane.active = undefined
      this.options.onDefect(defect)
    }
    if (lane.next > 1024) {
      lane.waiting.splice(0, lane.next)
      lane.next = 0
    }
  }
}
