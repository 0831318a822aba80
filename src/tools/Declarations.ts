/**
 * Declarations of tools in the languages of guests, made from their JSON Schemas.
 *
 * @since 0.1.0
 */
import type { BoundKit, BoundTool } from "./BoundTool.ts"
import type { JsonSchema, JsonShape as Shape } from "./InputSchema.ts"

/** How a language writes types. */
interface Language {
  readonly names: Readonly<Record<string, string>>
  readonly unknown: string
  readonly literal: (value: unknown) => string
  readonly array: (item: string) => string
  readonly record: (value: string) => string
  readonly union: (types: ReadonlyArray<string>) => string
  /** `undefined` where the language has no types for objects with certain keys in one expression. */
  readonly object: (shape: Shape, type: (shape: Shape) => string) => string
}

const MAX_DEPTH = 8

const typeIn = (language: Language, shape: Shape, depth = 0): string => {
  const inner = (part: Shape) => typeIn(language, part, depth + 1)
  if (depth > MAX_DEPTH) return language.unknown
  if ("const" in shape) return language.literal(shape.const)
  if (shape.enum !== undefined) return language.union(shape.enum.map(language.literal))
  const alternatives = shape.anyOf ?? shape.oneOf
  if (alternatives !== undefined) return language.union([...new Set(alternatives.map(inner))])
  if (Array.isArray(shape.type)) return language.union(shape.type.map((type) => inner({ ...shape, type })))
  if (shape.type === "array") return language.array(shape.items === undefined ? language.unknown : inner(shape.items))
  if (shape.type === "object") {
    if (shape.properties !== undefined && Object.keys(shape.properties).length > 0) return language.object(shape, inner)
    return language.record(
      typeof shape.additionalProperties === "object" ? inner(shape.additionalProperties) : language.unknown
    )
  }
  return language.names[String(shape.type)] ?? language.unknown
}

const identifier = /^[A-Za-z_$][A-Za-z0-9_$]*$/

const typeScript: Language = {
  names: { string: "string", number: "number", integer: "number", boolean: "boolean", null: "null" },
  unknown: "unknown",
  literal: (value) => JSON.stringify(value) ?? "unknown",
  array: (item) => `Array<${item}>`,
  record: (value) => `Record<string, ${value}>`,
  union: (types) => types.length === 0 ? "never" : types.join(" | "),
  object: ({ properties = {}, required = [] }, type) => {
    const fields = Object.entries(properties).map(([key, shape]) => {
      const name = identifier.test(key) ? key : JSON.stringify(key)
      return `${name}${required.includes(key) ? "" : "?"}: ${type(shape)}`
    })
    return `{ ${fields.join("; ")} }`
  }
}

const python: Language = {
  names: { string: "str", number: "float", integer: "int", boolean: "bool", null: "None" },
  unknown: "Any",
  literal: (value) =>
    value === null
      ? "None"
      : typeof value === "string" || Number.isInteger(value)
      ? `Literal[${JSON.stringify(value)}]`
      : typeof value === "boolean"
      ? `Literal[${value ? "True" : "False"}]`
      : "Any",
  array: (item) => `list[${item}]`,
  record: (value) => `dict[str, ${value}]`,
  union: (types) => types.length === 0 ? "Never" : [...new Set(types)].join(" | "),
  object: () => "dict[str, Any]"
}

/** A comment cannot be left by what a description says. */
const comment = (text: string): string => text.replace(/\s+/g, " ").replaceAll("*/", "* /")

const nameOf = (tool: BoundTool): string => tool.name.slice(tool.name.indexOf(":") + 1)

const reserved: ReadonlySet<string> = new Set(
  ("arguments await break case catch class const continue debugger default delete do else enum eval export extends false " +
    "finally for function if implements import in instanceof interface let new null package private protected public " +
    "return static super switch this throw true try typeof var void while with yield").split(" ")
)

const camel = (name: string): string => name.replace(/[-_]+([A-Za-z0-9])/g, (_, next: string) => next.toUpperCase())

/**
 * The kit as a TypeScript module.
 *
 * @since 0.1.0
 * @category conversions
 */
export const typeScriptDeclaration = (kit: BoundKit): string => {
  const functions = Object.values(kit.tools).map((tool) => {
    const input = typeIn(typeScript, tool.inputSchema as Shape)
    const output = typeIn(typeScript, tool.outputSchema as Shape)
    const made = camel(nameOf(tool))
    const name = identifier.test(nameOf(tool)) ? nameOf(tool) : /^\d/.test(made) ? `_${made}` : made
    const told = (local: string) => `function ${local}(input: ${input}): Promise<${output}>`
    const text = `  /** ${comment(tool.description)} */\n  `
    // a word of the language may be exported, but not declared
    return reserved.has(name)
      ? `${text}${told(`_${name}`)}\n  export { _${name} as ${name} }`
      : `${text}export ${told(name)}`
  })
  return `/** ${comment(kit.description)} */\ndeclare module "tools:${kit.name}" {\n${functions.join("\n")}\n}\n`
}

const keywords: ReadonlySet<string> = new Set(
  ("False None True and as assert async await break class continue def del elif else except finally for from global if " +
    "import in is lambda nonlocal not or pass raise return try while with yield").split(" ")
)

const snake = (name: string): string => {
  const made = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[^A-Za-z0-9_]/g, "_").toLowerCase()
  return keywords.has(made) || /^\d/.test(made) ? `_${made}` : made
}

/**
 * The kit as a stub of a Python module: the keys of an input are keyword arguments.
 *
 * @since 0.1.0
 * @category conversions
 */
export const pythonStub = (kit: BoundKit): string => {
  const functions = Object.values(kit.tools).map((tool) => {
    const { properties = {}, required = [] } = tool.inputSchema as JsonSchema & Shape
    const keys = Object.entries(properties)
    const usable = keys.every(([key]) => identifier.test(key) && !key.includes("$") && !keywords.has(key))
    const ordered = [
      ...keys.filter(([key]) => required.includes(key)),
      ...keys.filter(([key]) => !required.includes(key))
    ]
    const parameters = ordered.map(([key, shape]) => {
      const type = typeIn(python, shape)
      return required.includes(key) ? `${key}: ${type}` : `${key}: ${type} = ...`
    })
    const list = usable ? (parameters.length === 0 ? "" : `*, ${parameters.join(", ")}`) : "input: dict[str, Any]"
    const doc = comment(tool.description).replaceAll("\\", "\\\\").replaceAll("\"", "'")
    return `def ${snake(nameOf(tool))}(${list}) -> ${typeIn(python, tool.outputSchema as Shape)}:\n    """${doc}"""\n`
  })
  return `"""${comment(kit.description).replaceAll("\\", "\\\\").replaceAll("\"", "'")}"""\n` +
    `from typing import Any, Literal, Never\n\n${functions.join("\n")}`
}
