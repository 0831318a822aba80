/** seq. */
import { extraOperand, missingOperand } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { Informed, ProgramFailure } from "../program.ts"
import { formatText } from "../text/printf.ts"

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

/** Whole numbers of any size. */
const countBig = async (
  context: ProgramContext,
  words: readonly [string, string, string],
  separator: string,
  padded: boolean
) => {
  const [from, by, to] = words.map((word) => BigInt(word.replace("+", "")))
  const width = padded ? Math.max(String(from).length, String(to).length) : 0
  let first = true
  for (let value = from; by > 0n ? value <= to : value >= to; value += by) {
    const tick = context.tick()
    if (tick !== undefined) await tick
    const text = value < 0n ? `-${String(-value).padStart(width - 1, "0")}` : String(value).padStart(width, "0")
    const pending = context.stdout.write((first ? "" : separator) + text)
    if (pending !== undefined) await pending
    first = false
  }
  if (!first) await context.stdout.write("\n")
}

const fail = (message: string): never => {
  throw new ProgramFailure(`${message}\nTry 'seq --help' for more information.`)
}

interface Settings {
  separator: string
  padded: boolean
  format: string | undefined
}

const parse = (context: ProgramContext): { readonly settings: Settings; readonly words: Array<string> } => {
  const words = context.args.slice()
  const settings: Settings = { separator: "\n", padded: false, format: undefined }
  const value = (name: string): string => words.shift() ?? fail(`option requires an argument -- '${name}'`)
  while (/^-[^\d.]/.test(words[0] ?? "") && !/^-inf/.test(words[0])) {
    const word = words.shift()!
    if (word === "--") break
    if (word === "--help" || word === "--version") {
      throw new Informed(word === "--help" ? "help" : "version", { short: "f:s:w" })
    }
    if (word === "-w" || word === "--equal-width") settings.padded = true
    else if (word === "-s" || word === "--separator") settings.separator = value("s")
    else if (word.startsWith("--separator=")) settings.separator = word.slice(12)
    else if (word === "-f" || word === "--format") settings.format = value("f")
    else if (word.startsWith("--format=")) settings.format = word.slice(9)
    else if (word.startsWith("-s")) settings.separator = word.slice(2)
    else if (word.startsWith("-f")) settings.format = word.slice(2)
    else fail(word.startsWith("--") ? `unrecognized option '${word}'` : `invalid option -- '${word[1]}'`)
  }
  return { settings, words: words.filter((word) => word !== "--") }
}

const checkFormat = (context: ProgramContext, format: string): void => {
  const plain = format.replaceAll("%%", "")
  const at = plain.indexOf("%")
  if (at < 0) throw new ProgramFailure(`format ${context.quote(format)} has no % directive`)
  const directive = /^%[-+ 0#']*\d*(?:\.\d*)?(.?)/.exec(plain.slice(at))!
  if (directive[1] === "") throw new ProgramFailure(`format ${context.quote(format)} ends in %`)
  if (!/[aefgAEFG]/.test(directive[1])) {
    throw new ProgramFailure(`format ${context.quote(format)} has unknown %${directive[1]} directive`)
  }
  if (plain.slice(at + directive[0].length).includes("%")) {
    throw new ProgramFailure(`format ${context.quote(format)} has too many % directives`)
  }
}

const number = /^[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf(?:inity)?)$/
const decimals = (text: string): number => {
  const match = /(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(text)
  return Math.max(0, (match?.[1]?.length ?? 0) - Number(match?.[2] ?? 0))
}
const valueOf = (text: string): number => {
  const sign = text.startsWith("-") ? -1 : 1
  const digits = text.replace(/^[-+]/, "")
  return sign * (digits.startsWith("inf") ? Infinity : Number(digits))
}

export const seq: Program = async (context) => {
  const { settings: { format, padded, separator }, words } = parse(context)
  if (words.length === 0) throw missingOperand(context)
  if (words.length > 3) throw extraOperand(context, words[3])
  const bad = words.find((word) => !number.test(word))
  if (bad !== undefined) fail(`invalid floating point argument: ${context.quote(bad)}`)
  const [first, step, last] = words.length === 1
    ? ["1", "1", words[0]]
    : words.length === 2
    ? [words[0], "1", words[1]]
    : words
  const [from, by, to] = [first, step, last].map(valueOf)
  if (by === 0) fail(`invalid Zero increment value: ${context.quote(step)}`)
  if (format !== undefined) {
    if (padded) fail("format string may not be specified when printing equal width strings")
    checkFormat(context, format)
  }
  const whole = [first, step].every((word) => /^[-+]?\d+$/.test(word))
  const small = Number.isSafeInteger(from) && from >= 0 && (Number.isSafeInteger(to) || to === Infinity)
  if (whole && by === 1 && small && !padded && format === undefined && separator.length === 1) {
    const end = to === Infinity ? Number.MAX_SAFE_INTEGER : to
    if (end >= from) await countUp(context, from, end, separator.charCodeAt(0))
    return 0
  }
  if (whole && /^[-+]?\d+$/.test(last) && format === undefined) {
    await countBig(context, [first, step, last], separator, padded)
    return 0
  }
  const places = Math.max(decimals(first), decimals(step))
  const width = padded ? Math.max(from.toFixed(places).length, to.toFixed(places).length) : 0
  const total = Math.floor((to - from) / by + 1e-10)
  for (let index = 0; index <= total; index++) {
    const tick = context.tick()
    if (tick !== undefined) await tick
    const value = (from + index * by).toFixed(places)
    const text = value.startsWith("-") ? `-${value.slice(1).padStart(width - 1, "0")}` : value.padStart(width, "0")
    const shown = format === undefined ? text : formatText(format, [value], { startedAt: 0 }).text
    await context.stdout.write((index > 0 ? separator : "") + shown)
  }
  if (total >= 0) await context.stdout.write("\n")
  return 0
}
