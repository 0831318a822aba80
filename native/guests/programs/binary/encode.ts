/** base64, base32 and basenc's kin: bytes as letters and back. */
import { decodeText } from "../../bash/text.ts"
import { extraOperand, parseOptions } from "../options.ts"
import type { Program, Reader, Writer } from "../program.ts"
import { ProgramFailure } from "../program.ts"

const alphabet32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

interface Coding {
  /** Bytes that make a whole group of letters. */
  readonly bytes: number
  readonly letters: number
  readonly alphabet: RegExp
  readonly encode: (bytes: Uint8Array) => string
  /** Undefined when the letters are none of this coding. */
  readonly decode: (text: string) => Uint8Array | undefined
}

const encode32 = (bytes: Uint8Array): string => {
  let out = ""
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += alphabet32[(value >> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  if (bits > 0) out += alphabet32[(value << (5 - bits)) & 31]
  return out.padEnd(Math.ceil(out.length / 8) * 8, "=")
}

const decode32 = (text: string): Uint8Array | undefined => {
  if (!/^[A-Z2-7]*={0,6}$/.test(text) || text.length % 8 !== 0) return undefined
  const letters = text.replace(/=+$/, "")
  if ([1, 3, 6].includes(letters.length % 8)) return undefined
  const out = new Uint8Array(Math.floor(letters.length * 5 / 8))
  let bits = 0
  let value = 0
  let at = 0
  for (const letter of letters) {
    value = ((value << 5) | alphabet32.indexOf(letter)) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      out[at++] = (value >> bits) & 255
    }
  }
  return out
}

const codings: Readonly<Record<string, Coding>> = {
  base64: {
    bytes: 3,
    letters: 4,
    alphabet: /[A-Za-z0-9+/=]/,
    encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"),
    decode: (text) =>
      text.length % 4 === 0 && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
        ? Buffer.from(text, "base64")
        : undefined
  },
  base32: { bytes: 5, letters: 8, alphabet: /[A-Z2-7=]/, encode: encode32, decode: decode32 }
}

const encodeAll = async (reader: Reader, writer: Writer, coding: Coding, wrap: number): Promise<void> => {
  let rest: Uint8Array = new Uint8Array(0)
  let column = 0
  const put = async (text: string) => {
    if (wrap === 0) return writer.write(text)
    let out = ""
    for (let at = 0; at < text.length;) {
      const piece = text.slice(at, at + wrap - column)
      out += piece
      at += piece.length
      column += piece.length
      if (column === wrap) {
        out += "\n"
        column = 0
      }
    }
    return writer.write(out)
  }
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    const whole = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const end = whole.length - whole.length % coding.bytes
    for (let at = 0; at < end; at += coding.bytes * 16_384) {
      await put(coding.encode(whole.subarray(at, Math.min(end, at + coding.bytes * 16_384))))
    }
    rest = whole.slice(end)
  }
  if (rest.length > 0) await put(coding.encode(rest))
  if (column > 0) await writer.write("\n")
}

const decodeAll = async (reader: Reader, writer: Writer, coding: Coding, ignores: boolean): Promise<boolean> => {
  let rest = ""
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    let text = decodeText(chunk).replaceAll("\n", "")
    if (ignores) text = Array.from(text).filter((char) => coding.alphabet.test(char)).join("")
    text = rest + text
    const end = text.length - text.length % coding.letters
    // Letters that end in the middle of the text begin anew behind it.
    for (const part of text.slice(0, end).split(/(?<==)(?=[^=])/)) {
      const bytes = coding.decode(part)
      if (bytes !== undefined) await writer.write(bytes)
      else {
        const good = /^(?:[A-Za-z0-9+/]{4})*/.exec(part)![0]
        await writer.write(
          coding.decode(good.slice(0, good.length - good.length % coding.letters)) ?? new Uint8Array(0)
        )
        return false
      }
    }
    rest = text.slice(end)
  }
  if (rest === "") return true
  const whole = coding.letters === 4 ? Buffer.from(rest, "base64") : new Uint8Array(0)
  if (/^[A-Za-z0-9+/]+$/.test(rest)) await writer.write(whole)
  return false
}

export const baseCoding: Program = async (context) => {
  const line = parseOptions(context, {
    short: "diw:",
    long: { decode: "d", "ignore-garbage": "i", "wrap=": "w" }
  })
  const [name = "-", extra] = line.operands
  if (extra !== undefined) throw extraOperand(context, extra)
  const wrap = line.get("w") ?? "76"
  if (!/^\d+$/.test(wrap)) throw new ProgramFailure(`invalid wrap size: ${context.quote(wrap)}`)
  const reader = await context.open(name).catch((error: unknown) => {
    throw new ProgramFailure(`${name}: ${context.reason(error)}`)
  })
  const coding = codings[context.name] ?? codings.base64
  try {
    if (!line.has("d")) await encodeAll(reader, context.stdout, coding, Number(wrap))
    else if (!await decodeAll(reader, context.stdout, coding, line.has("i"))) throw new ProgramFailure("invalid input")
  } catch (error) {
    if (error instanceof ProgramFailure) throw error
    throw new ProgramFailure(`read error: ${context.reason(error)}`)
  }
  return 0
}
