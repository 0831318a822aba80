/** Archives that get more: where the entries of one end, and how old they are. */
import type { ProgramContext, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import type { Extension } from "./tar-format.ts"
import { BLOCK, padding, readHeader, readPax } from "./tar-format.ts"

/** Entries whose times are kept. */
const MAX_ENTRIES = 200_000
/** Longest header of its own that a name may have. */
const MAX_EXTENSION = 1024 * 1024

export interface Contents {
  /** Bytes of all entries: the next one goes there. */
  readonly end: number
  /** When each was changed, by its name: the last of several. */
  readonly times: ReadonlyMap<string, number>
}

/** Takes so many bytes at a time from a reader. */
class Blocks {
  private rest: Uint8Array = new Uint8Array(0)

  constructor(private readonly reader: Reader) {}

  /** Fewer at the end. */
  async take(size: number): Promise<Uint8Array> {
    const chunks = [this.rest]
    let have = this.rest.length
    while (have < size) {
      const chunk = await this.reader.read()
      if (chunk === undefined) break
      chunks.push(chunk)
      have += chunk.length
    }
    const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    this.rest = bytes.subarray(size)
    return bytes.subarray(0, size)
  }

  async skip(size: number): Promise<void> {
    let left = size
    for (; left > this.rest.length;) {
      left -= this.rest.length
      const chunk = await this.reader.read()
      this.rest = chunk ?? new Uint8Array(0)
      if (chunk === undefined) return
    }
    this.rest = this.rest.subarray(left)
  }
}

const broken = (message: string): ProgramFailure =>
  new ProgramFailure(`${message}\ntar: Error is not recoverable: exiting now`, 2)

const textOf = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0)
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8")
}

/** Reads an archive to its end mark. */
export const contentsOf = async (context: ProgramContext, name: string): Promise<Contents> => {
  const reader = await context.open(name)
  const blocks = new Blocks(reader)
  const times = new Map<string, number>()
  let end = 0
  let extension: Extension = {}
  for (;;) {
    const block = await blocks.take(BLOCK)
    if (end === 0 && block[0] === 0x1f && block[1] === 0x8b) throw broken("Cannot update compressed archives")
    if (block.length < BLOCK || block.every((byte) => byte === 0)) break
    const raw = readHeader(block, extension)
    if (raw === undefined) throw broken("This does not look like a tar archive")
    const { flag, header } = raw
    const isExtension = /[LKxg]/.test(flag)
    const size = isExtension || header.type === "file" || header.type === "other" ? header.size : 0
    const whole = size + padding(size).length
    if (isExtension) {
      if (size > MAX_EXTENSION) throw broken("Malformed extended header")
      const bytes = (await blocks.take(whole)).subarray(0, size)
      if (flag === "L") extension.name = textOf(bytes)
      else if (flag === "K") extension.target = textOf(bytes)
      else if (flag === "x") readPax(bytes, extension)
    } else {
      extension = {}
      times.set(header.name.replace(/(.)\/+$/, "$1"), header.mtimeMs)
      if (times.size > MAX_ENTRIES) throw broken("memory exhausted")
      await blocks.skip(whole)
    }
    end += BLOCK + whole
  }
  await reader.close()
  return { end, times }
}
