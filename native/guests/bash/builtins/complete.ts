/** complete, compgen, compopt. */
import { actions } from "../completion/candidates.ts"
import { type CompletionSpec, possibilities } from "../completion/specs.ts"
import type { Shell } from "../state/shell.ts"
import { quoteSingle } from "../text.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, parseFlags, print, refuse, usage } from "./builtin.ts"

/** Commands with a specification, at most. */
const MAX_SPECS = 10_000

const letters: Readonly<Record<string, string>> = {
  a: "alias",
  b: "builtin",
  c: "command",
  d: "directory",
  e: "export",
  f: "file",
  g: "group",
  j: "job",
  k: "keyword",
  s: "service",
  u: "user",
  v: "variable"
}

const optionNames = new Set([
  "bashdefault",
  "default",
  "dirnames",
  "filenames",
  "noquote",
  "nosort",
  "nospace",
  "plusdirs"
])

const SPEC = "abcdefgjksuvo:A:G:W:F:C:X:P:S:"

interface Parsed {
  readonly spec: CompletionSpec
  readonly flags: ReadonlyMap<string, string>
  readonly rest: ReadonlyArray<string>
}

/** Options may come more than once, so that -o and -A are gathered. */
const parse = async (call: BuiltinCall, more: string): Promise<Parsed | number> => {
  const found: Array<string> = []
  const options = new Set<string>()
  for (const [index, arg] of call.args.entries()) {
    const previous = call.args[index - 1] ?? ""
    if (/^-[a-z]*o$/.test(previous)) options.add(arg)
    else if (/^-[a-z]*A$/.test(previous)) found.push(arg)
    else if (arg === "--" || !/^-./.test(arg)) { if (!/^-[a-zA-Z]*[oAGWFCXPS]$/.test(previous)) break }
  }
  const { bad, flags, lacking, rest } = parseFlags(call.args, SPEC + more)
  if (bad !== undefined) return invalidOption(call, bad)
  if (lacking !== undefined) {
    await refuse(call, `${lacking}: option requires an argument`)
    return usage(call)
  }
  if (flags.has("o")) options.add(flags.get("o")!)
  if (flags.has("A") && !found.includes(flags.get("A")!)) found.push(flags.get("A")!)
  for (const name of options) {
    if (!optionNames.has(name)) return refuse(call, `${name}: invalid option name`, 2)
  }
  for (const name of found) if (!Object.hasOwn(actions, name)) return refuse(call, `${name}: invalid action name`, 2)
  if (flags.has("C")) return refuse(call, "-C: commands are not run for completions; use -F with a function", 2)
  for (const [letter, action] of Object.entries(letters)) if (flags.has(letter)) found.push(action)
  return {
    spec: {
      actions: Object.keys(actions).filter((name) => found.includes(name)),
      wordList: flags.get("W"),
      functionName: flags.get("F"),
      filter: flags.get("X"),
      prefix: flags.get("P"),
      suffix: flags.get("S"),
      glob: flags.get("G"),
      options
    },
    flags,
    rest
  }
}

const compgen: Builtin = async (call) => {
  const { shell } = call
  const parsed = await parse(call, "")
  if (typeof parsed === "number") return parsed
  const [word = ""] = parsed.rest
  const found = await possibilities(shell, parsed.spec, {
    line: word,
    cursor: word.length,
    command: "compgen",
    word,
    previous: ""
  })
  if (found === "again" || found.length === 0) return 1
  await print(shell, `${found.join("\n")}\n`)
  return 0
}

const isDefault = (name: string): boolean => name === "-D" || name === "-E" || name === "-I"

const shownSpec = (name: string, spec: CompletionSpec): string => {
  const parts = ["complete"]
  for (const option of spec.options) parts.push("-o", option)
  for (const action of spec.actions) {
    const letter = Object.entries(letters).find(([, each]) => each === action)?.[0]
    parts.push(...(letter === undefined ? ["-A", action] : [`-${letter}`]))
  }
  const valued = [
    ["-G", spec.glob],
    ["-W", spec.wordList],
    ["-P", spec.prefix],
    ["-S", spec.suffix],
    ["-X", spec.filter]
  ] as const
  for (const [flag, value] of valued) if (value !== undefined) parts.push(flag, quoteSingle(value))
  if (spec.functionName !== undefined) parts.push("-F", spec.functionName)
  return `${[...parts, name].join(" ")}\n`
}

const showSpecs = async (call: BuiltinCall, names: ReadonlyArray<string>): Promise<number> => {
  const { shell } = call
  let status = 0
  for (const name of names.length === 0 ? shell.completions.keys() : names) {
    const spec = shell.completions.get(name)
    if (spec === undefined) status = await refuse(call, `${name}: no completion specification`)
    else await print(shell, shownSpec(name, spec))
  }
  return status
}

const change = (shell: Shell, by: (completions: Map<string, CompletionSpec>) => void): void => {
  const next = new Map(shell.completions)
  by(next)
  shell.completions = next
}

const complete: Builtin = async (call) => {
  const { shell } = call
  if (call.args.length === 0) return showSpecs(call, [])
  const parsed = await parse(call, "prDEI")
  if (typeof parsed === "number") return parsed
  const { flags, rest, spec } = parsed
  const names = [...["D", "E", "I"].filter((flag) => flags.has(flag)).map((flag) => `-${flag}`), ...rest]
  if (flags.has("p")) return showSpecs(call, names)
  if (flags.has("r")) {
    if (names.length === 0) shell.completions = new Map()
    let status = 0
    for (const name of names) {
      if (!shell.completions.has(name)) status = await refuse(call, `${name}: no completion specification`)
      else change(shell, (next) => next.delete(name))
    }
    return status
  }
  if (names.length === 0) return usage(call)
  if (shell.completions.size + names.length > MAX_SPECS) return refuse(call, "too many specifications")
  change(shell, (next) => {
    for (const name of names) next.set(name, spec)
  })
  return 0
}

/** Changes options of specifications, or of the completion under way. */
const compopt: Builtin = async (call) => {
  const { args, shell } = call
  const on = new Set<string>()
  const off = new Set<string>()
  const names: Array<string> = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]
    if (arg === "-o" || arg === "+o") {
      const name = args[++at] ?? ""
      if (!optionNames.has(name)) return refuse(call, `${name}: invalid option name`, 2)
      const set = arg === "-o" ? on : off
      set.add(name)
    } else if (isDefault(arg) || !/^[-+]./.test(arg)) names.push(arg)
    else return invalidOption(call, arg)
  }
  if (names.length === 0) {
    const { completionOptions } = shell
    if (completionOptions === undefined) return refuse(call, "not currently executing completion function")
    for (const name of on) completionOptions.add(name)
    for (const name of off) completionOptions.delete(name)
    return 0
  }
  let status = 0
  for (const name of names) {
    const spec = shell.completions.get(name)
    if (spec === undefined) {
      status = await refuse(call, `${name}: no completion specification`)
      continue
    }
    const options = new Set([...spec.options, ...on].filter((each) => !off.has(each)))
    change(shell, (next) => next.set(name, { ...spec, options }))
  }
  return status
}

export const completionBuiltins: Readonly<Record<string, Builtin>> = { complete, compgen, compopt }
