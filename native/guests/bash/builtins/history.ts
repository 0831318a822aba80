/** history and fc. */
import { formatTime } from "../../programs/text/strftime.ts"
import { SystemCallError } from "../../shell/client.ts"
import { expandHistory } from "../history/expansion.ts"
import { appendHistory, readHistory, writeHistory } from "../history/file.ts"
import { historyFile, historySize } from "../history/settings.ts"
import { evaluateText } from "../interpret/evaluate.ts"
import { openForReading, openForWriting } from "../interpret/open.ts"
import { readAll } from "../interpret/substitution.ts"
import type { Shell } from "../state/shell.ts"
import { decodeText, encodeText } from "../text.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, parseFlags, print, refuse, usage } from "./builtin.ts"

/** Lines that `fc -l` shows by default. */
const LISTED = 16

const show = async (call: BuiltinCall, count: string | undefined): Promise<number> => {
  const { shell } = call
  if (count !== undefined && !/^\d+$/.test(count)) return refuse(call, `${count}: numeric argument required`)
  const { history } = shell
  const first = count === undefined ? 0 : Math.max(0, history.size - Number(count))
  const format = shell.variables.get("HISTTIMEFORMAT") ?? ""
  const lines = history.entries().slice(first).map(({ line, time }, index) => {
    const stamp = format === "" ? "" : time === undefined ? "??" : formatTime(format, time * 1000, shell.variables.zone)
    return `${String(history.base + first + index).padStart(5)}  ${stamp}${line}\n`
  })
  for (let at = 0; at < lines.length; at += 256) await print(shell, lines.slice(at, at + 256).join(""))
  return 0
}

/** A number, counted from the end when it is negative. */
const numberOf = ({ history }: Shell, text: string): number => {
  const number = Number(text)
  return number < 0 ? history.next + number : number
}

const remove = async (call: BuiltinCall, range: string): Promise<number> => {
  const parts = /^(-?\d+)(?:-(-?\d+))?$/.exec(range)
  const { shell } = call
  if (parts !== null) {
    const first = numberOf(shell, parts[1])
    if (shell.history.delete(first, parts[2] === undefined ? first : numberOf(shell, parts[2]))) return 0
  }
  return refuse(call, `${range}: history position out of range`)
}

const transfer = async (call: BuiltinCall, flag: string, given: string | undefined): Promise<number> => {
  const { shell } = call
  const name = given ?? historyFile(shell)
  if (name === undefined) return 1
  try {
    if (flag === "a") await appendHistory(shell, name)
    else if (flag === "w") await writeHistory(shell, name)
    else await readHistory(shell, name, flag === "n")
    return 0
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code === "ECANCELED") throw error
    return refuse(call, `${name}: ${error.reason}`)
  }
}

/** Whether the last line is the command that is run. */
const isCurrent = ({ conversation, history, options }: Shell): boolean =>
  conversation === undefined ? history.hasCurrent && history.size > 0 : options.has("history")

/** The command itself is none of the lines that are asked about. */
const withoutItself = (shell: Shell): void => {
  if (isCurrent(shell)) shell.history.removeLast()
}

const expandOnly = async (call: BuiltinCall, words: ReadonlyArray<string>): Promise<number> => {
  const { shell } = call
  withoutItself(shell)
  const memory = shell.conversation?.expansion ?? { from: "", to: "", matched: "" }
  const { history } = shell
  for (const word of words) {
    const events = { lines: history.lines(), base: history.base, extglob: shell.options.has("extglob") }
    const expansion = expandHistory(word, events, memory)
    if (expansion._tag === "failed") return refuse(call, `${word}: history expansion failed`)
    await print(shell, `${expansion._tag === "same" ? word : expansion.text}\n`)
  }
  return 0
}

const history: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, lacking, rest } = parseFlags(call.args, "acd:nprsw")
  if (bad !== undefined) return invalidOption(call, bad)
  if (lacking !== undefined) {
    await refuse(call, `${lacking}: option requires an argument`)
    return usage(call)
  }
  const transfers = ["a", "n", "r", "w"].filter((flag) => flags.has(flag))
  if (transfers.length > 1) return refuse(call, "cannot use more than one of -anrw")
  if (flags.has("c")) shell.history.clear()
  if (flags.has("p")) return expandOnly(call, rest)
  if (flags.has("s")) {
    withoutItself(shell)
    if (rest.length > 0) shell.history.add(rest.join(" "), Math.floor(Date.now() / 1000), historySize(shell))
    return 0
  }
  if (flags.has("d")) return remove(call, flags.get("d")!)
  if (transfers.length === 1) return transfer(call, transfers[0], rest[0])
  if (flags.has("c")) return 0
  return show(call, rest[0])
}

/** A number, or the beginning of a line; undefined when there is none. */
const find = ({ history }: Shell, spec: string, next: number): number | undefined => {
  if (/^-?\d+$/.test(spec)) {
    const number = Number(spec) < 0 ? next + Number(spec) : Number(spec) === 0 ? next - 1 : Number(spec)
    return Math.min(next - 1, Math.max(history.base, number))
  }
  const at = history.lines().slice(0, next - history.base).findLastIndex((line) => line.startsWith(spec))
  return at < 0 ? undefined : history.base + at
}

const range = (
  shell: Shell,
  [first, last]: ReadonlyArray<string>,
  next: number,
  lists: boolean
): readonly [number, number] | undefined => {
  const from = first === undefined
    ? (lists ? Math.max(shell.history.base, next - LISTED) : next - 1)
    : find(shell, first, next)
  const to = last === undefined ? (lists ? next - 1 : from) : find(shell, last, next)
  return from === undefined || to === undefined || from < shell.history.base ? undefined : [from, to]
}

const linesOf = ({ history }: Shell, [from, to]: readonly [number, number], reversed: boolean) => {
  const numbers: Array<number> = []
  for (let at = Math.min(from, to); at <= Math.max(from, to); at++) numbers.push(at)
  if (from > to !== reversed) numbers.reverse()
  return numbers.map((number) => ({ number, line: history.get(number) ?? "" }))
}

/** Shows what is run, remembers it in the place of the command itself, and runs it. */
const runAgain = async (shell: Shell, text: string): Promise<number> => {
  await shell.tell(`${text}\n`)
  shell.history.add(text, Math.floor(Date.now() / 1000), historySize(shell))
  return evaluateText(shell, text, "eval")
}

const repeat = async (call: BuiltinCall, words: ReadonlyArray<string>): Promise<number> => {
  const { shell } = call
  withoutItself(shell)
  const changes = words.filter((word) => word.includes("="))
  const [spec] = words.filter((word) => !word.includes("="))
  const number = shell.history.size === 0 ? undefined : find(shell, spec ?? "-1", shell.history.next)
  let text = number === undefined ? undefined : shell.history.get(number)
  if (text === undefined) return refuse(call, "no command found")
  for (const change of changes) {
    const at = change.indexOf("=")
    text = text.split(change.slice(0, at)).join(change.slice(at + 1))
  }
  return runAgain(shell, text)
}

let temporary = 0

/** Gives the commands to an editor, and runs what comes of them. */
const edit = async (call: BuiltinCall, editor: string, words: ReadonlyArray<string>): Promise<number> => {
  const { shell } = call
  withoutItself(shell)
  const chosen = range(shell, words, shell.history.next, false)
  if (chosen === undefined) return refuse(call, "history specification out of range")
  const path = `/tmp/bash-fc.${shell.process.pid}.${++temporary}`
  const file = await openForWriting(shell, path, false)
  try {
    await file.write(shell.process, encodeText(linesOf(shell, chosen, false).map(({ line }) => `${line}\n`).join("")))
  } finally {
    await file.release()
  }
  try {
    const status = await evaluateText(shell, `${editor} ${path}`, "eval")
    if (status !== 0) return status
    const edited = await openForReading(shell, path)
    let text: string
    try {
      text = decodeText(await readAll(edited, shell.process)).trimEnd()
    } finally {
      void edited.release()
    }
    return text === "" ? 0 : await runAgain(shell, text)
  } finally {
    await shell.machine.sys("unlink", path).catch(() => {})
  }
}

const list = async (call: BuiltinCall, flags: ReadonlyMap<string, string>, words: ReadonlyArray<string>) => {
  const { shell } = call
  const { history } = shell
  // the command itself is not shown
  const next = history.next - (isCurrent(shell) ? 1 : 0)
  if (next <= history.base) return words.length === 0 ? 0 : refuse(call, "history specification out of range")
  const chosen = range(shell, words, next, true)
  if (chosen === undefined) return refuse(call, "history specification out of range")
  for (const { line, number } of linesOf(shell, chosen, flags.has("r"))) {
    await print(shell, `${flags.has("n") ? "" : number}\t ${line}\n`)
  }
  return 0
}

const fc: Builtin = async (call) => {
  const { shell } = call
  // a number may be negative
  const first = call.args.findIndex((arg, at) => !/^-[a-z]/.test(arg) && call.args[at - 1] !== "-e")
  const given = /^-\d+$/.test(call.args[first] ?? "")
    ? [...call.args.slice(0, first), "--", ...call.args.slice(first)]
    : call.args
  const { bad, flags, lacking, rest } = parseFlags(given, "e:lnrs")
  if (bad !== undefined) return invalidOption(call, bad)
  if (lacking !== undefined) {
    await refuse(call, `${lacking}: option requires an argument`)
    return usage(call)
  }
  if (flags.has("l")) return list(call, flags, rest)
  if (flags.has("s") || flags.get("e") === "-") return repeat(call, rest)
  const editor = flags.get("e") ?? shell.variables.get("FCEDIT") ?? shell.variables.get("EDITOR")
  if (editor === undefined) return refuse(call, "there is no editor: give one with -e, or in FCEDIT")
  return edit(call, editor, rest)
}

export const historyBuiltins: Readonly<Record<string, Builtin>> = { history, fc }
