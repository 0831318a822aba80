/**
 * A toolkit of `@effect/ai` as a kit for VMs: its tools become commands of guests, with limits, approvals and records.
 *
 * ```ts
 * const Weather = FromToolkit.make("weather", WeatherToolkit, { description: "The weather" })
 *
 * Vm.layer({ toolKits: [Weather] }).pipe(Layer.provide(Weather.layer), Layer.provide(WeatherToolkitLive))
 * ```
 *
 * @since 0.1.0
 */
import * as AiTool from "@effect/ai/Tool"
import type * as Toolkit from "@effect/ai/Toolkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { SideEffect, Tool } from "../../services/ToolKit.ts"
import * as ToolKit from "../../services/ToolKit.ts"

/**
 * What `@effect/ai` does not know of a tool.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  /** Default: the tool's own, or its name. */
  readonly description?: string | undefined
  /** Default: `read` for a tool that is annotated `Readonly`, else `external_system`. */
  readonly sideEffect?: SideEffect | undefined
  readonly approval?: ToolKit.ApprovalPolicy | undefined
  readonly redact?: ReadonlyArray<string> | undefined
  readonly limits?: ToolKit.ToolLimits | undefined
}

/** What never fails has a Schema that is too narrow for a kit. */
type FailureOf<T> = [AiTool.Failure<T>] extends [never] ? any : AiTool.Failure<T>

/**
 * A kit whose handlers are those of the toolkit.
 *
 * @since 0.1.0
 * @category models
 */
export interface FromToolkit<Name extends string, Tools extends Record<string, AiTool.Any>> extends
  ToolKit.ToolKit<
    Name,
    {
      readonly [Key in keyof Tools & string]: Tool<
        AiTool.Parameters<Tools[Key]>,
        AiTool.Success<Tools[Key]>,
        FailureOf<Tools[Key]>
      >
    }
  >
{
  /** Its handlers; needs the layer that `toLayer` of the toolkit makes. */
  readonly layer: Layer.Layer<
    ToolKit.Handlers<Name>,
    never,
    AiTool.HandlersFor<Tools> | AiTool.Requirements<Tools[keyof Tools]>
  >
}

const isEmpty = ({ parametersSchema: { ast } }: AiTool.Any): boolean =>
  ast._tag === "TypeLiteral" && AST.getPropertySignatures(ast).length === 0

const toolOf = (tool: AiTool.Any, settings: Settings): Tool => {
  const readonly = Context.get(tool.annotations, AiTool.Readonly)
  return ToolKit.tool({
    description: settings.description ?? tool.description ?? tool.name,
    input: (isEmpty(tool) ? Schema.Struct({}) : tool.parametersSchema) as Schema.Schema<any, any>,
    // what gives nothing gives `null` as JSON
    ...(tool.successSchema.ast._tag === "VoidKeyword"
      ? {}
      : { output: tool.successSchema as Schema.Schema<any, any> }),
    failure: tool.failureSchema as Schema.Schema<any, any>,
    sideEffect: settings.sideEffect ?? (readonly ? "read" : "external_system"),
    idempotent: readonly || Context.get(tool.annotations, AiTool.Idempotent),
    ...(settings.approval === undefined ? {} : { approval: settings.approval }),
    ...(settings.redact === undefined ? {} : { redact: settings.redact }),
    ...(settings.limits === undefined ? {} : { limits: settings.limits })
  })
}

/** The toolkit decodes what it is given, and the runner has done so already. */
const handlerOf = (built: Toolkit.WithHandler<any>, tool: AiTool.Any) => (input: unknown) =>
  Effect.flatMap(
    isEmpty(tool)
      ? Effect.succeed(input)
      : Effect.orDie(Schema.encode(tool.parametersSchema as Schema.Schema<any, any>)(input)),
    (encoded) =>
      Effect.flatMap(
        built.handle(tool.name, encoded) as Effect.Effect<AiTool.HandlerResult<AiTool.Any>, unknown, any>,
        ({ isFailure, result }) => isFailure ? Effect.fail(result) : Effect.succeed(result)
      )
  )

/** What the provider of the model runs itself is nothing that guests could call. */
const handled = (tools: Readonly<Record<string, AiTool.Any>>): Array<AiTool.Any> =>
  Object.values(tools).filter((tool) =>
    !AiTool.isProviderDefined(tool) || (tool as { readonly requiresHandler: boolean }).requiresHandler
  )

/**
 * A kit of the tools of a toolkit, by their names. Names and descriptions must be such as kits have; what is wrong is told
 * when a VM is leased with it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const Name extends string, Tools extends Record<string, AiTool.Any>>(
  name: Name,
  toolkit: Toolkit.Toolkit<Tools>,
  options: {
    readonly description: string
    readonly tools?: { readonly [Key in keyof Tools]?: Settings } | undefined
  }
): FromToolkit<Name, Tools> => {
  const tools = handled(toolkit.tools)
  const kit = ToolKit.make(name, {
    description: options.description,
    tools: Object.fromEntries(tools.map((tool) => [tool.name, toolOf(tool, options.tools?.[tool.name] ?? {})]))
  })
  const handlers = Effect.map(
    toolkit,
    (built) => Object.fromEntries(tools.map((tool) => [tool.name, handlerOf(built, tool)]))
  )
  return { ...kit, layer: kit.toLayer(handlers as any) } as any
}
