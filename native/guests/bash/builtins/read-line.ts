/** Reading up to a delimiter without taking more than that from the file. */
import { Interrupted } from "../errors.ts"
import type { OpenFile } from "../io/open-file.ts"
import { MAX_TEXT } from "../limits.ts"
import type { Process } from "../processes/process.ts"
import { decodeText } from "../text.ts"

export interface Line {
  readonly text: string
  /** The input ended before the delimiter came. */
  readonly ended: boolean
  /** The time was over before. */
  readonly isLate?: boolean
}

/** What has come of a line that is not whole: of those before that it continues, and of itself. */
export interface Taken {
  text: string
  readonly pieces: Array<Uint8Array>
}

/** What may come between. */
export interface Watch {
  /** The time is over: nothing more is taken. */
  readonly isOver: () => boolean
  /** A signal with a trap has come; throws when that is the end of reading. */
  readonly onInterrupted: (reason: Interrupted) => Promise<void>
  readonly taken: Taken
}

/** Whole characters of UTF-8, counted as their bytes come. */
class Characters {
  private count = 0
  /** Bytes that the last character still lacks. */
  private lacking = 0

  /** How many of the bytes are taken until there are `max` characters. */
  fit(bytes: Uint8Array, max: number): number {
    let at = 0
    while (at < bytes.length && !this.isFull(max)) {
      const byte = bytes[at]
      if (this.lacking > 0 && (byte & 0xc0) === 0x80) this.lacking--
      else if (this.lacking > 0) {
        // what was cut short counts for one, and this byte begins the next
        this.lacking = 0
        continue
      } else {
        this.count++
        this.lacking = byte < 0xc2 || byte > 0xf4 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
      }
      at++
    }
    return at
  }

  isFull(max: number): boolean {
    return this.count >= max && this.lacking === 0
  }
}

/** `delimiter` is one byte; with `undefined` only the end or `max` characters stop. */
export const readLine = async (
  file: OpenFile,
  process: Process,
  delimiter: string | undefined,
  max = Infinity,
  watch?: Watch
): Promise<Line> => {
  const stop = delimiter === undefined ? -1 : delimiter === "" ? 0 : delimiter.charCodeAt(0)
  const pieces = watch?.taken.pieces ?? []
  pieces.length = 0
  const counter = new Characters()
  let size = 0
  for (;;) {
    const bytes = file.peek(process)
    if (watch?.isOver() === true) return { text: "", ended: true }
    if (bytes === undefined) {
      try {
        await file.readable(process)
      } catch (reason) {
        if (watch === undefined || !(reason instanceof Interrupted)) throw reason
        await watch.onInterrupted(reason)
      }
      continue
    }
    if (bytes.length === 0) {
      // the end of a terminal's input is not the last
      if (file.isTerminal) file.consume(0)
      return { text: join(pieces), ended: true }
    }
    const window = max === Infinity ? bytes : bytes.subarray(0, counter.fit(bytes, max))
    const at = stop < 0 ? -1 : window.indexOf(stop)
    const end = at < 0 ? window.length : at
    pieces.push(window.slice(0, end))
    file.consume(at < 0 ? end : end + 1)
    if (at >= 0) return { text: join(pieces), ended: false }
    size += end
    if (size > MAX_TEXT) return { text: join(pieces), ended: true }
    if (counter.isFull(max)) return { text: join(pieces), ended: false }
  }
}

/** The text of pieces, without NULs. */
export const join = (pieces: ReadonlyArray<Uint8Array>): string => {
  const text = decodeText(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces))
  return text.includes("\0") ? text.replaceAll("\0", "") : text
}
