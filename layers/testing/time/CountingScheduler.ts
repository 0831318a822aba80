/**
 * A scheduler of fibers that knows whether any is ready to run.
 *
 * @since 0.1.0
 */
import type { RuntimeFiber } from "effect/Fiber"
import type { Scheduler, Task } from "effect/Scheduler"
import { MixedScheduler } from "effect/Scheduler"

/** After so many turns of microtasks in a row the event loop gets its turn, as with Effect's own. */
const TURNS = 2048

/**
 * @since 0.1.0
 * @category schedulers
 */
export class CountingScheduler implements Scheduler {
  private readonly base = new MixedScheduler(TURNS)
  private ready = 0

  /** Whether no fiber is ready to run. */
  get idle(): boolean {
    return this.ready === 0
  }

  shouldYield(fiber: RuntimeFiber<unknown, unknown>): number | false {
    return this.base.shouldYield(fiber)
  }

  scheduleTask(task: Task, priority: number, fiber?: RuntimeFiber<unknown, unknown>): void {
    this.ready++
    const run = () => {
      this.ready--
      task()
    }
    this.base.scheduleTask(run, priority, fiber)
  }
}
