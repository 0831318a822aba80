/** Reading up to a delimiter without taking more than that from the file. */
import type { OpenFile } from "../io/open-file.ts"
import { MAX_TEXT } from "../limits.ts"
import type { Process } from "../processes/process.ts"
import { decodeText } from "../text.ts"

export interface Line {
  readonly text: string
  /** The input ended before the delimiter came. */
  readonly ended: boolean
}

/** `delimiter` is one byte; with `undefined` only the end or `max` characters stop. */
export const readLine = async (
  file: OpenFile,
  process: Process,
  delimiter: string | undefined,
  max = Infinity
): Promise<Line> => {
  const stop = delimiter === undefined ? -1 : delimiter === "" ? 0 : delimiter.charCodeAt(0)
  const pieces: Array<Uint8Array> = []
  let size = 0
  for (;;) {
    const bytes = file.peek()
    if (bytes === undefined) {
      await file.readable(process)
      continue
    }
    if (bytes.length === 0) return { text: join(pieces), ended: true }
    const room = max === Infinity ? bytes.length : Math.min(bytes.length, Math.max(0, max - characterCount(pieces)))
    const window = bytes.subarray(0, room)
    const at = stop < 0 ? -1 : window.indexOf(stop)
    const end = at < 0 ? window.length : at
    pieces.push(window.slice(0, end))
    file.consume(at < 0 ? end : end + 1)
    if (at >= 0) return { text: join(pieces), ended: false }
    size += end
    if (size > MAX_TEXT) return { text: join(pieces), ended: true }
    if (max !== Infinity && characterCount(pieces) >= max) return { text: join(pieces), ended: false }
  }
}

const join = (pieces: ReadonlyArray<Uint8Array>): string => {
  const text = decodeText(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces))
  return text.includes("\0") ? text.replaceAll("\0", "") : text
}

const characterCount = (pieces: ReadonlyArray<Uint8Array>): number => {
  let count = 0
  for (const piece of pieces) for (const byte of piece) if ((byte & 0xc0) !== 0x80) count++
  return count
}
