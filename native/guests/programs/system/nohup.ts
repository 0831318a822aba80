/** nohup: a program that goes on when its terminal is gone. */
import { openForWriting } from "../../bash/interpret/open.ts"
import { OpenFile } from "../../bash/io/open-file.ts"
import { SIGHUP } from "../../bash/processes/signals.ts"
import { isErrno, SystemCallError } from "../../shell/client.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { become } from "./become.ts"

const FAILED = 125
const MODE = 0o600

/** The null device, not to be read: who reads is told so. */
class NoInput extends OpenFile {
  readonly target = "/dev/null"
  override write(): undefined {}
}

const append = async (context: ProgramContext, name: string): Promise<OpenFile> => {
  const path = context.path(name)
  await context.sys("stat", path).catch(async (error: unknown) => {
    if (!isErrno(error, "ENOENT")) throw error
    await context.sys("writeFile", path, new Uint8Array(0), true, MODE)
  })
  return openForWriting({ ...context.exec, process: context.process }, path, true)
}

/** `nohup.out` here, or else at home. */
const openOutput = async (
  context: ProgramContext
): Promise<{ readonly file: OpenFile; readonly name: string }> => {
  const name = "nohup.out"
  try {
    return { file: await append(context, name), name }
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error
    const home = context.env.get("HOME")
    const atHome = home === undefined ? undefined : `${home.replace(/\/+$/, "")}/${name}`
    try {
      if (atHome !== undefined) return { file: await append(context, atHome), name: atHome }
    } catch (second) {
      await context.complain(`failed to open ${quoted(name)}: ${error.reason}`)
      throw new ProgramFailure(`failed to open ${quoted(atHome!)}: ${context.reason(second)}`, FAILED)
    }
    throw new ProgramFailure(`failed to open ${quoted(name)}: ${error.reason}`, FAILED)
  }
}

/** Says what is done to the descriptors; false when nobody can be told. */
const tell = async (context: ProgramContext, message: string): Promise<boolean> => {
  if (context.process.descriptors.get(2) === undefined) return false
  await context.complain(message)
  return true
}

/** Puts the descriptors that are terminals elsewhere; false when nobody could be told. */
const leaveTerminal = async (context: ProgramContext): Promise<boolean> => {
  const { descriptors } = context.process
  const [input, output, errors] = [0, 1, 2].map((fd) => descriptors.get(fd)?.isTerminal === true)
  const ignoring = input ? "ignoring input and " : ""
  if (input) void descriptors.set(0, new NoInput())
  if (input && !output && !errors && !await tell(context, "ignoring input")) return false
  let file = descriptors.get(1)
  if (output || (errors && file === undefined)) {
    const opened = await openOutput(context)
    file = opened.file
    if (output) void descriptors.set(1, file)
    if (!await tell(context, `${ignoring}appending output to ${quoted(opened.name)}`)) return false
  }
  if (!errors || file === undefined) return true
  if (!output) await tell(context, `${ignoring}redirecting stderr to stdout`)
  void descriptors.set(2, descriptors.get(1) === file ? file.retain() : file)
  return true
}

export const nohup: Program = async (context) => {
  const argv = context.args[0] === "--" ? context.args.slice(1) : context.args
  if (argv.length === 0) {
    throw new ProgramFailure("missing operand\nTry 'nohup --help' for more information.", FAILED)
  }
  if (!await leaveTerminal(context)) return FAILED
  context.process.ignored.add(SIGHUP)
  return become(context, argv, (name) => `failed to run command ${quoted(name)}`)
}
