/** nl. */
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { compileRegex } from "./regex.ts"
import { eachInput } from "./stream.ts"

type Numbers = (text: string, blanks: number) => boolean

const styleOf = (
  context: ProgramContext,
  line: CommandLine,
  letter: string,
  section: string,
  otherwise: string
): Numbers => {
  const style = line.get(letter) ?? otherwise
  const join = amount(context, line, "l", "line number of blank lines", 1)
  if (style === "a") return (text, blanks) => text !== "" || blanks % join === 0
  if (style === "t") return (text) => text !== ""
  if (style === "n") return () => false
  const regex = style.startsWith("p") ? compileRegex(style.slice(1), { extended: false }) : undefined
  if (regex !== undefined) return (text) => regex.test(text)
  throw new ProgramFailure(
    `invalid ${section} numbering style: ${context.quote(style)}\nTry 'nl --help' for more information.`
  )
}

const amount = (
  context: ProgramContext,
  line: CommandLine,
  letter: string,
  what: string,
  otherwise: number
): number => {
  const text = line.get(letter)
  if (text === undefined) return otherwise
  const least = letter === "v" || letter === "i" ? -Infinity : 1
  if (!/^-?\d+$/.test(text)) throw new ProgramFailure(`invalid ${what}: ${context.quote(text)}`)
  if (Number(text) < least) {
    throw new ProgramFailure(`invalid ${what}: ${context.quote(text)}: Numerical result out of range`)
  }
  return Number(text)
}

export const nl: Program = async (context) => {
  const line = parseOptions(context, {
    short: "b:d:f:h:i:l:n:ps:v:w:",
    long: {
      "body-numbering=": "b",
      "section-delimiter=": "d",
      "footer-numbering=": "f",
      "header-numbering=": "h",
      "line-increment=": "i",
      "join-blank-lines=": "l",
      "number-format=": "n",
      "no-renumber": "p",
      "number-separator=": "s",
      "starting-line-number=": "v",
      "number-width=": "w"
    }
  })
  const sections = {
    header: styleOf(context, line, "h", "header", "n"),
    body: styleOf(context, line, "b", "body", "t"),
    footer: styleOf(context, line, "f", "footer", "n")
  }
  const width = amount(context, line, "w", "line number field width", 6)
  const start = amount(context, line, "v", "starting line number", 1)
  const increment = amount(context, line, "i", "line number increment", 1)
  const separator = line.get("s") ?? "\t"
  const format = line.get("n") ?? "rn"
  if (!/^(?:ln|rn|rz)$/.test(format)) {
    throw new ProgramFailure(
      `invalid line numbering format: ${context.quote(format)}\nTry 'nl --help' for more information.`
    )
  }
  const given = line.get("d") ?? "\\:"
  const mark = given.length === 1 ? `${given}:` : given
  const label = (value: number) => {
    if (format === "ln") return String(value).padEnd(width)
    if (format === "rn") return String(value).padStart(width)
    return value < 0 ? `-${String(-value).padStart(width - 1, "0")}` : String(value).padStart(width, "0")
  }
  let section: keyof typeof sections = "body"
  let number = start
  let blanks = 0
  return eachInput(context, line.operands, async (reader) => {
    const lines = reader.lines()
    for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
      for (const text of batch) {
        const repeats =
          mark !== "" && text.length % mark.length === 0 && text === mark.repeat(text.length / mark.length)
            ? text.length / mark.length
            : 0
        if (repeats >= 1 && repeats <= 3) {
          section = (["footer", "body", "header"] as const)[repeats - 1]
          if (!line.has("p")) number = start
          blanks = 0
          await context.stdout.write("\n")
          continue
        }
        blanks = text === "" ? blanks + 1 : 0
        const counts = sections[section](text, blanks)
        if (counts && text === "") blanks = 0
        await context.stdout.line((counts ? label(number) + separator : " ".repeat(width + separator.length)) + text)
        if (counts) number += increment
      }
    }
  })
}
