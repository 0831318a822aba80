/**
 * The tools of a VM as MCP knows tools: definitions, results, errors.
 *
 * @since 0.1.0
 */
import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js"
import type { ToolCallError, ToolInfo } from "../../services/VmTools.ts"

const OWN = "vm:"

/**
 * The name of a tool in MCP: `orders_find`, and for the VM's own ones without the name of their kit: `run`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const nameOf = (name: string): string => name.startsWith(OWN) ? name.slice(OWN.length) : name.replace(":", "_")

/** Clients compile Schemas, and refuse one that has the same `$id` twice. */
const withoutIds = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(withoutIds)
  if (typeof schema !== "object" || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, item]) =>
      key === "$id" && typeof item === "string" ? [] : [[key, withoutIds(item)]]
    )
  )
}

const objectSchema = (schema: ToolInfo["inputSchema"]): Tool["inputSchema"] => ({
  ...withoutIds(schema) as Record<string, unknown>,
  type: "object"
})

const pure: ReadonlySet<string> = new Set(["none", "read"])
const outside: ReadonlySet<string> = new Set(["network", "external_system"])

/**
 * What clients are told of a tool. What its result looks like is told where it is an object.
 *
 * @since 0.1.0
 * @category conversions
 */
export const definitionOf = (
  { description, idempotent, inputSchema, name, outputSchema, sideEffect }: ToolInfo
): Tool => ({
  name: nameOf(name),
  description,
  inputSchema: objectSchema(inputSchema),
  ...(outputSchema.type === "object" ? { outputSchema: objectSchema(outputSchema) } : {}),
  annotations: {
    readOnlyHint: pure.has(sideEffect),
    destructiveHint: !pure.has(sideEffect),
    idempotentHint: idempotent,
    openWorldHint: outside.has(sideEffect)
  }
})

/**
 * A result, as text and, where it is an object, as structured content.
 *
 * @since 0.1.0
 * @category conversions
 */
export const resultOf = (value: unknown): CallToolResult => ({
  content: [{ type: "text", text: JSON.stringify(value) }],
  ...(typeof value === "object" && value !== null && !Array.isArray(value)
    ? { structuredContent: value as Record<string, unknown> }
    : {})
})

/**
 * A failure, as a guest would be told of it: JSON with code and message.
 *
 * @since 0.1.0
 * @category conversions
 */
export const failureOf = (error: ToolCallError): CallToolResult => {
  const told = error._tag === "ToolError"
    ? {
      code: error.code ?? error.reason,
      message: error.message,
      ...(error.data === undefined ? {} : { data: error.data })
    }
    : { code: error._tag, message: error.message }
  return { isError: true, content: [{ type: "text", text: JSON.stringify(told) }] }
}
