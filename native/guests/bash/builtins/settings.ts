/** set, shopt, umask. */
import { setOptions, shoptNames } from "../state/options.ts"
import type { Shell } from "../state/shell.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, parseFlags, print, refuse } from "./builtin.ts"
import { showAll } from "./declare.ts"

const byLetter = new Map(setOptions.filter(([, letter]) => letter !== "").map(([name, letter]) => [letter, name]))
const setNames = new Set(setOptions.map(([name]) => name))

const apply = (shell: Shell, name: string, on: boolean): void => {
  shell.options.set(name, on)
  if (name === "allexport") shell.variables.exportAll = on
  if (name === "posix") shell.isPosix = on
  if (name === "monitor") shell.jobControl = on
}

const listSet = async (shell: Shell, asCommands: boolean): Promise<void> => {
  for (const [name] of setOptions) {
    const on = shell.options.has(name)
    await print(shell, asCommands ? `set ${on ? "-" : "+"}o ${name}\n` : `${name.padEnd(15)}\t${on ? "on" : "off"}\n`)
  }
}

/** Applies the options at the front of the arguments; gives the index of the first that is none, or a status. */
export const applySetOptions = async (
  call: BuiltinCall,
  args: ReadonlyArray<string>
): Promise<{ readonly next: number; readonly status: number | undefined; readonly ended: boolean }> => {
  const { shell } = call
  let index = 0
  for (; index < args.length; index++) {
    const arg = args[index]
    if (arg === "--" || arg === "-") return { next: index + 1, status: undefined, ended: arg === "--" }
    if (!/^[-+]./.test(arg)) break
    const on = arg.startsWith("-")
    for (const letter of arg.slice(1)) {
      if (letter === "o") {
        const name = args[index + 1]
        if (name === undefined) {
          await listSet(shell, !on)
          continue
        }
        index++
        if (!setNames.has(name)) {
          return { next: index, status: await refuse(call, `${name}: invalid option name`, 2), ended: false }
        }
        apply(shell, name, on)
        continue
      }
      const name = byLetter.get(letter)
      if (name === undefined) {
        return { next: index, status: await invalidOption(call, `${arg[0]}${letter}`), ended: false }
      }
      apply(shell, name, on)
    }
  }
  return { next: index, status: undefined, ended: false }
}

const set: Builtin = async (call) => {
  const { args, shell } = call
  if (args.length === 0) return showAll(shell)
  const { ended, next, status } = await applySetOptions(call, args)
  if (status !== undefined) return status
  if (next < args.length || ended) shell.parameters = args.slice(next)
  return 0
}

const shopt: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, rest } = parseFlags(call.args, "opqsu")
  if (bad !== undefined) return invalidOption(call, bad)
  const names = flags.has("o") ? setOptions.map(([name]) => name) : shoptNames
  let status = 0
  for (const name of rest) {
    if (!names.includes(name)) {
      status = await refuse(call, `${name}: invalid ${flags.has("o") ? "" : "shell "}option name`)
      continue
    }
    if (flags.has("s") || flags.has("u")) apply(shell, name, flags.has("s"))
    else {
      if (!shell.options.has(name)) status = 1
      if (!flags.has("q")) await showOption(shell, name, flags)
    }
  }
  if (rest.length > 0) return status
  for (const name of names) {
    const on = shell.options.has(name)
    if ((flags.has("s") && !on) || (flags.has("u") && on)) continue
    await showOption(shell, name, flags)
  }
  return 0
}

const showOption = (shell: Shell, name: string, flags: ReadonlyMap<string, string>): Promise<void> => {
  const on = shell.options.has(name)
  if (flags.has("p")) {
    return print(shell, flags.has("o") ? `set ${on ? "-" : "+"}o ${name}\n` : `shopt ${on ? "-s" : "-u"} ${name}\n`)
  }
  return print(shell, `${name.padEnd(15)}\t${on ? "on" : "off"}\n`)
}

const permissions = (bits: number): string => `${bits & 4 ? "r" : ""}${bits & 2 ? "w" : ""}${bits & 1 ? "x" : ""}`

const symbolic = (umask: number): string => {
  const allowed = ~umask & 0o777
  return `u=${permissions(allowed >> 6)},g=${permissions((allowed >> 3) & 7)},o=${permissions(allowed & 7)}`
}

/** The mask after clauses such as `u=rwx,g-w`. */
const parseSymbolic = (text: string, umask: number): number | undefined => {
  let allowed = ~umask & 0o777
  for (const clause of text.split(",")) {
    const match = /^([ugoa]*)([-+=])([rwx]*)$/.exec(clause)
    if (match === null) return undefined
    const [, who, operator, what] = match
    const bits = (what.includes("r") ? 4 : 0) | (what.includes("w") ? 2 : 0) | (what.includes("x") ? 1 : 0)
    for (const [letter, shift] of [["u", 6], ["g", 3], ["o", 0]] as const) {
      if (who !== "" && !who.includes(letter) && !who.includes("a")) continue
      if (operator === "=") allowed = (allowed & ~(7 << shift)) | (bits << shift)
      else if (operator === "+") allowed |= bits << shift
      else allowed &= ~(bits << shift)
    }
  }
  return ~allowed & 0o777
}

const umask: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, rest: [mode] } = parseFlags(call.args, "pS")
  if (bad !== undefined) return invalidOption(call, bad)
  if (mode === undefined) {
    const text = flags.has("S") ? symbolic(shell.umask) : shell.umask.toString(8).padStart(4, "0")
    await print(shell, `${flags.has("p") ? `umask ${flags.has("S") ? "-S " : ""}` : ""}${text}\n`)
    return 0
  }
  if (/^\d/.test(mode)) {
    if (!/^[0-7]{1,4}$/.test(mode)) return refuse(call, `${mode}: octal number out of range`)
    shell.umask = Number.parseInt(mode, 8) & 0o777
    return 0
  }
  const next = parseSymbolic(mode, shell.umask)
  if (next === undefined) return refuse(call, `\`${mode[0]}': invalid symbolic mode operator`)
  shell.umask = next
  return 0
}

export const settingBuiltins: Readonly<Record<string, Builtin>> = { set, shopt, umask }
