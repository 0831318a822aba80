/** Shells as programs: `bash script`, `bash -c`, `sh`, and the main shell of a command of the host. */
import { SystemCallError } from "../../shell/client.ts"
import { resolvePath } from "../../shell/paths.ts"
import { applySetOptions } from "../builtins/settings.ts"
import { parseScript, Unit } from "../parse/script.ts"
import { bindEvaluate, Shell } from "../state/shell.ts"
import { IndexedArray, plain } from "../state/values.ts"
import { isName } from "../state/variables.ts"
import { decodeText } from "../text.ts"
import { evaluateText } from "./evaluate.ts"
import type { ExecContext } from "./external.ts"
import { shellStatus } from "./fork.ts"
import { readAll } from "./substitution.ts"

export interface ShellStart {
  readonly kind: "command" | "script"
  /** `$0`. */
  readonly name: string
  readonly source: string
  readonly parameters: ReadonlyArray<string>
  /** Arguments of `set` to begin with. */
  readonly options?: ReadonlyArray<string> | undefined
  readonly isMain?: boolean | undefined
  readonly posix?: boolean | undefined
}

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
  shell.isPosix = start.posix === true
  if (shell.isPosix) shell.options.set("expand_aliases", true)
  initialize(shell, context.env)
  return shellStatus(shell, async () => {
    if (start.options !== undefined && start.options.length > 0) {
      await applySetOptions({ shell, name: "set", args: start.options, declared: [] }, start.options)
    }
    return evaluateText(shell, start.source, "main")
  })
}

interface Arguments {
  readonly command: boolean
  readonly options: ReadonlyArray<string>
  readonly rest: ReadonlyArray<string>
  readonly stdin: boolean
}

const longOptions = new Set(["--norc", "--noprofile", "--posix", "--login", "--restricted", "--noediting", "--verbose"])

const parseArguments = (args: ReadonlyArray<string>): Arguments => {
  const options: Array<string> = []
  let command = false
  let stdin = false
  let index = 0
  for (; index < args.length; index++) {
    const arg = args[index]
    if (arg === "--" || arg === "-") {
      index++
      break
    }
    if (longOptions.has(arg)) continue
    if (!/^[-+]./.test(arg)) break
    let letters = ""
    for (const letter of arg.slice(1)) {
      if (letter === "c") command = true
      else if (letter === "s") stdin = true
      else if (letter === "o") options.push(`${arg[0]}o`, args[++index] ?? "")
      else if (letter === "O") index++
      else if (letter !== "i" && letter !== "l") letters += letter
    }
    if (letters !== "") options.push(arg[0] + letters)
  }
  return { command, options, rest: args.slice(index), stdin }
}

/** `bash` and `sh`. */
export const runShellProgram = async (
  context: ExecContext,
  argv: ReadonlyArray<string>
): Promise<number> => {
  const { process } = context
  const { command, options, rest, stdin } = parseArguments(argv.slice(1))
  const posix = argv[0].endsWith("sh") && !argv[0].endsWith("bash")
  const say = async (text: string, status: number) => {
    await process.descriptors.get(2)?.write(process, Buffer.from(`${argv[0]}: ${text}\n`))
    return status
  }
  if (argv[1] === "--version") {
    await process.descriptors.get(1)?.write(
      process,
      Buffer.from("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n")
    )
    return 0
  }
  if (command) {
    const [source, name = argv[0], ...parameters] = rest
    if (source === undefined) return say("-c: option requires an argument", 2)
    return runNested(context, { kind: "command", name, source, parameters, options, posix })
  }
  if (stdin || rest.length === 0) {
    const file = process.descriptors.get(0)
    const source = file === undefined ? "" : decodeText(await readAll(file, process))
    return runNested(context, { kind: "script", name: argv[0], source, parameters: rest, options, posix })
  }
  const [path, ...parameters] = rest
  try {
    const bytes = await process.block(context.machine.sys("readFile", resolvePath(context.cwd, path)))
    return await runNested(context, {
      kind: "script",
      name: path,
      source: decodeText(bytes),
      parameters,
      options,
      posix
    })
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code === "ECANCELED") throw error
    if (error.code === "EISDIR") return say(`${path}: ${path}: Is a directory`, 126)
    return say(`${path}: ${error.reason}`, error.code === "EACCES" ? 126 : 127)
  }
}
