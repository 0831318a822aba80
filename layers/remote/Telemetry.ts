/**
 * What the services tell of themselves: a span for every call that somebody traces, and metrics for all of them.
 *
 * A span costs about ten microseconds, as much as a third of a small read. So a call has one where there is a span above
 * it; a program that traces nothing pays nothing. `Vm.make`, `Sidecar.lease` and `Vm.fork` have one always. A stream's
 * span lasts as long as it is read.
 *
 * | attribute | of |
 * | --- | --- |
 * | `vm.id` | all of them |
 * | `bytes.read`, `bytes.written` | files that are read or written as a whole |
 * | `entries` | listings and batches |
 * | `exit.code`, `bytes.stdout`, `bytes.stderr` | `Processes.exec` |
 *
 * | metric | kind | tags |
 * | --- | --- | --- |
 * | `agent_os_calls` | counter | `service`, `method` |
 * | `agent_os_failures` | counter | `service`, `method` |
 * | `agent_os_bytes` | counter | `direction`: `read`, `written`, by files as a whole, batches of them, and streams |
 * | `agent_os_exec_duration` | histogram, milliseconds | |
 * | `agent_os_vm_leases` | gauge | |
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import * as Stream from "effect/Stream"
import type { SpanOptions } from "effect/Tracer"

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

/**
 * Tells how long a command runs, however it ends.
 *
 * @since 0.1.0
 * @category combinators
 */
export const timedCommand = <A, E, R>(command: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => {
    const start = clock.unsafeCurrentTimeNanos()
    const update = () => execDuration.unsafeUpdate(Duration.nanos(clock.unsafeCurrentTimeNanos() - start), [])
    return Effect.ensuring(command, Effect.sync(update))
  })

/** A counter whose tags belong to its key: `Metric.tagged` would join them, and look the counter up, at every update. */
const counter = (name: string, description: string, tags: Readonly<Record<string, string>>) =>
  Metric.fromMetricKey(
    MetricKey.taggedWithLabels(
      MetricKey.counter(name, { description, incremental: true }),
      Object.entries(tags).map(([key, value]) => MetricLabel.make(key, value))
    )
  )

const bytes = (direction: "read" | "written") =>
  counter("agent_os_bytes", "bytes of files read and written", { direction })

/**
 * Bytes that came from VMs.
 *
 * @since 0.1.0
 * @category metrics
 */
export const bytesRead = bytes("read")

/**
 * Bytes that went to VMs.
 *
 * @since 0.1.0
 * @category metrics
 */
export const bytesWritten = bytes("written")

/**
 * A service whose methods count their calls and failures, and have a span `Service.method` with the id of the VM.
 *
 * @since 0.1.0
 * @category combinators
 */
export const observed = <S extends object>(service: string, vmId: string, shape: S): S => {
  const wrapped: Record<string, unknown> = {}
  const span: SpanOptions = { captureStackTrace: false, attributes: { "vm.id": vmId } }
  for (const [method, member] of Object.entries(shape)) {
    const observer = observerOf(service, method)
    wrapped[method] = typeof member === "function"
      ? (...args: ReadonlyArray<unknown>) => observer.observe(member(...args), span, args)
      : observer.observe(member, span, [])
  }
  return wrapped as S
}

const observers = new Map<string, Observer>()

/** One for all VMs: making metrics costs more than the rest of a lease's services. */
const observerOf = (service: string, method: string): Observer => {
  const name = `${service}.${method}`
  let found = observers.get(name)
  if (found === undefined) {
    found = new Observer(name, { service, method })
    observers.set(name, found)
  }
  return found
}

/** What is counted of one method, and the name of its spans. */
class Observer {
  private readonly called: Metric.Metric.Counter<number>
  private readonly onError: <E>(cause: Cause.Cause<E>) => Effect.Effect<never, E>
  private readonly method: string

  constructor(private readonly name: string, tags: { readonly service: string; readonly method: string }) {
    this.method = tags.method
    this.called = counter("agent_os_calls", "calls of the services", tags)
    const failed = counter("agent_os_failures", "calls that failed", tags)
    this.onError = (cause) => {
      failed.unsafeUpdate(1, [])
      return Effect.failCause(cause)
    }
  }

  /** A sink is no call: it passes as it is. */
  observe(member: unknown, span: SpanOptions, args: ReadonlyArray<unknown>): unknown {
    if (Effect.isEffect(member)) return this.observeCall(member as Effect.Effect<unknown, unknown, unknown>, span, args)
    return isStream(member) ? this.observeStream(member, span) : member
  }

  private observeCall(
    member: Effect.Effect<unknown, unknown, unknown>,
    span: SpanOptions,
    args: ReadonlyArray<unknown>
  ): Effect.Effect<unknown, unknown, unknown> {
    const effect = Effect.catchAllCause(member, this.onError)
    return Effect.withFiberRuntime<unknown, unknown, unknown>((fiber) => {
      this.called.unsafeUpdate(1, [])
      if (fiber.currentSpan === undefined) return effect
      return Effect.withSpan(
        Effect.tap(effect, (result) => Effect.annotateCurrentSpan(sizesOf(this.method, args, result))),
        this.name,
        span
      )
    })
  }

  private observeStream(
    member: Stream.Stream<unknown, unknown, unknown>,
    span: SpanOptions
  ): Stream.Stream<unknown, unknown, unknown> {
    const stream = Stream.catchAllCause(member, (cause) => Stream.fromEffect(this.onError(cause)))
    return Stream.unwrap(Effect.withFiberRuntime<Stream.Stream<unknown, unknown, unknown>>((fiber) => {
      this.called.unsafeUpdate(1, [])
      return Effect.succeed(fiber.currentSpan === undefined ? stream : Stream.withSpan(stream, this.name, span))
    }))
  }
}

const isStream = (member: unknown): member is Stream.Stream<unknown, unknown, unknown> =>
  typeof member === "object" && member !== null && Stream.StreamTypeId in member

type Sizes = Readonly<Record<string, number>>

const encoder = new TextEncoder()

const bytesOf = (content: unknown): number =>
  typeof content === "string" ? encoder.encode(content).length : content instanceof Uint8Array ? content.length : 0

/** What a call has moved, by the name of its method. */
const sizesOf = (method: string, args: ReadonlyArray<unknown>, result: unknown): Sizes => {
  switch (method) {
    case "readFile":
    case "readFileString":
    case "pread":
      return { "bytes.read": bytesOf(result) }
    case "writeFile":
      return { "bytes.written": bytesOf(args[1]) }
    case "pwrite":
      return { "bytes.written": bytesOf(args[2]) }
    case "exec": {
      const { exitCode, stderr, stdout } = result as Readonly<Record<"stdout" | "stderr", string>> & {
        exitCode: number
      }
      return { "exit.code": exitCode, "bytes.stdout": bytesOf(stdout), "bytes.stderr": bytesOf(stderr) }
    }
    default:
      return Array.isArray(result) ? { entries: result.length } : {}
  }
}
