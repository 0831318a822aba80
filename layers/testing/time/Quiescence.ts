/**
 * When nothing is going on any more.
 *
 * @since 0.1.0
 */
import { nodeHost } from "../../../native/server/node-host.ts"
import type { CountingScheduler } from "./CountingScheduler.ts"

/**
 * Something that works beside the fibers of the program.
 *
 * @since 0.1.0
 * @category models
 */
export interface Activity {
  readonly isSettled: boolean
  /** Waits for some of what goes on; more may follow from it. */
  readonly settle: () => Promise<void>
}

/** Real milliseconds that an activity may take before time goes on without it, and how long it then gets. */
const PATIENCE_MS = 3_000
const SHORT_PATIENCE_MS = 10

/** Requests to the machine's file system that are under way. */
const isFileRequest = (resource: string): boolean => resource.startsWith("FSReq") || resource === "CloseReq"

/**
 * Looks between the turns of the event loop. An activity that does not come to an end (a guest that computes for ever) is
 * left behind after 3 seconds of real time, unless it is given another patience.
 *
 * @since 0.1.0
 * @category models
 */
export class Quiescence {
  readonly activities = new Set<Activity>()
  private readonly overdue = new Set<Activity>()

  constructor(private readonly scheduler: CountingScheduler, private readonly patience = PATIENCE_MS) {}

  /** Calls back when nothing is going on, in a later turn of the event loop. */
  then(run: () => void, since?: number): void {
    nodeHost.later(() => {
      if (!this.scheduler.idle || process.getActiveResourcesInfo().some(isFileRequest)) return this.then(run, since)
      const busy = this.busy()
      if (busy === undefined) return run()
      const began = since ?? performance.now()
      const left = began + (this.overdue.has(busy) ? SHORT_PATIENCE_MS : this.patience) - performance.now()
      if (left > 0) return this.waitFor(busy, left, () => this.then(run, began))
      this.overdue.add(busy)
      run()
    })
  }

  /** An activity that goes on; one that has not been given up, if there is any. */
  private busy(): Activity | undefined {
    let busy: Activity | undefined
    for (const activity of this.activities) {
      if (activity.isSettled) this.overdue.delete(activity)
      else if (busy === undefined || this.overdue.has(busy)) busy = activity
    }
    return busy
  }

  private waitFor(activity: Activity, milliseconds: number, then: () => void): void {
    let over = false
    const once = () => {
      if (over) return
      over = true
      cancel()
      then()
    }
    const cancel = nodeHost.machineAfter(milliseconds, once)
    void activity.settle().then(once)
  }
}
