/**
 * A store of jobs in memory, of which a test may read what was asked and what is kept, and which fails or waits where it is
 * told to.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ScheduleStoreShape } from "../../services/ScheduleStore.ts"
import { ScheduleStore } from "../../services/ScheduleStore.ts"
import type { ScheduleError } from "../../src/errors/ScheduleError.ts"
import type { StoredJob } from "../../src/schedule/StoredJob.ts"
import type { CallControl } from "./fakes/Interposed.ts"
import { interpose } from "./fakes/Interposed.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface TestScheduleStoreShape extends CallControl<ScheduleStoreShape, ScheduleError> {
  /** The same store, with nothing written down and no failure. */
  readonly store: ScheduleStoreShape
}

/**
 * @since 0.1.0
 * @category tags
 */
export class TestScheduleStore
  extends Context.Tag("effect-agent-os/testing/TestScheduleStore")<TestScheduleStore, TestScheduleStoreShape>()
{}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Jobs that are there at the beginning, as an earlier program would have left them. */
  readonly jobs?: ReadonlyArray<StoredJob> | undefined
}

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<ScheduleStore | TestScheduleStore> =>
  Layer.effectContext(Effect.gen(function*() {
    const store = yield* ScheduleStore
    yield* Effect.orDie(Effect.forEach(options.jobs ?? [], (job) => store.put(job), { discard: true }))
    const { control, shape } = interpose<ScheduleStoreShape, ScheduleError>(store)
    return Context.make(ScheduleStore, shape).pipe(Context.add(TestScheduleStore, { ...control, store }))
  })).pipe(Layer.provide(Layer.fresh(ScheduleStore.layerMemory)))

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
