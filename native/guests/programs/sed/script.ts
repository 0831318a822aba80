/** Scripts of sed: text into commands. */
import { ProgramFailure } from "../program.ts"
import type { Regex } from "../text/regex.ts"
import { compileRegex } from "../text/regex.ts"

export type Address =
  | { readonly kind: "line"; readonly number: number }
  | { readonly kind: "step"; readonly first: number; readonly step: number }
  | { readonly kind: "last" }
  | { readonly kind: "regex"; readonly regex: Regex | undefined }
  | { readonly kind: "count"; readonly lines: number }
  | { readonly kind: "multiple"; readonly of: number }

export interface Command {
  readonly name: string
  readonly from: Address | undefined
  readonly to: Address | undefined
  readonly negated: boolean
  /** Text of a, c and i, a label, a file name. */
  readonly text: string
  readonly number: number | undefined
  readonly regex: Regex | undefined
  readonly parts: ReadonlyArray<{ readonly text: string } | { readonly group: number } | { readonly fold: string }>
  readonly flags: {
    readonly global: boolean
    readonly print: number
    readonly nth: number
    readonly file: string | undefined
    readonly evaluates: boolean
  }
  readonly map: ReadonlyMap<string, string> | undefined
  /** Where a block ends, or a branch goes. */
  jump: number
  /** Line at which an active range ends; undefined when it is not active. */
  active: boolean
  until: number
}

export interface Script {
  readonly commands: Array<Command>
  /** `#n` in the first line. */
  readonly quiet: boolean
}

const noFlags = { global: false, print: 0, nth: 1, file: undefined, evaluates: false }

export class ScriptParser {
  private at = 0
  private text = ""
  private place = ""
  private readonly commands: Array<Command> = []
  private readonly blocks: Array<number> = []
  private readonly labels = new Map<string, number>()
  quiet = false

  constructor(private readonly extended: boolean) {}

  private fail(problem: string): never {
    throw new ProgramFailure(`${this.place}, char ${this.at}: ${problem}`.replace(/^(file .*), char \d+/, "$1"), 1)
  }

  add(text: string, place: string): void {
    this.text = text
    this.at = 0
    this.place = place
    if (this.commands.length === 0 && /^#n(?:\n|$)/.test(text)) this.quiet = true
    for (;;) {
      this.skip(/[\s;]/)
      if (this.at >= text.length) return
      this.command()
    }
  }

  finish(): Array<Command> {
    if (this.blocks.length > 0) {
      throw new ProgramFailure("-e expression #1, char 0: unmatched `{'", 1)
    }
    for (const command of this.commands) {
      if (!"btT".includes(command.name) || command.name === "") continue
      const target = command.text === "" ? this.commands.length : this.labels.get(command.text)
      if (target === undefined) {
        throw new ProgramFailure(`can't find label for jump to \`${command.text}'`, 4)
      }
      command.jump = target
    }
    return this.commands
  }

  private skip(pattern: RegExp): void {
    while (this.at < this.text.length && pattern.test(this.text[this.at])) this.at++
  }

  private digits(): number | undefined {
    const match = /^\d+/.exec(this.text.slice(this.at, this.at + 20))
    if (match === null) return undefined
    this.at += match[0].length
    return Number(match[0])
  }

  private address(second: boolean): Address | undefined {
    const char = this.text[this.at]
    if (char === "$") {
      this.at++
      return { kind: "last" }
    }
    if (char === "/" || char === "\\") {
      if (char === "\\") this.at++
      const delimiter = this.text[this.at++]
      const source = this.until(delimiter, true)
      if (source === undefined) this.fail("unterminated address regex")
      let [ignoreCase, multiline] = [false, false]
      for (;; this.at++) {
        if (this.text[this.at] === "I") ignoreCase = true
        else if (this.text[this.at] === "M") multiline = true
        else break
      }
      return { kind: "regex", regex: this.regex(source, ignoreCase, multiline) }
    }
    if (second && (char === "+" || char === "~")) {
      this.at++
      const number = this.digits()
      if (number === undefined) this.fail("expected number")
      return char === "+" ? { kind: "count", lines: number } : { kind: "multiple", of: number }
    }
    const number = this.digits()
    if (number === undefined) return undefined
    if (this.text[this.at] !== "~") return { kind: "line", number }
    this.at++
    return { kind: "step", first: number, step: this.digits() ?? 0 }
  }

  /** Up to a delimiter that no backslash protects, and past it. */
  private until(delimiter: string, isRegex: boolean): string | undefined {
    let out = ""
    let bracket = false
    for (; this.at < this.text.length; this.at++) {
      const char = this.text[this.at]
      if (char === "\\" && !bracket) {
        const next = this.text[++this.at]
        if (next === undefined) return undefined
        if (next === delimiter && !(isRegex && delimiter === "n")) {
          out += isRegex && /[.*[\]^$+?(){}|]/.test(delimiter)
            ? `[${delimiter}]`.replace("[^]", "\\^")
            : delimiter
        } else out += `\\${next}`
        continue
      }
      if (isRegex && char === "\n" && delimiter !== "\n" && !bracket) {
        out += "\n"
        continue
      }
      if (isRegex && char === "[" && !bracket) {
        bracket = true
        out += char
        // A bracket that comes first, also after ^, stands for itself.
        if (this.text[this.at + 1] === "^") out += this.text[++this.at]
        if (this.text[this.at + 1] === "]") out += this.text[++this.at]
        continue
      }
      if (bracket && char === "[" && /[:.=]/.test(this.text[this.at + 1] ?? "")) {
        const end = this.text.indexOf(`${this.text[this.at + 1]}]`, this.at + 2)
        if (end > 0) {
          out += this.text.slice(this.at, end + 2)
          this.at = end + 1
          continue
        }
      }
      if (bracket && char === "]") bracket = false
      else if (char === delimiter && !bracket) {
        this.at++
        return out
      }
      out += char
    }
    return undefined
  }

  private regex(source: string, ignoreCase: boolean, multiline: boolean): Regex | undefined {
    if (source === "") return undefined
    const text = source.replace(
      /\\(?:n|t|f|v|r|a|x([0-9a-fA-F]{2})|o([0-7]{3})|d(\d{3})|[\s\S])/g,
      (whole, hex?: string, octal?: string, decimal?: string) => {
        const code = hex !== undefined
          ? Number.parseInt(hex, 16)
          : octal !== undefined
          ? Number.parseInt(octal, 8)
          : decimal !== undefined
          ? Number(decimal)
          : undefined
        if (code !== undefined) {
          const char = String.fromCharCode(code)
          return /[.*[\]^$+?(){}|\\/]/.test(char) ? `[${char}]`.replace("[^]", "\\^").replace("[\\]", "\\\\") : char
        }
        return { "\\n": "\n", "\\t": "\t", "\\f": "\f", "\\v": "\v", "\\r": "\r", "\\a": "\x07" }[whole] ?? whole
      }
    )
    const regex = compileRegex(text, { extended: this.extended, ignoreCase, multiline, spans: true })
    if (regex === undefined) {
      const open = this.extended ? /(?<!\\)\(/g : /\\\(/g
      const close = this.extended ? /(?<!\\)\)/g : /\\\)/g
      const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0
      const [opened, closed] = [count(open), count(close)]
      this.fail(
        opened > closed
          ? "Unmatched ( or \\("
          : closed > opened
          ? "Unmatched ) or \\)"
          : "Invalid preceding regular expression"
      )
    }
    return regex
  }

  private make(name: string, fields: Partial<Command>): Command {
    return {
      name,
      from: undefined,
      to: undefined,
      negated: false,
      text: "",
      number: undefined,
      regex: undefined,
      parts: [],
      flags: noFlags,
      map: undefined,
      jump: 0,
      active: false,
      until: 0,
      ...fields
    }
  }

  private command(): void {
    const from = this.address(false)
    let to: Address | undefined
    this.skip(/[ \t]/)
    if (from !== undefined && this.text[this.at] === ",") {
      this.at++
      this.skip(/[ \t]/)
      to = this.address(true)
      if (to === undefined) this.fail("unexpected `,'")
    }
    if (from?.kind === "line" && from.number === 0 && to?.kind !== "regex") {
      this.at++
      this.fail("invalid usage of line address 0")
    }
    this.skip(/[ \t]/)
    let negated = false
    while (this.text[this.at] === "!") {
      negated = true
      this.at++
      this.skip(/[ \t]/)
    }
    const name = this.text[this.at++]
    if (name === undefined) {
      this.at = this.text.length
      this.fail("missing command")
    }
    this.body(name, { from, to, negated })
  }

  private push(name: string, fields: Partial<Command>): void {
    this.commands.push(this.make(name, fields))
  }

  private end(): void {
    this.skip(/[ \t]/)
    const next = this.text[this.at]
    if (next === undefined || next === ";" || next === "\n") {
      this.at++
      return
    }
    if (next === "}" || next === "#") return
    this.at++
    this.fail("extra characters after command")
  }

  private word(pattern: RegExp): string {
    this.skip(/[ \t]/)
    const match = pattern.exec(this.text.slice(this.at))!
    this.at += match[0].length
    return match[0]
  }

  private body(name: string, base: Partial<Command>): void {
    switch (name) {
      case "#":
        if (base.from !== undefined) this.fail("comments don't accept any addresses")
        this.word(/^[^\n]*/)
        return
      case "{":
        this.blocks.push(this.commands.length)
        this.push(name, base)
        return
      case "}": {
        const open = this.blocks.pop()
        if (open === undefined) this.fail("unexpected `}'")
        if (base.from !== undefined) this.fail("} doesn't want any addresses")
        this.commands[open].jump = this.commands.length
        this.end()
        return
      }
      case ":": {
        if (base.from !== undefined) this.fail(": doesn't want any addresses")
        const label = this.word(/^[^\s;]*/)
        if (label === "") this.fail("\":\" lacks a label")
        this.labels.set(label, this.commands.length)
        return
      }
      case "a":
      case "i":
      case "c":
        return this.push(name, { ...base, text: this.inserted() })
      case "b":
      case "t":
      case "T":
        this.push(name, { ...base, text: this.word(/^[^\s;}]*/) })
        return this.end()
      case "r":
      case "R":
      case "w":
      case "W": {
        const text = this.word(/^[^\n]*/)
        if (text === "") this.fail("missing filename in r/R/w/W commands")
        return this.push(name, { ...base, text })
      }
      case "q":
      case "Q":
      case "l":
      case "L": {
        this.skip(/[ \t]/)
        this.push(name, { ...base, number: this.digits() })
        return this.end()
      }
      case "s":
        return this.substitution(base)
      case "y":
        return this.transliteration(base)
      case "e":
        this.fail("e command is not supported")
        return
      case "v":
        this.word(/^[^\n;]*/)
        return
      default:
        if (!"=dDFgGhHnNpPxz".includes(name)) this.fail(`unknown command: \`${name}'`)
        this.push(name, base)
        return this.end()
    }
  }

  private inserted(): string {
    this.skip(/[ \t]/)
    if (this.text[this.at] === undefined) this.fail("expected \\ after `a', `c' or `i'")
    if (this.text[this.at] === "\\") {
      this.at++
      const rest = /^[ \t]*\n/.exec(this.text.slice(this.at, this.at + 200))
      if (rest !== null) this.at += rest[0].length
      if (this.at >= this.text.length) this.fail("expected \\ after `a', `c' or `i'")
    }
    let out = ""
    for (; this.at < this.text.length && this.text[this.at] !== "\n"; this.at++) {
      if (this.text[this.at] === "\\") {
        this.at++
        const next = this.text[this.at] ?? ""
        out += out !== "" && next === "t" ? "\t" : out !== "" && next === "n" ? "\n" : next
      } else out += this.text[this.at]
    }
    this.at++
    return `${out}\n`
  }

  private substitution(base: Partial<Command>): void {
    const delimiter = this.text[this.at++]
    if (delimiter === undefined || delimiter === "\n" || delimiter === "\\") this.fail("unterminated `s' command")
    const source = this.until(delimiter, true)
    const replacement = source === undefined ? undefined : this.until(delimiter, false)
    if (source === undefined || replacement === undefined) this.fail("unterminated `s' command")
    let [global, print, nth, ignoreCase, multiline, evaluates] = [false, 0, 0, false, false, false]
    let file: string | undefined
    for (;; this.at++) {
      const flag = this.text[this.at]
      if (flag === "g" || flag === "p") {
        if (flag === "g" ? global : print > 0) {
          this.at++
          this.fail(`multiple \`${flag}' options to \`s' command`)
        }
        if (flag === "g") global = true
        else print++
      } else if (flag === "i" || flag === "I") ignoreCase = true
      else if (flag === "m" || flag === "M") multiline = true
      else if (flag === "e") evaluates = true
      else if (flag !== undefined && /\d/.test(flag)) {
        if (nth > 0) this.fail("multiple number options to `s' command")
        nth = this.digits()!
        if (nth === 0) this.fail("number option to `s' command may not be zero")
        this.at--
      } else if (flag === "w") {
        this.at++
        file = this.word(/^[^\n]*/)
        break
      } else if (flag === undefined || /[;\n}#\s]/.test(flag)) break
      else {
        this.at++
        this.fail("unknown option to `s'")
      }
    }
    if (evaluates) this.fail("e command is not supported")
    const regex = this.regex(source, ignoreCase, multiline)
    const parts = this.parts(replacement)
    const groups = (source.replace(/\\\\/g, "").match(this.extended ? /(?:^|[^\\])\(/g : /\\\(/g) ?? []).length
    for (const part of parts) {
      if ("group" in part && part.group > Math.max(groups, source === "" ? 9 : 0)) {
        this.fail(`invalid reference \\${part.group} on \`s' command's RHS`)
      }
    }
    this.push("s", { ...base, regex, parts, flags: { global, print, nth: nth || 1, file, evaluates } })
    if (file === undefined) this.end()
  }

  private parts(text: string): Command["parts"] {
    const parts: Array<Command["parts"][number]> = []
    let plain = ""
    const settle = () => {
      if (plain !== "") parts.push({ text: plain })
      plain = ""
    }
    const pattern = /\\(?:x([0-9a-fA-F]{1,2})|o([0-7]{1,3})|d(\d{1,3})|([\s\S]))|&|[^\\&]+/g
    for (const [whole, hex, octal, decimal, escape] of text.matchAll(pattern)) {
      if (whole === "&") {
        settle()
        parts.push({ group: 0 })
      } else if (hex !== undefined) plain += String.fromCharCode(Number.parseInt(hex, 16))
      else if (octal !== undefined) plain += String.fromCharCode(Number.parseInt(octal, 8))
      else if (decimal !== undefined) plain += String.fromCharCode(Number(decimal))
      else if (escape === undefined) plain += whole
      else if (/\d/.test(escape)) {
        settle()
        parts.push({ group: Number(escape) })
      } else if (/[LUluE]/.test(escape)) {
        settle()
        parts.push({ fold: escape })
      } else plain += { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v", a: "\x07" }[escape] ?? escape
    }
    settle()
    return parts
  }

  private transliteration(base: Partial<Command>): void {
    const delimiter = this.text[this.at++]
    const [from, to] = [this.until(delimiter, false), this.until(delimiter, false)]
    if (from === undefined || to === undefined) this.fail("unterminated `y' command")
    const chars = (text: string) =>
      Array.from(
        text.matchAll(/\\([\s\S])|[^\\]/gu),
        ([whole, escape]) => escape === undefined ? whole : { n: "\n", t: "\t", "\\": "\\" }[escape] ?? whole
      )
    const [a, b] = [chars(from), chars(to)]
    if (a.length !== b.length) this.fail("strings for `y' command are different lengths")
    this.push("y", { ...base, map: new Map(a.map((char, index) => [char, b[index]])) })
    this.end()
  }
}
