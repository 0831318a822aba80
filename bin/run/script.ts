/** The script to run: where its text comes from, and what the VM is told to do with it. */
import * as Effect from "effect/Effect"
import { readFileSync, statSync } from "node:fs"
import { basename } from "node:path"
import type { Failure } from "../exit.ts"
import { usage } from "../exit.ts"

export interface Script {
  /** What the guest shell runs. */
  readonly command: string
  /** A file of the VM that comes first. */
  readonly file?: { readonly path: string; readonly content: Uint8Array }
}

/** Where the VM's user is at home. */
const HOME = "/home/user"

/** A larger text is refused by the kernel anyhow. */
const MAX_BYTES = 16 * 1024 * 1024

const isShell = (text: string): boolean =>
  !text.startsWith("#!") || /^#!\s*\S*\/(?:env\s+(?:-S\s+)?)?(?:ba|da|z|k)?sh\b/.test(text)

/** A shell script is run as a command, since a command's output leaves as it comes; others are run by their path. */
const fromText = (name: string, content: Uint8Array): Script => {
  const text = new TextDecoder().decode(content)
  const path = `${HOME}/${name}`
  return { command: isShell(text) ? text : `"${path.replace(/[\\"$`]/g, "\\$&")}" "$@"`, file: { path, content } }
}

const read = (given: string): Uint8Array => {
  if (given === "-") return readFileSync(0)
  const stat = statSync(given, { throwIfNoEntry: false })
  if (stat === undefined) {
    throw new Error(`there is no file ${given}; a command goes with -c, as in: agent-os run -c "${given}"`)
  }
  if (stat.isDirectory()) throw new Error(`${given} is a folder, not a script`)
  if (stat.size > MAX_BYTES) throw new Error(`${given} is larger than ${MAX_BYTES} bytes`)
  return readFileSync(given)
}

/** A file of the host, `-` for standard input. */
export const load = (given: string): Effect.Effect<Script, Failure> =>
  Effect.try({
    try: () => {
      const content = read(given)
      return given === "-" ? { command: new TextDecoder().decode(content) } : fromText(basename(given), content)
    },
    catch: (cause) => usage(cause instanceof Error ? cause.message : String(cause))
  })
