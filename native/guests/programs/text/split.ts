/** split and shuf. */
import { BytesFile } from "../../bash/io/devices.ts"
import { OpenFile } from "../../bash/io/open-file.ts"
import type { Process } from "../../bash/processes/process.ts"
import { decodeText } from "../../bash/text.ts"
import { extraOperand, parseOptions, parseSize } from "../options.ts"
import type { Program, ProgramContext, Reader } from "../program.ts"
import { ProgramFailure, quoted, Writer } from "../program.ts"
import { eachInput } from "./stream.ts"

/** The names of the pieces: `aa`, `ab`, growing as GNU's do when they run out. */
class Suffixes {
  private index = 0
  private width: number
  constructor(private readonly digits: string, private readonly fixed: number | undefined, start: number) {
    this.width = fixed ?? 2
    this.index = start
  }

  private encode(value: number, width: number): string {
    const base = this.digits.length
    let text = ""
    for (let left = value; text.length < width; left = Math.floor(left / base)) text = this.digits[left % base] + text
    return text
  }

  next(): string {
    const base = this.digits.length
    if (this.fixed !== undefined) {
      if (this.index >= base ** this.fixed) throw new ProgramFailure("output file suffixes exhausted")
      return this.encode(this.index++, this.fixed)
    }
    // The last first letter announces a longer name.
    const room = base ** (this.width - 1) * (base - 1)
    if (this.index >= room) {
      this.index = 0
      this.width++
    }
    return this.digits[base - 1].repeat(Math.max(0, this.width - 2)) + this.encode(this.index++, this.width)
      .slice(0, this.width)
  }
}

interface Output {
  readonly start: () => Promise<void>
  readonly write: (bytes: Uint8Array) => Promise<void>
  readonly close: () => Promise<void>
}

const cutByBytes = async (reader: Reader, output: Output, size: number): Promise<void> => {
  let left = 0
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    for (let at = 0; at < chunk.length;) {
      if (left === 0) {
        await output.start()
        left = size
      }
      const piece = chunk.subarray(at, at + left)
      await output.write(piece)
      at += piece.length
      left -= piece.length
    }
  }
}

const cutByLines = async (reader: Reader, output: Output, count: number, end: number): Promise<void> => {
  let left = 0
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    for (let at = 0; at < chunk.length;) {
      if (left === 0) {
        await output.start()
        left = count
      }
      let to = at
      while (left > 0) {
        const found = chunk.indexOf(end, to)
        if (found < 0) {
          to = chunk.length
          break
        }
        to = found + 1
        left--
      }
      await output.write(chunk.subarray(at, to))
      at = to
    }
  }
}

/** Whole lines up to a size; a longer line is cut. */
const cutByLineBytes = async (reader: Reader, output: Output, size: number, end: number): Promise<void> => {
  const bytes = await reader.all()
  for (let at = 0; at < bytes.length;) {
    const limit = Math.min(bytes.length, at + size)
    const last = limit === bytes.length ? limit : bytes.lastIndexOf(end, limit - 1) + 1
    const to = last > at ? last : limit
    await output.start()
    await output.write(bytes.subarray(at, to))
    at = to
  }
}

const cutInChunks = async (
  context: ProgramContext,
  reader: Reader,
  output: Output,
  text: string,
  end: number
): Promise<void> => {
  const match = /^(?:([lr])\/)?(?:(\d+)\/)?(\d+)$/.exec(text)
  const count = Number(match?.[3] ?? 0)
  if (match === null || count === 0) {
    throw new ProgramFailure(`invalid number of chunks: ${context.quote(match?.[3] ?? text)}`)
  }
  const [, kind, only] = match
  const bytes = await reader.all()
  const pieces: Array<Array<Uint8Array>> = Array.from({ length: count }, () => [])
  if (kind === undefined) {
    const size = Math.floor(bytes.length / count)
    const extra = bytes.length % count
    let at = 0
    for (let index = 0; index < count; index++) {
      const to = at + size + (index < extra ? 1 : 0)
      pieces[index].push(bytes.subarray(at, to))
      at = to
    }
  } else {
    const size = Math.max(1, Math.floor(bytes.length / count))
    for (let at = 0, row = 0; at < bytes.length; row++) {
      const found = bytes.indexOf(end, at)
      const to = found < 0 ? bytes.length : found + 1
      const index = kind === "r" ? row % count : Math.min(count - 1, Math.floor(at / size))
      pieces[index].push(bytes.subarray(at, to))
      at = to
    }
  }
  if (only !== undefined) {
    for (const piece of pieces[Number(only) - 1] ?? []) await context.stdout.write(piece)
    return
  }
  for (const piece of pieces) {
    await output.start()
    for (const each of piece) await output.write(each)
  }
}

export const split: Program = async (context) => {
  const args = context.args.map((arg) => /^-\d+$/.test(arg) ? `-l${arg.slice(1)}` : arg)
  const line = parseOptions(context, {
    short: "a:b:C:del:n:t:ux",
    long: {
      "suffix-length=": "a",
      "additional-suffix=": "additional-suffix",
      "bytes=": "b",
      "line-bytes=": "C",
      "numeric-suffixes[=": "d",
      "hex-suffixes[=": "x",
      "elide-empty-files": "e",
      "filter=": "filter",
      "lines=": "l",
      "number=": "n",
      "separator=": "t",
      unbuffered: "u",
      verbose: "verbose"
    }
  }, args)
  const ways = ["b", "C", "l", "n"].filter((way) => line.has(way))
  if (ways.length > 1) {
    throw new ProgramFailure("cannot split in more than one way\nTry 'split --help' for more information.")
  }
  const [name = "-", prefix = "x", extra] = line.operands
  if (extra !== undefined) throw extraOperand(context, extra)
  const amount = (way: string, what: string, otherwise: string): number => {
    const text = line.get(way) ?? otherwise
    const value = parseSize(text)
    if (value === undefined || value === 0) {
      const range = value === 0 ? ": Numerical result out of range" : ""
      throw new ProgramFailure(`invalid number of ${what}: ${context.quote(text)}${range}`)
    }
    return value
  }
  const digits = line.has("d") ? "0123456789" : line.has("x") ? "0123456789abcdef" : "abcdefghijklmnopqrstuvwxyz"
  const start = Number(line.get("d") || line.get("x") || 0)
  const suffixes = new Suffixes(digits, line.has("a") ? Number(line.get("a")) || undefined : undefined, start)
  const output = makeOutput(
    context,
    prefix,
    suffixes,
    line.get("additional-suffix") ?? "",
    line.has("e"),
    line.has("verbose"),
    line.get("filter")
  )
  if (line.has("b")) amount("b", "bytes", "")
  if (line.has("l")) amount("l", "lines", "")
  if (line.has("n") && Number(/(\d+)$/.exec(line.get("n")!)?.[1] ?? -1) === 0) {
    throw new ProgramFailure(
      `invalid number of chunks: ${context.quote(line.get("n")!)}: Numerical result out of range`
    )
  }
  const reader = await context.open(name).catch((error: unknown) => {
    throw new ProgramFailure(`cannot open ${quoted(name)} for reading: ${context.reason(error)}`)
  })
  const separator = line.get("t")
  const end = separator === undefined ? 10 : separator === "\\0" ? 0 : separator.charCodeAt(0)
  if (line.has("b")) await cutByBytes(reader, output, amount("b", "bytes", ""))
  else if (line.has("C")) await cutByLineBytes(reader, output, amount("C", "bytes", ""), end)
  else if (line.has("n")) await cutInChunks(context, reader, output, line.get("n")!, end)
  else await cutByLines(reader, output, amount("l", "lines", "1000"), end)
  await output.close()
  return 0
}

/** A command of the shell instead of a file: it gets the piece as its input when that is complete. */
const feed = (context: ProgramContext, filter: string, name: string): Awaited<ReturnType<ProgramContext["create"]>> => {
  const collected = new CollectedFile()
  const writer = new Writer(collected, context.process)
  return {
    writer,
    close: async () => {
      await writer.flush()
      const env = new Map(context.env).set("FILE", name)
      await context.run(["sh", "-c", filter], { env, stdin: new BytesFile(collected.bytes(), "pipe:[0]") })
    }
  }
}

class CollectedFile extends OpenFile {
  readonly target = "pipe:[0]"
  private readonly chunks: Array<Uint8Array> = []
  override write(_: Process, bytes: Uint8Array): undefined {
    this.chunks.push(bytes)
  }
  bytes(): Uint8Array {
    return Buffer.concat(this.chunks)
  }
}

const makeOutput = (
  context: ProgramContext,
  prefix: string,
  suffixes: Suffixes,
  ending: string,
  elides: boolean,
  verbose: boolean,
  filter: string | undefined
): Output => {
  let current: Awaited<ReturnType<ProgramContext["create"]>> | undefined
  let wanted = false
  const open = async () => {
    const name = prefix + suffixes.next() + ending
    if (verbose) await context.stdout.line(`creating file '${name}'`)
    current = filter === undefined ? await context.create(name) : feed(context, filter, name)
    wanted = false
  }
  return {
    start: async () => {
      await current?.close()
      current = undefined
      wanted = true
      if (!elides) await open()
    },
    write: async (bytes) => {
      if (wanted && bytes.length > 0) await open()
      if (current !== undefined) await current.writer.write(bytes)
    },
    close: async () => {
      await current?.close()
    }
  }
}

const randomBelow = (bound: number): number => {
  const limit = Math.floor(2 ** 32 / bound) * bound
  const word = new Uint32Array(1)
  do crypto.getRandomValues(word)
  while (word[0] >= limit)
  return word[0] % bound
}

export const shuf: Program = async (context) => {
  const line = parseOptions(context, {
    short: "ei:n:o:rz",
    long: {
      echo: "e",
      "input-range=": "i",
      "head-count=": "n",
      "output=": "o",
      "random-source=": "random-source",
      repeat: "r",
      "zero-terminated": "z"
    }
  })
  const end = line.has("z") ? "\0" : "\n"
  const range = line.get("i")
  let items: Array<string> = []
  if (line.has("e")) items = line.operands.slice()
  else if (range !== undefined) {
    const match = /^(\d+)-(\d+)$/.exec(range)
    if (match === null || Number(match[2]) < Number(match[1]) - 1) {
      throw new ProgramFailure(`invalid input range: ${context.quote(range)}`)
    }
    if (line.operands.length > 0) throw extraOperand(context, line.operands[0])
    const count = Number(match[2]) - Number(match[1]) + 1
    if (count > 20_000_000) throw new ProgramFailure("memory exhausted")
    items = Array.from({ length: count }, (_, index) => String(Number(match[1]) + index))
  } else {
    if (line.operands.length > 1) throw extraOperand(context, line.operands[1])
    const status = await eachInput(context, line.operands, async (reader) => {
      const text = decodeText(await reader.all())
      items = text === "" ? [] : (text.endsWith(end) ? text.slice(0, -1) : text).split(end)
    })
    if (status !== 0) return status
  }
  const given = line.get("n")
  if (given !== undefined && !/^\d+$/.test(given)) {
    throw new ProgramFailure(`invalid line count: ${context.quote(given)}`)
  }
  const count = Number(given ?? (line.has("r") ? Infinity : items.length))
  const output = line.get("o")
  const target = output === undefined ? undefined : await context.create(output)
  const writer = target?.writer ?? context.stdout
  if (line.has("r") && items.length === 0 && count > 0) throw new ProgramFailure("no lines to repeat")
  for (let index = 0; index < count && (line.has("r") || index < items.length); index++) {
    const tick = context.tick()
    if (tick !== undefined) await tick
    const pick = line.has("r") ? randomBelow(items.length) : index + randomBelow(items.length - index)
    const item = items[pick]
    if (!line.has("r")) items[pick] = items[index]
    await writer.write(item + end)
  }
  await target?.close()
  return 0
}
