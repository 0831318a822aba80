/** Gathers the fields of a word: splitting at IFS, quoting, and the patterns for pathname expansion. */
import { ShellFailure } from "../errors.ts"
import { MAX_TEXT } from "../limits.ts"
import { escapePattern } from "./pattern.ts"

export interface Field {
  readonly text: string
  /** The text as a pattern, if it may have wildcards. */
  readonly pattern: string | undefined
}

const wildcards = /[*?[\\!+@]/
const DEFAULT_IFS = " \t\n"
const plainText = /^[^\s*?[\\!+@]*$/

export class Fields {
  readonly done: Array<Field> = []
  private text = ""
  private pattern = ""
  private wild = false
  /** Whether the field exists even if it is empty. */
  private present = false
  private endedBySpace = false

  /** With `splitting` off, everything is one field. */
  constructor(readonly ifs: string, readonly splitting: boolean) {}

  add(text: string, quoted: boolean): void {
    if (quoted || text !== "") this.present = true
    this.endedBySpace = false
    this.append(text, quoted)
  }

  private append(text: string, quoted: boolean): void {
    this.text += text
    if (this.text.length > MAX_TEXT) throw new ShellFailure("cannot allocate memory")
    if (!this.splitting) return
    if (quoted) this.pattern += wildcards.test(text) ? escapePattern(text) : text
    else {
      if (!this.wild && wildcards.test(text)) this.wild = true
      this.pattern += text
    }
  }

  /** The result of an unquoted expansion. */
  addSplit(text: string): void {
    if (!this.splitting) return this.append(text, false)
    if (text === "") return
    const { ifs } = this
    if (ifs === "" || (ifs === DEFAULT_IFS && plainText.test(text))) {
      this.present = true
      this.endedBySpace = false
      return this.append(text, false)
    }
    let start = 0
    for (let at = 0; at < text.length; at++) {
      const char = text[at]
      if (!ifs.includes(char)) continue
      if (at > start) this.add(text.slice(start, at), false)
      start = at + 1
      if (char === " " || char === "\t" || char === "\n") {
        if (this.present) {
          this.end()
          this.endedBySpace = true
        }
      } else if (this.endedBySpace) this.endedBySpace = false
      else {
        this.present = true
        this.end()
      }
    }
    if (start < text.length) this.add(text.slice(start), false)
  }

  /** The border between two elements of a list. */
  separate(force: boolean): void {
    if (!this.splitting) this.append(" ", true)
    else if (force || this.present) {
      this.present = true
      this.end()
    }
  }

  end(): void {
    if (this.present || !this.splitting) {
      this.done.push({ text: this.text, pattern: this.wild ? this.pattern : undefined })
    }
    this.text = ""
    this.pattern = ""
    this.wild = false
    this.present = false
    this.endedBySpace = false
  }
}
