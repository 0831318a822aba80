/**
 * What the command line of tools says when something is wrong with it, word for word as the published system says it.
 *
 * @since 0.1.0
 */

/** @since 0.1.0 @category texts */
export const unknownFlag = (flag: string): string => `Unknown flag: --${flag}`
/** @since 0.1.0 @category texts */
export const missingFlag = (flag: string): string => `Missing required flag: --${flag}`
/** @since 0.1.0 @category texts */
export const unexpectedArgument = (argument: string): string => `Unexpected positional argument: "${argument}"`
/** @since 0.1.0 @category texts */
export const flagWithoutValue = (flag: string): string => `Flag --${flag} requires a value`
/** @since 0.1.0 @category texts */
export const flagNotNumber = (flag: string, value: string): string => `Flag --${flag} expects a number, got "${value}"`
/** @since 0.1.0 @category texts */
export const invalidJson = (source: "--json" | "file", cause: string): string =>
  `${source === "file" ? "Invalid JSON file" : "Invalid JSON for --json"}: ${cause}`
/** @since 0.1.0 @category texts */
export const unknownToolKit = (kit: string, available: ReadonlyArray<string>): string =>
  `No toolkit "${kit}". Available: ${available.join(", ")}`
/** @since 0.1.0 @category texts */
export const unknownTool = (kit: string, tool: string, available: ReadonlyArray<string>): string =>
  `No tool "${tool}" in toolkit "${kit}". Available: ${available.join(", ")}`
