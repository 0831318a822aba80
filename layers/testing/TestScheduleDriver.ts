/**
 * A driver of schedules that is worked by hand, and of which a test may read what was asked: `ScheduleSteps` lets entries run,
 * `TestScheduleDriver` has the calls so far and lets the next ones fail or wait.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { ScheduleDriverShape } from "../../services/ScheduleDriver.ts"
import { ScheduleDriver } from "../../services/ScheduleDriver.ts"
import type { ScheduleError } from "../../src/errors/ScheduleError.ts"
import * as ManualDriver from "../scheduler/ManualDriver.ts"
import type { CallControl } from "./fakes/Interposed.ts"
import { interpose } from "./fakes/Interposed.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface TestScheduleDriverShape extends CallControl<ScheduleDriverShape, ScheduleError> {}

/**
 * @since 0.1.0
 * @category tags
 */
export class TestScheduleDriver
  extends Context.Tag("effect-agent-os/testing/TestScheduleDriver")<TestScheduleDriver, TestScheduleDriverShape>()
{}

/**
 * A driver has no error for `cancel` and `dispose`: do not plan failures of these.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<ScheduleDriver | ManualDriver.ScheduleSteps | TestScheduleDriver> = Layer.flatMap(
  ManualDriver.layer,
  (context) => {
    const { control, shape } = interpose<ScheduleDriverShape, ScheduleError>(Context.get(context, ScheduleDriver))
    return Layer.succeedContext(
      Context.add(context, ScheduleDriver, shape).pipe(Context.add(TestScheduleDriver, control))
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
