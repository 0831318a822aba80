/** Builtins that steer the shell: exit, return, loops, eval, source, exec. */
import { isErrno, SystemCallError } from "../../shell/client.ts"
import { Exit } from "../errors.ts"
import { calculate } from "../expand/arithmetic.ts"
import { mayLeave } from "../interactive/leave.ts"
import { evaluateText } from "../interpret/evaluate.ts"
import { findProgram, fits, runFound, TOO_LONG } from "../interpret/external.ts"
import { returned } from "../interpret/functions.ts"
import { openForReading } from "../interpret/open.ts"
import { readAll } from "../interpret/substitution.ts"
import { runExitTrap } from "../interpret/traps.ts"
import { signalName } from "../processes/signals.ts"
import type { Shell } from "../state/shell.ts"
import { IndexedArray } from "../state/values.ts"
import { decodeText } from "../text.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, parseFlags, print, refuse, usage } from "./builtin.ts"

const MAX_SOURCE_DEPTH = 100

const statusArgument = async (call: BuiltinCall): Promise<number> => {
  const { args, shell } = call
  const rest = args[0] === "--" ? args.slice(1) : args
  if (rest.length === 0) return shell.status
  if (!/^[+-]?\d+$/.test(rest[0])) {
    await refuse(call, `${rest[0]}: numeric argument required`)
    return 2
  }
  return Number(BigInt(rest[0]) & 0xffn)
}

/** A person is told, and asked once more when something is left stopped. */
const leaves = async ({ shell }: BuiltinCall): Promise<boolean> => {
  if (shell.conversation === undefined) return true
  await shell.tell(shell.options.has("login_shell") ? "logout\n" : "exit\n")
  return mayLeave(shell)
}

const exit: Builtin = async (call) => {
  if (!await leaves(call)) return 1
  const status = await statusArgument(call)
  if (call.args.length > 1 && status !== 2) return refuse(call, "too many arguments")
  // here, so that it still sees what is local to the function that ends the shell
  throw new Exit(call.shell.calls.length > 0 ? await runExitTrap(call.shell, status) : status)
}

const returns: Builtin = async (call) => {
  const { shell } = call
  if (shell.calls.length === 0 && shell.sourceDepth === 0) {
    return refuse(call, "can only `return' from a function or sourced script", 2)
  }
  const before = shell.status
  shell.status = await statusArgument(call)
  shell.flow = { kind: "return", before, status: shell.status }
  return shell.status
}

const jump = (kind: "break" | "continue"): Builtin => async (call) => {
  const { args: [levels = "1"], shell } = call
  if (shell.loopDepth === 0) {
    await refuse(call, "only meaningful in a `for', `while', or `until' loop")
    return 0
  }
  if (!/^[+-]?\d+$/.test(levels)) {
    await refuse(call, `${levels}: numeric argument required`)
    throw new Exit(128)
  }
  if (Number(levels) < 1) {
    shell.flow = { kind: "break", levels: shell.loopDepth }
    return refuse(call, `${levels}: loop count out of range`)
  }
  shell.status = 0
  shell.flow = { kind, levels: Math.min(Number(levels), shell.loopDepth) }
  return 0
}

const evaluate: Builtin = ({ args, shell }) => {
  const words = args[0] === "--" ? args.slice(1) : args
  const text = words.join(" ")
  return text.trim() === "" ? 0 : evaluateText(shell, text, "eval")
}

/** Where `source` finds a file: by path, along PATH, in the directory. */
const readSource = async (shell: Shell, name: string): Promise<Uint8Array | undefined> => {
  const candidates = name.includes("/")
    ? [name]
    : [...(shell.variables.get("PATH") ?? "").split(":").map((directory) => `${directory}/${name}`), name]
  for (const candidate of candidates) {
    try {
      const file = await openForReading(shell, candidate)
      try {
        return await readAll(file, shell.process)
      } finally {
        void file.release()
      }
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ENOTDIR") || candidate === candidates[candidates.length - 1]) {
        if (error instanceof SystemCallError && error.code !== "ECANCELED") {
          await shell.complain(`${name}: ${error.code === "EISDIR" ? "is a directory" : error.reason}`)
          return undefined
        }
        throw error
      }
    }
  }
  return undefined
}

const source: Builtin = async (call) => {
  const { args: [name, ...parameters], shell } = call
  if (name === undefined) {
    await refuse(call, "filename argument required")
    return usage(call)
  }
  const bytes = await readSource(shell, name)
  if (bytes === undefined) return 1
  if (shell.sourceDepth >= MAX_SOURCE_DEPTH) return refuse(call, "maximum source nesting level exceeded (100)")
  const { calls, file, loopDepth, prefix } = shell
  const before = shell.parameters
  if (parameters.length > 0) shell.parameters = parameters
  shell.calls = [{ name: "source", file: name, line: shell.line }, ...calls]
  shell.file = name
  shell.prefix = name
  shell.sourceDepth++
  let status: number
  try {
    status = await evaluateText(shell, decodeText(bytes), "source")
  } finally {
    shell.sourceDepth--
    Object.assign(shell, { calls, file, loopDepth, prefix })
    if (parameters.length > 0) shell.parameters = before
  }
  return returned(shell, status)
}

/** Where the function or the sourced file under way was called from. */
const caller: Builtin = async (call) => {
  const { args, shell } = call
  const list = (name: string): ReadonlyArray<string> => {
    const value = shell.variables.dynamic.get(name)?.get()
    return value instanceof IndexedArray ? value.values() : []
  }
  if (shell.calls.length === 0 && shell.origin !== "script") return 1
  const words = args[0] === "--" ? args.slice(1) : args
  if (/^-./.test(words[0] ?? "") && words === args) return invalidOption(call, words[0].slice(0, 2))
  const [lines, sources, names] = [list("BASH_LINENO"), list("BASH_SOURCE"), list("FUNCNAME")]
  if (words.length === 0) {
    await print(shell, `${lines[0] ?? "NULL"} ${sources[1] ?? "NULL"}\n`)
    return 0
  }
  if (!/^\s*[+-]?\d+\s*$/.test(words[0])) {
    await refuse(call, `${words[0]}: invalid number`)
    return usage(call)
  }
  const index = Number(words[0])
  const [line, source, name] = [lines[index], sources[index + 1], names[index + 1]]
  if (line === undefined || source === undefined || name === undefined) return 1
  await print(shell, `${line} ${name} ${source}\n`)
  return 0
}

const exec: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, rest } = parseFlags(call.args, "cla:")
  if (bad !== undefined) return invalidOption(call, bad)
  if (rest.length === 0) {
    shell.keepsRedirections = true
    return 0
  }
  const env = flags.has("c") ? new Map<string, string>() : shell.variables.environment()
  // a shell that takes this one's place is as deep as this one
  const level = Number(env.get("SHLVL"))
  if (level > 0) env.set("SHLVL", String(level - 1))
  const context = { machine: shell.machine, process: shell.process, cwd: shell.cwd, umask: shell.umask, env }
  const found = await findProgram(context, rest[0], shell.variables.get("PATH"))
  if (found.kind === "missing") {
    await refuse(call, found.status === 127 ? `${rest[0]}: not found` : found.message)
    if (shell.options.has("execfail") || shell.isInteractive) return found.status
    throw new Exit(found.status)
  }
  if (!fits(context, rest)) {
    await shell.complain(`${found.path}: ${TOO_LONG}`)
    if (shell.options.has("execfail") || shell.isInteractive) return 126
    throw new Exit(126)
  }
  // The shell is gone: its traps are not run.
  shell.traps.delete("EXIT")
  shell.process.caught.clear()
  for (const signal of shell.ownIgnored) if (!shell.traps.has(signalName(signal))) shell.process.ignored.delete(signal)
  const name = flags.get("a")
  throw new Exit(await runFound(context, found, name === undefined ? rest : [name, ...rest.slice(1)]))
}

const letBuiltin: Builtin = async (call) => {
  if (call.args.length === 0) return refuse(call, "expression expected")
  let value: number | bigint = 0
  for (const text of call.args) value = calculate(call.shell, text)
  return Number(value) === 0 ? 1 : 0
}

const shift: Builtin = async (call) => {
  const { args: [count = "1"], shell } = call
  if (!/^[+-]?\d+$/.test(count)) return refuse(call, `${count}: numeric argument required`)
  const by = Number(count)
  if (by < 0) return refuse(call, `${count}: shift count out of range`)
  if (by > shell.parameters.length) return 1
  shell.parameters = shell.parameters.slice(by)
  return 0
}

export const flowBuiltins: Readonly<Record<string, Builtin>> = {
  ":": () => 0,
  true: () => 0,
  false: () => 1,
  exit,
  logout: (call) => call.shell.options.has("login_shell") ? exit(call) : refuse(call, "not login shell: use `exit'"),
  return: returns,
  break: jump("break"),
  continue: jump("continue"),
  eval: evaluate,
  caller,
  source,
  ".": source,
  exec,
  let: letBuiltin,
  shift
}
