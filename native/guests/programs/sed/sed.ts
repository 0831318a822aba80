/** sed: the command line, and files edited in place. */
import { decodeText } from "../../bash/text.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext, Writer } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { Lines } from "../text/lines.ts"
import type { Files } from "./editor.ts"
import { Editor } from "./editor.ts"
import { Input } from "./input.ts"
import type { Command } from "./script.ts"
import { ScriptParser } from "./script.ts"

const USAGE = "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]..."

const spec = {
  short: "bDe:Ef:i::l:nrsuz",
  long: {
    "quiet": "n",
    silent: "n",
    debug: "debug",
    "expression=": "e",
    "file=": "f",
    "follow-symlinks": "follow-symlinks",
    "in-place[=": "i",
    "line-length=": "l",
    posix: "posix",
    "regexp-extended": "E",
    separate: "s",
    sandbox: "sandbox",
    unbuffered: "u",
    "null-data": "z",
    "zero-terminated": "z",
    binary: "b"
  },
  usage: USAGE
}

const parseScript = async (
  context: ProgramContext,
  line: CommandLine
): Promise<
  { readonly commands: ReadonlyArray<Command>; readonly quiet: boolean; readonly names: ReadonlyArray<string> }
> => {
  const parser = new ScriptParser(line.has("E") || line.has("r"))
  const given = line.options.filter(({ name }) => name === "e" || name === "f")
  const names = given.length === 0 ? line.operands.slice(1) : line.operands
  if (given.length === 0) parser.add(line.operands[0], "-e expression #1")
  let count = 0
  // Pieces that end in a backslash go on in the next one.
  let text = ""
  for (const [index, { name, value }] of given.entries()) {
    if (name === "f") {
      const reader = await context.open(value).catch((error: unknown) => {
        throw new ProgramFailure(`couldn't open file ${value}: ${context.reason(error)}`, 4)
      })
      parser.add(decodeText(await reader.all()).replace(/^#!.*\n/, (first) => first), `file ${value} line 1`)
      continue
    }
    count++
    text += value
    if (value.endsWith("\\") && given[index + 1]?.name === "e") {
      text += "\n"
      continue
    }
    parser.add(text, `-e expression #${count}`)
    text = ""
  }
  return { commands: parser.finish(), quiet: parser.quiet, names }
}

class OpenFiles implements Files {
  private readonly writers = new Map<string, Promise<Awaited<ReturnType<ProgramContext["create"]>>>>()
  private readonly readers = new Map<string, Lines | undefined>()
  constructor(private readonly context: ProgramContext) {}

  readonly writer = async (name: string): Promise<Writer> => {
    if (name === "/dev/stdout") return this.context.stdout
    if (name === "/dev/stderr") return this.context.stderr
    let target = this.writers.get(name)
    if (target === undefined) this.writers.set(name, target = this.context.create(name))
    return (await target).writer
  }

  readonly line = async (name: string): Promise<string | undefined> => {
    if (!this.readers.has(name)) {
      const reader = await this.context.open(name).catch(() => undefined)
      this.readers.set(name, reader === undefined ? undefined : new Lines(reader.lines()))
    }
    return this.readers.get(name)?.next()
  }

  async close(): Promise<void> {
    for (const target of this.writers.values()) await (await target).close()
  }
}

const editInPlace = async (
  context: ProgramContext,
  editor: Editor,
  name: string,
  suffix: string,
  delimiter: number
): Promise<number> => {
  let path = context.path(name)
  try {
    const stat = await context.sys("stat", path)
    if (stat.type !== "file") throw new ProgramFailure(`couldn't edit ${name}: not a regular file`, 4)
    const temporary = `${path.slice(0, path.lastIndexOf("/"))}/sed${context.process.pid}${
      Math.floor(stat.mtimeMs) % 10_000
    }`
    const output = await context.create(temporary)
    const input = new Input(context, [name], delimiter)
    await editor.run(input, output.writer)
    await output.close()
    await context.sys("chmod", temporary, stat.mode & 0o7777)
    path = context.path(name)
    if (suffix !== "") {
      const base = name.replace(/^.*\//, "")
      const kept = suffix.includes("*") ? suffix.replaceAll("*", base) : base + suffix
      const directory = name.includes("/") ? name.slice(0, name.lastIndexOf("/") + 1) : ""
      await context.sys("rename", path, context.path(kept.includes("/") ? kept : directory + kept))
    }
    await context.sys("rename", temporary, path)
    return input.status
  } catch (error) {
    if (error instanceof ProgramFailure) {
      await context.complain(error.message)
      return error.status
    }
    await context.blame(`can't read ${name}`, error)
    return 2
  }
}

export const sed: Program = async (context) => {
  const line = parseOptions(context, spec)
  if (!line.has("e") && !line.has("f") && line.operands.length === 0) {
    await context.stderr.write(`${USAGE}\nTry 'sed --help' for more information.\n`)
    return 1
  }
  const { commands, names, quiet } = await parseScript(context, line)
  const files = new OpenFiles(context)
  for (const { flags, name, text } of commands) {
    const target = name === "w" || name === "W" ? text : flags.file
    if (target === undefined) continue
    await files.writer(target).catch((error: unknown) => {
      throw new ProgramFailure(`couldn't open file ${target}: ${context.reason(error)}`, 4)
    })
  }
  const delimiter = line.has("z") ? 0 : 10
  const editor = new Editor(context, commands, {
    quiet: quiet || line.has("n"),
    end: String.fromCharCode(delimiter),
    lineLength: Number(line.get("l") ?? 70)
  }, files)
  let status = 0
  const inputs = names.length === 0 ? ["-"] : names
  if (line.has("i")) {
    for (const name of inputs) {
      status = Math.max(status, await editInPlace(context, editor, name, line.get("i")!, delimiter))
      if (editor.exitCode !== undefined) break
    }
  } else if (line.has("s")) {
    for (const name of inputs) {
      const input = new Input(context, [name], delimiter)
      await editor.run(input, context.stdout)
      status = Math.max(status, input.status)
      if (editor.exitCode !== undefined) break
    }
  } else {
    const input = new Input(context, inputs, delimiter)
    await editor.run(input, context.stdout)
    status = input.status
  }
  await files.close()
  return editor.exitCode ?? status
}
