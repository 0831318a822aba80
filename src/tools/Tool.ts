/**
 * A host function that guests may call: its Schemas, its limits, what it does to the world.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"

/**
 * What a call does beyond giving an answer.
 *
 * @since 0.1.0
 * @category models
 */
export type SideEffect = "none" | "read" | "write" | "network" | "database" | "external_system"

/**
 * Whether somebody must agree to a call: nobody, always, or unless the rule (see `ApprovalRule`) says yes.
 *
 * @since 0.1.0
 * @category models
 */
export type ApprovalPolicy = "none" | "manual" | { readonly auto: string }

/**
 * Bounds of one tool, complete.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolLimits {
  /** From the start of the handler to its end. Default: the VM's `toolTimeoutMs`, 30 seconds. */
  readonly timeoutMs: number | undefined
  /** Bytes of the input's JSON. Default 1 MiB. */
  readonly requestBytes: number
  /** Bytes of the result's JSON. Default 1 MiB. */
  readonly responseBytes: number
  /** Calls that run at once; others wait. Default 16. */
  readonly concurrency: number
  /** Calls that may start within a minute; one more is refused. Default: no bound. */
  readonly perMinute: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Tool<Input = any, Output = any, Failure = any> {
  readonly description: string
  readonly input: Schema.Schema<Input, any>
  readonly output: Schema.Schema<Output, any>
  readonly failure: Schema.Schema<Failure, any>
  readonly sideEffect: SideEffect
  readonly approval: ApprovalPolicy
  /** Whether a call whose outcome is not known may be made again. */
  readonly idempotent: boolean
  /** Keys of the input, at any depth, whose values nobody but the tool sees. */
  readonly redact: ReadonlyArray<string>
  readonly limits: ToolLimits
}

/**
 * Any tool, also one that cannot fail.
 *
 * @since 0.1.0
 * @category models
 */
export type AnyTool = Tool | Tool<any, any, never>

/**
 * What a handler knows of the call that it answers.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCall {
  /** The same for the same call, however often it is made: VM, number and content. 64 hexadecimal digits. */
  readonly key: string
  /** `kit:tool`. */
  readonly tool: string
  readonly vmId: string
  /** The process that asks; 0 when the host does, for a model. */
  readonly pid: number
  /** Tells the guest how far it is: a line of its standard error. Waits while the guest does not read. */
  readonly progress: (message: string) => Effect.Effect<void>
}

/**
 * The same for a plain function, which knows no Effects.
 *
 * @since 0.1.0
 * @category models
 */
export interface FunctionCall extends Omit<ToolCall, "progress"> {
  /** Aborted when nobody waits for the answer any more: the call has timed out, or its process has ended. */
  readonly signal: AbortSignal
  /**
   * Tells the guest how far it is: a line of its standard error. `false`: it was not taken, as the call is over, or as 256
   * others wait for the guest to read.
   */
  readonly progress: (message: string) => boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export type Handler = (input: any, call: ToolCall) => Effect.Effect<any, any>

/**
 * @since 0.1.0
 * @category type ids
 */
export const ToolKitTypeId: unique symbol = Symbol.for("effect-agent-os/ToolKit")

/**
 * @since 0.1.0
 * @category type ids
 */
export type ToolKitTypeId = typeof ToolKitTypeId

/**
 * A tool kit whose handlers come from a Layer; `ToolKit.make` makes it.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolKitDefinition {
  readonly [ToolKitTypeId]: ToolKitTypeId
  readonly name: string
  readonly description: string
  readonly tools: Readonly<Record<string, AnyTool>>
  readonly handlers: Context.Tag<any, Readonly<Record<string, Handler>>>
}
