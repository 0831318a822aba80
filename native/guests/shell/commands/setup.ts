/** What the commands of our own are made with, and the helpers that they share. */
import type { Command, ExecResult, ResolvedCommandContext } from "just-bash"
import { SystemCallError } from "../client.ts"
import type { CallSystem, GuestIdentity, ShellProcess } from "../engine.ts"
import type { GuestFilesystem } from "../filesystem.ts"

export interface CommandSetup {
  readonly call: CallSystem
  readonly identity: GuestIdentity
  readonly filesystem: GuestFilesystem
  readonly process: ShellProcess
}

export type Run = (args: Array<string>, context: ResolvedCommandContext) => Promise<ExecResult>

/** A failure that a command reports as `NAME: MESSAGE`. */
export class CommandFailure {
  constructor(readonly message: string, readonly exitCode = 1) {}
}

export const text = (stdout: string, exitCode = 0, stderr = ""): ExecResult => ({
  stdout,
  stderr,
  exitCode,
  stdoutKind: "text"
})

export const bytes = (stdout: string, exitCode = 0, stderr = ""): ExecResult => ({
  stdout,
  stderr,
  exitCode,
  stdoutKind: "bytes",
  stdoutEncoding: "binary"
})

/** The text of a failed system call; anything else is no answer to the guest. */
export const reason = (error: unknown): string => {
  if (!(error instanceof SystemCallError)) throw error
  return error.reason
}

/** A command whose failures become the usual message and exit code. */
export const command = (name: string, run: Run): Command => ({
  name,
  trusted: true,
  execute: async (args, context) => {
    try {
      return await run(args, context)
    } catch (error) {
      if (error instanceof CommandFailure) return text("", error.exitCode, `${name}: ${error.message}\n`)
      if (error instanceof SystemCallError) return text("", 1, `${name}: ${error.reason}\n`)
      throw error
    }
  }
})

export interface Options {
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly operands: ReadonlyArray<string>
}

/** The names of the long options by their short ones; a short name followed by ":" takes a value. */
export type OptionSpec = Readonly<Record<string, string>>

/** Options in the GNU manner: glued or apart, clustered, `--name=value`, `--` ends them. */
export const parseOptions = (args: ReadonlyArray<string>, spec: OptionSpec): Options => {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const operands: Array<string> = []
  const isValued = (short: string) => `${short}:` in spec
  const long = new Map(Object.entries(spec).map(([short, name]) => [name, short.replace(":", "")]))
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]
    const next = (option: string) => {
      if (++index >= args.length) throw new CommandFailure(`option requires an argument -- '${option}'`)
      return args[index]
    }
    if (arg === "--") {
      operands.push(...args.slice(index + 1))
      break
    }
    if (arg.startsWith("--")) {
      const [name, ...rest] = arg.slice(2).split("=")
      const short = long.get(name)
      if (short === undefined) throw new CommandFailure(`unrecognized option '${arg}'`)
      if (isValued(short)) values.set(short, rest.length > 0 ? rest.join("=") : next(name))
      else flags.add(short)
    } else if (arg.startsWith("-") && arg.length > 1) {
      for (let at = 1; at < arg.length; at++) {
        const short = arg[at]
        if (isValued(short)) {
          values.set(short, at + 1 < arg.length ? arg.slice(at + 1) : next(short))
          break
        }
        if (!(short in spec)) throw new CommandFailure(`invalid option -- '${short}'`)
        flags.add(short)
      }
    } else operands.push(arg)
  }
  return { flags, values, operands }
}

const units: Readonly<Record<string, number>> = { "": 1, c: 1, b: 512, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }

const decimalUnits: Readonly<Record<string, number>> = { k: 1e3, K: 1e3, M: 1e6, G: 1e9 }

/** A size such as `10`, `4K`, `1MiB` or `2MB`. */
export const parseSize = (given: string, what: string): number => {
  const match = /^(\d+)([cbkKMG]?)(iB|B)?$/.exec(given)
  const decimal = match?.[3] === "B" ? decimalUnits[match[2]] : undefined
  const size = match === null ? Number.NaN : Number(match[1]) * (decimal ?? units[match[2]])
  if (!Number.isSafeInteger(size)) throw new CommandFailure(`invalid ${what}: '${given}'`)
  return size
}
