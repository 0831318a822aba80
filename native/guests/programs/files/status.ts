/** stat and ln. */
import type { GuestStat } from "../../protocol.ts"
import { isErrno } from "../../shell/client.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { formatTime } from "../text/strftime.ts"
import type { LocalZone } from "../time/local-zone.ts"
import { canonicalize, relativePath } from "./links.ts"
import { backupName, confirm, isSameName, join, lastPart as base } from "./targets.ts"
import { eachOperand } from "./tree.ts"
import { readUsers } from "./users.ts"

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

const clock = (milliseconds: number, zone: LocalZone): string =>
  formatTime("%Y-%m-%d %H:%M:%S.%N %z", milliseconds, zone)

const nameOf = async (
  context: ProgramContext,
  id: number,
  own: number,
  kind: "userName" | "groupName"
): Promise<string> => {
  if (id === 0) return "root"
  return id === own ? context.machine.identity.user : (await readUsers(context))[kind](id) ?? "UNKNOWN"
}

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
      return nameOf(context, stat.gid, identity.gid, "groupName")
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
      return nameOf(context, stat.uid, identity.uid, "userName")
    case "t":
      return (stat.rdev >> 8).toString(16)
    case "T":
      return (stat.rdev & 0xff).toString(16)
    case "D":
      return stat.dev.toString(16)
    case "W":
      return "0"
    case "w":
      return "-"
    case "x":
      return clock(stat.atimeMs, context.zone)
    case "X":
      return String(Math.floor(stat.atimeMs / 1000))
    case "y":
      return clock(stat.mtimeMs, context.zone)
    case "Y":
      return String(Math.floor(stat.mtimeMs / 1000))
    case "z":
      return clock(stat.ctimeMs, context.zone)
    case "Z":
      return String(Math.floor(stat.ctimeMs / 1000))
    case "%":
      return "%"
    default:
      return undefined
  }
}

const clocks: Readonly<Record<string, "atimeMs" | "mtimeMs" | "ctimeMs">> = {
  X: "atimeMs",
  Y: "mtimeMs",
  Z: "ctimeMs"
}

const format = async (context: ProgramContext, text: string, name: string, stat: GuestStat): Promise<string> => {
  let out = ""
  let at = 0
  for (const match of text.matchAll(/%([-0]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g)) {
    const whole = await field(context, match[4], name, stat) ?? "?"
    const clock = clocks[match[4]]
    const value = match[3] !== undefined && clock !== undefined
      ? `${whole}.${formatTime("%N", stat[clock]).slice(0, Number(match[3]))}`
      : whole
    const width = Number(match[2])
    out += text.slice(at, match.index) +
      (match[1].includes("-") ? value.padEnd(width) : value.padStart(width, match[1].includes("0") ? "0" : " "))
    at = match.index + match[0].length
  }
  return out + text.slice(at)
}

const LONG = "  File: %n\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: %d\tInode: %-11i Links: %h\n"
  + "Access: (%04a/%A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z\n Birth: %w\n"

const deviceType = ({ rdev }: GuestStat): string => `Device type: ${rdev >> 8},${rdev & 0xff}`

const TERSE = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o\n"

export const stat: Program = (context) => {
  const line = parseOptions(context, {
    short: "Lc:ft",
    long: { dereference: "L", "format=": "c", "printf=": "printf", "file-system": "f", terse: "t" }
  })
  const given = line.get("c")
  const printf = line.get("printf")?.replace(/\\([nt\\])/g, (_, char: string) => ({ n: "\n", t: "\t" })[char] ?? char)
  const text = printf ?? (given === undefined ? (line.has("t") ? TERSE : LONG) : `${given}\n`)
  return eachOperand(context, line.operands, (name) => `cannot statx ${quoted(name)}`, async (name) => {
    const found = await context.sys(line.has("L") ? "stat" : "lstat", context.path(name))
    const shown = text === LONG && found.type === "character" ? LONG.replace("%h", `%-5h ${deviceType(found)}`) : text
    await context.stdout.write(await format(context, shown, name, found))
  })
}

const isDirectory = async (context: ProgramContext, name: string): Promise<boolean> =>
  (await context.sys("stat", context.path(name)).catch(() => undefined))?.type === "directory"

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
  if (line.operands.length === 0) {
    throw new ProgramFailure("missing file operand\nTry 'ln --help' for more information.")
  }
  const symbolic = line.has("s")
  const last = line.get("t") ?? line.operands[line.operands.length - 1]
  const sources = line.has("t") || line.operands.length === 1 ? line.operands : line.operands.slice(0, -1)
  const here = line.operands.length === 1 && !line.has("t")
  const link = line.has("n") &&
    (await context.sys("lstat", context.path(last)).catch(() => undefined))?.type === "symlink"
  const into = here || (!line.has("T") && !link && await isDirectory(context, last))
  if (sources.length > 1 && !into) {
    const there = await context.sys("stat", context.path(last)).then(() => true, () => false)
    throw new ProgramFailure(`target ${quoted(last)}: ${there ? "Not a directory" : "No such file or directory"}`)
  }
  const directory = here ? "." : last
  const targetOf = (name: string) => into ? (here ? base(name) : join(directory, base(name))) : last
  const describe = (name: string) => {
    const suffix = symbolic ? (name === "" ? " -> ''" : "") : ` => ${quoted(name)}`
    return `failed to create ${symbolic ? "symbolic" : "hard"} link ${quoted(targetOf(name))}${suffix}`
  }
  return eachOperand(context, sources, describe, async (name) => {
    const shown = targetOf(name)
    const target = context.path(shown)
    const source = await context.sys("lstat", context.path(name)).catch((error: unknown) => {
      if (symbolic) return undefined
      throw new ProgramFailure(`failed to access ${quoted(name)}: ${context.reason(error)}`)
    })
    if (!symbolic && source?.type === "directory") {
      throw new ProgramFailure(`${name}: hard link not allowed for directory`)
    }
    const old = await context.sys("lstat", target).catch(() => undefined)
    if (old !== undefined && (line.has("f") || line.has("b") || line.has("backup") || line.has("i"))) {
      if (line.has("i") && !await confirm(context, `replace ${quoted(shown)}`)) return
      const backup = await backupName(context, line, shown)
      if (backup !== undefined) await context.sys("rename", target, context.path(backup))
      else if (old.type === "directory") throw new ProgramFailure(`${shown}: cannot overwrite directory`)
      else if (source !== undefined && await isSameName(context, [name, source], [shown, old])) {
        throw new ProgramFailure(`${quoted(name)} and ${quoted(shown)} are the same file`)
      } else await context.sys("unlink", target)
    }
    if (!symbolic && old !== undefined && !line.has("f") && !line.has("b") && !line.has("backup")) {
      throw new ProgramFailure(`failed to create hard link ${quoted(shown)}: File exists`)
    }
    if (symbolic) {
      const leads = line.has("r")
        ? relativePath(
          await canonicalize(context, target.slice(0, target.lastIndexOf("/")) || "/", "any"),
          await canonicalize(context, name, "any")
        )
        : name
      await context.sys("symlink", leads, target)
    } else {
      await context.sys("link", context.path(name), target).catch((error: unknown) => {
        if (!isErrno(error, "EEXIST")) throw error
        throw new ProgramFailure(`failed to create hard link ${quoted(shown)}: File exists`)
      })
    }
    if (line.has("v")) await context.stdout.line(`${quoted(shown)} ${symbolic ? "->" : "=>"} ${quoted(name)}`)
  })
}
