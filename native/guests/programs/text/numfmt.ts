/** numfmt. */
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { Lines } from "./lines.ts"

const letters = "KMGTPEZY"

type Scale = "none" | "auto" | "si" | "iec" | "iec-i"

const scaleOf = (context: ProgramContext, line: CommandLine, option: string): Scale => {
  const text = line.get(option) ?? "none"
  if (/^(?:none|auto|si|iec|iec-i)$/.test(text) && !(option === "to" && text === "auto")) return text as Scale
  const valid = ["none", ...(option === "to" ? [] : ["auto"]), "si", "iec", "iec-i"]
  throw new ProgramFailure(
    `invalid argument ${context.quote(text)} for ${context.quote(`--${option}`)}\nValid arguments are:\n${
      valid.map((each) => `  - ${context.quote(each)}\n`).join("")
    }Try 'numfmt --help' for more information.`
  )
}

const parse = (context: ProgramContext, text: string, scale: Scale, suffix: string): number => {
  const trimmed = suffix !== "" && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text
  const match = /^(-?\d+(?:\.\d+)?)([KkMGTPEZY]i?)?(.*)$/.exec(trimmed)
  if (match === null) throw new ProgramFailure(`invalid number: ${context.quote(text)}`, 2)
  const [, digits, unit, rest] = match
  if (rest !== "") throw new ProgramFailure(`invalid suffix in input: ${context.quote(text)}`, 2)
  if (unit === undefined) return Number(digits)
  if (scale === "none") {
    throw new ProgramFailure(`rejecting suffix in input: ${context.quote(text)} (consider using --from)`, 2)
  }
  if (scale === "iec-i" && !unit.endsWith("i")) {
    throw new ProgramFailure(`missing 'i' suffix in input: ${context.quote(text)} (e.g Ki/Mi/Gi)`, 2)
  }
  if (unit.endsWith("i") && (scale === "si" || scale === "iec")) {
    throw new ProgramFailure(`invalid suffix in input: ${context.quote(text)}`, 2)
  }
  const base = scale === "iec" || scale === "iec-i" || unit.endsWith("i") ? 1024 : 1000
  return Number(digits) * base ** (letters.indexOf(unit[0].toUpperCase()) + 1)
}

const roundings: Readonly<Record<string, (value: number) => number>> = {
  up: Math.ceil,
  down: Math.floor,
  "from-zero": (value) => value < 0 ? Math.floor(value) : Math.ceil(value),
  "towards-zero": Math.trunc,
  nearest: (value) => Math.sign(value) * Math.round(Math.abs(value))
}

const show = (value: number, scale: Scale, round: (value: number) => number, precision: number | undefined): string => {
  const exactly = (number: number, digits: number) => (round(number * 10 ** digits) / 10 ** digits).toFixed(digits)
  if (scale === "none") return precision === undefined ? String(value) : exactly(value, precision)
  const base = scale === "si" ? 1000 : 1024
  let power = 0
  let scaled = value
  while (Math.abs(scaled) >= base && power < letters.length) {
    scaled /= base
    power++
  }
  let digits = precision ?? (power > 0 && Math.abs(scaled) < 10 ? 1 : 0)
  let rounded = round(scaled * 10 ** digits) / 10 ** digits
  if (Math.abs(rounded) >= base) {
    rounded /= base
    power++
    digits = precision ?? 1
  } else if (precision === undefined && power > 0 && Math.abs(rounded) >= 10 && digits === 1) digits = 0
  const letter = power === 0 ? "" : scale === "si" && power === 1 ? "K" : letters[power - 1]
  return `${rounded.toFixed(digits)}${letter}${power > 0 && scale === "iec-i" ? "i" : ""}`
}

interface Format {
  readonly before: string
  readonly after: string
  readonly flags: string
  readonly width: number
  readonly precision: number | undefined
}

const parseFormat = (context: ProgramContext, text: string | undefined): Format => {
  if (text === undefined) return { before: "", after: "", flags: "", width: 0, precision: undefined }
  const match = /^((?:[^%]|%%)*)%([-'0 ]*)(\d*)(?:\.(\d*))?f((?:[^%]|%%)*)$/.exec(text)
  if (match === null) {
    throw new ProgramFailure(
      text.includes("%")
        ? `invalid format ${context.quote(text)}, directive must be %[0]['][-][N][.][N]f`
        : `format ${context.quote(text)} has no % directive`
    )
  }
  return {
    before: match[1].replaceAll("%%", "%"),
    after: match[5].replaceAll("%%", "%"),
    flags: match[2],
    width: Number(match[3]),
    precision: match[4] === undefined ? undefined : Number(match[4])
  }
}

/** Whether a field is among those chosen, such as `1,3-5`. */
const chosen = (text: string, field: number): boolean =>
  text.split(",").some((part) => {
    const match = /^(\d*)(-?)(\d*)$/.exec(part)
    if (match === null) return false
    const low = Number(match[1] || 1)
    const high = match[2] === "" ? low : match[3] === "" ? Infinity : Number(match[3])
    return field >= low && field <= high
  })

export const numfmt: Program = async (context) => {
  const args = context.args.map((arg) => /^-\d/.test(arg) ? `\0${arg}` : arg)
  const line = parseOptions(context, {
    short: "d:z",
    long: {
      debug: "debug",
      "delimiter=": "d",
      "field=": "field",
      "format=": "format",
      "from=": "from",
      "from-unit=": "from-unit",
      grouping: "grouping",
      "header[=": "header",
      "invalid=": "invalid",
      "padding=": "padding",
      "round=": "round",
      "suffix=": "suffix",
      "to=": "to",
      "to-unit=": "to-unit",
      "zero-terminated": "z"
    }
  }, args)
  const [from, to] = [scaleOf(context, line, "from"), scaleOf(context, line, "to")]
  const round = roundings[line.get("round") ?? "from-zero"]
  if (round === undefined) {
    throw new ProgramFailure(`invalid argument ${context.quote(line.get("round")!)} for ${context.quote("--round")}`)
  }
  const unit = (name: string) => line.has(name) ? parse(context, line.get(name)!, "auto", "") : 1
  const [fromUnit, toUnit] = [unit("from-unit"), unit("to-unit")]
  const format = parseFormat(context, line.get("format"))
  const suffix = line.get("suffix") ?? ""
  const padding = Number(line.get("padding") ?? 0)
  if (line.has("padding") && (!Number.isInteger(padding) || padding === 0)) {
    throw new ProgramFailure(`invalid padding value ${context.quote(line.get("padding")!)}`)
  }
  const invalid = line.get("invalid") ?? "abort"
  const field = line.get("field") ?? "1"
  const delimiter = line.get("d")
  let status = 0
  const convert = async (text: string, width: number): Promise<string> => {
    try {
      const value = parse(context, text.trim(), from, suffix) * fromUnit / toUnit
      const precision = format.precision ??
        (to === "none" && from === "none" ? /\.(\d+)/.exec(text)?.[1].length : undefined)
      let shown = show(to === "none" && precision === undefined ? round(value) : value, to, round, precision) + suffix
      if (format.width > 0) {
        shown = format.flags.includes("-")
          ? shown.padEnd(format.width)
          : shown.padStart(format.width, format.flags.includes("0") ? "0" : " ")
      }
      if (padding !== 0) shown = padding < 0 ? shown.padEnd(-padding) : shown.padStart(padding)
      else if (width > 0) shown = shown.padStart(width)
      return format.before + shown + format.after
    } catch (error) {
      if (!(error instanceof ProgramFailure) || invalid === "abort") throw error
      if (invalid !== "ignore") await context.complain(error.message)
      if (invalid === "fail" || invalid === "warn") status = invalid === "fail" ? 2 : status
      return text
    }
  }
  const whole = async (text: string): Promise<string> => {
    if (delimiter !== undefined) {
      const parts = text.split(delimiter)
      for (let index = 0; index < parts.length; index++) {
        if (chosen(field, index + 1)) parts[index] = await convert(parts[index], 0)
      }
      return parts.join(delimiter)
    }
    let out = ""
    let index = 0
    for (const [, blanks, word] of text.matchAll(/([ \t]*)([^ \t]+)/g)) {
      index++
      // one blank is the delimiter; what is before the word beyond it belongs to the column, whose width stays
      const lead = index === 1 ? "" : " "
      const column = blanks.slice(lead.length) + word
      out += lead +
        (chosen(field, index) ? await convert(word, index > 1 || blanks !== "" ? column.length : 0) : column)
    }
    return out
  }
  const end = line.has("z") ? "\0" : "\n"
  if (line.operands.length > 0) {
    for (const operand of line.operands) await context.stdout.write(await whole(operand.replace("\0", "")) + end)
    return status
  }
  const lines = new Lines(context.stdin.lines(line.has("z") ? 0 : 10))
  let headers = line.has("header") ? Number(line.get("header") || 1) : 0
  for (let text = await lines.next(); text !== undefined; text = await lines.next()) {
    await context.stdout.write((headers-- > 0 ? text : await whole(text)) + end)
  }
  return status
}
