/** declare, local, export, readonly, unset. */
import type { Assignment } from "unbash"
import { ShellFailure } from "../errors.ts"
import { calculate } from "../expand/arithmetic.ts"
import { expandText } from "../expand/expand.ts"
import { declaration, declaredValue, flagsOf, quoteMinimal } from "../expand/quote.ts"
import { applyAssignment } from "../interpret/assign.ts"
import { printFunction } from "../interpret/print.ts"
import { compileText } from "../parse/compile.ts"
import type { Shell } from "../state/shell.ts"
import type { Attributes } from "../state/values.ts"
import { AssociativeArray, IndexedArray, isUnset } from "../state/values.ts"
import { isName } from "../state/variables.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, print, refuse } from "./builtin.ts"

interface Flags {
  readonly on: ReadonlySet<string>
  readonly off: ReadonlySet<string>
  readonly names: ReadonlyArray<{ readonly text: string; readonly node: Assignment | undefined }>
  readonly bad: string | undefined
}

const parse = (call: BuiltinCall, allowed: string): Flags => {
  const on = new Set<string>()
  const off = new Set<string>()
  const { args } = call
  let index = 0
  for (; index < args.length && /^[-+]./.test(args[index]); index++) {
    if (args[index] === "--") {
      index++
      break
    }
    for (const letter of args[index].slice(1)) {
      if (!allowed.includes(letter)) return { on, off, names: [], bad: `${args[index][0]}${letter}` }
      if (args[index].startsWith("-")) on.add(letter)
      else off.add(letter)
    }
  }
  const names = args.slice(index).map((text, at) => ({
    text,
    // Places count from the command's name.
    node: call.declared.find((each) => each.at === index + at + 1)?.node
  }))
  return { on, off, names, bad: undefined }
}

const cases = [["l", "lower"], ["u", "upper"], ["c", "capital"]] as const

const changes = ({ off, on }: Flags): Partial<Attributes> => {
  const result: { -readonly [Key in keyof Attributes]?: Attributes[Key] } = {}
  if (on.has("x") || off.has("x")) result.exported = on.has("x")
  if (on.has("r")) result.readonly = true
  if (on.has("i") || off.has("i")) result.integer = on.has("i")
  if (on.has("n") || off.has("n")) result.nameref = on.has("n")
  // two at once are none
  const [letters, ...more] = cases.filter(([letter]) => on.has(letter))
  if (letters !== undefined) result.letters = more.length === 0 ? letters[1] : undefined
  if (cases.some(([letter]) => off.has(letter))) result.letters = undefined
  return result
}

const target = /^([A-Za-z_][A-Za-z0-9_]*)(?:\[(.*?)\])?(?:(\+?)=(.*))?$/s

/** Makes an array of what is declared one. */
const shape = (shell: Shell, name: string, on: ReadonlySet<string>): void => {
  const value = shell.variables.find(name)?.value
  if (on.has("A")) {
    if (value instanceof IndexedArray) throw new ShellFailure(`${name}: cannot convert indexed to associative array`)
    if (!(value instanceof AssociativeArray)) {
      const map = new AssociativeArray()
      if (typeof value === "string") map.set("0", value)
      else map.isUnset = true
      shell.variables.setArray(name, map)
    }
  } else if (on.has("a") && !(value instanceof IndexedArray)) {
    if (value instanceof AssociativeArray) {
      throw new ShellFailure(`${name}: cannot convert associative to indexed array`)
    }
    shell.variables.setArray(name, typeof value === "string" ? IndexedArray.of([value]) : IndexedArray.unset())
  }
}

const declareOne = async (
  call: BuiltinCall,
  flags: Flags,
  item: Flags["names"][number],
  isLocal: boolean
): Promise<number> => {
  const { shell } = call
  const match = target.exec(item.node === undefined ? item.text : item.node.name)
  if (match === null) return refuse(call, `\`${item.text}': not a valid identifier`)
  const [, name, index, append, value] = match
  const inherit = flags.on.has("I") || shell.options.has("localvar_inherit")
  if (isLocal) shell.variables.makeLocal(name, inherit)
  const marks = changes(flags)
  const { readonly, ...others } = marks
  if (marks.nameref === true) {
    shell.variables.mark(name, others, false)
    const own = shell.variables.own(name)!
    if (value !== undefined) shell.variables.put(name, { ...own, value })
    return 0
  }
  const old = shell.variables.own(name)
  if (old?.readonly === true && (value !== undefined || item.node !== undefined || flags.off.has("r"))) {
    throw new ShellFailure(`${name}: readonly variable`)
  }
  if (flags.on.has("A") || flags.on.has("a")) shape(shell, name, flags.on)
  if (Object.keys(others).length > 0 || shell.variables.find(name) === undefined) {
    shell.variables.mark(name, others, marks.nameref === undefined)
  }
  if (item.node !== undefined) await applyAssignment(shell, item.node)
  else if (value !== undefined) {
    if (index !== undefined && index !== "") {
      const isMap = shell.variables.find(name)?.value instanceof AssociativeArray
      const key = isMap ? await expandText(shell, compileText(index)) : String(calculate(shell, index))
      shell.variables.setElement(name, key, value, append === "+")
    } else shell.variables.set(name, value, append === "+")
  }
  if (readonly === true) shell.variables.mark(name, { readonly })
  return 0
}

const show = async (call: BuiltinCall, flags: Flags, names: ReadonlyArray<string>): Promise<number> => {
  const { shell } = call
  let status = 0
  for (const name of names) {
    const variable = shell.variables.own(name) ?? shell.variables.find(name)
    if (variable === undefined) status = await refuse(call, `${name}: not found`)
    else await print(shell, `${declaration(name, variable)}\n`)
  }
  if (names.length > 0) return status
  const wanted = Array.from(flags.on).filter((letter) => "aAcilnrux".includes(letter))
  for (const [name, variable] of shell.variables.entries()) {
    const has = flagsOf(variable)
    if (wanted.every((letter) => has.includes(letter))) await print(shell, `${declaration(name, variable)}\n`)
  }
  return 0
}

const showFunctions = async (call: BuiltinCall, namesOnly: boolean, names: ReadonlyArray<string>): Promise<number> => {
  const { shell } = call
  let status = 0
  for (const name of names.length > 0 ? names : Array.from(shell.functions.keys()).sort()) {
    const definition = shell.functions.get(name)
    if (definition === undefined) status = 1
    else if (!namesOnly) await print(shell, printFunction(definition))
    else await print(shell, names.length > 0 ? `${name}\n` : `declare -f ${name}\n`)
  }
  return status
}

const declare: Builtin = async (call) => {
  const { name, shell } = call
  const isLocal = name === "local"
  const flags = parse(call, "aAcfFgiIlnprtux")
  if (flags.bad !== undefined) return invalidOption({ ...call, name: isLocal ? "local" : "declare" }, flags.bad)
  if (isLocal && shell.variables.depth === 0) return refuse(call, "can only be used in a function")
  const plainNames = flags.names.map(({ text }) => text)
  if (flags.on.has("f") || flags.on.has("F")) return showFunctions(call, flags.on.has("F"), plainNames)
  if (flags.on.has("p")) return show(call, flags, plainNames)
  if (flags.names.length === 0) {
    if (isLocal) return show(call, flags, shell.variables.localNames())
    return flags.on.size > 0 ? show(call, flags, []) : showAll(shell)
  }
  const makesLocal = isLocal || (shell.variables.depth > 0 && !flags.on.has("g"))
  let status = 0
  for (const item of flags.names) {
    try {
      status = await declareOne(call, flags, item, makesLocal) || status
    } catch (error) {
      if (!(error instanceof ShellFailure) || error.exitStatus !== undefined) throw error
      status = await refuse(call, error.message)
    }
  }
  return status
}

/** All variables and functions, as `set` shows them. */
export const showAll = async (shell: Shell): Promise<number> => {
  for (const [name, variable] of shell.variables.entries()) {
    const { value } = variable
    if (value === undefined || isUnset(value)) continue
    await print(
      shell,
      `${name}=${typeof value === "string" ? (value === "" ? "" : quoteMinimal(value)) : declaredValue(value)}\n`
    )
  }
  return 0
}

/** `export` and `readonly`. */
const marking = (letter: "x" | "r"): Builtin => async (call) => {
  const { shell } = call
  const flags = parse(call, letter === "x" ? "fnp" : "aAfp")
  if (flags.bad !== undefined) return invalidOption(call, flags.bad)
  if (flags.on.has("f")) {
    for (const { text } of flags.names) {
      if (!shell.functions.has(text)) return refuse(call, `${text}: not a function`)
      if (letter === "x") shell.exportedFunctions.add(text)
    }
    return 0
  }
  if (flags.names.length === 0) return show(call, { ...flags, on: new Set([letter]) }, [])
  let status = 0
  for (const item of flags.names) {
    if (flags.on.has("n")) {
      shell.variables.mark(item.text.replace(/=.*/s, ""), { exported: false })
      continue
    }
    const on = new Set([letter, ...Array.from(flags.on).filter((each) => each === "a" || each === "A")])
    try {
      status = await declareOne(call, { ...flags, on }, item, false) || status
    } catch (error) {
      if (!(error instanceof ShellFailure) || error.exitStatus !== undefined) throw error
      await shell.complain(error.message)
      status = 1
    }
  }
  return status
}

const unset: Builtin = async (call) => {
  const { shell } = call
  const flags = parse(call, "fvn")
  if (flags.bad !== undefined) return invalidOption(call, flags.bad)
  let status = 0
  for (const { text } of flags.names) {
    try {
      if (flags.on.has("f")) shell.functions.delete(text)
      else status = await unsetName(call, text, flags.on) || status
    } catch (error) {
      if (!(error instanceof ShellFailure)) throw error
      status = await refuse(call, error.message)
    }
  }
  return status
}

const unsetName = async (call: BuiltinCall, text: string, on: ReadonlySet<string>): Promise<number> => {
  const { shell } = call
  const element = /^([A-Za-z_][A-Za-z0-9_]*)\[(.*)\]$/s.exec(text)
  if (element !== null) {
    const value = shell.variables.find(element[1])?.value
    if (value instanceof AssociativeArray) {
      shell.variables.unsetElement(element[1], await expandText(shell, compileText(element[2])))
    } else if (element[2] === "@" || element[2] === "*") shell.variables.unset(element[1])
    else shell.variables.unsetElement(element[1], String(calculate(shell, element[2])))
    return 0
  }
  if (!isName(text)) {
    if (on.has("v")) return refuse(call, `\`${text}': not a valid identifier`)
    shell.functions.delete(text)
    return 0
  }
  const name = on.has("n") ? text : shell.variables.resolve(text)
  if (shell.variables.find(name) === undefined && !on.has("v")) {
    shell.functions.delete(text)
    return 0
  }
  if (shell.variables.isLocal(name)) {
    const own = shell.variables.own(name)
    if (own?.readonly === true) throw new ShellFailure(`${name}: cannot unset: readonly variable`)
    shell.variables.put(name, undefined)
  } else shell.variables.unset(name)
  return 0
}

export const declareBuiltins: Readonly<Record<string, Builtin>> = {
  declare,
  typeset: declare,
  local: declare,
  export: marking("x"),
  readonly: marking("r"),
  unset
}
