/**
 * Approvals whose answers a test writes. What nobody has an answer for stands, until it is answered by `Approvals.answer` or
 * expires on the Clock.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type {
  ApprovalAnswer,
  ApprovalRecord,
  ApprovalRequest,
  ApprovalsShape,
  Options
} from "../../services/Approvals.ts"
import { Approvals } from "../../services/Approvals.ts"

/**
 * Which questions: those about this tool (`kit:tool`), about tools that match, or those of which the function says so.
 *
 * @since 0.1.0
 * @category models
 */
export type Pattern = string | RegExp | ((request: ApprovalRequest) => boolean)

/**
 * @since 0.1.0
 * @category models
 */
export interface TestApprovalsShape {
  /**
   * What is answered from now on; the latest that matches counts. An effect may wait; what it dies of is a deny, as with any
   * handler of `Approvals.layer`.
   */
  readonly on: (
    pattern: Pattern,
    answer: ApprovalAnswer | ((request: ApprovalRequest) => Effect.Effect<ApprovalAnswer>)
  ) => Effect.Effect<void>
  /** The questions so far, oldest first; at most the latest 10,000. */
  readonly seen: Effect.Effect<ReadonlyArray<ApprovalRequest>>
  /** What came of them, in the order in which they were settled, withdrawn ones left out; at most the latest 10,000. */
  readonly records: Effect.Effect<ReadonlyArray<ApprovalRecord>>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class TestApprovals
  extends Context.Tag("effect-agent-os/testing/TestApprovals")<TestApprovals, TestApprovalsShape>()
{}

interface Rule {
  readonly matches: (request: ApprovalRequest) => boolean
  readonly answer: (request: ApprovalRequest) => Effect.Effect<ApprovalAnswer>
}

const MAX_KEPT = 10_000

const keep = <A>(list: Array<A>, value: A): void => {
  list.push(value)
  if (list.length > MAX_KEPT) list.shift()
}

const matcher = (pattern: Pattern): Rule["matches"] =>
  typeof pattern === "string"
    ? ({ tool }) => tool === pattern
    : pattern instanceof RegExp
    ? ({ tool }) => tool.search(pattern) >= 0
    : pattern

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Approvals | TestApprovals> =>
  Layer.suspend(() => {
    const rules: Array<Rule> = []
    const seen: Array<ApprovalRequest> = []
    const records: Array<ApprovalRecord> = []
    const answering = Approvals.layer(
      (request) => rules.findLast(({ matches }) => matches(request))?.answer(request) ?? Effect.never,
      options
    )
    const control: TestApprovalsShape = {
      on: (pattern, answer) =>
        Effect.sync(() => {
          rules.push({
            matches: matcher(pattern),
            answer: typeof answer === "function" ? answer : () => Effect.succeed(answer)
          })
        }),
      seen: Effect.sync(() => Array.from(seen)),
      records: Effect.sync(() => Array.from(records))
    }
    return Layer.flatMap(answering, (context) => {
      const inner = Context.get(context, Approvals)
      const approvals: ApprovalsShape = {
        ...inner,
        ask: (request) =>
          Effect.suspend(() => {
            keep(seen, request)
            return Effect.tap(inner.ask(request), ({ record }) => Effect.sync(() => keep(records, record)))
          })
      }
      return Layer.succeedContext(Context.make(Approvals, approvals).pipe(Context.add(TestApprovals, control)))
    })
  })

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
