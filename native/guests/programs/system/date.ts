/** date. */
import { parseOptions } from "../options.ts"
import type { Program } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { formatTime } from "../text/strftime.ts"
import { utc } from "../time/local-zone.ts"
import { parseDate } from "./dates.ts"

const iso: Readonly<Record<string, string>> = {
  "": "%Y-%m-%d",
  date: "%Y-%m-%d",
  hours: "%Y-%m-%dT%H%:z",
  minutes: "%Y-%m-%dT%H:%M%:z",
  seconds: "%Y-%m-%dT%H:%M:%S%:z",
  ns: "%Y-%m-%dT%H:%M:%S,%N%:z"
}

const rfc3339: Readonly<Record<string, string>> = {
  date: "%Y-%m-%d",
  seconds: "%Y-%m-%d %H:%M:%S%:z",
  ns: "%Y-%m-%d %H:%M:%S.%N%:z"
}

export const date: Program = async (context) => {
  const line = parseOptions(context, {
    short: "d:f:I::r:Rs:u",
    long: {
      "date=": "d",
      "file=": "f",
      "iso-8601[=": "I",
      "reference=": "r",
      "rfc-email": "R",
      "rfc-3339=": "3",
      "set=": "s",
      utc: "u",
      universal: "u"
    }
  })
  if (line.has("s")) throw new ProgramFailure("cannot set date: Operation not permitted")
  const now = await context.sys("now")
  const zone = line.has("u") ? utc : context.zone
  let time: number | undefined = now
  if (line.has("d")) {
    time = parseDate(line.get("d")!, now, zone)
    if (time === undefined) throw new ProgramFailure(`invalid date ${context.quote(line.get("d")!)}`)
  } else if (line.has("r")) {
    const name = line.get("r")!
    time = /^\d+$/.test(name) ? Number(name) * 1000 : (await context.sys("stat", context.path(name))).mtimeMs
  }
  const [format] = line.operands
  if (format !== undefined && !format.startsWith("+")) throw new ProgramFailure(`invalid date ${context.quote(format)}`)
  const chosen = format?.slice(1)
    ?? (line.has("I") ? iso[line.get("I")!] ?? iso.seconds : undefined)
    ?? (line.has("R") ? "%a, %d %b %Y %H:%M:%S %z" : undefined)
    ?? (line.has("3") ? rfc3339[line.get("3")!] ?? rfc3339.seconds : undefined)
    ?? "%a %b %e %H:%M:%S %Z %Y"
  await context.stdout.line(formatTime(chosen, time, zone))
  return 0
}
