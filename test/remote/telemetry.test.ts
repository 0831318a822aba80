import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Tracer from "effect/Tracer"
import * as TestSidecar from "../../layers/testing/TestSidecar.ts"
import { Vm } from "../../services/Vm.ts"

const count = (name: string, method: string) =>
  Effect.map(
    Metric.value(
      Metric.counter(name, {
        description: name === "agent_os_calls" ? "calls of the services" : "calls that failed",
        incremental: true
      }).pipe(Metric.tagged("service", "Filesystem"), Metric.tagged("method", method))
    ),
    (state) => state.count
  )

describe("telemetry", () => {
  it.scoped("calls and failures are counted", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({})
      const calls = yield* count("agent_os_calls", "readFile")
      const failures = yield* count("agent_os_failures", "readFile")
      yield* Effect.ignore(vm.filesystem.readFile("/none"))
      yield* vm.filesystem.readFile("/etc/passwd")
      assert.strictEqual((yield* count("agent_os_calls", "readFile")) - calls, 2)
      assert.strictEqual((yield* count("agent_os_failures", "readFile")) - failures, 1)
    }).pipe(Effect.provide(TestSidecar.layer)))

  it.scoped("a call has a span where there is one above it, with the id of its VM", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({})
      const spans: Array<Tracer.Span> = []
      const base = yield* Effect.tracer
      const recording = Tracer.make({
        ...base,
        span: (...args) => {
          const span = base.span(...args)
          spans.push(span)
          return span
        },
        context: base.context
      })
      yield* vm.filesystem.exists("/").pipe(Effect.withTracer(recording))
      assert.deepStrictEqual(spans.map((span) => span.name), [])
      yield* vm.filesystem.exists("/").pipe(Effect.withSpan("above"), Effect.withTracer(recording))
      assert.deepStrictEqual(spans.map((span) => span.name), ["above", "Filesystem.exists"])
      assert.strictEqual(spans[1].attributes.get("vm.id"), vm.vmId)
    }).pipe(Effect.provide(TestSidecar.layer)))
})
