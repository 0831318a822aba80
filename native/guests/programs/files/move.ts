/** mv, install, link and unlink. */
import { isErrno } from "../../shell/client.ts"
import type { CommandLine } from "../options.ts"
import { extraOperand, missingAfter, missingOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { Copier } from "./copy.ts"
import { backupName, confirm, findTargets, join, lastPart, statForTarget, statIfThere } from "./targets.ts"
import { missingAbove, parseMode } from "./tree.ts"

const exact = {
  recursive: true,
  follows: false,
  followsOperands: false,
  keepsMode: true,
  dropsMode: false,
  keepsTimes: true,
  keepsOwner: true,
  keepsLinks: true,
  makes: "content",
  overwrites: "always",
  removesFirst: true,
  verbose: false,
  backup: async () => undefined
} as const

/** Between filesystems a move is a copy and a removal. */
const moveAcross = async (context: ProgramContext, from: string, to: string): Promise<void> => {
  const copier = new Copier(context, exact)
  await copier.copy(from, to)
  if (copier.status === 0) await context.sys("remove", context.path(from), true, false)
}

const moveOne = async (context: ProgramContext, line: CommandLine, from: string, to: string): Promise<void> => {
  const [path, target] = [context.path(from), context.path(to)]
  const source = await context.sys("lstat", path).catch((error: unknown) => {
    throw new ProgramFailure(`cannot stat ${quoted(from)}: ${context.reason(error)}`)
  })
  const old = await statForTarget(context, to)
  const last = line.options.findLast(({ name }) => "fin".includes(name))?.name
  if (old !== undefined) {
    if (last === "n") return
    if (line.has("u") && old.mtimeMs >= source.mtimeMs) return
    if (last === "i" && !await confirm(context, `overwrite ${quoted(to)}`)) return
    if (old.ino === source.ino && old.dev === source.dev) {
      if (source.type !== "directory") throw new ProgramFailure(`${quoted(from)} and ${quoted(to)} are the same file`)
      throw new ProgramFailure(
        `cannot move ${quoted(from)} to a subdirectory of itself, ${quoted(join(to, lastPart(from)))}`
      )
    }
    if (old.type === "directory" && source.type !== "directory") {
      throw new ProgramFailure(`cannot overwrite directory ${quoted(to)} with non-directory`)
    }
    if (old.type !== "directory" && source.type === "directory") {
      throw new ProgramFailure(`cannot overwrite non-directory ${quoted(to)} with directory ${quoted(from)}`)
    }
    const backup = await backupName(context, line, to)
    if (backup !== undefined) await context.sys("rename", target, context.path(backup))
  }
  try {
    if (to.endsWith("/") && source.type !== "directory" && old === undefined) {
      throw new ProgramFailure(`cannot move ${quoted(from)} to ${quoted(to)}: Not a directory`)
    }
    await context.sys("rename", path, target)
  } catch (error) {
    if (!isErrno(error, "EXDEV")) {
      if (error instanceof ProgramFailure) throw error
      if (isErrno(error, "EINVAL") && source.type === "directory") {
        throw new ProgramFailure(`cannot move ${quoted(from)} to a subdirectory of itself, ${quoted(to)}`)
      }
      throw new ProgramFailure(`cannot move ${quoted(from)} to ${quoted(to)}: ${context.reason(error)}`)
    }
    await moveAcross(context, from, to)
  }
  if (line.has("v")) await context.stdout.line(`renamed ${quoted(from)} -> ${quoted(to)}`)
}

export const mv: Program = async (context) => {
  const line = parseOptions(context, {
    short: "bfinS:t:TuvZ",
    long: {
      "backup[=": "backup",
      force: "f",
      interactive: "i",
      "no-clobber": "n",
      "strip-trailing-slashes": "strip-trailing-slashes",
      "suffix=": "S",
      "target-directory=": "t",
      "no-target-directory": "T",
      update: "u",
      verbose: "v"
    }
  })
  const { nameFor, sources } = await findTargets(context, line)
  let status = 0
  for (const source of sources) {
    try {
      await moveOne(context, line, source, nameFor(source))
    } catch (error) {
      if (!(error instanceof ProgramFailure)) throw error
      await context.complain(error.message)
      status = 1
    }
  }
  return status
}

const makeDirectories = async (context: ProgramContext, line: CommandLine, mode: number): Promise<number> => {
  let status = 0
  for (const name of line.operands) {
    try {
      const path = context.path(name)
      const missing = await missingAbove(context, name)
      await context.sys("mkdir", path, 0o755, true)
      await context.sys("chmod", path, mode)
      for (const each of line.has("v") ? missing : []) {
        await context.stdout.line(`install: creating directory ${quoted(each)}`)
      }
    } catch (error) {
      await context.blame(`cannot create directory ${quoted(name)}`, error)
      status = 1
    }
  }
  return status
}

export const install: Program = async (context) => {
  const line = parseOptions(context, {
    short: "bcCdDg:m:o:psS:t:TvZ",
    long: {
      "backup[=": "backup",
      compare: "C",
      directory: "d",
      "group=": "g",
      "mode=": "m",
      "owner=": "o",
      "preserve-timestamps": "p",
      strip: "s",
      "suffix=": "S",
      "target-directory=": "t",
      "no-target-directory": "T",
      verbose: "v"
    }
  })
  const mode = parseMode(line.get("m") ?? "755", 0, false, 0)
  if (mode === undefined) throw new ProgramFailure(`invalid mode ${context.quote(line.get("m")!)}`)
  if (line.has("d")) {
    if (line.operands.length === 0) throw missingFile(context)
    return makeDirectories(context, line, mode)
  }
  if (line.has("D") && line.operands.length > 0) {
    const directory = line.get("t") ?? line.operands[line.operands.length - 1].replace(/\/?[^/]*$/, "")
    if (directory !== "") await context.sys("mkdir", context.path(directory), undefined, true)
  }
  const { nameFor, sources } = await findTargets(context, line)
  const copier = new Copier(context, {
    ...exact,
    recursive: false,
    followsOperands: true,
    keepsTimes: line.has("p"),
    keepsLinks: false,
    backup: (name) => backupName(context, line, name)
  })
  for (const source of sources) {
    const name = nameFor(source)
    const stat = await statIfThere(context, context.path(source))
    if (stat?.type === "directory") {
      await context.complain(`omitting directory ${quoted(source)}`)
      copier.status = 1
      continue
    }
    const before = copier.status
    copier.status = 0
    await copier.copy(source, name)
    if (copier.status === 0) {
      await context.sys("chmod", context.path(name), mode)
      if (line.has("v")) await context.stdout.line(`${quoted(source)} -> ${quoted(name)}`)
    }
    copier.status ||= before
  }
  return copier.status
}

const missingFile = (context: ProgramContext): ProgramFailure =>
  new ProgramFailure(`missing file operand\nTry '${context.name} --help' for more information.`)

export const link: Program = async (context) => {
  const [from, to, extra] = parseOptions(context, { short: "" }).operands
  if (from === undefined) throw missingOperand(context)
  if (to === undefined) throw missingAfter(context, from)
  if (extra !== undefined) throw extraOperand(context, extra)
  try {
    await context.sys("link", context.path(from), context.path(to))
    return 0
  } catch (error) {
    await context.blame(`cannot create link ${quoted(to)} to ${quoted(from)}`, error)
    return 1
  }
}

export const unlink: Program = async (context) => {
  const [name, extra] = parseOptions(context, { short: "" }).operands
  if (name === undefined) throw missingOperand(context)
  if (extra !== undefined) throw extraOperand(context, extra)
  try {
    await context.sys("unlink", context.path(name))
    return 0
  } catch (error) {
    await context.blame(`cannot unlink ${quoted(name)}`, error)
    return 1
  }
}
