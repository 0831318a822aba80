/** uniq. */
import type { CommandLine } from "../options.ts"
import { extraOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"

const count = (line: CommandLine, letter: string, what: string): number | undefined => {
  const text = line.get(letter)
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new ProgramFailure(`${text}: invalid number of ${what}`)
  return Number(text)
}

const keyMaker = (line: CommandLine): (text: string) => string => {
  const fields = count(line, "f", "fields to skip") ?? 0
  const chars = count(line, "s", "bytes to skip") ?? 0
  const width = count(line, "w", "bytes to compare")
  const skip = new RegExp(`^(?:[ \\t]*[^ \\t]+){0,${Math.min(fields, 10_000)}}`)
  return (text) => {
    let key = (fields > 0 ? text.replace(skip, "") : text).slice(chars)
    if (width !== undefined) key = key.slice(0, width)
    return line.has("i") ? key.toLowerCase() : key
  }
}

const methods: Readonly<Record<string, ReadonlyArray<string>>> = {
  "all-repeated": ["none", "prepend", "separate"],
  group: ["prepend", "append", "separate", "both"]
}

/** How groups of lines are set apart, if whole groups are shown. */
const separation = (
  context: ProgramContext,
  line: CommandLine,
  option: string,
  otherwise: string
): string | undefined => {
  if (!line.has(option)) return undefined
  const text = line.get(option) || otherwise
  const found = methods[option].find((method) => method.startsWith(text))
  if (found === undefined) {
    throw new ProgramFailure(
      `invalid argument ${context.quote(text)} for ${context.quote(`--${option}`)}\nValid arguments are:\n${
        methods[option].map((method) => `  - ${context.quote(method)}\n`).join("")
      }Try 'uniq --help' for more information.`
    )
  }
  return found
}

export const uniq: Program = async (context) => {
  const line = parseOptions(context, {
    short: "cdDf:is:uw:z",
    long: {
      count: "c",
      repeated: "d",
      "all-repeated[=": "all-repeated",
      "group[=": "group",
      "skip-fields=": "f",
      "ignore-case": "i",
      "skip-chars=": "s",
      unique: "u",
      "check-chars=": "w",
      "zero-terminated": "z"
    }
  })
  const [name = "-", output, extra] = line.operands
  if (extra !== undefined) throw extraOperand(context, extra)
  const keyOf = keyMaker(line)
  const all = line.has("D") || line.has("all-repeated")
  const repeated = separation(context, line, "all-repeated", "none") ?? "none"
  const grouped = separation(context, line, "group", "separate")
  if (all && line.has("c")) {
    throw new ProgramFailure(
      "printing all duplicated lines and repeat counts is meaningless\nTry 'uniq --help' for more information."
    )
  }
  if (grouped !== undefined && ["c", "d", "D", "u", "all-repeated"].some((each) => line.has(each))) {
    throw new ProgramFailure(
      "--group is mutually exclusive with -c/-d/-D/-u\nTry 'uniq --help' for more information."
    )
  }
  const reader = await context.open(name).catch((error: unknown) => {
    throw new ProgramFailure(`${name}: ${context.reason(error)}`)
  })
  const target = output === undefined || output === "-" ? undefined : await context.create(output)
  const writer = target?.writer ?? context.stdout
  const end = line.has("z") ? "\0" : "\n"
  const whole = all || grouped !== undefined
  let group: Array<string> = []
  let size = 0
  let key: string | undefined
  let groups = 0
  const emit = async () => {
    if (key === undefined) return
    if (grouped === undefined && ((size < 2 && (line.has("d") || all)) || (size > 1 && line.has("u")))) return
    const mark = grouped ?? repeated
    const before = mark === "prepend" || mark === "both" || ((mark === "separate") && groups > 0)
    groups++
    let text = whole && before ? end : ""
    const label = line.has("c") ? `${String(size).padStart(7)} ` : ""
    for (const each of whole ? group : group.slice(0, 1)) text += label + each + end
    if (whole && mark === "append") text += end
    await writer.write(text)
  }
  const lines = reader.lines(line.has("z") ? 0 : 10)
  for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
    for (const text of batch) {
      const next = keyOf(text)
      if (next !== key) {
        await emit()
        key = next
        group = [text]
        size = 1
      } else {
        size++
        if (whole) group.push(text)
      }
    }
  }
  await emit()
  if (grouped === "both" && groups > 0) await writer.write(end)
  await target?.close()
  return 0
}
