/** tsort and envsubst. */
import { decodeText } from "../../bash/text.ts"
import { extraOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"

interface Node {
  readonly name: string
  /** How many come before it. */
  before: number
  readonly after: Array<Node>
}

export const tsort: Program = async (context) => {
  const { operands } = parseOptions(context, { short: "" })
  if (operands.length > 1) throw extraOperand(context, operands[1])
  const [name = "-"] = operands
  const reader = await context.open(name).catch((error: unknown) => {
    throw new ProgramFailure(`${name}: ${context.reason(error)}`)
  })
  const words = decodeText(await reader.all()).split(/[ \t\n]+/).filter((word) => word !== "")
  if (words.length % 2 === 1) throw new ProgramFailure(`${name}: input contains an odd number of tokens`)
  const nodes = new Map<string, Node>()
  const node = (word: string): Node => {
    let found = nodes.get(word)
    if (found === undefined) nodes.set(word, found = { name: word, before: 0, after: [] })
    return found
  }
  for (let index = 0; index < words.length; index += 2) {
    const [first, second] = [node(words[index]), node(words[index + 1])]
    if (first === second) continue
    first.after.push(second)
    second.before++
  }
  return printSorted(context, name, nodes)
}

const printSorted = async (context: ProgramContext, file: string, nodes: Map<string, Node>): Promise<number> => {
  const left = new Set(Array.from(nodes.values()).sort((a, b) => a.name < b.name ? -1 : 1))
  let ready = Array.from(left).filter((each) => each.before === 0)
  let status = 0
  while (left.size > 0) {
    for (let at = 0; at < ready.length; at++) {
      const next = ready[at]
      left.delete(next)
      await context.stdout.line(next.name)
      // What was named last is freed first.
      for (const after of next.after.slice().reverse()) if (--after.before === 0 && left.has(after)) ready.push(after)
    }
    if (left.size === 0) break
    status = 1
    await context.complain(`${file}: input contains a loop:`)
    const loop = findLoop(left)
    for (const each of loop) await context.complain(each.name)
    const [from, to] = [loop[loop.length - 1], loop[0]]
    from.after.splice(from.after.indexOf(to), 1)
    ready = --to.before === 0 ? [to] : []
  }
  return status
}

/** Some nodes of which each comes before the next and the last before the first. */
const findLoop = (left: ReadonlySet<Node>): Array<Node> => {
  const path: Array<Node> = []
  let [current] = left
  for (;;) {
    const seen = path.indexOf(current)
    if (seen >= 0) return path.slice(seen)
    path.push(current)
    const before = Array.from(left).find((each) => each.after.includes(current))
    const after = current.after.find((each) => left.has(each))
    current = after ?? before ?? current
  }
}

const variable = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g

export const envsubst: Program = async (context) => {
  const line = parseOptions(context, { short: "hVv", long: { variables: "v" } })
  const [format, extra] = line.operands
  if (extra !== undefined) throw new ProgramFailure("too many arguments")
  if (line.has("v")) {
    if (format === undefined) throw new ProgramFailure("missing arguments")
    for (const [, braced, plain] of format.matchAll(variable)) await context.stdout.line(braced ?? plain)
    return 0
  }
  const allowed = format === undefined
    ? undefined
    : new Set(Array.from(format.matchAll(variable), ([, braced, plain]) => braced ?? plain))
  const replace = (text: string) =>
    text.replace(variable, (whole, braced: string | undefined, plain: string | undefined) => {
      const name = braced ?? plain!
      return allowed === undefined || allowed.has(name) ? context.env.get(name) ?? "" : whole
    })
  const lines = context.stdin.lines()
  for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
    await context.stdout.write(replace(batch.join("\n")) + (lines.unterminated ? "" : "\n"))
  }
  return 0
}
