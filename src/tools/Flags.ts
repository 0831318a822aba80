/**
 * From a command line to the JSON input of a tool, by its JSON Schema: `--kebab-case` flags, `--x` and `--no-x` for
 * booleans, repetition for arrays, `--json` and `--json-file` for the whole input.
 *
 * @since 0.1.0
 */
import * as Texts from "./Texts.ts"

/**
 * The part of a JSON Schema that flags are made of.
 *
 * @since 0.1.0
 * @category models
 */
export interface FlagSchema {
  readonly type?: unknown
  readonly properties?: Readonly<Record<string, FlagSchema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: FlagSchema
  readonly anyOf?: ReadonlyArray<FlagSchema>
  readonly enum?: ReadonlyArray<unknown>
  readonly const?: unknown
  readonly default?: unknown
  readonly description?: string
}

/**
 * How a value is written on the command line.
 *
 * @since 0.1.0
 * @category models
 */
export type FlagKind = "string" | "number" | "boolean" | "array" | "json"

/**
 * @since 0.1.0
 * @category models
 */
export interface Flag {
  /** Without the dashes. */
  readonly flag: string
  /** The key of the input. */
  readonly key: string
  readonly kind: FlagKind
  /** Of an array: its items. */
  readonly item: FlagKind
  readonly required: boolean
  readonly schema: FlagSchema
}

/**
 * What a command line asks for.
 *
 * @since 0.1.0
 * @category models
 */
export type Parsed =
  | { readonly _tag: "Help" }
  | { readonly _tag: "Input"; readonly json: string }
  /** The input is in a file, relative to the working directory. */
  | { readonly _tag: "File"; readonly path: string }
  /** Something is wrong with it. */
  | { readonly _tag: "Refused"; readonly message: string }

/**
 * `perMinute` becomes `per-minute`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const kebab = (key: string): string =>
  key.replace(/([a-z0-9])([A-Z])/g, "$1-$2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2").replace(/[_\s]+/g, "-")
    .toLowerCase()

const kindOfType = (type: unknown): FlagKind | undefined => {
  switch (type) {
    case "string":
    case "boolean":
    case "array":
      return type
    case "number":
    case "integer":
      return "number"
    default:
      return undefined
  }
}

const kindOf = (schema: FlagSchema): FlagKind => {
  const values = "const" in schema ? [schema.const] : schema.enum
  if (values !== undefined) {
    const types = new Set(values.map((value) => typeof value))
    return types.size === 1 ? kindOfType([...types][0]) ?? "json" : "json"
  }
  if (schema.anyOf !== undefined) {
    const kinds = new Set(schema.anyOf.filter(({ type }) => type !== "null").map(kindOf))
    return kinds.size === 1 ? [...kinds][0] : "json"
  }
  return kindOfType(schema.type) ?? "json"
}

/**
 * The flags of a tool, in the order of its Schema.
 *
 * @since 0.1.0
 * @category getters
 */
export const flagsOf = (schema: FlagSchema): Array<Flag> => {
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const kind = kindOf(property)
    const item = kind === "array" && property.items !== undefined ? kindOf(property.items) : "string"
    return { flag: kebab(key), key, kind, item, required: required.has(key), schema: property }
  })
}

class Refusal {
  constructor(readonly message: string) {}
}

const refuse = (message: string): never => {
  throw new Refusal(message)
}

const readJson = (value: string): unknown => {
  try {
    return JSON.parse(value)
  } catch (cause) {
    return refuse(Texts.invalidJson("--json", (cause as Error).message))
  }
}

const valueOf = (flag: string, kind: FlagKind, value: string): unknown => {
  if (kind === "number") {
    const number = value.trim() === "" ? Number.NaN : Number(value)
    return Number.isFinite(number) ? number : refuse(Texts.flagNotNumber(flag, value))
  }
  if (kind === "boolean") {
    if (value === "true" || value === "false") return value === "true"
    return refuse(Texts.unexpectedArgument(value))
  }
  if (kind !== "json") return value
  try {
    return JSON.parse(value)
  } catch {
    // the tool's Schema tells what was expected
    return value
  }
}

class CommandLine {
  private readonly byName: ReadonlyMap<string, Flag>
  private readonly input = new Map<string, unknown>()

  constructor(private readonly flags: ReadonlyArray<Flag>) {
    this.byName = new Map(flags.map((flag) => [flag.flag, flag]))
  }

  parse(args: ReadonlyArray<string>): Parsed {
    let given = false
    for (let at = 0; at < args.length; at++) {
      const word = args[at]
      if (word === "--help" || word === "-h") return { _tag: "Help" }
      if (!word.startsWith("--") || word === "--") return refuse(Texts.unexpectedArgument(word))
      const equals = word.indexOf("=")
      const name = equals === -1 ? word.slice(2) : word.slice(2, equals)
      const attached = equals === -1 ? undefined : word.slice(equals + 1)
      const whole = (name === "json" || name === "json-file") && !this.byName.has(name)
      if (whole) {
        const value = attached ?? args[++at] ?? refuse(Texts.flagWithoutValue(name))
        if (given) refuse(Texts.unexpectedArgument(`--${name}`))
        this.nothingAfter(args, at)
        if (name === "json-file") return { _tag: "File", path: value }
        readJson(value)
        return { _tag: "Input", json: value }
      }
      given = true
      if (this.isSwitch(name, attached)) continue
      const flag = this.byName.get(name) ?? refuse(Texts.unknownFlag(name))
      const value = attached ?? this.following(args, ++at, flag)
      this.add(flag, value)
    }
    this.checkRequired()
    return { _tag: "Input", json: JSON.stringify(Object.fromEntries(this.input)) }
  }

  /** The whole input comes once, and alone. */
  private nothingAfter(args: ReadonlyArray<string>, at: number): void {
    if (at + 1 < args.length) refuse(Texts.unexpectedArgument(args[at + 1]))
  }

  private isSwitch(name: string, attached: string | undefined): boolean {
    if (attached !== undefined) return false
    const flag = this.byName.get(name)
    if (flag?.kind === "boolean") {
      this.input.set(flag.key, true)
      return true
    }
    const negated = name.startsWith("no-") && flag === undefined ? this.byName.get(name.slice(3)) : undefined
    if (negated?.kind !== "boolean") return false
    this.input.set(negated.key, false)
    return true
  }

  private following(args: ReadonlyArray<string>, at: number, { flag }: Flag): string {
    const value = args[at]
    // a negative number is a value; another flag is not
    if (value === undefined || (value.startsWith("--") && value !== "--")) {
      return refuse(Texts.flagWithoutValue(flag))
    }
    return value
  }

  private add({ flag, item, key, kind }: Flag, value: string): void {
    if (kind !== "array") return void this.input.set(key, valueOf(flag, kind, value))
    const items = this.input.get(key) as Array<unknown> | undefined ?? []
    items.push(valueOf(flag, item, value))
    this.input.set(key, items)
  }

  private checkRequired(): void {
    for (const { flag, key, required } of this.flags) {
      if (required && !this.input.has(key)) refuse(Texts.missingFlag(flag))
    }
  }
}

/**
 * Reads the arguments of a tool. Types beyond those that decide how a flag is read are checked by the tool's Schema.
 *
 * @since 0.1.0
 * @category decoding
 */
export const parse = (schema: FlagSchema, args: ReadonlyArray<string>): Parsed => {
  try {
    return new CommandLine(flagsOf(schema)).parse(args)
  } catch (thrown) {
    if (thrown instanceof Refusal) return { _tag: "Refused", message: thrown.message }
    throw thrown
  }
}
