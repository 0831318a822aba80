/** mktemp and truncate. */
import { isErrno, SystemCallError } from "../../shell/client.ts"
import { parseOptions, parseSize } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { join } from "./targets.ts"
import { eachOperand } from "./tree.ts"

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
const TRIES = 100

const randomLetters = (count: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => letters[byte % letters.length]).join("")

export const mktemp: Program = async (context) => {
  const line = parseOptions(context, {
    short: "dp:qtuV",
    long: { directory: "d", "dry-run": "u", quiet: "q", "suffix=": "suffix", "tmpdir[=": "p" }
  })
  if (line.operands.length > 1) {
    throw new ProgramFailure("too many templates\nTry 'mktemp --help' for more information.")
  }
  const [given] = line.operands
  const template = (given ?? "tmp.XXXXXXXXXX") + (line.get("suffix") ?? "")
  const tail = line.get("suffix")?.length ?? 0
  const body = template.slice(0, template.length - tail)
  if (line.has("suffix") && !body.endsWith("X")) {
    throw new ProgramFailure(`with --suffix, template ${context.quote(given ?? "")} must end in X`)
  }
  const last = body.lastIndexOf("X")
  let first = last
  while (first > 0 && body[first - 1] === "X") first--
  if (last < 0 || last - first < 2) {
    throw new ProgramFailure(`too few X's in template ${context.quote(given ?? "")}`)
  }
  const suffix = template.slice(last + 1)
  if (suffix.includes("/")) {
    throw new ProgramFailure(`invalid suffix ${context.quote(suffix)}, contains directory separator`)
  }
  const inside = given === undefined || line.has("p") || line.has("t")
  const directory = line.get("p") || context.env.get("TMPDIR") || "/tmp"
  if (inside && line.has("p") && template.startsWith("/")) {
    throw new ProgramFailure(`invalid template, ${context.quote(template)}; with --tmpdir, it may not be absolute`)
  }
  if (inside && line.has("t") && template.includes("/")) {
    throw new ProgramFailure(`invalid template, ${context.quote(template)}, contains directory separator`)
  }
  const what = line.has("d") ? "directory" : "file"
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const name = template.slice(0, first) + randomLetters(last - first + 1) + suffix
    const shown = inside ? join(directory, name) : name
    try {
      if (!await tryMake(context, shown, line.has("d"), line.has("u"))) continue
    } catch (error) {
      if (line.has("q")) return 1
      throw new ProgramFailure(
        `failed to create ${what} via template ${context.quote(inside ? join(directory, template) : template)}: ${
          context.reason(error)
        }`
      )
    }
    await context.stdout.line(shown)
    return 0
  }
  throw new ProgramFailure(`failed to create ${what} via template ${context.quote(template)}: File exists`)
}

const tryMake = async (context: ProgramContext, name: string, directory: boolean, dry: boolean): Promise<boolean> => {
  const path = context.path(name)
  const taken = await context.sys("lstat", path).then(() => true, (error: unknown) => {
    if (isErrno(error, "ENOENT")) return false
    throw error
  })
  if (taken || dry) return !taken
  if (directory) await context.sys("mkdir", path, 0o700, false)
  else await context.sys("writeFile", path, new Uint8Array(0), true, 0o600)
  return true
}

export const truncate: Program = async (context) => {
  const line = parseOptions(context, {
    short: "cor:s:",
    long: { "no-create": "c", "io-blocks": "o", "reference=": "r", "size=": "s" }
  })
  const text = line.get("s")?.trim()
  const reference = line.get("r")
  if (text === undefined && reference === undefined) {
    throw new ProgramFailure(
      `you must specify either ${context.quote("--size")} or ${
        context.quote("--reference")
      }\nTry 'truncate --help' for more information.`
    )
  }
  const sign = /^[-+<>/%]/.exec(text ?? "")?.[0] ?? ""
  const amount = text === undefined ? 0 : parseSize(text.slice(sign.length).replace(/^\+/, ""))
  if (amount === undefined) throw new ProgramFailure(`Invalid number: ${context.quote(text!)}`)
  if (line.operands.length === 0) {
    throw new ProgramFailure("missing file operand\nTry 'truncate --help' for more information.")
  }
  if ((sign === "/" || sign === "%") && amount === 0) throw new ProgramFailure("division by zero")
  const base = reference === undefined ? undefined : (await context.sys("stat", context.path(reference))).size
  return eachOperand(context, line.operands, (name) => `cannot open ${quoted(name)} for writing`, async (name) => {
    const path = context.path(name)
    let size: number
    try {
      const stat = await context.sys("stat", path)
      if (stat.type === "directory") throw new SystemCallError("EISDIR", "open", path)
      size = stat.size
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error
      if (line.has("c")) return
      await context.sys("writeFile", path, new Uint8Array(0), true)
      size = 0
    }
    const wanted = newSize(base ?? size, sign, amount, text === undefined)
    await context.sys("truncate", path, wanted).catch((error: unknown) => {
      if (!isErrno(error, "EFBIG")) throw error
      throw new ProgramFailure(`failed to truncate ${quoted(name)} at ${wanted} bytes: ${context.reason(error)}`)
    })
  })
}

const newSize = (size: number, sign: string, amount: number, same: boolean): number => {
  if (same) return size
  switch (sign) {
    case "+":
      return size + amount
    case "-":
      return Math.max(0, size - amount)
    case "<":
      return Math.min(size, amount)
    case ">":
      return Math.max(size, amount)
    case "/":
      return Math.floor(size / amount) * amount
    case "%":
      return Math.ceil(size / amount) * amount
    default:
      return amount
  }
}
