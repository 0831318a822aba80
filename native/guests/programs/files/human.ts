/** Sizes for people: `4.0K`, and in blocks of a chosen size. */
import { ProgramFailure } from "../program.ts"

/** Rounded up, with one digit behind the point below ten. */
export const humanSize = (bytes: number, base: 1000 | 1024 = 1024): string => {
  if (bytes < base) return String(bytes)
  const letters = base === 1000 ? "kMGTPEZY" : "KMGTPEZY"
  let value = bytes
  let power = -1
  while (value >= base) {
    value /= base
    power++
  }
  const tenths = Math.ceil(value * 10 - 1e-9)
  if (tenths < 100) return `${Math.floor(tenths / 10)}.${tenths % 10}${letters[power]}`
  const whole = Math.ceil(value - 1e-9)
  return whole === base ? `1.0${letters[power + 1]}` : `${whole}${letters[power]}`
}

/** How sizes are shown: in units of so many bytes, or for people. */
export interface SizeStyle {
  readonly unit: number
  readonly human: 1000 | 1024 | undefined
  /** A letter behind every number, as in `1M`. */
  readonly suffix: string
}

export const parseBlockSize = (text: string, option: string): SizeStyle => {
  if (text === "human-readable") return { unit: 1, human: 1024, suffix: "" }
  if (text === "si") return { unit: 1, human: 1000, suffix: "" }
  const match = /^(\d*)([kKMGTPEZY]?)(i?B)?$/.exec(text)
  if (match === null || text === "" || (match[2] === "" && match[3] !== undefined)) {
    throw new ProgramFailure(`invalid --${option} argument '${text}'`)
  }
  const power = match[2] === "" ? 0 : "KMGTPEZY".indexOf(match[2].toUpperCase()) + 1
  const unit = Number(match[1] === "" ? 1 : match[1]) * (match[3] === "B" ? 1000 : 1024) ** power
  return { unit, human: undefined, suffix: match[1] === "" ? match[2] + (match[3] ?? "") : "" }
}

export const showSize = (bytes: number, { human, suffix, unit }: SizeStyle): string =>
  human === undefined ? `${Math.ceil(bytes / unit)}${suffix}` : humanSize(bytes, human)

/** Bytes that a file takes, in whole blocks. */
export const allocated = (stat: { readonly type: string; readonly size: number }): number =>
  stat.type === "directory" ? 4096 : stat.type === "file" ? Math.ceil(stat.size / 4096) * 4096 : 0
