/**
 * The services of effect-agent-os, their errors and their configuration.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export { Filesystem } from "../services/Filesystem.ts"
/**
 * @since 0.1.0
 */
export { Processes } from "../services/Processes.ts"
/**
 * @since 0.1.0
 */
export { Sidecar } from "../services/Sidecar.ts"
/**
 * @since 0.1.0
 */
export { Transport } from "../services/Transport.ts"
/**
 * @since 0.1.0
 */
export { Vm } from "../services/Vm.ts"
