/** What a terminal makes of the bytes that are written to it (OPOST), and at which column that leaves it. */
import type { TerminalSettings } from "./settings.ts"

const TAB = 9
const NEWLINE = 10
const RETURN = 13
const BACKSPACE = 8
const BLANK = 32

export class OutputProcessor {
  column = 0
  private opost = false
  private onlcr = false
  private ocrnl = false
  private onocr = false
  private onlret = false
  private olcuc = false
  private expandsTabs = false
  private iutf8 = false

  configure({ delays, flags }: TerminalSettings): void {
    this.opost = flags.has("opost")
    this.onlcr = flags.has("onlcr")
    this.ocrnl = flags.has("ocrnl")
    this.onocr = flags.has("onocr")
    this.onlret = flags.has("onlret")
    this.olcuc = flags.has("olcuc")
    this.expandsTabs = delays.tab === 3
    this.iutf8 = flags.has("iutf8")
  }

  /** The bytes to send. At most eight for one. */
  process(bytes: Uint8Array): Uint8Array {
    const out: Array<number> = []
    let from = 0
    let changed = false
    for (let at = 0; at < bytes.length; at++) {
      const made = this.next(bytes[at])
      if (made === undefined) continue
      if (at > from) pushAll(out, bytes.subarray(from, at))
      out.push(...made)
      from = at + 1
      changed = true
    }
    if (!changed) return bytes
    if (from < bytes.length) pushAll(out, bytes.subarray(from))
    return Uint8Array.from(out)
  }

  /** What takes a byte's place; undefined for the byte itself. */
  private next(byte: number): ReadonlyArray<number> | undefined {
    if (!this.opost) return undefined
    switch (byte) {
      case NEWLINE:
        if (this.onlret || this.onlcr) this.column = 0
        return this.onlcr ? [RETURN, NEWLINE] : undefined
      case RETURN:
        if (this.onocr && this.column === 0) return []
        if (this.ocrnl) {
          if (this.onlret) this.column = 0
          return [NEWLINE]
        }
        this.column = 0
        return undefined
      case TAB: {
        const width = 8 - this.column % 8
        this.column += width
        return this.expandsTabs ? new Array<number>(width).fill(BLANK) : undefined
      }
      default:
        this.move(byte)
        return this.olcuc && isLower(byte) ? [byte - 32] : undefined
    }
  }

  private move(byte: number): void {
    if (byte === BACKSPACE) this.column = Math.max(0, this.column - 1)
    // bytes that continue a character of UTF-8 take no room
    else if (byte >= BLANK && byte !== 0x7f && !(this.iutf8 && (byte & 0xc0) === 0x80)) this.column++
  }
}

/** In Latin-1, as Linux sees it. */
export const isLower = (byte: number): boolean => (byte >= 0x61 && byte <= 0x7a) || (byte >= 0xdf && byte !== 0xf7)

export const isUpper = (byte: number): boolean =>
  (byte >= 0x41 && byte <= 0x5a) || (byte >= 0xc0 && byte <= 0xde && byte !== 0xd7)

const pushAll = (out: Array<number>, bytes: Uint8Array): void => {
  for (const byte of bytes) out.push(byte)
}
