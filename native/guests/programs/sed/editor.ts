/** Runs a script of sed over lines. */
import { encodeText } from "../../bash/text.ts"
import type { ProgramContext, Writer } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import type { Regex } from "../text/regex.ts"
import type { Input, Line } from "./input.ts"
import type { Address, Command } from "./script.ts"

/** What has been written of, for all files that a run edits. */
export interface Files {
  readonly writer: (name: string) => Promise<Writer>
  /** The next line of a file that `R` reads. */
  readonly line: (name: string) => Promise<string | undefined>
}

export interface EditorOptions {
  readonly quiet: boolean
  readonly end: string
  readonly lineLength: number
}

type Step = "next" | "cycle" | "restart" | "quit"

const MAX_SPACE = 128 * 1024 * 1024

/** Carries what one run of the script leaves to the next: the hold space and the ranges. */
export class Editor {
  private space = ""
  private hold = ""
  private ended = true
  private substituted = false
  private lastRegex: Regex | undefined
  private appended: Array<{ readonly kind: "text" | "file"; readonly text: string }> = []
  private missingEnd = false
  private input!: Input
  private out!: Writer
  exitCode: number | undefined

  constructor(
    private readonly context: ProgramContext,
    private readonly commands: ReadonlyArray<Command>,
    private readonly options: EditorOptions,
    private readonly files: Files
  ) {}

  async run(input: Input, out: Writer): Promise<void> {
    this.input = input
    this.out = out
    this.missingEnd = false
    let restarting = false
    for (;;) {
      const tick = this.context.tick()
      if (tick !== undefined) await tick
      if (!restarting) {
        const reading = input.read()
        const line = reading instanceof Promise ? await reading : reading
        if (line === undefined) break
        this.take(line)
      }
      const outcome = await this.cycle()
      restarting = outcome === "restart"
      if (!restarting && outcome !== "cycle" && !this.options.quiet && !(outcome === "quit" && this.silentQuit)) {
        const pending = this.print(this.space)
        if (pending !== undefined) await pending
      }
      if (this.appended.length > 0) await this.flushAppended()
      if (outcome === "quit") return
    }
  }

  private silentQuit = false

  private take({ ended, text }: Line): void {
    this.space = text
    this.ended = ended
    this.substituted = false
  }

  /** A line; a missing end is left out, and made up for when more follows. */
  private print(text: string, ended = this.ended): Promise<void> | undefined {
    const lead = this.missingEnd ? this.options.end : ""
    this.missingEnd = !ended
    return this.out.write(lead + text + (ended ? this.options.end : ""))
  }

  private raw(text: string): Promise<void> | undefined {
    const lead = this.missingEnd ? this.options.end : ""
    this.missingEnd = false
    return this.out.write(lead + text)
  }

  private async flushAppended(): Promise<void> {
    for (const { kind, text } of this.appended.splice(0)) {
      if (kind === "text") {
        await this.raw(text)
        continue
      }
      const reader = await this.context.open(text === "/dev/stdin" ? "-" : text).catch(() => undefined)
      for (let chunk = await reader?.read(); chunk !== undefined; chunk = await reader?.read()) {
        if (this.missingEnd) await this.raw("")
        await this.out.write(chunk)
      }
      await reader?.close()
    }
  }

  private matches(address: Address): boolean | Promise<boolean> {
    switch (address.kind) {
      case "line":
        return this.input.number === address.number
      case "step":
        return address.step === 0
          ? this.input.number === address.first
          : this.input.number >= address.first && (this.input.number - address.first) % address.step === 0
      case "last":
        return this.input.isLast()
      case "regex":
        return this.test(address.regex)
      default:
        return false
    }
  }

  private test(regex: Regex | undefined): boolean {
    return this.pattern(regex).test(this.space)
  }

  private pattern(regex: Regex | undefined): Regex {
    const chosen = regex ?? this.lastRegex
    if (chosen === undefined) throw new ProgramFailure("no previous regular expression")
    this.lastRegex = chosen
    return chosen
  }

  private selects(command: Command): boolean | Promise<boolean> {
    const { from, negated, to } = command
    if (from === undefined) return !negated
    const result = to === undefined ? this.matches(from) : this.inRange(command, from, to)
    return typeof result === "boolean" ? result !== negated : result.then((holds) => holds !== negated)
  }

  private async inRange(command: Command, from: Address, to: Address): Promise<boolean> {
    const { number } = this.input
    if (!command.active) {
      const zero = from.kind === "line" && from.number === 0
      if (zero) {
        if (command.until === -1) return false
        command.active = true
        command.until = -1
        return this.closes(command, to)
      }
      if (!await this.matches(from)) return false
      if (to.kind === "count") command.until = number + to.lines
      else if (to.kind === "multiple") command.until = to.of === 0 ? number : Math.ceil(number / to.of) * to.of
      else if (to.kind === "line") command.until = to.number
      const numbered = to.kind === "count" || to.kind === "multiple" || to.kind === "line"
      command.active = numbered ? command.until > number : to.kind === "last" ? !await this.input.isLast() : true
      return true
    }
    return this.closes(command, to)
  }

  private async closes(command: Command, to: Address): Promise<boolean> {
    const { number } = this.input
    if (to.kind === "regex") {
      if (this.test(to.regex)) command.active = false
      return true
    }
    if (to.kind === "last") {
      if (await this.input.isLast()) command.active = false
      return true
    }
    if (number >= command.until) command.active = false
    // A line that lies behind the range's end is not in it.
    return number <= command.until || to.kind !== "line"
  }

  private async cycle(): Promise<Step> {
    const { commands } = this
    for (let at = 0; at < commands.length;) {
      const command = commands[at]
      const selecting = this.selects(command)
      const selected = typeof selecting === "boolean" ? selecting : await selecting
      if (!selected) {
        at = command.name === "{" ? command.jump : at + 1
        continue
      }
      if (
        command.name === "b" || (command.name === "t" && this.substituted) ||
        (command.name === "T" && !this.substituted)
      ) {
        if (command.name === "t") this.substituted = false
        at = command.jump
        const tick = this.context.tick()
        if (tick !== undefined) await tick
        continue
      }
      if (command.name === "T") this.substituted = false
      const doing = this.perform(command)
      const step = doing instanceof Promise ? await doing : doing
      if (step !== "next") return step
      at++
    }
    return "next"
  }

  private perform(command: Command): Step | Promise<Step> {
    const after = (pending: Promise<void> | undefined): Step | Promise<Step> =>
      pending === undefined ? "next" : pending.then(() => "next")
    switch (command.name) {
      case "{":
      case "t":
      case "T":
        return "next"
      case "s":
        return this.substitute(command)
      case "y":
        this.space = Array.from(this.space, (char) => command.map!.get(char) ?? char).join("")
        return "next"
      case "d":
        return "cycle"
      case "D": {
        const at = this.space.indexOf("\n")
        if (at < 0) return "cycle"
        this.space = this.space.slice(at + 1)
        return "restart"
      }
      case "p":
        return after(this.print(this.space))
      case "P": {
        const at = this.space.indexOf("\n")
        return after(this.print(at < 0 ? this.space : this.space.slice(0, at), at < 0 ? this.ended : true))
      }
      case "g":
        this.space = this.hold
        return "next"
      case "G":
        this.space = this.bounded(`${this.space}\n${this.hold}`)
        return "next"
      case "h":
        this.hold = this.space
        return "next"
      case "H":
        this.hold = this.bounded(`${this.hold}\n${this.space}`)
        return "next"
      case "x":
        ;[this.space, this.hold] = [this.hold, this.space]
        return "next"
      case "z":
        this.space = ""
        return "next"
      case "=":
        return after(this.raw(`${this.input.number}\n`))
      case "F":
        return after(this.raw(`${this.input.name}\n`))
      case "a":
        this.appended.push({ kind: "text", text: command.text })
        return "next"
      case "r":
        this.appended.push({ kind: "file", text: command.text })
        return "next"
      case "i":
        return after(this.raw(command.text))
      case "c": {
        const shows = command.to === undefined || command.negated || !command.active
        const pending = shows ? this.raw(command.text) : undefined
        return pending === undefined ? "cycle" : pending.then(() => "cycle")
      }
      case "l":
        return after(this.raw(visible(this.space, command.number ?? this.options.lineLength)))
      case "q":
      case "Q":
        this.exitCode = command.number ?? 0
        this.silentQuit = command.name === "Q"
        return "quit"
      default:
        return this.slow(command)
    }
  }

  private bounded(text: string): string {
    if (text.length > MAX_SPACE) throw new ProgramFailure("couldn't re-allocate memory", 4)
    return text
  }

  private async slow(command: Command): Promise<Step> {
    switch (command.name) {
      case "n":
      case "N": {
        if (await this.input.isLast()) {
          // GNU prints what it has when there is no next line.
          if (command.name === "N" || !this.options.quiet) this.silentQuit = false
          return "quit"
        }
        if (command.name === "n" && !this.options.quiet) await this.print(this.space)
        await this.flushAppended()
        const line = (await this.input.read())!
        this.space = command.name === "n" ? line.text : this.bounded(`${this.space}\n${line.text}`)
        this.ended = line.ended
        return "next"
      }
      case "R": {
        const line = await this.files.line(command.text)
        if (line !== undefined) this.appended.push({ kind: "text", text: `${line}\n` })
        return "next"
      }
      case "w":
        await (await this.writerOf(command.text)).write(`${this.space}\n`)
        return "next"
      case "W":
        await (await this.writerOf(command.text)).write(`${this.space.split("\n")[0]}\n`)
        return "next"
      default:
        return "next"
    }
  }

  private writerOf(name: string): Promise<Writer> {
    return name === "/dev/stdout" ? Promise.resolve(this.out) : this.files.writer(name)
  }

  private substitute(command: Command): Step | Promise<Step> {
    const { flags, parts } = command
    const regex = this.pattern(command.regex)
    const text = this.space
    let out = ""
    let at = 0
    let copied = 0
    let count = 0
    let done = false
    while (at <= text.length) {
      const found = regex.exec(text, at)
      if (found === undefined) break
      const { end, start } = found
      // An empty match right behind the last one is none.
      const empty = start === end
      if (empty && start === copied && count > 0 && start > 0 && at === start) {
        if (start >= text.length) break
        at = start + 1
        continue
      }
      count++
      if (count >= flags.nth) {
        out += text.slice(copied, start) + expand(parts, found.groups)
        copied = end
        done = true
        if (!flags.global) break
      }
      at = empty ? end + 1 : end
      if (empty && end >= text.length) break
    }
    if (!done) return "next"
    this.space = this.bounded(out + text.slice(copied))
    this.substituted = true
    if (flags.print === 0 && flags.file === undefined) return "next"
    return this.report(command)
  }

  private async report({ flags }: Command): Promise<Step> {
    for (let count = flags.print; count > 0; count--) await this.print(this.space)
    if (flags.file !== undefined) await (await this.writerOf(flags.file)).write(`${this.space}\n`)
    return "next"
  }
}

/** The replacement with groups filled in and changes of case applied. */
const expand = (parts: Command["parts"], groups: ReadonlyArray<string | undefined>): string => {
  let out = ""
  let mode = ""
  let once = ""
  const put = (text: string) => {
    if (text === "") return
    let changed = mode === "U" ? text.toUpperCase() : mode === "L" ? text.toLowerCase() : text
    if (once !== "") {
      const [first] = Array.from(changed)
      changed = (once === "u" ? first.toUpperCase() : first.toLowerCase()) + changed.slice(first.length)
      once = ""
    }
    out += changed
  }
  for (const part of parts) {
    if ("text" in part) put(part.text)
    else if ("group" in part) put(groups[part.group] ?? "")
    else if (part.fold === "l" || part.fold === "u") once = part.fold
    else mode = part.fold === "E" ? "" : part.fold
  }
  return out
}

const escapes: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  92: "\\\\"
}

/** As `l` shows a line: unambiguous, in pieces. */
const visible = (text: string, length: number): string => {
  const width = length > 1 ? length - 1 : 0
  let out = ""
  let column = 0
  for (const byte of encodeText(text)) {
    const shown = escapes[byte] ??
      (byte < 32 || byte >= 127 ? `\\${byte.toString(8).padStart(3, "0")}` : String.fromCharCode(byte))
    if (width > 0 && column + shown.length > width) {
      out += "\\\n"
      column = 0
    }
    out += shown
    column += shown.length
  }
  return `${out}$\n`
}
