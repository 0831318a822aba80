import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as TestServices from "effect/TestServices"
import * as Tracer from "effect/Tracer"
import { bytesRead, bytesWritten, execDuration, leases } from "../../layers/remote/Telemetry.ts"
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
    }).pipe(Effect.provide(TestSidecar.layer())))

  it.scoped("bytes are counted both ways: files, batches and streams", () =>
    Effect.gen(function*() {
      const { filesystem } = yield* Vm.make({})
      const counts = Effect.map(
        Effect.all([Metric.value(bytesRead), Metric.value(bytesWritten)]),
        ([read, written]) => [read.count, written.count]
      )
      const [read, written] = yield* counts
      yield* filesystem.writeFile("/tmp/a", "\u00e4bc")
      yield* filesystem.writeFiles([
        { path: "/tmp/b", content: new Uint8Array(10) },
        { path: "relative", content: new Uint8Array(1000) },
        { path: "/etc/passwd/c", content: new Uint8Array(1000) }
      ])
      yield* Stream.run(Stream.make(new Uint8Array(100), new Uint8Array(200)), filesystem.writeStream("/tmp/c"))
      assert.deepStrictEqual(yield* counts, [read, written + 4 + 10 + 300])
      yield* filesystem.readFileString("/tmp/a")
      yield* filesystem.readFiles(["/tmp/b", "/none"])
      yield* Stream.runDrain(filesystem.readStream("/tmp/c"))
      assert.deepStrictEqual(yield* counts, [read + 4 + 10 + 300, written + 4 + 10 + 300])
    }).pipe(Effect.provide(TestSidecar.layer())))

  it.scoped("leases are a gauge, and commands a histogram of their durations", () =>
    Effect.gen(function*() {
      const held = Effect.map(Metric.value(leases), ({ value }) => value)
      const before = yield* held
      yield* Effect.scoped(Effect.gen(function*() {
        const vm = yield* Vm.make({})
        assert.strictEqual((yield* held) - before, 1)
        yield* vm.fork
        assert.strictEqual((yield* held) - before, 2)
        const past = yield* Metric.value(execDuration)
        yield* vm.processes.exec("sleep 0.05")
        yield* Effect.ignore(vm.processes.exec("sleep 9", { timeout: 20 }))
        const { count, max, sum } = yield* Metric.value(execDuration)
        assert.strictEqual(count - past.count, 2)
        assert.isAtLeast(sum - past.sum, 70)
        assert.isAtLeast(max, 50)
      }))
      assert.strictEqual(yield* held, before)
    }).pipe(Effect.provide(TestSidecar.layer()), TestServices.provideLive))

  /** Runs an effect below a span and gives the spans of that. */
  const traced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
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
      yield* effect.pipe(Effect.withTracer(recording))
      return spans
    })

  it.scoped("a call has a span where there is one above it, with the id of its VM", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({})
      const bare = yield* traced(vm.filesystem.exists("/"))
      assert.deepStrictEqual(bare.map((span) => span.name), [])
      const spans = yield* traced(Effect.withSpan(vm.filesystem.exists("/"), "above"))
      assert.deepStrictEqual(spans.map((span) => span.name), ["above", "Filesystem.exists"])
      assert.strictEqual(spans[1].attributes.get("vm.id"), vm.vmId)
    }).pipe(Effect.provide(TestSidecar.layer())))

  it.scoped("a lease and a fork have spans, with the ids of the VM and the sidecar", () =>
    Effect.gen(function*() {
      const ids: Array<string> = []
      const spans = yield* traced(
        Effect.gen(function*() {
          const vm = yield* Vm.make({})
          ids.push(vm.vmId)
          yield* vm.fork
        })
      )
      const named = (name: string) => spans.find((span) => span.name === name)!.attributes
      assert.strictEqual(named("Vm.make").get("vm.id"), ids[0])
      assert.strictEqual(named("Sidecar.lease").get("vm.id"), ids[0])
      assert.strictEqual(named("Sidecar.lease").get("sidecar.id"), "agent-os-shared-sidecar:default")
      assert.strictEqual(named("Vm.fork").get("vm.id"), ids[0])
    }).pipe(Effect.provide(TestSidecar.layer())))

  it.scoped("spans tell sizes, last as long as their calls, and hold failures", () =>
    Effect.gen(function*() {
      const { filesystem, processes, snapshot, vmId } = yield* Vm.make({})
      const work = Effect.gen(function*() {
        yield* filesystem.writeFile("/tmp/a", "\u00e4bc")
        yield* filesystem.readFileString("/tmp/a")
        yield* filesystem.writeFiles([{ path: "/tmp/b", content: "b" }, { path: "/tmp/c", content: "c" }])
        yield* filesystem.readdir("/tmp")
        yield* processes.exec("echo out; echo error >&2; sleep 0.02; exit 3")
        yield* Stream.runDrain(processes.run("sleep 0.02"))
        yield* Effect.ignore(filesystem.readFile("/none"))
        yield* snapshot
      })
      // processes may have spans of their own
      const spans = (yield* traced(Effect.withSpan(work, "above"))).filter(({ name }) =>
        /^(Filesystem|Processes|Vm)\./.test(name)
      )
      const told = spans.map((span) => {
        const { "vm.id": id, ...sizes } = Object.fromEntries(span.attributes)
        assert.strictEqual(id, vmId)
        return [span.name, sizes]
      })
      assert.deepStrictEqual(told, [
        ["Filesystem.writeFile", { "bytes.written": 4 }],
        ["Filesystem.readFileString", { "bytes.read": 4 }],
        ["Filesystem.writeFiles", { entries: 2 }],
        ["Filesystem.readdir", { entries: 3 }],
        ["Processes.exec", { "exit.code": 3, "bytes.stdout": 4, "bytes.stderr": 6 }],
        ["Processes.run", {}],
        ["Filesystem.readFile", {}],
        ["Vm.snapshot", {}]
      ])
      for (const span of spans) {
        assert.strictEqual(span.status._tag, "Ended", span.name)
        if (span.status._tag !== "Ended") continue
        assert.strictEqual(span.status.exit._tag, span.name === "Filesystem.readFile" ? "Failure" : "Success")
        const atLeast = span.name.startsWith("Processes.") ? 20_000_000n : 0n
        assert.isTrue(span.status.endTime - span.status.startTime >= atLeast, span.name)
      }
    }).pipe(Effect.provide(TestSidecar.layer()), TestServices.provideLive))
})
