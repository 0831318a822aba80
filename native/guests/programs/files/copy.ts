/** cp. */
import type { GuestStat } from "../../protocol.ts"
import { isErrno } from "../../shell/client.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { backupName, confirm, findTargets, isSameName, isWithin, join, statForTarget, statIfThere } from "./targets.ts"

const spec = {
  short: "abdfHilLnPprRst:TuvxS:Z",
  long: {
    archive: "a",
    "attributes-only": "attributes-only",
    "backup[=": "backup",
    "copy-contents": "copy-contents",
    dereference: "L",
    force: "f",
    interactive: "i",
    link: "l",
    "no-clobber": "n",
    "no-dereference": "P",
    "no-preserve=": "no-preserve",
    "no-target-directory": "T",
    "one-file-system": "x",
    parents: "parents",
    "preserve[=": "preserve",
    recursive: "r",
    "reflink[=": "reflink",
    "remove-destination": "remove-destination",
    "sparse=": "sparse",
    "strip-trailing-slashes": "strip-trailing-slashes",
    "suffix=": "S",
    "symbolic-link": "s",
    "target-directory=": "t",
    update: "u",
    verbose: "v"
  }
}

export interface CopySettings {
  readonly recursive: boolean
  readonly followsOperands: boolean
  readonly follows: boolean
  readonly keepsMode: boolean
  /** New files get the mode that any new file gets. */
  readonly dropsMode: boolean
  readonly keepsTimes: boolean
  readonly keepsOwner: boolean
  readonly keepsLinks: boolean
  readonly makes: "content" | "hard link" | "symbolic link"
  readonly overwrites: "always" | "never" | "asks" | "newer"
  readonly removesFirst: boolean
  readonly verbose: boolean
  readonly backup: (name: string) => Promise<string | undefined>
}

const settingsOf = (context: ProgramContext, line: CommandLine): CopySettings => {
  const archive = line.has("a")
  const recursive = archive || line.has("r") || line.has("R")
  const kept = new Set(
    line.all("preserve").flatMap((list) => list === "" ? ["mode", "ownership", "timestamps"] : list.split(","))
  )
  for (const list of line.all("no-preserve")) for (const word of list.split(",")) kept.delete(word)
  const all = archive || kept.has("all")
  const p = line.has("p")
  const last = line.options.findLast(({ name }) => "inu".includes(name))?.name
  return {
    recursive,
    follows: line.has("L"),
    followsOperands: line.has("H") || (!recursive && !line.has("P") && !line.has("d")),
    dropsMode: line.all("no-preserve").some((list) => /\b(?:mode|all)\b/.test(list)),
    keepsMode: all || p || kept.has("mode"),
    keepsTimes: all || p || kept.has("timestamps"),
    keepsOwner: all || p || kept.has("ownership"),
    keepsLinks: all || line.has("d") || kept.has("links"),
    makes: line.has("l") ? "hard link" : line.has("s") ? "symbolic link" : "content",
    overwrites: last === "n" ? "never" : last === "i" ? "asks" : line.has("u") ? "newer" : "always",
    removesFirst: line.has("remove-destination") || line.has("f") && line.has("s"),
    verbose: line.has("v"),
    backup: (name) => backupName(context, line, name)
  }
}

export class Copier {
  status = 0
  /** Names of copied files by their original's number, to link further names to. */
  private readonly linked = new Map<string, string>()
  private readonly made = new Set<number>()

  constructor(private readonly context: ProgramContext, private readonly settings: CopySettings) {}

  private async complain(message: string): Promise<void> {
    await this.context.complain(message)
    this.status = 1
  }

  private path(name: string): string {
    return this.context.path(name)
  }

  async copy(from: string, to: string, operand = true): Promise<void> {
    const { context, settings } = this
    const follows = settings.follows || (operand && settings.followsOperands)
    let source: GuestStat
    try {
      if (from === "") await context.sys("lstat", "")
      source = await context.sys(follows || from.endsWith("/") ? "stat" : "lstat", this.path(from))
    } catch (error) {
      return this.complain(`cannot stat ${quoted(from)}: ${context.reason(error)}`)
    }
    if (source.type === "directory" && !settings.recursive) {
      return this.complain(`-r not specified; omitting directory ${quoted(from)}`)
    }
    const tick = context.tick()
    if (tick !== undefined) await tick
    try {
      if (source.type === "directory") await this.directory(from, to, source, operand)
      else await this.file(from, to, source)
    } catch (error) {
      if (error instanceof ProgramFailure) return this.complain(error.message)
      const what = source.type === "directory" ? `cannot create directory ${quoted(to)}` : settings.makes !== "content"
        ? `cannot create ${settings.makes} ${quoted(to)} to ${quoted(from)}` :
        isErrno(error, "EACCES") && (source.mode & 0o444) === 0
        ? `cannot open ${quoted(from)} for reading`
        : `cannot create ${source.type === "symlink" ? "symbolic link" : "regular file"} ${quoted(to)}`
      await this.complain(`${what}: ${context.reason(error)}`)
    }
  }

  private async directory(from: string, to: string, source: GuestStat, operand: boolean): Promise<void> {
    const { context, settings } = this
    const [path, target] = [this.path(from), this.path(to)]
    const old = await statIfThere(context, target)
    if (old !== undefined && old.type !== "directory") {
      throw new ProgramFailure(`cannot overwrite non-directory ${quoted(to)} with directory ${quoted(from)}`)
    }
    if (operand && await isWithin(context, from, to)) {
      throw new ProgramFailure(`cannot copy a directory, ${quoted(from)}, into itself, ${quoted(to)}`)
    }
    const { umask } = context.exec
    if (old === undefined) {
      await context.sys("mkdir", target, (source.mode & 0o777 & ~umask) | 0o700, false)
      if (settings.verbose) await context.stdout.line(`${quoted(from)} -> ${quoted(to)}`)
    }
    let entries
    try {
      entries = await context.sys("readdir", path)
    } catch (error) {
      return this.complain(`cannot access ${quoted(from)}: ${context.reason(error)}`)
    }
    for (const { name } of entries) await this.copy(join(from, name), join(to, name), false)
    const mode = settings.keepsMode ? source.mode & 0o7777 : source.mode & 0o777 & ~umask
    if (old === undefined || settings.keepsMode) await context.sys("chmod", target, mode)
    if (settings.keepsTimes) await context.sys("utimes", target, source.atimeMs, source.mtimeMs)
  }

  /** False when what is there stays. */
  private async mayReplace(from: string, to: string, source: GuestStat, old: GuestStat): Promise<boolean> {
    const { context, settings } = this
    if (old.type === "directory") {
      throw new ProgramFailure(
        `cannot overwrite directory ${quoted(to)} with non-directory${settings.recursive ? ` ${quoted(from)}` : ""}`
      )
    }
    if (settings.overwrites === "never") return false
    if (settings.overwrites === "newer" && old.mtimeMs >= source.mtimeMs) return false
    if (settings.overwrites === "asks" && !await confirm(context, `overwrite ${quoted(to)}`)) return false
    if (settings.makes === "content" && await isSameName(context, [from, source], [to, old])) {
      throw new ProgramFailure(`${quoted(from)} and ${quoted(to)} are the same file`)
    }
    const real = await statIfThere(context, this.path(to))
    if (real?.ino === source.ino && real.dev === source.dev && settings.makes === "content") {
      if (source.type === "symlink" || settings.removesFirst) return true
      throw new ProgramFailure(`${quoted(from)} and ${quoted(to)} are the same file`)
    }
    if (this.made.has(old.ino)) {
      throw new ProgramFailure(`will not overwrite just-created ${quoted(to)} with ${quoted(from)}`)
    }
    return true
  }

  private async file(from: string, to: string, source: GuestStat): Promise<void> {
    const { context, settings } = this
    const target = this.path(to)
    let old = await statForTarget(context, to)
    if (old?.type === "symlink") {
      const real = await statIfThere(context, target)
      if (real === undefined && source.type !== "symlink" && !settings.removesFirst) {
        throw new ProgramFailure(`not writing through dangling symlink ${quoted(to)}`)
      }
    }
    if (to.endsWith("/") && old?.type !== "directory") {
      const what = old === undefined ? "create regular file" : "stat"
      throw new ProgramFailure(`cannot ${what} ${quoted(to)}: Not a directory`)
    }
    if (old !== undefined) {
      if (!await this.mayReplace(from, to, source, old)) return
      const backup = await settings.backup(to)
      if (backup !== undefined) await context.sys("rename", target, this.path(backup))
      else if (settings.removesFirst || source.type === "symlink" || settings.makes !== "content") {
        if (settings.makes === "content" || settings.removesFirst) await context.sys("unlink", target)
      }
      if (backup !== undefined || settings.removesFirst) old = undefined
    }
    if (settings.verbose) await context.stdout.line(`${quoted(from)} -> ${quoted(to)}`)
    await this.make(from, to, source, old)
    const made = await context.sys("lstat", target)
    if (old === undefined) this.made.add(made.ino)
  }

  private async make(
    from: string,
    to: string,
    source: GuestStat,
    old: GuestStat | undefined
  ): Promise<void> {
    const { context, settings } = this
    const [path, target] = [this.path(from), this.path(to)]
    if (settings.makes === "hard link") return context.sys("link", path, target)
    if (settings.makes === "symbolic link") return context.sys("symlink", from, target)
    if (source.type === "symlink") return context.sys("symlink", await context.sys("readlink", path), target)
    const key = `${source.dev}:${source.ino}`
    const known = settings.keepsLinks && source.nlink > 1 ? this.linked.get(key) : undefined
    if (known !== undefined) return context.sys("link", known, target)
    if (settings.keepsLinks) this.linked.set(key, target)
    const mode = settings.keepsMode
      ? source.mode & 0o7777
      : old?.mode ?? (settings.dropsMode ? 0o666 : source.mode & 0o777) & ~context.exec.umask
    if (source.type === "file" && (old === undefined || old.type === "file")) {
      // The kernel's copy shares the content; it also keeps mode and times, which is not always wanted.
      if (source.size <= context.process.limits.get("f").soft) {
        await context.sys("copy", await context.sys("realpath", path), target, false)
      } else await this.stream(from, to, settings.keepsMode ? 0o600 : mode)
      await context.sys("chmod", target, mode & 0o7777)
      const now = settings.keepsTimes ? undefined : await context.sys("now")
      await context.sys("utimes", target, now ?? source.atimeMs, now ?? source.mtimeMs)
      return
    }
    await this.stream(from, to)
  }

  /** Copies as one reads and writes: what is no file, and what is too large for the process (`ulimit -f`). */
  private async stream(from: string, to: string, mode?: number): Promise<void> {
    const { context } = this
    const reader = await context.open(this.path(from))
    const { close, writer } = await context.create(this.path(to))
    if (mode !== undefined) await context.sys("chmod", this.path(to), mode & 0o7777)
    try {
      for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) await writer.write(chunk)
      await close()
    } catch (error) {
      if (!isErrno(error, "EFBIG")) throw error
      throw new ProgramFailure(`error copying ${quoted(from)} to ${quoted(to)}: ${context.reason(error)}`)
    } finally {
      await reader.close()
    }
  }
}

export const cp: Program = async (context) => {
  const line = parseOptions(context, spec)
  const copier = new Copier(context, settingsOf(context, line))
  if (line.has("parents")) return copyWithParents(context, line, copier)
  const { nameFor, sources } = await findTargets(context, line)
  for (const source of sources) {
    const name = nameFor(source)
    // "." and ".." stand for their content.
    await copier.copy(source, /(?:^|\/)\.\.?\/*$/.test(source) && name !== source ? name.replace(/\/\.\.?$/, "") : name)
  }
  return copier.status
}

const copyWithParents = async (context: ProgramContext, line: CommandLine, copier: Copier): Promise<number> => {
  const into = line.get("t") ?? line.operands[line.operands.length - 1]
  const sources = line.has("t") ? line.operands : line.operands.slice(0, -1)
  if ((await statIfThere(context, context.path(into ?? "")))?.type !== "directory") {
    throw new ProgramFailure(
      "with --parents, the destination must be a directory\nTry 'cp --help' for more information."
    )
  }
  for (const source of sources) {
    const parent = source.replace(/\/+$/, "").replace(/\/?[^/]*$/, "")
    if (parent !== "") await context.sys("mkdir", context.path(join(into, parent)), undefined, true)
    await copier.copy(source, join(into, source.replace(/^\/+/, "")))
  }
  return copier.status
}
