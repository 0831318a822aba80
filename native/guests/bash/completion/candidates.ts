/** What a word may become, by kind: commands, files, variables and the other actions of `complete`. */
import { SystemCallError } from "../../shell/client.ts"
import { resolvePath } from "../../shell/paths.ts"
import { builtins } from "../builtins/all.ts"
import { keywords } from "../builtins/names.ts"
import { isOn } from "../editor/variables.ts"
import { signalNames } from "../processes/signals.ts"
import { stateOf } from "../state/jobs.ts"
import { setOptions, shoptNames } from "../state/options.ts"
import type { Shell } from "../state/shell.ts"
import { AssociativeArray, IndexedArray } from "../state/values.ts"

/** Possibilities that are looked at, at most. */
export const MAX_CANDIDATES = 20_000

interface Entry {
  readonly name: string
  readonly type: string
  readonly mode: number
}

const listed = async (shell: Shell, directory: string): Promise<ReadonlyArray<Entry>> => {
  const pending = shell.machine.tick(shell.process)
  if (pending !== undefined) await pending
  try {
    const path = resolvePath(shell.cwd, directory === "" ? "." : directory)
    const entries = await shell.process.block(shell.machine.sys("readdirStat", path))
    return entries.slice(0, MAX_CANDIDATES).map(({ name, stat, type }) => ({ name, type, mode: stat.mode }))
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error
    return []
  }
}

const isDirectory = async (shell: Shell, path: string): Promise<boolean> => {
  try {
    return (await shell.process.block(shell.machine.sys("stat", resolvePath(shell.cwd, path)))).type === "directory"
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error
    return false
  }
}

/** The directory that a word names, with the variable or the home directory in front of it resolved. */
const directoryOf = (shell: Shell, path: string): string => {
  const home = /^~(?=\/|$)/.exec(path)
  if (home !== null) return (shell.variables.get("HOME") ?? "/") + path.slice(1)
  const variable = /^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})(?=\/)/.exec(path)
  return variable === null
    ? path
    : (shell.variables.get(variable[1] ?? variable[2]) ?? "") + path.slice(variable[0].length)
}

export interface FileCandidate {
  /** The word as a whole. */
  readonly text: string
  readonly isDirectory: boolean
}

/** Files whose path begins so; directories alone, if asked. */
export const files = async (
  shell: Shell,
  word: string,
  only: (entry: { readonly isDirectory: boolean; readonly mode: number }) => boolean = () => true
): Promise<ReadonlyArray<FileCandidate>> => {
  const slash = word.lastIndexOf("/") + 1
  const lead = word.slice(0, slash)
  const beginning = word.slice(slash)
  const found: Array<FileCandidate> = []
  const ignoresCase = shell.readline !== undefined && isOn(shell.readline.variables, "completion-ignore-case")
  const lower = beginning.toLowerCase()
  const begins = (name: string) => ignoresCase ? name.toLowerCase().startsWith(lower) : name.startsWith(beginning)
  for (const { mode, name, type } of await listed(shell, directoryOf(shell, lead))) {
    if (!begins(name) || (name.startsWith(".") && !beginning.startsWith("."))) continue
    const directory = type === "directory" ||
      (type === "symlink" && await isDirectory(shell, directoryOf(shell, lead) + name))
    if (only({ isDirectory: directory, mode })) found.push({ text: lead + name, isDirectory: directory })
  }
  return found
}

/** Programs along PATH. */
const programs = async (shell: Shell, word: string): Promise<ReadonlyArray<string>> => {
  const found = new Set<string>()
  for (const directory of (shell.variables.get("PATH") ?? "").split(":")) {
    for (const { mode, name, type } of await listed(shell, directory)) {
      if (type !== "directory" && (mode & 0o111) !== 0 && name.startsWith(word)) found.add(name)
      if (found.size >= MAX_CANDIDATES) return Array.from(found)
    }
  }
  return Array.from(found)
}

const variableNames = (shell: Shell): ReadonlyArray<string> =>
  Array.from(new Set([...shell.variables.names(), ...shell.variables.dynamic.keys()]))

/** `/etc/passwd` and `/etc/group` by their first fields. */
const accounts = async (shell: Shell, path: string): Promise<ReadonlyArray<string>> => {
  try {
    const bytes = await shell.process.block(shell.machine.sys("readFile", path))
    return Buffer.from(bytes).toString("utf8").split("\n").map((line) => line.split(":")[0]).filter((name) =>
      name !== ""
    )
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error
    return []
  }
}

const jobNames = (shell: Shell, state?: "running" | "stopped"): ReadonlyArray<string> =>
  shell.jobs.list().filter((job) => state === undefined || stateOf(job) === state)
    .map(({ command }) => command.split(" ")[0])

type Action = (shell: Shell, word: string) => ReadonlyArray<string> | Promise<ReadonlyArray<string>>

const names = (of: (shell: Shell) => Iterable<string>): Action => (shell, word) =>
  Array.from(of(shell)).filter((name) => name.startsWith(word))

const texts = (found: ReadonlyArray<FileCandidate>): ReadonlyArray<string> => found.map(({ text }) => text)

/** Whatever may stand in the place of a command. */
export const commands: Action = async (shell, word) =>
  word.includes("/")
    ? texts(await files(shell, word, ({ isDirectory, mode }) => isDirectory || (mode & 0o111) !== 0))
    : [
      ...[...shell.aliases.keys(), ...keywords, ...shell.functions.keys(), ...builtins.names()]
        .filter((name) => name.startsWith(word)),
      ...await programs(shell, word)
    ]

/** The actions of `complete -A`. */
export const actions: Readonly<Record<string, Action>> = {
  alias: names((shell) => shell.aliases.keys()),
  arrayvar: names((shell) =>
    shell.variables.names().filter((name) => {
      const value = shell.variables.find(name)?.value
      return value instanceof IndexedArray || value instanceof AssociativeArray
    })
  ),
  binding: () => [],
  builtin: names(() => builtins.names()),
  command: commands,
  directory: async (shell, word) => texts(await files(shell, word, ({ isDirectory: is }) => is)),
  disabled: () => [],
  enabled: names(() => builtins.names()),
  export: names((shell) => shell.variables.environment().keys()),
  file: async (shell, word) => texts(await files(shell, word)),
  function: names((shell) => shell.functions.keys()),
  group: async (shell, word) => (await accounts(shell, "/etc/group")).filter((name) => name.startsWith(word)),
  helptopic: names(() => builtins.names()),
  hostname: names((shell) => [shell.machine.identity.hostname, "localhost"]),
  job: names((shell) => jobNames(shell)),
  keyword: names(() => keywords),
  running: names((shell) => jobNames(shell, "running")),
  service: () => [],
  setopt: names(() => setOptions.map(([name]) => name)),
  shopt: names(() => shoptNames),
  signal: names(() => signalNames.slice(1).filter((name) => name !== "").map((name) => `SIG${name}`)),
  stopped: names((shell) => jobNames(shell, "stopped")),
  user: async (shell, word) => (await accounts(shell, "/etc/passwd")).filter((name) => name.startsWith(word)),
  variable: names(variableNames)
}
