/** What a tracer sees of runs: a root span each, that ends with its run, and is above what the run does. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { Scheduler } from "../../services/Scheduler.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { layer } from "./scheduler-support.ts"

/** The default tracer, and the spans that it made. */
const collecting = Effect.map(Effect.tracer, (native) => {
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    context: native.context,
    span: (...args) => {
      const span = native.span(...args)
      spans.push(span)
      return span
    }
  })
  return { spans, tracer }
})

const work = Effect.gen(function*() {
  yield* Effect.sleep("10 seconds")
  yield* Effect.void.pipe(Effect.withSpan("inner"))
})

const twoRuns = Effect.gen(function*() {
  const scheduler = yield* Scheduler
  yield* scheduler.schedule({ id: "good", schedule: "0 * * * *", action: ScheduleAction.callback(work) })
  yield* scheduler.schedule({
    id: "bad",
    schedule: "0 * * * *",
    action: ScheduleAction.callback(Effect.zipRight(work, Effect.fail("no")))
  })
  yield* TestClock.adjust("1 hour")
  yield* TestClock.adjust("10 seconds")
})

describe("spans of runs", () => {
  it.effect("are roots, with the job and the run, and end as the run does", () =>
    Effect.gen(function*() {
      const { spans, tracer } = yield* collecting
      yield* twoRuns.pipe(
        Effect.provide(layer),
        Effect.annotateSpans("tenant", "north"),
        Effect.withSpan("around"),
        Effect.withTracer(tracer)
      )
      const runs = spans.filter(({ name }) => name === "Scheduler.run")
      assert.deepStrictEqual(runs.map(({ attributes }) => Object.fromEntries(attributes)), [
        { "job.id": "good", run: 1, tenant: "north" },
        { "job.id": "bad", run: 2, tenant: "north" }
      ])
      const hour = 3_600_000_000_000n
      for (const { parent, status } of runs) {
        assert.strictEqual(parent._tag, "None")
        assert.deepStrictEqual(
          [status._tag, status.startTime, status._tag === "Ended" && status.endTime],
          ["Ended", hour, hour + 10_000_000_000n]
        )
      }
      assert.deepStrictEqual(runs.map(({ status }) => status._tag === "Ended" && Exit.isSuccess(status.exit)), [
        true,
        false
      ])
      const inner = spans.filter(({ name }) => name === "inner")
      const above = inner.map(({ parent }) => parent._tag === "Some" ? parent.value.spanId : undefined)
      assert.sameMembers(above, runs.map(({ spanId }) => spanId))
    }))

  it.effect("are not made where tracing is off", () =>
    Effect.gen(function*() {
      const { spans, tracer } = yield* collecting
      yield* twoRuns.pipe(Effect.provide(layer), Effect.withTracerEnabled(false), Effect.withTracer(tracer))
      assert.deepStrictEqual(spans, [])
    }))
})
