/** dd. */
import { decodeText, encodeText } from "../../bash/text.ts"
import { isErrno } from "../../shell/client.ts"
import type { Output, Program, ProgramContext, Reader, Writer } from "../program.ts"
import { Informed, ProgramFailure, quoted } from "../program.ts"

const fail = (message: string): never => {
  throw new ProgramFailure(`${message}\nTry 'dd --help' for more information.`)
}

/** `4k`, `1MB`, `2x512`. */
const parseAmount = (context: ProgramContext, text: string): number => {
  let product = 1
  for (const part of text.split("x")) {
    const match = /^(\d+)(?:(c|w|b|B)|([kKMGTP])(B|iB)?)?$/.exec(part)
    if (match === null) throw new ProgramFailure(`invalid number: ${context.quote(text)}`)
    const [, digits, small, letter, suffix] = match
    const small1 = { c: 1, w: 2, b: 512, B: 1 }[small ?? ""]
    const power = letter === undefined ? 0 : "KMGTP".indexOf(letter.toUpperCase()) + 1
    product *= Number(digits) * (small1 ?? (suffix === "B" ? 1000 : 1024) ** power)
  }
  return product
}

const known = new Set([
  "if",
  "of",
  "bs",
  "ibs",
  "obs",
  "cbs",
  "count",
  "skip",
  "iseek",
  "seek",
  "oseek",
  "conv",
  "iflag",
  "oflag",
  "status"
])
const conversions = new Set([
  "ascii",
  "ebcdic",
  "ibm",
  "block",
  "unblock",
  "lcase",
  "ucase",
  "sparse",
  "swab",
  "sync",
  "excl",
  "nocreat",
  "notrunc",
  "noerror",
  "fdatasync",
  "fsync"
])
const MAX_BLOCK = 64 * 1024 * 1024

const parseOperands = (context: ProgramContext): Map<string, string> => {
  const operands = new Map<string, string>()
  for (const arg of context.args) {
    if (arg === "--help") throw new Informed("help", { short: "" })
    if (arg === "--version") throw new Informed("version", { short: "" })
    if (arg === "--") continue
    const equals = arg.indexOf("=")
    const name = arg.slice(0, equals)
    if (equals < 0 || !known.has(name)) fail(`unrecognized operand ${context.quote(arg)}`)
    operands.set(name === "iseek" ? "skip" : name === "oseek" ? "seek" : name, arg.slice(equals + 1))
  }
  return operands
}

/** Reads blocks of a size; short ones only where the input is. */
class Blocks {
  private rest: Uint8Array = new Uint8Array(0)
  constructor(private readonly reader: Reader, private readonly size: number, private readonly full: boolean) {}

  async next(size = this.size): Promise<Uint8Array> {
    const parts: Array<Uint8Array> = []
    let have = 0
    while (have < size) {
      if (this.rest.length === 0) {
        const chunk = await this.reader.read(size - have)
        if (chunk === undefined) break
        this.rest = chunk
      }
      const taken = this.rest.subarray(0, size - have)
      this.rest = this.rest.subarray(taken.length)
      parts.push(taken)
      have += taken.length
      if (!this.full) break
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts)
  }
}

const convert = (block: Uint8Array, how: ReadonlySet<string>, size: number): Uint8Array => {
  let out = block
  if (how.has("sync") && out.length < size) {
    const padded = new Uint8Array(size).fill(how.has("block") || how.has("unblock") ? 32 : 0)
    padded.set(out)
    out = padded
  }
  if (how.has("swab")) {
    out = out.slice()
    for (let at = 0; at + 1 < out.length; at += 2) [out[at], out[at + 1]] = [out[at + 1], out[at]]
  }
  if (how.has("lcase") || how.has("ucase")) {
    const up = how.has("ucase")
    out = out.map((byte) =>
      up ? byte >= 97 && byte <= 122 ? byte - 32 : byte : byte >= 65 && byte <= 90 ? byte + 32 : byte
    )
  }
  return out
}

interface Counts {
  full: number
  partial: number
  bytes: number
}

const blocksText = ({ full, partial }: Counts): string => `${full}+${partial} records`

const sizeText = (bytes: number): string => {
  const show = (base: number, units: ReadonlyArray<string>) => {
    let value = bytes
    let power = -1
    while (value >= base && power < units.length - 1) {
      value /= base
      power++
    }
    return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`
  }
  if (bytes < 1000) return `${bytes} byte${bytes === 1 ? "" : "s"}`
  const decimal = show(1000, ["kB", "MB", "GB", "TB"])
  return bytes < 1024
    ? `${bytes} bytes (${decimal})`
    : `${bytes} bytes (${decimal}, ${show(1024, ["KiB", "MiB", "GiB", "TiB"])})`
}

/** Where the output goes: a stream, or the middle of a file that is kept. */
const openOutput = async (
  context: ProgramContext,
  name: string | undefined,
  how: ReadonlySet<string>,
  start: number,
  flags: ReadonlySet<string>
): Promise<Output> => {
  if (name === undefined) return { writer: context.stdout, close: () => context.stdout.flush() }
  const path = context.path(name)
  const old = await context.sys("stat", path).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return undefined
    throw error
  })
  if (old === undefined && how.has("nocreat")) {
    throw new ProgramFailure(`failed to open ${quoted(name)}: No such file or directory`)
  }
  if (old !== undefined && how.has("excl")) throw new ProgramFailure(`failed to open ${quoted(name)}: File exists`)
  if (old?.type !== undefined && old.type !== "file") return context.create(name, true, !flags.has("nonblock"))
  if (flags.has("append")) return context.create(name, true)
  if (start === 0 && !how.has("notrunc")) return context.create(name)
  return context.amend(name, start, !how.has("notrunc"))
}

export const dd: Program = async (context) => {
  const operands = parseOperands(context)
  const words = (name: string) => new Set((operands.get(name) ?? "").split(",").filter((word) => word !== ""))
  const [how, inFlags, outFlags] = [words("conv"), words("iflag"), words("oflag")]
  for (const word of how) if (!conversions.has(word)) fail(`invalid conversion: ${context.quote(word)}`)
  const amount = (name: string, otherwise: number) => {
    const text = operands.get(name)
    return text === undefined ? otherwise : parseAmount(context, text)
  }
  const both = operands.has("bs") ? amount("bs", 512) : undefined
  const input = both ?? amount("ibs", 512)
  const output = both ?? amount("obs", 512)
  const inBytes = inFlags.has("count_bytes") || /B$/.test(operands.get("count") ?? "")
  for (const [size, name] of [[input, "ibs"], [output, "obs"]] as const) {
    if (size === 0) {
      throw new ProgramFailure(`invalid number: ${context.quote(operands.get("bs") ?? operands.get(name)!)}`)
    }
    if (size > MAX_BLOCK) {
      throw new ProgramFailure(
        `memory exhausted by input buffer of size ${size} bytes (${sizeText(size).replace(/^.*?, (.*)\)$/, "$1")})`
      )
    }
  }
  const count = operands.has("count") ? amount("count", 0) : Infinity
  const skip = amount("skip", 0) * (inFlags.has("skip_bytes") || /B$/.test(operands.get("skip") ?? "") ? 1 : input)
  const seek = amount("seek", 0) * (outFlags.has("seek_bytes") || /B$/.test(operands.get("seek") ?? "") ? 1 : output)
  const name = operands.get("if")
  const reader = name === undefined ?
    context.stdin :
    await context.open(name, !inFlags.has("nonblock")).catch((error: unknown) => {
      throw new ProgramFailure(`failed to open ${quoted(name)}: ${context.reason(error)}`)
    })
  const target = operands.get("of")
  const { close, writer } = await openOutput(context, target, how, seek, outFlags).catch(
    (error: unknown) => {
      if (error instanceof ProgramFailure) throw error
      throw new ProgramFailure(`failed to open ${quoted(target ?? "standard output")}: ${context.reason(error)}`)
    }
  )
  const started = Date.now()
  const blocks = new Blocks(reader, input, inFlags.has("fullblock") || !reader.file.target.startsWith("pipe:"))
  for (let left = skip; left > 0;) {
    const chunk = await blocks.next(Math.min(left, MAX_BLOCK))
    if (chunk.length === 0) break
    left -= chunk.length
  }
  const read: Counts = { full: 0, partial: 0, bytes: 0 }
  const text = await copyBlocks(
    context,
    blocks,
    { count, how, inBytes, input, read, writer, cbs: amount("cbs", 0) },
    name,
    target
  )
  await writing(context, target, close)
  const written: Counts = both === undefined
    ? { full: Math.floor(text / output), partial: text % output === 0 ? 0 : 1, bytes: text }
    : { ...read, ...(how.has("sync") ? { full: read.full + read.partial, partial: 0 } : {}), bytes: text }
  const status = operands.get("status")
  if (status === "none") return 0
  await context.stderr.write(`${blocksText(read)} in\n${blocksText(written)} out\n`)
  if (status !== "noxfer") {
    const seconds = Math.max(1e-6, (Date.now() - started) / 1000)
    const rate = sizeText(Math.round(text / seconds)).replace(/^.*\((\S+ \S+?)[,)].*$/, "$1").replace("bytes", "B")
    await context.stderr.write(`${sizeText(text)} copied, ${Number(seconds.toPrecision(6))} s, ${rate}/s\n`)
  }
  return 0
}

/** A failure to write by the name of what is written. */
const writing = async (
  context: ProgramContext,
  target: string | undefined,
  write: () => Promise<void> | undefined
): Promise<void> => {
  try {
    await write()
  } catch (error) {
    if (target === undefined || !isErrno(error, "EAGAIN", "ENOSPC")) throw error
    throw new ProgramFailure(`error writing ${quoted(target)}: ${context.reason(error)}`)
  }
}

interface Job {
  readonly count: number
  readonly how: ReadonlySet<string>
  readonly inBytes: boolean
  readonly input: number
  readonly cbs: number
  readonly read: Counts
  readonly writer: Writer
}

/** Copies until the count or the end; gives the bytes written. */
const copyBlocks = async (
  context: ProgramContext,
  blocks: Blocks,
  { cbs, count, how, inBytes, input, read, writer }: Job,
  name: string | undefined,
  target: string | undefined
): Promise<number> => {
  let written = 0
  let line = ""
  for (;;) {
    const done = inBytes ? read.bytes : read.full + read.partial
    if (done >= count) break
    const block = await blocks.next(inBytes ? Math.min(input, count - done) : input).catch((error: unknown) => {
      throw new ProgramFailure(`error reading ${quoted(name ?? "standard input")}: ${context.reason(error)}`)
    })
    if (block.length === 0) break
    if (block.length === input) read.full++
    else read.partial++
    read.bytes += block.length
    let out = convert(block, how, input)
    if (cbs > 0 && how.has("unblock")) {
      line += decodeText(out)
      let text = ""
      while (line.length >= cbs) {
        text += `${line.slice(0, cbs).replace(/ +$/, "")}\n`
        line = line.slice(cbs)
      }
      out = encodeText(text)
    } else if (cbs > 0 && how.has("block")) {
      const lines = (line + decodeText(out)).split("\n")
      line = lines.pop()!
      out = encodeText(lines.map((each) => each.slice(0, cbs).padEnd(cbs)).join(""))
    }
    written += out.length
    await writing(context, target, () => writer.write(out))
  }
  if (line !== "") {
    const last = how.has("block") ? line.slice(0, cbs).padEnd(cbs) : `${line.replace(/ +$/, "")}\n`
    written += last.length
    await writing(context, target, () => writer.write(last))
  }
  return written
}
