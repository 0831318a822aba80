/**
 * What a job does when it is due.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Environment, GuestPath, listOf, text } from "../config/Primitives.ts"
import { optionalKey } from "../OptionalKey.ts"

/**
 * A shell command of the VM. `args` are added to the command as they are: the shell sees each as one word.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ExecAction = Schema.Struct({
  type: Schema.Literal("exec"),
  command: text(65_536),
  args: optionalKey(listOf(
    Schema.String.pipe(
      Schema.filter((value) => !value.includes("\0"), { description: "a string without NUL" })
    ),
    1024
  )),
  cwd: optionalKey(GuestPath),
  env: optionalKey(Environment)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ExecAction extends Schema.Schema.Type<typeof ExecAction> {}

/**
 * A prompt for an agent: its session is made, asked and closed.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SessionAction = Schema.Struct({
  type: Schema.Literal("session"),
  agentType: text(256),
  prompt: text(1_048_576),
  options: optionalKey(Schema.Struct({ cwd: optionalKey(GuestPath), env: optionalKey(Environment) }))
})

/**
 * @since 0.1.0
 * @category models
 */
export interface SessionAction extends Schema.Schema.Type<typeof SessionAction> {}

/**
 * Any Effect of the program. It keeps the services it needs from where it is scheduled.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallbackAction<out E = never, out R = never> {
  readonly type: "callback"
  readonly effect: Effect.Effect<unknown, E, R>
}

/**
 * @since 0.1.0
 * @category models
 */
export type ScheduleAction<E = never, R = never> = ExecAction | SessionAction | CallbackAction<E, R>

/**
 * The actions that can be written down.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ScheduleActionConfig = Schema.Union(ExecAction, SessionAction)

/**
 * @since 0.1.0
 * @category constructors
 */
export const exec = (action: Omit<ExecAction, "type">): ExecAction => ({ type: "exec", ...action })

/**
 * @since 0.1.0
 * @category constructors
 */
export const callback = <A, E, R>(effect: Effect.Effect<A, E, R>): CallbackAction<E, R> => ({
  type: "callback",
  effect
})

/**
 * @since 0.1.0
 * @category constructors
 */
export const session = (action: Omit<SessionAction, "type">): SessionAction => ({ type: "session", ...action })

const quote = (word: string): string => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/**
 * The command with its arguments as the shell has to read them.
 *
 * @since 0.1.0
 * @category conversions
 */
export const commandLine = ({ args = [], command }: Pick<ExecAction, "command" | "args">): string =>
  [command, ...args.map(quote)].join(" ")
