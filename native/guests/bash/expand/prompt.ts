/** Prompts: backslash escapes, then expansions. */
import { formatTime } from "../../programs/text/strftime.ts"
import { compileHereText } from "../parse/compile.ts"
import type { Shell } from "../state/shell.ts"
import { expandText } from "./expand.ts"

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

/** A value that the expansions after it leave as it is. */
const kept = (text: string): string => text.replace(/[\\$`"]/g, "\\$&")

/** The directory, with the home directory as `~`. */
const tilde = ({ cwd, variables }: Shell): string => {
  const home = variables.get("HOME")
  if (home === undefined || home === "" || home === "/") return cwd
  return cwd === home || cwd.startsWith(`${home}/`) ? `~${cwd.slice(home.length)}` : cwd
}

/** Only so many of the last directories, if PROMPT_DIRTRIM says so. */
const trimmed = (shell: Shell, path: string): string => {
  const count = Number(shell.variables.get("PROMPT_DIRTRIM") ?? 0)
  if (!(count > 0)) return path
  const lead = path.startsWith("~") ? "~/" : "/"
  const parts = path.slice(lead.length).split("/")
  // what is no longer than the dots is left
  const left = parts.slice(0, -count).join("/").length
  return parts.length <= count || left <= 3 ? path : `${lead === "/" ? "" : lead}.../${parts.slice(-count).join("/")}`
}

const times: Readonly<Record<string, string>> = {
  t: "%H:%M:%S",
  T: "%I:%M:%S",
  "@": "%I:%M %p",
  A: "%H:%M",
  d: "%a %b %d"
}

const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", a: "\x07", e: "\x1b", "\\": "\\" }

const escapeOf = (shell: Shell, char: string): string => {
  const { hostname, uid, user } = shell.machine.identity
  switch (char) {
    case "u":
      return user
    case "h":
      return hostname.split(".")[0]
    case "H":
      return hostname
    case "w":
      return kept(trimmed(shell, tilde(shell)))
    case "W": {
      const directory = tilde(shell)
      return directory === "/" || directory === "~" ? directory : kept(baseName(directory))
    }
    case "$":
      return uid === 0 ? "#" : "\\$"
    case "s":
      return baseName(shell.name)
    case "v":
      return "5.2"
    case "V":
      return "5.2.15"
    case "j":
      return String(shell.jobs.list().length)
    case "l":
      return baseName(shell.process.session.terminal?.path ?? "tty")
    case "!":
      return String(shell.history.next)
    case "#":
      return String((shell.conversation?.commands ?? shell.history.size) + 1)
    default:
      return controls[char] ??
        (times[char] === undefined ? `\\${char}` : formatTime(times[char], Date.now(), shell.variables.zone))
  }
}

/** `\[` and `\]` around what is not shown become these marks, for who has to know where the prompt ends. */
const marks: Readonly<Record<string, string>> = { "[": "\x01", "]": "\x02" }

const ESCAPES = /\\(?:([0-7]{1,3})|D\{([^}]*)\}|([\s\S]))/g

/** `marked`: with marks around what is not shown. */
export const expandPrompt = (shell: Shell, text: string, marked = false): Promise<string> => {
  const decoded = text.replace(
    ESCAPES,
    (_, octal: string | undefined, format: string | undefined, char: string) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
      if (format !== undefined) {
        return kept(formatTime(format === "" ? "%H:%M:%S" : format, Date.now(), shell.variables.zone))
      }
      if (marks[char] !== undefined) return marked ? marks[char] : ""
      return escapeOf(shell, char)
    }
  )
  return shell.options.has("promptvars") || !marked
    ? expandText(shell, compileHereText(decoded))
    : Promise.resolve(decoded.replace(/\\([\\$`"])/g, "$1"))
}
