/**
 * The line discipline of a terminal: what becomes of the bytes that are typed. Pure: bytes in, effects and bytes to read
 * out. It follows Linux's n_tty, with bounds of its own: 4,096 bytes in a line, 64 KiB that nobody has read.
 */
import { SIGINT, SIGQUIT, SIGTSTP } from "../processes/signals.ts"
import { isLower, isUpper, OutputProcessor } from "./output-processor.ts"
import { type CharacterName, defaultSettings, type TerminalSettings } from "./settings.ts"

export type Effect =
  /** To be shown, after output processing. */
  | { readonly _tag: "echo"; readonly bytes: Uint8Array }
  /** For the foreground group. */
  | { readonly _tag: "signal"; readonly signal: number }
  /** Output is to stop, or to go on. */
  | { readonly _tag: "flow"; readonly stopped: boolean }

/** Bytes of a line, its end included. */
export const MAX_LINE = 4_096
/** Bytes that wait to be read. */
export const MAX_READY = 64 * 1024

const NEWLINE = 10
const RETURN = 13
const TAB = 9
const BACKSPACE = 8
const BELL = 7
const BLANK = 32

const END = new Uint8Array(0)

const isControl = (byte: number): boolean => byte < BLANK || byte === 0x7f
const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80
/** By the first byte of a character. */
const isWord = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || isUpper(byte) || isLower(byte)

export class LineDiscipline {
  private readonly out = new OutputProcessor()
  private current: TerminalSettings = defaultSettings
  private has: (flag: string) => boolean = () => false
  /** What each byte means, where it means something. */
  private meanings: ReadonlyMap<number, CharacterName> = new Map()
  /** The line under way. */
  private line: Array<number> = []
  /** Column at which what is echoed of it begins. */
  private start = 0
  /** The next byte is taken as it is. */
  private literal = false
  /** A run of erased bytes is being shown, as on paper. */
  private erasing = false
  /** Lines, or pieces; an empty one is an end of file. */
  private readonly ready: Array<Uint8Array> = []
  private size = 0
  private isStopped = false
  private effects: Array<Effect> = []
  private echoed: Array<number> = []

  constructor(settings: TerminalSettings = defaultSettings) {
    this.configure(settings)
  }

  get settings(): TerminalSettings {
    return this.current
  }

  /** Other settings. What was typed so far can be read at once when lines do not count any more. */
  configure(settings: TerminalSettings): void {
    const before = this.current
    this.current = settings
    const { flags } = settings
    this.has = (flag) => flags.has(flag)
    const entries = Object.entries(settings.characters) as Array<[CharacterName, number | undefined]>
    this.meanings = new Map(entries.flatMap(([name, byte]) => byte === undefined ? [] : [[byte, name]]))
    this.out.configure(settings)
    if (!before.flags.has("icanon") || flags.has("icanon")) return
    if (this.line.length > 0) this.complete()
    for (let at = this.ready.length - 1; at >= 0; at--) if (this.ready[at].length === 0) this.ready.splice(at, 1)
  }

  /** Bytes that wait to be read. */
  get readable(): number {
    return this.size
  }

  /** Whether it takes what is typed; a line under way may always be ended. */
  get hasRoom(): boolean {
    return this.size + (this.has("icanon") ? 0 : this.line.length) < MAX_READY
  }

  get stopped(): boolean {
    return this.isStopped
  }

  /** Whether a byte is a key that sends a signal. */
  isSignal(byte: number): boolean {
    return this.has("isig") && this.signalOf(byte) !== undefined
  }

  // --- typed --------------------------------------------------------------------------------------------------------

  /** Takes bytes in order until there is no more room; gives how many, and what follows from them. */
  input(bytes: Uint8Array): { readonly taken: number; readonly effects: ReadonlyArray<Effect> } {
    let taken = 0
    while (taken < bytes.length && this.hasRoom) this.take(bytes[taken++])
    return { taken, effects: this.settle() }
  }

  /** Takes a key that sends a signal, however full it is. */
  interrupt(byte: number): ReadonlyArray<Effect> {
    this.take(byte)
    return this.settle()
  }

  private settle(): ReadonlyArray<Effect> {
    // without lines what was typed can be read at once
    if (!this.has("icanon") && this.line.length > 0) this.complete()
    this.say()
    return this.effects.splice(0)
  }

  private say(): void {
    if (this.echoed.length === 0) return
    const bytes = this.out.process(Uint8Array.from(this.echoed))
    this.echoed = []
    this.effects.push({ _tag: "echo", bytes })
  }

  private take(typed: number): void {
    let byte = this.has("istrip") ? typed & 0x7f : typed
    if (this.has("iuclc") && this.has("iexten") && isUpper(byte)) byte += 32
    if (this.literal) {
      this.literal = false
      return this.add(byte)
    }
    if (this.has("ixon") && this.takeFlow(byte)) return
    if (this.has("isig") && this.takeSignal(byte)) return
    if (byte === RETURN) {
      if (this.has("igncr")) return
      if (this.has("icrnl")) byte = NEWLINE
    } else if (byte === NEWLINE && this.has("inlcr")) byte = RETURN
    if (!this.has("icanon") || !this.edit(byte)) this.add(byte, byte === NEWLINE && typed !== NEWLINE)
  }

  private takeFlow(byte: number): boolean {
    const meaning = this.meanings.get(byte)
    if (meaning === "stop" && !this.isStopped) this.flow(true)
    else if (meaning === "start" || (this.isStopped && this.has("ixany") && meaning !== "stop")) this.flow(false)
    return meaning === "stop" || meaning === "start"
  }

  private flow(stopped: boolean): void {
    if (this.isStopped === stopped) return
    this.isStopped = stopped
    this.say()
    this.effects.push({ _tag: "flow", stopped })
  }

  private signalOf(byte: number): number | undefined {
    switch (this.meanings.get(byte)) {
      case "intr":
        return SIGINT
      case "quit":
        return SIGQUIT
      case "susp":
        return SIGTSTP
      default:
        return undefined
    }
  }

  private takeSignal(byte: number): boolean {
    const signal = this.signalOf(byte)
    if (signal === undefined) return false
    if (!this.has("noflsh")) this.flush()
    if (this.has("ixon")) this.flow(false)
    if (this.has("echo")) this.show(byte)
    this.say()
    this.effects.push({ _tag: "signal", signal })
    return true
  }

  /** Forgets what was typed and not read. */
  flush(): void {
    this.line = []
    this.ready.length = 0
    this.size = 0
    this.literal = false
    this.erasing = false
  }

  /** Keys that edit the line, or end it; false for any other. */
  private edit(byte: number): boolean {
    const extended = this.has("iexten")
    switch (this.meanings.get(byte)) {
      case "erase":
        this.erase("character")
        return true
      case "kill":
        this.kill(byte)
        return true
      case "werase":
        if (extended) this.erase("word")
        return extended
      case "lnext":
        if (!extended) return false
        this.literal = true
        if (this.has("echo") && this.has("echoctl")) this.echoed.push(0x5e, BACKSPACE)
        return true
      case "rprnt":
        if (!extended || !this.has("echo")) return false
        this.show(byte)
        this.echoed.push(NEWLINE)
        for (const each of this.line) this.show(each)
        return true
      case "eof":
        this.endErasing()
        this.complete()
        return true
      case "eol":
      case "eol2":
        this.endErasing()
        if (this.has("echo")) this.show(byte)
        this.line.push(byte)
        this.complete()
        return true
      default:
        if (byte !== NEWLINE) return false
        this.endErasing()
        if (this.has("echo") || this.has("echonl")) this.echoed.push(NEWLINE)
        this.line.push(NEWLINE)
        this.complete()
        return true
    }
  }

  private add(byte: number, isLineEnd = false): void {
    const canonical = this.has("icanon")
    if (canonical && this.line.length >= MAX_LINE - 1) {
      if (this.has("imaxbel")) this.echoed.push(BELL)
      return
    }
    this.endErasing()
    if (this.has("echo")) {
      if (this.line.length === 0) this.begin()
      if (isLineEnd) this.echoed.push(NEWLINE)
      else this.show(byte)
    }
    this.line.push(byte)
  }

  /** Where the line begins on the screen. */
  private begin(): void {
    this.say()
    this.start = this.out.column
  }

  /** What was typed so far can be read. */
  private complete(): void {
    const bytes = Uint8Array.from(this.line)
    this.line = []
    this.size += bytes.length
    const last = this.has("icanon") ? undefined : this.ready.at(-1)
    // without lines it is all one
    if (last === undefined) this.ready.push(bytes)
    else this.ready[this.ready.length - 1] = Buffer.concat([last, bytes])
  }

  // --- editing ------------------------------------------------------------------------------------------------------

  private show(byte: number): void {
    if (this.has("echoctl") && isControl(byte) && byte !== TAB) this.echoed.push(0x5e, byte ^ 0x40)
    else this.echoed.push(byte)
  }

  private widthOf(byte: number, column: number): number {
    if (byte === TAB) return 8 - column % 8
    if (isControl(byte)) return this.has("echoctl") ? 2 : 0
    return this.has("iutf8") && isContinuation(byte) ? 0 : 1
  }

  /** Column behind the line as it is, or what is left of it by eights: a tab leads to one of these. */
  private get column(): number {
    let width = 0
    for (let at = this.line.length - 1; at >= 0; at--) {
      if (this.line[at] === TAB) return width
      width += this.widthOf(this.line[at], 0)
    }
    return this.start + width
  }

  private endErasing(): void {
    if (!this.erasing) return
    this.erasing = false
    this.echoed.push(0x2f)
  }

  private kill(key: number): void {
    if (this.line.length === 0) return
    if (this.has("echo") && this.has("echok") && this.has("echoke") && this.has("echoe")) {
      while (this.eraseOne("line"));
      return
    }
    this.line = []
    if (!this.has("echo")) return
    this.endErasing()
    this.show(key)
    if (this.has("echok")) this.echoed.push(NEWLINE)
  }

  private erase(what: "character" | "word"): void {
    if (what === "character") return void this.eraseOne(what)
    let seen = false
    while (this.line.length > 0) {
      if (isWord(this.line[this.lastCharacter])) seen = true
      else if (seen) break
      if (!this.eraseOne(what)) break
    }
  }

  /** Where the last character of the line begins. */
  private get lastCharacter(): number {
    let at = this.line.length - 1
    if (this.has("iutf8")) { while (at > 0 && isContinuation(this.line[at])) at-- }
    return at
  }

  /** Erases a character; false when there is none, or only the rest of one. */
  private eraseOne(what: "character" | "word" | "line"): boolean {
    const at = this.lastCharacter
    if (at < 0 || (this.has("iutf8") && isContinuation(this.line[at]))) return false
    const gone = this.line.splice(at)
    if (this.has("echo")) this.showErased(gone, what)
    return true
  }

  private showErased(gone: ReadonlyArray<number>, what: "character" | "word" | "line"): void {
    if (this.has("echoprt")) {
      if (!this.erasing) this.echoed.push(0x5c)
      this.erasing = true
      for (const byte of gone) this.show(byte)
    } else if (what === "character" && !this.has("echoe")) this.show(this.current.characters.erase ?? 0x7f)
    else {
      const back = gone[0] === TAB ? [BACKSPACE] : [BACKSPACE, BLANK, BACKSPACE]
      for (let left = this.widthOf(gone[0], gone[0] === TAB ? this.column : 0); left > 0; left--) {
        this.echoed.push(...back)
      }
    }
  }

  // --- read ---------------------------------------------------------------------------------------------------------

  /** Bytes at hand: a line, or what there is; empty at an end of file, undefined when there are none. */
  peek(): Uint8Array | undefined {
    return this.ready[0]
  }

  consume(count: number): void {
    const [first] = this.ready
    if (first === undefined) return
    if (count >= first.length) this.ready.shift()
    else this.ready[0] = first.subarray(count)
    this.size -= Math.min(count, first.length)
  }

  // --- written ------------------------------------------------------------------------------------------------------

  /** What is shown of bytes that a process writes. */
  output(bytes: Uint8Array): Uint8Array {
    return bytes.length === 0 ? END : this.out.process(bytes)
  }
}
