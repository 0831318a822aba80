/** cut, paste and tr. */
import { decodeText, encodeText } from "../../bash/text.ts"
import { extraOperand, missingAfter, missingOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { Lines } from "./lines.ts"
import { eachInput } from "./stream.ts"

type Range = readonly [low: number, high: number]

const parseRanges = (context: ProgramContext, text: string, kind: string): Array<Range> => {
  const ranges = text.split(/[, ]/).map((part): Range => {
    const match = /^(\d*)(-?)(\d*)$/.exec(part)
    if (match === null) {
      const what = kind === "field" ? "field value" : "byte/character position"
      throw new ProgramFailure(`invalid ${what} ${context.quote(part)}\nTry 'cut --help' for more information.`)
    }
    const [, low, dash, high] = match
    if (low === "" && high === "") {
      throw new ProgramFailure("invalid range with no endpoint: -\nTry 'cut --help' for more information.")
    }
    if (low === "0" || (dash === "" && low === "")) {
      throw new ProgramFailure(
        `${
          kind === "field" ? "fields" : "byte/character positions"
        } are numbered from 1\nTry 'cut --help' for more information.`
      )
    }
    const end = dash === "" ? Number(low) : high === "" ? Infinity : Number(high)
    if (end < Number(low)) throw new ProgramFailure("invalid decreasing range\nTry 'cut --help' for more information.")
    return [Number(low === "" ? 1 : low), end]
  })
  return ranges.sort((a, b) => a[0] - b[0])
}

/** Ranges that touch or overlap become one. */
const mergeRanges = (ranges: ReadonlyArray<Range>): Array<Range> => {
  const merged: Array<Range> = []
  for (const [low, high] of ranges) {
    const last = merged[merged.length - 1]
    if (last !== undefined && low <= last[1]) merged[merged.length - 1] = [last[0], Math.max(last[1], high)]
    else merged.push([low, high])
  }
  return merged
}

const cutBytes = (bytes: Uint8Array, ranges: ReadonlyArray<Range>, complement: boolean, separator: string): string => {
  const parts: Array<Uint8Array> = []
  let at = 0
  for (const [low, high] of ranges) {
    if (low > bytes.length) break
    if (complement) parts.push(bytes.subarray(at, low - 1))
    else parts.push(bytes.subarray(low - 1, high))
    at = Math.min(high, bytes.length)
  }
  if (complement) parts.push(bytes.subarray(at))
  const kept = parts.filter((part) => part.length > 0)
  if (separator === "") return decodeText(Buffer.concat(kept))
  return decodeText(Buffer.concat(kept.flatMap((part, index) => index === 0 ? [part] : [encodeText(separator), part])))
}

const included = (ranges: ReadonlyArray<Range>, position: number): boolean =>
  ranges.some(([low, high]) => position >= low && position <= high)

export const cut: Program = (context) => {
  const line = parseOptions(context, {
    short: "b:c:d:f:nsz",
    long: {
      "bytes=": "b",
      "characters=": "c",
      "delimiter=": "d",
      "fields=": "f",
      "only-delimited": "s",
      complement: "complement",
      "output-delimiter=": "o",
      "zero-terminated": "z"
    }
  })
  const hint = "\nTry 'cut --help' for more information."
  if (line.options.filter(({ name }) => "bcf".includes(name)).length > 1) {
    throw new ProgramFailure(`only one list may be specified${hint}`)
  }
  const list = line.get("f") ?? line.get("c") ?? line.get("b")
  if (list === undefined) {
    throw new ProgramFailure(
      "you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information."
    )
  }
  const byField = line.has("f")
  const delimiter = line.get("d") ?? "\t"
  if (!byField && line.has("d")) {
    throw new ProgramFailure(`an input delimiter may be specified only when operating on fields${hint}`)
  }
  if (!byField && line.has("s")) {
    throw new ProgramFailure(`suppressing non-delimited lines makes sense\n\tonly when operating on fields${hint}`)
  }
  if (Array.from(delimiter).length > 1) {
    throw new ProgramFailure("the delimiter must be a single character\nTry 'cut --help' for more information.")
  }
  const ranges = parseRanges(context, list, byField ? "field" : "byte/character")
  const complement = line.has("complement")
  const separator = line.get("o") ?? (byField ? delimiter : "")
  const merged = mergeRanges(ranges)
  const pick = (parts: ReadonlyArray<string>): string =>
    parts.filter((_, index) => included(ranges, index + 1) !== complement).join(separator)
  const change = (text: string): string | undefined => {
    if (!byField) return cutBytes(encodeText(text), merged, complement, separator)
    if (!text.includes(delimiter)) return line.has("s") ? undefined : text
    return pick(text.split(delimiter))
  }
  const simple = !byField && !complement && ranges.length === 1
  const ascii = (text: string): string | undefined =>
    simple && !/[^\x00-\x7f]/.test(text) ? text.slice(ranges[0][0] - 1, ranges[0][1]) : change(text)
  return eachInput(context, line.operands, async (reader) => {
    const lines = reader.lines(line.has("z") ? 0 : 10)
    const end = line.has("z") ? "\0" : "\n"
    for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
      const out = batch.map(ascii).filter((text) => text !== undefined)
      if (out.length > 0) await context.stdout.write(out.join(end) + end)
    }
  })
}

const delimiters = (text: string): Array<string> =>
  (text.match(/\\.|[\s\S]/gu) ?? []).map((item) =>
    ({ "\\n": "\n", "\\t": "\t", "\\\\": "\\", "\\0": "" })[item] ?? item
  )

export const paste: Program = async (context) => {
  const line = parseOptions(context, {
    short: "d:sz",
    long: { "delimiters=": "d", serial: "s", "zero-terminated": "z" }
  })
  const end = line.has("z") ? "\0" : "\n"
  const delimiter = line.has("z") ? 0 : 10
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(line.get("d") ?? "")) {
    throw new ProgramFailure(`delimiter list ends with an unescaped backslash: ${line.get("d")}`)
  }
  const separators = delimiters(line.get("d") ?? "\t")
  const between = (index: number) => separators.length === 0 ? "" : separators[index % separators.length]
  const names = line.operands.length === 0 ? ["-"] : line.operands
  if (line.has("s")) {
    return eachInput(context, names, async (reader) => {
      const lines = new Lines(reader.lines(delimiter))
      let index = 0
      for (let text = await lines.next(); text !== undefined; text = await lines.next()) {
        await context.stdout.write((index > 0 ? between(index - 1) : "") + text)
        index++
      }
      await context.stdout.write(end)
    })
  }
  const shared = new Lines(context.stdin.lines(delimiter))
  const inputs: Array<Lines> = []
  for (const name of names) inputs.push(name === "-" ? shared : await openLines(context, name, delimiter))
  for (;;) {
    const row: Array<string | undefined> = []
    for (const input of inputs) row.push(await input.next())
    if (row.every((text) => text === undefined)) return 0
    const pending = context.stdout.write(
      row.map((text, index) => (index > 0 ? between(index - 1) : "") + (text ?? "")).join("") + end
    )
    if (pending !== undefined) await pending
  }
}

const openLines = async (context: ProgramContext, name: string, delimiter: number): Promise<Lines> => {
  try {
    return new Lines((await context.open(name)).lines(delimiter))
  } catch (error) {
    throw new ProgramFailure(`${name}: ${context.reason(error)}`)
  }
}

const setClasses: Readonly<Record<string, (code: number) => boolean>> = {
  alpha: (code) => (code >= 65 && code <= 90) || (code >= 97 && code <= 122),
  digit: (code) => code >= 48 && code <= 57,
  alnum: (code) => (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122),
  upper: (code) => code >= 65 && code <= 90,
  lower: (code) => code >= 97 && code <= 122,
  space: (code) => code === 32 || (code >= 9 && code <= 13),
  blank: (code) => code === 32 || code === 9,
  punct: (code) =>
    (code >= 33 && code <= 47) || (code >= 58 && code <= 64) || (code >= 91 && code <= 96) ||
    (code >= 123 && code <= 126),
  print: (code) => code >= 32 && code <= 126,
  graph: (code) => code >= 33 && code <= 126,
  cntrl: (code) => code < 32 || code === 127,
  xdigit: (code) => (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102)
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92 }

interface ByteSet {
  readonly bytes: Array<number>
  /** Where `[c*]` is to be stretched. */
  readonly fill: { readonly at: number; readonly byte: number } | undefined
}

const readByte = (text: string, at: number): readonly [number, number] => {
  if (text[at] !== "\\" || at + 1 >= text.length) return [text.charCodeAt(at), at + 1]
  const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1))
  if (octal !== null) return [Number.parseInt(octal[0], 8) & 0xff, at + 1 + octal[0].length]
  return [escapes[text[at + 1]] ?? text.charCodeAt(at + 1), at + 2]
}

/** The bytes of a set: ranges, classes, escapes, repetitions. */
const parseSet = (context: ProgramContext, given: string): ByteSet => {
  const text = Buffer.from(encodeText(given)).toString("latin1")
  const bytes: Array<number> = []
  let fill: ByteSet["fill"]
  for (let at = 0; at < text.length;) {
    const named = /^\[:(\w+):\]/.exec(text.slice(at))
    if (named !== null) {
      const test = setClasses[named[1]]
      if (test === undefined) throw new ProgramFailure(`invalid character class ${context.quote(named[1])}`)
      for (let code = 0; code < 256; code++) if (test(code)) bytes.push(code)
      at += named[0].length
      continue
    }
    const repeat = /^\[(\\?[\s\S])\*(\d*)\]/.exec(text.slice(at))
    if (repeat !== null) {
      const [byte] = readByte(repeat[1], 0)
      if (repeat[2] === "" || repeat[2] === "0") fill = { at: bytes.length, byte }
      else for (let count = Number(repeat[2]); count > 0 && bytes.length < 65_536; count--) bytes.push(byte)
      at += repeat[0].length
      continue
    }
    const same = /^\[=(\\?[\s\S])=\]/.exec(text.slice(at))
    if (same !== null) {
      bytes.push(readByte(same[1], 0)[0])
      at += same[0].length
      continue
    }
    const [low, next] = readByte(text, at)
    at = next
    if (text[at] === "-" && at + 1 < text.length) {
      const [high, after] = readByte(text, at + 1)
      if (high < low) {
        throw new ProgramFailure(
          `range-endpoints of '${text.slice(next - 1, after)}' are in reverse collating sequence order`
        )
      }
      for (let code = low; code <= high; code++) bytes.push(code)
      at = after
    } else bytes.push(low)
  }
  return { bytes, fill }
}

const checkOperands = (
  context: ProgramContext,
  operands: ReadonlyArray<string>,
  deletes: boolean,
  squeezes: boolean
): void => {
  const explain = (failure: ProgramFailure, reason: string) =>
    new ProgramFailure(failure.message.replace("\n", `\n${reason}\n`))
  const [first, second, third] = operands
  if (second === undefined && deletes === squeezes) {
    const when = deletes ? "both deleting and squeezing repeats" : "translating"
    throw explain(missingAfter(context, first), `Two strings must be given when ${when}.`)
  }
  if (deletes && !squeezes && second !== undefined) {
    throw explain(
      extraOperand(context, second),
      "Only one string may be given when deleting without squeezing repeats."
    )
  }
  if (third !== undefined) throw extraOperand(context, third)
  if (second !== undefined && !deletes && /\[:(?!upper|lower)\w+:\]/.test(second)) {
    throw new ProgramFailure(
      "when translating, the only character classes that may appear in\nstring2 are 'upper' and 'lower'"
    )
  }
}

export const tr: Program = async (context) => {
  const line = parseOptions(context, {
    short: "cCdst",
    long: { complement: "c", delete: "d", "squeeze-repeats": "s", "truncate-set1": "t" },
    strict: true
  })
  const [first, second] = line.operands
  if (first === undefined) throw missingOperand(context)
  const deletes = line.has("d")
  const squeezes = line.has("s")
  checkOperands(context, line.operands, deletes, squeezes)
  const complement = line.has("c") || line.has("C")
  let from = parseSet(context, first).bytes
  if (complement) from = Array.from({ length: 256 }, (_, code) => code).filter((code) => !new Set(from).has(code))
  const map = Uint8Array.from({ length: 256 }, (_, code) => code)
  const drop = new Uint8Array(256)
  const squeeze = new Uint8Array(256)
  const target = second === undefined ? undefined : parseSet(context, second)
  const to = target?.bytes ?? []
  if (target?.fill !== undefined) {
    to.splice(target.fill.at, 0, ...Array<number>(Math.max(0, from.length - to.length)).fill(target.fill.byte))
  }
  if (deletes) { for (const code of from) drop[code] = 1 }
  else if (target !== undefined) {
    if (to.length === 0) throw new ProgramFailure("when not truncating set1, string2 must be non-empty")
    from.forEach((code, index) => {
      if (index < to.length || !line.has("t")) map[code] = to[Math.min(index, to.length - 1)]
    })
  }
  if (squeezes) { for (const code of target === undefined ? from : to) squeeze[code] = 1 }
  let last = -1
  for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read()) {
    const out = new Uint8Array(chunk.length)
    let size = 0
    for (const byte of chunk) {
      if (drop[byte] === 1) continue
      const mapped = map[byte]
      if (squeeze[mapped] === 1 && mapped === last) continue
      last = mapped
      out[size++] = mapped
    }
    await context.stdout.write(out.subarray(0, size))
  }
  return 0
}
