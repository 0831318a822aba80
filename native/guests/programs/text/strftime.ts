/** Dates by the formats of strftime(3). */
import { MONTHS as months, WEEKDAYS as days } from "../../../../src/schedule/Names.ts"
import type { LocalTime, LocalZone } from "../time/local-zone.ts"
import { utc } from "../time/local-zone.ts"

const DAY_MS = 86_400_000

const dayOfYear = (date: Date): number =>
  Math.floor(
    (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - Date.UTC(date.getUTCFullYear(), 0, 1)) /
      DAY_MS
  )

const isoWeek = (date: Date): readonly [year: number, week: number] => {
  const thursday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()))
  thursday.setUTCDate(thursday.getUTCDate() + 3 - (thursday.getUTCDay() + 6) % 7)
  const year = thursday.getUTCFullYear()
  return [year, 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS / 7)]
}

interface Field {
  readonly value: number | string
  readonly width?: number
  readonly fill?: string
}

const number = (value: number, width: number, fill = "0"): Field => ({ value, width, fill })

/** An offset as `%z` (`+0530`) and those with colons show it. */
const offsetText = (offset: number, colons: number): string => {
  const seconds = Math.abs(Math.trunc(offset / 1000))
  const [hour, minute, second] = [seconds / 3600, seconds / 60 % 60, seconds % 60].map((part) =>
    String(Math.trunc(part)).padStart(2, "0")
  )
  const sign = offset < 0 ? "-" : "+"
  if (colons === 0) return `${sign}${hour}${minute}`
  if (colons === 1) return `${sign}${hour}:${minute}`
  if (colons === 2 || second !== "00") return `${sign}${hour}:${minute}:${second}`
  return `${sign}${hour}${minute === "00" ? "" : `:${minute}`}`
}

/** `date`: what the wall shows, as if it were UTC. */
const fieldOf = (code: string, date: Date, milliseconds: number, local: LocalTime): Field | string | undefined => {
  switch (code) {
    case "Y":
      return { value: String(date.getUTCFullYear()) }
    case "C":
      return number(Math.floor(date.getUTCFullYear() / 100), 2)
    case "y":
      return number(date.getUTCFullYear() % 100, 2)
    case "m":
      return number(date.getUTCMonth() + 1, 2)
    case "d":
      return number(date.getUTCDate(), 2)
    case "e":
      return number(date.getUTCDate(), 2, " ")
    case "H":
      return number(date.getUTCHours(), 2)
    case "k":
      return number(date.getUTCHours(), 2, " ")
    case "I":
      return number(date.getUTCHours() % 12 || 12, 2)
    case "l":
      return number(date.getUTCHours() % 12 || 12, 2, " ")
    case "M":
      return number(date.getUTCMinutes(), 2)
    case "S":
      return number(date.getUTCSeconds(), 2)
    case "j":
      return number(dayOfYear(date) + 1, 3)
    case "u":
      return number(date.getUTCDay() || 7, 1)
    case "w":
      return number(date.getUTCDay(), 1)
    case "U":
      return number(Math.floor((dayOfYear(date) + 7 - date.getUTCDay()) / 7), 2)
    case "W":
      return number(Math.floor((dayOfYear(date) + 7 - (date.getUTCDay() + 6) % 7) / 7), 2)
    case "V":
      return number(isoWeek(date)[1], 2)
    case "G":
      return { value: String(isoWeek(date)[0]) }
    case "g":
      return number(isoWeek(date)[0] % 100, 2)
    case "N":
      return number(Math.floor((((milliseconds % 1000) + 1000) % 1000) * 1e6), 9)
    case "s":
      return { value: String(Math.floor(milliseconds / 1000)) }
    case "a":
      return { value: days[date.getUTCDay()].slice(0, 3) }
    case "A":
      return { value: days[date.getUTCDay()] }
    case "b":
    case "h":
      return { value: months[date.getUTCMonth()].slice(0, 3) }
    case "B":
      return { value: months[date.getUTCMonth()] }
    case "p":
      return { value: date.getUTCHours() < 12 ? "AM" : "PM" }
    case "P":
      return { value: date.getUTCHours() < 12 ? "am" : "pm" }
    case "q":
      return number(Math.floor(date.getUTCMonth() / 3) + 1, 1)
    case "Z":
      return { value: local.name }
    case "z":
    case ":z":
    case "::z":
    case ":::z":
      return { value: offsetText(local.offset, code.length - 1) }
    case "n":
      return { value: "\n" }
    case "t":
      return { value: "\t" }
    case "%":
      return { value: "%" }
    case "D":
    case "x":
      return "%m/%d/%y"
    case "F":
      return "%Y-%m-%d"
    case "T":
    case "X":
      return "%H:%M:%S"
    case "R":
      return "%H:%M"
    case "r":
      return "%I:%M:%S %p"
    case "c":
      return "%a %b %e %H:%M:%S %Y"
    default:
      return undefined
  }
}

/** A time as a format shows it, in the zone of who asks. */
export const formatTime = (format: string, milliseconds: number, zone: LocalZone = utc): string => {
  const local = zone.at(milliseconds)
  const date = new Date(milliseconds + local.offset)
  return format.replace(
    /%([-_0^#]*)(\d*)[EO]?(:{1,3}z|[a-zA-Z%])/g,
    (whole, flags: string, width: string, code: string) => {
      const field = fieldOf(code, date, milliseconds, local)
      if (field === undefined) return whole
      if (typeof field === "string") return formatTime(field, milliseconds, zone)
      if (code === "N" && width !== "") return String(field.value).padStart(9, "0").slice(0, Number(width))
      let text = String(field.value)
      const fill = flags.includes("_") ? " " : flags.includes("0") ? "0" : field.fill ?? " "
      if (!flags.includes("-")) text = text.padStart(width === "" ? field.width ?? 0 : Number(width), fill)
      return flags.includes("^") ? text.toUpperCase() : text
    }
  )
}
