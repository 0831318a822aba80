/** What a builtin is given and how it refuses. */
import type { Assignment } from "unbash"
import type { Shell } from "../state/shell.ts"

/** An array assignment among the arguments, by its place in the command. */
export interface Declared {
  readonly node: Assignment
  readonly at: number
}

export interface BuiltinCall {
  readonly shell: Shell
  readonly name: string
  readonly args: ReadonlyArray<string>
  readonly declared: ReadonlyArray<Declared>
}

export type Builtin = (call: BuiltinCall) => Promise<number> | number

/** Writes to standard output. */
export const print = async (shell: Shell, text: string): Promise<void> => {
  const pending = shell.write(1, text)
  if (pending !== undefined) await pending
}

export const refuse = async (call: BuiltinCall, message: string, status = 1): Promise<number> => {
  await call.shell.complain(`${call.name}: ${message}`)
  return status
}

const usages: Readonly<Record<string, string>> = {
  bind:
    "bind [-lpsvPSVX] [-m keymap] [-f filename] [-q name] [-u name] [-r keyseq] [-x keyseq:shell-command] [keyseq:readline-function or readline-command]",
  caller: "caller [expr]",
  cd: "cd [-L|[-P [-e]] [-@]] [dir]",
  declare: "declare [-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]",
  read:
    "read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]",
  getopts: "getopts optstring name [arg ...]",
  kill: "kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]",
  ulimit: "ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]",
  source: "source filename [arguments]",
  ".": ". filename [arguments]",
  unset: "unset [-f] [-v] [-n] [name ...]",
  printf: "printf [-v var] format [arguments]",
  mapfile: "mapfile [-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]",
  export: "export [-fn] [name[=value] ...] or export -p",
  readonly: "readonly [-aAf] [name[=value] ...] or readonly -p",
  set: "set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]",
  shopt: "shopt [-pqsu] [-o] [optname ...]",
  trap: "trap [-lp] [[arg] signal_spec ...]",
  type: "type [-afptP] name [name ...]",
  wait: "wait [-fn] [-p var] [id ...]",
  alias: "alias [-p] [name[=value] ... ]",
  unalias: "unalias [-a] name [name ...]",
  hash: "hash [-lr] [-p pathname] [-dt] [name ...]",
  command: "command [-pVv] command [arg ...]",
  jobs: "jobs [-lnprs] [jobspec ...] or jobs -x command [args]",
  let: "let arg [arg ...]"
}

export const usage = async (call: BuiltinCall): Promise<number> => {
  await call.shell.tell(`${call.name}: usage: ${usages[call.name] ?? call.name}\n`)
  return 2
}

export const invalidOption = async (call: BuiltinCall, option: string): Promise<number> => {
  await call.shell.complain(`${call.name}: ${option}: invalid option`)
  return usage(call)
}

export interface ParsedOptions {
  readonly flags: ReadonlyMap<string, string>
  readonly rest: ReadonlyArray<string>
  /** The option that there is not. */
  readonly bad: string | undefined
  /** The option whose argument is missing. */
  readonly lacking: string | undefined
}

/** Short options; a letter followed by ":" takes an argument. */
export const parseFlags = (args: ReadonlyArray<string>, spec: string): ParsedOptions => {
  const flags = new Map<string, string>()
  let index = 0
  for (; index < args.length; index++) {
    const arg = args[index]
    if (arg === "--") {
      index++
      break
    }
    if (!/^-./.test(arg)) break
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at]
      const place = letter === ":" ? -1 : spec.indexOf(letter)
      if (place < 0) return { flags, rest: [], bad: `-${letter}`, lacking: undefined }
      if (spec[place + 1] !== ":") {
        flags.set(letter, "")
        continue
      }
      const value = at + 1 < arg.length ? arg.slice(at + 1) : args[++index]
      if (value === undefined) return { flags, rest: [], bad: undefined, lacking: `-${letter}` }
      flags.set(letter, value)
      break
    }
  }
  return { flags, rest: args.slice(index), bad: undefined, lacking: undefined }
}
