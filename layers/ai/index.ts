/**
 * VMs and language models of `@effect/ai`, in both directions.
 *
 * @since 0.1.0
 */

/**
 * Tools of a VM as a toolkit for a model.
 *
 * @since 0.1.0
 */
export * as AiToolkit from "./AiToolkit.ts"

/**
 * A toolkit of `@effect/ai` as a kit for VMs.
 *
 * @since 0.1.0
 */
export * as FromToolkit from "./FromToolkit.ts"
