/** od. */
import { extraOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { eachInput } from "../text/stream.ts"

/** How the bytes of one row are shown. */
interface Form {
  readonly size: number
  /** Columns of one value, without the blank before it. */
  readonly width: number
  readonly show: (view: DataView, at: number) => string
  /** The characters follow the row. */
  readonly text: boolean
}

const names = [
  "nul",
  "soh",
  "stx",
  "etx",
  "eot",
  "enq",
  "ack",
  "bel",
  "bs",
  "ht",
  "nl",
  "vt",
  "ff",
  "cr",
  "so",
  "si",
  "dle",
  "dc1",
  "dc2",
  "dc3",
  "dc4",
  "nak",
  "syn",
  "etb",
  "can",
  "em",
  "sub",
  "esc",
  "fs",
  "gs",
  "rs",
  "us",
  "sp"
]
export const escapes: Readonly<Record<number, string>> = {
  0: "\\0",
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r"
}

/** A byte as `-c` shows it. */
export const character = (byte: number): string =>
  escapes[byte] ?? (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, "0"))

const named = (byte: number): string => {
  const low = byte & 0x7f
  return low === 127 ? "del" : names[low] ?? String.fromCharCode(low)
}

const integer = (view: DataView, at: number, size: number, signed: boolean, little: boolean): bigint => {
  if (size === 1) return BigInt(signed ? view.getInt8(at) : view.getUint8(at))
  if (size === 2) return BigInt(signed ? view.getInt16(at, little) : view.getUint16(at, little))
  if (size === 4) return BigInt(signed ? view.getInt32(at, little) : view.getUint32(at, little))
  return signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little)
}

const digitsOf: Readonly<Record<string, ReadonlyArray<number>>> = {
  o: [0, 3, 6, 0, 11, 0, 0, 0, 22],
  x: [0, 2, 4, 0, 8, 0, 0, 0, 16],
  u: [0, 3, 5, 0, 10, 0, 0, 0, 20],
  d: [0, 4, 6, 0, 11, 0, 0, 0, 20]
}

const shortest = (value: number, size: number): string => {
  if (Number.isNaN(value)) return "nan"
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf"
  let text = ""
  for (let precision = 1; precision <= 17; precision++) {
    text = value.toPrecision(precision)
    if (size === 4 ? Math.fround(Number(text)) === value : Number(text) === value) break
  }
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(Number(text))))
  const digits = text.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "").length || 1
  if (exponent >= -5 && exponent < Math.max(digits, size === 4 ? 9 : 17)) return String(Number(text))
  const [mantissa, power] = Number(text).toExponential(digits - 1).split("e")
  return `${mantissa}e${power[0]}${power.slice(1).padStart(2, "0")}`
}

const numeric = (kind: string, size: number, little: boolean, text: boolean): Form => {
  const width = digitsOf[kind][size]
  const base = kind === "o" ? 8 : kind === "x" ? 16 : 10
  return {
    size,
    width,
    text,
    show: (view, at) => {
      const value = integer(view, at, size, kind === "d", little)
      const digits = value.toString(base)
      return base === 10 ? digits : digits.padStart(width, "0")
    }
  }
}

const sizes: Readonly<Record<string, number>> = { C: 1, S: 2, I: 4, L: 8 }

const parseForms = (context: ProgramContext, text: string, little: boolean): Array<Form> => {
  const forms: Array<Form> = []
  const pattern = /([acdfoux])(C|S|I|L|F|D|\d+)?(z?)/gy
  let at = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    at = pattern.lastIndex
    const [, kind, given, z] = match
    if (kind === "a" || kind === "c") {
      forms.push({
        size: 1,
        width: 3,
        text: z !== "",
        show: (view, index) => (kind === "a" ? named : character)(view.getUint8(index))
      })
      continue
    }
    const size = given === undefined
      ? (kind === "f" ? 8 : 4)
      : given === "F"
      ? 4
      : given === "D"
      ? 8
      : sizes[given] ?? Number(given)
    const possible = kind === "f" ? [4, 8] : [1, 2, 4, 8]
    if (!possible.includes(size)) {
      throw new ProgramFailure(
        `invalid type string ${context.quote(text)};\nthis system doesn't provide a ${size}-byte ${
          kind === "f" ? "floating point" : "integral"
        } type`
      )
    }
    forms.push(
      kind === "f"
        ? {
          size,
          width: size === 4 ? 15 : 24,
          text: z !== "",
          show: (view, index) =>
            shortest(size === 4 ? view.getFloat32(index, little) : view.getFloat64(index, little), size)
        }
        : numeric(kind, size, little, z !== "")
    )
    if (at === text.length) return forms
  }
  if (at !== text.length || text === "") {
    throw new ProgramFailure(`invalid character '${text[at] ?? ""}' in type string ${context.quote(text)}`)
  }
  return forms
}

const shorthands: Readonly<Record<string, string>> = {
  a: "a",
  b: "o1",
  c: "c",
  d: "u2",
  f: "fF",
  i: "dI",
  l: "dL",
  o: "o2",
  s: "d2",
  x: "x2",
  B: "o2",
  D: "u4",
  F: "fD",
  H: "x4",
  I: "dL",
  L: "dL",
  O: "o4",
  X: "x4"
}

export const parseOffset = (text: string, option: string): number => {
  const match = /^(0x[0-9a-fA-F]+|0[0-7]*|[1-9]\d*)(b|[kKMGT](?:B|iB)?)?$/.exec(text)
  if (match === null) throw new ProgramFailure(`invalid -${option} argument '${text}'`)
  const value = match[1].startsWith("0x")
    ? Number.parseInt(match[1], 16)
    : match[1].startsWith("0")
    ? Number.parseInt(match[1], 8)
    : Number(match[1])
  const [letter, suffix] = [match[2]?.[0] ?? "", match[2]?.slice(1) ?? ""]
  if (letter === "") return value
  if (letter === "b") return value * 512
  return value * (suffix === "B" ? 1000 : 1024) ** ("KMGT".indexOf(letter.toUpperCase()) + 1)
}

const leastMultiple = (forms: ReadonlyArray<Form>): number => Math.max(1, ...forms.map((form) => form.size))

interface Dump {
  readonly forms: ReadonlyArray<Form>
  readonly width: number
  readonly radix: string
  readonly all: boolean
  readonly limit: number
  skip: number
}

const addressOf = (radix: string, value: number): string =>
  radix === "n" ? "" : value.toString(radix === "o" ? 8 : radix === "x" ? 16 : 10).padStart(radix === "x" ? 6 : 7, "0")

const row = ({ forms, radix, width }: Dump, address: number, bytes: Uint8Array): string => {
  const padded = new Uint8Array(width + 8)
  padded.set(bytes)
  const view = new DataView(padded.buffer)
  // Every value of all forms takes as much room as the widest needs.
  const perByte = Math.max(...forms.map((form) => (form.width + 1) / form.size))
  let out = ""
  forms.forEach((form, index) => {
    const lead = index === 0 ? addressOf(radix, address) : " ".repeat(addressOf(radix, 0).length)
    const cells: Array<string> = []
    const total = Math.round(perByte * form.size * (width / form.size))
    const count = width / form.size
    let used = 0
    for (let at = 0; at < width; at += form.size) {
      const place = at / form.size
      const end = Math.floor(total * (place + 1) / count)
      cells.push(at < bytes.length ? form.show(view, at).padStart(end - used) : form.text ? " ".repeat(end - used) : "")
      used = end
    }
    out += lead + cells.join("")
    if (form.text) {
      out += `  >${Array.from(bytes, (byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".").join("")}<`
    }
    out += "\n"
  })
  return out
}

class Dumper {
  private address: number
  private readonly start: number
  private rest: Uint8Array = new Uint8Array(0)
  private before: string | undefined
  private starred = false
  private left: number

  constructor(private readonly context: ProgramContext, private readonly dump: Dump) {
    this.address = dump.skip
    this.start = dump.skip
    this.left = dump.limit
  }

  /** Bytes seen. */
  get read(): number {
    return this.dump.limit === Infinity ? this.address - this.start + this.rest.length : this.dump.limit - this.left
  }

  async feed(reader: Reader): Promise<void> {
    const { context, dump } = this
    while (this.left > 0) {
      let chunk = await reader.read()
      if (chunk === undefined) return
      if (dump.skip > 0) {
        const skipped = Math.min(dump.skip, chunk.length)
        dump.skip -= skipped
        chunk = chunk.subarray(skipped)
      }
      chunk = chunk.subarray(0, this.left)
      this.left -= chunk.length
      const whole = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
      let at = 0
      for (; at + dump.width <= whole.length; at += dump.width) {
        const pending = this.print(whole.subarray(at, at + dump.width))
        if (pending !== undefined) await pending
      }
      this.rest = whole.slice(at)
      const tick = context.tick()
      if (tick !== undefined) await tick
    }
  }

  private print(bytes: Uint8Array): Promise<void> | undefined {
    const { context, dump } = this
    const key = Buffer.from(bytes).toString("latin1")
    const address = this.address
    this.address += bytes.length
    if (!dump.all && key === this.before && bytes.length === dump.width) {
      if (this.starred) return undefined
      this.starred = true
      return context.stdout.write("*\n")
    }
    this.starred = false
    this.before = key
    return context.stdout.write(row(dump, address, bytes))
  }

  async finish(): Promise<void> {
    if (this.rest.length > 0) await this.print(this.rest)
    const address = addressOf(this.dump.radix, this.address)
    if (address !== "") await this.context.stdout.line(address)
  }
}

const strings = async (context: ProgramContext, names: ReadonlyArray<string>, least: number, radix: string) => {
  let address = 0
  let text = ""
  return eachInput(context, names, async (reader) => {
    for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
      for (const byte of chunk) {
        if (byte >= 32 && byte < 127) text += String.fromCharCode(byte)
        else {
          if (byte === 0 && text.length >= least) {
            await context.stdout.line(`${radix === "n" ? "" : `${addressOf(radix, address - text.length)} `}${text}`)
          }
          text = ""
        }
        address++
      }
    }
  })
}

export const od: Program = async (context) => {
  const line = parseOptions(context, {
    short: "A:j:N:S:t:vw::abcdfilosxBDFHILOX",
    long: {
      "address-radix=": "A",
      "endian=": "endian",
      "skip-bytes=": "j",
      "read-bytes=": "N",
      "strings[=": "S",
      "format=": "t",
      "output-duplicates": "v",
      "width[=": "w",
      traditional: "traditional"
    }
  })
  const radix = line.get("A") ?? "o"
  if (!/^[doxn]/.test(radix)) {
    throw new ProgramFailure(`invalid output address radix '${radix[0]}'; it must be one character from [doxn]`)
  }
  const endian = line.get("endian") ?? "little"
  const forms = line.options.flatMap(({ name, value }) =>
    name === "t"
      ? parseForms(context, value, !endian.startsWith("b"))
      : shorthands[name] === undefined
      ? []
      : parseForms(context, shorthands[name], !endian.startsWith("b"))
  )
  if (forms.length === 0) forms.push(numeric("o", 2, !endian.startsWith("b"), false))
  const least = leastMultiple(forms)
  const given = line.get("w")
  let width = given === undefined ? 16 : given === "" ? 32 : parseOffset(given, "w")
  if (width === 0 || width % least !== 0) {
    await context.complain(`warning: invalid width ${width}; using ${least} instead`)
    width = least
  }
  const skip = line.has("j") ? parseOffset(line.get("j")!, "j") : 0
  const limit = line.has("N") ? parseOffset(line.get("N")!, "N") : Infinity
  if (line.has("S")) return strings(context, line.operands, Number(line.get("S") || 3), radix[0])
  if (line.has("traditional") && line.operands.length > 3) throw extraOperand(context, line.operands[3])
  const dump: Dump = { forms, width, radix: radix[0], all: line.has("v"), limit, skip }
  const dumper = new Dumper(context, dump)
  const status = await eachInput(context, line.operands, (reader) => dumper.feed(reader))
  if (dump.skip > 0) throw new ProgramFailure("cannot skip past end of combined input")
  if (status === 0 || dumper.read > 0) await dumper.finish()
  return status
}
