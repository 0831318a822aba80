/**
 * VMs for programs that are written against `@effect/platform`.
 *
 * @since 0.1.0
 */

/**
 * A VM as the FileSystem, Path and CommandExecutor of `@effect/platform`.
 *
 * @since 0.1.0
 */
export * as VmContext from "./VmContext.ts"

/**
 * @since 0.1.0
 */
export * as FileSystemDriver from "./FileSystemDriver.ts"
