/** echo and printf. */
import { formatText } from "../../programs/text/printf.ts"
import { keyOf } from "../expand/parameter.ts"
import { unescapeText } from "../parse/ansi.ts"
import { compileText } from "../parse/compile.ts"
import type { Builtin } from "./builtin.ts"
import { print, refuse, usage } from "./builtin.ts"

const echo: Builtin = ({ args, shell }) => {
  let index = 0
  let newline = true
  let escapes = shell.options.has("xpg_echo")
  for (; index < args.length && /^-[neE]+$/.test(args[index]); index++) {
    for (const letter of args[index].slice(1)) {
      if (letter === "n") newline = false
      else escapes = letter === "e"
    }
  }
  let text = args.length === index + 1 ? args[index] : args.slice(index).join(" ")
  if (escapes) {
    const result = unescapeText(text, { quotes: false, zeroOctal: true, octal: false, stops: true })
    text = result.text
    if (result.stopped) newline = false
  }
  const pending = shell.write(1, newline ? `${text}\n` : text)
  return pending === undefined ? 0 : pending.then(() => 0)
}

const printf: Builtin = async (call) => {
  const { shell } = call
  let args = call.args
  let variable: string | undefined
  if (args[0] === "-v" && args.length > 1) {
    variable = args[1]
    args = args.slice(2)
  } else if (args[0]?.startsWith("-v") && args[0].length > 2) {
    variable = args[0].slice(2)
    args = args.slice(1)
  }
  if (args[0] === "--") args = args.slice(1)
  else if (/^-./.test(args[0] ?? "") && args[0] !== "-") {
    await refuse(call, `${args[0].slice(0, 2)}: invalid option`)
    return usage(call)
  }
  if (args.length === 0) return usage(call)
  if (variable !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*(\[.*\])?$/s.test(variable)) {
    return refuse(call, `\`${variable}': not a valid identifier`, 2)
  }
  const { problems, status, text } = formatText(args[0], args.slice(1), {
    startedAt: shell.startedAt,
    zone: shell.variables.zone
  })
  // what is printed leaves as a whole at the end, behind what was wrong with the arguments
  for (const problem of problems) await refuse(call, problem)
  if (variable === undefined) await print(shell, text)
  else {
    const element = /^([^[]+)\[(.*)\]$/s.exec(variable)
    if (element === null) shell.variables.set(variable, text)
    else {
      const [, name, index] = element
      const key = await keyOf(shell, name, { text: index, word: compileText(index) })
      shell.variables.setElement(name, key, text)
    }
  }
  return status
}

export const outputBuiltins: Readonly<Record<string, Builtin>> = { echo, printf }
