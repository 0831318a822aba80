/** fmt: fills paragraphs so that their lines are as even as can be. */
import { encodeText } from "../../bash/text.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { Lines } from "./lines.ts"
import { eachInput } from "./stream.ts"

interface Word {
  readonly text: string
  readonly width: number
  /** Blanks behind the word when it does not end a line. */
  readonly space: number
  readonly period: boolean
  readonly punct: boolean
  readonly paren: boolean
  readonly final: boolean
}

const LEEWAY = 7
const square = (value: number): number => value * value
const MAX_COST = Number.MAX_SAFE_INTEGER

/** What it costs to break behind a word. */
const baseCost = (words: ReadonlyArray<Word>, index: number): number => {
  let cost = square(70)
  const before = words[index - 1]
  const word = words[index]
  if (before !== undefined) {
    if (before.period) cost += before.final ? -square(50) : square(600)
    else if (before.punct) cost -= square(40)
    else if (words[index - 2]?.final === true) cost += square(200) / (before.width + 2)
  }
  if (word.paren) cost -= square(40)
  else if (word.final) cost += square(150) / (word.width + 2)
  return cost
}

const lineCost = (length: number, goal: number, next: number | undefined): number => {
  const difference = goal - length
  let cost = square(difference * 10)
  if (next !== undefined) cost += square(length - next) * 100 / 2
  return cost
}

/** Where the lines of a paragraph begin, found from its end. */
const breaks = (words: ReadonlyArray<Word>, first: number, other: number, width: number, goal: number) => {
  const count = words.length
  const best = new Array<number>(count + 1).fill(MAX_COST)
  const next = new Array<number>(count).fill(count)
  const lengths = new Array<number>(count + 1).fill(0)
  best[count] = 0
  for (let start = count - 1; start >= 0; start--) {
    let length = (start === 0 ? first : other) + words[start].width
    for (let end = start + 1; end <= count; end++) {
      const following = end === count ? undefined : next[end] === count ? undefined : lengths[end]
      const last = end === count
      const cost = (last ? 0 : lineCost(length, goal, following)) + best[end]
      if (cost < best[start]) {
        best[start] = cost
        next[start] = end
        lengths[start] = length
      }
      if (last) break
      length += words[end - 1].space + words[end].width
      if (length >= width) break
    }
    best[start] += start === 0 ? 0 : baseCost(words, start)
  }
  return next
}

const parseWords = (text: string, uniform: boolean): Array<Word> => {
  const pieces = Array.from(text.matchAll(/(\S+)(\s*)/g))
  return pieces.map(([, word, blanks]) => {
    const trimmed = word.replace(/['")\]]+$/, "")
    const period = /[.?!]$/.test(trimmed)
    const lineEnd = blanks === "" || blanks.includes("\n")
    const final = period && (lineEnd || blanks.length > 1)
    return {
      text: word,
      width: encodeText(word).length,
      space: uniform || lineEnd ? (final ? 2 : 1) : blanks.length,
      period,
      punct: /[!-/:-@[-`{-~]$/.test(word) && !period,
      paren: /^[('"[]/.test(word),
      final
    }
  })
}

interface Settings {
  readonly width: number
  readonly goal: number
  readonly crown: boolean
  readonly tagged: boolean
  readonly split: boolean
  readonly uniform: boolean
  readonly prefix: string
}

const indentOf = (text: string): number => {
  let column = 0
  for (const char of /^[ \t]*/.exec(text)![0]) column = char === "\t" ? column + 8 - column % 8 : column + 1
  return column
}

const fill = (lines: ReadonlyArray<string>, { crown, goal, prefix, tagged, uniform, width }: Settings): string => {
  const bare = lines.map((line) => line.slice(prefix.length))
  const first = indentOf(bare[0])
  const other = (crown || tagged) && bare.length > 1 ? indentOf(bare[1]) : tagged ? first + 3 : first
  const words = parseWords(bare.map((line) => line.trim()).join("\n"), uniform)
  const next = breaks(words, first + prefix.length, other + prefix.length, width, goal)
  let out = ""
  for (let start = 0; start < words.length; start = next[start]) {
    out += prefix + " ".repeat(start === 0 ? first : other)
    for (let index = start; index < next[start]; index++) {
      out += words[index].text + (index + 1 < next[start] ? " ".repeat(words[index].space) : "")
    }
    out += "\n"
  }
  return out
}

/** Whether a line goes on the paragraph that has begun. */
const continues = (paragraph: ReadonlyArray<string>, line: string, settings: Settings): boolean => {
  if (settings.split) return false
  const indent = indentOf(line.slice(settings.prefix.length))
  const known = paragraph.map((each) => indentOf(each.slice(settings.prefix.length)))
  if (settings.crown || settings.tagged) {
    if (known.length === 1) return settings.crown || indent !== known[0]
    return indent === known[1]
  }
  return indent === known[0]
}

const number = (context: ProgramContext, text: string): number => {
  if (!/^\d+$/.test(text)) throw new ProgramFailure(`invalid width: ${context.quote(text)}`)
  if (Number(text) > 2500) {
    throw new ProgramFailure(`invalid width: ${context.quote(text)}: Numerical result out of range`)
  }
  return Number(text)
}

export const fmt: Program = (context) => {
  const args = context.args.map((arg) => /^-\d+$/.test(arg) ? `-w${arg.slice(1)}` : arg)
  const line = parseOptions(context, {
    short: "cg:p:stuw:",
    long: {
      "crown-margin": "c",
      "goal=": "g",
      "prefix=": "p",
      "split-only": "s",
      "tagged-paragraph": "t",
      "uniform-spacing": "u",
      "width=": "w"
    }
  }, args)
  const width = line.has("w")
    ? number(context, line.get("w")!)
    : line.has("g")
    ? number(context, line.get("g")!) + 10
    : 75
  const settings: Settings = {
    width,
    goal: line.has("g") ? number(context, line.get("g")!) : Math.floor(width * (2 * (100 - LEEWAY) + 1) / 200),
    crown: line.has("c"),
    tagged: line.has("t"),
    split: line.has("s"),
    uniform: line.has("u"),
    prefix: line.get("p") ?? ""
  }
  return eachInput(context, line.operands, async (reader) => {
    const lines = new Lines(reader.lines())
    let paragraph: Array<string> = []
    const flush = async () => {
      if (paragraph.length > 0) await context.stdout.write(fill(paragraph, settings))
      paragraph = []
    }
    for (let text = await lines.next(); text !== undefined; text = await lines.next()) {
      const filled = text.startsWith(settings.prefix) && text.slice(settings.prefix.length).trim() !== ""
      if (!filled) {
        await flush()
        await context.stdout.line(text.replace(/\s+$/, ""))
        continue
      }
      if (paragraph.length > 0 && (!continues(paragraph, text, settings) || paragraph.length >= 1000)) await flush()
      paragraph.push(text)
    }
    await flush()
  }, (name) => `cannot open ${quoted(name)} for reading`)
}
