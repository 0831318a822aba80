/**
 * Tools of a VM for a language model of `@effect/ai`: its kits and its own tools (run, read, write, list, diff) as toolkits
 * with handlers. What a model calls goes through the same policy, approvals and limits as what a guest calls, and into the
 * same audit.
 *
 * ```ts
 * const answer = LanguageModel.generateText({
 *   prompt: "Which of the orders in /data are open? Refund order 7.",
 *   toolkit: AiToolkit.make(Orders, AiToolkit.Own)
 * })
 * answer.pipe(Effect.provide(Vm.layer({ toolKits: [Orders] })))
 * ```
 *
 * @since 0.1.0
 */
import * as AiError from "@effect/ai/AiError"
import * as AiTool from "@effect/ai/Tool"
import type * as Toolkit from "@effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Tool, ToolKit } from "../../services/ToolKit.ts"
import { Vm } from "../../services/Vm.ts"
import type { ToolCallError, ToolInfo, VmToolsShape } from "../../services/VmTools.ts"
import { ConfigError } from "../../src/errors/ConfigError.ts"
import { ToolError } from "../../src/errors/ToolError.ts"
import { OwnKit } from "../remote/tools/OwnKit.ts"

/**
 * What a model gives to a tool. It is checked when the tool is called, so that the model is told of its mistake and can
 * try again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Parameters extends Schema.Schema<unknown> {
  readonly fields: Schema.Struct.Fields
  readonly make: any
}

/**
 * The name of a tool for a model: `orders_find`, and for the VM's own ones without the name of their kit: `run`.
 *
 * @since 0.1.0
 * @category models
 */
export type NameOf<Kit extends string, Key extends string> = Kit extends "vm" ? Key : `${Kit}_${Key}`

/**
 * A tool of a kit, for a model. Its failures are results: the model is told of them and the program goes on. They are the
 * tool's own, or a `ToolError`: a denial, a timeout, an input that is none.
 *
 * @since 0.1.0
 * @category models
 */
export type AiToolOf<Name extends string, Given> = Given extends Tool<any, infer Output, infer Failure> ? AiTool.Tool<
    Name,
    {
      readonly parameters: Parameters
      readonly success: Schema.Schema<Output, any>
      readonly failure: Schema.Schema<Failure | ToolError, any>
      readonly failureMode: "return"
    }
  >
  : never

/**
 * The tools of kits by their names for a model.
 *
 * @since 0.1.0
 * @category models
 */
export type ToolsOf<Kits> = Kits extends readonly [ToolKit<infer Name, infer Tools>, ...infer Rest] ?
    & { readonly [Key in keyof Tools & string as NameOf<Name, Key>]: AiToolOf<NameOf<Name, Key>, Tools[Key]> }
    & ToolsOf<Rest>
  : Record<never, never>

/**
 * The VM's own tools: `run`, `read`, `write`, `list` and `diff`. Every VM has them; its guests do not.
 *
 * @since 0.1.0
 * @category kits
 */
export const Own = OwnKit

/** What the models of today take. */
const MAX_NAME = 64

const nameOf = (name: string): string => {
  const at = name.indexOf(":")
  const kit = name.slice(0, at)
  const key = name.slice(at + 1)
  return kit === OwnKit.name ? key : `${kit}_${key}`
}

const parametersOf = (info: ToolInfo): Parameters =>
  Object.assign(Schema.Unknown.annotations({ jsonSchema: info.inputSchema }), {
    fields: {},
    make: (input: unknown) => input
  })

const pure: ReadonlySet<string> = new Set(["none", "read"])
const outside: ReadonlySet<string> = new Set(["network", "external_system"])

const aiToolOf = (name: string, info: ToolInfo, tool: Tool | undefined): AiTool.Any => {
  const made = AiTool.make(name, {
    description: info.description,
    success: tool?.output ?? Schema.Unknown,
    failure: tool === undefined ? ToolError : Schema.Union(tool.failure, ToolError),
    failureMode: "return"
  })
  const harmless = pure.has(info.sideEffect)
  return made.setParameters(parametersOf(info))
    .annotate(AiTool.Readonly, harmless)
    .annotate(AiTool.Destructive, !harmless)
    .annotate(AiTool.Idempotent, info.idempotent)
    .annotate(AiTool.OpenWorld, outside.has(info.sideEffect))
}

interface Entry {
  /** `kit:tool`. */
  readonly full: string
  readonly ai: AiTool.Any
  readonly tool: Tool | undefined
}

/** `HandlerResult`, of a tool of which no more is known. */
interface Handled {
  readonly isFailure: boolean
  readonly result: any
  readonly encodedResult: unknown
}

const toolErrorOf = (tool: string, error: ToolCallError): ToolError =>
  error._tag === "ToolError"
    ? error
    : new ToolError({ reason: "Failed", tool, detail: error.message, code: error._tag })

const failedWith = (error: ToolError): Effect.Effect<Handled> =>
  Effect.map(Effect.orDie(Schema.encode(ToolError)(error)), (encodedResult) => ({
    isFailure: true,
    result: error,
    encodedResult
  }))

/** A failure that is the tool's own comes as its Schema encodes it. */
const failure = ({ full, tool }: Entry, error: ToolCallError): Effect.Effect<Handled> => {
  const told = toolErrorOf(full, error)
  if (tool === undefined || told.data === undefined) return failedWith(told)
  return Effect.matchEffect(Schema.decodeUnknown(tool.failure)(told.data), {
    onFailure: () => failedWith(told),
    onSuccess: (result) => Effect.succeed({ isFailure: true, result, encodedResult: told.data })
  })
}

const success = ({ tool }: Entry, encodedResult: unknown): Effect.Effect<Handled> =>
  Effect.map(
    Effect.orDie(Schema.decodeUnknown(tool?.output ?? Schema.Unknown)(encodedResult)),
    (result) => ({ isFailure: false, result, encodedResult })
  )

const withHandler = (tools: VmToolsShape, entries: ReadonlyMap<string, Entry>): Toolkit.WithHandler<any> => ({
  tools: Object.fromEntries(Array.from(entries, ([name, { ai }]) => [name, ai])),
  handle: (name: PropertyKey, input: unknown): Effect.Effect<Handled, any> => {
    const entry = entries.get(String(name))
    if (entry === undefined) {
      const available = Array.from(entries.keys()).join(", ")
      return Effect.fail(
        new AiError.MalformedOutput({
          module: "AiToolkit",
          method: "handle",
          description: `the model called ${JSON.stringify(name)}, which is none of its tools: ${available}`
        })
      )
    }
    return Effect.matchEffect(tools.call(entry.full, input ?? {}), {
      onFailure: (error) => failure(entry, error),
      onSuccess: (result) => success(entry, result)
    })
  }
})

const entryOf = (info: ToolInfo, tool: Tool | undefined): Effect.Effect<readonly [string, Entry], ConfigError> => {
  const name = nameOf(info.name)
  return name.length > MAX_NAME
    ? Effect.fail(
      new ConfigError({
        path: "toolKits",
        detail: `the name ${name} has ${name.length} characters, models take at most ${MAX_NAME}`
      })
    )
    : Effect.succeed([name, { full: info.name, ai: aiToolOf(name, info, tool), tool }])
}

/**
 * The tools of kits of the VM, with their handlers: what `LanguageModel` and `Chat` take as `toolkit`. Fails when the VM
 * does not have a kit, or when a name is too long for a model.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const Kits extends ReadonlyArray<ToolKit<any, any>>>(
  ...kits: Kits
): Effect.Effect<Toolkit.WithHandler<ToolsOf<Kits>>, ConfigError, Vm> =>
  Effect.gen(function*() {
    const { tools } = yield* Vm
    const known = new Map(tools.list.map((info) => [info.name, info]))
    const entries: Array<readonly [string, Entry]> = []
    for (const kit of kits) {
      for (const [key, tool] of Object.entries<Tool>(kit.tools)) {
        const info = known.get(`${kit.name}:${key}`)
        if (info === undefined) {
          const detail = `the VM does not have the kit "${kit.name}" with its tool "${key}"; lease it with this kit`
          return yield* new ConfigError({ path: "toolKits", detail })
        }
        entries.push(yield* entryOf(info, tool))
      }
    }
    return withHandler(tools, new Map(entries))
  })

/**
 * All tools of the VM: its own, and those of its kits, plain functions among them. What they give is JSON.
 *
 * @since 0.1.0
 * @category constructors
 */
export const all: Effect.Effect<Toolkit.WithHandler<Record<string, AiTool.Any>>, ConfigError, Vm> = Effect.flatMap(
  Vm,
  ({ tools }) =>
    Effect.map(
      Effect.forEach(tools.list, (info) => entryOf(info, undefined)),
      (entries) => withHandler(tools, new Map(entries))
    )
)
