/** Longer scripts, one group a file of `scripts/`; each begins with a line `### its name`. */
import { readdirSync, readFileSync } from "node:fs"
import type { Groups } from "./types.ts"

const folder = new URL("./scripts/", import.meta.url)

const group = (file: string): ReadonlyArray<string> =>
  readFileSync(new URL(file, folder), "utf8").split(/^### .*\n/m).slice(1)

export const scripts: Groups = Object.fromEntries(
  readdirSync(folder).sort().map((file) => [file.replace(/\.sh$/, ""), group(file)])
)
