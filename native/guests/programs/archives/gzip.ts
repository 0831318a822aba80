/** gzip, gunzip and zcat, by the codec of the platform, which works beside the worker's thread. */
import type { Transform } from "node:stream"
import { createGunzip, createGzip } from "node:zlib"
import { confirm } from "../files/targets.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext, Reader, Writer } from "../program.ts"
import { ProgramFailure } from "../program.ts"

/** Pumps a reader through a codec; gives the bytes read and written. */
export const transcode = async (
  context: ProgramContext,
  codec: Transform,
  reader: Reader,
  write: (bytes: Uint8Array) => Promise<void> | undefined
): Promise<readonly [read: number, written: number]> => {
  let failure: unknown
  let read = 0
  let written = 0
  const out: Array<Uint8Array> = []
  let ended = false
  let wake = () => {}
  codec.on("data", (chunk: Buffer) => {
    out.push(chunk)
    wake()
  })
  codec.on("end", () => {
    ended = true
    wake()
  })
  codec.on("error", (error: unknown) => {
    failure = error
    ended = true
    wake()
  })
  const drain = async () => {
    for (const chunk of out.splice(0)) {
      written += chunk.length
      const pending = write(chunk)
      if (pending !== undefined) await pending
    }
  }
  const wait = () =>
    context.process.block(
      new Promise<void>((resolve) => {
        wake = resolve
        if (out.length > 0 || ended) resolve()
      })
    )
  try {
    for (
      let chunk = await reader.read(64 * 1024);
      chunk !== undefined && !ended;
      chunk = await reader.read(64 * 1024)
    ) {
      read += chunk.length
      // A turn of the event loop for every piece: the codec answers from another thread.
      await context.process.block(
        new Promise<void>((resolve) => {
          const done = () => {
            codec.off("error", done)
            resolve()
          }
          codec.once("error", done)
          codec.write(chunk, done)
        })
      )
      await drain()
    }
    codec.end()
    while (!ended) {
      await wait()
      await drain()
    }
    await drain()
  } finally {
    codec.destroy()
  }
  if (failure !== undefined) throw failure
  return [read, written]
}

const spec = {
  short: "acdfhklnNqrS:tvV123456789",
  long: {
    stdout: "c",
    "to-stdout": "c",
    decompress: "d",
    uncompress: "d",
    force: "f",
    keep: "k",
    list: "l",
    "no-name": "n",
    name: "N",
    quiet: "q",
    recursive: "r",
    "suffix=": "S",
    test: "t",
    verbose: "v",
    fast: "1",
    best: "9",
    rsyncable: "rsyncable"
  }
}

const known = [".gz", "-gz", ".z", "-z", "_z", ".Z"]

class Job {
  status = 0
  private readonly expands: boolean
  private readonly level: number
  private readonly suffix: string

  constructor(private readonly context: ProgramContext, private readonly line: CommandLine) {
    this.expands = line.has("d") || line.has("t") || context.name === "gunzip" || context.name === "zcat"
    this.level = Number(line.options.findLast(({ name }) => /^[1-9]$/.test(name))?.name ?? 6)
    this.suffix = line.get("S") ?? ".gz"
  }

  private async complain(message: string, status: number): Promise<void> {
    const { context, line } = this
    if (!line.has("q") || status === 1) {
      await context.stdout.flush()
      await context.stderr.write(
        `\ngzip: ${message}\n`.replace(
          /^\n/,
          message.startsWith("stdin: ") || message.includes("unexpected end") || message.includes("not in gzip") ||
            message.includes("invalid compressed")
            ? "\n"
            : ""
        )
      )
    }
    this.status = this.status === 1 || status === 0 ? this.status : status
  }

  private async run(
    reader: Reader,
    writer: Writer | undefined,
    name: string
  ): Promise<readonly [number, number] | undefined> {
    const { context } = this
    const codec = this.expands ? createGunzip() : createGzip({ level: this.level })
    try {
      return await transcode(context, codec, reader, (bytes) => writer?.write(bytes))
    } catch (error) {
      const code = (error as { readonly code?: string }).code
      if (code === undefined || !code.startsWith("Z_")) throw error
      if (code === "Z_BUF_ERROR") await this.complain(`${name}: unexpected end of file`, 1)
      else if (/header/.test(String(error))) await this.complain(`${name}: not in gzip format`, 1)
      else await this.complain(`${name}: invalid compressed data--format violated`, 1)
      return undefined
    }
  }

  async stdin(): Promise<void> {
    const { context, line } = this
    if (context.stdin.file.peek()?.length === 0 && this.expands) {
      return this.complain("stdin: unexpected end of file", 1)
    }
    if (!this.expands && !line.has("f") && context.process.descriptors.get(1)?.isTerminal === true) {
      throw new ProgramFailure(
        "compressed data not written to a terminal. Use -f to force compression.\nFor help, type: gzip -h"
      )
    }
    await this.run(context.stdin, line.has("t") ? undefined : context.stdout, "stdin")
  }

  private target(name: string): string | undefined {
    if (!this.expands) return name + this.suffix
    for (const [short, long] of [[".tgz", ".tar"], [".taz", ".tar"]]) {
      if (name.endsWith(short)) return name.slice(0, -4) + long
    }
    const suffix = [this.suffix, ...known].find((each) => name.endsWith(each) && name.length > each.length)
    return suffix === undefined ? undefined : name.slice(0, -suffix.length)
  }

  private async isCompressed(name: string): Promise<boolean> {
    const reader = await this.context.open(name)
    const head = await reader.read(2)
    await reader.close()
    return head !== undefined && head[0] === 0x1f && head[1] === 0x8b
  }

  /** With `-f` what is not compressed passes as it is. */
  private async copy(name: string): Promise<void> {
    const reader = await this.context.open(name)
    for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
      const pending = this.context.stdout.write(chunk)
      if (pending !== undefined) await pending
    }
    await reader.close()
  }

  async file(given: string): Promise<void> {
    const { context, line } = this
    let name = given
    let stat = await context.sys("lstat", context.path(name)).catch(() => undefined)
    if (stat === undefined && this.expands) {
      name = given + this.suffix
      stat = await context.sys("lstat", context.path(name)).catch(() => undefined)
    }
    if (stat === undefined) {
      const missing = this.expands && !known.some((each) => given.endsWith(each)) ? name : given
      return this.complain(`${missing}: No such file or directory`, 1)
    }
    if (stat.type === "directory") {
      if (!line.has("r")) return this.complain(`${name} is a directory -- ignored`, 2)
      for (const entry of await context.sys("readdir", context.path(name))) {
        await this.file(`${name.replace(/\/+$/, "")}/${entry.name}`)
      }
      return
    }
    const toStdout = line.has("c") || line.has("t") || context.name === "zcat"
    if (!toStdout && stat.type === "symlink" && !line.has("f")) {
      return this.complain(`${name}: Too many levels of symbolic links`, 1)
    }
    const target = this.target(name)
    if (!this.expands && !toStdout && known.some((each) => name.endsWith(each)) && !line.has("f")) {
      return this.complain(`${name} already has ${this.suffix} suffix -- unchanged`, 0)
    }
    if (target === undefined && !toStdout) return this.complain(`${name}: unknown suffix -- ignored`, 2)
    if (toStdout && !line.has("t") && line.has("f") && this.expands && !await this.isCompressed(name)) {
      return this.copy(name)
    }
    const reader = await context.open(name)
    if (toStdout) {
      const done = await this.run(reader, line.has("t") ? undefined : context.stdout, name)
      if (done !== undefined && line.has("v")) await this.report(name, done, line.has("t") ? " OK" : "")
      return
    }
    const taken = await context.sys("lstat", context.path(target!)).then(() => true, () => false)
    if (taken && !line.has("f")) {
      // only a person is asked
      if (!context.stdin.file.isTerminal) return this.complain(`${target} already exists;\tnot overwritten`, 2)
      const replaces = await confirm(context, `${target} already exists; do you wish to overwrite (y or n)`)
      if (!replaces) return this.complain("\tnot overwritten", 2)
    }
    const output = await context.create(target!)
    const done = await this.run(reader, output.writer, name)
    await output.close()
    await reader.close()
    if (done === undefined) return void await context.sys("unlink", context.path(target!)).catch(() => {})
    await context.sys("chmod", context.path(target!), stat.mode & 0o777)
    await context.sys("utimes", context.path(target!), stat.atimeMs, stat.mtimeMs)
    if (!line.has("k")) await context.sys("unlink", context.path(name))
    if (line.has("v")) await this.report(name, done, ` -- ${line.has("k") ? "created" : "replaced with"} ${target}`)
  }

  private async report(name: string, [read, written]: readonly [number, number], what: string): Promise<void> {
    const [small, large] = this.expands ? [read, written] : [written, read]
    const saved = large === 0 ? 0 : (large - (small - 18)) / large * 100
    await this.context.stderr.write(`${name}:\t${what === " OK" ? "" : `${saved.toFixed(1).padStart(5)}%`}${what}\n`)
  }

  /** Sizes as the end of the file has them. */
  async list(): Promise<void> {
    const { context, line } = this
    if (!line.has("q")) await context.stdout.line("         compressed        uncompressed  ratio uncompressed_name")
    for (const name of line.operands) {
      const bytes = await context.sys("readFile", context.path(name)).catch(async (error: unknown) => {
        await this.complain(`${name}: ${context.reason(error)}`, 1)
        return undefined
      })
      if (bytes === undefined) continue
      if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
        await this.complain(`${name}: not in gzip format`, 1)
        continue
      }
      const size = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4).getUint32(0, true)
      const ratio = size === 0 ? 0 : (size - (bytes.length - 18)) / size * 100
      const shown = this.target(name) === name + this.suffix ? name.replace(/\.gz$/, "") : this.target(name) ?? name
      await context.stdout.line(
        `${String(bytes.length).padStart(19)} ${String(size).padStart(19)} ${ratio.toFixed(1).padStart(5)}% ${shown}`
      )
    }
  }
}

export const gzip: Program = async (context) => {
  const line = parseOptions(context, spec)
  const job = new Job(context, line)
  if (line.has("l")) await job.list()
  else if (line.operands.length === 0) await job.stdin()
  else for (const name of line.operands) await (name === "-" ? job.stdin() : job.file(name))
  return job.status
}
