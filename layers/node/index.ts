/**
 * Sidecars and transports for Node.js hosts.
 *
 * @since 0.1.0
 */

/**
 * Sidecars as child processes.
 *
 * @since 0.1.0
 */
export * as NodeSidecar from "./NodeSidecar.ts"

/**
 * Transports over Unix sockets.
 *
 * @since 0.1.0
 */
export * as NodeTransport from "./NodeTransport.ts"

/**
 * Trees in S3-compatible stores.
 *
 * @since 0.1.0
 */
export * as S3Driver from "./s3/S3Driver.ts"

/**
 * What a VM did below its writable mounts, brought back to the host.
 *
 * @since 0.1.0
 */
export * as WriteBack from "./WriteBack.ts"
