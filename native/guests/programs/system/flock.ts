/** flock of util-linux: holds the lock of a file while a command runs, or that of a descriptor of the shell. */
import { openForLocking } from "../../bash/interpret/open.ts"
import type { LockRequest, OpenFile } from "../../bash/io/open-file.ts"
import type { Timer } from "../../bash/machine.ts"
import { isErrno } from "../../shell/client.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { Informed, ProgramFailure } from "../program.ts"

/** The exit codes of sysexits.h. */
const USAGE = 64
const DATA = 65
const NO_INPUT = 66
const UNAVAILABLE = 69
const SYSTEM = 71
const CANNOT_CREATE = 73

const spec = {
  short: "sexnoFuw:E:hV",
  long: {
    shared: "s",
    exclusive: "x",
    unlock: "u",
    nonblocking: "n",
    nb: "n",
    "timeout=": "w",
    "wait=": "w",
    "conflict-exit-code=": "E",
    close: "o",
    "no-fork": "F",
    verbose: "verbose"
  },
  status: USAGE,
  strict: true
}

const kinds: Readonly<Record<string, LockRequest>> = { s: "shared", e: "exclusive", x: "exclusive", u: "unlock" }

/** What the command line asks for. */
interface Request {
  readonly kind: LockRequest
  /** Milliseconds to wait for the lock; none for ever. */
  readonly patience: number | undefined
  /** The exit code when the lock could not be had. */
  readonly conflict: number
  readonly verbose: boolean
}

const wholeNumber = (text: string, problem: string): number => {
  if (!/^[+-]?\d+$/.test(text)) throw new ProgramFailure(`${problem}: '${text}'`, USAGE)
  const value = Number(text)
  if ((value | 0) === value) return value
  throw new ProgramFailure(`${problem}: '${text}': Numerical result out of range`, USAGE)
}

const requestOf = (line: CommandLine): Request => {
  const timeout = line.get("w")
  if (timeout !== undefined && !/^-?\d+(\.\d*)?$/.test(timeout)) {
    throw new ProgramFailure(`invalid timeout value: '${timeout}'`, USAGE)
  }
  if (timeout?.startsWith("-") === true) throw new ProgramFailure("cannot set up timer: Invalid argument", SYSTEM)
  const conflict = wholeNumber(line.get("E") ?? "1", "invalid exit code")
  if (conflict < 0 || conflict > 255) throw new ProgramFailure("exit code out of range (expected 0 to 255)", USAGE)
  return {
    kind: line.options.reduce<LockRequest>((kind, { name }) => kinds[name] ?? kind, "exclusive"),
    patience: line.has("n") ? 0 : timeout === undefined ? undefined : Number(timeout) * 1000,
    conflict,
    verbose: line.has("verbose")
  }
}

/** The command, as words; none where a descriptor is meant. */
const commandOf = (context: ProgramContext, [, ...words]: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (words[0] !== "-c" && words[0] !== "--command") return words
  if (words.length !== 2) throw new ProgramFailure(`${words[0]} requires exactly one command argument`, USAGE)
  return [context.env.get("SHELL") || "/bin/sh", "-c", words[1]]
}

const openNamed = async (context: ProgramContext, name: string): Promise<OpenFile> => {
  try {
    return await openForLocking({ ...context.exec, process: context.process }, name)
  } catch (error) {
    const status = isErrno(error, "ENOMEM", "EMFILE", "ENFILE")
      ? SYSTEM
      : isErrno(error, "EROFS", "ENOSPC")
      ? CANNOT_CREATE
      : NO_INPUT
    throw new ProgramFailure(`cannot open lock file ${name}: ${context.reason(error)}`, status)
  }
}

const openNumbered = (context: ProgramContext, text: string): OpenFile => {
  const file = context.process.descriptors.get(wholeNumber(text, "bad file descriptor"))
  if (file === undefined) throw new ProgramFailure(`${text}: Bad file descriptor`, DATA)
  return file
}

/** Waits for the lock as long as asked for; whether it could be had. */
const take = async (context: ProgramContext, file: OpenFile, { kind, patience }: Request): Promise<boolean> => {
  const { machine, process } = context
  const wait = file.lock(process, kind, patience !== 0)
  let timer: Timer | undefined
  let over = false
  if (patience !== undefined && patience > 0) {
    timer = machine.timer(process, patience)
    // a timer that is cancelled ends as well
    void timer.done.then(() => over ? undefined : wait.cancel(), () => {})
  }
  try {
    await process.block(wait.done)
    return true
  } catch (error) {
    if (isErrno(error, "EAGAIN", "EINTR")) return false
    wait.cancel()
    throw error
  } finally {
    over = true
    timer?.cancel()
  }
}

const lock = async (context: ProgramContext, name: string, file: OpenFile, request: Request): Promise<boolean> => {
  const start = request.verbose ? await context.sys("now") : 0
  try {
    if (await take(context, file, request)) {
      if (request.verbose) {
        const seconds = (await context.sys("now") - start) / 1000
        await context.stdout.line(`flock: getting lock took ${seconds.toFixed(6)} seconds`)
      }
      return true
    }
  } catch (error) {
    throw new ProgramFailure(`${name}: ${context.reason(error)}`, isErrno(error, "ENOLCK", "ENOMEM") ? SYSTEM : DATA)
  }
  if (request.verbose) {
    await context.complain(request.patience === 0 ? "failed to get lock" : "timeout while waiting to get lock")
  }
  return false
}

/** Runs the command. It inherits the descriptor, and with it the lock, unless that is to be closed. */
const run = async (context: ProgramContext, argv: ReadonlyArray<string>, line: CommandLine, file: OpenFile) => {
  if (line.has("verbose")) await context.stdout.line(`flock: executing ${argv[0]}`)
  const { descriptors } = context.process
  const fd = line.has("o") ? undefined : descriptors.free(3)
  if (fd !== undefined) await descriptors.set(fd, file.retain())
  const status = await context.run(argv)
  if (status >= 0) return status
  const reason = status === -127 ? "No such file or directory" : "Permission denied"
  throw new ProgramFailure(`failed to execute ${argv[0]}: ${reason}`, UNAVAILABLE)
}

export const flock: Program = async (context) => {
  if (context.args.length === 0) {
    throw new ProgramFailure("not enough arguments\nTry 'flock --help' for more information.", USAGE)
  }
  const line = parseOptions(context, spec)
  if (line.has("h")) throw new Informed("help", spec)
  if (line.has("V")) throw new Informed("version", spec)
  const request = requestOf(line)
  const [name] = line.operands
  if (name === undefined) throw new ProgramFailure("requires file descriptor, file or directory", USAGE)
  const argv = commandOf(context, line.operands)
  if (argv.length === 0) {
    return await lock(context, name, openNumbered(context, name), request) ? 0 : request.conflict
  }
  const file = await openNamed(context, name)
  try {
    return await lock(context, name, file, request) ? await run(context, argv, line, file) : request.conflict
  } finally {
    await file.release()
  }
}
