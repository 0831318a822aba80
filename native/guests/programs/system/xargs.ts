/** xargs: commands are started as soon as their arguments have come, not when the input has ended. */
import { BytesFile } from "../../bash/io/devices.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"

/** What a command line may come to unless `-s` says otherwise, and at most, as GNU's has it. */
const DEFAULT_CHARS = 128 * 1024
const MAX_PARALLEL = 64
const HINT = "\nTry 'xargs --help' for more information."

/** Items of one line of input; whether a line ended counts for `-L`. */
interface Piece {
  readonly words: ReadonlyArray<string>
  /** The line is blank, or goes on with the next. */
  readonly joins: boolean
}

const unmatched = (quote: string): never => {
  const kind = quote === "'" ? "single" : "double"
  throw new ProgramFailure(
    `unmatched ${kind} quote; by default quotes are special to xargs unless you use the -0 option`
  )
}

/** Words of a line at blanks, with quotes and backslashes. */
export const splitWords = (text: string): Array<string> => {
  const words: Array<string> = []
  let word: string | undefined
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (char === "'" || char === "\"") {
      const end = text.indexOf(char, at + 1)
      const line = text.indexOf("\n", at)
      if (end < 0 || (line >= 0 && line < end)) unmatched(char)
      word = (word ?? "") + text.slice(at + 1, end)
      at = end
    } else {
      if (char === "\\" && at + 1 < text.length) at++
      word = (word ?? "") + text[at]
    }
  }
  if (word !== undefined) words.push(word)
  return words
}

/** A line without its quotes and backslashes: one item of `-I`. */
const unquote = (text: string): string => splitWords(text.replace(/[ \t]/g, "\\$&")).join("")

/** Lines as they come; one that ends in a backslash takes the next along. */
async function* linesOf(reader: Reader): AsyncGenerator<string> {
  const lines = reader.lines()
  let begun: string | undefined
  for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
    for (const each of batch) {
      const line: string = begun === undefined ? each : `${begun}\n${each}`
      begun = /\\*$/.exec(line)![0].length % 2 === 1 ? line : undefined
      if (begun === undefined) yield line
    }
  }
  if (begun !== undefined) yield begun
}

/** What `\n`, `\t`, `\0`, `\xHH` or a plain character stands for. */
const delimiterOf = (text: string): number => {
  const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92 }
  const match = /^\\(?:x([0-9a-fA-F]{1,2})|(0?[0-7]{1,3})|([abfnrtv\\]))$/.exec(text)
  if (match !== null) {
    return match[1] !== undefined
      ? Number.parseInt(match[1], 16)
      : match[2] !== undefined
      ? Number.parseInt(match[2], 8) & 0xff
      : escapes[match[3]]
  }
  if (text.length === 1 && text.charCodeAt(0) < 0x80) return text.charCodeAt(0)
  throw new ProgramFailure(
    `Invalid input delimiter specification ${text}: the delimiter must be either a single character or an escape sequence starting with \\.`
  )
}

const groupings: Readonly<Record<string, string>> = {
  I: "replace",
  i: "replace",
  L: "max-lines",
  l: "max-lines",
  n: "max-args"
}
const shown: Readonly<Record<string, string>> = {
  I: "--replace/-I/-i",
  i: "--replace/-I/-i",
  L: "-L",
  l: "--max-lines/-l",
  n: "--max-args/-n"
}

/** The command line of xargs, understood. */
class Plan {
  readonly replace: string | undefined
  readonly lines: number | undefined
  readonly perCommand: number
  readonly chars: number
  readonly parallel: number
  readonly delimiter: number | undefined
  readonly end: string | undefined
  readonly base: ReadonlyArray<string>
  readonly warnings: Array<string> = []

  constructor(private readonly line: CommandLine) {
    const last = this.grouping()
    this.replace = last === "I" ? line.get("I") : last === "i" ? line.get("i") || "{}" : undefined
    this.lines = last === "L" ? this.count("L") : last === "l" ? this.count("l", "1") : undefined
    this.perCommand = last === "n" ? this.count("n") : Infinity
    this.chars = Math.min(this.count("s", String(DEFAULT_CHARS)), DEFAULT_CHARS)
    const parallel = this.number("P", "1")
    if (parallel < 0) throw new ProgramFailure(`value ${parallel} for -P option should be >= 0${HINT}`)
    this.parallel = parallel === 0 ? MAX_PARALLEL : Math.min(parallel, MAX_PARALLEL)
    const given = line.options.findLast(({ name }) => name === "0" || name === "d")
    this.delimiter = given === undefined ? undefined : given.name === "0" ? 0 : delimiterOf(given.value)
    this.end = line.get("E") || line.get("e") || undefined
    this.base = line.operands.length === 0 ? ["echo"] : line.operands
  }

  /** The option that says how items become commands: the last one. `-n 1` says nothing that `-I` does not. */
  private grouping(): string | undefined {
    let last: string | undefined
    for (const { name, value } of this.line.options) {
      const kind = groupings[name]
      if (
        kind === undefined ||
        (kind === "max-args" && value === "1" && last !== undefined && groupings[last] === "replace")
      ) {
        continue
      }
      if (last !== undefined && groupings[last] !== kind) {
        this.warnings.push(
          `warning: options --${groupings[last]} and ${shown[name]} are mutually exclusive, ignoring previous --${
            groupings[last]
          } value`
        )
      }
      last = name
    }
    return last
  }

  private number(name: string, otherwise: string): number {
    const text = this.line.get(name) || otherwise
    if (!/^-?\d+$/.test(text)) throw new ProgramFailure(`invalid number "${text}" for -${name} option${HINT}`)
    return Number(text)
  }

  private count(name: string, otherwise = ""): number {
    const value = this.number(name, otherwise)
    if (value < 1) throw new ProgramFailure(`value ${value} for -${name} option should be >= 1${HINT}`)
    return value
  }

  /** The items as they come. */
  async *pieces(reader: Reader): AsyncGenerator<Piece> {
    if (this.delimiter !== undefined) {
      const items = reader.lines(this.delimiter)
      for (let batch = await items.next(); batch !== undefined; batch = await items.next()) {
        for (const item of batch) yield { words: [item], joins: false }
      }
      return
    }
    for await (const line of linesOf(reader)) {
      if (this.replace !== undefined) {
        const item = unquote(line.replace(/^[ \t]+/, ""))
        if (item === this.end) return
        if (item !== "") yield { words: [item], joins: false }
        continue
      }
      const words = splitWords(line)
      const end = this.end === undefined ? -1 : words.indexOf(this.end)
      if (end >= 0) {
        if (end > 0) yield { words: words.slice(0, end), joins: false }
        return
      }
      yield { words, joins: words.length === 0 || /[ \t]$/.test(line) }
    }
  }

  private sized(argv: ReadonlyArray<string>): ReadonlyArray<string> {
    if (argv.reduce((size, word) => size + Buffer.byteLength(word) + 1, 0) > this.chars) {
      throw new ProgramFailure("argument line too long")
    }
    return argv
  }

  /** The commands, each as soon as it is complete. */
  async *commands(reader: Reader): AsyncGenerator<ReadonlyArray<string>> {
    const { base, replace } = this
    const start = base.reduce((size, word) => size + Buffer.byteLength(word) + 1, 0)
    let batch: Array<string> = []
    let size = start
    let lines = 0
    let any = false
    const take = () => {
      const argv = this.sized([...base, ...batch])
      batch = []
      size = start
      lines = 0
      any = true
      return argv
    }
    for await (const { joins, words } of this.pieces(reader)) {
      if (replace !== undefined) {
        yield this.sized(base.map((word, index) => index === 0 ? word : word.replaceAll(replace, () => words[0])))
        continue
      }
      for (const word of words) {
        const bytes = Buffer.byteLength(word) + 1
        if (batch.length >= this.perCommand || (batch.length > 0 && size + bytes > this.chars)) {
          if (size + bytes > this.chars && this.line.has("x")) throw new ProgramFailure("argument list too long")
          yield take()
        }
        batch.push(word)
        size += bytes
        // the next item is not waited for
        if (batch.length >= this.perCommand) yield take()
      }
      if (this.lines !== undefined && !joins && ++lines >= this.lines) yield take()
    }
    if (batch.length > 0 || (!any && replace === undefined && !this.line.has("r"))) yield take()
  }
}

/** Starts commands, so many at a time, and keeps what became of them. */
class Runner {
  status = 0
  stopped = false
  private running = 0
  private wake: (() => void) | undefined
  private failure: unknown
  private readonly slots = new Set<number>()
  private answers: ReturnType<Reader["lines"]> | undefined
  private readonly pendingAnswers: Array<string> = []

  constructor(private readonly context: ProgramContext, private readonly line: CommandLine) {}

  /** Waits until less than so many run. */
  async below(count: number): Promise<void> {
    while (this.running >= count) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
    if (this.failure !== undefined) throw this.failure
  }

  /** Shows the command, and asks whether it shall be run. */
  private async agreed(argv: ReadonlyArray<string>): Promise<boolean> {
    const { context, line } = this
    if (!line.has("t") && !line.has("p")) return true
    await context.stdout.flush()
    await context.stderr.write(argv.join(" ") + (line.has("p") ? "?..." : "\n"))
    await context.stderr.flush()
    if (!line.has("p")) return true
    this.answers ??= (await context.open("/dev/tty").catch((error: unknown) => {
      throw new ProgramFailure(`failed to open /dev/tty for reading: ${context.reason(error)}`)
    })).lines()
    if (this.pendingAnswers.length === 0) this.pendingAnswers.push(...await this.answers.next() ?? [""])
    return /^[yY]/.test(this.pendingAnswers.shift() ?? "")
  }

  async start(argv: ReadonlyArray<string>): Promise<void> {
    if (!await this.agreed(argv)) return
    let slot = 0
    while (this.slots.has(slot)) slot++
    this.slots.add(slot)
    this.running++
    void this.one(argv, slot).catch((error: unknown) => {
      this.failure ??= error
    }).finally(() => {
      this.slots.delete(slot)
      this.running--
      this.wake?.()
    })
  }

  private async one(argv: ReadonlyArray<string>, slot: number): Promise<void> {
    const { context, line } = this
    const variable = line.get("slot")
    const env = variable === undefined ? undefined : new Map(context.env).set(variable, String(slot))
    const stdin = line.has("o")
      ? (await context.open("/dev/tty")).file.retain()
      : line.has("a")
      ? undefined
      : new BytesFile(new Uint8Array(0), "/dev/null")
    let signal: number | undefined
    const code = await context.run(argv, { env, stdin, onEnd: (status) => (signal = status.signal) })
    if (signal !== undefined) return this.stop(`${argv[0]}: terminated by signal ${signal}`, 125)
    if (code === -127) return this.stop(`${argv[0]}: No such file or directory`, 127)
    if (code === -126) return this.stop(`${argv[0]}: Permission denied`, 126)
    if (code === 255) return this.stop(`${argv[0]}: exited with status 255; aborting`, 124)
    if (code !== 0 && this.status < 123) this.status = 123
  }

  private async stop(message: string, status: number): Promise<void> {
    this.stopped = true
    this.status = status
    await this.context.complain(message)
  }
}

export const xargs: Program = async (context) => {
  const line = parseOptions(context, {
    short: "0a:d:E:e::i::I:L:l::n:oprP:s:tx",
    long: {
      null: "0",
      "arg-file=": "a",
      "delimiter=": "d",
      "eof[=": "e",
      "replace[=": "i",
      "max-lines[=": "l",
      "max-args=": "n",
      "no-run-if-empty": "r",
      "open-tty": "o",
      "max-procs=": "P",
      "process-slot-var=": "slot",
      verbose: "t",
      "max-chars=": "s",
      interactive: "p",
      exit: "x"
    },
    strict: true
  })
  const plan = new Plan(line)
  for (const warning of plan.warnings) await context.complain(warning)
  const name = line.get("a")
  const reader = name === undefined ? context.stdin : await context.open(name).catch((error: unknown) => {
    throw new ProgramFailure(`Cannot open input file ${context.quote(name)}: ${context.reason(error)}`)
  })
  const runner = new Runner(context, line)
  try {
    for await (const argv of plan.commands(reader)) {
      await runner.below(plan.parallel)
      if (runner.stopped) break
      await runner.start(argv)
    }
  } catch (error) {
    await runner.below(1)
    throw error
  }
  await runner.below(1)
  return runner.status
}
