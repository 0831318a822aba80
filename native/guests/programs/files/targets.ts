/** What cp, mv and install have in common: where the operands lead, questions, backups. */
import { decodeText } from "../../bash/text.ts"
import type { GuestStat } from "../../protocol.ts"
import { isErrno } from "../../shell/client.ts"
import type { CommandLine } from "../options.ts"
import { missingAfter } from "../options.ts"
import type { ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"

export const lastPart = (name: string): string => name.replace(/(.)\/+$/, "$1").replace(/^.*\/(?=.)/s, "")

export const join = (directory: string, name: string): string =>
  directory.endsWith("/") ? directory + name : `${directory}/${name}`

/** The status of what a path leads to; undefined when there is nothing. */
export const statIfThere = async (
  context: ProgramContext,
  path: string,
  call: "stat" | "lstat" = "stat"
): Promise<GuestStat | undefined> => {
  try {
    return await context.sys(call, path)
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined
    throw error
  }
}

/** The status of what stands where something is to be put. */
export const statForTarget = async (context: ProgramContext, name: string): Promise<GuestStat | undefined> => {
  try {
    return await context.sys("lstat", context.path(name))
  } catch (error) {
    if (isErrno(error, "ENOENT", "ELOOP")) return undefined
    if (isErrno(error, "ENOTDIR")) throw new ProgramFailure(`cannot stat ${quoted(name)}: ${context.reason(error)}`)
    throw error
  }
}

/** The place of a name itself, which may be a link or be free. */
const placeOf = async (context: ProgramContext, name: string): Promise<string> => {
  const path = context.path(name).replace(/(.)\/+$/, "$1")
  const slash = path.lastIndexOf("/")
  return join(await context.sys("realpath", path.slice(0, slash) || "/"), path.slice(slash + 1))
}

/** Where a name leads, also when nothing is there yet. */
const realPath = async (context: ProgramContext, name: string): Promise<string> => {
  try {
    return await context.sys("realpath", context.path(name))
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error
    return placeOf(context, name)
  }
}

/** Whether two names are one: what is found by one would be lost with the other. */
export const isSameName = async (
  context: ProgramContext,
  [name, stat]: readonly [string, GuestStat],
  [other, there]: readonly [string, GuestStat]
): Promise<boolean> =>
  stat.ino === there.ino && stat.dev === there.dev &&
  (stat.nlink === 1 || await placeOf(context, name) === await placeOf(context, other))

/** Whether a target is a directory or would be below it. */
export const isWithin = async (context: ProgramContext, directory: string, target: string): Promise<boolean> => {
  const [above, path] = [await realPath(context, directory), await realPath(context, target)]
  return path === above || path.startsWith(above === "/" ? "/" : `${above}/`)
}

export interface Targets {
  readonly sources: ReadonlyArray<string>
  /** The name that a source gets. */
  readonly nameFor: (source: string) => string
}

/** The last operand, or `-t`, is where the others go: into it when it is a directory. */
export const findTargets = async (context: ProgramContext, line: CommandLine): Promise<Targets> => {
  const { operands } = line
  if (operands.length === 0) {
    throw new ProgramFailure(`missing file operand\nTry '${context.name} --help' for more information.`)
  }
  const given = line.get("t")
  const strip = (name: string) => line.has("strip-trailing-slashes") ? name.replace(/(.)\/+$/, "$1") : name
  if (given !== undefined) {
    const stat = await statIfThere(context, context.path(given))
    if (stat?.type !== "directory") {
      const reason = stat === undefined ? "No such file or directory" : "Not a directory"
      throw new ProgramFailure(`target directory ${quoted(given)}: ${reason}`)
    }
    return { sources: operands.map(strip), nameFor: (source) => join(given, lastPart(source)) }
  }
  if (operands.length === 1) {
    const problem = missingAfter(context, operands[0]).message.replace(
      "operand after",
      "destination file operand after"
    )
    throw new ProgramFailure(problem.replace(context.quote(operands[0]), quoted(operands[0])))
  }
  const last = operands[operands.length - 1]
  const sources = operands.slice(0, -1).map(strip)
  if (line.has("T")) {
    if (sources.length > 1) {
      throw new ProgramFailure(
        `extra operand ${quoted(operands[2])}\nTry '${context.name} --help' for more information.`
      )
    }
    return { sources, nameFor: () => last }
  }
  const stat = await statIfThere(context, context.path(last))
  if (stat?.type === "directory") return { sources, nameFor: (source) => join(last, lastPart(source)) }
  if (sources.length > 1) {
    throw new ProgramFailure(
      stat === undefined
        ? `target ${quoted(last)}: No such file or directory`
        : `target ${quoted(last)}: Not a directory`
    )
  }
  return { sources, nameFor: () => last }
}

/** Asks on standard error; whether the answer on standard input begins with y. */
export const confirm = async (context: ProgramContext, question: string): Promise<boolean> => {
  await context.stdout.flush()
  await context.stderr.write(`${context.name}: ${question}? `)
  await context.stderr.flush()
  const { file } = context.stdin
  let answer = ""
  for (;;) {
    const bytes = file.peek()
    if (bytes === undefined) {
      await file.readable(context.process)
      continue
    }
    const end = bytes.indexOf(10)
    const taken = end < 0 ? bytes : bytes.subarray(0, end + 1)
    answer = (answer + decodeText(taken)).slice(0, 1024)
    file.consume(taken.length)
    if (end >= 0 || taken.length === 0) return /^\s*[yY]/.test(answer)
  }
}

/** The name under which what is overwritten is kept; undefined when it is not kept. */
export const backupName = async (
  context: ProgramContext,
  line: CommandLine,
  name: string
): Promise<string | undefined> => {
  const method = line.has("backup") && line.get("backup") !== ""
    ? line.get("backup")!
    : line.has("b") || line.has("backup") || line.has("S")
    ? context.env.get("VERSION_CONTROL") ?? "existing"
    : "none"
  if (method === "none" || method === "off") return undefined
  const simple = name + (line.get("S") ?? context.env.get("SIMPLE_BACKUP_SUFFIX") ?? "~")
  if (method === "simple" || method === "never") return simple
  const directory = name.includes("/") ? name.slice(0, name.lastIndexOf("/")) || "/" : "."
  const entries = await context.sys("readdir", context.path(directory)).catch(() => [])
  const prefix = `${lastPart(name)}.~`
  const numbers = entries.map((entry) => entry.name).filter((each) => each.startsWith(prefix) && each.endsWith("~"))
    .map((each) => Number(each.slice(prefix.length, -1))).filter((number) => number > 0)
  const numbered = method === "numbered" || method === "t" || numbers.length > 0
  return numbered ? `${name}.~${Math.max(0, ...numbers) + 1}~` : simple
}
