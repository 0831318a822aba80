/** awk: POSIX's, with what scripts use of gawk's. */
import { decodeText } from "../../bash/text.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { Interpreter } from "./interpreter.ts"
import { unescape } from "./lexer.ts"
import { Parser } from "./parser.ts"

const USAGE = "Usage: awk [POSIX or GNU style options] -f progfile [--] file ...\n" +
  "Usage: awk [POSIX or GNU style options] [--] 'program' file ..."

const spec = {
  short: "F:f:v:e:i:bcCghIkNnOPrsStV",
  long: {
    "field-separator=": "F",
    "file=": "f",
    "assign=": "v",
    "source=": "e",
    "include=": "i",
    "characters-as-bytes": "b",
    traditional: "c",
    posix: "P",
    "re-interval": "r",
    sandbox: "S",
    "non-decimal-data": "n"
  },
  strict: true,
  usage: USAGE
}

/** The text of the program, and what is left of the operands. */
const sourceOf = async (
  context: ProgramContext,
  line: CommandLine
): Promise<readonly [source: string, operands: ReadonlyArray<string>]> => {
  const parts: Array<string> = []
  for (const { name, value } of line.options) {
    if (name === "e") parts.push(value)
    else if (name === "f") {
      try {
        const reader = await context.open(value === "/dev/stdin" ? "-" : value)
        parts.push(decodeText(await reader.all()))
      } catch (error) {
        throw new ProgramFailure(`fatal: cannot open source file \`${value}' for reading: ${context.reason(error)}`, 2)
      }
    }
  }
  if (parts.length > 0) return [parts.join("\n"), line.operands]
  if (line.operands.length === 0) throw new ProgramFailure(`no program text\n${USAGE}`, 2)
  return [line.operands[0], line.operands.slice(1)]
}

export const awk: Program = async (context) => {
  const line = parseOptions(context, spec)
  if (line.has("i")) {
    throw new ProgramFailure(`fatal: cannot open source file \`${line.get("i")}': extensions are not supported`, 2)
  }
  const [source, operands] = await sourceOf(context, line)
  const warnings = new Set<string>()
  const warn = (at: number, char: string): void => {
    warnings.add(`cmd. line:${at}: warning: escape sequence \`\\${char}' treated as plain \`${char}'`)
  }
  const script = new Parser(source, warn).run()
  for (const warning of warnings) await context.complain(warning)
  const interpreter = new Interpreter(context, script, ["awk", ...operands])
  for (const { name, value } of line.options) {
    if (name === "v") {
      const at = value.indexOf("=")
      if (!/^[A-Za-z_]\w*=/.test(value)) {
        throw new ProgramFailure(`fatal: \`${value}' argument to \`-v' not in \`var=value' form`, 2)
      }
      interpreter.assign(value.slice(0, at), value.slice(at + 1))
    } else if (name === "F") interpreter.assign("FS", value === "t" ? "\t" : unescape(value))
  }
  return interpreter.run()
}
