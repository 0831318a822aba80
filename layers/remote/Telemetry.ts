/**
 * What the services tell of themselves: a span for every call that somebody traces, and metrics for all of them.
 *
 * A span costs about ten microseconds, as much as a third of a small read. So a call has one where there is a span above
 * it; a program that traces nothing pays nothing.
 *
 * | metric | kind | tags |
 * | --- | --- | --- |
 * | `agent_os_calls` | counter | `service`, `method` |
 * | `agent_os_failures` | counter | `service`, `method` |
 * | `agent_os_bytes` | counter | `direction`: `read`, `written`, by files as a whole and batches of them |
 * | `agent_os_exec_duration` | histogram, milliseconds | |
 * | `agent_os_vm_leases` | gauge | |
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/**
 * VMs that are leased at the moment.
 *
 * @since 0.1.0
 * @category metrics
 */
export const leases = Metric.gauge("agent_os_vm_leases", { description: "VMs leased at the moment" })

/**
 * How long commands run.
 *
 * @since 0.1.0
 * @category metrics
 */
export const execDuration = Metric.timerWithBoundaries(
  "agent_os_exec_duration",
  MetricBoundaries.exponential({ start: 0.5, factor: 2, count: 20 }).values,
  "how long commands run"
)

const bytes = Metric.counter("agent_os_bytes", { description: "bytes of files read and written", incremental: true })

/**
 * Bytes that came from VMs.
 *
 * @since 0.1.0
 * @category metrics
 */
export const bytesRead = Metric.tagged(bytes, "direction", "read")

/**
 * Bytes that went to VMs.
 *
 * @since 0.1.0
 * @category metrics
 */
export const bytesWritten = Metric.tagged(bytes, "direction", "written")

const calls = Metric.counter("agent_os_calls", { description: "calls of the services", incremental: true })
const failures = Metric.counter("agent_os_failures", { description: "calls that failed", incremental: true })

/**
 * A service whose methods count their calls and failures, and have a span `Service.method` with the id of the VM.
 *
 * @since 0.1.0
 * @category combinators
 */
export const observed = <S extends object>(service: string, vmId: string, shape: S): S => {
  const wrapped: Record<string, unknown> = {}
  for (const [method, member] of Object.entries(shape)) {
    const observe = observer(`${service}.${method}`, service, method, vmId)
    wrapped[method] = typeof member === "function"
      ? (...args: ReadonlyArray<unknown>) => observe(member(...args))
      : observe(member)
  }
  return wrapped as S
}

/** Streams and sinks are not calls: they pass as they are. */
const observer = (name: string, service: string, method: string, vmId: string) => {
  const tags = (metric: typeof calls) => metric.pipe(Metric.tagged("service", service), Metric.tagged("method", method))
  const called = tags(calls)
  const failed = tags(failures)
  const onError = () => Effect.sync(() => failed.unsafeUpdate(1, []))
  const options = { captureStackTrace: false, attributes: { "vm.id": vmId } } as const
  return (member: unknown): unknown => {
    if (!Effect.isEffect(member)) return member
    const effect = Effect.tapErrorCause(member as Effect.Effect<unknown, unknown, unknown>, onError)
    return Effect.withFiberRuntime<unknown, unknown, unknown>((fiber) => {
      called.unsafeUpdate(1, [])
      return fiber.currentSpan === undefined ? effect : Effect.withSpan(effect, name, options)
    })
  }
}
