/** Commands on files: realpath, mktemp, install, truncate, cmp. */
import type { Command } from "just-bash"
import { isErrno } from "../client.ts"
import { resolvePath } from "../paths.ts"
import type { CommandSetup } from "./setup.ts"
import { command, CommandFailure, parseOptions, parseSize, reason, text } from "./setup.ts"

const dirname = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/"
const basename = (path: string) => path.slice(path.lastIndexOf("/") + 1)

const relative = (from: string, to: string): string => {
  const source = from.split("/").filter((part) => part !== "")
  const target = to.split("/").filter((part) => part !== "")
  let common = 0
  while (common < source.length && common < target.length && source[common] === target[common]) common++
  return [...source.slice(common).map(() => ".."), ...target.slice(common)].join("/") || "."
}

const realpath = ({ filesystem }: CommandSetup): Command =>
  command("realpath", async (args, { cwd }) => {
    const { flags, operands, values } = parseOptions(args, {
      e: "canonicalize-existing",
      m: "canonicalize-missing",
      s: "no-symlinks",
      q: "quiet",
      z: "zero",
      "R:": "relative-to"
    })
    if (operands.length === 0) throw new CommandFailure("missing operand")
    const resolve = async (operand: string) => {
      const path = resolvePath(cwd, operand)
      if (flags.has("s")) return path
      try {
        return await filesystem.realpath(path)
      } catch (error) {
        if (flags.has("e") || !isErrno(error, "ENOENT")) throw error
        // Only the last part may be missing, unless `-m` allows more.
        if (flags.has("m")) return path
        const directory = await filesystem.realpath(dirname(path))
        return directory === "/" ? `/${basename(path)}` : `${directory}/${basename(path)}`
      }
    }
    const base = values.has("R") ? await resolve(values.get("R")!) : undefined
    let out = ""
    let errors = ""
    for (const operand of operands) {
      try {
        const path = await resolve(operand)
        out += (base === undefined ? path : relative(base, path)) + (flags.has("z") ? "\0" : "\n")
      } catch (error) {
        errors += `realpath: ${operand}: ${reason(error)}\n`
      }
    }
    return text(out, errors === "" ? 0 : 1, flags.has("q") ? "" : errors)
  })

const NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

const randomName = (length: number): string => {
  const random = crypto.getRandomValues(new Uint8Array(length))
  return Array.from(random, (byte) => NAME_CHARACTERS[byte % NAME_CHARACTERS.length]).join("")
}

const mktemp = ({ call, filesystem, process }: CommandSetup): Command =>
  command("mktemp", async (args, { cwd, env }) => {
    const { flags, operands, values } = parseOptions(args, {
      d: "directory",
      u: "dry-run",
      q: "quiet",
      t: "template",
      "p:": "tmpdir",
      "S:": "suffix"
    })
    const template = operands[0] ?? "tmp.XXXXXXXXXX"
    const places = /X{3,}(?!.*X{3,})/.exec(template)
    if (places === null) throw new CommandFailure(`too few X's in template '${template}'`)
    const inTemporary = operands.length === 0 || flags.has("t") || values.has("p")
    const directory = values.get("p") ?? env.get("TMPDIR") ?? "/tmp"
    for (let attempt = 0; attempt < 100; attempt++) {
      const name = template.slice(0, places.index) + randomName(places[0].length)
        + template.slice(places.index + places[0].length) + (values.get("S") ?? "")
      const shown = inTemporary ? `${directory === "/" ? "" : directory}/${name}` : name
      const path = resolvePath(cwd, shown)
      if (await filesystem.exists(path)) continue
      if (!flags.has("u")) {
        if (flags.has("d")) await call(process.pid, "mkdir", path, 0o700, false)
        else await call(process.pid, "writeFile", path, new Uint8Array(0), false, 0o600)
      }
      return text(`${shown}\n`)
    }
    throw new CommandFailure(`failed to create file via template '${template}': File exists`)
  })

const install = ({ filesystem }: CommandSetup): Command =>
  command("install", async (args, { cwd }) => {
    const { flags, operands, values } = parseOptions(args, {
      d: "directory",
      D: "create-leading",
      v: "verbose",
      p: "preserve-timestamps",
      "m:": "mode",
      "t:": "target-directory",
      "o:": "owner",
      "g:": "group"
    })
    const mode = Number.parseInt(values.get("m") ?? "755", 8)
    if (!/^[0-7]*$/.test(values.get("m") ?? "")) throw new CommandFailure(`invalid mode '${values.get("m")}'`)
    const paths = operands.map((operand) => resolvePath(cwd, operand))
    if (flags.has("d")) {
      for (const path of paths) {
        await filesystem.mkdir(path, { recursive: true })
        await filesystem.chmod(path, mode)
      }
      return text("")
    }
    const into = values.get("t")
    const target = into === undefined ? paths.pop() : resolvePath(cwd, into)
    if (target === undefined || paths.length === 0) throw new CommandFailure("missing file operand")
    if (flags.has("D")) await filesystem.mkdir(into === undefined ? dirname(target) : target, { recursive: true })
    const isDirectory = into !== undefined
      || await filesystem.stat(target).then((stat) => stat.isDirectory, () => false)
    if (!isDirectory && paths.length > 1) throw new CommandFailure(`target '${operands.at(-1)}' is not a directory`)
    for (const path of paths) {
      const destination = isDirectory ? `${target}/${basename(path)}` : target
      await filesystem.cp(path, destination)
      await filesystem.chmod(destination, mode)
    }
    return text("")
  })

const truncate = ({ filesystem }: CommandSetup): Command =>
  command("truncate", async (args, { cwd }) => {
    const { flags, operands, values } = parseOptions(args, { c: "no-create", "s:": "size", "r:": "reference" })
    const given = values.get("s")
    const reference = values.get("r")
    if (given === undefined && reference === undefined) {
      throw new CommandFailure("you must specify either '--size' or '--reference'")
    }
    const change = /^[+-]/.test(given ?? "") ? given![0] : ""
    const amount = reference === undefined
      ? parseSize(given!.slice(change.length), "number")
      : (await filesystem.stat(resolvePath(cwd, reference))).size
    for (const operand of operands) {
      const path = resolvePath(cwd, operand)
      if (!await filesystem.exists(path)) {
        if (flags.has("c")) continue
        await filesystem.writeFile(path, "")
      }
      const size = change === "" ? 0 : (await filesystem.stat(path)).size
      await filesystem.truncate(path, Math.max(0, change === "-" ? size - amount : size + amount))
    }
    return text("")
  })

const cmp = ({ filesystem }: CommandSetup): Command =>
  command("cmp", async (args, { cwd, stdin }) => {
    const { flags, operands } = parseOptions(args, { s: "silent", l: "verbose", b: "print-bytes" })
    if (operands.length === 0) throw new CommandFailure("missing operand after 'cmp'", 2)
    const read = async (operand: string) => {
      if (operand === "-") return Uint8Array.from(stdin as unknown as string, (char) => char.charCodeAt(0))
      return filesystem.readFileBuffer(resolvePath(cwd, operand)).catch((error: unknown) => {
        throw new CommandFailure(`${operand}: ${reason(error)}`, 2)
      })
    }
    const [first, second = "-"] = operands
    const [left, right] = [await read(first), await read(second)]
    const common = Math.min(left.length, right.length)
    let line = 1
    let at = 0
    for (; at < common && left[at] === right[at]; at++) if (left[at] === 10) line++
    if (at === left.length && at === right.length) return text("")
    if (flags.has("s")) return text("", 1)
    if (at < common) return text(`${first} ${second} differ: byte ${at + 1}, line ${line}\n`, 1)
    const short = left.length < right.length ? first : second
    const where = at === 0 ? "which is empty" : `after byte ${at}, in line ${line - (left[at - 1] === 10 ? 1 : 0)}`
    return text("", 1, `cmp: EOF on ${short} ${where}\n`)
  })

export const fileCommands = (setup: CommandSetup): ReadonlyArray<Command> => [
  realpath(setup),
  mktemp(setup),
  install(setup),
  truncate(setup),
  cmp(setup)
]
