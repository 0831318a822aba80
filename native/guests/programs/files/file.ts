/** file: what files are, by what they begin with. */
import { readChunk } from "../../bash/io/open-file.ts"
import type { GuestStat } from "../../protocol.ts"
import { isErrno } from "../../shell/client.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { binaryKind } from "./file-magic.ts"
import type { Kind } from "./file-text.ts"
import { encodingOf, textKind } from "./file-text.ts"

const spec = {
  short: "0bEf:F:hiLNnprs",
  long: {
    brief: "b",
    "files-from=": "f",
    "separator=": "F",
    "no-dereference": "h",
    mime: "i",
    "mime-type": "mime-type",
    "mime-encoding": "mime-encoding",
    dereference: "L",
    "no-pad": "N",
    "no-buffer": "n",
    "preserve-date": "p",
    raw: "r",
    "special-files": "s",
    print0: "0"
  }
}

/** Of a file, its first bytes are looked at. */
const HEAD_BYTES = 1024 * 1024

interface Found extends Kind {
  readonly charset: string
}

const binary = (text: string, mime: string): Found => ({ text, mime, charset: "binary" })

const special: Readonly<Record<string, readonly [text: string, mime: string]>> = {
  directory: ["directory", "inode/directory"],
  fifo: ["fifo (named pipe)", "inode/fifo"],
  socket: ["socket", "inode/socket"],
  character: ["character special", "inode/chardevice"],
  block: ["block special", "inode/blockdevice"]
}

/** `setuid `, `setgid ` and `sticky `, as the mode has them. */
const bits = ({ mode, type }: GuestStat): string =>
  `${(mode & 0o4000) === 0 ? "" : "setuid "}${(mode & 0o2000) === 0 ? "" : "setgid "}${
    (mode & 0o1000) === 0 ? "" : type === "directory" ? "sticky, " : "sticky "
  }`

const readHead = async (reader: Reader): Promise<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  while (size < HEAD_BYTES) {
    const chunk = await reader.read(HEAD_BYTES - size)
    if (chunk === undefined) break
    chunks.push(chunk)
    size += chunk.length
  }
  return Buffer.concat(chunks)
}

/** The last four bytes of a file that is not whole in its head. */
const readTail = async (context: ProgramContext, { file }: Reader): Promise<Uint8Array> => {
  await file.seek(context.process, -4, "end")
  return readChunk(file, context.process, 4)
}

const ofContent = (head: Uint8Array, size: number, tail: Uint8Array): Found => {
  if (head.length === 0) return binary("empty", "inode/x-empty")
  if (head.length === 1) return binary("very short file (no magic)", "application/octet-stream")
  const encoding = encodingOf(head)
  const charset = encoding?.charset ?? "binary"
  const found = binaryKind(head, size, tail) ?? (encoding === undefined ? undefined : textKind(head, encoding))
  if (found !== undefined) return { ...found, charset }
  // a document may begin with text and go on with bytes
  const begins = textKind(head.subarray(0, 64), {
    name: "",
    charset,
    decode: (all) => Buffer.from(all).toString("latin1")
  })
  return { ...(/^(?:PDF|PostScript)/.test(begins.text) ? begins : binary("data", "application/octet-stream")), charset }
}

const read = async (context: ProgramContext, name: string): Promise<Found> => {
  const reader = await context.open(name)
  try {
    const head = await readHead(reader)
    // of a pipe only the beginning is known
    const stat = await reader.file.stat(context.process)
    const size = stat?.type === "file" ? stat.size : 0
    const tail = head.length >= size ? head.subarray(-4) : await readTail(context, reader)
    return ofContent(head, size, tail)
  } finally {
    const closing = reader.close()
    if (closing !== undefined) await closing
  }
}

const look = async (context: ProgramContext, line: CommandLine, name: string): Promise<Found> => {
  if (name === "-") return read(context, name)
  const path = context.path(name)
  const follows = line.options.findLast(({ name }) => name === "L" || name === "h")?.name === "L"
  const stat = await context.sys(follows ? "stat" : "lstat", name === "" ? "" : path)
  if (stat.type === "symlink") {
    const target = await context.sys("readlink", path)
    const leads = await context.sys("stat", path).catch(() => undefined)
    return binary(`${leads === undefined ? "broken " : ""}symbolic link to ${target}`, "inode/symlink")
  }
  const odd = special[stat.type]
  if (odd !== undefined) return binary(`${bits(stat)}${odd[0]}`, odd[1])
  try {
    const found = await read(context, name)
    const marks = bits(stat)
    const joint = marks !== "" && /^(?:ASCII|Unicode|ISO-8859|Non-ISO)/.test(found.text) ? ", " : ""
    return { ...found, text: `${marks}${joint}${found.text}` }
  } catch (error) {
    if (!isErrno(error, "EACCES")) throw error
    return binary(`${bits(stat)}regular file, no read permission`, "inode/x-unreadable")
  }
}

/** What is told of it. */
const told = (line: CommandLine, { charset, mime, text }: Found): string => {
  if (line.has("mime-type") && line.has("mime-encoding") || line.has("i")) return `${mime}; charset=${charset}`
  return line.has("mime-type") ? mime : line.has("mime-encoding") ? charset : text
}

/** A name as it is shown: what cannot be printed in octal. */
const shown = (line: CommandLine, name: string): string =>
  line.has("r")
    ? name
    : name.replace(/[\x00-\x1f\x7f]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`)

const namesFrom = async (context: ProgramContext, file: string): Promise<ReadonlyArray<string>> => {
  try {
    const text = Buffer.from(await (await context.open(file)).all()).toString("utf8")
    return text.split("\n").filter((name) => name !== "")
  } catch (error) {
    throw new ProgramFailure(`Cannot open \`${file}' (${context.reason(error)})`)
  }
}

export const file: Program = async (context) => {
  const line = parseOptions(context, spec)
  const listed: Array<string> = []
  for (const from of line.all("f")) listed.push(...await namesFrom(context, from))
  const names = [...listed, ...line.operands]
  if (names.length === 0 && !line.has("f")) {
    throw new ProgramFailure("no files were named\nTry 'file --help' for more information.")
  }
  const title = (name: string) => name === "-" ? "/dev/stdin" : shown(line, name)
  const separator = line.get("F") ?? ":"
  const widest = line.has("N") ? 0 : names.reduce((most, name) => Math.max(most, Array.from(title(name)).length), 0)
  let status = 0
  for (const name of names) {
    const tick = context.tick()
    if (tick !== undefined) await tick
    let said: string
    try {
      said = told(line, await look(context, line, name))
    } catch (error) {
      said = `cannot open \`${shown(line, name)}' (${context.reason(error)})`
      if (line.has("E")) {
        said = `ERROR: ${said.replace("open", "stat")}`
        status = 1
      }
    }
    const room = " ".repeat(Math.max(0, widest - Array.from(title(name)).length))
    const head = line.has("b") || name === "" ? "" : `${title(name)}${line.has("0") ? "\0" : ""}${separator} ${room}`
    const pending = context.stdout.line(`${head}${said}`)
    if (pending !== undefined) await pending
  }
  return status
}
