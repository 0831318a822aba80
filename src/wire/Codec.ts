/**
 * Compact binary codecs for the data plane: little-endian, no field names, every length checked against what is left of
 * the body before anything is allocated. A codec is a value with its shape as data, so that a Schema can be derived from
 * it (see `Schemas.ts`) and one definition serves encoding, checking and the generated round trips of the tests.
 *
 * This module imports next to nothing, because the sidecar's hot path imports it.
 *
 * @since 0.1.0
 */
import * as Slab from "./Slab.ts"

/**
 * Thrown when a body does not have the shape its operation demands. The connection turns it into a refusal of that one
 * request.
 *
 * @since 0.1.0
 * @category errors
 */
export class Malformed {
  readonly _tag = "Malformed"
  constructor(readonly detail: string) {}
}

/**
 * What a codec describes, as data.
 *
 * @since 0.1.0
 * @category models
 */
export type Shape =
  | { readonly _tag: "u8" | "u16" | "u32" | "f64" | "bool" | "string" | "bytes" | "rest" }
  | { readonly _tag: "literals"; readonly values: ReadonlyArray<string> }
  | { readonly _tag: "optional"; readonly of: Shape }
  | { readonly _tag: "array"; readonly of: Shape; readonly max: number }
  | { readonly _tag: "struct"; readonly fields: Readonly<Record<string, Shape>> }

/**
 * Writes and reads values of type `A`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Codec<A> {
  readonly shape: Shape
  readonly write: (writer: Writer, value: A) => void
  readonly read: (reader: Reader) => A
}

/**
 * The type that a codec carries.
 *
 * @since 0.1.0
 * @category models
 */
export type TypeOf<C> = C extends Codec<infer A> ? A : never

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** A number on its way from or to bytes. */
const number = new DataView(new ArrayBuffer(8))

/** Up to this length a loop over ASCII is quicker than the way into the platform's codec and back. */
const SHORT = 32

const FIRST_BYTES = 512

/**
 * A growing buffer that values are written to.
 *
 * @since 0.1.0
 * @category models
 */
export class Writer {
  /** What has been taken of the memory that small bodies share, until the body outgrows it. */
  private readonly part = Slab.take(FIRST_BYTES)
  private buffer = this.part.memory
  private start = this.part.start
  private at = this.part.start
  private end = this.part.start + FIRST_BYTES

  private reserve(bytes: number): number {
    const at = this.at
    if (at + bytes > this.end) return this.grow(bytes)
    this.at = at + bytes
    return at
  }

  private grow(bytes: number): number {
    const length = this.at - this.start
    const grown = new Uint8Array(Math.max(length + bytes, 2 * (this.end - this.start)))
    grown.set(this.buffer.subarray(this.start, this.at))
    if (this.buffer === this.part.memory) Slab.giveBack(this.part, FIRST_BYTES, this.part.start)
    this.buffer = grown
    this.start = 0
    this.at = length + bytes
    this.end = grown.length
    return length
  }

  u8(value: number): void {
    const at = this.reserve(1)
    this.buffer[at] = value
  }
  u16(value: number): void {
    const at = this.reserve(2)
    this.buffer[at] = value
    this.buffer[at + 1] = value >>> 8
  }
  u32(value: number): void {
    this.putU32(this.reserve(4), value)
  }
  f64(value: number): void {
    const at = this.reserve(8)
    number.setFloat64(0, value, true)
    for (let i = 0; i < 8; i++) this.buffer[at + i] = number.getUint8(i)
  }
  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length)
    this.buffer.set(bytes, at)
  }
  bytes(bytes: Uint8Array): void {
    this.u32(bytes.length)
    this.raw(bytes)
  }
  /** Length-prefixed UTF-8. Short strings, which are nearly all (paths), take one pass. */
  string(value: string): void {
    const { length } = value
    const at = this.reserve(4 + length * 3)
    const from = at + 4
    const ascii = length <= SHORT && this.ascii(value, from)
    const written = ascii ? length : encoder.encodeInto(value, this.buffer.subarray(from)).written
    this.putU32(at, written)
    this.at = from + written
  }

  private putU32(at: number, value: number): void {
    const { buffer } = this
    buffer[at] = value
    buffer[at + 1] = value >>> 8
    buffer[at + 2] = value >>> 16
    buffer[at + 3] = value >>> 24
  }

  private ascii(value: string, from: number): boolean {
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit >= 0x80) return false
      this.buffer[from + i] = unit
    }
    return true
  }

  /** What has been written, as a view of the writer's own buffer: the writer must not be used afterwards. */
  finish(): Uint8Array {
    if (this.buffer === this.part.memory) Slab.giveBack(this.part, FIRST_BYTES, this.at)
    return this.buffer.subarray(this.start, this.at)
  }
}

/**
 * A position in a received body. Strings are copied, byte fields are views of the body.
 *
 * @since 0.1.0
 * @category models
 */
export class Reader {
  private at = 0

  constructor(private readonly body: Uint8Array) {}

  private take(bytes: number): number {
    const at = this.at
    if (at + bytes > this.body.length) {
      throw new Malformed(`body ends at byte ${this.body.length}, ${bytes} more expected at ${at}`)
    }
    this.at = at + bytes
    return at
  }

  u8(): number {
    return this.body[this.take(1)]
  }
  u16(): number {
    const at = this.take(2)
    return this.body[at] | (this.body[at + 1] << 8)
  }
  u32(): number {
    const at = this.take(4)
    const { body } = this
    return (body[at] | (body[at + 1] << 8) | (body[at + 2] << 16) | (body[at + 3] << 24)) >>> 0
  }
  f64(): number {
    const at = this.take(8)
    for (let i = 0; i < 8; i++) number.setUint8(i, this.body[at + i])
    return number.getFloat64(0, true)
  }
  bytes(): Uint8Array {
    const length = this.u32()
    const at = this.take(length)
    return this.body.subarray(at, at + length)
  }
  string(): string {
    const length = this.u32()
    const at = this.take(length)
    const short = length <= SHORT ? this.ascii(at, at + length) : undefined
    return short ?? decoder.decode(this.body.subarray(at, at + length))
  }

  private ascii(from: number, to: number): string | undefined {
    const units: Array<number> = []
    for (let at = from; at < to; at++) {
      const unit = this.body[at]
      if (unit >= 0x80) return undefined
      units.push(unit)
    }
    // at once: a text that is put together piece by piece keeps its pieces
    return String.fromCharCode(...units)
  }

  rest(): Uint8Array {
    const at = this.at
    this.at = this.body.length
    return this.body.subarray(at)
  }
  get remaining(): number {
    return this.body.length - this.at
  }
}

/**
 * @since 0.1.0
 * @category primitives
 */
export const u8: Codec<number> = { shape: { _tag: "u8" }, write: (w, v) => w.u8(v), read: (r) => r.u8() }

/**
 * @since 0.1.0
 * @category primitives
 */
export const u16: Codec<number> = { shape: { _tag: "u16" }, write: (w, v) => w.u16(v), read: (r) => r.u16() }

/**
 * @since 0.1.0
 * @category primitives
 */
export const u32: Codec<number> = { shape: { _tag: "u32" }, write: (w, v) => w.u32(v), read: (r) => r.u32() }

/**
 * A finite number. Sizes, offsets and milliseconds use it, since they pass 2^32.
 *
 * @since 0.1.0
 * @category primitives
 */
export const f64: Codec<number> = {
  shape: { _tag: "f64" },
  write: (w, v) => w.f64(v),
  read: (r) => {
    const value = r.f64()
    if (!Number.isFinite(value)) throw new Malformed("number is not finite")
    return value
  }
}

/**
 * @since 0.1.0
 * @category primitives
 */
export const bool: Codec<boolean> = {
  shape: { _tag: "bool" },
  write: (w, v) => w.u8(v ? 1 : 0),
  read: (r) => {
    const value = r.u8()
    if (value > 1) throw new Malformed(`boolean is ${value}`)
    return value === 1
  }
}

/**
 * UTF-8 text. Invalid sequences become U+FFFD; callers that need exact bytes use `bytes`.
 *
 * @since 0.1.0
 * @category primitives
 */
export const string: Codec<string> = {
  shape: { _tag: "string" },
  write: (w, v) => w.string(v),
  read: (r) => r.string()
}

/**
 * @since 0.1.0
 * @category primitives
 */
export const bytes: Codec<Uint8Array> = {
  shape: { _tag: "bytes" },
  write: (w, v) => w.bytes(v),
  read: (r) => r.bytes()
}

/**
 * All that is left of the body, without a length of its own. Only as the last field.
 *
 * @since 0.1.0
 * @category primitives
 */
export const rest: Codec<Uint8Array> = { shape: { _tag: "rest" }, write: (w, v) => w.raw(v), read: (r) => r.rest() }

/**
 * One of a fixed list of words, as its index in one byte.
 *
 * @since 0.1.0
 * @category combinators
 */
export const literals = <const L extends ReadonlyArray<string>>(...values: L): Codec<L[number]> => {
  const index = new Map(values.map((value, i) => [value, i]))
  return {
    shape: { _tag: "literals", values },
    write: (w, v) => w.u8(index.get(v)!),
    read: (r) => {
      const i = r.u8()
      if (i >= values.length) throw new Malformed(`${i} is none of ${values.join(", ")}`)
      return values[i]
    }
  }
}

/**
 * A value or `undefined`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const optional = <A>(of: Codec<A>): Codec<A | undefined> => ({
  shape: { _tag: "optional", of: of.shape },
  write: (w, v) => {
    bool.write(w, v !== undefined)
    if (v !== undefined) of.write(w, v)
  },
  read: (r) => (bool.read(r) ? of.read(r) : undefined)
})

/**
 * At most `max` values; a longer list is refused before it is read.
 *
 * @since 0.1.0
 * @category combinators
 */
export const array = <A>(of: Codec<A>, max = 1_000_000): Codec<ReadonlyArray<A>> => ({
  shape: { _tag: "array", of: of.shape, max },
  write: (w, v) => {
    w.u32(v.length)
    for (const value of v) of.write(w, value)
  },
  read: (r) => {
    const length = r.u32()
    // every element takes at least one byte, so a length beyond the body is a lie told to make us allocate
    if (length > max || length > r.remaining) throw new Malformed(`list of ${length} elements, at most ${max} allowed`)
    const values: Array<A> = []
    for (let i = 0; i < length; i++) values.push(of.read(r))
    return values
  }
})

/**
 * Fields in the order in which they are written down.
 *
 * @since 0.1.0
 * @category combinators
 */
export const struct = <F extends Readonly<Record<string, Codec<any>>>>(
  fields: F
): Codec<{ readonly [K in keyof F]: TypeOf<F[K]> }> => {
  const names = Object.keys(fields)
  const codecs = names.map((name) => fields[name])
  return {
    shape: { _tag: "struct", fields: Object.fromEntries(names.map((name, i) => [name, codecs[i].shape])) },
    write: (w, v) => {
      for (let i = 0; i < names.length; i++) codecs[i].write(w, (v as Record<string, unknown>)[names[i]])
    },
    read: (r) => {
      const value: Record<string, unknown> = {}
      for (let i = 0; i < names.length; i++) value[names[i]] = codecs[i].read(r)
      return value as never
    }
  }
}

/**
 * The body of a value.
 *
 * @since 0.1.0
 * @category conversions
 */
export const encode = <A>(codec: Codec<A>, value: A): Uint8Array => {
  const writer = new Writer()
  codec.write(writer, value)
  return writer.finish()
}

/**
 * The value of a body; throws `Malformed` when the body is too short, too long or out of range.
 *
 * @since 0.1.0
 * @category conversions
 */
export const decode = <A>(codec: Codec<A>, body: Uint8Array): A => {
  const reader = new Reader(body)
  const value = codec.read(reader)
  if (reader.remaining > 0) throw new Malformed(`${reader.remaining} bytes left over`)
  return value
}
