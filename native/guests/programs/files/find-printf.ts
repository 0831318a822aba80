/** The formats of find -printf. */
import type { ProgramContext } from "../program.ts"
import { formatTime } from "../text/strftime.ts"
import type { LocalZone } from "../time/local-zone.ts"
import type { Entry } from "./find-expression.ts"
import { allocated } from "./human.ts"
import { modeText } from "./status.ts"

const letterOf: Readonly<Record<string, string>> = {
  file: "f",
  directory: "d",
  symlink: "l",
  fifo: "p",
  socket: "s",
  character: "c",
  block: "b"
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  "0": "\0",
  "\\": "\\",
  a: "\x07",
  b: "\b",
  f: "\f",
  r: "\r",
  v: "\v"
}

const clocks: Readonly<Record<string, "atimeMs" | "mtimeMs" | "ctimeMs">> = {
  T: "mtimeMs",
  A: "atimeMs",
  C: "ctimeMs",
  t: "mtimeMs",
  a: "atimeMs",
  c: "ctimeMs"
}

const timeText = (code: string, milliseconds: number, zone: LocalZone): string => {
  if (code === "@") return `${Math.floor(milliseconds / 1000)}.${formatTime("%N", milliseconds, zone)}0`
  if (code === "S") return `${formatTime("%S.%N", milliseconds, zone)}0`
  if (code === "T" || code === "X") return `${formatTime("%H:%M:%S.%N", milliseconds, zone)}0`
  if (code === "+") return `${formatTime("%Y-%m-%d+%H:%M:%S.%N", milliseconds, zone)}0`
  return formatTime(`%${code}`, milliseconds, zone)
}

const fieldOf = async (code: string, entry: Entry, context: ProgramContext): Promise<string | undefined> => {
  const { depth, name, own, path, root, stat } = entry
  const { identity } = context.machine
  const user = (id: number, mine: number) => id === 0 ? "root" : id === mine ? identity.user : String(id)
  switch (code) {
    case "p":
      return path
    case "f":
      return name
    case "h": {
      const trimmed = path.replace(/(.)\/+$/, "$1")
      return trimmed.includes("/") ? trimmed.slice(0, trimmed.lastIndexOf("/")) || "/" : "."
    }
    case "P":
      return path.slice(root.length).replace(/^\//, "")
    case "H":
      return root
    case "l":
      return own.type === "symlink" ? context.sys("readlink", context.path(path)) : ""
    case "s":
      return String(stat.size)
    case "m":
      return (stat.mode & 0o7777).toString(8)
    case "M":
      return modeText(stat)
    case "y":
      return letterOf[stat.type]
    case "Y": {
      if (own.type !== "symlink") return letterOf[stat.type]
      const leads = await context.sys("stat", context.path(path)).catch(() => undefined)
      return leads === undefined ? "N" : letterOf[leads.type]
    }
    case "d":
      return String(depth)
    case "u":
      return user(stat.uid, identity.uid)
    case "g":
      return user(stat.gid, identity.gid)
    case "U":
      return String(stat.uid)
    case "G":
      return String(stat.gid)
    case "n":
      return String(stat.nlink)
    case "i":
      return String(stat.ino)
    case "D":
      return String(stat.dev)
    case "k":
      return String(allocated(stat) / 1024)
    case "b":
      return String(allocated(stat) / 512)
    case "t":
    case "a":
    case "c":
      return formatTime("%a %b %e %H:%M:%S.%N0 %Y", stat[clocks[code]], context.zone)
    case "%":
      return "%"
    default:
      return undefined
  }
}

const pattern = /\\(\d{1,3}|[abfnrtv\\]|c)|%([-0]*)(\d*)(?:\.\d+)?(?:([TAC])(.)|([a-zA-Z%]))/g

export const formatEntry = async (format: string, entry: Entry, context: ProgramContext): Promise<string> => {
  let out = ""
  let at = 0
  for (const match of format.matchAll(pattern)) {
    const [whole, escape, flags, width, kind, time, code] = match
    out += format.slice(at, match.index)
    at = match.index + whole.length
    if (escape !== undefined) {
      if (escape === "c") return out
      out += /^\d/.test(escape) ? String.fromCharCode(Number.parseInt(escape, 8)) : escapes[escape]
      continue
    }
    const value = kind === undefined
      ? await fieldOf(code, entry, context) ?? whole
      : timeText(time, entry.stat[clocks[kind]], context.zone)
    const fill = flags.includes("0") ? "0" : " "
    out += flags.includes("-") ? value.padEnd(Number(width)) : value.padStart(Number(width), fill)
  }
  return out + format.slice(at)
}
