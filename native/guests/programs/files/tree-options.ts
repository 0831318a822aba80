/** The options of tree, which are parsed in its own manner: values are always words of their own. */
import { Pattern } from "../../bash/expand/pattern.ts"
import type { OptionSpec } from "../options.ts"
import type { ProgramContext } from "../program.ts"
import { Informed, ProgramFailure } from "../program.ts"

const spec: OptionSpec = {
  short: "adflxsuhgpDFrtcUvQNqnCiJL:P:I:o:",
  long: {
    dirsfirst: "dirsfirst",
    filesfirst: "filesfirst",
    "filelimit=": "filelimit",
    noreport: "noreport",
    prune: "prune",
    "ignore-case": "ignore-case",
    inodes: "inodes",
    device: "device",
    si: "si",
    "sort=": "sort",
    "timefmt=": "timefmt",
    "charset=": "charset"
  }
}

const SORTS = ["name", "version", "size", "mtime", "ctime"]
const sortLetters: Readonly<Record<string, string>> = { t: "mtime", c: "ctime", U: "none", v: "version" }

export interface TreeOptions {
  readonly has: (name: string) => boolean
  readonly roots: ReadonlyArray<string>
  /** How deep it goes; and how many entries a directory may have to be opened. */
  readonly level: number
  readonly fileLimit: number
  /** `name`, or what else entries are sorted by; `none`. */
  readonly sort: string
  readonly timeFormat: string | undefined
  /** Lines are drawn with the characters of Unicode. */
  readonly unicode: boolean
  readonly output: string | undefined
  readonly shown: ReadonlyArray<NamePattern>
  readonly hidden: ReadonlyArray<NamePattern>
}

/** A pattern of names; one that ends in a slash is for directories. */
export class NamePattern {
  private readonly pattern: Pattern
  private readonly directories: boolean

  constructor(source: string, ignoreCase: boolean) {
    this.directories = source.endsWith("/")
    this.pattern = new Pattern(this.directories ? source.slice(0, -1) : source, { extended: false, ignoreCase })
  }

  matches(name: string, isDirectory: boolean): boolean {
    return (isDirectory || !this.directories) && this.pattern.matches(name)
  }
}

/** Parses the words; what follows `--` is no option. */
class Words {
  readonly values = new Map<string, Array<string>>()
  readonly roots: Array<string> = []
  sort = "name"
  private index = 0

  constructor(private readonly context: ProgramContext) {}

  run(): this {
    const { args } = this.context
    for (; this.index < args.length; this.index++) {
      const arg = args[this.index]
      if (arg === "--") {
        this.roots.push(...args.slice(this.index + 1))
        break
      }
      if (arg.startsWith("--")) this.long(arg.slice(2))
      else if (arg.startsWith("-") && arg.length > 1) this.short(arg.slice(1))
      else this.roots.push(arg)
    }
    return this
  }

  private set(name: string, value: string): void {
    this.values.set(name, [...this.values.get(name) ?? [], value])
    this.sort = name === "sort" ? value : sortLetters[name] ?? this.sort
  }

  private next(option: string): string {
    const value = this.context.args[++this.index]
    if (value === undefined) throw new ProgramFailure(`Missing argument to ${option} option.`)
    return value
  }

  private short(letters: string): void {
    for (const letter of letters) {
      const place = letter === ":" ? -1 : spec.short.indexOf(letter)
      if (place < 0) return this.refuse(`-\`${letter}'`)
      this.set(letter, spec.short[place + 1] === ":" ? this.next(`-${letter}`) : "")
    }
  }

  private long(text: string): void {
    if (text === "help" || text === "version") throw new Informed(text, spec)
    const equals = text.indexOf("=")
    const name = equals < 0 ? text : text.slice(0, equals)
    if (Object.hasOwn(spec.long!, text)) return this.set(text, "")
    if (!Object.hasOwn(spec.long!, `${name}=`)) return this.refuse(`\`--${text}'`)
    this.set(name, equals < 0 ? this.next(`--${name}`) : text.slice(equals + 1))
  }

  private refuse(what: string): never {
    throw new ProgramFailure(
      `Invalid argument ${what}.\nusage: tree [OPTION]... [--] [directory ...]\nTry 'tree --help' for the options.`
    )
  }
}

/** A number greater than none. */
const positive = (text: string | undefined, what: string): number => {
  if (text === undefined) return Infinity
  const number = /^\d+$/.test(text) ? Number(text) : 0
  if (number === 0) throw new ProgramFailure(`Invalid ${what}, must be greater than 0.`)
  return number
}

export const parseTree = (context: ProgramContext): TreeOptions => {
  const { roots, sort, values } = new Words(context).run()
  const last = (name: string) => values.get(name)?.at(-1)
  const patterns = (name: string) =>
    (values.get(name) ?? []).flatMap((source) => source.split("|")).map((source) =>
      new NamePattern(source, values.has("ignore-case"))
    )
  if (!SORTS.includes(sort) && sort !== "none") {
    throw new ProgramFailure(`Sort type '${sort}' not valid, should be one of: ${SORTS.join()}`)
  }
  const { env } = context
  const charset = last("charset") ?? env.get("TREE_CHARSET") ??
    (env.get("LC_ALL") || env.get("LC_CTYPE") || env.get("LANG") || "")
  return {
    has: (name) => values.has(name),
    roots: roots.length === 0 ? ["."] : roots,
    level: positive(last("L"), "level"),
    fileLimit: positive(last("filelimit"), "filelimit"),
    sort,
    timeFormat: last("timefmt"),
    unicode: /utf-?8/i.test(charset),
    output: last("o"),
    shown: patterns("P"),
    hidden: patterns("I")
  }
}
