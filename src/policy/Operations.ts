/**
 * The operations of each domain of a policy.
 *
 * @since 0.1.0
 */
import type { PermissionDomain } from "../errors/PermissionDenied.ts"

/**
 * By domain; `*` stands for all of them in a rule.
 *
 * @since 0.1.0
 * @category constants
 */
export const operations = {
  fs: [
    "read",
    "write",
    "stat",
    "readdir",
    "create_dir",
    "rm",
    "rename",
    "symlink",
    "readlink",
    "chmod",
    "truncate",
    "mount_sensitive"
  ],
  network: ["fetch", "http", "dns", "listen", "inspect"],
  childProcess: ["spawn"],
  process: ["inspect"],
  env: ["read", "write"],
  tool: ["invoke"]
} as const satisfies { readonly [Domain in PermissionDomain]: ReadonlyArray<string> }

/**
 * @since 0.1.0
 * @category models
 */
export type OperationOf<Domain extends PermissionDomain> = (typeof operations)[Domain][number]

/**
 * @since 0.1.0
 * @category getters
 */
export const operationsOf = (domain: PermissionDomain): ReadonlyArray<string> => operations[domain]
