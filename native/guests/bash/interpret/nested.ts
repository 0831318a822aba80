/** Shells as programs: `bash script`, `bash -c`, `sh`, and the main shell of a command of the host. */
import type { SpawnSession } from "../../protocol.ts"
import { SystemCallError } from "../../shell/client.ts"
import { resolvePath } from "../../shell/paths.ts"
import { applySetOptions } from "../builtins/settings.ts"
import { runInteractive } from "../interactive/loop.ts"
import { beginControl, mindSignals } from "../interactive/signals.ts"
import { parseScript, Unit } from "../parse/script.ts"
import type { Process } from "../processes/process.ts"
import { Conversation } from "../state/conversation.ts"
import { shoptNames } from "../state/options.ts"
import { restoreShell, saveShell } from "../state/session-state.ts"
import { bindEvaluate, Shell } from "../state/shell.ts"
import { IndexedArray, plain } from "../state/values.ts"
import { isName } from "../state/variables.ts"
import { Terminal } from "../terminal/terminal.ts"
import { TerminalFile } from "../terminal/terminal-file.ts"
import { decodeText } from "../text.ts"
import { evaluateText } from "./evaluate.ts"
import type { ExecContext } from "./external.ts"
import { shellStatus } from "./fork.ts"
import { endJobs } from "./notify.ts"
import { runInput } from "./script-input.ts"
import { parseShellArguments } from "./shell-arguments.ts"
import type { Startup } from "./startup.ts"
import { plainStartup, runStartup } from "./startup.ts"

export interface ShellStart {
  /** Text of `-c`, of a file, or what standard input holds. */
  readonly kind: "command" | "script" | "input"
  /** `$0`. */
  readonly name: string
  readonly source: string
  readonly parameters: ReadonlyArray<string>
  /** Arguments of `set` to begin with. */
  readonly options?: ReadonlyArray<string> | undefined
  /** Options of `shopt` to begin with. */
  readonly shopts?: ReadonlyArray<readonly [name: string, on: boolean]> | undefined
  readonly posix?: boolean | undefined
  /** What is run before the script; by default what BASH_ENV names. */
  readonly startup?: Startup | "none" | undefined
  /** The shell session that it goes on with. */
  readonly session?: SpawnSession | undefined
}

const VERSION = "GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n"
const BASH_VERSION = ["5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"]

const initialize = (shell: Shell, env: ReadonlyMap<string, string>): void => {
  const { machine: { identity }, variables } = shell
  for (const [name, value] of env) {
    if (isName(name)) variables.put(name, { ...plain, exported: true, value })
    else importFunction(shell, name, value)
  }
  const set = (name: string, value: string) => variables.put(name, { ...plain, value })
  const readonly = (name: string, value: string) =>
    variables.put(name, { ...plain, readonly: true, integer: true, value })
  set("IFS", " \t\n")
  set("OPTIND", "1")
  set("PS4", "+ ")
  set("OSTYPE", "linux-gnu")
  set("MACHTYPE", "x86_64-pc-linux-gnu")
  set("HOSTTYPE", "x86_64")
  set("HOSTNAME", identity.hostname)
  set("BASH", "/bin/bash")
  set("BASH_VERSION", "5.2.15(1)-release")
  variables.put("BASH_VERSINFO", { ...plain, readonly: true, value: IndexedArray.of(BASH_VERSION) })
  if (variables.own("PATH") === undefined) set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
  readonly("UID", String(identity.uid))
  readonly("EUID", String(identity.uid))
  readonly("PPID", String(shell.process.parent?.pid ?? 1))
  variables.put("PWD", { ...plain, exported: true, value: shell.cwd })
  if (variables.own("OLDPWD") === undefined) variables.put("OLDPWD", { ...plain, exported: true, value: undefined })
  const level = Number(env.get("SHLVL") ?? "0")
  variables.put("SHLVL", { ...plain, exported: true, value: String((Number.isInteger(level) ? level : 0) + 1) })
}

const importFunction = (shell: Shell, key: string, value: string): void => {
  const name = /^BASH_FUNC_(.+)%%$/.exec(key)?.[1]
  if (name === undefined) return
  const source = `${name} () ${value.replace(/^\(\)\s*/, "")}`
  const command = parseScript(source).commands[0]?.command
  if (command?.type !== "Function") return
  shell.functions.set(name, { name, node: command, unit: new Unit(source), file: "environment" })
  shell.exportedFunctions.add(name)
}

/** What a shell has that somebody types to. */
const beInteractive = (shell: Shell, { edits }: Startup): void => {
  shell.isInteractive = true
  shell.isTerse = true
  for (const name of ["expand_aliases", "histexpand", "history"]) shell.options.set(name, true)
  shell.options.set("emacs", edits)
  const set = (name: string, value: string) => {
    if (shell.variables.own(name) === undefined) shell.variables.put(name, { ...plain, value })
  }
  set("PS1", "\\s-\\v\\$ ")
  set("PS2", "> ")
  const home = shell.variables.get("HOME") ?? "/"
  set("HISTFILE", `${home}/${shell.isPosix ? ".sh_history" : ".bash_history"}`)
}

/** The terminal that a shell talks at, if it was started to do that. */
const terminalOf = (shell: Shell, { kind, startup }: ShellStart): Terminal | undefined => {
  if (startup === undefined || startup === "none" || !startup.interactive || kind === "script") return undefined
  const { descriptors, session } = shell.process
  for (const fd of [0, 2]) {
    const file = descriptors.get(fd)
    if (file instanceof TerminalFile) return file.terminal
  }
  // with -i a shell looks for the terminal of its session
  return session.terminal instanceof Terminal ? session.terminal : undefined
}

/** Job control at the terminal; without one an interactive shell says that it has none. */
const beginJobs = async (
  shell: Shell,
  { kind, posix, startup }: ShellStart,
  terminal: Terminal | undefined
): Promise<() => void> => {
  if (terminal !== undefined) return beginControl(shell, terminal)
  if (startup !== undefined && startup !== "none" && startup.interactive) {
    const name = kind !== "script" ? shell.prefix : posix === true ? "sh" : "bash"
    mindSignals(shell)
    await shell.tell(`${name}: cannot set terminal process group (-1): Inappropriate ioctl for device\n`)
    await shell.tell(`${name}: no job control in this shell\n`)
  }
  return () => {}
}

/** Runs what a shell was started for. */
const runStart = async (shell: Shell, start: ShellStart, terminal: Terminal | undefined): Promise<number> => {
  const { kind, startup } = start
  const control = await beginJobs(shell, start, terminal)
  if (startup !== undefined && startup !== "none" && startup.interactive && kind === "input") {
    shell.conversation = new Conversation()
  }
  try {
    const refusal = await begin(shell, start)
    if (refusal !== undefined) return refusal
    if (start.kind !== "input") return await evaluateText(shell, start.source, "main")
    return await (shell.conversation === undefined ? runInput(shell) : runInteractive(shell, terminal))
  } finally {
    control()
  }
}

/** Options, then the files that are run first; a status when the shell is not to run at all. */
const begin = async (shell: Shell, start: ShellStart): Promise<number | undefined> => {
  const { options = [], shopts = [], startup = plainStartup } = start
  if (start.posix === true) {
    shell.isPosix = true
    shell.options.set("posix", true)
    shell.options.set("expand_aliases", true)
    if (shell.variables.own("POSIXLY_CORRECT") === undefined) {
      shell.variables.put("POSIXLY_CORRECT", { ...plain, value: "y" })
    }
  }
  for (const [name, on] of shopts) {
    if (shoptNames.includes(name)) shell.options.set(name, on)
    else {
      await shell.complain(`${name}: invalid shell option name`, 0)
      return 2
    }
  }
  if (startup !== "none" && startup.login) shell.options.set("login_shell", true)
  if (startup !== "none" && startup.interactive) beInteractive(shell, startup)
  if (options.length > 0) {
    const { status } = await applySetOptions({ shell, name: shell.prefix, args: options, declared: [] }, options)
    if (status !== undefined) return status
  }
  if (startup !== "none") await runStartup(shell, startup)
  return undefined
}

/** Runs a shell in a process to its end. */
export const runNested = async (context: ExecContext, start: ShellStart): Promise<number> => {
  const shell = new Shell(context.machine, context.process, context.process.pid)
  bindEvaluate(shell)
  shell.cwd = context.cwd
  shell.umask = context.umask
  shell.name = start.name
  shell.prefix = start.name
  shell.file = start.kind === "command" ? "main" : start.name
  shell.parameters = start.parameters
  shell.startedAt = Date.now()
  shell.random = ((Math.random() * 0x7fffffff) | 0) || 1
  shell.isMain = start.kind === "command"
  if (shell.isMain) shell.fatalStatus = 127
  shell.origin = start.kind
  if (start.session !== undefined) return runInSession(shell, context, start, start.session)
  initialize(shell, context.env)
  const terminal = terminalOf(shell, start)
  const status = await shellStatus(shell, () => runStart(shell, start, terminal))
  endJobs(shell)
  return status
}

/** Runs a script in the shell that the session's last one has left, and keeps what this one leaves. */
const runInSession = async (
  shell: Shell,
  context: ExecContext,
  start: ShellStart,
  { maxBytes, state }: SpawnSession
): Promise<number> => {
  const goOn = async () => {
    if (state === undefined) return runStart(shell, start, undefined)
    restoreShell(shell, state)
    if (start.parameters.length > 0) shell.parameters = start.parameters
    await give(shell, context)
    return evaluateText(shell, start.source, "main")
  }
  if (state === undefined) initialize(shell, context.env)
  shell.status = (await shellStatus(shell, goOn, true)) & 0xff
  endJobs(shell)
  await shell.process.block(shell.machine.sysAs(shell.process, "saveSession", saveShell(shell, maxBytes)))
  return shell.status
}

/** Sets in a session what the host has said, as `cd` and `export` before the script would. */
const give = async (shell: Shell, { cwd, env }: ExecContext): Promise<void> => {
  const { variables } = shell
  for (const [name, value] of env) {
    if (!isName(name)) importFunction(shell, name, value)
    else if (variables.own(name)?.readonly === true) await shell.complain(`${name}: readonly variable`, 0)
    else {
      variables.set(name, value)
      variables.mark(name, { exported: true })
    }
  }
  if (cwd === shell.cwd) return
  variables.set("OLDPWD", variables.get("PWD") ?? shell.cwd)
  shell.cwd = cwd
  variables.set("PWD", cwd)
}

/** Somebody types, and sees what is said. */
const isAtTerminal = ({ descriptors }: Process): boolean =>
  descriptors.get(0)?.isTerminal === true && descriptors.get(2)?.isTerminal === true

/** `bash` and `sh`. */
export const runShellProgram = async (
  context: ExecContext,
  argv: ReadonlyArray<string>
): Promise<number> => {
  const { process } = context
  const given = parseShellArguments(argv)
  const { command, options, posix, problem, rest, shopts, stdin, version } = given
  const name = argv[0].replace(/^-/, "")
  const say = async (text: string, status: number) => {
    await process.descriptors.get(2)?.write(process, Buffer.from(`${name}: ${text}\n`))
    return status
  }
  if (problem !== undefined) return say(problem, 2)
  if (version) {
    await process.descriptors.get(1)?.write(process, Buffer.from(VERSION))
    return 0
  }
  const talks = !command && (stdin || rest.length === 0) && isAtTerminal(process)
  const startup = talks ? { ...given.startup, interactive: true } : given.startup
  const start = { options, posix, shopts, startup }
  if (command) {
    const [source, zero = argv[0], ...parameters] = rest
    if (source === undefined) return say("-c: option requires an argument", 2)
    return runNested(context, { ...start, kind: "command", name: zero, source, parameters })
  }
  if (stdin || rest.length === 0) {
    return runNested(context, { ...start, kind: "input", name: argv[0], source: "", parameters: rest })
  }
  const [path, ...parameters] = rest
  try {
    const bytes = await process.block(context.machine.sys("readFile", resolvePath(context.cwd, path)))
    return await runNested(context, { ...start, kind: "script", name: path, source: decodeText(bytes), parameters })
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code === "ECANCELED") throw error
    if (error.code === "EISDIR") return say(`${path}: ${path}: Is a directory`, 126)
    return say(`${path}: ${error.reason}`, error.code === "EACCES" ? 126 : 127)
  }
}
