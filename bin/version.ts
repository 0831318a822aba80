/** The version of the package that this command belongs to. */
import { createRequire } from "node:module"

export const version = (): string =>
  (createRequire(import.meta.url)("effect-agent-os/package.json") as { readonly version: string }).version
