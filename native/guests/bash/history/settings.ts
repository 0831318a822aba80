/** What the shell's variables say of its history. */
import { Pattern } from "../expand/pattern.ts"
import type { Shell } from "../state/shell.ts"
import { type HistoryRules, MAX_ENTRIES } from "./history.ts"

const DEFAULT_SIZE = 500

/** A number of lines; unlimited when it is negative or no number, as far as there is a limit of our own. */
const sizeOf = (text: string | undefined, absent: number): number => {
  if (text === undefined) return absent
  return /^\s*\+?\d+\s*$/.test(text) ? Math.min(Number(text), MAX_ENTRIES) : MAX_ENTRIES
}

export const historySize = ({ variables }: Shell): number => sizeOf(variables.get("HISTSIZE"), DEFAULT_SIZE)

export const historyFileSize = (shell: Shell): number => sizeOf(shell.variables.get("HISTFILESIZE"), historySize(shell))

/** Where the history is kept; undefined for nowhere. */
export const historyFile = ({ variables }: Shell): string | undefined => {
  const name = variables.get("HISTFILE")
  return name === undefined || name === "" ? undefined : name
}

export const historyRules = (shell: Shell): HistoryRules => {
  const control = new Set((shell.variables.get("HISTCONTROL") ?? "").split(":"))
  const last = shell.history.lines().at(-1) ?? ""
  const patterns = (shell.variables.get("HISTIGNORE") ?? "").split(":").filter((each) => each !== "")
    // the line before, as `&` stands for it
    .map((each) => each.replace(/\\?&/g, (mark) => mark === "&" ? last.replace(/[\\*?[\]]/g, "\\$&") : "&"))
    .map((each) => new Pattern(each, { extended: true }))
  return {
    ignoresBlanks: control.has("ignorespace") || control.has("ignoreboth"),
    ignoresDuplicates: control.has("ignoredups") || control.has("ignoreboth"),
    erasesDuplicates: control.has("erasedups"),
    isIgnored: (line) => patterns.some((pattern) => pattern.matches(line))
  }
}
