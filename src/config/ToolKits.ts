/**
 * Host functions that guests may call, by name `KIT:TOOL`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"
import { integerBetween, listOf } from "./Primitives.ts"

const name = (pattern: RegExp, description: string) => Schema.String.pipe(Schema.pattern(pattern, { description }))

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
 * The implementation of a tool. It lives in the host program and never crosses to the guest.
 *
 * @since 0.1.0
 * @category models
 */
export type ToolFunction = (input: unknown) => unknown

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
  name: name(/^[A-Za-z0-9_-]{1,64}$/, "a tool name of letters, digits, hyphen and underscore, at most 64"),
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

/**
 * A tool with its implementation.
 *
 * @since 0.1.0
 * @category schemas
 */
export const HostTool = Schema.Struct({ ...definition, execute: ToolFunction })

/**
 * @since 0.1.0
 * @category models
 */
export interface HostTool extends Schema.Schema.Type<typeof HostTool> {}

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
  name: name(/^[a-z0-9-]{1,64}$/, "a kit name of lower-case letters, digits and hyphen, at most 64"),
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

/**
 * The kits of a VM: at most 64, with at most 256 tools together.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ToolKits = listOf(ToolKit, 64).pipe(
  Schema.filter((kits) =>
    kits.reduce((count, kit) => count + kit.tools.length, 0) > 256
      ? "more than 256 tools"
      : repeated(kits, "tool kit")
  )
)
