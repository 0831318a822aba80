/**
 * From the tree of issues that a Schema reports to the one sentence that a user can act on.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as AST from "effect/SchemaAST"
import { ConfigError } from "../errors/ConfigError.ts"

const SHOWN = 60

// Values are shown short, and objects not at all: a configuration may hold secrets.
const show = (value: unknown): string => {
  if (value === null || typeof value === "undefined" || typeof value === "number" || typeof value === "boolean") {
    return String(value)
  }
  if (typeof value === "string") {
    return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}...` : value)
  }
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`
}

const identifierPattern = /^[A-Za-z_$][A-Za-z0-9_$]*$/

const renderPath = (path: ReadonlyArray<PropertyKey>): string => {
  let out = ""
  for (const key of path) {
    if (typeof key === "number") {
      out += `[${key}]`
    } else if (typeof key === "string" && identifierPattern.test(key)) {
      out += out === "" ? key : `.${key}`
    } else {
      out += `[${typeof key === "string" ? show(key) : String(key)}]`
    }
  }
  return out
}

// The side of a Schema that describes the input.
const inputSide = (ast: AST.AST): AST.AST => {
  let current = ast
  while (current._tag === "Transformation" || current._tag === "Refinement") {
    current = current.from
  }
  return current
}

const members = (ast: AST.AST): ReadonlyArray<AST.AST> => {
  const input = inputSide(ast)
  return input._tag === "Union" ? input.types.filter((type) => type._tag !== "UndefinedKeyword") : [ast]
}

const describeOne = (ast: AST.AST): string => {
  if (ast._tag === "Refinement" || ast._tag === "Declaration") {
    return Option.getOrElse(AST.getDescriptionAnnotation(ast), () => String(ast))
  }
  const input = inputSide(ast)
  switch (input._tag) {
    case "Literal":
      return JSON.stringify(input.literal)
    case "StringKeyword":
      return "a string"
    case "NumberKeyword":
      return "a number"
    case "BooleanKeyword":
      return "true or false"
    case "TypeLiteral":
      return "an object"
    case "TupleType":
      return "an array"
    default:
      return String(input)
  }
}

const describe = (ast: AST.AST): string => {
  const names = [...new Set(members(ast).flatMap(members).map(describeOne))]
  return names.length === 1 ? names[0] : `one of ${names.join(", ")}`
}

const astOf = (issue: ParseResult.ParseIssue): AST.AST | undefined =>
  Predicate.hasProperty(issue, "ast") && issue._tag !== "Missing" ? issue.ast as AST.AST : undefined

const keysOf = (ast: AST.AST | undefined): ReadonlyArray<PropertyKey> => {
  const input = ast === undefined ? undefined : inputSide(ast)
  return input?._tag === "TypeLiteral" ? input.propertySignatures.map((signature) => signature.name) : []
}

/** Whether what a Schema describes is shown to nobody: it is annotated as `writeOnly`. */
const isSecret = (ast: AST.AST): boolean =>
  Option.exists(AST.getJSONSchemaAnnotation(ast), (schema) => "writeOnly" in schema && schema.writeOnly === true)

const got = (ast: AST.AST, value: unknown): string => isSecret(ast) ? "another value, not shown" : show(value)

const asArray = <A>(issues: A | ReadonlyArray<A>): ReadonlyArray<A> =>
  Array.isArray(issues) ? issues as ReadonlyArray<A> : [issues as A]

const isUnion = (issue: ParseResult.Composite): boolean => inputSide(issue.ast)._tag === "Union"

/** The members of a union that the input most looks like: those that know most of its keys. */
const closest = (composite: ParseResult.Composite): ReadonlyArray<ParseResult.ParseIssue> => {
  const issues = asArray(composite.issues).filter((issue) => astOf(issue)?._tag !== "UndefinedKeyword")
  const actual = composite.actual
  if (issues.length < 2 || !Predicate.isRecord(actual)) {
    return issues
  }
  const score = (issue: ParseResult.ParseIssue): number => {
    // what only a filter refuses is of that member's form
    if (issue._tag === "Refinement" && issue.kind === "Predicate") return Infinity
    const keys = keysOf(astOf(issue))
    return keys.length === 0 ? -1 : keys.filter((key) => Object.hasOwn(actual, key)).length
  }
  const best = Math.max(...issues.map(score))
  return issues.filter((issue) => score(issue) === best)
}

const unknownKey = (owners: ReadonlyArray<AST.AST>): string => {
  const keys = [...new Set(owners.flatMap(keysOf))].map(String)
  if (keys.length > 0) {
    return `unknown key; known keys here: ${keys.join(", ")}`
  }
  for (const owner of owners) {
    const input = inputSide(owner)
    if (input._tag === "TypeLiteral" && input.indexSignatures.length > 0) {
      return `expected the key to be ${describeOne(input.indexSignatures[0].parameter)}`
    }
  }
  return "unknown key; no keys are known here"
}

const detailOf = (leaf: ParseResult.ParseIssue, owners: ReadonlyArray<AST.AST>): string => {
  switch (leaf._tag) {
    case "Unexpected":
      return unknownKey(owners)
    case "Missing":
      return `is missing; expected ${describe(leaf.ast.type)}`
    case "Type":
      return leaf.message ?? `expected ${describe(leaf.ast)}, got ${got(leaf.ast, leaf.actual)}`
    case "Refinement":
    case "Composite":
      return `expected ${describe(leaf.ast)}, got ${got(leaf.ast, leaf.actual)}`
    default:
      return ParseResult.ArrayFormatter.formatIssueSync(leaf)[0].message
  }
}

/** One step towards the cause; `undefined` at the issue that is to be told. */
const causeOf = (issue: ParseResult.ParseIssue): ParseResult.ParseIssue | undefined => {
  switch (issue._tag) {
    case "Pointer":
    case "Transformation":
      return issue.issue
    case "Refinement": {
      const told = issue.kind === "Predicate" && issue.issue._tag === "Type" && issue.issue.message === undefined
      return told ? undefined : issue.issue
    }
    case "Composite": {
      const candidates = isUnion(issue) ? closest(issue) : asArray(issue.issues)
      // A value that is no object resembles no member more than another: the whole union is what was expected.
      return candidates.length > 1 && isUnion(issue) && !Predicate.isRecord(issue.actual) ? undefined : candidates[0]
    }
    default:
      return undefined
  }
}

/**
 * The first issue of a failed decoding as a `ConfigError`: the full path of the part at fault, what was expected there
 * and, for a key that does not exist, which keys do.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromParseIssue = (issue: ParseResult.ParseIssue): ConfigError => {
  const path: Array<PropertyKey> = []
  // The Schemas of the object at hand: several while it may still be one of several members of a union.
  let owners: ReadonlyArray<AST.AST> = []
  let undecided = false
  let node = issue
  for (let next = causeOf(node); next !== undefined; next = causeOf(node)) {
    if (node._tag === "Pointer") {
      path.push(...asArray(node.path))
    } else if (node._tag === "Composite") {
      if (isUnion(node)) {
        owners = closest(node).map(astOf).filter(Predicate.isNotUndefined)
        undecided = true
      } else if (undecided) {
        undecided = false
      } else {
        owners = [node.ast]
      }
    }
    node = next
  }
  return new ConfigError({ path: renderPath(path), detail: detailOf(node, owners) })
}
