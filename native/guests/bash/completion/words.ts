/** The word that is being typed: where it begins, how it is quoted, and whether it stands for a command. Pure. */

export interface CurrentWord {
  /** Where it begins in the line, behind a quote that is open since. */
  readonly start: number
  /** As it is meant: without quotes and backslashes. */
  readonly text: string
  /** The quote that it began with, if that is open at the cursor. */
  readonly quote: "" | "'" | "\""
  /** The words of the command in front of it, as they are meant, assignments excluded. */
  readonly before: ReadonlyArray<string>
  /** It names what is run. */
  readonly isCommand: boolean
  /** It follows `<` or `>`. */
  readonly isRedirect: boolean
  /** Where the command begins in the line. */
  readonly commandStart: number
}

/** Behind these a command begins. */
const leading = new Set(["if", "then", "else", "elif", "while", "until", "do", "!", "time", "{", "coproc"])
const isAssignment = (word: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(word)

class Scanner {
  private words: Array<string> = []
  private word = ""
  private start = 0
  private inWord = false
  private quote: "" | "'" | "\"" = ""
  private redirect = false
  private commandStart = 0
  private quotedAt = 0
  private at = 0

  constructor(private readonly text: string) {}

  private begin(at: number): void {
    if (this.inWord) return
    this.inWord = true
    this.start = at
    this.word = ""
  }

  private end(): void {
    if (!this.inWord) return
    this.inWord = false
    if (this.redirect) this.redirect = false
    else if (this.words.length === 0 && (leading.has(this.word) || isAssignment(this.word))) this.commandStart = this.at
    else {
      if (this.words.length === 0) this.commandStart = this.start
      this.words.push(this.word)
    }
  }

  private nextCommand(): void {
    this.end()
    this.words = []
    this.redirect = false
    this.commandStart = this.at + 1
  }

  private quoted(): void {
    const { quote, text } = this
    const char = text[this.at]
    if (char === quote) this.quote = ""
    else if (char === "\\" && quote === "\"" && /[\\"$`]/.test(text[this.at + 1] ?? "")) this.word += text[++this.at]
    else this.word += char
  }

  private plain(): void {
    const { at, text } = this
    const char = text[at]
    switch (char) {
      case " ":
      case "\t":
        return this.end()
      case "'":
      case "\"":
        this.begin(at)
        this.quote = char
        this.quotedAt = at
        return
      case "\\":
        this.begin(at)
        this.word += text[++this.at] ?? ""
        return
      case "<":
      case ">":
        this.end()
        this.redirect = text[at + 1] !== "("
        return
      case "&":
        if (this.redirect || text[at - 1] === ">" || text[at + 1] === ">") return
        return this.nextCommand()
      case ";":
      case "|":
      case "\n":
      case "(":
      case ")":
      case "`":
        return this.nextCommand()
      default:
        this.begin(at)
        this.word += char
    }
  }

  scan(): CurrentWord {
    for (; this.at < this.text.length; this.at++) {
      if (this.quote === "") this.plain()
      else this.quoted()
    }
    const { commandStart, inWord, quote, redirect, words } = this
    const isWhole = quote !== "" && this.quotedAt === this.start
    return {
      start: inWord ? this.start + (isWhole ? 1 : 0) : this.text.length,
      text: inWord ? this.word : "",
      quote: isWhole ? quote : "",
      before: words,
      isCommand: words.length === 0 && !redirect,
      isRedirect: redirect,
      commandStart: words.length === 0 ? (inWord ? this.start : this.text.length) : commandStart
    }
  }
}

/** The word in front of the cursor. */
export const currentWord = (line: string, cursor: number): CurrentWord => new Scanner(line.slice(0, cursor)).scan()

/** The words of a command as COMP_WORDS has them, the break characters being words as well, and which holds the cursor. */
export const completionWords = (
  line: string,
  cursor: number,
  breaks: string
): { readonly words: ReadonlyArray<string>; readonly index: number } => {
  const words: Array<string> = []
  let index = -1
  let at = 0
  const isBreak = (char: string) => breaks.includes(char) && char !== "'" && char !== "\"" && !/\s/.test(char)
  while (at < line.length) {
    if (/\s/.test(line[at])) {
      if (at === cursor && index < 0) {
        index = words.length
        words.push("")
      }
      at++
      continue
    }
    const start = at
    if (isBreak(line[at])) { while (at < line.length && isBreak(line[at])) at++ }
    else {
      let quote = ""
      for (; at < line.length; at++) {
        const char = line[at]
        if (quote !== "") {
          if (char === quote) quote = ""
          else if (char === "\\" && quote === "\"") at++
        } else if (char === "'" || char === "\"") quote = char
        else if (char === "\\") at++
        else if (/\s/.test(char) || isBreak(char)) break
      }
      at = Math.min(at, line.length)
    }
    if (index < 0 && cursor <= at && cursor >= start) {
      // at the end of a break character the next word is meant
      const isOpen = isBreak(line[start]) && cursor === at && (at === line.length || /\s/.test(line[at]))
      words.push(line.slice(start, at))
      index = words.length - 1
      if (isOpen) {
        words.push("")
        index++
      }
    } else words.push(line.slice(start, at))
  }
  if (index < 0) {
    index = words.length
    words.push("")
  }
  return { words, index }
}
