/** Prompts: backslash escapes, then expansions. */
import { compileHereText } from "../parse/compile.ts"
import type { Shell } from "../state/shell.ts"
import { expandText } from "./expand.ts"

const escapeOf = (shell: Shell, char: string): string => {
  const { hostname, uid, user } = shell.machine.identity
  const home = shell.variables.get("HOME")
  const directory = home !== undefined && (shell.cwd === home || shell.cwd.startsWith(`${home}/`))
    ? `~${shell.cwd.slice(home.length)}`
    : shell.cwd
  switch (char) {
    case "u":
      return user
    case "h":
      return hostname.split(".")[0]
    case "H":
      return hostname
    case "w":
      return directory
    case "W":
      return directory === "/" || directory === "~" ? directory : directory.slice(directory.lastIndexOf("/") + 1)
    case "$":
      return uid === 0 ? "#" : "$"
    case "s":
      return shell.name
    case "n":
      return "\n"
    case "r":
      return "\r"
    case "a":
      return "\x07"
    case "e":
      return "\x1b"
    case "t":
      return new Date(Date.now()).toISOString().slice(11, 19)
    case "v":
      return "5.2"
    case "V":
      return "5.2.15"
    case "j":
      return String(shell.jobs.list().length)
    case "!":
    case "#":
      return String(shell.history.length + 1)
    case "\\":
      return "\\"
    case "[":
    case "]":
      return ""
    default:
      return `\\${char}`
  }
}

export const expandPrompt = (shell: Shell, text: string): Promise<string> =>
  expandText(shell, compileHereText(text.replace(/\\([\s\S])/g, (_, char: string) => escapeOf(shell, char))))
