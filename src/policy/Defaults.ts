/**
 * What holds where a user's policy says nothing.
 *
 * @since 0.1.0
 */
import type { PermissionsConfig } from "../config/PermissionsConfig.ts"

const loopback = ["localhost", "127.0.0.1", "[::1]"]

/**
 * The filesystem, the processes and the environment of the VM and the tools that are registered are allowed; of the
 * network only the VM's own loopback is.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults: { readonly [Domain in keyof PermissionsConfig]-?: NonNullable<PermissionsConfig[Domain]> } = {
  fs: "allow",
  network: {
    default: "deny",
    rules: [{
      mode: "allow",
      operations: ["*"],
      patterns: [...loopback.flatMap((host) => [`tcp://${host}:*`, `udp://${host}:*`]), "dns://localhost"]
    }]
  },
  childProcess: "allow",
  process: "allow",
  env: "allow",
  tool: "allow"
}
