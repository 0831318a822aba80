/**
 * Spans of the processes that the host starts in a VM, where somebody traces: each is below the span of who started it,
 * ends with the process, and is above the spans of the tools that the process and its descendants call.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Scope from "effect/Scope"
import type { AnySpan, Span, Tracer } from "effect/Tracer"

/** Spans of ended processes that are kept for what descends from them, and for what is still told of them. */
const KEPT = 256

/**
 * A process that is about to be started.
 *
 * @since 0.1.0
 * @category models
 */
export interface Traced {
  /** What the sidecar is to name its span by, where it has one. */
  readonly trace: number | undefined
  /** It has been started, with this number. */
  readonly started: (pid: number) => void
  /** It has ended. */
  readonly exited: (status: { readonly exitCode: number; readonly signal?: string | undefined }) => void
}

/**
 * A span, and the tracer of whoever started the process: what the process calls is traced by it too.
 *
 * @since 0.1.0
 * @category models
 */
export interface Parent {
  readonly span: AnySpan
  readonly tracer: Tracer
}

const untraced: Traced = { trace: undefined, started: () => {}, exited: () => {} }

/**
 * The spans of one VM, by the numbers that the host gives them.
 *
 * @since 0.1.0
 * @category models
 */
export class ProcessSpans {
  private readonly spans = new Map<number, Parent>()
  private readonly ended = new Set<number>()
  private next = 1

  constructor(private readonly vmId: string) {}

  /** The span of what descends from a process that the host has started. */
  of(trace: number | undefined): Parent | undefined {
    return trace === undefined ? undefined : this.spans.get(trace)
  }

  /** The ids of that span, as events have them. */
  idsOf(trace: number | undefined): { readonly traceId?: string; readonly spanId?: string } {
    return idsOf(this.of(trace)?.span)
  }

  /**
   * A process that is started in this Scope. `program`: what its span is named after; no arguments, which may be secret.
   * Without a span above there is none.
   */
  process(program: string): Effect.Effect<Traced, never, Scope.Scope> {
    return Effect.withFiberRuntime((fiber) => {
      if (!isTraced(fiber)) return Effect.succeed(untraced)
      const made = Effect.makeSpan(`process ${program}`, {
        captureStackTrace: false,
        attributes: { "vm.id": this.vmId }
      })
      return Effect.flatMap(Effect.all([made, Effect.tracer, Effect.clock]), ([span, tracer, clock]) => {
        const trace = this.next++
        this.spans.set(trace, { span, tracer })
        const traced = new SpanOfProcess(trace, span, clock, () => this.leave(trace))
        return Effect.as(Effect.addFinalizer((exit) => Effect.sync(() => traced.end(exit))), traced)
      })
    })
  }

  /** The same for a process that ends with an Effect. */
  within<A, E, R>(program: string, run: (traced: Traced) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.withFiberRuntime((fiber) =>
      isTraced(fiber)
        ? Effect.scopedWith((scope) => Effect.flatMap(Scope.extend(this.process(program), scope), run))
        : run(untraced)
    )
  }

  private leave(trace: number): void {
    this.ended.add(trace)
    if (this.ended.size <= KEPT) return
    const oldest: number = this.ended.values().next().value!
    this.ended.delete(oldest)
    this.spans.delete(oldest)
  }
}

/** Whether there is a span above, and tracing is on. */
const isTraced = (fiber: Fiber.RuntimeFiber<any, any>): boolean =>
  fiber.currentSpan !== undefined && fiber.getFiberRef(FiberRef.currentTracerEnabled)

/**
 * The ids of a span as events have them; none without one.
 *
 * @since 0.1.0
 * @category conversions
 */
export const idsOf = (span: AnySpan | undefined): { readonly traceId?: string; readonly spanId?: string } =>
  span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId }

class SpanOfProcess implements Traced {
  private over = false

  constructor(
    readonly trace: number,
    private readonly span: Span,
    private readonly clock: Clock.Clock,
    private readonly leave: () => void
  ) {}

  readonly started = (pid: number): void => this.span.attribute("process.pid", pid)

  readonly exited = ({ exitCode, signal }: Parameters<Traced["exited"]>[0]): void => {
    this.span.attribute("process.exit_code", exitCode)
    if (signal !== undefined) this.span.attribute("process.signal", signal)
    this.end(Exit.void)
  }

  end(exit: Exit.Exit<unknown, unknown>): void {
    if (this.over) return
    this.over = true
    this.span.end(this.clock.unsafeCurrentTimeNanos(), exit)
    this.leave()
  }
}
