/**
 * A decision of a policy in words, for the person who wrote it.
 *
 * @since 0.1.0
 */
import type { PermissionsConfig } from "../config/PermissionsConfig.ts"
import { defaults } from "./Defaults.ts"
import { compile, type Decision, type Request } from "./Policy.ts"

/**
 * A decision and the sentence that tells why it is so.
 *
 * @since 0.1.0
 * @category models
 */
export interface Explanation extends Decision {
  readonly text: string
}

const verdicts = {
  allow: "is allowed",
  deny: "is denied",
  ask: "needs an approval, and is denied without one"
} as const

const quoted = (items: ReadonlyArray<string>): string => items.map((item) => JSON.stringify(item)).join(", ")

/**
 * Decides a request and names what decides it, for instance: `fs.read of "/etc/secrets/a" is denied: rule 0 (deny,
 * operations "*", paths "/etc/secrets/**") is the last of 2 rules that matches`.
 *
 * @since 0.1.0
 * @category decisions
 */
export const explain = (config: PermissionsConfig | undefined, request: Request): Explanation => {
  const { domain, operation, resource } = request
  const decision = compile(config).decide(domain, operation, resource)
  const what = `${domain}.${operation} of ${JSON.stringify(resource)} ${verdicts[decision.mode]}`
  return { ...decision, text: `${what}: ${reason(config, request, decision)}` }
}

const reason = (config: PermissionsConfig | undefined, { domain }: Request, { mode, rule }: Decision): string => {
  const written = config?.[domain]
  const scope = written ?? defaults[domain]
  const whose = written === undefined ? `the policy says nothing about ${domain}, and by default ` : ""
  if (typeof scope === "string") return `${whose}${domain} is ${JSON.stringify(scope)} as a whole`
  const count = `${scope.rules.length} ${scope.rules.length === 1 ? "rule" : "rules"}`
  if (rule === undefined) {
    return `${whose}none of ${count} matches, and ${
      scope.default === undefined ? "without a default the answer is deny" : `the default is ${scope.default}`
    }`
  }
  const found = scope.rules[rule]
  const patterns = "paths" in found ? `paths ${quoted(found.paths)}` : `patterns ${quoted(found.patterns)}`
  return `${whose}rule ${rule} (${mode}, operations ${quoted(found.operations)}, ${patterns}) ` +
    `is the last of ${count} that matches`
}
