/** rm. */
import type { GuestStat } from "../../protocol.ts"
import { isErrno, SystemCallError } from "../../shell/client.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { confirm, join } from "./targets.ts"

type Asks = "never" | "once" | "always"

const asking = (context: ProgramContext, line: CommandLine): Asks => {
  let asks: Asks = "never"
  for (const { name, value } of line.options) {
    if (name === "f") asks = "never"
    else if (name === "i") asks = "always"
    else if (name === "I") asks = "once"
    else if (name === "interactive") {
      if (value === "" || /^(?:always|yes)$/.test(value)) asks = "always"
      else if (value === "once") asks = "once"
      else if (/^(?:never|no|none)$/.test(value)) asks = "never"
      else throw new ProgramFailure(`invalid argument ${context.quote(value)} for ${context.quote("--interactive")}`)
    }
  }
  return asks
}

const kindOf = ({ size, type }: GuestStat): string =>
  type === "file" ? (size === 0 ? "regular empty file" : "regular file") : type === "symlink" ? "symbolic link" : type

class Remover {
  constructor(
    private readonly context: ProgramContext,
    private readonly line: CommandLine,
    private readonly asks: Asks
  ) {}

  /** Entry by entry, for those who ask or tell. False when something stayed. */
  private async walk(name: string, stat: GuestStat): Promise<boolean> {
    const { context, line } = this
    const tick = context.tick()
    if (tick !== undefined) await tick
    const path = context.path(name)
    if (stat.type !== "directory") {
      if (this.asks === "always" && !await confirm(context, `remove ${kindOf(stat)} ${quoted(name)}`)) return false
      await context.sys("unlink", path)
      if (line.has("v")) await context.stdout.line(`removed ${quoted(name)}`)
      return true
    }
    const entries = await context.sys("readdirStat", path)
    const asksFor = this.asks === "always"
    if (asksFor && entries.length > 0 && !await confirm(context, `descend into directory ${quoted(name)}`)) return false
    let empty = true
    for (const entry of entries) empty = await this.walk(join(name, entry.name), entry.stat) && empty
    if (!empty) return false
    if (asksFor && !await confirm(context, `remove directory ${quoted(name)}`)) return false
    await context.sys("rmdir", path)
    if (line.has("v")) await context.stdout.line(`removed directory ${quoted(name)}`)
    return true
  }

  async remove(name: string): Promise<void> {
    const { context, line } = this
    const recursive = line.has("r") || line.has("R")
    const path = context.path(name)
    if (name === "") throw new SystemCallError("ENOENT", "unlink", name)
    const stat = await context.sys("lstat", path)
    const isDirectory = stat.type === "directory"
    if (name.endsWith("/") && !isDirectory) {
      const leads = stat.type === "symlink" ? await context.sys("stat", path).catch(() => undefined) : undefined
      throw new SystemCallError(leads?.type === "directory" && !recursive ? "EISDIR" : "ENOTDIR", "unlink", name)
    }
    if (isDirectory && !recursive && !line.has("d")) throw new SystemCallError("EISDIR", "unlink", path)
    const last = name.replace(/\/+$/, "").replace(/^.*\//, "")
    if (last === "." || last === "..") {
      throw new ProgramFailure(`refusing to remove '.' or '..' directory: skipping ${quoted(name)}`)
    }
    if (path === "/" && recursive) {
      throw new ProgramFailure(
        "it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe"
      )
    }
    if (isDirectory && !recursive) {
      await context.sys("rmdir", path)
      if (line.has("v")) await context.stdout.line(`removed directory ${quoted(name)}`)
    } else if (isDirectory && !line.has("v") && this.asks !== "always") {
      await context.sys("remove", path, true, line.has("f"))
    } else await this.walk(name, stat)
  }
}

export const rm: Program = async (context) => {
  const spec = {
    short: "dfiIrRv",
    long: {
      dir: "d",
      force: "f",
      recursive: "r",
      verbose: "v",
      "preserve-root[=": "preserve-root",
      "no-preserve-root": "no-preserve-root",
      "one-file-system": "one-file-system",
      "interactive[=": "interactive"
    }
  }
  let line: CommandLine
  try {
    line = parseOptions(context, spec)
  } catch (error) {
    const odd = error instanceof ProgramFailure && error.message.startsWith("invalid option")
      ? context.args.find((arg) => /^-[^-]/.test(arg) && !/^-[dfiIrRv]+$/.test(arg))
      : undefined
    if (odd === undefined || await context.sys("lstat", context.path(odd)).then(() => false, () => true)) throw error
    throw new ProgramFailure(
      (error as ProgramFailure).message.replace("\n", `\nTry 'rm ./${odd}' to remove the file ${quoted(odd)}.\n`)
    )
  }
  const force = line.has("f")
  if (line.operands.length === 0) {
    if (force) return 0
    throw new ProgramFailure("missing operand\nTry 'rm --help' for more information.")
  }
  const asks = asking(context, line)
  const recursive = line.has("r") || line.has("R")
  if (asks === "once" && (recursive || line.operands.length > 3)) {
    const count = line.operands.length
    if (
      !await confirm(context, `remove ${count} argument${count === 1 ? "" : "s"}${recursive ? " recursively" : ""}`)
    ) return 0
  }
  const remover = new Remover(context, line, asks)
  let status = 0
  for (const name of line.operands) {
    try {
      await remover.remove(name)
    } catch (error) {
      if (error instanceof ProgramFailure) await context.complain(error.message)
      else if (force && isErrno(error, "ENOENT", "ENOTDIR")) continue
      else await context.blame(`cannot remove ${quoted(name)}`, error)
      status = 1
    }
  }
  return status
}
