/** What file says of text: its encoding, its lines, and what kind of text its beginning is. */

/** What a file was found to be. */
export interface Kind {
  readonly text: string
  readonly mime: string
}

/** How the bytes of a text are to be read. */
export interface Encoding {
  readonly name: string
  readonly charset: string
  readonly decode: (bytes: Uint8Array) => string
}

const LONG_LINE = 300

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")
const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8")
const utf16 = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(2)).toString("utf16le")
const swapped = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(2, bytes.length - bytes.length % 2)).swap16().toString("utf16le")

const isControl = (byte: number): boolean => (byte < 0x20 && (byte < 7 || byte > 13) && byte !== 0x1b) || byte === 0x7f

/** Whether bytes are UTF-8; the last character may be cut off. */
const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

/** The encoding of a text; undefined for what is none. */
export const encodingOf = (bytes: Uint8Array): Encoding | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return { name: "Unicode text, UTF-16, little-endian", charset: "utf-16le", decode: utf16 }
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return { name: "Unicode text, UTF-16, big-endian", charset: "utf-16be", decode: swapped }
  }
  let [high, low] = [false, false]
  for (const byte of bytes) {
    if (isControl(byte)) return undefined
    if (byte >= 0xa0) high = true
    else if (byte >= 0x80 && byte !== 0x85) low = true
  }
  if (!high && !low) return { name: "ASCII", charset: "us-ascii", decode: latin1 }
  if (isUtf8(bytes)) {
    const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    return { name: `Unicode text, UTF-8${marked ? " (with BOM)" : ""}`, charset: "utf-8", decode: utf8 }
  }
  return low
    ? { name: "Non-ISO extended-ASCII", charset: "unknown-8bit", decode: latin1 }
    : { name: "ISO-8859", charset: "iso-8859-1", decode: latin1 }
}

/** What is said of a text's lines. */
export const linesOf = (text: string): string => {
  const said: Array<string> = []
  const longest = text.split(/\r\n|[\n\r\x85]/).reduce((most, { length }) => Math.max(most, length), 0)
  if (longest > LONG_LINE) said.push(`with very long lines (${longest})`)
  const ends = new Set(Array.from(text.matchAll(/\r\n|[\n\r\x85]/g), ([end]) => end))
  const names = [["\r\n", "CRLF"], ["\r", "CR"], ["\n", "LF"], ["\x85", "NEL"]] as const
  if (ends.size === 0) said.push("with no line terminators")
  else if (ends.size > 1 || !ends.has("\n")) {
    said.push(`with ${names.flatMap(([end, name]) => ends.has(end) ? [name] : []).join(", ")} line terminators`)
  }
  if (text.includes("\x1b")) said.push("with escape sequences")
  if (text.includes("\b")) said.push("with overstriking")
  return said.map((each) => `, ${each}`).join("")
}

const shells = "text/x-shellscript"

/** Interpreters by the end of their paths, or by their names behind env. */
const interpreters: ReadonlyArray<readonly [path: RegExp, name: string, mime: string]> = [
  [/^\/bin\/sh\b/, "POSIX shell script", shells],
  [/^(?:\S+\/|env )bash\b/, "Bourne-Again shell script", shells],
  [/^(?:\S+\/|env )zsh\b/, "Paul Falstad's zsh script", shells],
  [/^\S+\/ksh\b/, "Korn shell script", shells],
  [/^\S+\/csh\b/, "C shell script", shells],
  [/^\S+\/tcsh\b/, "Tenex C shell script", shells],
  [/^(?:\S+\/|env )fish\b/, "fish shell script", shells],
  [/^(?:\S+\/|env )python[\d.]*\b/, "Python script", "text/x-script.python"],
  [/^(?:\S+\/|env )ruby\b/, "Ruby script", "text/x-ruby"],
  [/^\S+\/gawk\b/, "GNU awk script", "text/x-gawk"],
  [/^\S+\/awk\b/, "awk script", "text/x-awk"],
  [/^\S+\/php\b/, "PHP script", "text/x-php"],
  [/^(?:\S+\/|env )lua\b/, "Lua script", "text/x-lua"],
  [/^(?:\S+\/|env )tclsh\b/, "Tcl/Tk script", "text/x-tcl"]
]

/** `+` stands for the encoding and the lines. */
const script = (line: string): Kind => {
  const command = line.slice(2).trim()
  const plain = command.replace(/^\/usr\/bin\/env +/, "env ")
  if (/^(?:\S+\/|env )perl\b/.test(plain)) return { text: "Perl script text executable", mime: "text/x-perl" }
  if (/^(?:\S+\/|env )node\b/.test(plain)) {
    return { text: "Node.js script executable, +", mime: "application/javascript" }
  }
  const found = interpreters.find(([path]) => path.test(plain))
  if (found !== undefined) return { text: `${found[1]}, + executable`, mime: found[2] }
  return { text: `a ${plain.replace(/^env /, "")} script, + executable`, mime: "text/plain" }
}

const isJson = (text: string): boolean => {
  if (!/^\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const isLinesOfJson = (text: string): boolean => {
  const lines = text.split("\n").filter((line) => line.trim() !== "")
  return lines.length > 1 && lines.every(isJson)
}

/** At least three lines with the same number of commas, more than none. */
const isCsv = (text: string): boolean => {
  const lines = text.split("\n").slice(0, 10)
  if (!text.endsWith("\n") && lines.length < 10) return false
  const whole = lines.filter((line) => line !== "")
  const commas = whole.map((line) => line.replace(/"(?:[^"]|"")*"/g, "").split(",").length - 1)
  return whole.length > 2 && commas[0] > 0 && commas.every((count) => count === commas[0])
}

/** Kinds of text by their beginnings. */
const beginnings: ReadonlyArray<readonly [test: RegExp, text: string, mime: string]> = [
  [/^\s*<\?xml version=(["'])[\d.]+\1[^>]*>[^]*<svg\b/, "SVG Scalable Vector Graphics image", "image/svg+xml"],
  [/^<svg\b/, "SVG Scalable Vector Graphics image", "image/svg+xml"],
  [/^\s*<(?:!doctype html|html|head|title|body)\b/i, "HTML document, +", "text/html"],
  [/^<\?php/, "PHP script, +", "text/x-php"],
  [/^%PDF-(\d\.\d)/, "PDF document, version $1", "application/pdf"],
  [/^%!PS-Adobe-(\d\.\d)/, "PostScript document text conforming DSC level $1", "application/postscript"],
  [/^%!/, "PostScript document text", "application/postscript"],
  [/^\{\\rtf(\d)/, "Rich Text Format data, version $1", "text/rtf"],
  [/^(?:diff [^]*?\n)?--- .*\n\+\+\+ /, "unified diff output, +", "text/x-diff"],
  [/^\*\*\* .*\n--- /, "context diff output, +", "text/x-diff"],
  [/^diff /, "diff output, +", "text/x-diff"],
  [/^Index: /, "RCS/CVS diff output, +", "text/x-diff"],
  [/^-----BEGIN CERTIFICATE-----/, "PEM certificate", "text/plain"],
  [/^-----BEGIN RSA PRIVATE/, "PEM RSA private key", "text/plain"],
  [/^-----BEGIN OPENSSH PRIVATE/, "OpenSSH private key", "text/plain"],
  [/^ssh-rsa /, "OpenSSH RSA public key", "text/plain"],
  [/^ssh-ed25519 /, "OpenSSH ED25519 public key", "text/plain"],
  [/^BEGIN:VCARD/i, "vCard visiting card", "text/vcard"],
  [/^BEGIN:VCALENDAR/i, "vCalendar calendar file", "text/calendar"],
  [/^\\documentclass/, "LaTeX 2e document, +", "text/x-tex"],
  [/^#EXTM3U/, "M3U playlist, +", "text/plain"],
  [/^@echo off/i, "DOS batch file, +", "text/x-msdos-batch"],
  [
    /^(?:namespace \w|using namespace |template ?<|class \w+ *\{)/m,
    "C++ source, +",
    "text/x-c++"
  ],
  [/^[ \t]*#[ \t]*include[ \t]*[<"]/m, "C source, +", "text/x-c"],
  [/^(?:int|void) main\(/m, "C source, +", "text/x-c"],
  [/^import .* from ["']/m, "JavaScript source, +", "application/javascript"],
  [
    /^(?:from [\w.]+ import |def \w+\(.*\):|class \w+(?:\(.*\))?:)/m,
    "Python script, + executable",
    "text/x-script.python"
  ],
  [/^(?:\.PHONY|all)[ \t]*:/m, "makefile script, +", "text/x-makefile"],
  [/^Return-Path:/, "SMTP mail, +", "message/rfc822"],
  [/^From: /, "news or mail, +", "message/rfc822"]
]

const KIND_CHARS = 4096

const named = (text: string): Kind => {
  const start = text.replace(/^\ufeff/, "").slice(0, KIND_CHARS)
  if (start.startsWith("#!")) return script(start.split(/\r?\n/)[0])
  if (isJson(text)) return { text: "JSON text data", mime: "application/json" }
  if (isLinesOfJson(text)) return { text: "New Line Delimited JSON text data", mime: "application/x-ndjson" }
  if (isCsv(text)) return { text: "CSV text", mime: "text/csv" }
  for (const [test, kind, mime] of beginnings) {
    const match = test.exec(start)
    if (match !== null) return { text: kind.replace("$1", match[1] ?? ""), mime }
  }
  const xml = /^\s*<\?xml version=["']([\d.]+)["']/.exec(start)
  return xml === null ? { text: "+", mime: "text/plain" } : { text: `XML ${xml[1]} document, +`, mime: "text/xml" }
}

/** What a text is, with its encoding and its lines. */
export const textKind = (bytes: Uint8Array, encoding: Encoding): Kind => {
  const text = encoding.decode(bytes)
  const { mime, text: kind } = named(text)
  if (!kind.includes("+") || /^(?:PDF|Rich)/.test(kind)) return { text: kind, mime }

  const [before, after] = [kind.slice(0, kind.indexOf("+")), kind.slice(kind.indexOf("+") + 1)]
  return { text: `${before}${encoding.name} text${after}${linesOf(text)}`, mime }
}
