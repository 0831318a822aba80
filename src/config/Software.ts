/**
 * Software packages of a VM.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"
import { text, withDefault } from "./Primitives.ts"

/**
 * - `wasm-commands`: a directory of commands
 * - `agent`: an agent and its adapter
 * - `tool`: a host tool
 *
 * @since 0.1.0
 * @category schemas
 */
export const SoftwareKind = Schema.Literal("wasm-commands", "agent", "tool")

/**
 * @since 0.1.0
 * @category models
 */
export type SoftwareKind = typeof SoftwareKind.Type

/**
 * @since 0.1.0
 * @category schemas
 */
export const Software = Schema.Struct({
  package: text(214),
  version: optionalKey(text(256)),
  kind: withDefault(SoftwareKind, () => "wasm-commands" as const)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Software extends Schema.Schema.Type<typeof Software> {}
