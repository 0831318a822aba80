/** Programs: found along PATH, run in processes of their own. */
import type * as Ast from "unbash"
import { programs } from "../../programs/registry.ts"
import { runProgram } from "../../programs/run.ts"
import { SystemCallError } from "../../shell/client.ts"
import { resolvePath } from "../../shell/paths.ts"
import { isModule } from "../../wasm/memory-limit.ts"
import type { Machine } from "../machine.ts"
import type { Process } from "../processes/process.ts"
import type { Shell } from "../state/shell.ts"
import { decodeText } from "../text.ts"
import { applyAssignment } from "./assign.ts"
import { waitForeground } from "./foreground.ts"
import { forkProcess, live } from "./fork.ts"
import { callFunction } from "./functions.ts"
import { runNested } from "./nested.ts"
import { printJob } from "./print.ts"
import { redirect } from "./redirect.ts"

/** What running a program takes. */
export interface ExecContext {
  readonly machine: Machine
  readonly process: Process
  readonly cwd: string
  readonly umask: number
  readonly env: ReadonlyMap<string, string>
}

export type Found =
  | { readonly kind: "program"; readonly name: string; readonly path: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "missing"; readonly status: 126 | 127; readonly message: string }

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
const system = /^\/(?:usr\/)?bin\/([^/]+)$/

const asFound = (path: string): Found => {
  const name = system.exec(path)?.[1]
  return name !== undefined && programs.has(name) ? { kind: "program", name, path } : { kind: "file", path }
}

type Look = "absent" | "blocked" | "denied" | "directory" | "executable"

const look = async ({ machine, process }: Pick<ExecContext, "machine" | "process">, path: string): Promise<Look> => {
  try {
    const stat = await process.block(machine.sys("stat", path))
    if (stat.type === "directory") return "directory"
    return (stat.mode & 0o111) === 0 ? "denied" : "executable"
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code === "ECANCELED") throw error
    return error.code === "EACCES" ? "denied" : error.code === "ENOTDIR" ? "blocked" : "absent"
  }
}

const byPath = async (context: Pick<ExecContext, "machine" | "process" | "cwd">, name: string): Promise<Found> => {
  const path = resolvePath(context.cwd, name)
  const known = system.exec(path)?.[1]
  if (known !== undefined && programs.has(known) && !context.machine.paths.needsFile(known)) return asFound(path)
  switch (await look(context, path)) {
    case "absent":
      return { kind: "missing", status: 127, message: `${name}: No such file or directory` }
    case "blocked":
      return { kind: "missing", status: 126, message: `${name}: Not a directory` }
    case "directory":
      return { kind: "missing", status: 126, message: `${name}: Is a directory` }
    case "denied":
      return { kind: "missing", status: 126, message: `${name}: Permission denied` }
    case "executable":
      return asFound(path)
  }
}

export const findProgram = async (
  context: Pick<ExecContext, "machine" | "process" | "cwd">,
  name: string,
  path: string | undefined
): Promise<Found> => {
  if (name.includes("/")) return byPath(context, name)
  if (name === "") return { kind: "missing", status: 127, message: ": command not found" }
  const { paths } = context.machine
  const key = `${path ?? DEFAULT_PATH}\0${name}`
  const known = paths.get(key)
  if (known !== undefined) return asFound(known)
  let denied: string | undefined
  for (const directory of (path ?? DEFAULT_PATH).split(":")) {
    const candidate = resolvePath(context.cwd, `${directory === "" ? "." : directory}/${name}`)
    const isBuiltIn = system.test(candidate) && programs.has(name) && !paths.needsFile(name)
    const seen = isBuiltIn ? "executable" : await look(context, candidate)
    if (seen === "executable") {
      paths.remember(key, candidate)
      return asFound(candidate)
    }
    if (seen === "denied") denied ??= candidate
  }
  return denied === undefined
    ? { kind: "missing", status: 127, message: `${name}: command not found` }
    : { kind: "missing", status: 126, message: `${denied}: Permission denied` }
}

/** Bytes of the words, each with its end. */
const bytesOf = (words: Iterable<string>): number => {
  let total = 0
  for (const word of words) total += Buffer.byteLength(word) + 1
  return total
}

/** Whether a program may be given the words and the environment: otherwise it is E2BIG. */
export const fits = ({ env, machine: { identity } }: ExecContext, argv: ReadonlyArray<string>): boolean => {
  if (bytesOf(argv) > identity.argvBytes) return false
  let total = 0
  for (const [name, value] of env) total += Buffer.byteLength(name) + Buffer.byteLength(value) + 2
  return total <= identity.envBytes
}

export const TOO_LONG = "Argument list too long"

/** Where packages of software are. */
const SOFTWARE = "/__agentos/commands/"

/** How many interpreters may stand behind each other. */
const MAX_INTERPRETERS = 5

const refused = async (context: ExecContext, name: string): Promise<number> => {
  const text = `bash: ${name}: Permission denied\n`
  await context.process.descriptors.get(2)?.write(context.process, Buffer.from(text))
  return 126
}

/** Runs what was found in the context's process; gives its exit code. */
export const runFound = async (
  context: ExecContext,
  found: Exclude<Found, { kind: "missing" }>,
  argv: ReadonlyArray<string>,
  depth = 0
): Promise<number> => {
  context.process.exec(argv, context.cwd)
  const mayRun = async (name: string): Promise<boolean> => {
    try {
      await context.process.block(context.machine.sys("mayRun", name, found.path))
      return true
    } catch (error) {
      if (error instanceof SystemCallError && error.code === "EACCES") return false
      throw error
    }
  }
  const own = found.kind === "program" ? found.name : found.path.slice(found.path.lastIndexOf("/") + 1)
  if (!await mayRun(own)) return refused(context, argv[0])
  if (found.kind === "program") {
    const program = programs.get(found.name)!
    return runProgram(context, program, argv)
  }
  const asSoftware = async () => (await import("../../wasm/run.ts")).runSoftware(context, found.path, argv)
  const isSoftware = found.path.startsWith(SOFTWARE)
  const known = isSoftware ? await asSoftware() : undefined
  if (known !== undefined) return known
  const bytes = await context.process.block(context.machine.sys("readFile", found.path))
  const head = bytes.subarray(0, 256)
  // perhaps a link to it
  const linked = !isSoftware && isModule(head) ? await asSoftware() : undefined
  if (linked !== undefined) return linked
  const fail = async (message: string, status: number) => {
    await context.process.descriptors.get(2)?.write(context.process, Buffer.from(`bash: ${argv[0]}: ${message}\n`))
    return status
  }
  if (head[0] === 0x23 && head[1] === 0x21) {
    const line = decodeText(head).slice(2).split("\n")[0].trim()
    const stub = line.startsWith("builtin ") ? programs.get(line.slice(8).trim()) : undefined
    if (stub !== undefined) {
      // a copy of a program under another name is still that program
      return await mayRun(line.slice(8).trim()) ? runProgram(context, stub, argv) : refused(context, argv[0])
    }
    const [interpreter, ...rest] = line.split(/\s+(.*)/s).filter((part) => part !== "")
    const target = depth >= MAX_INTERPRETERS ? undefined : await findProgram(context, interpreter ?? "", undefined)
    if (target === undefined || target.kind === "missing") {
      return fail(`cannot execute: required file not found`, 127)
    }
    return runFound(context, target, [interpreter, ...rest, found.path, ...argv.slice(1)], depth + 1)
  }
  const end = head.indexOf(10)
  if ((end < 0 ? head : head.subarray(0, end)).includes(0)) {
    return fail("cannot execute binary file: Exec format error", 126)
  }
  return runNested(context, { kind: "script", name: argv[0], source: decodeText(bytes), parameters: argv.slice(1) })
}

export const programContext = (shell: Shell): Pick<ExecContext, "machine" | "process" | "cwd"> => ({
  machine: shell.machine,
  process: shell.process,
  cwd: shell.cwd
})

export interface ExternalCommand {
  readonly node: Ast.Command | undefined
  readonly argv: ReadonlyArray<string>
  readonly assignments: ReadonlyArray<Ast.Assignment>
  /** Nothing follows: the program may take over the shell's own process. */
  readonly tail: boolean
}

const environmentWith = async (
  shell: Shell,
  assignments: ReadonlyArray<Ast.Assignment>
): Promise<Map<string, string>> => {
  const before = new Map(assignments.map(({ name }) => [name, shell.variables.own(name)] as const))
  for (const assignment of assignments) {
    await applyAssignment(shell, assignment)
    shell.variables.mark(assignment.name, { exported: true })
  }
  const env = shell.variables.environment()
  for (const [name, variable] of before) shell.variables.put(name, variable)
  for (const name of shell.exportedFunctions) {
    const target = shell.functions.get(name)
    if (target !== undefined) {
      env.set(`BASH_FUNC_${name}%%`, target.unit.source.slice(target.node.body.pos, target.node.body.end))
    }
  }
  return env
}

/** Runs the redirections and the program in `process`, which is the shell's own or a new one. */
const execute = async (shell: Shell, command: ExternalCommand, process: Process): Promise<number> => {
  const { argv, assignments, node } = command
  const parent = shell.process
  shell.process = process
  try {
    if (node !== undefined && node.redirects.length > 0) {
      const made = await redirect(shell, node.redirects)
      if (made === undefined) return 1
      await made.keep()
    }
    const env = await environmentWith(shell, assignments)
    const context = { machine: shell.machine, process, cwd: shell.cwd, umask: shell.umask, env }
    const path = assignments.some(({ name }) => name === "PATH") ? env.get("PATH") : shell.variables.get("PATH")
    const hashed = shell.hashed.get(argv[0])
    const found = hashed === undefined ? await findProgram(context, argv[0], path) : asFound(hashed.path)
    if (found.kind === "missing") {
      const handler = shell.functions.get("command_not_found_handle")
      if (found.status === 127 && handler !== undefined && !argv[0].includes("/")) {
        return await callFunction(shell, handler, argv)
      }
      await shell.complain(found.message)
      return found.status
    }
    shell.process = parent
    env.set("_", found.path)
    if (!fits(context, argv)) {
      await shell.complain(`${found.path}: ${TOO_LONG}`)
      return 126
    }
    return await runFound(context, found, argv)
  } finally {
    shell.process = parent
  }
}

export const runExternal = async (shell: Shell, command: ExternalCommand): Promise<number> => {
  const { argv } = command
  shell.lastArgument = argv[argv.length - 1]
  const { isMain, jobControl, traps, unit } = shell
  if (command.tail && traps.size === 0 && !isMain && !jobControl) return execute(shell, command, shell.process)
  const process = await forkProcess(shell, { command: argv.join(" "), group: jobControl ? "own" : undefined })
  // The shell waits until the program has its descriptors: expansions in redirections are the shell's own. One that may
  // be stopped meanwhile has a shell to itself.
  const child = jobControl ? shell.fork(process) : shell
  void live(process, () => execute(child, command, process))
  const [status] = await waitForeground(shell, {
    processes: [process],
    group: jobControl ? process.pid : undefined,
    commands: () => [command.node === undefined ? argv.join(" ") : printJob(unit.source, command.node)]
  })
  return status
}
