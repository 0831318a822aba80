/** jq's command line: unlike GNU's, an option's values are the words behind it. */
import type { ProgramContext } from "../program.ts"
import { Informed, ProgramFailure } from "../program.ts"
import { JqObject } from "./object.ts"
import { BadJson, parseJson } from "./reader.ts"
import type { Value } from "./values.ts"
import { wellFormed } from "./values.ts"

export interface Settings {
  script: string | undefined
  readonly files: Array<string>
  readonly variables: Map<string, Value>
  readonly flags: Set<string>
  indent: number | "tab"
  /** Where the script is read from. */
  from: string | undefined
}

const USAGE =
  "Usage:\tjq [OPTIONS] FILTER [FILES...]\n\tjq [OPTIONS] -f FILE [FILES...]\n\tjq [OPTIONS] --args FILTER [ARGUMENTS...]\n" +
  "\tjq [OPTIONS] --jsonargs FILTER [JSON_VALUES...]\n"

const short: Readonly<Record<string, string>> = {
  s: "slurp",
  r: "raw-output",
  j: "join-output",
  a: "ascii-output",
  S: "sort-keys",
  c: "compact-output",
  C: "color-output",
  M: "monochrome-output",
  n: "null-input",
  R: "raw-input",
  e: "exit-status",
  f: "from-file",
  L: "library-path",
  h: "help",
  V: "version"
}

const flags = new Set([
  ...Object.values(short),
  "raw-output0",
  "tab",
  "stream",
  "stream-errors",
  "seq",
  "unbuffered",
  "args",
  "jsonargs"
])
/** Options with values, and how many. */
const valued: Readonly<Record<string, number>> = {
  arg: 2,
  argjson: 2,
  slurpfile: 2,
  rawfile: 2,
  indent: 1,
  "from-file": 1,
  "library-path": 1
}

const bad = (message: string): ProgramFailure =>
  new ProgramFailure(
    `error: ${message}\nUse jq --help for help with command-line options,\nor see the jq manpage, or online docs  at https://jqlang.github.io/jq`,
    2
  )

const json = (text: string, what: string): Value => {
  try {
    return parseJson(text)
  } catch (error) {
    if (error instanceof BadJson) throw bad(`Invalid JSON text passed to --${what}`.replace(/^error: /, ""))
    throw error
  }
}

export class CommandLine {
  readonly settings: Settings = {
    script: undefined,
    files: [],
    variables: new Map(),
    flags: new Set(),
    indent: 2,
    from: undefined
  }
  private readonly positional: Array<Value> = []
  private readonly named: Array<readonly [string, Value]> = []
  private rest: "files" | "args" | "jsonargs" = "files"

  constructor(private readonly context: ProgramContext) {}

  async run(): Promise<Settings> {
    const { args } = this.context
    let optionsEnd = false
    for (let at = 0; at < args.length; at++) {
      const word = args[at]
      if (optionsEnd || word === "-" || !word.startsWith("-")) this.operand(word)
      else if (word === "--") optionsEnd = true
      else if (word.startsWith("--")) at += await this.option(word.slice(2), args, at)
      else for (const letter of word.slice(1)) at += await this.option(short[letter] ?? word, args, at)
    }
    const { settings } = this
    if (settings.from !== undefined) {
      if (settings.script !== undefined) settings.files.unshift(settings.script)
      settings.script = await this.text(settings.from)
    }
    const named = JqObject.of(this.named)
    settings.variables.set("__prog_args", [])
    settings.variables.set("ARGS", JqObject.of([["positional", this.positional], ["named", named]]))
    settings.variables.set(
      "ENV",
      JqObject.of(Array.from(this.context.env, ([name, value]) => [name, wellFormed(value)] as const))
    )
    return settings
  }

  private operand(word: string): void {
    const { settings } = this
    // with -f the first operand is a file, or a word of --args
    if (settings.script === undefined && (settings.from === undefined || this.rest === "files")) {
      settings.script = wellFormed(word)
    } else if (this.rest === "files") settings.files.push(word)
    else this.positional.push(this.rest === "args" ? wellFormed(word) : json(word, "jsonargs"))
  }

  /** How many words behind it belong to the option. */
  private async option(name: string, args: ReadonlyArray<string>, at: number): Promise<number> {
    const { settings } = this
    if (name === "help" || name === "version") {
      throw name === "version" ? new Version() : new Informed(name, { short: "" })
    }
    const count = valued[name]
    if (count === undefined) {
      if (!flags.has(name)) throw bad(`Unknown arguments`)
      settings.flags.add(name)
      if (name === "args" || name === "jsonargs") this.rest = name
      if (name === "tab") settings.indent = "tab"
      if (name === "compact-output") settings.indent = 0
      return 0
    }
    const values = args.slice(at + 1, at + 1 + count)
    if (values.length < count) {
      throw bad(
        `--${name} takes ${count === 1 ? "one parameter" : "two parameters"} (e.g. --${name} ${
          count === 1 ? "n" : "name value"
        })`
      )
    }
    await this.value(name, values)
    return count
  }

  private async value(name: string, [first, second]: ReadonlyArray<string>): Promise<void> {
    const { settings } = this
    if (name === "indent") {
      const width = Number(first)
      if (!Number.isInteger(width)) throw bad("--indent takes a number")
      if (width < -1) throw bad("Cannot indent less than zero")
      if (width > 7) throw bad("Cannot indent more than 7 characters")
      settings.indent = width
    } else if (name === "from-file") settings.from = first
    else if (name === "arg") this.define(first, wellFormed(second))
    else if (name === "argjson") this.define(first, json(second, "argjson"))
    else if (name === "rawfile") this.define(first, await this.text(second))
    else if (name === "slurpfile") this.define(first, await this.slurped(first, second))
  }

  private define(name: string, value: Value): void {
    if (!this.settings.variables.has(name)) this.settings.variables.set(name, value)
    this.named.push([name, value])
  }

  private async text(path: string): Promise<string> {
    try {
      const reader = await this.context.open(path)
      return new TextDecoder().decode(await reader.all())
    } catch (error) {
      throw bad(`Could not open ${path}: ${this.context.reason(error)}`)
    }
  }

  private async slurped(name: string, path: string): Promise<Value> {
    const { JsonReader } = await import("./reader.ts")
    const reader = new JsonReader()
    reader.add(await this.text(path))
    reader.end()
    const values: Array<Value> = []
    try {
      for (let each = reader.next(); each !== undefined; each = reader.next()) values.push(each.value)
    } catch (error) {
      if (error instanceof BadJson) throw bad(`Bad JSON in --slurpfile ${name} ${path}: ${error.message}`)
      throw error
    }
    return values
  }
}

/** `--version`. */
export class Version {}

export { USAGE }
