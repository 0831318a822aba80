/** wc. */
import { parseOptions } from "../options.ts"
import type { Program, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { eachInput } from "./stream.ts"

interface Counts {
  lines: number
  words: number
  chars: number
  bytes: number
  longest: number
}

const countLines = (chunk: Uint8Array): number => {
  let lines = 0
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++
  return lines
}

/** 0 for blanks, 1 for what makes words, 2 for controls, which do neither. */
const kinds = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte === 32 || (byte >= 9 && byte <= 13) ? 0 : byte < 32 || byte === 127 ? 2 : 1
)

const count = async (reader: Reader, full: boolean): Promise<Counts> => {
  const counts: Counts = { lines: 0, words: 0, chars: 0, bytes: 0, longest: 0 }
  let inWord = false
  let column = 0
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    counts.bytes += chunk.length
    counts.lines += countLines(chunk)
    if (!full) continue
    for (const byte of chunk) {
      const first = (byte & 0xc0) !== 0x80
      if (first) counts.chars++
      const kind = kinds[byte]
      if (kind === 1) {
        if (!inWord) counts.words++
        inWord = true
        if (first) column++
      } else if (kind === 0) {
        inWord = false
        if (byte === 10 || byte === 13 || byte === 12) {
          counts.longest = Math.max(counts.longest, column)
          column = 0
        } else if (byte === 9) column += 8 - column % 8
        else if (byte === 32) column++
      }
    }
  }
  counts.longest = Math.max(counts.longest, column)
  return counts
}

export const wc: Program = async (context) => {
  const line = parseOptions(context, {
    short: "clmwL",
    long: { bytes: "c", lines: "l", chars: "m", words: "w", "max-line-length": "L", "files0-from=": "files0-from" }
  })
  const chosen = line.options.filter(({ name }) => name.length === 1)
  const has = (letter: string) => chosen.length === 0 ? "lwc".includes(letter) : line.has(letter)
  const full = has("w") || has("m") || has("L")
  const names = line.has("files0-from") ? await namesFrom(context, line.get("files0-from")!) : line.operands
  const total: Counts = { lines: 0, words: 0, chars: 0, bytes: 0, longest: 0 }
  const rows: Array<readonly [Counts, string]> = []
  let piped = false
  let size = 0
  const status = await eachInput(context, names, async (reader, name) => {
    const counts: Counts = { lines: 0, words: 0, chars: 0, bytes: 0, longest: 0 }
    if (reader.file.target.startsWith("/") && !reader.file.target.startsWith("/dev/")) {
      const stat = await context.sys("stat", reader.file.target).catch(() => undefined)
      if (stat?.type === "file") size += stat.size
      else piped = true
    } else piped = true
    rows.push([counts, names.length === 0 ? "" : name])
    Object.assign(counts, await count(reader, full))
    for (const key of ["lines", "words", "chars", "bytes"] as const) total[key] += counts[key]
    total.longest = Math.max(total.longest, counts.longest)
  })
  if (names.length > 1) rows.push([total, "total"])
  const values = (counts: Counts) =>
    ([["l", counts.lines], ["w", counts.words], ["m", counts.chars], ["c", counts.bytes], [
      "L",
      counts.longest
    ]] as const)
      .filter(([letter]) => has(letter)).map(([, value]) => value)
  const single = values(total).length === 1 && names.length <= 1
  const digits = single ? 1 : line.has("files0-from") ? 1 : Math.max(piped ? 7 : 1, String(size).length)
  for (const [counts, name] of rows) {
    const text = values(counts).map((value) => String(value).padStart(digits)).join(" ")
    await context.stdout.write(`${text}${name === "" ? "" : ` ${name}`}\n`)
  }
  return status
}

const namesFrom = async (context: Parameters<Program>[0], list: string): Promise<Array<string>> => {
  const reader = await context.open(list).catch((error: unknown) => {
    throw new ProgramFailure(`cannot open ${context.quote(list)} for reading: ${context.reason(error)}`)
  })
  const names: Array<string> = []
  const lines = reader.lines(0)
  for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) names.push(...batch)
  return names
}
