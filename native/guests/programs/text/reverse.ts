/** tac and rev. */
import { characters, decodeText, encodeText } from "../../bash/text.ts"
import { parseOptions } from "../options.ts"
import type { Program } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { compileRegex } from "./regex.ts"
import { eachInput } from "./stream.ts"

/** The text in pieces, each with its separator behind or before it. */
const pieces = (
  text: string,
  next: (from: number) => readonly [number, number] | undefined,
  before: boolean
): Array<string> => {
  const result: Array<string> = []
  let start = 0
  for (let found = next(0); found !== undefined; found = next(found[1])) {
    const cut = before ? found[0] : found[1]
    if (cut > start || !before) result.push(text.slice(start, cut))
    start = cut
  }
  if (start < text.length) result.push(text.slice(start))
  return result
}

export const tac: Program = (context) => {
  const line = parseOptions(context, { short: "brs:", long: { before: "b", regex: "r", "separator=": "s" } })
  const separator = line.get("s") ?? "\n"
  if (separator === "" && line.has("r")) throw new ProgramFailure("separator cannot be empty")
  const regex = line.has("r") ? compileRegex(separator, { extended: false, spans: true }) : undefined
  if (line.has("r") && regex === undefined) throw new ProgramFailure("Invalid regular expression")
  return eachInput(context, line.operands, async (reader) => {
    const bytes = await reader.all()
    if (separator !== "\n" || line.has("b") || regex !== undefined) {
      const text = decodeText(bytes)
      const mark = separator === "" ? "\0" : separator
      const next = (from: number): readonly [number, number] | undefined => {
        if (regex !== undefined) {
          const span = regex.find(text, from)
          return span === undefined || span.end === span.start ? undefined : [span.start, span.end]
        }
        const at = text.indexOf(mark, from)
        return at < 0 ? undefined : [at, at + mark.length]
      }
      await context.stdout.write(encodeText(pieces(text, next, line.has("b")).reverse().join("")))
      return
    }
    let end = bytes.length
    while (end > 0) {
      const at = end - 2 < 0 ? -1 : bytes.lastIndexOf(10, end - 2)
      const pending = context.stdout.write(bytes.subarray(at + 1, end))
      if (pending !== undefined) await pending
      end = at + 1
    }
  }, (name) => `failed to open ${quoted(name)} for reading`)
}

export const rev: Program = (context) => {
  const { operands } = parseOptions(context, { short: "", long: {} })
  return eachInput(context, operands, async (reader) => {
    const lines = reader.lines()
    for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
      const text = batch.map((each) => characters(each).slice().reverse().join("")).join("\n")
      await context.stdout.write(lines.unterminated ? text : `${text}\n`)
    }
  }, (name) => `cannot open ${name}`)
}
