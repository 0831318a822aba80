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
