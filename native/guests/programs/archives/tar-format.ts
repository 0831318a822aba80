/** Headers of tar archives: ustar, with the extensions of GNU and pax for long names. */
import { decodeText, encodeText } from "../../bash/text.ts"

export const BLOCK = 512

export type EntryType = "file" | "link" | "symlink" | "directory" | "other"

export interface Header {
  readonly name: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtimeMs: number
  readonly type: EntryType
  readonly target: string
  readonly user: string
  readonly group: string
}

const flags: Readonly<Record<EntryType, string>> = { file: "0", link: "1", symlink: "2", directory: "5", other: "6" }

const octal = (value: number, width: number): string =>
  `${Math.max(0, Math.floor(value)).toString(8).padStart(width - 1, "0")}\0`

/** Sizes beyond 8 GiB are kept in binary. */
const sizeField = (value: number): Uint8Array => {
  if (value < 8 ** 11) return encodeText(octal(value, 12))
  const bytes = new Uint8Array(12)
  bytes[0] = 0x80
  new DataView(bytes.buffer).setBigUint64(4, BigInt(value))
  return bytes
}

const sum = (block: Uint8Array): number => {
  let total = 0
  for (let at = 0; at < BLOCK; at++) total += at >= 148 && at < 156 ? 32 : block[at]
  return total
}

/** The marks of the formats that are not GNU's own. */
const magics: Readonly<Record<string, string>> = {
  pax: "ustar\x0000",
  posix: "ustar\x0000",
  ustar: "ustar\x0000",
  v7: ""
}

const block = (header: Header, name: Uint8Array, target: Uint8Array, flag: string, format = "gnu"): Uint8Array => {
  const bytes = new Uint8Array(BLOCK)
  const put = (data: string | Uint8Array, at: number, width: number) =>
    bytes.set((typeof data === "string" ? encodeText(data) : data).subarray(0, width), at)
  put(name, 0, 100)
  put(octal(header.mode & 0o7777, 8), 100, 8)
  put(octal(header.uid, 8), 108, 8)
  put(octal(header.gid, 8), 116, 8)
  put(sizeField(header.size), 124, 12)
  put(octal(header.mtimeMs / 1000, 12), 136, 12)
  put(flag, 156, 1)
  put(target, 157, 100)
  put(magics[format] ?? "ustar  \0", 257, 8)
  if (format !== "v7") {
    put(header.user, 265, 32)
    put(header.group, 297, 32)
  }
  put(`${sum(bytes).toString(8).padStart(6, "0")}\0 `, 148, 8)
  return bytes
}

export const padding = (size: number): Uint8Array => new Uint8Array((BLOCK - size % BLOCK) % BLOCK)

const longName = (text: Uint8Array, flag: string): Array<Uint8Array> => {
  const size = text.length + 1
  const header: Header = {
    name: "",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtimeMs: 0,
    type: "file",
    target: "",
    user: "root",
    group: "root"
  }
  return [block(header, encodeText("././@LongLink"), new Uint8Array(0), flag), text, new Uint8Array(1), padding(size)]
}

/** Long names are kept as GNU tar keeps them, whatever the format. */
export const writeHeader = (header: Header, format?: string): Uint8Array => {
  const [name, target] = [encodeText(header.name), encodeText(header.target)]
  return Buffer.concat([
    ...(target.length > 100 ? longName(target, "K") : []),
    ...(name.length > 100 ? longName(name, "L") : []),
    block(header, name, target, flags[header.type], format)
  ])
}

const text = (bytes: Uint8Array, at: number, width: number): string => {
  const field = bytes.subarray(at, at + width)
  const end = field.indexOf(0)
  return decodeText(end < 0 ? field : field.subarray(0, end))
}

const number = (bytes: Uint8Array, at: number, width: number): number => {
  if ((bytes[at] & 0x80) !== 0) {
    let value = bytes[at] & 0x7f
    for (let index = 1; index < width; index++) value = value * 256 + bytes[at + index]
    return value
  }
  return Number.parseInt(text(bytes, at, width).trim() || "0", 8)
}

/** What extension headers say of the entry that follows. */
export interface Extension {
  name?: string
  target?: string
  size?: number
  mtimeMs?: number
}

export interface RawHeader {
  readonly flag: string
  readonly header: Header
}

const typeOf = (flag: string, name: string): EntryType =>
  flag === "1" ? "link" : flag === "2" ? "symlink" : flag === "5" || (/[\0 0]/.test(flag) && name.endsWith("/")) ?
    "directory" :
    /[\0 07]/.test(flag) || flag === ""
    ? "file"
    : "other"

/** Undefined when the block is no header. */
export const readHeader = (bytes: Uint8Array, extension: Extension): RawHeader | undefined => {
  if (number(bytes, 148, 8) !== sum(bytes)) return undefined
  const flag = String.fromCharCode(bytes[156])
  const prefix = text(bytes, 257, 6) === "ustar" && bytes[262] === 0 ? text(bytes, 345, 155) : ""
  const short = text(bytes, 0, 100)
  const name = extension.name ?? (prefix === "" ? short : `${prefix}/${short}`)
  return {
    flag,
    header: {
      name,
      mode: number(bytes, 100, 8),
      uid: number(bytes, 108, 8),
      gid: number(bytes, 116, 8),
      size: extension.size ?? number(bytes, 124, 12),
      mtimeMs: extension.mtimeMs ?? number(bytes, 136, 12) * 1000,
      type: typeOf(flag, name),
      target: extension.target ?? text(bytes, 157, 100),
      user: text(bytes, 265, 32),
      group: text(bytes, 297, 32)
    }
  }
}

/** The records of a pax header: `LENGTH KEY=VALUE`. */
export const readPax = (bytes: Uint8Array, extension: Extension): void => {
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(32, at)
    const length = Number(decodeText(bytes.subarray(at, Math.max(at, blank))))
    if (blank < 0 || !(length > 0)) return
    const [key, value] = decodeText(bytes.subarray(blank + 1, at + length - 1)).split(/=(.*)/s)
    if (key === "path") extension.name = value
    else if (key === "linkpath") extension.target = value
    else if (key === "size") extension.size = Number(value)
    else if (key === "mtime") extension.mtimeMs = Number(value) * 1000
    at += length
  }
}
