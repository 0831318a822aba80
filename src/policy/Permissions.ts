/**
 * Ready-made parts of a permission policy, and what a policy decides.
 *
 * @since 0.1.0
 */
import type { PermissionsConfig } from "../config/PermissionsConfig.ts"

export {
  /**
   * Decides a request and tells in words what decides it.
   *
   * @since 0.1.0
   */
  explain,
  /**
   * @since 0.1.0
   */
  type Explanation
} from "./Explain.ts"

export {
  /**
   * @since 0.1.0
   */
  type Decision,
  /**
   * @since 0.1.0
   */
  type Request
} from "./Policy.ts"

const hosts = ["api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com", "openrouter.ai"]

/**
 * For `network`: the providers of language models, by name and on every port, and nothing else.
 *
 * @since 0.1.0
 * @category constants
 */
export const llmProviders: NonNullable<PermissionsConfig["network"]> = {
  default: "deny",
  rules: [{
    mode: "allow",
    operations: ["*"],
    patterns: hosts.flatMap((host) => [`dns://${host}`, `tcp://${host}:*`])
  }]
}

/**
 * Everything is allowed, the network too.
 *
 * @since 0.1.0
 * @category constants
 */
export const allowAll: PermissionsConfig = {
  fs: "allow",
  network: "allow",
  childProcess: "allow",
  process: "allow",
  env: "allow",
  tool: "allow"
}

/**
 * Nothing is allowed.
 *
 * @since 0.1.0
 * @category constants
 */
export const denyAll: PermissionsConfig = {
  fs: "deny",
  network: "deny",
  childProcess: "deny",
  process: "deny",
  env: "deny",
  tool: "deny"
}
