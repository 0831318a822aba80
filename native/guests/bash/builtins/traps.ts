/** trap. */
import { setTrap } from "../interpret/traps.ts"
import { signalName, signalNames, signalNumber, signalTable } from "../processes/signals.ts"
import { quoteSingle } from "../text.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, parseFlags, print, refuse, usage } from "./builtin.ts"

const pseudo = ["ERR", "DEBUG", "RETURN"]

/** The name under which a trap is kept. */
const trapName = (spec: string): string | undefined => {
  const upper = spec.toUpperCase().replace(/^SIG(?=.)/, "")
  if (pseudo.includes(upper)) return upper
  const number = signalNumber(spec)
  return number === undefined ? undefined : signalName(number) || String(number)
}

const shown = (name: string): string =>
  name === "EXIT" || /^\d/.test(name) || pseudo.includes(name) ? name : `SIG${name}`

const order = (name: string): number => {
  const index = /^\d/.test(name) ? Number(name) : signalNames.indexOf(name)
  return index >= 0 ? index : 100 + pseudo.indexOf(name)
}

const list = async (call: BuiltinCall, names: ReadonlyArray<string>): Promise<number> => {
  const { shell } = call
  const traps = new Map([...shell.inheritedTraps, ...shell.traps])
  const sorted = Array.from(traps).sort((a, b) => order(a[0]) - order(b[0]))
  for (const [name, action] of sorted) {
    if (names.length === 0 || names.includes(name)) {
      await print(shell, `trap -- ${quoteSingle(action)} ${shown(name)}\n`)
    }
  }
  return 0
}

const trap: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, rest } = parseFlags(call.args, "lp")
  if (bad !== undefined) return invalidOption(call, bad)
  if (flags.has("l")) {
    await print(shell, signalTable())
    return 0
  }
  if (flags.has("p") || rest.length === 0) return list(call, rest.map((spec) => trapName(spec) ?? spec))
  const [first] = rest
  const resets = rest.length === 1 || first === "-" || (/^\d+$/.test(first) && signalNumber(first) !== undefined)
  const action = resets ? undefined : first
  const specs = rest.length === 1 || (resets && first !== "-") ? rest : rest.slice(1)
  if (rest.length === 1 && trapName(first) === undefined) return usage(call)
  let status = 0
  for (const spec of specs) {
    const name = trapName(spec)
    if (name === undefined) status = await refuse(call, `${spec}: invalid signal specification`)
    else setTrap(shell, name, action)
  }
  return status
}

export const trapBuiltins: Readonly<Record<string, Builtin>> = { trap }
