/** read, mapfile and getopts. */
import { SystemCallError } from "../../shell/client.ts"
import { Interrupted } from "../errors.ts"
import { ifsOf } from "../expand/expand.ts"
import { quoteMinimal } from "../expand/quote.ts"
import { evaluateText } from "../interpret/evaluate.ts"
import { runPendingTraps } from "../interpret/traps.ts"
import { signalName } from "../processes/signals.ts"
import type { Shell } from "../state/shell.ts"
import { IndexedArray } from "../state/values.ts"
import { isName } from "../state/variables.ts"
import { withFlags } from "../terminal/settings.ts"
import { TerminalFile } from "../terminal/terminal-file.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, parseFlags, refuse, usage } from "./builtin.ts"
import type { Line, Taken, Watch } from "./read-line.ts"
import { join, readLine } from "./read-line.ts"

/** Timers go no further. */
const MAX_SECONDS = 2 ** 31 / 1000

/** A character, and whether a backslash stood before it. */
interface Char {
  readonly char: string
  readonly escaped: boolean
}

const unescape = (text: string, raw: boolean): Array<Char> => {
  const chars: Array<Char> = []
  for (let at = 0; at < text.length; at++) {
    if (raw || text[at] !== "\\") chars.push({ char: text[at], escaped: false })
    else if (++at < text.length) chars.push({ char: text[at], escaped: true })
  }
  return chars
}

const plainOf = (chars: ReadonlyArray<Char>): string => chars.map(({ char }) => char).join("")

/** Splits into at most `count` fields; the last one takes the rest. */
const splitFields = (chars: ReadonlyArray<Char>, ifs: string, count: number): Array<string> => {
  const isSpace = (each: Char | undefined) =>
    each !== undefined && !each.escaped && ifs.includes(each.char) && /\s/.test(each.char)
  const isSeparator = (each: Char | undefined) => each !== undefined && !each.escaped && ifs.includes(each.char)
  let start = 0
  let end = chars.length
  while (start < end && isSpace(chars[start])) start++
  while (end > start && isSpace(chars[end - 1])) end--
  const fields: Array<string> = []
  let at = start
  while (at < end) {
    if (fields.length === count - 1) {
      let rest = chars.slice(at, end)
      // One separator at the very end belongs to nobody.
      const inner = rest.findIndex(isSeparator)
      if (inner === rest.length - 1 && inner >= 0) rest = rest.slice(0, -1)
      fields.push(plainOf(rest))
      return fields
    }
    const from = at
    while (at < end && !isSeparator(chars[at])) at++
    fields.push(plainOf(chars.slice(from, at)))
    while (at < end && isSpace(chars[at])) at++
    if (at < end && isSeparator(chars[at])) {
      at++
      while (at < end && isSpace(chars[at])) at++
    }
  }
  return fields
}

/** A line, with those that a backslash continues. */
const readContinued = async (
  shell: Shell,
  fd: number,
  delimiter: string | undefined,
  max: number,
  raw: boolean,
  watch: Watch
): Promise<Line> => {
  const file = shell.process.descriptors.require(fd)
  let text = ""
  for (;;) {
    const line = await readLine(file, shell.process, delimiter, max, watch)
    text += line.text
    const slashes = /\\*$/.exec(line.text)![0].length
    if (raw || line.ended || delimiter !== "\n" || slashes % 2 === 0 || max !== Infinity) {
      return { text, ended: line.ended }
    }
    text = text.slice(0, -1)
    watch.taken.text = text
  }
}

/** Reads until a time is over, after which nothing is taken any more: what has come by then is the line. */
const withTimeout = async (
  shell: Shell,
  seconds: number,
  run: (isOver: () => boolean, taken: Taken) => Promise<Line>
): Promise<Line> => {
  const timer = shell.machine.timer(shell.process, seconds * 1000)
  const taken: Taken = { text: "", pieces: [] }
  let over = false
  const late = (): Line => {
    over = true
    return { text: taken.text + join(taken.pieces), ended: true, isLate: true }
  }
  try {
    return await shell.process.block(Promise.race([run(() => over, taken), timer.done.then(late)]))
  } finally {
    over = true
    timer.cancel()
  }
}

/** The status of a read whose time was over, as if SIGALRM had come. */
const LATE = 142

/** TMOUT: how long a read waits that has no time of its own. */
const patienceOf = (shell: Shell): number | undefined => {
  const seconds = Number(shell.variables.get("TMOUT") || Number.NaN)
  return seconds > 0 && seconds < MAX_SECONDS ? seconds : undefined
}

/** A line for `select`; undefined at the end of the input, and when TMOUT is over. */
export const readChoice = async (shell: Shell): Promise<string | undefined> => {
  const onInterrupted = async (reason: Interrupted) => {
    throw reason
  }
  const run = (isOver: () => boolean, taken: Taken) =>
    readContinued(shell, 0, "\n", Infinity, true, { isOver, onInterrupted, taken })
  const seconds = patienceOf(shell)
  const line = seconds === undefined
    ? await run(() => false, { text: "", pieces: [] })
    : await withTimeout(shell, seconds, run)
  return line.isLate === true || (line.text === "" && line.ended) ? undefined : line.text
}

/** A trap runs, and reading goes on; in POSIX mode, and when the user interrupts the shell, it is given up. */
const interruption = (shell: Shell) => async (reason: Interrupted): Promise<void> => {
  if (shell.isPosix || !shell.traps.has(signalName(reason.signal))) throw reason
  await runPendingTraps(shell)
}

/** At a terminal there is a prompt, and `-s` and `-n` see keys as they are typed. */
const onTerminal = async (
  shell: Shell,
  fd: number,
  flags: ReadonlyMap<string, string>,
  run: () => Promise<Line>
): Promise<Line> => {
  const file = shell.process.descriptors.require(fd)
  if (!(file instanceof TerminalFile)) return run()
  const prompt = flags.get("p")
  if (prompt !== undefined) await shell.tell(prompt)
  const { terminal } = file
  const before = terminal.settings
  const keys = flags.has("n") || flags.has("N") || flags.has("d")
  const off = [...(flags.has("s") ? ["echo", "echok", "echonl"] : []), ...(keys ? ["icanon"] : [])]
  if (off.length === 0) return run()
  await terminal.configure(shell.process, withFlags(before, [], off))
  try {
    return await run()
  } finally {
    terminal.restore(before)
  }
}

const readInput = async (call: BuiltinCall, flags: ReadonlyMap<string, string>): Promise<Line | number> => {
  const { shell } = call
  const fd = Number(flags.get("u") ?? 0)
  if (shell.process.descriptors.get(fd) === undefined) {
    return refuse(
      call,
      flags.has("u")
        ? `${flags.get("u")}: invalid file descriptor: Bad file descriptor`
        : "read error: 0: Bad file descriptor"
    )
  }
  const max = flags.has("N") ? Number(flags.get("N")) : flags.has("n") ? Number(flags.get("n")) : Infinity
  const delimiter = flags.has("N") ? undefined : flags.has("d") ? flags.get("d")!.slice(0, 1) : "\n"
  const raw = flags.has("r")
  const onInterrupted = interruption(shell)
  const run = (isOver: () => boolean, taken: Taken) =>
    onTerminal(shell, fd, flags, () => readContinued(shell, fd, delimiter, max, raw, { isOver, onInterrupted, taken }))
  const timeout = flags.get("t") ?? patienceOf(shell)
  try {
    if (timeout === undefined) return await run(() => false, { text: "", pieces: [] })
    if (Number(timeout) === 0) return shell.process.descriptors.require(fd).peek(shell.process) === undefined ? 1 : 0
    return await withTimeout(shell, Number(timeout), run)
  } catch (error) {
    if (error instanceof Interrupted) return 128 + error.signal
    if (error instanceof SystemCallError && error.code !== "ECANCELED") {
      return refuse(call, `read error: ${fd}: ${error.reason}`)
    }
    throw error
  }
}

const read: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, lacking, rest } = parseFlags(call.args, "ersa:d:i:n:N:p:t:u:")
  if (bad !== undefined) return invalidOption(call, bad)
  if (lacking !== undefined) {
    await refuse(call, `${lacking}: option requires an argument`)
    return usage(call)
  }
  const invalid = rest.find((name) => !isName(name.replace(/\[.*\]$/s, "")))
  if (invalid !== undefined) return refuse(call, `\`${invalid}': not a valid identifier`)
  const line = await readInput(call, flags)
  if (typeof line === "number") return line
  const chars = unescape(line.text, flags.has("r"))
  const ifs = flags.has("N") ? "" : ifsOf(shell)
  const array = flags.get("a")
  if (array !== undefined) shell.variables.setArray(array, IndexedArray.of(splitFields(chars, ifs, Infinity)))
  else if (rest.length === 0) shell.variables.set("REPLY", plainOf(chars))
  else {
    const fields = ifs === "" ? [plainOf(chars)] : splitFields(chars, ifs, rest.length)
    rest.forEach((name, index) => assign(shell, name, fields[index] ?? ""))
  }
  return line.isLate === true ? LATE : line.ended ? 1 : 0
}

const assign = (shell: Shell, name: string, value: string): void => {
  const element = /^([^[]+)\[(.*)\]$/s.exec(name)
  if (element === null) shell.variables.set(name, value)
  else shell.variables.setElement(element[1], element[2], value)
}

const mapfile: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, rest: [name = "MAPFILE"] } = parseFlags(call.args, "d:n:O:s:tu:C:c:")
  if (bad !== undefined) return invalidOption(call, bad)
  if (!isName(name)) return refuse(call, `\`${name}': not a valid identifier`)
  const file = shell.process.descriptors.get(Number(flags.get("u") ?? 0))
  if (file === undefined) return refuse(call, `${flags.get("u") ?? 0}: invalid file descriptor: Bad file descriptor`)
  const delimiter = (flags.get("d") ?? "\n").slice(0, 1)
  const origin = Number(flags.get("O") ?? 0)
  const old = shell.variables.find(name)?.value
  const array = flags.has("O") && old instanceof IndexedArray ? old.copy() : new IndexedArray()
  const count = Number(flags.get("n") ?? 0) || Infinity
  const quantum = Number(flags.get("c") ?? 5000)
  let skip = Number(flags.get("s") ?? 0)
  for (let index = 0; index < count;) {
    const pending = shell.machine.tick(shell.process)
    if (pending !== undefined) await pending
    const line = await readLine(file, shell.process, delimiter)
    if (line.ended && line.text === "") break
    if (skip-- > 0) continue
    const text = flags.has("t") || line.ended ? line.text : line.text + delimiter
    if (flags.has("C") && (index + 1) % quantum === 0) {
      await evaluateText(shell, `${flags.get("C")} ${origin + index} ${quoteMinimal(text)}`, "eval")
    }
    array.set(origin + index++, text)
    if (line.ended) break
  }
  shell.variables.setArray(name, array)
  return 0
}

const getopts: Builtin = async (call) => {
  const { args: [spec, name, ...given], shell } = call
  if (spec === undefined || name === undefined) return usage(call)
  const args = given.length > 0 ? given : shell.parameters
  const index = Number(shell.variables.get("OPTIND") ?? "1")
  if (index !== shell.getopts.index) shell.getopts = { index, offset: 0 }
  const state = shell.getopts
  const silent = spec.startsWith(":")
  const finish = (letter: string, argument: string | undefined, status: number): number => {
    shell.variables.set("OPTIND", String(state.index))
    if (argument === undefined) shell.variables.unset("OPTARG")
    else shell.variables.set("OPTARG", argument)
    shell.variables.set(name, letter)
    return status
  }
  const current = args[state.index - 1]
  if (state.offset === 0) {
    if (current === undefined || !/^-./.test(current)) return finish("?", undefined, 1)
    if (current === "--") {
      state.index++
      return finish("?", undefined, 1)
    }
    state.offset = 1
  }
  const letter = current[state.offset++]
  const place = letter === ":" ? -1 : spec.indexOf(letter, silent ? 1 : 0)
  const isLast = state.offset >= current.length
  const advance = () => {
    state.index++
    state.offset = 0
  }
  const quiet = silent || shell.variables.get("OPTERR") === "0"
  if (place < 0) {
    if (isLast) advance()
    if (!quiet) await shell.tell(`${shell.name}: illegal option -- ${letter}\n`)
    return finish("?", silent ? letter : undefined, 0)
  }
  if (spec[place + 1] !== ":") {
    if (isLast) advance()
    return finish(letter, undefined, 0)
  }
  if (!isLast) {
    const argument = current.slice(state.offset)
    advance()
    return finish(letter, argument, 0)
  }
  advance()
  const argument = args[state.index - 1]
  if (argument === undefined) {
    if (!quiet) await shell.tell(`${shell.name}: option requires an argument -- ${letter}\n`)
    return finish(silent ? ":" : "?", silent ? letter : undefined, 0)
  }
  state.index++
  return finish(letter, argument, 0)
}

export const readBuiltins: Readonly<Record<string, Builtin>> = { read, mapfile, readarray: mapfile, getopts }
