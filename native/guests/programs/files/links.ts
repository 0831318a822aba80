/** readlink and realpath. */
import { isErrno, SystemCallError } from "../../shell/client.ts"
import { missingOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"

/** What may be missing of a path: nothing, the last part, or anything. */
type Missing = "nothing" | "last" | "any"

const MAX_LINKS = 40

/** Resolves part by part, as far as there is something; links are followed, or stay. */
export const canonicalize = async (
  context: ProgramContext,
  name: string,
  missing: Missing,
  follows = true
): Promise<string> => {
  if (name === "") throw new SystemCallError("ENOENT", "realpath", name)
  let left = (name.startsWith("/") ? name : `${context.cwd}/${name}`).split("/").filter((part) => part !== "")
  let path = ""
  let links = 0
  while (left.length > 0) {
    const [part, ...rest] = left
    left = rest
    if (part === ".") continue
    if (part === "..") {
      path = path.slice(0, path.lastIndexOf("/"))
      continue
    }
    const next = `${path}/${part}`
    try {
      const stat = await context.sys(follows ? "lstat" : "stat", next)
      if (stat.type === "symlink") {
        if (++links > MAX_LINKS) {
          if (missing !== "any") throw new SystemCallError("ELOOP", "realpath", name)
          path = next
          continue
        }
        const target = await context.sys("readlink", next)
        if (target.startsWith("/")) path = ""
        left = [...target.split("/").filter((each) => each !== ""), ...left]
        continue
      }
      if (stat.type !== "directory" && (left.length > 0 || name.endsWith("/")) && missing !== "any") {
        throw new SystemCallError("ENOTDIR", "realpath", name)
      }
    } catch (error) {
      const tolerated = missing === "any"
        ? isErrno(error, "ENOENT", "ENOTDIR", "EACCES")
        : missing === "last" && left.length === 0 && isErrno(error, "ENOENT")
      if (!tolerated) throw error
    }
    path = next
  }
  return path === "" ? "/" : path
}

export const readlink: Program = async (context) => {
  const line = parseOptions(context, {
    short: "femnqsvz",
    long: {
      canonicalize: "f",
      "canonicalize-existing": "e",
      "canonicalize-missing": "m",
      "no-newline": "n",
      quiet: "q",
      silent: "s",
      verbose: "v",
      zero: "z"
    }
  })
  if (line.operands.length === 0) throw missingOperand(context)
  const mode = line.options.findLast(({ name }) => "fem".includes(name))?.name
  const missing: Missing = mode === "e" ? "nothing" : mode === "m" ? "any" : "last"
  const end = line.has("n") && line.operands.length === 1 ? "" : line.has("z") ? "\0" : "\n"
  let status = 0
  for (const name of line.operands) {
    try {
      const text = mode === undefined
        ? await context.sys("readlink", context.path(name))
        : await canonicalize(context, name, missing)
      await context.stdout.write(text + end)
    } catch (error) {
      status = 1
      if (line.has("v")) await context.blame(name, error)
      else context.reason(error)
    }
  }
  return status
}

/** The way from one directory to a path. */
export const relativePath = (base: string, path: string): string => {
  const [from, to] = [base, path].map((each) => each.split("/").filter((part) => part !== ""))
  let common = 0
  while (common < from.length && common < to.length && from[common] === to[common]) common++
  return [...from.slice(common).map(() => ".."), ...to.slice(common)].join("/") || "."
}

export const realpath: Program = async (context) => {
  const line = parseOptions(context, {
    short: "eLmPqsz",
    long: {
      "canonicalize-existing": "e",
      "canonicalize-missing": "m",
      logical: "L",
      physical: "P",
      quiet: "q",
      "relative-to=": "relative-to",
      "relative-base=": "relative-base",
      strip: "s",
      "no-symlinks": "s",
      zero: "z"
    }
  })
  if (line.operands.length === 0) throw missingOperand(context)
  const missing: Missing = line.has("m") ? "any" : line.has("e") ? "nothing" : "last"
  const resolve = async (name: string): Promise<string> => {
    if (line.has("s")) return canonicalize(context, name, missing, false)
    // `..` goes before links, if so asked
    return canonicalize(context, line.has("L") ? await canonicalize(context, name, missing, false) : name, missing)
  }
  const base = line.has("relative-base") ? await resolve(line.get("relative-base")!) : undefined
  const to = line.has("relative-to") ? await resolve(line.get("relative-to")!) : base
  const within = (path: string) => base === undefined || base === "/" || path === base || path.startsWith(`${base}/`)
  let status = 0
  for (const name of line.operands) {
    try {
      const path = await resolve(name)
      const shown = to !== undefined && within(path) && within(to) ? relativePath(to, path) : path
      await context.stdout.write(shown + (line.has("z") ? "\0" : "\n"))
    } catch (error) {
      status = 1
      if (line.has("q")) context.reason(error)
      else await context.blame(name === "" ? "''" : name, error)
    }
  }
  return status
}
