/** mkdir, rmdir, touch, basename, dirname. */
import { isErrno, SystemCallError } from "../../shell/client.ts"
import { missingOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { parseDate } from "../system/dates.ts"
import { instantOf } from "../time/local-zone.ts"

/** Does something for each operand; complains of those it fails for, and goes on. */
export const eachOperand = async (
  context: ProgramContext,
  operands: ReadonlyArray<string>,
  describe: (operand: string) => string,
  use: (operand: string) => Promise<unknown>
): Promise<number> => {
  if (operands.length === 0) throw missingOperand(context)
  let status = 0
  for (const operand of operands) {
    try {
      await use(operand)
    } catch (error) {
      if (error instanceof ProgramFailure) await context.complain(error.message)
      else await context.blame(describe(operand), error)
      status = 1
    }
  }
  return status
}

/** The bits of a mode such as `755`, `u+x,go-w`. */
export const parseMode = (text: string, old: number, isDirectory: boolean, umask: number): number | undefined => {
  if (/^[0-7]{1,5}$/.test(text)) return Number.parseInt(text, 8) & 0o7777
  let mode = old
  for (const clause of text.split(",")) {
    const match = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause)
    if (match === null) return undefined
    const [, who, actions] = match
    for (const [, operator, what] of actions.matchAll(/([-+=])([rwxXstugo]*)/g)) {
      mode = applyMode(mode, who, operator, what, isDirectory, umask)
    }
  }
  return mode
}

const applyMode = (
  old: number,
  who: string,
  operator: string,
  what: string,
  isDirectory: boolean,
  umask: number
): number => {
  let mode = old
  const all = who === "" || who.includes("a")
  for (const [letter, shift] of [["u", 6], ["g", 3], ["o", 0]] as const) {
    if (!all && !who.includes(letter)) continue
    let bits = (what.includes("r") ? 4 : 0) | (what.includes("w") ? 2 : 0) | (what.includes("x") ? 1 : 0)
    if (what.includes("X") && (isDirectory || (old & 0o111) !== 0)) bits |= 1
    if (what.includes("u")) bits |= (old >> 6) & 7
    if (what.includes("g")) bits |= (old >> 3) & 7
    if (what.includes("o")) bits |= old & 7
    let wide = bits << shift
    if (who === "") wide &= ~umask
    if (what.includes("s")) wide |= letter === "u" ? 0o4000 : letter === "g" ? 0o2000 : 0
    if (operator === "+") mode |= wide
    else if (operator === "-") mode &= ~wide
    else {
      const special = letter === "u" ? 0o4000 : letter === "g" ? 0o2000 : 0o1000
      mode = (mode & ~(7 << shift) & ~(isDirectory && letter !== "o" ? 0 : special)) | wide
    }
  }
  if (what.includes("t")) mode = operator === "-" ? mode & ~0o1000 : mode | 0o1000
  return mode
}

/** Whether a name ends in `.` or `..`, which are there once the directory before them is. */
const isDots = (name: string): boolean => /(?:^|\/)\.\.?\/*$/.test(name)

/** The name and the directories above it, as far as they are missing, from the top. */
export const missingAbove = async (context: ProgramContext, name: string): Promise<Array<string>> => {
  const missing: Array<string> = []
  for (let each = name.replace(/(.)\/+$/, "$1"); each !== "" && each !== "/"; each = each.replace(/\/?[^/]*$/, "")) {
    try {
      const { type } = await context.sys("stat", context.path(each))
      if (type !== "directory" && missing.length > 0) {
        throw new ProgramFailure(`cannot create directory ${context.quote(each)}: Not a directory`)
      }
      break
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error
      if (!isDots(each)) missing.unshift(each)
    }
  }
  return missing
}

export const mkdir: Program = (context) => {
  const line = parseOptions(context, { short: "m:pvZ", long: { "mode=": "m", parents: "p", verbose: "v" } })
  const given = line.get("m")
  const mode = given === undefined
    ? 0o777 & ~context.exec.umask
    : parseMode(given, 0o777 & ~context.exec.umask, true, context.exec.umask)
  if (mode === undefined) throw new ProgramFailure(`invalid mode ${context.quote(given!)}`)
  return eachOperand(
    context,
    line.operands,
    (name) => `cannot create directory ${context.quote(name)}`,
    async (name) => {
      if (name === "") throw new SystemCallError("ENOENT", "mkdir", name)
      const missing = line.has("p") ? await missingAbove(context, name) : []
      const isUp = line.has("p") && isDots(name)
      for (const above of isUp ? missing : missing.slice(0, -1)) {
        const usual = 0o777 & ~context.exec.umask
        try {
          await context.sys("mkdir", context.path(above), usual, false)
        } catch (error) {
          throw new ProgramFailure(`cannot create directory ${context.quote(above)}: ${context.reason(error)}`)
        }
      }
      if (line.has("p") && (isUp || missing.length === 0)) {
        const { type } = await context.sys("stat", context.path(name.replace(/(.)\/+$/, "$1")))
        if (type !== "directory") throw new SystemCallError("EEXIST", "mkdir", name)
        return
      }
      await context.sys(
        "mkdir",
        context.path(name),
        given === undefined && context.exec.umask === 0o022 ? undefined : mode,
        false
      )
      if (given !== undefined) await context.sys("chmod", context.path(name), mode)
      if (!line.has("v")) return
      for (const each of line.has("p") ? missing : [name]) {
        await context.stdout.line(`mkdir: created directory ${quoted(each)}`)
      }
    }
  )
}

const isDirectory = (context: ProgramContext, name: string): Promise<boolean> =>
  context.sys("stat", context.path(name)).then(({ type }) => type === "directory", () => false)

export const rmdir: Program = (context) => {
  const line = parseOptions(context, {
    short: "pv",
    long: { parents: "p", verbose: "v", "ignore-fail-on-non-empty": "i" }
  })
  return eachOperand(context, line.operands, (name) => `failed to remove ${quoted(name)}`, async (name) => {
    const remove = async (path: string, above: boolean) => {
      if (line.has("v")) await context.stdout.line(`rmdir: removing directory, ${quoted(path)}`)
      try {
        await context.sys("rmdir", context.path(path))
      } catch (error) {
        if (line.has("i") && isErrno(error, "ENOTEMPTY", "EEXIST")) return
        if (path.endsWith("/") && isErrno(error, "ENOTDIR") && await isDirectory(context, path)) {
          throw new ProgramFailure(`failed to remove ${quoted(path)}: Symbolic link not followed`)
        }
        if (above) {
          throw new ProgramFailure(`failed to remove directory ${quoted(path)}: ${context.reason(error)}`)
        }
        throw error
      }
    }
    await remove(name, false)
    if (!line.has("p")) return
    for (let at = name.lastIndexOf("/"); at > 0; at = name.lastIndexOf("/", at - 1)) {
      await remove(name.slice(0, at), true)
    }
  })
}

export const touch: Program = async (context) => {
  const line = parseOptions(context, {
    short: "acd:fhmr:t:",
    long: { "no-create": "c", "date=": "d", "reference=": "r", "time=": "time", "no-dereference": "h" }
  })
  let time: number | undefined
  if (line.has("d")) {
    time = parseDate(line.get("d")!, Date.now(), context.zone)
    if (time === undefined) throw new ProgramFailure(`invalid date format ${context.quote(line.get("d")!)}`)
  } else if (line.has("t")) time = stamp(context, line.get("t")!)
  else if (line.has("r")) {
    time = (await context.sys("stat", context.path(line.get("r")!)).catch((error: unknown) => {
      throw new ProgramFailure(`failed to get attributes of ${quoted(line.get("r")!)}: ${context.reason(error)}`)
    })).mtimeMs
  }
  if (line.operands.length === 0) {
    throw new ProgramFailure("missing file operand\nTry 'touch --help' for more information.")
  }
  const when = time ?? await context.sys("now")
  return eachOperand(context, line.operands, (name) => `cannot touch ${quoted(name)}`, async (name) => {
    const path = context.path(name)
    const old = await context.sys("stat", path).catch((error: unknown) => {
      if (isErrno(error, "ENOENT")) return undefined
      if (name.endsWith("/") && isErrno(error, "ENOTDIR")) {
        throw new ProgramFailure(`setting times of ${quoted(name)}: ${context.reason(error)}`)
      }
      throw error
    })
    if (old === undefined) {
      if (line.has("c")) return
      if (name.endsWith("/") || line.has("h")) {
        throw new ProgramFailure(`setting times of ${quoted(name)}: No such file or directory`)
      }
      await context.sys(
        "writeFile",
        path,
        new Uint8Array(0),
        true,
        context.exec.umask === 0o022 ? undefined : 0o666 & ~context.exec.umask
      )
      if (time === undefined) return
    }
    const onlyAccess = line.has("a") && !line.has("m")
    const onlyModified = line.has("m") && !line.has("a")
    await context.sys(
      "utimes",
      path,
      onlyModified ? old?.atimeMs ?? when : when,
      onlyAccess ? old?.mtimeMs ?? when : when
    )
  })
}

/** `[[CC]YY]MMDDhhmm[.ss]`. */
const stamp = (context: ProgramContext, text: string): number => {
  const match = /^(?:(\d{2})?(\d{2}))?(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{2}))?$/.exec(text)
  if (match === null) throw new ProgramFailure(`invalid date format ${context.quote(text)}`)
  const [, century, year, ...rest] = match
  const [month, day, hour, minute, second] = rest.map((part) => Number(part ?? 0))
  const full = year === undefined
    ? new Date(Date.now()).getUTCFullYear()
    : century === undefined
    ? (Number(year) < 69 ? 2000 : 1900) + Number(year)
    : Number(century + year)
  return instantOf(context.zone, Date.UTC(full, month - 1, day, hour, minute, second))
}

const lastPart = (name: string): string => name.replace(/(.)\/+$/, "$1").replace(/^.*\/(?=.)/s, "")

export const basename: Program = async (context) => {
  const line = parseOptions(context, {
    short: "as:z",
    long: { multiple: "a", "suffix=": "s", zero: "z" },
    strict: true
  })
  const several = line.has("a") || line.has("s")
  const [name, given, extra] = line.operands
  if (name === undefined) throw missingOperand(context)
  if (!several && extra !== undefined) {
    throw new ProgramFailure(`extra operand ${quoted(extra)}\nTry 'basename --help' for more information.`)
  }
  const suffix = several ? line.get("s") : given
  for (const each of several ? line.operands : [name]) {
    const base = /^\/+$/.test(each) ? "/" : lastPart(each)
    const cut = suffix !== undefined && suffix !== "" && base.endsWith(suffix) && base !== suffix
      ? base.slice(0, -suffix.length)
      : base
    await context.stdout.write(cut + (line.has("z") ? "\0" : "\n"))
  }
  return 0
}

export const dirname: Program = async (context) => {
  const line = parseOptions(context, { short: "z", long: { zero: "z" } })
  if (line.operands.length === 0) throw missingOperand(context)
  for (const name of line.operands) {
    const trimmed = name.replace(/(.)\/+$/s, "$1")
    const slash = trimmed.lastIndexOf("/")
    const parent = slash < 0 ? "." : trimmed.slice(0, slash).replace(/\/+$/, "") || "/"
    await context.stdout.write(parent + (line.has("z") ? "\0" : "\n"))
  }
  return 0
}
