/** Command lines in the manner of GNU getopt_long: options anywhere, short ones glued, long ones abbreviated. */
import type { ProgramContext } from "./program.ts"
import { Informed, ProgramFailure } from "./program.ts"

export interface Option {
  readonly name: string
  readonly value: string
  /** How many operands stand before it. */
  readonly at: number
}

export interface CommandLine {
  /** In the order given, by short letter or long name as the specification names them. */
  readonly options: ReadonlyArray<Option>
  readonly operands: ReadonlyArray<string>
  readonly has: (name: string) => boolean
  /** The last value given. */
  readonly get: (name: string) => string | undefined
  readonly all: (name: string) => ReadonlyArray<string>
}

export interface OptionSpec {
  /** Letters; one with ":" takes a value, one with "::" may have one glued on. */
  readonly short: string
  /** Long names to what they are called here; a name that ends in "=" takes a value, in "[=" may have one. */
  readonly long?: Readonly<Record<string, string>> | undefined
  /** Exit code of a wrong command line. */
  readonly status?: number | undefined
  /** Operands end the options. */
  readonly strict?: boolean | undefined
  /** A line that stands between the message of a wrong command line and the hint to `--help`. */
  readonly usage?: string | undefined
  /** The hint to `--help` begins with the program's name. */
  readonly named?: boolean | undefined
}

const isInforming = (name: string): name is Informed["about"] => name === "help" || name === "version"

interface Long {
  readonly name: string
  readonly target: string
  readonly takes: "no" | "maybe" | "yes"
}

const longs = (spec: OptionSpec): ReadonlyArray<Long> =>
  Object.entries({ ...spec.long, help: "help", version: "version" }).map(([key, target]) => ({
    name: key.replace(/\[?=$/, ""),
    target,
    takes: key.endsWith("[=") ? "maybe" : key.endsWith("=") ? "yes" : "no"
  }))

const fail = (context: ProgramContext, spec: OptionSpec, problem: string): never => {
  const usage = spec.usage === undefined ? "" : `${spec.usage}\n`
  throw new ProgramFailure(
    `${problem}\n${usage}${
      spec.named === true ? `${context.name}: ` : ""
    }Try '${context.name} --help' for more information.`,
    spec.status ?? 1
  )
}

class Parser {
  readonly options: Array<Option> = []
  readonly operands: Array<string> = []
  private index = 0
  private readonly long: ReadonlyArray<Long>

  constructor(
    private readonly context: ProgramContext,
    private readonly spec: OptionSpec,
    private readonly args: ReadonlyArray<string>
  ) {
    this.long = longs(spec)
  }

  run(): void {
    const { args } = this
    for (; this.index < args.length; this.index++) {
      const arg = args[this.index]
      if (arg === "--") {
        this.operands.push(...args.slice(this.index + 1))
        return
      }
      if (arg.startsWith("--")) this.parseLong(arg.slice(2))
      else if (arg.length > 1 && arg.startsWith("-")) this.parseShort(arg)
      else {
        this.operands.push(arg)
        if (this.spec.strict === true) {
          this.operands.push(...args.slice(this.index + 1))
          return
        }
      }
    }
  }

  private add(name: string, value: string): void {
    this.options.push({ name, value, at: this.operands.length })
  }

  private parseShort(arg: string): void {
    const { short } = this.spec
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at]
      const place = letter === ":" ? -1 : short.indexOf(letter)
      if (place < 0) fail(this.context, this.spec, `invalid option -- '${letter}'`)
      if (short[place + 1] !== ":") {
        this.add(letter, "")
        continue
      }
      const glued = arg.slice(at + 1)
      if (short[place + 2] === ":") this.add(letter, glued)
      else if (glued !== "") this.add(letter, glued)
      else {
        const value = this.args[++this.index]
        if (value === undefined) fail(this.context, this.spec, `option requires an argument -- '${letter}'`)
        this.add(letter, value)
      }
      return
    }
  }

  private parseLong(text: string): void {
    const equals = text.indexOf("=")
    const name = equals < 0 ? text : text.slice(0, equals)
    const given = equals < 0 ? undefined : text.slice(equals + 1)
    const candidates = this.long.filter((each) => each.name.startsWith(name))
    const exact = candidates.find((each) => each.name === name)
    const found = exact ?? candidates[0]
    if (found === undefined) return fail(this.context, this.spec, `unrecognized option '--${text}'`)
    if (exact === undefined && candidates.length > 1) {
      const list = candidates.map((each) => `'--${each.name}'`).join(" ")
      return fail(this.context, this.spec, `option '--${text}' is ambiguous; possibilities: ${list}`)
    }
    if (found.takes === "no" && given !== undefined) {
      return fail(this.context, this.spec, `option '--${found.name}' doesn't allow an argument`)
    }
    if (isInforming(found.target)) throw new Informed(found.target, this.spec)
    if (found.takes === "yes" && given === undefined) {
      const value = this.args[++this.index]
      if (value === undefined) return fail(this.context, this.spec, `option '--${found.name}' requires an argument`)
      this.add(found.target, value)
    } else this.add(found.target, given ?? "")
  }
}

export const parseOptions = (
  context: ProgramContext,
  spec: OptionSpec,
  args: ReadonlyArray<string> = context.args
): CommandLine => {
  const parser = new Parser(context, spec, args)
  parser.run()
  const { operands, options } = parser
  return {
    options,
    operands,
    has: (name) => options.some((option) => option.name === name),
    get: (name) => options.findLast((option) => option.name === name)?.value,
    all: (name) => options.filter((option) => option.name === name).map((option) => option.value)
  }
}

export const missingOperand = (context: ProgramContext): ProgramFailure =>
  new ProgramFailure(`missing operand\nTry '${context.name} --help' for more information.`)

export const missingAfter = (context: ProgramContext, operand: string): ProgramFailure =>
  new ProgramFailure(
    `missing operand after ${context.quote(operand)}\nTry '${context.name} --help' for more information.`
  )

export const extraOperand = (context: ProgramContext, operand: string): ProgramFailure =>
  new ProgramFailure(`extra operand ${context.quote(operand)}\nTry '${context.name} --help' for more information.`)

const units: Readonly<Record<string, number>> = { b: 512, K: 1, M: 2, G: 3, T: 4, P: 5, E: 6 }

/** `10`, `4K`, `1kB`, `2MiB` in bytes; undefined when it is none. */
export const parseSize = (text: string): number | undefined => {
  const match = /^(\d+)(?:(b)|([kKMGTPE])(B|iB)?)?$/.exec(text)
  if (match === null) return undefined
  const [, digits, blocks, letter, suffix] = match
  if (blocks !== undefined) return Number(digits) * 512
  if (letter === undefined) return Number(digits)
  return Number(digits) * (suffix === "B" ? 1000 : 1024) ** units[letter.toUpperCase()]
}
