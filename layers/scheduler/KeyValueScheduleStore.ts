/**
 * Jobs in a KeyValueStore of `@effect/platform`: a folder of the host or of a VM, a database, whatever implements it. Each job
 * has a key of its own, and one more has the ids in their order.
 *
 * @since 0.1.0
 */
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ScheduleStore } from "../../services/ScheduleStore.ts"
import { ScheduleError } from "../../src/errors/ScheduleError.ts"
import { StoredJob } from "../../src/schedule/StoredJob.ts"

const INDEX = "schedule-jobs"

const failed = (id: string) => (error: { readonly message: string }): ScheduleError =>
  new ScheduleError({ reason: "Store", schedule: "", id, hint: error.message })

const keyOf = (id: string): string => `schedule-job-${id}`

/**
 * Fails when the list of jobs cannot be read.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<ScheduleStore, ScheduleError, KeyValueStore.KeyValueStore> = Layer.effect(
  ScheduleStore,
  Effect.gen(function*() {
    const store = yield* KeyValueStore.KeyValueStore
    const index = store.forSchema(Schema.Array(Schema.String))
    const jobs = store.forSchema(StoredJob)
    const ids = new Set(Option.getOrElse(yield* Effect.mapError(index.get(INDEX), failed("")), () => []))
    const list = Effect.suspend(() => index.set(INDEX, Array.from(ids)))
    return {
      all: Effect.suspend(() =>
        Effect.forEach(Array.from(ids), (id) => Effect.mapError(jobs.get(keyOf(id)), failed(id)))
      ).pipe(Effect.map((found) => found.flatMap(Option.toArray))),
      put: (job) =>
        Effect.suspend(() => {
          const isNew = !ids.has(job.id)
          ids.add(job.id)
          const put = jobs.set(keyOf(job.id), job)
          // an id in the list without its job is passed over
          return Effect.mapError(isNew ? Effect.zipRight(list, put) : put, failed(job.id))
        }),
      remove: (id) =>
        Effect.suspend(() =>
          ids.delete(id) ? Effect.mapError(Effect.zipRight(store.remove(keyOf(id)), list), failed(id)) : Effect.void
        )
    }
  })
)
