/** hexdump and hd. */
import { parseOptions } from "../options.ts"
import type { Program } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { eachInput } from "../text/stream.ts"
import { character, escapes, parseOffset } from "./od.ts"

/** Makes a row of at most 16 bytes, without its address. */
type Row = (bytes: Uint8Array) => string

const words = (base: 8 | 10 | 16, width: number, digits: number): Row => (bytes) => {
  let out = ""
  for (let at = 0; at < 16; at += 2) {
    if (at >= bytes.length) {
      out += " ".repeat(width)
      continue
    }
    const value = bytes[at] + ((bytes[at + 1] ?? 0) << 8)
    out += value.toString(base).padStart(digits, "0").padStart(width)
  }
  return out
}

const canonical: Row = (bytes) => {
  let out = " "
  for (let at = 0; at < 16; at++) {
    out += (at === 8 ? " " : "") + (at < bytes.length ? ` ${bytes[at].toString(16).padStart(2, "0")}` : "   ")
  }
  const text = Array.from(bytes, (byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".").join("")
  return `${out}  |${text}|`
}

const single = (show: (byte: number) => string): Row => (bytes) => {
  let out = ""
  for (let at = 0; at < 16; at++) out += at < bytes.length ? ` ${show(bytes[at])}` : "    "
  return out
}

const rows: Readonly<Record<string, Row>> = {
  b: single((byte) => byte.toString(8).padStart(3, "0")),
  c: single((byte) => character(byte).padStart(3)),
  C: canonical,
  d: words(10, 8, 5),
  o: words(8, 8, 6),
  x: words(16, 8, 4),
  "": words(16, 5, 4)
}

/** One unit of a format string: how often, how many bytes, and the printf format. */
interface Unit {
  readonly repeat: number | undefined
  readonly size: number
  readonly format: string
}

const parseFormat = (text: string): Array<Unit> => {
  const units: Array<Unit> = []
  const pattern = /\s*(?:(\d+)?\/?(\d+)?\s*)"((?:[^"\\]|\\.)*)"\s*/gy
  let at = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    at = pattern.lastIndex
    const format = match[3].replace(/\\([ntr\\"])/g, (_, char: string) => ({ n: "\n", t: "\t", r: "\r" })[char] ?? char)
    const conversions = Array.from(format.matchAll(/%[-+ 0#]*\d*(?:\.\d+)?(_[acpu]\w?|[a-zA-Z%])/g))
    const uses = conversions.filter(([, code]) => code !== "%" && !code.startsWith("_a"))
    const size = match[2] === undefined
      ? (uses.some(([, code]) => /[cpu]/.test(code)) ? 1 : uses.length > 0 ? 4 : 0)
      : Number(match[2])
    units.push({ repeat: match[1] === undefined ? undefined : Number(match[1]), size, format })
    if (at === text.length) return units
  }
  if (at !== text.length) throw new ProgramFailure(`bad format {${text}}`)
  return units
}

const showUnit = (unit: Unit, bytes: Uint8Array, address: number): string =>
  unit.format.replace(
    /%([-+ 0#]*)(\d*)(?:\.(\d+))?(_[acpu]\w?|[a-zA-Z%])/g,
    (_, flags: string, width: string, precision: string | undefined, code: string) => {
      let value = 0
      for (let at = unit.size - 1; at >= 0; at--) value = value * 256 + (bytes[at] ?? 0)
      const text = code === "%" ?
        "%"
        : code.startsWith("_a") ?
        address.toString({ d: 10, o: 8, x: 16 }[code[2]] ?? 16)
        : code === "_p" ?
        (value >= 32 && value < 127 ? String.fromCharCode(value) : ".")
        : code === "c" || code === "_c" ?
        escapes[value] ?? String.fromCharCode(value)
        : code === "s" ?
        Buffer.from(bytes.subarray(0, Number(precision ?? unit.size))).toString("latin1")
        : /[diu]/.test(code) ?
        String(code === "u" || value < 2 ** (unit.size * 8 - 1) ? value : value - 2 ** (unit.size * 8))
        : code === "o"
        ? value.toString(8)
        : code === "X"
        ? value.toString(16).toUpperCase()
        : value.toString(16)
      const padded = precision === undefined || !/[diuoxX]/.test(code) ? text : text.padStart(Number(precision), "0")
      const fill = flags.includes("0") && !flags.includes("-") ? "0" : " "
      return flags.includes("-") ? padded.padEnd(Number(width)) : padded.padStart(Number(width), fill)
    }
  )

const formatted = (units: ReadonlyArray<Unit>, bytes: Uint8Array, start: number): string => {
  let out = ""
  let at = 0
  for (const unit of units) {
    for (let count = unit.repeat ?? 1; count > 0; count--) {
      if (unit.size > 0 && at >= bytes.length) {
        out += unit.format.replace(
          /%[-+ 0#]*(\d*)(?:\.\d+)?(?:_[acpu]\w?|[a-zA-Z])/g,
          (_, width: string) => " ".repeat(Number(width))
        )
        continue
      }
      const text = showUnit(unit, bytes.subarray(at, at + unit.size), start + at)
      out += count === 1 && (unit.repeat ?? 1) > 1 ? text.replace(/\s+$/, "") : text
      at += unit.size
    }
  }
  return out
}

interface Dump {
  readonly size: number
  readonly print: (bytes: Uint8Array, address: number) => string
  readonly finish: (address: number) => string
}

const dumpOf = (kind: string, formats: ReadonlyArray<string>): Dump => {
  if (formats.length > 0) {
    const parsed = formats.map(parseFormat)
    const size = Math.max(
      1,
      ...parsed.map((units) => units.reduce((sum, unit) => sum + unit.size * (unit.repeat ?? 1), 0))
    )
    return { size, print: (bytes, at) => parsed.map((units) => formatted(units, bytes, at)).join(""), finish: () => "" }
  }
  const width = kind === "C" ? 8 : 7
  const address = (value: number) => value.toString(16).padStart(width, "0")
  return {
    size: 16,
    print: (bytes, at) => `${address(at)}${rows[kind](bytes)}\n`,
    finish: (at) => at === 0 ? "" : `${address(at)}\n`
  }
}

export const hexdump: Program = async (context) => {
  const line = parseOptions(context, {
    short: "bcCde:f:n:os:vx",
    long: {
      "one-byte-octal": "b",
      "one-byte-char": "c",
      canonical: "C",
      "two-bytes-decimal": "d",
      "format=": "e",
      "length=": "n",
      "two-bytes-octal": "o",
      "skip=": "s",
      "no-squeezing": "v",
      "two-bytes-hex": "x"
    }
  })
  const kind = context.name === "hd" ? "C" : line.options.findLast(({ name }) => "bcCdox".includes(name))?.name ?? ""
  const dump = dumpOf(kind, line.all("e"))
  let skip = line.has("s") ? parseOffset(line.get("s")!, "s") : 0
  let left = line.has("n") ? parseOffset(line.get("n")!, "n") : Infinity
  let address = skip
  let rest: Uint8Array = new Uint8Array(0)
  let before: string | undefined
  let starred = false
  const print = async (bytes: Uint8Array) => {
    const key = Buffer.from(bytes).toString("latin1")
    const same = key === before && !line.has("v")
    before = key
    const text = same ? (starred ? "" : "*\n") : dump.print(bytes, address)
    starred = same
    address += bytes.length
    if (text !== "") await context.stdout.write(text)
  }
  const status = await eachInput(context, line.operands, async (reader) => {
    for (let chunk = await reader.read(); chunk !== undefined && left > 0; chunk = await reader.read()) {
      const skipped = Math.min(skip, chunk.length)
      skip -= skipped
      const fresh = chunk.subarray(skipped).subarray(0, left)
      left -= fresh.length
      const whole = rest.length === 0 ? fresh : Buffer.concat([rest, fresh])
      let at = 0
      for (; at + dump.size <= whole.length; at += dump.size) await print(whole.subarray(at, at + dump.size))
      rest = whole.slice(at)
    }
  })
  if (rest.length > 0) await print(rest)
  const end = dump.finish(address)
  if (end !== "") await context.stdout.write(end)
  return status
}
