/** Builtins about names: alias, type, command, builtin, hash, enable, help. */
import { findProgram, programContext } from "../interpret/external.ts"
import { printFunction } from "../interpret/print.ts"
import { callBuiltin, runWords } from "../interpret/simple.ts"
import { quoteSingle } from "../text.ts"
import { builtins } from "./all.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, parseFlags, print, refuse, usage } from "./builtin.ts"

/** The words that the grammar keeps for itself. */
export const keywords: ReadonlySet<string> = new Set([
  "if",
  "then",
  "else",
  "elif",
  "fi",
  "case",
  "esac",
  "for",
  "select",
  "while",
  "until",
  "do",
  "done",
  "in",
  "function",
  "time",
  "{",
  "}",
  "!",
  "[[",
  "]]",
  "coproc"
])

const alias: Builtin = async (call) => {
  const { args, shell } = call
  const names = args.filter((arg) => arg !== "-p" && arg !== "--")
  let status = 0
  if (names.length === 0) {
    for (const [name, text] of Array.from(shell.aliases).sort()) {
      await print(shell, `alias ${name}=${quoteSingle(text)}\n`)
    }
  }
  for (const arg of names) {
    const equals = arg.indexOf("=")
    if (equals > 0) shell.aliases = new Map(shell.aliases).set(arg.slice(0, equals), arg.slice(equals + 1))
    else if (shell.aliases.has(arg)) await print(shell, `alias ${arg}=${quoteSingle(shell.aliases.get(arg)!)}\n`)
    else status = await refuse(call, `${arg}: not found`)
  }
  return status
}

const unalias: Builtin = async (call) => {
  const { args, shell } = call
  if (args.length === 0) return usage(call)
  if (args[0] === "-a") {
    shell.aliases = new Map()
    return 0
  }
  let status = 0
  const left = new Map(shell.aliases)
  for (const name of args) if (!left.delete(name)) status = await refuse(call, `${name}: not found`)
  shell.aliases = left
  return status
}

type Kind = "alias" | "keyword" | "function" | "builtin" | "file"

interface Meaning {
  readonly kind: Kind
  readonly path?: string
}

const meanings = async ({ shell }: BuiltinCall, name: string, onlyFiles = false): Promise<Array<Meaning>> => {
  const found: Array<Meaning> = []
  if (!onlyFiles) {
    if (shell.aliases.has(name) && shell.options.has("expand_aliases")) found.push({ kind: "alias" })
    if (keywords.has(name)) found.push({ kind: "keyword" })
    if (shell.functions.has(name)) found.push({ kind: "function" })
    if (builtins.has(name)) found.push({ kind: "builtin" })
  }
  const program = await findProgram(programContext(shell), name, shell.variables.get("PATH"))
  if (program.kind !== "missing") found.push({ kind: "file", path: name.includes("/") ? name : program.path })
  return found
}

const describe = async (call: BuiltinCall, name: string, meaning: Meaning): Promise<void> => {
  const { shell } = call
  switch (meaning.kind) {
    case "alias":
      return print(shell, `${name} is aliased to \`${shell.aliases.get(name)}'\n`)
    case "keyword":
      return print(shell, `${name} is a shell keyword\n`)
    case "function":
      return print(shell, `${name} is a function\n${printFunction(shell.functions.get(name)!)}`)
    case "builtin":
      return print(shell, `${name} is a shell builtin\n`)
    case "file":
      return print(shell, `${name} is ${meaning.path}\n`)
  }
}

const type: Builtin = async (call) => {
  const { bad, flags, rest } = parseFlags(call.args, "afptP")
  if (bad !== undefined) return invalidOption(call, bad)
  let status = 0
  for (const name of rest) {
    const all = (await meanings(call, name, flags.has("P"))).filter(({ kind }) =>
      !flags.has("f") || kind !== "function"
    )
    if (all.length === 0) {
      if (!flags.has("t") && !flags.has("p") && !flags.has("P")) await call.shell.complain(`type: ${name}: not found`)
      status = 1
      continue
    }
    for (const meaning of flags.has("a") ? all : all.slice(0, 1)) {
      if (flags.has("t")) await print(call.shell, `${meaning.kind}\n`)
      else if (flags.has("p") || flags.has("P")) {
        if (meaning.kind === "file") await print(call.shell, `${meaning.path}\n`)
      } else await describe(call, name, meaning)
    }
  }
  return status
}

const locate = async (call: BuiltinCall, names: ReadonlyArray<string>, verbose: boolean): Promise<number> => {
  const { shell } = call
  let found = false
  for (const name of names) {
    const [meaning] = await meanings(call, name)
    if (meaning === undefined) {
      if (verbose) await refuse(call, `${name}: not found`)
      continue
    }
    found = true
    if (verbose) await describe(call, name, meaning)
    else if (meaning.kind === "alias") await print(shell, `alias ${name}=${quoteSingle(shell.aliases.get(name)!)}\n`)
    else await print(shell, `${meaning.kind === "file" ? meaning.path : name}\n`)
  }
  return found ? 0 : 1
}

const command: Builtin = async (call) => {
  const { bad, flags, rest } = parseFlags(call.args, "pVv")
  if (bad !== undefined) return invalidOption(call, bad)
  if (rest.length === 0) return 0
  if (flags.has("v") || flags.has("V")) return locate(call, rest, flags.has("V"))
  return runWords(call.shell, rest, call.declared, call.args.length - rest.length + 1)
}

const builtin: Builtin = async (call) => {
  const args = call.args[0] === "--" ? call.args.slice(1) : call.args
  if (args.length === 0) return 0
  const target = builtins.get(args[0])
  if (target === undefined) return refuse(call, `${args[0]}: not a shell builtin`)
  const shift = call.args.length - args.length + 1
  const declared = call.declared.map(({ at, node }) => ({ node, at: at - shift }))
  return callBuiltin(call.shell, args[0], target, args.slice(1), declared)
}

const hash: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, rest } = parseFlags(call.args, "dlp:rt")
  if (bad !== undefined) return invalidOption(call, bad)
  if (flags.has("r")) shell.hashed.clear()
  let status = 0
  if (rest.length === 0 && !flags.has("r")) {
    if (shell.hashed.size === 0) await print(shell, "hash: hash table empty\n")
    else {
      await print(shell, "hits\tcommand\n")
      for (const { hits, path } of shell.hashed.values()) await print(shell, `${String(hits).padStart(4)}\t${path}\n`)
    }
  }
  for (const name of rest) {
    if (flags.has("d")) shell.hashed.delete(name)
    else if (flags.has("p")) shell.hashed.set(name, { path: flags.get("p")!, hits: 0 })
    else {
      const program = await findProgram(programContext(shell), name, shell.variables.get("PATH"))
      if (program.kind === "missing") status = await refuse(call, `${name}: not found`)
      else if (flags.has("t")) await print(shell, `${program.path}\n`)
      else shell.hashed.set(name, { path: program.path, hits: 0 })
    }
  }
  return status
}

const enable: Builtin = async (call) => {
  const names = call.args.filter((arg) => !arg.startsWith("-"))
  for (const name of names) if (!builtins.has(name)) return refuse(call, `${name}: not a shell builtin`)
  if (names.length === 0) { for (const name of builtins.names()) await print(call.shell, `enable ${name}\n`) }
  return 0
}

const help: Builtin = async (call) => {
  const names = call.args.filter((arg) => !arg.startsWith("-"))
  if (names.length === 0) await print(call.shell, `${builtins.names().join("\n")}\n`)
  for (const name of names) {
    if (!builtins.has(name) && !keywords.has(name)) {
      return refuse(call, `no help topics match \`${name}'.  Try \`help help' or \`man -k ${name}' or \`info ${name}'.`)
    }
    await print(call.shell, `${name}: ${name} [arguments]\n`)
  }
  return 0
}

export const nameBuiltins: Readonly<Record<string, Builtin>> = {
  alias,
  unalias,
  type,
  command,
  builtin,
  hash,
  enable,
  help
}
