/**
 * Host functions that guests may call, by name `KIT:TOOL`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"
import { parse as parseRule } from "../tools/ApprovalRule.ts"
import { type FlagSchema, flagsOf } from "../tools/Flags.ts"
import { inputSchemaOf, type JsonSchema, outputSchemaOf } from "../tools/InputSchema.ts"
import { type FunctionCall, type ToolKitDefinition, ToolKitTypeId } from "../tools/Tool.ts"
import { fromParseIssue } from "./ConfigIssue.ts"
import { integerBetween, listOf, text } from "./Primitives.ts"

const name = (pattern: RegExp, description: string) => Schema.String.pipe(Schema.pattern(pattern, { description }))

const kitName = /^[a-z0-9-]{1,64}$/
const kitNameWords = "a kit name of lower-case letters, digits and hyphen, at most 64"
const toolName = /^[A-Za-z0-9_-]{1,64}$/
const toolNameWords = "a tool name of letters, digits, hyphen and underscore, at most 64"

/** What asks for help on the command line, whatever has the name. */
const isHelp = (name: string): boolean => name === "--help" || name === "-h"
const shadowed = (name: string): string => `the name "${name}" asks for help on the command line`

/**
 * Shown to agents: 1 to 200 characters.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ToolDescription = Schema.String.pipe(
  Schema.length({ min: 1, max: 200 }, { description: "a description of 1 to 200 characters" })
)

const SCHEMA_CHARACTERS = 16 * 1024

/**
 * The JSON Schema of a tool's input, as an object, up to 16 KiB of JSON.
 *
 * @since 0.1.0
 * @category schemas
 */
export const InputSchema = Schema.Record({ key: Schema.String, value: Schema.Unknown }).pipe(
  Schema.filter((schema) => fitsJson(schema), {
    description: "a JSON Schema object of at most 16 KiB",
    arbitrary: () => (fc) => fc.constantFrom({}, { type: "object" }, { type: "object", properties: {} })
  })
)

const fitsJson = (value: unknown): boolean => {
  try {
    return JSON.stringify(value).length <= SCHEMA_CHARACTERS
  } catch {
    return false
  }
}

/**
 * The implementation of a tool: it gives the result or a promise of it. It lives in the host program and never crosses to
 * the guest.
 *
 * @since 0.1.0
 * @category models
 */
export type ToolFunction = (input: unknown, call: FunctionCall) => unknown

/**
 * @since 0.1.0
 * @category schemas
 */
export const ToolFunction: Schema.Schema<ToolFunction> = Schema.declare(
  (u: unknown): u is ToolFunction => typeof u === "function",
  {
    identifier: "ToolFunction",
    description: "a function",
    arbitrary: () => (fc) => fc.constant(() => undefined)
  }
)

const definition = {
  name: name(toolName, toolNameWords).pipe(Schema.filter((name) => isHelp(name) ? shadowed(name) : undefined)),
  description: ToolDescription,
  inputSchema: InputSchema,
  timeoutMs: optionalKey(integerBetween(1, 300_000))
}

/**
 * A tool as the sidecar knows it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ToolDefinition = Schema.Struct(definition)

/**
 * @since 0.1.0
 * @category models
 */
export interface ToolDefinition extends Schema.Schema.Type<typeof ToolDefinition> {}

const MAX_BYTES = 16 * 1024 * 1024

const Rule = Schema.String.pipe(
  Schema.filter((rule) => Either.match(parseRule(rule), { onLeft: (fault) => fault, onRight: () => undefined }), {
    description: "a rule of approval",
    arbitrary: () => (fc) => fc.constantFrom("always", "never", "kwargs.cents <= 1000")
  })
)

const toolLimits = {
  requestBytes: optionalKey(integerBetween(1, MAX_BYTES)),
  responseBytes: optionalKey(integerBetween(1, MAX_BYTES)),
  concurrency: optionalKey(integerBetween(1, 10_000)),
  perMinute: optionalKey(integerBetween(1, 1_000_000))
}

/**
 * What may be said of a plain function, all of it optional; `ToolKit.tool` says the same of a tool with Schemas.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ToolCapability = {
  /** The JSON Schema of the result, which is checked: one that is not so is an error of the tool. Default: anything. */
  outputSchema: optionalKey(InputSchema),
  /** Default `none`. */
  sideEffect: optionalKey(Schema.Literal("none", "read", "write", "network", "database", "external_system")),
  /** Default `none`. */
  approval: optionalKey(Schema.Union(Schema.Literal("none", "manual"), Schema.Struct({ auto: Rule }))),
  /** Whether a call may be made twice without harm. Default: when `sideEffect` says that it does nothing or only reads. */
  idempotent: optionalKey(Schema.Boolean),
  /** Keys of the input, at any depth, that neither approvals nor the audit show. */
  redact: optionalKey(listOf(text(200), 64)),
  /** Bytes of the JSON of input and result (1 MiB each), calls at once (16), calls that may start in a minute (no bound). */
  limits: optionalKey(Schema.Struct(toolLimits))
}

/** The same of a tool that `ToolKit.tool` has made: its types say all but the bounds. */
const Completed = Schema.Struct({
  ...ToolCapability,
  limits: Schema.Struct({
    ...toolLimits,
    timeoutMs: optionalKey(
      Schema.Number.pipe(Schema.filter((ms) => ms >= 1, { description: "a timeout of at least one millisecond" }))
    )
  })
})

const completed = ParseResult.decodeUnknownEither(Completed)

/**
 * A tool with its implementation.
 *
 * @since 0.1.0
 * @category schemas
 */
export const HostTool = Schema.Struct({ ...definition, ...ToolCapability, execute: ToolFunction }).pipe(
  Schema.filter(({ inputSchema }) => {
    const message = repeatedFlag(inputSchema)
    return message === undefined ? undefined : { path: ["inputSchema"], message }
  })
)

/**
 * @since 0.1.0
 * @category models
 */
export interface HostTool extends Schema.Schema.Type<typeof HostTool> {}

/** The kit of the VM's own tools. */
const OWN = "vm"

/** Why a kit cannot have a name: `agentos NAME` would never reach it. */
const taken = (name: string): string | undefined =>
  name === OWN
    ? `the name "${OWN}" is that of the VM's own tools`
    : name === "list-tools" || isHelp(name)
    ? `the name "${name}" is a word of the command agentos itself`
    : undefined

const repeated = (names: ReadonlyArray<{ readonly name: string }>, what: string) => {
  const seen = new Set<string>()
  for (const [index, { name }] of names.entries()) {
    if (seen.has(name)) {
      return { path: [index, "name"], message: `${what} "${name}" is defined twice` }
    }
    seen.add(name)
  }
  return undefined
}

/**
 * 1 to 64 tools under one name.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ToolKit = Schema.Struct({
  name: name(kitName, kitNameWords).pipe(Schema.filter(taken)),
  description: ToolDescription,
  tools: listOf(HostTool, 64).pipe(
    Schema.filter((tools) => tools.length === 0 ? "a tool kit needs at least one tool" : repeated(tools, "tool"))
  )
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ToolKit extends Schema.Schema.Type<typeof ToolKit> {}

/** Two keys that the command line could not tell apart. */
const repeatedFlag = (schema: JsonSchema): string | undefined => {
  const seen = new Map<string, string>()
  for (const { flag, key, kind } of flagsOf(schema as FlagSchema)) {
    for (const name of kind === "boolean" ? [flag, `no-${flag}`] : [flag]) {
      const other = seen.get(name)
      if (other !== undefined) return `the keys "${other}" and "${key}" have the same flag, --${name}`
      seen.set(name, key)
    }
  }
  return undefined
}

const isDeclared = (u: unknown): u is ToolKitDefinition => Predicate.hasProperty(u, ToolKitTypeId)

/** What is wrong with a kit that `ToolKit.make` made. */
const faultOf = (kit: ToolKitDefinition): Schema.FilterOutput => {
  const at = (path: ReadonlyArray<PropertyKey>, message: string) => ({ path, message })
  const fits = (text: string) => text.length >= 1 && text.length <= 200
  const description = "expected a description of 1 to 200 characters"
  if (!kitName.test(kit.name)) return at(["name"], `expected ${kitNameWords}, got ${JSON.stringify(kit.name)}`)
  const reserved = taken(kit.name)
  if (reserved !== undefined) return at(["name"], reserved)
  if (!fits(kit.description)) return at(["description"], description)
  const tools = Object.entries(kit.tools)
  if (tools.length === 0) return at(["tools"], "a tool kit needs at least one tool")
  if (tools.length > 64) return at(["tools"], "expected at most 64 tools")
  for (const [name, tool] of tools) {
    if (!toolName.test(name)) return at(["tools", name], `expected ${toolNameWords}`)
    if (isHelp(name)) return at(["tools", name], shadowed(name))
    if (!fits(tool.description)) return at(["tools", name, "description"], description)
    const input = inputSchemaOf(tool.input)
    if (Either.isLeft(input)) return at(["tools", name, "input"], `cannot be told as JSON Schema: ${input.left}`)
    const twice = repeatedFlag(input.right)
    if (twice !== undefined) return at(["tools", name, "input"], twice)
    for (const part of ["output", "failure"] as const) {
      const told = outputSchemaOf(tool[part] as Schema.Schema<any, any>)
      if (Either.isLeft(told)) return at(["tools", name, part], `cannot be told as JSON Schema: ${told.left}`)
    }
    const said = completed(tool)
    if (Either.isLeft(said)) {
      const { detail, path } = fromParseIssue(said.left)
      return at(["tools", name, ...path.split(".")], detail)
    }
  }
  return undefined
}

/**
 * A kit that `ToolKit.make` made. Its Schemas must be such that JSON Schema can tell them in full.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DeclaredToolKit: Schema.Schema<ToolKitDefinition> = Schema.declare(isDeclared, {
  identifier: "DeclaredToolKit",
  description: "a tool kit made by ToolKit.make",
  arbitrary: () => (fc) => fc.constant(sample)
}).pipe(Schema.filter(faultOf))

const sample: ToolKitDefinition = {
  [ToolKitTypeId]: ToolKitTypeId,
  name: "sample",
  description: "A sample",
  tools: {
    one: {
      description: "One",
      input: Schema.Struct({}),
      output: Schema.Void,
      failure: Schema.Void,
      sideEffect: "none",
      approval: "none",
      idempotent: true,
      redact: [],
      limits: { timeoutMs: 1, requestBytes: 1, responseBytes: 1, concurrency: 1, perMinute: undefined }
    }
  },
  handlers: Context.GenericTag("effect-agent-os/ToolKit/sample")
}

const countOf = (kit: ToolKit | ToolKitDefinition): number =>
  isDeclared(kit) ? Object.keys(kit.tools).length : kit.tools.length

/**
 * The kits of a VM, of both kinds: at most 64, with at most 256 tools together.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ToolKits = listOf(Schema.Union(DeclaredToolKit, ToolKit), 64).pipe(
  Schema.filter((kits) =>
    kits.reduce((count, kit) => count + countOf(kit), 0) > 256
      ? "more than 256 tools"
      : repeated(kits, "tool kit")
  )
)
