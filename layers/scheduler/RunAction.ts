/**
 * From the action of a job to the Effect that a run executes.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Inspectable from "effect/Inspectable"
import * as ParseResult from "effect/ParseResult"
import type { ProcessesShape } from "../../services/Processes.ts"
import { NotYetSupported } from "../../src/errors/NotYetSupported.ts"
import { ScheduleError } from "../../src/errors/ScheduleError.ts"
import type { ExecAction, ScheduleAction, SessionAction } from "../../src/schedule/ScheduleAction.ts"
import { commandLine, ScheduleActionConfig } from "../../src/schedule/ScheduleAction.ts"
import type { RunFault } from "../../src/schedule/ScheduleEvent.ts"

/**
 * An action with everything that it needs; gives the exit code of a command. The context is for the fiber of the run.
 *
 * @since 0.1.0
 * @category models
 */
export interface BoundAction {
  readonly effect: Effect.Effect<number | undefined, unknown>
  readonly context: Context.Context<never> | undefined
}

/**
 * Where actions run: `sessions` is how agents are asked. Without it such actions are refused.
 *
 * @since 0.1.0
 * @category models
 */
export interface ActionHosts {
  readonly processes: ProcessesShape
  readonly sessions?: ((action: SessionAction) => Effect.Effect<void, unknown>) | undefined
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const bind = <E, R>(
  { processes, sessions }: ActionHosts,
  action: ScheduleAction<E, R>,
  context: Context.Context<R>
): Effect.Effect<BoundAction, NotYetSupported | ScheduleError> => {
  const refused = action.type === "callback" ? undefined : checkAction(action)
  if (refused !== undefined) return refused
  switch (action.type) {
    case "exec": {
      const { cwd, env } = action
      // built when it runs: most jobs wait
      return bound(
        Effect.suspend(() => Effect.map(processes.exec(commandLine(action), { cwd, env }), ({ exitCode }) => exitCode))
      )
    }
    case "callback":
      // the fiber has the context from the start
      return bound(Effect.as(action.effect as Effect.Effect<unknown, E>, undefined), context as Context.Context<never>)
    case "session":
      return sessions === undefined
        ? Effect.fail(new NotYetSupported({ feature: "scheduled sessions", path: "action" }))
        : bound(Effect.as(sessions(action), undefined))
  }
}

const decodeAction = ParseResult.decodeUnknownEither(ScheduleActionConfig, { onExcessProperty: "error" })

/** What comes from a program without types is told what is wrong with it before it is due. */
const checkAction = (action: ExecAction | SessionAction): ScheduleError | undefined => {
  const decoded = decodeAction(action)
  if (Either.isRight(decoded)) return undefined
  const issues = ParseResult.ArrayFormatter.formatIssueSync(decoded.left)
  // a union tells of all its members; what is meant is the one of this type
  const { message, path } = issues.find(({ path }) => path.length > 0 && path[0] !== "type") ?? issues[0]
  const field = ["action", ...path.map(String)].join(".")
  return new ScheduleError({ reason: "InvalidAction", schedule: "", field, hint: message.slice(0, MAX_TEXT) })
}

const bound = (effect: BoundAction["effect"], context?: Context.Context<never>): Effect.Effect<BoundAction> =>
  Effect.succeed({ effect, context })

/**
 * A run took longer than its job allows.
 *
 * @since 0.1.0
 * @category errors
 */
export class RunTimedOut {
  /**
   * @since 0.1.0
   */
  readonly message: string
  constructor(millis: number) {
    this.message = `the run took longer than ${millis} ms`
  }
}

/** Characters of an error's text in an event. */
const MAX_TEXT = 4096

const messageOf = (error: unknown): string => {
  const text = error instanceof Error || error instanceof RunTimedOut
    ? error.message
    : Inspectable.toStringUnknown(error, 0)
  return text.slice(0, MAX_TEXT)
}

/**
 * How a run that did not succeed shows in events.
 *
 * @since 0.1.0
 * @category conversions
 */
export const faultOf = (cause: Cause.Cause<unknown>): { readonly fault: RunFault; readonly error: string } => {
  const failure = Cause.failureOption(cause)
  if (failure._tag === "Some") {
    return { fault: failure.value instanceof RunTimedOut ? "TimedOut" : "Failed", error: messageOf(failure.value) }
  }
  const defect = Cause.dieOption(cause)
  return defect._tag === "Some"
    ? { fault: "Died", error: messageOf(defect.value) }
    : { fault: "Interrupted", error: "the run was interrupted" }
}
