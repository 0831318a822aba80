/**
 * Who decides on calls that a policy or a tool asks about. Without this service, or without an answer in time, the call
 * is denied.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import { inOwnFiber } from "../src/OwnFiber.ts"
import type { ApprovalAnswer, ApprovalRecord, ApprovalRequest } from "../src/tools/Approval.ts"

export {
  /**
   * @since 0.1.0
   */
  always,
  /**
   * @since 0.1.0
   */
  type ApprovalAnswer,
  /**
   * @since 0.1.0
   */
  type ApprovalRecord,
  /**
   * @since 0.1.0
   */
  type ApprovalRequest,
  /**
   * @since 0.1.0
   */
  approve,
  /**
   * @since 0.1.0
   */
  deny
} from "../src/tools/Approval.ts"

/**
 * What came of a question: its record, and the arguments that take the place of those that were asked about.
 *
 * @since 0.1.0
 * @category models
 */
export interface Decided {
  readonly record: ApprovalRecord
  readonly arguments?: { readonly value: unknown } | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ApprovalsShape {
  /** Milliseconds that a question stands. */
  readonly expiryMs: number
  /** Asks, and waits for the answer or the expiry. Interruption withdraws the question. Never fails. */
  readonly ask: (request: ApprovalRequest) => Effect.Effect<Decided>
  /** Questions without an answer, oldest first. */
  readonly pending: Effect.Effect<Array<ApprovalRequest>>
  /** Questions from now on, and those that are pending. */
  readonly requests: Stream.Stream<ApprovalRequest>
  /**
   * Answers a question. A later answer changes nothing and gives what the first one said; a question that nobody asked,
   * or that was forgotten (the last 1,000 answers are kept), gives `undefined`.
   */
  readonly answer: (id: string, answer: ApprovalAnswer) => Effect.Effect<ApprovalRecord | undefined>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long a question stands before it counts as denied. Default 5 minutes, at most 20 days. */
  readonly expiry?: Duration.DurationInput | undefined
}

/** Questions that may stand at once; one more is denied. */
const MAX_PENDING = 10_000
const KEPT = 1000
/** Twenty days: timers know no more than 24, and JSON knows no time without end. */
const MAX_EXPIRY_MS = 20 * 24 * 60 * 60 * 1000

interface Entry {
  readonly request: ApprovalRequest
  readonly decided: Deferred.Deferred<Decided>
}

class Table {
  readonly pending = new Map<string, Entry>()
  private readonly settled = new Map<string, ApprovalRecord>()

  /** The record of a question, which this answer decides when nothing has before. */
  settle(
    id: string,
    state: ApprovalRecord["state"],
    more: {
      readonly always?: boolean
      readonly note?: string | undefined
      readonly arguments?: { readonly value: unknown } | undefined
    } = {}
  ): ApprovalRecord | undefined {
    const entry = this.pending.get(id)
    if (entry === undefined) return this.settled.get(id)
    this.pending.delete(id)
    const record: ApprovalRecord = { ...entry.request, state, always: more.always ?? false, note: more.note }
    this.settled.set(id, record)
    if (this.settled.size > KEPT) this.settled.delete(this.settled.keys().next().value!)
    Deferred.unsafeDone(entry.decided, Exit.succeed({ record, arguments: more.arguments }))
    return record
  }

  answer(id: string, answer: ApprovalAnswer): ApprovalRecord | undefined {
    // whoever answers may not be type-checked
    const note = typeof answer?.note === "string" ? answer.note : undefined
    switch (answer?._tag) {
      case "Deny":
        return this.settle(id, "denied", { note })
      case "Always":
        return this.settle(id, "approved", { note, always: true })
      case "Approve":
        return this.settle(id, "approved", {
          note,
          arguments: answer.arguments === undefined ? undefined : { value: answer.arguments }
        })
      default:
        // only a yes is a yes
        return this.settle(id, "denied", { note: "the answer was none of approve, always and deny" })
    }
  }
}

const makeTable = (
  options: Options,
  onAsked: (request: ApprovalRequest) => Effect.Effect<void>
): Effect.Effect<ApprovalsShape> =>
  Effect.gen(function*() {
    const table = new Table()
    const asked = yield* PubSub.sliding<ApprovalRequest>(MAX_PENDING)
    const expiryMs = Math.min(Duration.toMillis(options.expiry ?? Duration.minutes(5)), MAX_EXPIRY_MS)
    const full = (request: ApprovalRequest): Decided => ({
      record: { ...request, state: "denied", always: false, note: "too many questions stand" }
    })
    return {
      expiryMs,
      ask: (request) =>
        Effect.gen(function*() {
          if (table.pending.size >= MAX_PENDING) return full(request)
          const decided = yield* Deferred.make<Decided>()
          table.pending.set(request.id, { request, decided })
          yield* PubSub.publish(asked, request)
          const left = Math.max(0, request.expires - (yield* Clock.currentTimeMillis))
          const expired = Effect.zipRight(
            Effect.sleep(left),
            Effect.sync(() => void table.settle(request.id, "expired"))
          )
          const asking = Effect.all([onAsked(request), expired], { concurrency: 2, discard: true })
          return yield* inOwnFiber(
            Effect.raceFirst(Deferred.await(decided), Effect.zipRight(asking, Effect.never))
          )
        }).pipe(Effect.onInterrupt(() => Effect.sync(() => table.settle(request.id, "cancelled")))),
      pending: Effect.sync(() => Array.from(table.pending.values(), ({ request }) => request)),
      requests: Stream.unwrapScoped(Effect.map(Stream.fromPubSub(asked, { scoped: true }), (later) =>
        Stream.concat(
          Stream.suspend(() => Stream.fromIterable(Array.from(table.pending.values(), ({ request }) => request))),
          later
        ))),
      answer: (id, answer) => Effect.sync(() => table.answer(id, answer))
    }
  })

/**
 * @since 0.1.0
 * @category tags
 */
export class Approvals extends Context.Tag("effect-agent-os/Approvals")<Approvals, ApprovalsShape>() {
  /**
   * A function decides on each question, on as many at once as there are. A failure or a defect of it is a deny, and is
   * logged.
   *
   * @since 0.1.0
   */
  static layer<E, R>(
    handler: (request: ApprovalRequest) => Effect.Effect<ApprovalAnswer, E, R>,
    options: Options = {}
  ): Layer.Layer<Approvals, never, R> {
    return Layer.effect(
      Approvals,
      Effect.gen(function*() {
        const context = yield* Effect.context<R>()
        const self: ApprovalsShape = yield* makeTable(options, (request) =>
          Effect.suspend(() => handler(request)).pipe(
            Effect.provide(context),
            Effect.catchAllCause((cause) =>
              Effect.as(Effect.logError("the approval handler failed; the call is denied", cause), {
                _tag: "Deny" as const,
                note: "the approval handler failed"
              })
            ),
            Effect.flatMap((answer) => self.answer(request.id, answer))
          ))
        return self
      })
    )
  }

  /**
   * Questions wait until somebody calls `answer`, for instance a person at a screen that shows `requests`.
   *
   * @since 0.1.0
   */
  static desk(options: Options = {}): Layer.Layer<Approvals> {
    return Layer.effect(Approvals, makeTable(options, () => Effect.void))
  }
}
