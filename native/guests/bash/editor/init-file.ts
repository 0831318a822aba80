/** Lines of an init file: key bindings, `set`, `$if` and `$include`, with the messages that readline has for them. */
import { functionNamed } from "./functions.ts"
import { type Binding, type Readline, withBindings } from "./readline.ts"
import { parseKeyName, parseSequence } from "./sequences.ts"
import { isSwitch, isVariable, variable, withVariable } from "./variables.ts"

/** Files that include each other, lines of all of them, `$if` inside each other, and messages. */
const MAX_DEPTH = 16
const MAX_LINES = 20_000
const MAX_CONDITIONS = 256
const MAX_MESSAGES = 200

export interface InitFacts {
  /** What TERM says. */
  readonly terminal: string
  /** A file's text; undefined for one that cannot be read. */
  readonly read: (name: string) => Promise<string | undefined>
}

/** The version of readline that is meant. */
const VERSION = 802

/** Where a quoted text ends; its length when it does not. */
const closing = (text: string, from: number, quote: string): number => {
  let at = from
  while (at < text.length && text[at] !== quote) at += text[at] === "\\" ? 2 : 1
  return Math.min(at, text.length)
}

const compare = (operator: string, a: number, b: number): boolean => {
  switch (operator) {
    case "<":
      return a < b
    case "<=":
      return a <= b
    case ">":
      return a > b
    case ">=":
      return a >= b
    case "!=":
      return a !== b
    default:
      return a === b
  }
}

export class InitParser {
  readonly messages: Array<string> = []
  private place: { readonly name: string; line: number } | undefined
  private depth = 0
  private lines = 0

  constructor(public settings: Readline, private readonly facts: InitFacts, public keymap: string | undefined) {}

  private fail(message: string): void {
    const where = this.place === undefined ? "" : `${this.place.name}: line ${this.place.line}: `
    if (this.messages.length < MAX_MESSAGES) this.messages.push(`readline: ${where}${message}`)
  }

  /** Reads a file; false when it cannot be read. */
  async file(name: string): Promise<boolean> {
    const text = await this.facts.read(name)
    if (text === undefined) return false
    const place = { name, line: 0 }
    this.place = place
    this.depth++
    for (const line of text.split("\n")) {
      place.line++
      if (++this.lines > MAX_LINES) break
      await this.line(line.endsWith("\r") ? line.slice(0, -1) : line)
    }
    this.depth--
    // as readline does, which has forgotten that it reads one
    this.place = undefined
    return true
  }

  /** One line. */
  async line(given: string): Promise<void> {
    const text = given.replace(/^[ \t]+/, "")
    if (text === "" || text.startsWith("#")) return
    if (text.startsWith("$")) return this.directive(text.slice(1))
    if (!this.settings.skips) this.setting(text)
  }

  private async directive(text: string): Promise<void> {
    const [, name, rest] = /^(\S*)[ \t]*([\s\S]*)$/.exec(text)!
    switch (name.toLowerCase()) {
      case "if":
        return this.condition(rest.trimEnd())
      case "else":
        return this.otherwise()
      case "endif": {
        const { conditions } = this.settings
        if (conditions.length === 0) return this.fail("$endif without matching $if")
        this.settings = { ...this.settings, conditions: conditions.slice(0, -1), skips: conditions.at(-1)! }
        return
      }
      case "include":
        if (this.settings.skips) return
        if (this.depth >= MAX_DEPTH) return this.fail(`${rest.trimEnd()}: too many files inside each other`)
        await this.file(rest.trimEnd())
        return
      default:
        this.fail(`${name}: unknown parser directive`)
    }
  }

  private condition(test: string): void {
    const { conditions, skips } = this.settings
    if (conditions.length >= MAX_CONDITIONS) return this.fail("too many $if inside each other")
    const next = skips || !this.holds(test)
    this.settings = { ...this.settings, conditions: [...conditions, skips], skips: next }
  }

  private otherwise(): void {
    const { conditions, skips } = this.settings
    if (conditions.length === 0) return this.fail("$else found without matching $if")
    if (!conditions.includes(true)) this.settings = { ...this.settings, skips: !skips }
  }

  private holds(test: string): boolean {
    const lower = test.toLowerCase()
    const [word = ""] = lower.split(/\s/)
    if (word.startsWith("term=")) {
      const terminal = this.facts.terminal.toLowerCase()
      return [terminal, terminal.replace(/-.*/, "")].includes(word.slice(5))
    }
    if (word.startsWith("mode=")) {
      const vi = variable(this.settings.variables, "editing-mode") === "vi"
      return word.slice(5) === (vi ? "vi" : "emacs")
    }
    if (lower.startsWith("version")) return this.versionHolds(test.slice(7).trimStart())
    if (word === "bash") return true
    const [, name, operator, value] = /^([\w-]+)\s+([=!]?=)\s*(\S*)/.exec(lower) ?? []
    if (name === undefined || !isVariable(name)) return false
    const same = variable(this.settings.variables, name)?.toLowerCase() === value
    return operator === "!=" ? !same : same
  }

  private versionHolds(test: string): boolean {
    const operator = /^(?:[=!<>]=|[=<>])/.exec(test)?.[0]
    if (operator === undefined) {
      this.fail(`comparison operator expected, found \`${test === "" ? "end-of-line" : test}'`)
      return false
    }
    const number = test.slice(operator.length).trimStart()
    const [, major, minor = "0"] = /^(\d{1,4})(?:\.(\d{1,2}))?(?=\s|#|$)/.exec(number) ?? []
    if (major === undefined) {
      this.fail(number === "" ? "numeric argument expected" : `\`${number}': invalid version number`)
      return false
    }
    return compare(operator, VERSION, Number(major) * 100 + Number(minor))
  }

  private setting(text: string): void {
    let at = 0
    if (text.startsWith("\"")) {
      at = closing(text, 1, "\"")
      if (at === text.length) return this.fail(`${text}: no closing \`"' in key binding`)
      at++
    }
    while (at < text.length && !": \t".includes(text[at])) at++
    if (at === 0) return this.fail(`\`${text}': invalid key binding: missing key sequence`)
    const key = text.slice(0, at)
    const rest = text.slice(at + 1)
    if (key.toLowerCase() === "set") return this.assign(rest)
    if (text.startsWith(":=", at)) return
    this.bind(key, rest.replace(/^[ \t]+/, ""), at < text.length)
  }

  private assign(text: string): void {
    const [, name, rest] = /^[ \t]*([^ \t]*)[ \t]*([\s\S]*)$/.exec(text)!
    if (!isVariable(name)) return this.fail(`${name}: unknown variable name`)
    const value = isSwitch(name)
      ? /^[^ \t]*/.exec(rest)![0]
      : rest.startsWith("\"")
      ? rest.slice(1, closing(rest, 1, "\""))
      : rest.trimEnd()
    const variables = withVariable(this.settings.variables, name, value)
    if (variables === undefined) return this.fail(`${name}: could not set value to \`${value}'`)
    this.settings = { ...this.settings, variables }
    if (/^(?:keymap|editing-mode)$/i.test(name)) this.keymap = undefined
  }

  private bind(key: string, value: string, isSeparated: boolean): void {
    const quote = /^["']/.exec(value)?.[0]
    const end = quote === undefined ? value.length : closing(value, 1, quote)
    if (quote !== undefined && end === value.length) {
      return this.fail(`\`${value}': missing closing quote for macro`)
    }
    if (!isSeparated) return this.fail(`${key}: no key sequence terminator`)
    const sequence = key.startsWith("\"")
      ? parseSequence(key.slice(1, closing(key, 1, "\"")))
      : parseKeyName(key)
    const name = functionNamed(/^\S*/.exec(value)![0])
    const binding: Binding | undefined = quote !== undefined
      ? { kind: "macro", keys: parseSequence(value.slice(1, end)) }
      : name === undefined
      ? undefined
      : { kind: "function", name }
    const keymap = this.keymap ?? variable(this.settings.variables, "keymap")!
    const settings = withBindings(this.settings, keymap, [[sequence, binding]])
    if (settings === undefined) return this.fail(`${key}: too many or too long key bindings`)
    this.settings = settings
  }
}
