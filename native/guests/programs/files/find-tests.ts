/** Tests of find that compare numbers, sizes, times and modes. */
import type { GuestStat } from "../../protocol.ts"
import type { ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { parseDate } from "../system/dates.ts"
import type { Test } from "./find-expression.ts"
import { parseMode } from "./tree.ts"

/** `+n`, `-n` and `n`. */
export const compare = (text: string, word: string): (value: number) => boolean => {
  if (!/^[+-]?\d+(?:\.\d+)?$/.test(text)) {
    throw new ProgramFailure(`invalid argument \`${text}' to \`${word}'`)
  }
  const wanted = Number(text.replace(/^[+-]/, ""))
  if (text.startsWith("+")) return (value) => value > wanted
  return text.startsWith("-") ? (value) => value < wanted : (value) => value === wanted
}

export const permission = (context: ProgramContext, given: string): Test => {
  const text = given.replace(/^[-/]/, "")
  const bits = parseMode(text, 0, false, 0)
  if (bits === undefined) throw new ProgramFailure(`invalid mode ${context.quote(given)}`)
  if (given.startsWith("-")) return ({ stat }) => (stat.mode & bits) === bits
  return given.startsWith("/")
    ? ({ stat }) => bits === 0 || (stat.mode & bits) !== 0
    : ({ stat }) => (stat.mode & 0o7777) === bits
}

const units: Readonly<Record<string, number>> = { b: 512, "": 512, c: 1, w: 2, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }

export const sizeTest = (text: string): Test => {
  const match = /^([+-]?\d+)([bcwkMG]?)$/.exec(text)
  if (match === null) throw new ProgramFailure(`Invalid argument \`${text}' to -size`)
  const test = compare(match[1], "-size")
  return ({ stat }) => test(Math.ceil(stat.size / units[match[2]]))
}

type Clock = "atimeMs" | "mtimeMs" | "ctimeMs"
const clocks: Readonly<Record<string, Clock>> = { a: "atimeMs", m: "mtimeMs", c: "ctimeMs" }

/** `-mtime`, `-amin` and their kin. */
export const ageOf = (word: string, text: string, now: number): Test => {
  const unit = word.endsWith("min") ? 60_000 : 86_400_000
  const clock = clocks[word[1]]
  const test = compare(text, word)
  const wanted = Number(text.replace(/^[+-]/, ""))
  // Minutes count in full, days are cut off.
  if (unit === 60_000) {
    if (text.startsWith("-")) return ({ stat }) => now - stat[clock] < wanted * unit
    if (text.startsWith("+")) return ({ stat }) => now - stat[clock] > wanted * unit
    return ({ stat }) => Math.ceil((now - stat[clock]) / unit) === wanted
  }
  return ({ stat }) => test(Math.floor((now - stat[clock]) / unit))
}

/** `-newer FILE`, `-anewer`, `-newermt TIME`. */
export const newerThan = (context: ProgramContext, word: string, text: string, now: number): Test => {
  const letters = /^-newer([amcB])([amct])$/.exec(word)
  const own = letters === null ? clocks[word[1]] ?? "mtimeMs" : clocks[letters[1]] ?? "mtimeMs"
  if (letters?.[2] === "t") {
    const time = parseDate(text, now, context.zone)
    if (time === undefined) {
      throw new ProgramFailure(`I cannot figure out how to interpret ${context.quote(text)} as a date or time`)
    }
    return ({ stat }) => stat[own] > time
  }
  const other = clocks[letters?.[2] ?? "m"]
  let reference: Promise<GuestStat> | undefined
  return async ({ stat }) => {
    reference ??= context.sys("stat", context.path(text))
    return stat[own] > (await reference)[other]
  }
}
