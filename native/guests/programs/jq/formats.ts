/** `@name`: values as text for other languages. */
import { numberText, serialize } from "./json.ts"
import { described } from "./paths.ts"
import type { Value } from "./values.ts"
import { fail, isArray, isObject, wellFormed } from "./values.ts"

export const toText = (value: Value): string => typeof value === "string" ? value : serialize(value)

const escape = (table: Readonly<Record<string, string>>) => {
  const pattern = new RegExp(
    `[${Object.keys(table).map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}]`,
    "g"
  )
  return (text: string): string => text.replace(pattern, (char) => table[char])
}

const html = escape({ "<": "&lt;", ">": "&gt;", "&": "&amp;", "'": "&#39;", "\"": "&quot;" })
const tsv = escape({ "\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\" })

const row = (name: string, separator: string, text: (value: string) => string) => (value: Value): string => {
  if (!isArray(value)) return fail(`${described(value)} cannot be ${name}-formatted, only an array can be`)
  return value.map((each) => {
    if (each === null) return ""
    if (typeof each === "number") return numberText(each)
    if (typeof each === "boolean") return String(each)
    return typeof each === "string" ? text(each) : fail(`${described(each)} is not valid in a ${name} row`)
  }).join(separator)
}

const shellWord = (value: Value): string =>
  typeof value === "string"
    ? `'${value.replaceAll("'", "'\\''")}'`
    : isArray(value) || isObject(value)
    ? fail(`${described(value)} can not be escaped for shell`)
    : serialize(value)

const base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

const base32 = (text: string): string => {
  let bits = ""
  for (const byte of Buffer.from(text)) bits += byte.toString(2).padStart(8, "0")
  const digits = bits.match(/.{1,5}/g) ?? []
  const encoded = digits.map((digit) => base32Alphabet[parseInt(digit.padEnd(5, "0"), 2)]).join("")
  return encoded.padEnd(Math.ceil(encoded.length / 8) * 8, "=")
}

const fromBase32 = (text: string): string => {
  let bits = ""
  for (const char of text.replace(/=+$/, "")) {
    const digit = base32Alphabet.indexOf(char)
    if (digit < 0) return fail(`${described(text)} is not valid base32 data`)
    bits += digit.toString(2).padStart(5, "0")
  }
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2))).toString("utf8")
}

const fromBase64 = (text: string): string => {
  const body = text.replace(/=+$/, "")
  if (/[^A-Za-z0-9+/]/.test(body) || body.length % 4 === 1) return fail(`${described(text)} is not valid base64 data`)
  return Buffer.from(body, "base64").toString("utf8")
}

const uri = (text: string): string =>
  Array.from(Buffer.from(wellFormed(text)), (byte) => {
    const char = String.fromCharCode(byte)
    return /[A-Za-z0-9\-_.~]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
  }).join("")

const fromUri = (text: string): string => {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return fail(`${described(text)} is not a valid uri encoding`)
  const encoded = Buffer.from(wellFormed(text)).toString("latin1")
  return Buffer.from(
    encoded.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))),
    "latin1"
  )
    .toString("utf8")
}

export const formats: Readonly<Record<string, (value: Value) => string>> = {
  "@text": toText,
  "@json": (value) => serialize(value),
  "@html": (value) => html(toText(value)),
  "@uri": (value) => uri(toText(value)),
  "@urid": (value) => fromUri(toText(value)),
  "@csv": row("csv", ",", (text) => `"${text.replaceAll("\"", "\"\"")}"`),
  "@tsv": row("tsv", "\t", tsv),
  "@sh": (value) => isArray(value) ? value.map(shellWord).join(" ") : shellWord(value),
  "@base64": (value) => Buffer.from(wellFormed(toText(value))).toString("base64"),
  "@base64d": (value) => fromBase64(toText(value)),
  "@base32": (value) => base32(wellFormed(toText(value))),
  "@base32d": (value) => fromBase32(toText(value))
}
