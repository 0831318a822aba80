/** Spans of processes and tools, and their ids in the audit. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { Vm } from "../../services/Vm.ts"
import { live, subjects } from "../contract/layers.ts"
import { Orders, OrdersLive } from "../tools/kit.ts"
import { eventsOf } from "./support.ts"

/** Runs a program whose spans are kept. */
const traced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const spans: Array<Tracer.Span> = []
    const base = yield* Effect.tracer
    const recording = Tracer.make({
      span: (...args) => {
        const span = base.span(...args)
        spans.push(span)
        return span
      },
      context: base.context
    })
    const value = yield* effect.pipe(Effect.withSpan("program"), Effect.withTracer(recording))
    return { spans, value }
  })

const parentOf = (span: Tracer.Span | undefined) => span?.parent._tag === "Some" ? span.parent.value.spanId : undefined

const named = (spans: ReadonlyArray<Tracer.Span>, name: string) => {
  const found = spans.filter((span) => span.name === name)
  assert.strictEqual(found.length, 1, `${name} among ${spans.map((span) => span.name).join(", ")}`)
  return found[0]
}

for (const subject of subjects) {
  describe(`spans over ${subject.name}`, () => {
    layer(Layer.merge(subject.layer, OrdersLive), live)((it) => {
      it.scoped(
        "exec, its process, the tools that its descendants call; the events have their ids",
        () =>
          Effect.gen(function*() {
            const vm = yield* Vm.make({
              toolKits: [Orders],
              audit: "all",
              permissions: { tool: { default: "allow", rules: [{ mode: "deny", patterns: ["orders:refund"] }] } }
            })
            const script =
              "cat /etc/hostname >&2; (orders find --id 7; true) & wait; orders refund --id 7 --cents 1; exit 3"
            const { spans, value } = yield* traced(eventsOf(vm, vm.processes.exec(script)))
            const exec = named(spans, "Processes.exec")
            const process = named(spans, "process bash")
            const tool = named(spans, "tool orders:find")
            assert.strictEqual(parentOf(process), exec.spanId)
            assert.strictEqual(parentOf(tool), process.spanId)
            assert.strictEqual(tool.traceId, exec.traceId)
            const ended = [process, tool].map(({ status }) => status._tag === "Ended" && status.exit._tag)
            assert.deepStrictEqual(ended, ["Success", "Success"])
            assert.strictEqual(process.attributes.get("process.exit_code"), 3)
            assert.isTrue(
              process.status._tag === "Ended" && tool.status._tag === "Ended" &&
                tool.status.endTime <= process.status.endTime
            )
            const pid = process.attributes.get("process.pid")
            assert.isNumber(pid)
            assert.isFalse(spans.some(({ name }) => name === "tool orders:refund"))

            const { events } = value
            const of = (tag: string, about: string) =>
              events.filter((event) => event._tag === tag && JSON.stringify(event).includes(`"${about}"`))
            const [called] = of("ToolCalled", "orders:find")
            assert.strictEqual(called.spanId, tool.spanId)
            assert.strictEqual(called.pid, tool.attributes.get("process.pid"))
            for (
              const event of [
                ...of("Decision", "orders:find"),
                ...of("Decision", "/etc/hostname"),
                ...of("ToolCalled", "orders:refund")
              ]
            ) {
              assert.deepStrictEqual([event.traceId, event.spanId], [process.traceId, process.spanId], event._tag)
            }
          }),
        60_000
      )

      it.scoped(
        "a process of its own has a span until it ends, a stream until it ends; without a span above there is none",
        () =>
          Effect.gen(function*() {
            const vm = yield* Vm.make({ toolKits: [Orders], audit: "all" })
            const { spans } = yield* traced(Effect.scoped(Effect.gen(function*() {
              const handle = yield* vm.processes.spawn("bash", ["-c", "orders find --id 7; exit 4"])
              yield* handle.wait
              yield* vm.processes.run("orders find --id 7; exit 5").pipe(Stream.runDrain, Effect.withSpan("stream"))
              yield* vm.processes.spawn("sleep", ["1000"])
              yield* Effect.ignore(vm.processes.spawn("no-such-program", []))
            })))
            const processes = spans.filter(({ name }) => name === "process bash")
            assert.strictEqual(processes.length, 2)
            assert.deepStrictEqual(processes.map(({ attributes }) => attributes.get("process.exit_code")), [4, 5])
            assert.strictEqual(parentOf(processes[1]), named(spans, "Processes.run").spanId)
            assert.strictEqual(parentOf(named(spans, "Processes.run")), named(spans, "stream").spanId)
            const tools = spans.filter(({ name }) => name === "tool orders:find")
            assert.deepStrictEqual(tools.map(parentOf), processes.map(({ spanId }) => spanId))
            assert.isTrue(
              spans.every(({ status }) => status._tag === "Ended"),
              spans.filter((s) => s.status._tag !== "Ended").map((s) => s.name).join()
            )

            const quiet = yield* eventsOf(vm, vm.processes.exec("orders find --id 7"))
            assert.isTrue(quiet.events.every((event) => event.spanId === undefined && event.traceId === undefined))
          }),
        60_000
      )
    })
  })
}
