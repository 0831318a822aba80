/**
 * Tool kits: named host functions that guests may call. The Schemas of a tool are the single source of its command line,
 * its JSON Schema, its declarations and its checks; its handlers come from a Layer.
 *
 * ```ts
 * const Orders = ToolKit.make("orders", {
 *   description: "Order desk",
 *   tools: { find: ToolKit.tool({ description: "Find an order", input: Schema.Struct({ id: Schema.String }) }) }
 * })
 * const OrdersLive = Orders.toLayer({ find: ({ id }) => Database.find(id) })
 * ```
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { defaultToolLimits } from "../src/tools/BoundTool.ts"
import type {
  AnyTool,
  ApprovalPolicy,
  Handler,
  SideEffect,
  Tool,
  ToolCall,
  ToolKitDefinition
} from "../src/tools/Tool.ts"
import { ToolKitTypeId } from "../src/tools/Tool.ts"

export type {
  /**
   * @since 0.1.0
   */
  AnyTool,
  /**
   * @since 0.1.0
   */
  ApprovalPolicy,
  /**
   * @since 0.1.0
   */
  FunctionCall,
  /**
   * @since 0.1.0
   */
  SideEffect,
  /**
   * @since 0.1.0
   */
  Tool,
  /**
   * @since 0.1.0
   */
  ToolCall
} from "../src/tools/Tool.ts"

/**
 * The handlers of a kit, as a Layer provides them to the VMs that have the kit.
 *
 * @since 0.1.0
 * @category models
 */
export interface Handlers<Name extends string> {
  readonly _: unique symbol
  readonly kit: Name
}

/**
 * One handler for each tool.
 *
 * @since 0.1.0
 * @category models
 */
export type HandlersOf<Tools extends Readonly<Record<string, AnyTool>>> = {
  readonly [Key in keyof Tools]: Tools[Key] extends Tool<infer Input, infer Output, infer Failure>
    ? (input: Input, call: ToolCall) => Effect.Effect<Output, Failure, any>
    : never
}

type RequirementsOf<Given> = {
  readonly [Key in keyof Given]: Given[Key] extends (...args: any) => Effect.Effect<any, any, infer R> ? R : never
}[keyof Given]

/**
 * @since 0.1.0
 * @category models
 */
export interface ToolKit<Name extends string, Tools extends Readonly<Record<string, AnyTool>>>
  extends ToolKitDefinition
{
  readonly name: Name
  readonly tools: Tools
  readonly handlers: Context.Tag<Handlers<Name>, Readonly<Record<string, Handler>>>
  /** The handlers as a Layer; what they need is taken from where the Layer is built. */
  readonly toLayer: {
    <Given extends HandlersOf<Tools>>(handlers: Given): Layer.Layer<Handlers<Name>, never, RequirementsOf<Given>>
    <Given extends HandlersOf<Tools>, E, R>(
      handlers: Effect.Effect<Given, E, R>
    ): Layer.Layer<Handlers<Name>, E, R | RequirementsOf<Given>>
  }
}

/**
 * What a configuration with tool kits needs: the handlers of each.
 *
 * @since 0.1.0
 * @category models
 */
export type HandlersOfConfig<Config> = Config extends { readonly toolKits?: infer Kits }
  ? Kits extends ReadonlyArray<infer Kit> ? Kit extends ToolKit<infer Name, any> ? Handlers<Name> : never : never
  : never

/**
 * Bounds of a tool, each with a default.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolLimits {
  /** Default: the VM's `limits.toolTimeoutMs`, 30 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Bytes of the input's JSON. Default 1 MiB. */
  readonly requestBytes?: number | undefined
  /** Bytes of the result's JSON. Default 1 MiB. */
  readonly responseBytes?: number | undefined
  /** Calls that run at once; others wait. Default 16. */
  readonly concurrency?: number | undefined
  /** Calls that may start within a minute; one more is refused. */
  readonly perMinute?: number | undefined
}

/**
 * A tool. Without `output` it gives nothing, without `failure` it cannot fail.
 *
 * @since 0.1.0
 * @category constructors
 */
export const tool = <Input, InputJson, Output = void, OutputJson = void, Failure = never, FailureJson = never>(
  options: {
    readonly description: string
    readonly input: Schema.Schema<Input, InputJson>
    readonly output?: Schema.Schema<Output, OutputJson>
    readonly failure?: Schema.Schema<Failure, FailureJson>
    /** Default `none`. */
    readonly sideEffect?: SideEffect
    /** Default `none`. */
    readonly approval?: ApprovalPolicy
    /** Whether a call may be made twice without harm. Default: when it has no side effect or only reads. */
    readonly idempotent?: boolean
    /** Keys of the input, at any depth, that neither approvals nor the audit show. */
    readonly redact?: ReadonlyArray<string>
    readonly limits?: ToolLimits
  }
): Tool<Input, Output, Failure> => {
  const { limits = {}, sideEffect = "none" } = options
  return {
    description: options.description,
    input: options.input,
    output: options.output ?? Schema.transform(Schema.Null, Schema.Void as Schema.Schema<any>, {
      decode: () => undefined,
      encode: () => null
    }),
    failure: options.failure ?? (Schema.Never as unknown as Schema.Schema<any>),
    sideEffect,
    approval: options.approval ?? "none",
    idempotent: options.idempotent ?? (sideEffect === "none" || sideEffect === "read"),
    redact: options.redact ?? [],
    limits: {
      timeoutMs: limits.timeout === undefined ? undefined : Duration.toMillis(limits.timeout),
      requestBytes: limits.requestBytes ?? defaultToolLimits.requestBytes,
      responseBytes: limits.responseBytes ?? defaultToolLimits.responseBytes,
      concurrency: limits.concurrency ?? defaultToolLimits.concurrency,
      perMinute: limits.perMinute
    }
  }
}

const withContext = (handlers: Readonly<Record<string, (...args: any) => Effect.Effect<any, any, any>>>) =>
  Effect.map(Effect.context<never>(), (context): Readonly<Record<string, Handler>> =>
    Object.fromEntries(
      Object.entries(handlers).map(([key, handler]) => [
        key,
        (input, call): Effect.Effect<any, any> =>
          Effect.mapInputContext(
            handler(input, call),
            (own: Context.Context<any>) => Context.merge(context, own)
          ) as any
      ])
    ))

/**
 * A kit: a name of lower-case letters, digits and hyphens, a description of 1 to 200 characters, 1 to 64 tools. What is
 * wrong with it is told when a VM is leased with it, as a `ConfigError`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const Name extends string, Tools extends Readonly<Record<string, AnyTool>>>(
  name: Name,
  options: { readonly description: string; readonly tools: Tools }
): ToolKit<Name, Tools> => {
  const handlers = Context.GenericTag<Handlers<Name>, Readonly<Record<string, Handler>>>(
    `effect-agent-os/ToolKit/${name}`
  )
  return {
    [ToolKitTypeId]: ToolKitTypeId,
    name,
    description: options.description,
    tools: options.tools,
    handlers,
    toLayer: (given: any): any =>
      Layer.effect(
        handlers,
        Effect.isEffect(given) ? Effect.flatMap(given, (made) => withContext(made as any)) : withContext(given)
      )
  }
}
