/** bind: keys and variables of the line editor. */
import { changeReadline, readInitFile, readlineOf } from "../editor/configuration.ts"
import { functionNamed, functionNames } from "../editor/functions.ts"
import { type Binding, bindings, type Readline, withBindings } from "../editor/readline.ts"
import { parseSequence, showSequence, toBytes } from "../editor/sequences.ts"
import { isKeymap, listed, variable } from "../editor/variables.ts"
import { historySize } from "../history/settings.ts"
import type { Shell } from "../state/shell.ts"
import { decodeText } from "../text.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, parseFlags, print, refuse, usage } from "./builtin.ts"

/** Key sequences of a function that are told of. */
const SHOWN = 5

type Bound = ReadonlyArray<readonly [sequence: string, binding: Binding]>

const quoted = (sequence: string): string => `"${showSequence(sequence)}"`

/** Bytes as text: what is no UTF-8 is shown as the terminal would. */
const shownText = (bytes: string): string => decodeText(Buffer.from(bytes, "latin1"))

const sequencesOf = (bound: Bound): ReadonlyMap<string, ReadonlyArray<string>> => {
  const found = new Map<string, Array<string>>()
  for (const [sequence, binding] of bound) {
    if (binding.kind !== "function") continue
    const of = found.get(binding.name)
    if (of === undefined) found.set(binding.name, [sequence])
    else of.push(sequence)
  }
  return found
}

const some = (sequences: ReadonlyArray<string>): string =>
  sequences.slice(0, SHOWN).map(quoted).join(", ") + (sequences.length > SHOWN ? ", ..." : ".")

const functionsShown = (bound: Bound, reusable: boolean): string => {
  const sequences = sequencesOf(bound)
  const lines = functionNames.flatMap((name) => {
    const of = sequences.get(functionNamed(name) ?? "") ?? []
    if (reusable) return of.length === 0 ? [`# ${name} (not bound)`] : of.map((each) => `${quoted(each)}: ${name}`)
    return [of.length === 0 ? `${name} is not bound to any keys` : `${name} can be found on ${some(of)}`]
  })
  return `\n${lines.join("\n")}\n`
}

const macrosShown = (bound: Bound, reusable: boolean): string =>
  bound.flatMap(([sequence, binding]) => {
    if (binding.kind !== "macro") return []
    const keys = shownText(showMacro(binding.keys))
    return [reusable ? `${quoted(sequence)}: "${keys}"\n` : `${showSequence(sequence)} outputs ${keys}\n`]
  }).join("")

/** The bytes of characters stay as they are. */
const showMacro = (keys: string): string => keys.replace(/[\x00-\x7f]+/g, showSequence)

const commandsShown = (bound: Bound): string =>
  bound.flatMap(([sequence, binding]) =>
    binding.kind === "command"
      ? [`${quoted(sequence)}: "${shownText(showMacro(toBytes(binding.text)))}"\n`]
      : []
  ).join("")

const variablesShown = (shell: Shell, { variables }: Readline, reusable: boolean): string =>
  listed(variables).map(([name, kept]) => {
    const value = name === "history-size" && shell.isTerse ? String(historySize(shell)) : kept
    return reusable ? `set ${name} ${value}\n` : `${name} is set to \`${value}'\n`
  }).join("")

/** The lists that are asked for. */
const lists = async ({ shell }: BuiltinCall, flags: ReadonlyMap<string, string>, keymap: string): Promise<void> => {
  const readline = await readlineOf(shell)
  const bound = bindings(readline, keymap)
  const made: Readonly<Record<string, () => string>> = {
    l: () => `${functionNames.join("\n")}\n`,
    p: () => functionsShown(bound, true),
    P: () => functionsShown(bound, false),
    s: () => macrosShown(bound, true),
    S: () => macrosShown(bound, false),
    v: () => variablesShown(shell, readline, true),
    V: () => variablesShown(shell, readline, false)
  }
  for (const [flag, make] of Object.entries(made)) if (flags.has(flag)) await print(shell, make())
}

const query = async (call: BuiltinCall, name: string, keymap: string): Promise<number> => {
  const { shell } = call
  const known = functionNamed(name)
  if (known === undefined) return refuse(call, `\`${name}': unknown function name`)
  const of = sequencesOf(bindings(await readlineOf(shell), keymap)).get(known) ?? []
  await print(
    shell,
    of.length === 0 ? `${name} is not bound to any keys.\n` : `${name} can be invoked via ${some(of)}\n`
  )
  return of.length === 0 ? 1 : 0
}

const change = async (
  call: BuiltinCall,
  keymap: string,
  changes: ReadonlyArray<readonly [string, Binding | undefined]>
): Promise<number> => {
  const next = withBindings(await readlineOf(call.shell), keymap, changes)
  if (next === undefined) return refuse(call, "too many or too long key bindings")
  call.shell.readline = next
  return 0
}

const unbind = async (call: BuiltinCall, name: string, keymap: string): Promise<number> => {
  const known = functionNamed(name)
  if (known === undefined) return refuse(call, `\`${name}': unknown function name`)
  const of = sequencesOf(bindings(await readlineOf(call.shell), keymap)).get(known) ?? []
  return change(call, keymap, of.map((sequence) => [sequence.replace("\u0100", ""), undefined]))
}

/** The place behind what is not escaped. */
const endOf = (text: string, from: number, isEnd: (char: string) => boolean): number => {
  let at = from
  while (at < text.length && !isEnd(text[at])) at += text[at] === "\\" ? 2 : 1
  return Math.min(at, text.length)
}

/** `"keys": command`; a command in quotes ends with them. */
const bindCommand = async (call: BuiltinCall, line: string, keymap: string): Promise<number> => {
  const text = line.trimStart()
  if (!text.startsWith("\"")) return refuse(call, `${line}: first non-whitespace character is not \`"'`)
  const close = endOf(text, 1, (char) => char === "\"")
  if (close === text.length) return refuse(call, `no closing \`"' in ${line}`)
  const colon = text.indexOf(":", close + 1)
  if (colon < 0) return refuse(call, `${line}: missing colon separator`)
  const rest = text.slice(colon + 1).replace(/^[ \t]+/, "")
  const quote = /^["']/.exec(rest)?.[0]
  const end = quote === undefined ? rest.length : endOf(rest, 1, (char) => char === quote)
  if (quote !== undefined && end === rest.length) return refuse(call, `no closing \`${quote}' in ${line}`)
  const command = quote === undefined ? rest : rest.slice(1, end)
  return change(call, keymap, [[parseSequence(text.slice(1, close)), { kind: "command", text: command }]])
}

const changed = async (call: BuiltinCall, flags: ReadonlyMap<string, string>, keymap: string): Promise<number> => {
  const file = flags.get("f")
  if (file !== undefined) {
    const reason = await readInitFile(call.shell, file)
    if (reason !== undefined) return refuse(call, `${file}: cannot read: ${reason}`)
  }
  const asked = flags.get("q")
  let status = asked === undefined ? 0 : await query(call, asked, keymap)
  const unbound = flags.get("u")
  if (unbound !== undefined) status = await unbind(call, unbound, keymap)
  const removed = flags.get("r")
  if (removed !== undefined) status = await change(call, keymap, [[parseSequence(removed), undefined]])
  const command = flags.get("x")
  if (command !== undefined) status = await bindCommand(call, command, keymap)
  return status
}

const bind: Builtin = async (call) => {
  const { args, shell } = call
  // a subshell of an interactive one is none itself, but knows its editor
  if (!shell.isTerse || !(shell.options.has("emacs") || shell.options.has("vi"))) {
    await shell.complain("bind: warning: line editing not enabled")
  }
  const { bad, flags, lacking, rest } = parseFlags(args, "lvpVPsSXf:q:u:m:r:x:")
  if (bad !== undefined) return invalidOption(call, bad)
  if (lacking !== undefined) {
    await refuse(call, `${lacking}: option requires an argument`)
    return usage(call)
  }
  const given = flags.get("m")
  if (given !== undefined && !isKeymap(given)) return refuse(call, `\`${given}': invalid keymap name`)
  const keymap = given ?? variable((await readlineOf(shell)).variables, "keymap")!
  await lists(call, flags, keymap)
  const status = await changed(call, flags, keymap)
  if (flags.has("X")) await print(shell, commandsShown(bindings(await readlineOf(shell), keymap)))
  for (const line of rest) await changeReadline(shell, (parser) => parser.line(line), given)
  return status
}

export const bindBuiltins: Readonly<Record<string, Builtin>> = { bind }
