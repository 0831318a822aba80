/** xxd: a dump in hexadecimal, and the way back. */
import { decodeText } from "../../bash/text.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext, Reader, Writer } from "../program.ts"
import { ProgramFailure } from "../program.ts"

const value = (text: string): number => {
  const number = Number(text)
  if (!Number.isFinite(number)) throw new ProgramFailure(`invalid number '${text}'`)
  return number
}

interface Layout {
  readonly columns: number
  readonly group: number
  readonly upper: boolean
  readonly bits: boolean
  readonly little: boolean
  readonly offset: number
  readonly decimal: boolean
}

const hex = (byte: number, { bits, upper }: Layout): string => {
  const text = bits ? byte.toString(2).padStart(8, "0") : byte.toString(16).padStart(2, "0")
  return upper ? text.toUpperCase() : text
}

const row = (layout: Layout, address: number, bytes: Uint8Array): string => {
  const { columns, decimal, group, little, offset } = layout
  const size = group === 0 ? columns : group
  const cell = layout.bits ? 8 : 2
  let text = ""
  for (let at = 0; at < bytes.length; at += size) {
    const part = Array.from(bytes.subarray(at, at + size), (byte) => hex(byte, layout))
    if (little) text += `${part.reverse().join("").padStart(size * cell)} `
    else text += part.join("") + (part.length === size ? " " : "")
  }
  const full = Math.floor((columns + size - 1) / size)
  const width = columns * cell + (group === 0 ? 0 : full)
  const ascii = Array.from(bytes, (byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".").join("")
  const place = (address + offset).toString(decimal ? 10 : 16).padStart(8, "0")
  return `${place}: ${text.padEnd(width)} ${group === 0 ? " " : ""}${ascii}\n`.replace(/^(.*?): (.*)$/s, "$1: $2")
}

const blocks = async (
  context: ProgramContext,
  reader: Reader,
  size: number,
  line: CommandLine,
  use: (bytes: Uint8Array, address: number) => Promise<void> | undefined
): Promise<void> => {
  const seek = line.get("s") ?? line.get("seek")
  let skip = seek === undefined ? 0 : value(seek.replace(/^\+/, ""))
  let left = line.has("l") ? value(line.get("l")!) : Infinity
  if (skip < 0) {
    const bytes = await reader.all()
    skip = Math.max(0, bytes.length + skip)
    for (let at = skip; at < bytes.length && left > 0; at += size, left -= size) {
      await use(bytes.subarray(at, at + Math.min(size, left)), at)
    }
    return
  }
  let address = skip
  let rest: Uint8Array = new Uint8Array(0)
  for (let chunk = await reader.read(); chunk !== undefined && left > 0; chunk = await reader.read()) {
    const skipped = Math.min(skip, chunk.length)
    skip -= skipped
    const fresh = chunk.subarray(skipped).subarray(0, left)
    left -= fresh.length
    const whole = rest.length === 0 ? fresh : Buffer.concat([rest, fresh])
    let at = 0
    for (; at + size <= whole.length; at += size, address += size) await use(whole.subarray(at, at + size), address)
    rest = whole.slice(at)
    const tick = context.tick()
    if (tick !== undefined) await tick
  }
  if (rest.length > 0) await use(rest, address)
}

const revert = async (reader: Reader, writer: Writer, plain: boolean): Promise<void> => {
  const lines = reader.lines()
  let position = 0
  let pending = ""
  for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
    for (const text of batch) {
      if (plain) {
        pending += text.replace(/[^0-9a-fA-F]/g, "")
        const whole = pending.slice(0, pending.length & ~1)
        await writer.write(Buffer.from(whole, "hex"))
        pending = pending.slice(whole.length)
        continue
      }
      const match = /^\s*([0-9a-fA-F]+):\s?(.*)$/.exec(text)
      if (match === null) continue
      const address = Number.parseInt(match[1], 16)
      if (address > position && address - position <= 64 * 1024 * 1024) {
        await writer.write(new Uint8Array(address - position))
      }
      const digits = match[2].split("  ")[0].replace(/[^0-9a-fA-F]/g, "")
      const bytes = Buffer.from(digits.slice(0, digits.length & ~1), "hex")
      await writer.write(bytes)
      position = Math.max(position, address) + bytes.length
    }
  }
}

const include = async (
  context: ProgramContext,
  reader: Reader,
  writer: Writer,
  name: string,
  line: CommandLine
): Promise<void> => {
  const columns = line.has("c") ? value(line.get("c")!) || 12 : 12
  const given = line.get("n") ?? name
  let variable = given.replace(/[^A-Za-z0-9_]/g, "_")
  if (/^\d/.test(variable)) variable = `__${variable}`
  if (line.has("C")) variable = variable.toUpperCase()
  const bare = name === "-" && !line.has("n")
  if (!bare) await writer.write(`unsigned char ${variable}[] = {\n`)
  let total = 0
  let before = ""
  await blocks(context, reader, columns, line, (bytes) => {
    const text = `${before}  ${
      Array.from(bytes, (byte) => {
        const digits = byte.toString(16).padStart(2, "0")
        return line.has("u") ? `0X${digits.toUpperCase()}` : `0x${digits}`
      }).join(", ")
    }`
    before = ",\n"
    total += bytes.length
    return writer.write(text)
  })
  if (total > 0) await writer.write("\n")
  if (!bare) await writer.write(`};\nunsigned int ${variable}_${line.has("C") ? "LEN" : "len"} = ${total};\n`)
}

const long =
  /^-(?:seek|cols|len|plain|revert|include|uppercase|bits|version|name|offset|autoskip|postscript|groupsize|capitalize|EBCDIC)$/

export const xxd: Program = async (context) => {
  const line = parseOptions(context, {
    short: "abc:Cde:Eg:il:n:o:prs:uvR:",
    long: {
      autoskip: "a",
      bits: "b",
      "cols=": "c",
      capitalize: "C",
      "groupsize=": "g",
      include: "i",
      "len=": "l",
      "name=": "n",
      "offset=": "o",
      plain: "p",
      postscript: "p",
      ps: "p",
      revert: "r",
      "seek=": "s",
      uppercase: "u",
      e: "little"
    }
  }, context.args.map((arg) => arg === "-e" ? "--e" : long.test(arg) ? `-${arg}` : arg))
  const [name = "-", output] = line.operands
  const reader = await context.open(name).catch((error: unknown) => {
    throw new ProgramFailure(`${name}: ${context.reason(error)}`, 2)
  })
  const target = output === undefined || output === "-" ? undefined : await context.create(output)
  const writer = target?.writer ?? context.stdout
  const bits = line.has("b")
  const little = line.has("little")
  const columns = line.has("c") ? value(line.get("c")!) : line.has("p") ? 30 : bits ? 6 : 16
  if (line.has("r")) await revert(reader, writer, line.has("p"))
  else if (line.has("i")) await include(context, reader, writer, name, line)
  else if (line.has("p")) {
    const upper = line.has("u")
    const size = columns === 0 ? 1 << 20 : columns
    await blocks(context, reader, size, line, (bytes) => {
      const text = Buffer.from(bytes).toString("hex")
      return writer.write((upper ? text.toUpperCase() : text) + (columns === 0 ? "" : "\n"))
    })
    if (columns === 0) await writer.write("\n")
  } else {
    const layout: Layout = {
      columns: columns === 0 ? 16 : columns,
      group: line.has("g") ? value(line.get("g")!) : bits ? 1 : little ? 4 : 2,
      upper: line.has("u"),
      bits,
      little,
      offset: line.has("o") ? value(line.get("o")!) : 0,
      decimal: line.has("d")
    }
    let zeros = 0
    let held: string | undefined
    await blocks(context, reader, layout.columns, line, async (bytes, address) => {
      const isZero = line.has("a") && bytes.every((byte) => byte === 0)
      zeros = isZero ? zeros + 1 : 0
      if (zeros > 1) {
        if (zeros === 3) await writer.write("*\n")
        held = row(layout, address, bytes)
        return
      }
      if (held !== undefined) await writer.write(held)
      held = undefined
      await writer.write(row(layout, address, bytes))
    })
    if (held !== undefined) await writer.write(held)
  }
  await target?.close()
  return 0
}

/** The printable strings of a file. */
export const strings: Program = async (context) => {
  const args = context.args.map((arg) => /^-\d+$/.test(arg) ? `-n${arg.slice(1)}` : arg)
  const line = parseOptions(context, {
    short: "afn:ot:e:w",
    long: {
      all: "a",
      "print-file-name": "f",
      "bytes=": "n",
      "radix=": "t",
      "encoding=": "e",
      "include-all-whitespace": "w"
    }
  }, args)
  const least = Number(line.get("n") ?? 4)
  if (!(least >= 1)) throw new ProgramFailure(`invalid minimum string length ${line.get("n")}`)
  const radix = line.has("o") ? "o" : line.get("t")
  let status = 0
  for (const name of line.operands.length === 0 ? ["-"] : line.operands) {
    let reader: Reader
    try {
      reader = await context.open(name)
    } catch (error) {
      await context.complain(`${context.quote(name).replace(/[\u2018\u2019]/g, "'")}: No such file`)
      context.reason(error)
      status = 1
      continue
    }
    let text: Array<number> = []
    let position = 0
    const flush = async () => {
      if (text.length >= least) {
        const place = position - text.length
        const lead = radix === undefined ? "" : `${place.toString({ o: 8, x: 16 }[radix] ?? 10).padStart(7)} `
        await context.stdout.line(`${line.has("f") ? `${name}: ` : ""}${lead}${decodeText(Uint8Array.from(text))}`)
      }
      text = []
    }
    for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
      for (const byte of chunk) {
        const printable = (byte >= 32 && byte < 127) || byte === 9 || (line.has("w") && (byte === 10 || byte === 13))
        if (printable) text.push(byte)
        else if (text.length > 0) await flush()
        position++
      }
    }
    await flush()
    await reader.close()
  }
  return status
}
