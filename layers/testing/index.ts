/**
 * Layers for tests.
 *
 * @since 0.1.0
 */

/**
 * A sidecar inside the test's own process.
 *
 * @since 0.1.0
 */
export * as TestSidecar from "./TestSidecar.ts"
