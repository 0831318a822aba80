/** grep, egrep and fgrep. */
import { BytesFile } from "../../bash/io/devices.ts"
import { decodeText } from "../../bash/text.ts"
import { isErrno } from "../../shell/client.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, Reader } from "../program.ts"
import { walkFiles } from "./grep-walk.ts"
import type { Regex, Span } from "./regex.ts"
import { compileForLines, compileRegex } from "./regex.ts"

/** The options of grep. */
export const spec = {
  short: "EFGPe:f:iyvwxclLqsonHhbm:A:B:C:rRaIUzZT0123456789",
  long: {
    "extended-regexp": "E",
    "fixed-strings": "F",
    "basic-regexp": "G",
    "perl-regexp": "P",
    "regexp=": "e",
    "file=": "f",
    "ignore-case": "i",
    "no-ignore-case": "no-i",
    "invert-match": "v",
    "word-regexp": "w",
    "line-regexp": "x",
    count: "c",
    "files-with-matches": "l",
    "files-without-match": "L",
    quiet: "q",
    silent: "q",
    "no-messages": "s",
    "only-matching": "o",
    "line-number": "n",
    "with-filename": "H",
    "no-filename": "h",
    "byte-offset": "b",
    "max-count=": "m",
    "after-context=": "A",
    "before-context=": "B",
    "context=": "C",
    recursive: "r",
    "dereference-recursive": "R",
    text: "a",
    "include=": "include",
    "exclude=": "exclude",
    "exclude-dir=": "exclude-dir",
    "color[=": "color",
    "colour[=": "color",
    "null-data": "z",
    null: "Z",
    "line-buffered": "u",
    "binary-files=": "binary",
    "label=": "label",
    "initial-tab": "T"
  },
  status: 2
}

interface Settings {
  readonly context: ProgramContext
  readonly line: CommandLine
  readonly matchers: ReadonlyArray<Regex>
  /** One of them finds something in a text of which a line is matched; undefined where that cannot be asked. */
  readonly sieve: ReadonlyArray<Regex> | undefined
  readonly after: number
  readonly before: number
  readonly max: number
  readonly withName: boolean
  readonly withNumber: boolean
  readonly only: boolean
  readonly invert: boolean
  readonly silent: boolean
}

const fixed = (pattern: string): string => pattern.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")

const compile = (
  patterns: ReadonlyArray<string>,
  line: CommandLine,
  name: string
): Pick<Settings, "matchers" | "sieve"> => {
  const ignoreCase = (line.has("i") || line.has("y")) && !line.has("no-i")
  const around = line.has("x") ? "line" as const : line.has("w") ? "word" as const : undefined
  const mode = line.options.findLast(({ name }) => "EFGP".includes(name))?.name ??
    (name === "egrep" ? "E" : name === "fgrep" ? "F" : "G")
  const sources = mode === "F" ? patterns.map(fixed) : patterns
  const options = { extended: mode !== "G", ignoreCase, around }
  const matchers = sources.map((source) => {
    const regex = mode === "P"
      ? perl(source, ignoreCase, around)
      : compileRegex(source, mode === "F" ? options : { ...options, spans: line.has("o") })
    if (regex === undefined) throw new ProgramFailure(`Invalid regular expression: ${source}`, 2)
    return regex
  })
  const sieve = mode === "P" ? [] : sources.flatMap((source) => compileForLines(source, options) ?? [])
  return { matchers, sieve: sieve.length < sources.length ? undefined : sieve }
}

/** Perl's syntax is JavaScript's, near enough; what could backtrack for ever is not run. */
const perl = (pattern: string, ignoreCase: boolean, around: "word" | "line" | undefined): Regex | undefined => {
  if (/[+*}]\)?[+*{]|\([^)]*[+*][^)]*\)[+*{]/.test(pattern.replace(/\\./g, ""))) {
    return compileRegex(pattern.replaceAll("\\d", "[0-9]").replaceAll("\\D", "[^0-9]"), {
      extended: true,
      ignoreCase,
      around
    })
  }
  const prefix = /^(.*?)\\K/.exec(pattern)
  const source = prefix === null ? pattern : `(?<=${prefix[1]})${pattern.slice(prefix[0].length)}`
  try {
    const re = new RegExp(
      around === "line" ? `^(?:${source})$` : around === "word" ? `\\b(?:${source})\\b` : source,
      `${ignoreCase ? "i" : ""}g`
    )
    const find = (text: string, from: number): Span | undefined => {
      re.lastIndex = from
      const found = re.exec(text)
      return found === null ? undefined : { start: found.index, end: found.index + found[0].length }
    }
    return {
      find,
      test: (text) => find(text, 0) !== undefined,
      exec: () => undefined,
      match: (text) => {
        re.lastIndex = 0
        return re.exec(text) ?? undefined
      }
    }
  } catch {
    return undefined
  }
}

const firstSpan = (matchers: ReadonlyArray<Regex>, text: string, from: number): Span | undefined => {
  let best: Span | undefined
  for (const matcher of matchers) {
    const span = matcher.find(text, from)
    if (
      span !== undefined &&
      (best === undefined || span.start < best.start || (span.start === best.start && span.end > best.end))
    ) best = span
  }
  return best
}

/** One input: prints what it has to and says whether something was selected. */
class Search {
  private number = 0
  private selected = 0
  private printedTo = 0
  private pendingAfter = 0
  private readonly history: Array<{ readonly text: string; readonly offset: number }> = []
  /** Bytes before the line, where they are counted. */
  private offset = 0
  private nextOffset = 0
  private binary = false

  constructor(private readonly settings: Settings, private readonly label: string) {}

  async run(reader: Reader): Promise<boolean> {
    const { context, line, max } = this.settings
    const lines = reader.lines(line.has("z") ? 0 : 10)
    for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
      if (!line.has("a") && !this.binary && batch.some((text) => text.includes("\0")) && !line.has("z")) {
        this.binary = true
      }
      for (const text of batch) {
        if (this.passes(text)) continue
        const done = await this.consider(text)
        if (done) return this.finish()
      }
      const tick = context.tick()
      if (tick !== undefined) await tick
      if (this.selected >= max && this.pendingAfter === 0) break
    }
    return this.finish()
  }

  /** A whole file at once; undefined when it is better read as a stream. */
  async runWhole(bytes: Uint8Array): Promise<boolean | undefined> {
    if (this.settings.line.has("z") || bytes.includes(0)) return undefined
    const whole = decodeText(bytes)
    const { context, invert, sieve } = this.settings
    const tick = context.tick()
    if (tick !== undefined) await tick
    if (!invert && sieve?.every((regex) => !regex.test(whole)) === true) return this.finish()
    const lines = bytes.length === 0 ? [] : whole.split("\n")
    if (lines[lines.length - 1] === "") lines.pop()
    for (const text of lines) {
      if (!this.passes(text) && await this.consider(text)) break
    }
    return this.finish()
  }

  /** Most lines are not selected and leave nothing behind: they are passed over without a wait. */
  private passes(text: string): boolean {
    const { before, invert, matchers } = this.settings
    if (before > 0 || this.pendingAfter > 0 || this.settings.line.has("b")) return false
    for (const matcher of matchers) if (matcher.test(text)) return invert && ++this.number > 0
    if (invert) return false
    this.number++
    return true
  }

  private quiet(): boolean {
    const { line } = this.settings
    return line.has("q") || line.has("l") || line.has("L") || line.has("c")
  }

  /** True when the rest of the input does not matter. */
  private async consider(text: string): Promise<boolean> {
    const { before, invert, line, matchers, max } = this.settings
    this.number++
    this.offset = this.nextOffset
    if (line.has("b")) this.nextOffset += Buffer.byteLength(text) + 1
    const matches = this.selected < max && matchers.some((matcher) => matcher.test(text)) !== invert
    if (matches) {
      this.selected++
      if (line.has("q") || line.has("l") || line.has("L")) return true
      if (this.quiet()) return this.selected >= max
      if (this.binary) return true
      await this.printMatch(text)
      this.pendingAfter = this.settings.after
      return this.selected >= max && this.pendingAfter === 0
    }
    if (!this.quiet() && this.pendingAfter > 0) {
      this.pendingAfter--
      await this.print(text, "-")
      return this.selected >= max && this.pendingAfter === 0
    }
    if (before > 0) {
      this.history.push({ text, offset: this.offset })
      if (this.history.length > before) this.history.shift()
    }
    return this.selected >= max
  }

  private async printMatch(text: string): Promise<void> {
    const { after, before, invert, matchers, only } = this.settings
    if (only) {
      if (invert) return
      for (let at = 0; at <= text.length;) {
        const span = firstSpan(matchers, text, at)
        if (span === undefined) break
        if (span.end > span.start) {
          const before = this.settings.line.has("b") ? Buffer.byteLength(text.slice(0, span.start)) : 0
          await this.print(text.slice(span.start, span.end), ":", before)
        }
        at = span.end > span.start ? span.end : span.end + 1
      }
      return
    }
    const first = this.number - this.history.length
    if ((before > 0 || after > 0) && this.printedTo > 0 && first > this.printedTo + 1) {
      await this.settings.context.stdout.write("--\n")
    } else if ((before > 0 || after > 0) && this.printedTo === 0 && this.settings.context.groups++ > 0) {
      await this.settings.context.stdout.write("--\n")
    }
    const current = this.number
    const { offset } = this
    for (const [index, earlier] of this.history.entries()) {
      this.number = current - this.history.length + index
      this.offset = earlier.offset
      await this.print(earlier.text, "-")
    }
    this.number = current
    this.offset = offset
    this.history.length = 0
    await this.print(text, ":")
  }

  private print(text: string, separator: string, within = 0): Promise<void> | undefined {
    const { context, line, withName, withNumber } = this.settings
    this.printedTo = this.number
    const name = withName ? `${this.label}${line.has("Z") ? "\0" : separator}` : ""
    const number = withNumber ? `${this.number}${separator}` : ""
    const place = line.has("b") ? `${this.offset + within}${separator}` : ""
    return context.stdout.write(`${name}${number}${place}${text}${line.has("z") ? "\0" : "\n"}`)
  }

  private async finish(): Promise<boolean> {
    const { context, line, withName } = this.settings
    if (line.has("q")) return this.selected > 0
    const end = line.has("Z") ? "\0" : "\n"
    if (line.has("l") && this.selected > 0) await context.stdout.write(this.label + end)
    else if (line.has("L") && this.selected === 0) await context.stdout.write(this.label + end)
    else if (line.has("c") && !line.has("l") && !line.has("L")) {
      await context.stdout.write(`${withName ? `${this.label}:` : ""}${this.selected}\n`)
    } else if (this.binary && this.selected > 0 && !this.quiet()) {
      await context.stderr.write(`grep: ${this.label}: binary file matches\n`)
    }
    return line.has("L") ? this.selected === 0 : this.selected > 0
  }
}

const patternsOf = async (
  context: ProgramContext,
  line: CommandLine
): Promise<{ readonly patterns: Array<string>; readonly files: ReadonlyArray<string> }> => {
  const patterns = line.all("e").flatMap((text) => text.split("\n"))
  for (const name of line.all("f")) {
    const reader = await context.open(name).catch((error: unknown) => {
      throw new ProgramFailure(`${name}: ${context.reason(error)}`, 2)
    })
    const lines = reader.lines()
    for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) patterns.push(...batch)
  }
  if (line.has("e") || line.has("f")) return { patterns, files: line.operands }
  const [first, ...files] = line.operands
  if (first === undefined) {
    throw new ProgramFailure("", 2)
  }
  return { patterns: first.split("\n"), files }
}

const number = (text: string | undefined, kind: string): number => {
  if (text === undefined) return 0
  if (!/^\d+$/.test(text)) throw new ProgramFailure(`${text}: invalid ${kind}`, 2)
  return Number(text)
}

export const grep: Program = async (context) => {
  const line = parseOptions(context, spec)
  if (!line.has("e") && !line.has("f") && line.operands.length === 0) {
    await context.stderr.write("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n")
    return 2
  }
  const { files, patterns } = await patternsOf(context, line)
  const recursive = line.has("r") || line.has("R")
  const names = files.length > 0 ? files : recursive ? ["."] : ["-"]
  const digits = line.options.filter(({ name }) => /^\d$/.test(name)).map(({ name }) => name).join("")
  const around = digits === "" ? number(line.get("C"), "context length argument") : Number(digits)
  const settings: Settings = {
    context,
    line,
    ...compile(patterns, line, context.name),
    after: line.has("A") ? number(line.get("A"), "context length argument") : around,
    before: line.has("B") ? number(line.get("B"), "context length argument") : around,
    max: line.has("m") ? number(line.get("m"), "max count") : Infinity,
    withName: line.has("H") || (!line.has("h") && (names.length > 1 || recursive)),
    withNumber: line.has("n"),
    only: line.has("o"),
    invert: line.has("v"),
    silent: line.has("s")
  }
  return searchAll(settings, names, recursive, files.length === 0)
}

const searchAll = async (
  settings: Settings,
  names: ReadonlyArray<string>,
  recursive: boolean,
  implicit: boolean
): Promise<number> => {
  const { context, line } = settings
  let matched = false
  let failed = false
  const one = async (name: string, content?: Promise<Uint8Array>) => {
    const label = name === "-"
      ? line.get("label") ?? "(standard input)"
      : implicit && recursive
      ? name.replace(/^\.\//, "")
      : name
    let reader: Reader | undefined
    try {
      if (content !== undefined) {
        const bytes = await context.process.block(content)
        const result = await new Search(settings, label).runWhole(bytes)
        if (result !== undefined) {
          matched = result || matched
          return
        }
        reader = new Reader(new BytesFile(bytes, context.path(name)), context.process, context.stdout)
      } else reader = await context.open(name)
      matched = await new Search(settings, label).run(reader) || matched
    } catch (error) {
      const isDirectory = isErrno(error, "EISDIR")
      const reason = context.reason(error)
      if (isDirectory && recursive) return
      if (!settings.silent) await context.complain(`${name}: ${reason}`)
      failed = failed || !isDirectory
    } finally {
      const closing = reader?.close()
      if (closing !== undefined) await closing
    }
  }
  for (const name of names) {
    const isDirectory = recursive && name !== "-"
      && (await context.sys("stat", context.path(name)).catch(() => undefined))?.type === "directory"
    if (isDirectory) {
      const filters = {
        include: line.all("include"),
        exclude: line.all("exclude"),
        directories: line.all("exclude-dir")
      }
      await walkFiles(context, name, { ...filters, links: line.has("R"), silent: settings.silent }, one)
    } else await one(name)
    if (matched && line.has("q")) return 0
  }
  return failed ? 2 : matched ? 0 : 1
}
