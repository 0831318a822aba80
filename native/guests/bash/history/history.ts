/** The lines that a shell remembers. Their numbers go on counting when the oldest are forgotten. */

/** Lines, and characters of all of them, that are kept whatever HISTSIZE says. */
export const MAX_ENTRIES = 50_000
export const MAX_CHARACTERS = 16 * 1024 * 1024

export interface HistoryEntry {
  readonly line: string
  /** When it was entered, in seconds since 1970, if that is known. */
  readonly time: number | undefined
}

/** What HISTCONTROL and HISTIGNORE make of lines. */
export interface HistoryRules {
  readonly ignoresBlanks: boolean
  readonly ignoresDuplicates: boolean
  readonly erasesDuplicates: boolean
  readonly isIgnored: (line: string) => boolean
}

export class History {
  private list: Array<HistoryEntry> = []
  private characters = 0
  /** The number of the first line. */
  base = 1
  /** How many of the last lines were entered by this shell and are in no file yet. */
  fresh = 0
  /** Whether the last line is the command of the script that is run. */
  hasCurrent = false
  /** Lines of the history file that have been read. */
  linesRead = 0

  get size(): number {
    return this.list.length
  }

  entries(): ReadonlyArray<HistoryEntry> {
    return this.list
  }

  lines(): ReadonlyArray<string> {
    return this.list.map(({ line }) => line)
  }

  /** The line of a number. */
  get(number: number): string | undefined {
    return this.list[number - this.base]?.line
  }

  get next(): number {
    return this.base + this.list.length
  }

  add(line: string, time: number | undefined, max: number): void {
    this.list.push({ line, time })
    this.characters += line.length
    this.fresh++
    this.shorten(max)
  }

  /** A line under the rules; whether it was taken. */
  enter(line: string, time: number | undefined, rules: HistoryRules, max: number): boolean {
    if (rules.ignoresBlanks && /^[ \t]/.test(line)) return false
    if (rules.isIgnored(line)) return false
    if (rules.ignoresDuplicates && this.list.at(-1)?.line === line) return false
    if (rules.erasesDuplicates) this.retain((entry) => entry.line !== line)
    this.add(line, time, max)
    return true
  }

  private retain(keep: (entry: HistoryEntry) => boolean): void {
    const firstFresh = this.list.length - this.fresh
    this.fresh = this.list.filter((entry, index) => index >= firstFresh && keep(entry)).length
    this.list = this.list.filter(keep)
    this.count()
  }

  private count(): void {
    this.characters = this.list.reduce((sum, { line }) => sum + line.length, 0)
  }

  /** Forgets the oldest beyond so many. */
  shorten(max: number): void {
    const limit = Math.min(max, MAX_ENTRIES)
    let gone = 0
    while (this.list.length - gone > limit || (this.characters > MAX_CHARACTERS && this.list.length - gone > 1)) {
      this.characters -= this.list[gone++].line.length
    }
    if (gone === 0) return
    this.list.splice(0, gone)
    this.base += gone
    this.fresh = Math.min(this.fresh, this.list.length)
  }

  /** Another line in the place of the last one, as for a command of several. */
  replaceLast(line: string): void {
    const last = this.list.pop()
    if (last === undefined) return
    this.list.push({ line, time: last.time })
    this.characters += line.length - last.line.length
  }

  removeLast(): void {
    const last = this.list.pop()
    if (last === undefined) return
    this.characters -= last.line.length
    this.fresh = Math.max(0, this.fresh - 1)
  }

  /** Forgets the lines of these numbers; false when there are none. */
  delete(first: number, last: number): boolean {
    const from = first - this.base
    const to = last - this.base
    if (from < 0 || to < from || to >= this.list.length) return false
    const freshFrom = this.list.length - this.fresh
    this.fresh -= Math.max(0, to + 1 - Math.max(from, freshFrom))
    this.list.splice(from, to - from + 1)
    this.count()
    return true
  }

  clear(): void {
    this.list = []
    this.characters = 0
    this.base = 1
    this.fresh = 0
  }

  copy(): History {
    const copy = new History()
    copy.list = this.list.slice()
    copy.characters = this.characters
    copy.base = this.base
    copy.fresh = this.fresh
    copy.linesRead = this.linesRead
    return copy
  }
}
