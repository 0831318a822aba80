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
 * `package` is the name of a package that the host's program has installed, or the path of a folder, beginning with `/` or
 * `.`, which is looked for from the program's working directory. Its commands are the files in its folder `wasm`, or in the
 * package's own where it has none. `version`, where it is given, must be the one that the package says it has.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Software = Schema.Struct({
  package: text(4096),
  version: optionalKey(text(256)),
  kind: withDefault(SoftwareKind, () => "wasm-commands" as const)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Software extends Schema.Schema.Type<typeof Software> {}

/**
 * Where the commands of a package are in a VM, by its place in the configuration: `/__agentos/commands/000`.
 *
 * @since 0.1.0
 * @category getters
 */
export const softwarePath = (index: number): string => `/__agentos/commands/${String(index).padStart(3, "0")}`

/**
 * Where a VM looks for programs, unless it is told otherwise, after the packages of software that it has.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
