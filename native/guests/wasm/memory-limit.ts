/**
 * The bound of a WebAssembly program's memory: written into the module itself, as the maximum of the memory that it
 * declares. Growing beyond it fails inside the program, which then has no memory left, as with malloc(3) elsewhere.
 */

const PAGE_BYTES = 64 * 1024
const MEMORY_SECTION = 5
const HEADER_BYTES = 8

/** What cannot be run, with the reason. */
export class Unrunnable extends Error {}

const malformed = () => new Unrunnable("Exec format error")

/** Reads a module front to back; what lies beyond its end is no module. */
class Reader {
  constructor(private readonly bytes: Uint8Array, public at: number) {}

  get done(): boolean {
    return this.at >= this.bytes.length
  }

  byte(): number {
    if (this.done) throw malformed()
    return this.bytes[this.at++]
  }

  /** An unsigned number of at most 32 bits, seven at a time. */
  number(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw malformed()
  }
}

const encoded = (value: number): Array<number> => {
  const bytes: Array<number> = []
  for (let rest = value;; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 0x80)
  }
}

const HAS_MAXIMUM = 1

/** The memory section anew. */
const limited = (reader: Reader, bound: number): ReadonlyArray<number> => {
  const count = reader.number()
  const out: Array<number> = [...encoded(count)]
  for (let index = 0; index < count; index++) {
    const flags = reader.byte()
    if ((flags & ~HAS_MAXIMUM) !== 0) {
      throw new Unrunnable("its memory is shared or of 64 bits, which is not WASI preview 1")
    }
    const minimum = reader.number()
    const maximum = (flags & HAS_MAXIMUM) === 0 ? bound : Math.min(reader.number(), bound)
    if (minimum > bound) {
      throw new Unrunnable(
        `it begins with ${minimum * PAGE_BYTES} bytes of memory; the limit wasmMemoryBytes is ${bound * PAGE_BYTES}, ` +
          "raise limits.wasmMemoryBytes to allow more"
      )
    }
    out.push(HAS_MAXIMUM, ...encoded(minimum), ...encoded(maximum))
  }
  return out
}

/** Whether bytes begin as a module does. */
export const isModule = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d

/** The module with its memories bounded, in bytes; throws `Unrunnable`. */
export const limitMemory = (bytes: Uint8Array, limit: number): Uint8Array<ArrayBuffer> => {
  const bound = Math.max(1, Math.floor(limit / PAGE_BYTES))
  const reader = new Reader(bytes, HEADER_BYTES)
  while (!reader.done) {
    const start = reader.at
    const id = reader.byte()
    const size = reader.number()
    const end = reader.at + size
    if (end > bytes.length) throw malformed()
    if (id === MEMORY_SECTION) {
      const body = limited(reader, bound)
      const section = Uint8Array.from([MEMORY_SECTION, ...encoded(body.length), ...body])
      const out = new Uint8Array(start + section.length + bytes.length - end)
      out.set(bytes.subarray(0, start))
      out.set(section, start)
      out.set(bytes.subarray(end), start + section.length)
      return out
    }
    reader.at = end
  }
  return new Uint8Array(bytes)
}
