/**
 * A scheduler whose jobs run when a test says so: `ScheduleSteps` lets them run, `TestScheduler` has the calls so far and
 * lets the next ones fail.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { Processes } from "../../services/Processes.ts"
import type { SchedulerShape } from "../../services/Scheduler.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import type { NotYetSupported } from "../../src/errors/NotYetSupported.ts"
import type { ScheduleError } from "../../src/errors/ScheduleError.ts"
import * as ManualDriver from "../scheduler/ManualDriver.ts"
import * as TimerScheduler from "../scheduler/TimerScheduler.ts"
import type { CallControl } from "./fakes/Interposed.ts"
import { interpose } from "./fakes/Interposed.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface TestSchedulerShape extends CallControl<SchedulerShape, ScheduleError | NotYetSupported> {
  /** The same scheduler, with nothing written down and no failure. */
  readonly scheduler: SchedulerShape
}

/**
 * @since 0.1.0
 * @category tags
 */
export class TestScheduler
  extends Context.Tag("effect-agent-os/testing/TestScheduler")<TestScheduler, TestSchedulerShape>()
{}

/**
 * Runs of jobs are no calls: `scheduler.events` tells of them.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Scheduler | ManualDriver.ScheduleSteps | TestScheduler, never, Processes> = Layer
  .flatMap(
    Layer.provideMerge(TimerScheduler.layerDriver, ManualDriver.layer),
    (context) => {
      const scheduler = Context.get(context, Scheduler)
      const { control, shape } = interpose<SchedulerShape, ScheduleError | NotYetSupported>(scheduler)
      return Layer.succeedContext(
        Context.make(Scheduler, shape).pipe(
          Context.add(ManualDriver.ScheduleSteps, Context.get(context, ManualDriver.ScheduleSteps)),
          Context.add(TestScheduler, { ...control, scheduler })
        )
      )
    }
  )

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
