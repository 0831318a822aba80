/**
 * The policy rules once more, written from their description and as plainly as possible: globs by way of regular
 * expressions, all rules from the first to the last, what lies below a directory by trying names.
 */
import type { PermissionMode } from "../../src/config/PermissionsConfig.ts"

interface Rule {
  readonly mode: PermissionMode
  readonly operations?: ReadonlyArray<string>
  readonly paths?: ReadonlyArray<string>
  readonly patterns?: ReadonlyArray<string>
}

export type Scope = PermissionMode | { readonly default?: PermissionMode; readonly rules: ReadonlyArray<Rule> }
export type Written = { readonly [domain: string]: Scope }

const DEFAULTS: Written = {
  fs: "allow",
  network: {
    default: "deny",
    rules: [{
      mode: "allow",
      patterns: [
        "tcp://localhost:*",
        "udp://localhost:*",
        "tcp://127.0.0.1:*",
        "udp://127.0.0.1:*",
        "tcp://[::1]:*",
        "udp://[::1]:*",
        "dns://localhost"
      ]
    }]
  },
  childProcess: "allow",
  process: "allow",
  env: "allow",
  tool: "allow"
}

const expressionOf = (glob: string): RegExp => {
  const text = glob.replace(/\*{2,}|\*|\?|[^*?]+/gu, (part) => {
    if (part.startsWith("**")) return "[^]*"
    if (part === "*") return "[^/]*"
    if (part === "?") return "[^/]"
    return part.replace(/[\\^$.|+()[\]{}/]/gu, "\\$&")
  })
  return new RegExp(`^${text}$`, "u")
}

const matches = (rule: Rule, operation: string, resource: string): boolean => {
  const operations = rule.operations ?? ["*"]
  const globs = rule.paths ?? rule.patterns ?? ["**"]
  return (operations.includes("*") || operations.includes(operation)) &&
    globs.some((glob) => expressionOf(glob).test(resource))
}

export const decide = (
  policy: Written,
  domain: string,
  operation: string,
  resource: string
): { readonly mode: PermissionMode; readonly rule: number | undefined } => {
  const scope = policy[domain] ?? DEFAULTS[domain]
  if (typeof scope === "string") return { mode: scope, rule: undefined }
  let decision: { mode: PermissionMode; rule: number | undefined } = { mode: scope.default ?? "deny", rule: undefined }
  scope.rules.forEach((rule, index) => {
    if (matches(rule, operation, resource)) decision = { mode: rule.mode, rule: index }
  })
  return decision
}

/** Whether renaming `from` to `to` lets something be done to one of the entries below it that may not be done before. */
export const gainsBelow = (
  policy: Written,
  operations: ReadonlyArray<string>,
  from: string,
  to: string,
  entries: ReadonlyArray<string>
): boolean =>
  entries.some((entry) =>
    operations.some((operation) =>
      decide(policy, "fs", operation, `${from}/${entry}`).mode !== "allow" &&
      decide(policy, "fs", operation, `${to}/${entry}`).mode === "allow"
    )
  )

/** Whether renaming `from` to `to` puts one of the entries below it where it could not be written. */
export const plantsBelow = (policy: Written, from: string, to: string, entries: ReadonlyArray<string>): boolean =>
  entries.some((entry) =>
    decide(policy, "fs", "write", `${from}/${entry}`).mode === "allow" &&
    decide(policy, "fs", "write", `${to}/${entry}`).mode !== "allow"
  )
