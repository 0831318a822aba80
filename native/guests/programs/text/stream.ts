/** cat, tee, wc, tac, rev, nl, yes, seq. */
import { characters } from "../../bash/text.ts"
import { extraOperand, missingOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"

/** Opens each operand in turn; complains of those that cannot be read, and goes on. */
export const eachInput = async (
  context: ProgramContext,
  names: ReadonlyArray<string>,
  use: (reader: Reader, name: string) => Promise<void>,
  describe: (name: string) => string = (name) => name
): Promise<number> => {
  let status = 0
  for (const name of names.length === 0 ? ["-"] : names) {
    let reader: Reader | undefined
    try {
      reader = await context.open(name)
      await use(reader, name)
    } catch (error) {
      await context.blame(describe(name), error)
      status = 1
    } finally {
      const closing = reader?.close()
      if (closing !== undefined) await closing
    }
  }
  return status
}

const visible = (bytes: Uint8Array, tabs: boolean): string => {
  let text = ""
  for (const byte of bytes) {
    const low = byte & 0x7f
    const prefix = byte >= 0x80 ? "M-" : ""
    if (byte === 10 || (byte === 9 && !tabs)) text += String.fromCharCode(byte)
    else if (low < 32) text += `${prefix}^${String.fromCharCode(low + 64)}`
    else if (low === 127) text += `${prefix}^?`
    else text += prefix + String.fromCharCode(low)
  }
  return text
}

export const cat: Program = async (context) => {
  const line = parseOptions(context, {
    short: "AbeEnstTuv",
    long: {
      "show-all": "A",
      "number-nonblank": "b",
      "show-ends": "E",
      number: "n",
      "squeeze-blank": "s",
      "show-tabs": "T",
      "show-nonprinting": "v"
    }
  })
  const has = (letters: string) => Array.from(letters).some((letter) => line.has(letter))
  if (line.options.length === 0 || !has("AbeEnstTv")) {
    return eachInput(context, line.operands, async (reader) => {
      for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
        await context.stdout.write(chunk)
      }
    })
  }
  let number = 0
  let blanks = 0
  return eachInput(context, line.operands, async (reader) => {
    const lines = reader.lines()
    for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
      for (const [index, text] of batch.entries()) {
        blanks = text === "" ? blanks + 1 : 0
        if (line.has("s") && blanks > 1) continue
        const counted = line.has("b") ? text !== "" : line.has("n")
        const label = counted ? `${String(++number).padStart(6)}\t` : ""
        const shown = has("AevtTE") ? decorate(text, has("Aetv"), has("ATt")) : text
        const end = lines.unterminated && index === batch.length - 1 ? "" : has("AeE") ? "$\n" : "\n"
        await context.stdout.write(label + shown + end)
      }
    }
  })
}

const decorate = (text: string, controls: boolean, tabs: boolean): string =>
  controls ? visible(Buffer.from(text), tabs) : tabs ? text.replaceAll("\t", "^I") : text

export const tee: Program = async (context) => {
  const line = parseOptions(context, { short: "aip", long: { append: "a", "ignore-interrupts": "i" } })
  let status = 0
  const outputs: Array<Awaited<ReturnType<ProgramContext["create"]>>> = []
  for (const name of line.operands) {
    try {
      outputs.push(await context.create(name, line.has("a")))
    } catch (error) {
      await context.blame(name, error)
      status = 1
    }
  }
  for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read()) {
    for (const { writer } of outputs) await writer.write(chunk)
    await context.stdout.write(chunk)
  }
  for (const { close } of outputs) await close()
  return status
}

interface Counts {
  lines: number
  words: number
  chars: number
  bytes: number
  longest: number
}

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13)

const countLines = (chunk: Uint8Array): number => {
  let lines = 0
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++
  return lines
}

const count = async (reader: Reader, full: boolean): Promise<Counts> => {
  const counts: Counts = { lines: 0, words: 0, chars: 0, bytes: 0, longest: 0 }
  let inWord = false
  let column = 0
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    counts.bytes += chunk.length
    counts.lines += countLines(chunk)
    if (!full) continue
    for (const byte of chunk) {
      if ((byte & 0xc0) !== 0x80) counts.chars++
      const space = isSpace(byte)
      if (!space && !inWord) counts.words++
      inWord = !space
      if (byte === 10) {
        counts.longest = Math.max(counts.longest, column)
        column = 0
      } else if (byte === 9) column += 8 - column % 8
      else if ((byte & 0xc0) !== 0x80 && byte >= 32) column++
    }
  }
  counts.longest = Math.max(counts.longest, column)
  return counts
}

export const wc: Program = async (context) => {
  const line = parseOptions(context, {
    short: "clmwL",
    long: { bytes: "c", lines: "l", chars: "m", words: "w", "max-line-length": "L", "total=": "T" }
  })
  const chosen = line.options.filter(({ name }) => name !== "T")
  const has = (letter: string) => chosen.length === 0 ? "lwc".includes(letter) : line.has(letter)
  const full = has("w") || has("m") || has("L")
  const total: Counts = { lines: 0, words: 0, chars: 0, bytes: 0, longest: 0 }
  const rows: Array<readonly [Counts, string]> = []
  const status = await eachInput(context, line.operands, async (reader, name) => {
    const counts = await count(reader, full)
    for (const key of ["lines", "words", "chars", "bytes"] as const) total[key] += counts[key]
    total.longest = Math.max(total.longest, counts.longest)
    rows.push([counts, line.operands.length === 0 ? "" : name])
  })
  if (line.operands.length > 1) rows.push([total, "total"])
  const values = (counts: Counts) =>
    ([["l", counts.lines], ["w", counts.words], ["m", counts.chars], ["c", counts.bytes], [
      "L",
      counts.longest
    ]] as const)
      .filter(([letter]) => has(letter)).map(([, value]) => value)
  const single = values(total).length === 1 && rows.length <= 1
  const piped = line.operands.length === 0 || line.operands.includes("-")
  const digits = single
    ? 1
    : piped
    ? 7
    : Math.max(...[total.lines, total.words, total.bytes].map((value) => String(value).length))
  for (const [counts, name] of rows) {
    const text = values(counts).map((value) => String(value).padStart(digits)).join(" ")
    await context.stdout.write(`${text}${name === "" ? "" : ` ${name}`}\n`)
  }
  return status
}

export const tac: Program = (context) => {
  const { operands } = parseOptions(context, { short: "brs:" })
  return eachInput(context, operands, async (reader) => {
    const bytes = await reader.all()
    let end = bytes.length
    while (end > 0) {
      const at = end - 2 < 0 ? -1 : bytes.lastIndexOf(10, end - 2)
      await context.stdout.write(bytes.subarray(at + 1, end))
      end = at + 1
    }
  }, (name) => `failed to open '${name}' for reading`)
}

export const rev: Program = (context) => {
  const { operands } = parseOptions(context, { short: "" })
  return eachInput(context, operands, async (reader) => {
    const lines = reader.lines()
    for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
      const text = batch.map((each) => characters(each).slice().reverse().join("")).join("\n")
      await context.stdout.write(lines.unterminated ? text : `${text}\n`)
    }
  })
}

export const nl: Program = async (context) => {
  const line = parseOptions(context, {
    short: "b:h:f:i:l:n:ps:v:w:d:",
    long: {
      "body-numbering=": "b",
      "line-increment=": "i",
      "number-format=": "n",
      "number-separator=": "s",
      "starting-line-number=": "v",
      "number-width=": "w"
    }
  })
  const style = line.get("b") ?? "t"
  const width = Number(line.get("w") ?? 6)
  const separator = line.get("s") ?? "\t"
  const format = line.get("n") ?? "rn"
  let number = Number(line.get("v") ?? 1)
  const label = (value: number) =>
    format === "ln" ? String(value).padEnd(width) : String(value).padStart(width, format === "rz" ? "0" : " ")
  const pattern = style.startsWith("p") ? new RegExp(style.slice(1)) : undefined
  return eachInput(context, line.operands, async (reader) => {
    const lines = reader.lines()
    for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
      for (const text of batch) {
        const counts = style === "a" || (style === "t" && text !== "") || pattern?.test(text) === true
        await context.stdout.line(
          counts
            ? label(number) + separator + text
            : text === ""
            ? " ".repeat(width + separator.length)
            : " ".repeat(width + separator.length) + text
        )
        if (counts) number += Number(line.get("i") ?? 1)
      }
    }
  })
}

const YES_BYTES = 16 * 1024

export const yes: Program = async (context) => {
  const text = `${context.args.length === 0 ? "y" : context.args.join(" ")}\n`
  const block = Buffer.from(text.repeat(Math.max(1, Math.floor(YES_BYTES / text.length))))
  for (;;) {
    const tick = context.tick()
    if (tick !== undefined) await tick
    await context.stdout.write(block)
  }
}

/** Counts up in place: the digits of a number as bytes. */
const countUp = async (context: ProgramContext, first: number, last: number, separator: number): Promise<void> => {
  const width = String(last).length + 1
  const digits = new Uint8Array(width)
  let length = 0
  for (const char of String(first)) digits[length++] = char.charCodeAt(0)
  for (let value = first; value <= last;) {
    const tick = context.tick()
    if (tick !== undefined) await tick
    const block = new Uint8Array(64 * 1024)
    let at = 0
    for (; value <= last && at + length + 1 <= block.length; value++) {
      for (let index = 0; index < length; index++) block[at++] = digits[index]
      block[at++] = value === last ? 10 : separator
      let place = length - 1
      while (place >= 0 && digits[place] === 57) digits[place--] = 48
      if (place >= 0) digits[place]++
      else {
        digits.copyWithin(1, 0, length++)
        digits[0] = 49
      }
    }
    await context.stdout.write(block.subarray(0, at))
  }
}

const decimals = (text: string): number => /\.(\d+)$/.exec(text)?.[1].length ?? 0

export const seq: Program = async (context) => {
  const args = context.args.slice()
  let separator = "\n"
  let padded = false
  let format: string | undefined
  while (/^-[^\d.]/.test(args[0] ?? "")) {
    const option = args.shift()!
    if (option === "-w" || option === "--equal-width") padded = true
    else if (option === "-s") separator = args.shift() ?? ""
    else if (option.startsWith("-s")) separator = option.slice(2)
    else if (option.startsWith("--separator=")) separator = option.slice(12)
    else if (option === "-f") format = args.shift() ?? "%g"
    else if (option.startsWith("-f")) format = option.slice(2)
    else if (option === "--") break
    else throw new ProgramFailure(`invalid option -- '${option[1]}'\nTry 'seq --help' for more information.`)
  }
  if (args.length === 0) throw missingOperand(context)
  if (args.length > 3) throw extraOperand(context, args[3])
  const bad = args.find((arg) => !/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(arg))
  if (bad !== undefined) {
    throw new ProgramFailure(`invalid floating point argument: '${bad}'\nTry 'seq --help' for more information.`)
  }
  const [first, step, last] = args.length === 1
    ? ["1", "1", args[0]]
    : args.length === 2
    ? [args[0], "1", args[1]]
    : args
  const [from, by, to] = [first, step, last].map(Number)
  if (by === 0) {
    throw new ProgramFailure(`invalid Zero increment value: '${step}'\nTry 'seq --help' for more information.`)
  }
  if (
    by === 1 && Number.isSafeInteger(from) && from >= 0 && Number.isSafeInteger(to) && !padded &&
    format === undefined && separator.length === 1 && decimals(first) === 0
  ) {
    if (to >= from) await countUp(context, from, to, separator.charCodeAt(0))
    return 0
  }
  const places = Math.max(decimals(first), decimals(step))
  const width = padded ? Math.max(from.toFixed(places).length, to.toFixed(places).length) : 0
  const total = Math.floor((to - from) / by + 1e-10)
  for (let index = 0; index <= total; index++) {
    const tick = context.tick()
    if (tick !== undefined) await tick
    const value = (from + index * by).toFixed(places)
    const negative = value.startsWith("-")
    const text = padded
      ? (negative ? "-" : "") + (negative ? value.slice(1) : value).padStart(width - (negative ? 1 : 0), "0")
      : value
    await context.stdout.write(
      (index > 0 ? separator : "") + (format === undefined ?
        text :
        format.replace(/%0?(\d*)(?:\.(\d+))?[gfe]/, (spec, w: string, p: string | undefined) =>
          (p === undefined
            ? (spec.endsWith("f") ? Number(value).toFixed(6) : text)
            : Number(value).toFixed(Number(p))).padStart(Number(w), spec[1] === "0" ? "0" : " ")))
    )
  }
  if (total >= 0) await context.stdout.write("\n")
  return 0
}
