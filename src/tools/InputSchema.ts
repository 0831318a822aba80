/**
 * JSON Schemas of tools. A Schema that JSON Schema cannot tell in full is refused, with the path of the part at fault.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { below } from "./Json.ts"

/**
 * @since 0.1.0
 * @category models
 */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * The keywords of a JSON Schema that something is made of here: checks, declarations.
 *
 * @since 0.1.0
 * @category models
 */
export interface JsonShape {
  readonly type?: unknown
  readonly const?: unknown
  readonly enum?: ReadonlyArray<unknown>
  readonly anyOf?: ReadonlyArray<JsonShape>
  readonly oneOf?: ReadonlyArray<JsonShape>
  readonly properties?: Readonly<Record<string, JsonShape>>
  readonly required?: ReadonlyArray<string>
  readonly additionalProperties?: boolean | JsonShape
  readonly items?: JsonShape
  readonly description?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

/**
 * Characters of one tool's JSON Schema.
 *
 * @since 0.1.0
 * @category constants
 */
export const SCHEMA_CHARACTERS = 16 * 1024

const MAX_DEPTH = 32

/** The path of a part that JSON Schema would leave out, and what it is. */
const lossy = (ast: AST.AST, path: string, depth: number): string | undefined => {
  if (depth > MAX_DEPTH) return undefined
  const inner = (part: AST.AST, at: string) => lossy(part, at, depth + 1)
  switch (ast._tag) {
    case "Refinement":
      if (ast.annotations[AST.JSONSchemaAnnotationId] === undefined) {
        return `${path}: a filter that has no jsonSchema annotation`
      }
      return inner(ast.from, path)
    case "Transformation":
      return inner(ast.from, path)
    case "TypeLiteral":
      return first([
        ...ast.propertySignatures.map(({ name, type }) => () => inner(type, below(path, String(name)))),
        ...ast.indexSignatures.map(({ type }) => () => inner(type, `${path}.*`))
      ])
    case "TupleType":
      return first([...ast.elements, ...ast.rest].map(({ type }, index) => () => inner(type, below(path, index))))
    case "Union":
      return first(ast.types.map((type) => () => type._tag === "UndefinedKeyword" ? undefined : inner(type, path)))
    case "Suspend":
      return inner(ast.f(), path)
    default:
      return undefined
  }
}

const first = (checks: ReadonlyArray<() => string | undefined>): string | undefined => {
  for (const check of checks) {
    const found = check()
    if (found !== undefined) return found
  }
  return undefined
}

/** References to definitions are resolved, so that flags can be made of them; recursive ones stay. */
const inlined = (schema: Record<string, unknown>): Record<string, unknown> => {
  const { $defs, $schema: _, ...root } = schema
  const definitions = ($defs ?? {}) as Record<string, unknown>
  const used = new Set<string>()
  const walk = (value: unknown, open: ReadonlyArray<string>): unknown => {
    if (Array.isArray(value)) return value.map((item) => walk(item, open))
    if (typeof value !== "object" || value === null) return value
    const { $ref } = value as { readonly $ref?: unknown }
    const name = typeof $ref === "string" && $ref.startsWith("#/$defs/") ? $ref.slice("#/$defs/".length) : undefined
    if (name !== undefined && !open.includes(name) && name in definitions) {
      return walk(definitions[name], [...open, name])
    }
    if (name !== undefined) used.add(name)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, open)]))
  }
  const resolved = walk(root, []) as Record<string, unknown>
  return used.size === 0 ? resolved : { ...resolved, $defs: definitions }
}

/**
 * The JSON Schema of what a Schema takes in, or why there is none.
 *
 * @since 0.1.0
 * @category conversions
 */
export const jsonSchemaOf = (schema: Schema.Schema<any, any>): Either.Either<JsonSchema, string> => {
  const loss = lossy(schema.ast, "$", 0)
  if (loss !== undefined) return Either.left(loss)
  try {
    const made = inlined(JSONSchema.make(schema) as unknown as Record<string, unknown>)
    return JSON.stringify(made).length > SCHEMA_CHARACTERS
      ? Either.left(`$: its JSON Schema has more than ${SCHEMA_CHARACTERS} characters`)
      : Either.right(made)
  } catch (cause) {
    return Either.left(String((cause as Error).message).replace(/\s*\n\s*/g, ", "))
  }
}

/**
 * The same for the input of a tool, which is an object.
 *
 * @since 0.1.0
 * @category conversions
 */
export const inputSchemaOf = (schema: Schema.Schema<any, any>): Either.Either<JsonSchema, string> =>
  // to a Schema an empty struct is anything but null
  isEmpty(schema.ast) ?
    Either.right(nothing) :
    Either.flatMap(jsonSchemaOf(schema), (made) =>
      made.type === "object" || made.$ref !== undefined
        ? Either.right(made)
        : Either.left("$: the input of a tool must be an object"))

/**
 * The JSON Schema of what a Schema gives, or why there is none. What it checks only after decoding is not in the JSON.
 *
 * @since 0.1.0
 * @category conversions
 */
export const outputSchemaOf = (schema: Schema.Schema<any, any>): Either.Either<JsonSchema, string> =>
  Either.orElse(
    jsonSchemaOf(schema),
    (loss) => Either.mapLeft(jsonSchemaOf(Schema.encodedBoundSchema(schema)), () => loss)
  )

const nothing: JsonSchema = { type: "object", required: [], properties: {}, additionalProperties: false }

const isEmpty = (ast: AST.AST): boolean =>
  ast._tag === "TypeLiteral" && ast.propertySignatures.length === 0 && ast.indexSignatures.length === 0
