/**
 * The permission policy of a VM as it is written down. Rules are read in order and the last one that matches decides;
 * without a match the domain's default does, and without a default the answer is deny.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"
import { operations } from "../policy/Operations.ts"
import { listOf, text, withDefault } from "./Primitives.ts"

/**
 * `ask` leaves the decision to whoever the host appoints, and is a deny when nobody answers.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PermissionMode = Schema.Literal("allow", "deny", "ask")

/**
 * @since 0.1.0
 * @category models
 */
export type PermissionMode = typeof PermissionMode.Type

// A rule with an empty list would match nothing, and was most likely meant to match everything.
const nonEmptyList = <A, I, R>(name: string, wildcard: A & string, item: Schema.Schema<A, I, R>) =>
  withDefault(
    listOf(item, 1024).pipe(
      Schema.filter((items) =>
        items.length === 0
          ? `invalid permissions policy: ${name} must not be empty; use ["${wildcard}"] for wildcard`
          : undefined
      )
    ),
    () => [wildcard]
  )

/** Characters of one pattern. */
const Pattern = text(1024)

/** One that no path can match would protect nothing, and nobody would see it. */
const PathPattern = Pattern.pipe(
  Schema.filter((pattern) => pathLike.test(pattern) && !unlike.test(pattern), {
    description: "a pattern of absolute paths, without //, . and .. in it or a slash at its end",
    arbitrary: () => (fc) => fc.constantFrom("**", "/", "/a", "/a/*.txt", "/a/**", "**/.env")
  })
)

const pathLike = /^(?:\/|\*\*)/
const unlike = /\/\/|\/\.{1,2}(?:\/|$)|.\/$/

/**
 * A rule of the `fs` domain. Paths are globs: `*` and `?` stop at a slash, `**` crosses it. Absent lists match all.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FsPermissionRule = Schema.Struct({
  mode: PermissionMode,
  operations: nonEmptyList("operations", "*", Schema.Literal("*", ...operations.fs)),
  paths: nonEmptyList("paths", "**", PathPattern)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface FsPermissionRule extends Schema.Schema.Type<typeof FsPermissionRule> {}

const patternRule = <Operations extends readonly ["*", ...Array<string>]>(...operations: Operations) =>
  Schema.Struct({
    mode: PermissionMode,
    operations: nonEmptyList<Operations[number], Operations[number], never>(
      "operations",
      "*",
      Schema.Literal(...operations)
    ),
    patterns: nonEmptyList("patterns", "**", Pattern)
  })

const rulesOf = <A, I>(rule: Schema.Schema<A, I>) =>
  Schema.Union(
    PermissionMode,
    Schema.Struct({
      default: optionalKey(PermissionMode),
      rules: listOf(rule, 1024)
    })
  )

/**
 * @since 0.1.0
 * @category schemas
 */
export const FsPermissions = rulesOf(FsPermissionRule)

/**
 * Patterns such as `tcp://host:port`, `udp://host:port`, `dns://host` and `unix://path`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const NetworkPermissions = rulesOf(patternRule("*", ...operations.network))

/**
 * Patterns are command names.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChildProcessPermissions = rulesOf(patternRule("*", ...operations.childProcess))

/**
 * @since 0.1.0
 * @category schemas
 */
export const ProcessPermissions = rulesOf(patternRule("*", ...operations.process))

/**
 * Patterns are names of environment variables.
 *
 * @since 0.1.0
 * @category schemas
 */
export const EnvPermissions = rulesOf(patternRule("*", ...operations.env))

/**
 * Patterns are `KIT:TOOL`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ToolPermissions = rulesOf(patternRule("*", ...operations.tool))

/**
 * A policy: for each domain one mode for everything, or rules.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PermissionsConfig = Schema.Struct({
  fs: optionalKey(FsPermissions),
  network: optionalKey(NetworkPermissions),
  childProcess: optionalKey(ChildProcessPermissions),
  process: optionalKey(ProcessPermissions),
  env: optionalKey(EnvPermissions),
  tool: optionalKey(ToolPermissions)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface PermissionsConfig extends Schema.Schema.Type<typeof PermissionsConfig> {}
