/** The layout of zip archives: local headers, the directory at the end, and the extra fields of Unix. */
import { decodeText, encodeText } from "../../bash/text.ts"

export const STORED = 0
export const DEFLATED = 8

/** What the directory says of one file. */
export interface ZipEntry {
  readonly name: string
  readonly method: number
  /** Bit 0: encrypted; bit 3: sizes follow the content. */
  readonly flags: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly mtimeMs: number
  /** As stat(2) has it, when a Unix system made the archive. */
  readonly mode: number | undefined
  readonly isText: boolean
  readonly uid: number
  readonly gid: number
  /** Where its local header begins. */
  readonly offset: number
}

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const END_BYTES = 22
const LOCAL_BYTES = 30
const CENTRAL_BYTES = 46
const TIMESTAMP = 0x5455
const OWNER = 0x7875
const UNIX = 3
const UTF8 = 1 << 11
const MAX_COMMENT = 0xffff
/** Counts and sizes beyond these need the 64-bit form, which is not written. */
export const MAX_ENTRIES = 0xfffe
export const MAX_SIZE = 0xfffffffe

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value >>> 0
})

/** Goes on with a checksum; begins with 0. */
export const crc32 = (crc: number, bytes: Uint8Array): number => {
  let value = ~crc
  for (const byte of bytes) value = table[(value ^ byte) & 0xff] ^ (value >>> 8)
  return ~value >>> 0
}

/** What is saved, in percent, rounded as Info-ZIP rounds. */
export const savedPercent = (size: number, packed: number): number =>
  size > packed ? Math.floor((1 + Math.floor(200 * (size - packed) / size)) / 2) : 0

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const fromDos = (date: number, time: number): number =>
  new Date(
    1980 + (date >> 9),
    ((date >> 5) & 15) - 1,
    date & 31,
    time >> 11,
    (time >> 5) & 63,
    2 * (time & 31)
  ).getTime()

const toDos = (milliseconds: number): readonly [date: number, time: number] => {
  // Two seconds are its unit: Info-ZIP rounds up.
  const at = new Date(Math.max(milliseconds, Date.UTC(1980, 0, 2)) + 1000)
  return [
    ((at.getFullYear() - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate(),
    (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1)
  ]
}

/** The time of the extra field, in seconds. */
const timestamp = (extra: Uint8Array): number | undefined => {
  const data = view(extra)
  for (let at = 0; at + 4 <= extra.length;) {
    const size = data.getUint16(at + 2, true)
    if (data.getUint16(at, true) === TIMESTAMP && size >= 5 && at + 9 <= extra.length && (extra[at + 4] & 1) === 1) {
      return data.getInt32(at + 5, true)
    }
    at += 4 + size
  }
  return undefined
}

const findEnd = (bytes: Uint8Array): number | undefined => {
  const data = view(bytes)
  for (let at = bytes.length - END_BYTES; at >= Math.max(0, bytes.length - END_BYTES - MAX_COMMENT); at--) {
    if (bytes[at] === 0x50 && data.getUint32(at, true) === END) return at
  }
  return undefined
}

/** The files of an archive in the order of its directory; undefined when there is no directory, or a broken one. */
export const readDirectory = (bytes: Uint8Array): ReadonlyArray<ZipEntry> | undefined => {
  const end = findEnd(bytes)
  if (end === undefined) return undefined
  const data = view(bytes)
  const count = data.getUint16(end + 10, true)
  const entries: Array<ZipEntry> = []
  // What stands in front of the archive, as in one that unpacks itself, moves everything.
  const shift = end - data.getUint32(end + 12, true) - data.getUint32(end + 16, true)
  if (shift < 0) return undefined
  let at = data.getUint32(end + 16, true) + shift
  for (let index = 0; index < count; index++) {
    if (at + CENTRAL_BYTES > end || data.getUint32(at, true) !== CENTRAL) return undefined
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => data.getUint16(at + offset, true))
    const nameEnd = at + CENTRAL_BYTES + nameBytes
    const seconds = timestamp(bytes.subarray(nameEnd, nameEnd + extraBytes))
    const attributes = data.getUint32(at + 38, true)
    entries.push({
      name: decodeText(bytes.subarray(at + CENTRAL_BYTES, nameEnd)),
      flags: data.getUint16(at + 8, true),
      method: data.getUint16(at + 10, true),
      mtimeMs: seconds === undefined
        ? fromDos(data.getUint16(at + 14, true), data.getUint16(at + 12, true))
        : seconds * 1000,
      crc: data.getUint32(at + 16, true),
      packed: data.getUint32(at + 20, true),
      size: data.getUint32(at + 24, true),
      isText: (data.getUint16(at + 36, true) & 1) === 1,
      mode: bytes[at + 5] === UNIX ? attributes >>> 16 : undefined,
      uid: 0,
      gid: 0,
      offset: data.getUint32(at + 42, true) + shift
    })
    at = nameEnd + extraBytes + commentBytes
  }
  return entries
}

/** The packed content of an entry; undefined when the archive is broken there. */
export const contentOf = (bytes: Uint8Array, { offset, packed }: ZipEntry): Uint8Array | undefined => {
  const data = view(bytes)
  if (offset + LOCAL_BYTES > bytes.length || data.getUint32(offset, true) !== LOCAL) return undefined
  const start = offset + LOCAL_BYTES + data.getUint16(offset + 26, true) + data.getUint16(offset + 28, true)
  return start + packed > bytes.length ? undefined : bytes.subarray(start, start + packed)
}

/** Extra fields: in the local header with the time of access and the owner, in the directory short. */
const extraOf = ({ gid, mtimeMs, uid }: ZipEntry, isLocal: boolean): Uint8Array => {
  const extra = new Uint8Array(isLocal ? 28 : 24)
  const data = view(extra)
  const seconds = Math.floor(mtimeMs / 1000)
  data.setUint16(0, TIMESTAMP, true)
  data.setUint16(2, isLocal ? 9 : 5, true)
  extra[4] = 3
  data.setInt32(5, seconds, true)
  if (isLocal) data.setInt32(9, seconds, true)
  const at = isLocal ? 13 : 9
  data.setUint16(at, OWNER, true)
  data.setUint16(at + 2, 11, true)
  extra[at + 4] = 1
  extra[at + 5] = 4
  data.setUint32(at + 6, uid, true)
  extra[at + 10] = 4
  data.setUint32(at + 11, gid, true)
  return extra
}

const EMPTY = new Uint8Array(0)

/** What the two headers have in common, from "version needed" on. */
const common = (data: DataView, at: number, entry: ZipEntry, name: Uint8Array, extra: Uint8Array): void => {
  const [date, time] = toDos(entry.mtimeMs)
  const isUtf8 = name.some((byte) => byte >= 0x80)
  data.setUint16(at, entry.method === DEFLATED ? 20 : 10, true)
  data.setUint16(at + 2, isUtf8 ? UTF8 : 0, true)
  data.setUint16(at + 4, entry.method, true)
  data.setUint16(at + 6, time, true)
  data.setUint16(at + 8, date, true)
  data.setUint32(at + 10, entry.crc, true)
  data.setUint32(at + 14, entry.packed, true)
  data.setUint32(at + 18, entry.size, true)
  data.setUint16(at + 22, name.length, true)
  data.setUint16(at + 24, extra.length, true)
}

/** `plain` leaves the extra fields out. */
export const localHeader = (entry: ZipEntry, plain: boolean): Uint8Array => {
  const name = encodeText(entry.name)
  const extra = plain ? EMPTY : extraOf(entry, true)
  const header = new Uint8Array(LOCAL_BYTES)
  const data = view(header)
  data.setUint32(0, LOCAL, true)
  common(data, 4, entry, name, extra)
  return Buffer.concat([header, name, extra])
}

export const centralHeader = (entry: ZipEntry, plain: boolean): Uint8Array => {
  const name = encodeText(entry.name)
  const extra = plain ? EMPTY : extraOf(entry, false)
  const header = new Uint8Array(CENTRAL_BYTES)
  const data = view(header)
  data.setUint32(0, CENTRAL, true)
  header[4] = 30
  header[5] = UNIX
  common(data, 6, entry, name, extra)
  data.setUint16(36, entry.isText ? 1 : 0, true)
  const isDirectory = entry.name.endsWith("/")
  data.setUint32(
    38,
    (((entry.mode ?? (isDirectory ? 0o40755 : 0o100644)) << 16) | (isDirectory ? 0x10 : 0)) >>> 0,
    true
  )
  data.setUint32(42, entry.offset, true)
  return Buffer.concat([header, name, extra])
}

export const endOfDirectory = (count: number, size: number, offset: number): Uint8Array => {
  const end = new Uint8Array(END_BYTES)
  const data = view(end)
  data.setUint32(0, END, true)
  data.setUint16(8, count, true)
  data.setUint16(10, count, true)
  data.setUint32(12, size, true)
  data.setUint32(16, offset, true)
  return end
}
