/** Interruption at any step: what a test cannot bring about by waiting for the right moment. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { RuntimeFiber } from "effect/Fiber"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import type { Scheduler, Task } from "effect/Scheduler"

/** `at`: before a step is taken. `after`: when the fiber waits for something after it, or has made way. */
export type Moment = "at" | "after"

export interface Blow {
  readonly step: number
  readonly moment: Moment
}

/** Interrupts one fiber at one of its steps; all else goes on as under the scheduler that was there before. */
export class Interrupter implements Scheduler {
  /** Steps that the fiber has taken. */
  steps = 0
  private target: RuntimeFiber<unknown, unknown> | undefined

  constructor(private readonly base: Scheduler, private readonly blow: Blow) {}

  /** Whether the fiber came as far as that. */
  get struck(): boolean {
    return this.steps >= this.blow.step
  }

  /** Takes aim at the fiber that runs this; at the first only. */
  readonly aim: Effect.Effect<void> = Effect.withFiberRuntime((fiber) =>
    Effect.sync(() => void (this.target ??= fiber as RuntimeFiber<unknown, unknown>))
  )

  shouldYield(fiber: RuntimeFiber<unknown, unknown>): number | false {
    if (fiber !== this.target || ++this.steps !== this.blow.step) return this.base.shouldYield(fiber)
    const interrupt = () => fiber.unsafeInterruptAsFork(FiberId.none)
    if (this.blow.moment === "after") {
      setTimeout(interrupt, 0)
      return this.base.shouldYield(fiber)
    }
    interrupt()
    return 0
  }

  scheduleTask(task: Task, priority: number, fiber?: RuntimeFiber<unknown, unknown>): void {
    this.base.scheduleTask(task, priority, fiber)
  }
}

export const interrupter = (blow: Blow): Effect.Effect<Interrupter> =>
  Effect.map(FiberRef.get(FiberRef.currentScheduler), (base) => new Interrupter(base, blow))

/** How an effect ended that was to be interrupted at a step, whether it came so far, and how many steps it took. */
export interface Outcome<A, E> {
  readonly exit: Exit.Exit<A, E>
  readonly struck: boolean
  readonly steps: number
}

/** Runs an effect in a fiber of its own that is interrupted at a step. */
export const interruptedAt = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  blow: Blow
): Effect.Effect<Outcome<A, E>, never, R> =>
  Effect.gen(function*() {
    const scheduler = yield* interrupter(blow)
    const fiber = yield* Effect.zipRight(scheduler.aim, effect).pipe(
      Effect.interruptible,
      Effect.forkDaemon,
      Effect.locally(FiberRef.currentScheduler, scheduler)
    )
    const exit = yield* Fiber.await(fiber)
    return { exit, struck: scheduler.struck, steps: scheduler.steps }
  })

const MOMENTS: ReadonlyArray<Moment> = ["at", "after"]

/** Runs a trial for each step of what it interrupts, until that ends before it is interrupted; gives the number of steps. */
export const atEachStep = <E, R>(
  trial: (blow: Blow) => Effect.Effect<boolean, E, R>
): Effect.Effect<number, E, R> =>
  Effect.gen(function*() {
    let most = 0
    for (const moment of MOMENTS) {
      for (let step = 1; yield* trial({ step, moment }); step++) {
        most = Math.max(most, step)
        if (step > 20_000) return yield* Effect.dieMessage("it does not come to an end")
      }
    }
    return most
  })

/**
 * Runs a trial for about so many steps of what it interrupts, spread over all of them: for what takes thousands of steps. The
 * first one is not interrupted; the trial gives the steps that were taken.
 */
export const atSomeSteps = <E, R>(
  count: number,
  trial: (blow: Blow) => Effect.Effect<number, E, R>
): Effect.Effect<number, E, R> =>
  Effect.gen(function*() {
    const steps = yield* trial({ step: Infinity, moment: "at" })
    for (const [index, moment] of MOMENTS.entries()) {
      // the two moments take different steps
      for (let i = 0; i < count; i++) {
        yield* trial({ step: 1 + Math.floor((i + index / 2) * steps / count), moment })
      }
    }
    return steps
  })

/** Dies of what an interrupted effect may not end with. */
export const expectEnded = (exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> =>
  Exit.isFailure(exit) && !Exit.isInterrupted(exit) ? Effect.dieMessage(String(exit)) : Effect.void
