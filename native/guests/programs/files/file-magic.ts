/** What file says of bytes that are no text, by the numbers they begin with. */
import { formatTime } from "../text/strftime.ts"
import type { Kind } from "./file-text.ts"

/** The beginning of a file, read as numbers; beyond its end are zeros. */
class Bytes {
  private readonly view: DataView

  constructor(readonly all: Uint8Array) {
    this.view = new DataView(all.buffer, all.byteOffset, all.byteLength)
  }

  byte(at: number): number {
    return this.all[at] ?? 0
  }

  u16(at: number, little = false): number {
    return at + 2 > this.all.length ? 0 : this.view.getUint16(at, little)
  }

  u32(at: number, little = false): number {
    return at + 4 > this.all.length ? 0 : this.view.getUint32(at, little)
  }

  u64(at: number, little = false): number {
    return at + 8 > this.all.length ? 0 : Number(this.view.getBigUint64(at, little))
  }

  text(at: number, end: number): string {
    return Buffer.from(this.all.subarray(at, end)).toString("latin1")
  }

  /** Up to a NUL. */
  string(at: number, max = 256): string {
    return this.text(at, at + max).split("\0")[0]
  }

  starts(text: string, at = 0): boolean {
    return this.text(at, at + text.length) === text
  }
}

const png = (bytes: Bytes): string => {
  const colors: Readonly<Record<number, string>> = {
    0: " grayscale",
    2: "/color RGB",
    3: " colormap",
    4: " gray+alpha",
    6: "/color RGBA"
  }
  const depth = `${bytes.byte(24)}-bit${colors[bytes.byte(25)] ?? ""}`
  const laced = bytes.byte(28) === 0 ? "non-interlaced" : "interlaced"
  return `PNG image data, ${bytes.u32(16)} x ${bytes.u32(20)}, ${depth}, ${laced}`
}

const frames: Readonly<Record<number, string>> = {
  0xc0: "baseline",
  0xc1: "extended sequential",
  0xc2: "progressive"
}

const jpeg = (bytes: Bytes): string => {
  let said = "JPEG image data"
  if (bytes.starts("JFIF", 6)) {
    const units = ["aspect ratio", "resolution (DPI)", "resolution (DPCM)"][bytes.byte(13)] ?? "aspect ratio"
    said += `, JFIF standard ${bytes.byte(11)}.${String(bytes.byte(12)).padStart(2, "0")}, ${units}, density ` +
      `${bytes.u16(14)}x${bytes.u16(16)}, segment length ${bytes.u16(4)}`
  }
  for (let at = 2; bytes.byte(at) === 0xff && at + 9 < bytes.all.length; at += 2 + bytes.u16(at + 2)) {
    const frame = frames[bytes.byte(at + 1)]
    if (frame === undefined) continue
    return `${said}, ${frame}, precision ${bytes.byte(at + 4)}, ${bytes.u16(at + 7)}x${
      bytes.u16(at + 5)
    }, components ` +
      `${bytes.byte(at + 9)}`
  }
  return said
}

const systems: Readonly<Record<number, string>> = {
  0: "FAT filesystem (MS-DOS, OS/2, NT)",
  3: "Unix",
  7: "MacOS",
  11: "NTFS filesystem (NT)"
}

const gzip = (bytes: Bytes, size: number, tail: Uint8Array): string => {
  const flags = bytes.byte(3)
  let said = "gzip compressed data"
  if ((flags & 8) !== 0) {
    const at = 10 + ((flags & 4) === 0 ? 0 : 2 + bytes.u16(10, true))
    said += `, was "${bytes.string(at)}"`
  }
  const time = bytes.u32(4, true)
  if (time !== 0) said += `, last modified: ${formatTime("%a %b %e %H:%M:%S %Y", time * 1000)}`
  if (bytes.byte(8) === 2) said += ", max compression"
  if (bytes.byte(8) === 4) said += ", max speed"
  const system = systems[bytes.byte(9)]
  if (system !== undefined) said += `, from ${system}`
  return size < 18 ? said : `${said}, original size modulo 2^32 ${new Bytes(tail).u32(0, true)}`
}

const offices: ReadonlyArray<readonly [path: string, text: string, mime: string]> = [
  ["word/", "Microsoft Word 2007+", "wordprocessingml.document"],
  ["xl/", "Microsoft Excel 2007+", "spreadsheetml.sheet"],
  ["ppt/", "Microsoft PowerPoint 2007+", "presentationml.presentation"]
]

const zip = (bytes: Bytes): Kind => {
  const name = bytes.text(30, 30 + bytes.u16(26, true))
  if (name === "mimetype" && bytes.u16(8, true) === 0) {
    const mime = bytes.text(38, 38 + bytes.u32(22, true)).trim()
    if (mime === "application/epub+zip") return { text: "EPUB document", mime }
    const open = /^application\/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)$/.exec(mime)
    if (open !== null) return { text: `OpenDocument ${open[1][0].toUpperCase()}${open[1].slice(1)}`, mime }
  }
  if (name === "[Content_Types].xml" || name.startsWith("_rels/")) {
    const all = bytes.text(0, bytes.all.length)
    const found = offices.find(([path]) => all.includes(`\0${path}`) || all.includes(path))
    if (found !== undefined) {
      return { text: found[1], mime: `application/vnd.openxmlformats-officedocument.${found[2]}` }
    }
  }
  if (name.startsWith("META-INF/")) return { text: "Java archive data (JAR)", mime: "application/java-archive" }
  const version = bytes.u16(4, true)
  const methods: Readonly<Record<number, string>> = { 0: "store", 8: "deflate", 12: "bzip2", 14: "lzma", 93: "zstd" }
  const method = methods[bytes.u16(8, true)]
  const least = `at least v${Math.floor(version / 10)}.${version % 10} to extract`
  return {
    text: `Zip archive data, ${least}${method === undefined ? "" : `, compression method=${method}`}`,
    mime: "application/zip"
  }
}

const sqlite = (bytes: Bytes): string => {
  const page = bytes.u16(16) === 1 ? 65536 : bytes.u16(16)
  const encodings = ["", "UTF-8", "UTF-16 little endian", "UTF-16 big endian"]
  const fields = [
    bytes.u32(60) === 0 ? "" : `user version ${bytes.u32(60)}`,
    `last written using SQLite version ${bytes.u32(96)}`,
    page === 4096 ? "" : `page size ${page}`,
    bytes.byte(18) === 2 ? "writer version 2" : "",
    bytes.byte(19) === 2 ? "read version 2" : "",
    `file counter ${bytes.u32(24)}`,
    `database pages ${bytes.u32(28)}`,
    bytes.u32(32) === 0 ? "" : `1st free page ${bytes.u32(32)}, free pages ${bytes.u32(36)}`,
    `cookie 0x${bytes.u32(40).toString(16)}`,
    `schema ${bytes.u32(44)}`,
    bytes.u32(52) === 0 ? "" : `largest root page ${bytes.u32(52)}`,
    encodings[bytes.u32(56)] ?? "",
    bytes.u32(64) === 0 ? "" : "vacuum mode 1",
    `version-valid-for ${bytes.u32(92)}`
  ]
  return `SQLite 3.x database, ${fields.filter((field) => field !== "").join(", ")}`
}

/** An archive of tar: the checksum of its first header is right. */
const isTar = (bytes: Bytes): boolean => {
  if (bytes.all.length < 512) return false
  const wanted = Number.parseInt(bytes.string(148, 8).trim(), 8)
  let sum = 0
  for (let at = 0; at < 512; at++) sum += at >= 148 && at < 156 ? 32 : bytes.byte(at)
  return sum === wanted
}

const tar = (bytes: Bytes): string =>
  bytes.starts("ustar  \0", 257)
    ? "POSIX tar archive (GNU)"
    : bytes.starts("ustar\0", 257)
    ? "POSIX tar archive"
    : "tar archive"

const machines: Readonly<Record<number, string>> = {
  3: "Intel 80386",
  8: "MIPS",
  20: "PowerPC or cisco 4500",
  21: "64-bit PowerPC or cisco 7500",
  22: "IBM S/390",
  40: "ARM",
  62: "x86-64",
  183: "ARM aarch64",
  243: "UCB RISC-V"
}

const EXECUTABLE = 2
const SHARED = 3
const PT_INTERP = 3
const PT_NOTE = 4
const SHT_SYMTAB = 2
const MAX_HEADERS = 1024

/** What the notes of an ELF file say: the build, and the system it is for. */
const elfNotes = (bytes: Bytes, from: number, size: number, little: boolean): string => {
  let said = ""
  for (let at = from; at + 12 <= Math.min(from + size, bytes.all.length);) {
    const [name, content, type] = [bytes.u32(at, little), bytes.u32(at + 4, little), bytes.u32(at + 8, little)]
    const start = at + 12 + Math.ceil(name / 4) * 4
    if (bytes.starts("GNU\0", at + 12) && type === 3) {
      const id = Buffer.from(bytes.all.subarray(start, start + content)).toString("hex")
      said += `, BuildID[${content === 20 ? "sha1" : content === 16 ? "md5/uuid" : "xxHash"}]=${id}`
    }
    if (bytes.starts("GNU\0", at + 12) && type === 1 && bytes.u32(start, little) === 0) {
      const version = [4, 8, 12].map((offset) => bytes.u32(start + offset, little))
      said += `, for GNU/Linux ${version.join(".")}`
    }
    at = start + Math.ceil(content / 4) * 4
  }
  return said
}

const elf = (bytes: Bytes): Kind => {
  const [wide, little] = [bytes.byte(4) === 2, bytes.byte(5) === 1]
  const type = bytes.u16(16, little)
  const word = (at: number) => wide ? bytes.u64(at, little) : bytes.u32(at, little)
  let [interpreter, notes] = ["", ""]
  const programs = word(wide ? 32 : 28)
  const segments = Math.min(MAX_HEADERS, bytes.u16(wide ? 56 : 44, little))
  for (let index = 0; index < segments; index++) {
    const at = programs + index * bytes.u16(wide ? 54 : 42, little)
    const [offset, size] = [word(at + (wide ? 8 : 4)), word(at + (wide ? 32 : 16))]
    if (bytes.u32(at, little) === PT_INTERP) interpreter = bytes.string(offset, size)
    if (bytes.u32(at, little) === PT_NOTE) notes += elfNotes(bytes, offset, size, little)
  }
  const sections = word(wide ? 40 : 32)
  const count = bytes.u16(wide ? 60 : 48, little)
  const width = bytes.u16(wide ? 58 : 46, little)
  const known = sections + count * width <= bytes.all.length && count > 0
  const hasSymbols = known &&
    Array.from({ length: Math.min(MAX_HEADERS, count) }, (_, index) => bytes.u32(sections + index * width + 4, little))
      .includes(SHT_SYMTAB)
  const pie = type === SHARED && interpreter !== ""
  const names = ["", "relocatable", "executable", pie ? "pie executable" : "shared object", "core file"]
  const mimes = ["", "object", "executable", pie ? "pie-executable" : "sharedlib", "coredump"]
  const system = bytes.byte(7) === 3 ? "GNU/Linux" : "SYSV"
  const linked = segments === 0 || (type !== EXECUTABLE && type !== SHARED)
    ? ""
    : interpreter !== ""
    ? `, dynamically linked, interpreter ${interpreter}`
    : type === SHARED
    ? ", dynamically linked"
    : ", statically linked"
  return {
    text: `ELF ${wide ? 64 : 32}-bit ${little ? "LSB" : "MSB"} ${names[type] ?? "file"}, ` +
      `${machines[bytes.u16(18, little)] ?? `unknown arch 0x${bytes.u16(18, little).toString(16)}`}, version ` +
      `${bytes.byte(6)} (${system})${linked}${notes}${known ? hasSymbols ? ", not stripped" : ", stripped" : ""}`,
    mime: `application/x-${mimes[type] ?? "elf"}`
  }
}

const wave = (bytes: Bytes): string => {
  const channels = bytes.u16(22, true)
  const format = bytes.u16(20, true) === 1 ? `, Microsoft PCM, ${bytes.u16(34, true)} bit` : ""
  return `RIFF (little-endian) data, WAVE audio${format}, ${
    channels === 1 ? "mono" : channels === 2 ? "stereo" : `${channels} channels`
  } ${bytes.u32(24, true)} Hz`
}

/** What begins in a fixed way, and says nothing more. */
const signatures: ReadonlyArray<readonly [magic: string, text: string, mime: string]> = [
  ["7z\xbc\xaf\x27\x1c", "7-zip archive data, version 0.4", "application/x-7z-compressed"],
  ["Rar!\x1a\x07\x01\0", "RAR archive data, v5", "application/x-rar"],
  ["Rar!\x1a\x07\0", "RAR archive data", "application/x-rar"],
  ["PK\x05\x06", "Zip archive data (empty)", "application/zip"],
  ["!<arch>\n", "current ar archive", "application/x-archive"],
  ["\x1f\x9d", "compress'd data 16 bits", "application/x-compress"],
  ["\x04\x22\x4d\x18", "LZ4 compressed data (v1.4+)", "application/x-lz4"],
  ["fLaC", "FLAC audio bitstream data", "audio/flac"],
  ["OggS", "Ogg data", "application/octet-stream"],
  ["OTTO\0", "OpenType font data", "application/vnd.ms-opentype"],
  ["wOFF\0\x01\0\0", "Web Open Font Format, TrueType", "font/woff"],
  ["wOF2\0\x01\0\0", "Web Open Font Format (Version 2), TrueType", "font/woff2"]
]

const xzChecks: Readonly<Record<number, string>> = { 0: "NONE", 1: "CRC32", 4: "CRC64", 10: "SHA-256" }

const media = (bytes: Bytes): Kind | undefined => {
  if (bytes.starts("\x89PNG\r\n\x1a\n")) return { text: png(bytes), mime: "image/png" }
  if (bytes.starts("\xff\xd8\xff")) return { text: jpeg(bytes), mime: "image/jpeg" }
  if (bytes.starts("GIF8")) {
    const [width, height] = [bytes.u16(6, true), bytes.u16(8, true)]
    return { text: `GIF image data, version ${bytes.text(3, 6)}, ${width} x ${height}`, mime: "image/gif" }
  }
  if (bytes.starts("RIFF") && bytes.starts("WEBP", 8)) {
    return { text: "RIFF (little-endian) data, Web/P image", mime: "image/webp" }
  }
  if (bytes.starts("RIFF") && bytes.starts("WAVE", 8)) return { text: wave(bytes), mime: "audio/x-wav" }
  if (bytes.starts("ID3")) {
    return { text: `Audio file with ID3 version 2.${bytes.byte(3)}.${bytes.byte(4)}`, mime: "application/octet-stream" }
  }
  return bytes.starts("ftypmp42", 4)
    ? { text: "ISO Media, MP4 v2 [ISO 14496-14]", mime: "video/mp4" }
    : undefined
}

/** What bytes are, by their beginning; undefined for what is not known. `tail` are the last four of the file. */
export const binaryKind = (all: Uint8Array, size: number, tail: Uint8Array): Kind | undefined => {
  const bytes = new Bytes(all)
  const found = media(bytes)
  if (found !== undefined) return found
  if (bytes.starts("\x1f\x8b\x08")) return { text: gzip(bytes, size, tail), mime: "application/gzip" }
  if (bytes.starts("PK\x03\x04")) return zip(bytes)
  if (bytes.starts("\x7fELF") && all.length > 20) return elf(bytes)
  if (bytes.starts("SQLite format 3\0")) return { text: sqlite(bytes), mime: "application/vnd.sqlite3" }
  if (bytes.starts("BZh")) {
    const block = /\d/.test(bytes.text(3, 4)) ? `, block size = ${bytes.text(3, 4)}00k` : ""
    return { text: `bzip2 compressed data${block}`, mime: "application/x-bzip2" }
  }
  if (bytes.starts("\xfd7zXZ\0")) {
    return { text: `XZ compressed data, checksum ${xzChecks[bytes.byte(7)] ?? "unknown"}`, mime: "application/x-xz" }
  }
  if (bytes.starts("\x28\xb5\x2f\xfd")) {
    return { text: "Zstandard compressed data (v0.8+), Dictionary ID: None", mime: "application/zstd" }
  }
  if (bytes.starts("\0asm")) {
    const version = bytes.u32(4, true)
    const text = `WebAssembly (wasm) binary module version 0x${version.toString(16)}${version === 1 ? " (MVP)" : ""}`
    return { text, mime: "application/wasm" }
  }
  const signed = signatures.find(([magic]) => bytes.starts(magic))
  if (signed !== undefined) return { text: signed[1], mime: signed[2] }
  return isTar(bytes) ? { text: tar(bytes), mime: "application/x-tar" } : undefined
}
