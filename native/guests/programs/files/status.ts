/** stat and ln. */
import type { GuestStat } from "../../protocol.ts"
import { isErrno } from "../../shell/client.ts"
import { missingOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { formatTime } from "../text/strftime.ts"
import { eachOperand } from "./tree.ts"

const kinds: Readonly<Record<string, readonly [letter: string, text: string]>> = {
  file: ["-", "regular file"],
  directory: ["d", "directory"],
  symlink: ["l", "symbolic link"],
  character: ["c", "character special file"],
  block: ["b", "block special file"],
  fifo: ["p", "fifo"],
  socket: ["s", "socket"]
}

const triple = (bits: number, special: boolean, letter: string): string =>
  (bits & 4 ? "r" : "-") + (bits & 2 ? "w" : "-")
  + (special ? (bits & 1 ? letter : letter.toUpperCase()) : bits & 1 ? "x" : "-")

/** As `ls -l` shows a mode. */
export const modeText = ({ mode, type }: GuestStat): string =>
  kinds[type][0] + triple(mode >> 6, (mode & 0o4000) !== 0, "s") + triple(mode >> 3, (mode & 0o2000) !== 0, "s")
  + triple(mode, (mode & 0o1000) !== 0, "t")

const clock = (milliseconds: number): string => formatTime("%Y-%m-%d %H:%M:%S.%N %z", milliseconds)

const nameOf = ({ machine: { identity } }: ProgramContext, id: number, own: number): string =>
  id === 0 ? "root" : id === own ? identity.user : String(id)

const field = async (
  context: ProgramContext,
  code: string,
  name: string,
  stat: GuestStat
): Promise<string | undefined> => {
  const { identity } = context.machine
  switch (code) {
    case "a":
      return (stat.mode & 0o7777).toString(8)
    case "A":
      return modeText(stat)
    case "b":
      return String(Math.ceil(stat.size / 4096) * 8)
    case "B":
      return "512"
    case "d":
      return String(stat.dev)
    case "f":
      return stat.mode.toString(16)
    case "F":
      return stat.type === "file" && stat.size === 0 ? "regular empty file" : kinds[stat.type][1]
    case "g":
      return String(stat.gid)
    case "G":
      return nameOf(context, stat.gid, identity.gid)
    case "h":
      return String(stat.nlink)
    case "i":
      return String(stat.ino)
    case "n":
      return name
    case "N":
      return stat.type === "symlink"
        ? `${quoted(name)} -> ${quoted(await context.sys("readlink", context.path(name)))}`
        : quoted(name)
    case "o":
      return "4096"
    case "s":
      return String(stat.size)
    case "u":
      return String(stat.uid)
    case "U":
      return nameOf(context, stat.uid, identity.uid)
    case "W":
      return "0"
    case "w":
      return "-"
    case "x":
      return clock(stat.atimeMs)
    case "X":
      return String(Math.floor(stat.atimeMs / 1000))
    case "y":
      return clock(stat.mtimeMs)
    case "Y":
      return String(Math.floor(stat.mtimeMs / 1000))
    case "z":
      return clock(stat.ctimeMs)
    case "Z":
      return String(Math.floor(stat.ctimeMs / 1000))
    case "%":
      return "%"
    default:
      return undefined
  }
}

const format = async (context: ProgramContext, text: string, name: string, stat: GuestStat): Promise<string> => {
  let out = ""
  let at = 0
  for (const match of text.matchAll(/%([-0]*)(\d*)([a-zA-Z%])/g)) {
    const value = await field(context, match[3], name, stat) ?? "?"
    const width = Number(match[2])
    out += text.slice(at, match.index) +
      (match[1].includes("-") ? value.padEnd(width) : value.padStart(width, match[1].includes("0") ? "0" : " "))
    at = match.index + match[0].length
  }
  return out + text.slice(at)
}

const LONG = "  File: %n\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: %d\tInode: %-11i Links: %h\n"
  + "Access: (%04a/%A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z\n Birth: %w\n"

export const stat: Program = (context) => {
  const line = parseOptions(context, {
    short: "Lc:ft",
    long: { dereference: "L", "format=": "c", "printf=": "printf", "file-system": "f", terse: "t" }
  })
  const given = line.get("c")
  const printf = line.get("printf")?.replace(/\\([nt\\])/g, (_, char: string) => ({ n: "\n", t: "\t" })[char] ?? char)
  const text = printf ?? (given === undefined ? LONG : `${given}\n`)
  return eachOperand(context, line.operands, (name) => `cannot statx ${quoted(name)}`, async (name) => {
    const found = await context.sys(line.has("L") ? "stat" : "lstat", context.path(name))
    await context.stdout.write(await format(context, text, name, found))
  })
}

const isDirectory = async (context: ProgramContext, name: string): Promise<boolean> =>
  (await context.sys("stat", context.path(name)).catch(() => undefined))?.type === "directory"

const base = (name: string): string => name.replace(/(.)\/+$/, "$1").replace(/^.*\/(?=.)/s, "")

export const ln: Program = async (context) => {
  const line = parseOptions(context, {
    short: "fsnvTrt:bi",
    long: {
      force: "f",
      symbolic: "s",
      "no-dereference": "n",
      verbose: "v",
      "no-target-directory": "T",
      relative: "r",
      "target-directory=": "t"
    }
  })
  if (line.operands.length === 0) throw missingOperand(context)
  const symbolic = line.has("s")
  const last = line.get("t") ?? line.operands[line.operands.length - 1]
  const sources = line.has("t") || line.operands.length === 1 ? line.operands : line.operands.slice(0, -1)
  const here = line.operands.length === 1 && !line.has("t")
  const link = line.has("n") &&
    (await context.sys("lstat", context.path(last)).catch(() => undefined))?.type === "symlink"
  const into = here || (!line.has("T") && !link && await isDirectory(context, last))
  if (sources.length > 1 && !into) throw new ProgramFailure(`target ${quoted(last)} is not a directory`)
  const directory = here ? "." : last
  const describe = (name: string) =>
    `failed to create ${symbolic ? "symbolic" : "hard"} link ${quoted(into ? `${directory}/${base(name)}` : last)}`
  return eachOperand(context, sources, describe, async (name) => {
    const target = context.path(into ? `${directory}/${base(name)}` : last)
    if (line.has("f")) {
      await context.sys("unlink", target).catch((error: unknown) => {
        if (!isErrno(error, "ENOENT")) throw error
      })
    }
    if (symbolic) await context.sys("symlink", name, target)
    else await context.sys("link", context.path(name), target)
    if (line.has("v")) await context.stdout.line(`${quoted(target)} ${symbolic ? "->" : "=>"} ${quoted(name)}`)
  })
}
