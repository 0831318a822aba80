/** The files that a shell reads before its script: those of login shells, of interactive ones, and BASH_ENV and ENV. */
import { isErrno, SystemCallError } from "../../shell/client.ts"
import { expandText } from "../expand/expand.ts"
import { compileHereText } from "../parse/compile.ts"
import type { Shell } from "../state/shell.ts"
import { decodeText } from "../text.ts"
import { evaluateText } from "./evaluate.ts"
import { openForReading } from "./open.ts"
import { readAll } from "./substitution.ts"

/** How a shell was asked to begin. */
export interface Startup {
  readonly login: boolean
  readonly interactive: boolean
  /** `--noprofile`. */
  readonly skipsProfile: boolean
  /** `--norc`. */
  readonly skipsRc: boolean
  /** `--rcfile`, in the place of `~/.bashrc`. */
  readonly rcFile: string | undefined
  /** Lines are edited; not with `--noediting`. */
  readonly edits: boolean
}

/** As a script that is run begins. */
export const plainStartup: Startup = {
  login: false,
  interactive: false,
  skipsProfile: false,
  skipsRc: false,
  rcFile: undefined,
  edits: true
}

/** Runs a file's commands in the shell; false when there is no such file. */
const runFile = async (shell: Shell, path: string): Promise<boolean> => {
  let text: string
  try {
    const file = await openForReading(shell, path)
    try {
      text = decodeText(await readAll(file, shell.process))
    } finally {
      void file.release()
    }
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false
    if (!(error instanceof SystemCallError) || error.code === "ECANCELED") throw error
    await shell.tell(`${shell.prefix}: ${path}: ${error.code === "EISDIR" ? "Is a directory" : error.reason}\n`)
    return false
  }
  const { file, prefix } = shell
  shell.file = path
  shell.prefix = path
  shell.sourceDepth++
  try {
    await evaluateText(shell, text, "source")
  } finally {
    shell.sourceDepth--
    shell.flow = undefined
    Object.assign(shell, { file, prefix })
  }
  return true
}

/** The file that a variable names, after expansion. */
const runNamed = async (shell: Shell, variable: string): Promise<void> => {
  const value = shell.variables.get(variable)
  if (value === undefined || value === "") return
  const path = await expandText(shell, compileHereText(value))
  if (path !== "") await runFile(shell, path)
}

const runProfiles = async (shell: Shell): Promise<void> => {
  await runFile(shell, "/etc/profile")
  const home = shell.variables.get("HOME") ?? "/"
  const names = shell.isPosix ? [".profile"] : [".bash_profile", ".bash_login", ".profile"]
  for (const name of names) if (await runFile(shell, `${home}/${name}`)) return
}

/** Runs what is to be run before the script. */
export const runStartup = async (shell: Shell, startup: Startup): Promise<void> => {
  const { interactive, login, rcFile, skipsProfile, skipsRc } = startup
  if (login && !skipsProfile) await runProfiles(shell)
  if (shell.isPosix) {
    if (interactive) await runNamed(shell, "ENV")
  } else if (!interactive) await runNamed(shell, "BASH_ENV")
  else if (!login && !skipsRc) {
    if (rcFile === undefined) await runFile(shell, "/etc/bash.bashrc")
    await runFile(shell, rcFile ?? `${shell.variables.get("HOME") ?? "/"}/.bashrc`)
  }
  shell.status = 0
}
