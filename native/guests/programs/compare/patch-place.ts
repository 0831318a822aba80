/** Where a hunk of a patch fits into a file. */
import type { Hunk } from "./patch-parse.ts"

/** The line at which a hunk should be, counted from 0, when what was before it has moved by so much. */
export const expectedAt = ({ lines, oldStart }: Hunk, offset: number): number => {
  const isInsertion = lines.every((line) => line[0] === "+")
  return Math.max(0, oldStart - (isInsertion && oldStart > 0 ? 0 : 1)) + offset
}

/** The lines that take the place of a hunk's old ones; context stays as the file has it. */
export const replaced = (lines: ReadonlyArray<string>, hunk: Hunk, place: number): Array<string> => {
  const fresh: Array<string> = []
  let at = place
  for (const each of hunk.lines) {
    if (each[0] === "+") fresh.push(each.slice(1))
    else {
      if (each[0] === " " && at < lines.length) fresh.push(lines[at])
      at++
    }
  }
  return fresh
}

const blanksAsOne = (text: string): string => text.replace(/\s+/g, " ").trim()

/** A hunk's place, or the nearest one, where so many lines of its context need not agree. */
export const findPlace = (
  lines: ReadonlyArray<string>,
  hunk: Hunk,
  offset: number,
  fuzz: number,
  blanks: boolean
): number | undefined => {
  const expected = expectedAt(hunk, offset)
  const old = hunk.lines.filter((line) => line[0] !== "+")
  const before = hunk.lines.findIndex((line) => line[0] !== " ")
  const after = hunk.lines.length - 1 - hunk.lines.findLastIndex((line) => line[0] !== " ")
  const context = Math.max(before, after)
  if (fuzz > context) return undefined
  // less context at one side than at the other: the file ends there
  const [head, tail] = [fuzz + before - context, fuzz + after - context]
  const [from, to] = [Math.max(0, head), old.length - Math.max(0, tail)]
  const wanted = old.slice(from, to)
  const same = (a: string, b: string) => blanks ? blanksAsOne(a) === blanksAsOne(b) : a === b
  const fits = (at: number) =>
    at >= 0 && at + from + wanted.length <= lines.length &&
    wanted.every((line, index) => same(line.slice(1), lines[at + from + index]))
  const only = (at: number) => fits(at) ? at : undefined
  if (old.length > 0 && head < 0 && hunk.oldStart <= 1) {
    return tail < 0 && old.length !== lines.length ? undefined : only(0)
  }
  if (old.length > 0 && tail < 0) return only(lines.length - old.length)
  for (let distance = 0; distance <= lines.length; distance++) {
    if (fits(expected + distance)) return expected + distance
    if (distance > 0 && fits(expected - distance)) return expected - distance
  }
  return undefined
}
