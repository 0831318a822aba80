/** Lists and takes apart tar archives. Nothing is written outside the directory it is to go to. */
import type { Gunzip } from "node:zlib"
import { Pattern } from "../../bash/expand/pattern.ts"
import type { GuestStat } from "../../protocol.ts"
import { isErrno } from "../../shell/client.ts"
import { modeText } from "../files/status.ts"
import type { CommandLine } from "../options.ts"
import type { ProgramContext, Reader, Writer } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { formatTime } from "../text/strftime.ts"
import { transcode } from "./gzip.ts"
import type { Extension, Header } from "./tar-format.ts"
import { BLOCK, readHeader, readPax } from "./tar-format.ts"
import { transformOf } from "./tar-transform.ts"

/** Longest name or pax record taken. */
const MAX_EXTENSION = 1024 * 1024

/** What is done with the bytes as they come: blocks are taken from the front. */
type State =
  | { readonly kind: "header" }
  | {
    readonly kind: "extension"
    readonly flag: string
    left: number
    readonly size: number
    readonly chunks: Array<Uint8Array>
  }
  | {
    readonly kind: "content"
    left: number
    pad: number
    readonly writer: Writer | undefined
    readonly finish: () => Promise<void>
  }

export class Extractor {
  private status = 0
  private rest: Uint8Array = new Uint8Array(0)
  private state: State = { kind: "header" }
  private extension: Extension = {}
  private ended = false
  private seen = 0
  private readonly wanted: ReadonlyArray<{ readonly name: string; readonly pattern: Pattern; found: boolean }>
  private readonly excluded: ReadonlyArray<Pattern>
  private readonly directory: string
  private readonly transform: (name: string) => string
  /** Directories get their modes and times when everything is in them. */
  private readonly later: Array<{ readonly path: string; readonly header: Header }> = []

  constructor(
    private readonly context: ProgramContext,
    private readonly line: CommandLine,
    operands: ReadonlyArray<string>
  ) {
    this.wanted = operands.map((name) => ({
      name,
      pattern: new Pattern(line.has("wildcards") ? name : name.replace(/[\\*?[\]]/g, "\\$&"), { extended: false }),
      found: false
    }))
    this.excluded = line.all("exclude").map((source) => new Pattern(source, { extended: false }))
    this.transform = transformOf(line.all("transform"))
    this.directory = line.all("C").reduce((path, name) => name.startsWith("/") ? name : `${path}/${name}`, context.cwd)
  }

  async run(reader: Reader, makeGunzip: () => Gunzip): Promise<number> {
    const { context } = this
    const first = await reader.read()
    const feed = (bytes: Uint8Array) => this.feed(bytes)
    if (first !== undefined && first[0] === 0x1f && first[1] === 0x8b) {
      const again = {
        read: ((given: Uint8Array | undefined) => async (max?: number) => {
          if (given === undefined) return reader.read(max)
          const chunk = given
          given = undefined
          return chunk
        })(first)
      } as unknown as Reader
      await transcode(context, makeGunzip(), again, feed).catch(async (error: unknown) => {
        const code = (error as { readonly code?: string }).code
        if (code === undefined || !code.startsWith("Z_")) throw error
        await context.stderr.write(
          `\ngzip: stdin: ${
            code === "Z_BUF_ERROR" ? "unexpected end of file" : "invalid compressed data--format violated"
          }\n`
        )
        this.status = 2
      })
    } else {
      if (this.line.has("z") && first !== undefined) {
        throw new ProgramFailure("Child returned status 1\ntar: Error is not recoverable: exiting now", 2)
      }
      for (let chunk = first; chunk !== undefined; chunk = await reader.read()) await feed(chunk)
    }
    return this.finish()
  }

  private async finish(): Promise<number> {
    const { context } = this
    if (!this.ended && (this.state.kind !== "header" || this.rest.length > 0)) {
      throw new ProgramFailure("Unexpected EOF in archive\ntar: Error is not recoverable: exiting now", 2)
    }
    for (const { header, path } of this.later.reverse()) {
      await context.sys("chmod", path, this.modeOf(header)).catch(() => {})
      if (!this.line.has("m")) await context.sys("utimes", path, header.mtimeMs, header.mtimeMs).catch(() => {})
    }
    for (const { found, name } of this.wanted) {
      if (found) continue
      await context.complain(`${name}: Not found in archive`)
      this.status = 2
    }
    if (this.status !== 0) await context.complain("Exiting with failure status due to previous errors")
    return this.status
  }

  private modeOf({ mode }: Header): number {
    return this.line.has("p") ? mode & 0o7777 : mode & 0o777 & ~this.context.exec.umask
  }

  private async feed(chunk: Uint8Array): Promise<void> {
    let bytes: Uint8Array = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    this.rest = new Uint8Array(0)
    while (bytes.length > 0 && !this.ended) {
      const { state } = this
      if (state.kind === "header") {
        if (bytes.length < BLOCK) {
          this.rest = bytes.slice()
          return
        }
        await this.header(bytes.subarray(0, BLOCK))
        bytes = bytes.subarray(BLOCK)
        continue
      }
      if (state.kind === "extension") {
        const piece = bytes.subarray(0, state.left)
        state.chunks.push(piece.slice())
        state.left -= piece.length
        bytes = bytes.subarray(piece.length)
        if (state.left === 0) this.extend(state.flag, Buffer.concat(state.chunks).subarray(0, state.size))
        continue
      }
      const piece = bytes.subarray(0, state.left)
      state.left -= piece.length
      if (piece.length > 0) await state.writer?.write(piece.slice())
      bytes = bytes.subarray(piece.length)
      const skipped = state.left > 0 ? 0 : Math.min(state.pad, bytes.length)
      state.pad -= skipped
      bytes = bytes.subarray(skipped)
      if (state.left === 0 && state.pad === 0) {
        this.state = { kind: "header" }
        await state.finish()
      }
    }
  }

  private extend(flag: string, bytes: Uint8Array): void {
    this.state = { kind: "header" }
    const text = () =>
      Buffer.from(bytes.subarray(0, bytes.indexOf(0) < 0 ? bytes.length : bytes.indexOf(0))).toString("utf8")
    if (flag === "L") this.extension.name = text()
    else if (flag === "K") this.extension.target = text()
    else if (flag === "x") readPax(bytes, this.extension)
  }

  private async header(block: Uint8Array): Promise<void> {
    if (block.every((byte) => byte === 0)) {
      this.ended = true
      return
    }
    const raw = readHeader(block, this.extension)
    if (raw === undefined) {
      if (this.seen > 0) {
        throw new ProgramFailure("Skipping to next header\ntar: Exiting with failure status due to previous errors", 2)
      }
      throw new ProgramFailure(
        "This does not look like a tar archive\ntar: Exiting with failure status due to previous errors",
        2
      )
    }
    this.seen++
    const { flag, header } = raw
    const pad = (BLOCK - header.size % BLOCK) % BLOCK
    if (/[LKxg]/.test(flag)) {
      if (header.size > MAX_EXTENSION) throw new ProgramFailure("Malformed extended header", 2)
      this.state = { kind: "extension", flag, left: header.size + pad, size: header.size, chunks: [] }
      if (header.size === 0) this.state = { kind: "header" }
      return
    }
    this.extension = {}
    const size = header.type === "file" || header.type === "other" ? header.size : 0
    const opened = this.chosen(header.name) ? await this.begin(header) : undefined
    const finish = opened?.finish ?? (async () => {})
    if (size === 0) return finish()
    this.state = { kind: "content", left: size, pad, writer: opened?.writer, finish }
  }

  private chosen(name: string): boolean {
    const bare = name.replace(/(.)\/+$/, "$1")
    const parts = bare.split("/")
    const within = (pattern: Pattern) => parts.some((_, index) => pattern.matches(parts.slice(0, index + 1).join("/")))
    if (this.excluded.some((pattern) => within(pattern) || parts.some((part) => pattern.matches(part)))) return false
    if (this.wanted.length === 0) return true
    let chosen = false
    for (const each of this.wanted) {
      if (within(each.pattern) || bare === each.name.replace(/(.)\/+$/, "$1")) chosen = each.found = true
    }
    return chosen
  }

  private async show(header: Header): Promise<void> {
    const { context, line } = this
    const lists = line.has("t")
    if (!lists && !line.has("v")) return
    const verbose = line.options.filter(({ name }) => name === "v").length > (lists ? 0 : 1)
    let text = header.name
    if (verbose) {
      const type = ({ file: "file", directory: "directory", symlink: "symlink", link: "file", other: "fifo" } as const)[
        header.type
      ]
      const mode = modeText({ mode: header.mode, type } as GuestStat)
      const owner = line.has("numeric-owner") || header.user === ""
        ? `${header.uid}/${header.gid}`
        : `${header.user}/${header.group}`
      const target = header.type === "symlink"
        ? ` -> ${header.target}`
        : header.type === "link"
        ? ` link to ${header.target}`
        : ""
      const size = String(header.size)
      text = `${header.type === "link" ? `h${mode.slice(1)}` : mode} ${owner}${
        size.padStart(Math.max(size.length + 1, 19 - owner.length))
      } ${formatTime("%Y-%m-%d %H:%M", header.mtimeMs, context.zone)} ${header.name}${target}`
    }
    await (line.has("O") ? context.stderr : context.stdout).write(`${text}\n`)
  }

  /** Where an entry goes; undefined when it would leave the directory or nothing is left of its name. */
  private async place(name: string): Promise<string | undefined> {
    const { context, line } = this
    const strip = Number(line.get("strip") ?? 0)
    const parts = name.split("/").filter((part) => part !== "" && part !== ".")
    if (parts.includes("..") && !line.has("P")) {
      await context.complain(`${name}: Member name contains '..'`)
      this.status = 2
      return undefined
    }
    const left = parts.slice(strip)
    if (left.length === 0) return undefined
    const path = line.has("P") && name.startsWith("/")
      ? `/${left.join("/")}`
      : context.path(`${this.directory}/${left.join("/")}`)
    // A link that an entry made must not lead later ones elsewhere.
    const base = context.path(this.directory).replace(/(.)\/+$/, "$1")
    for (
      let above = path.slice(0, path.lastIndexOf("/"));
      above.length > base.length;
      above = above.slice(0, above.lastIndexOf("/"))
    ) {
      const stat = await context.sys("lstat", above).catch(() => undefined)
      if (stat?.type === "symlink") {
        const real = await context.sys("realpath", above).catch(() => "")
        const root = await context.sys("realpath", base).catch(() => base)
        if (real !== root && !real.startsWith(`${root}/`)) {
          await context.complain(`${name}: Cannot open: Not a directory`)
          this.status = 2
          return undefined
        }
      }
    }
    return path
  }

  private async begin(
    header: Header
  ): Promise<{ readonly writer?: Writer; readonly finish: () => Promise<void> } | undefined> {
    const { context, line } = this
    await this.show(header)
    if (line.has("t")) return undefined
    if (line.has("O")) return header.type === "file" ? { writer: context.stdout, finish: async () => {} } : undefined
    const path = await this.place(this.transform(header.name))
    if (path === undefined) return undefined
    try {
      return await this.make(path, header)
    } catch (error) {
      await context.complain(`${header.name}: Cannot open: ${context.reason(error)}`)
      this.status = 2
      return undefined
    }
  }

  private async make(
    path: string,
    header: Header
  ): Promise<{ readonly writer?: Writer; readonly finish: () => Promise<void> } | undefined> {
    const { context, line } = this
    const parent = path.slice(0, path.lastIndexOf("/"))
    if (parent !== "") await context.sys("mkdir", parent, undefined, true)
    const old = await context.sys("lstat", path).catch(() => undefined)
    if (header.type === "directory") {
      if (old?.type !== "directory") await context.sys("mkdir", path, 0o755, false)
      this.later.push({ path, header })
      return undefined
    }
    if (old !== undefined) {
      if (line.has("skip-old")) return undefined
      if (line.has("k")) {
        await context.complain(`${header.name}: Cannot open: File exists`)
        this.status = 2
        return undefined
      }
      if (old.type !== "directory") await context.sys("unlink", path)
    }
    if (header.type === "symlink") {
      await context.sys("symlink", header.target, path)
      return undefined
    }
    if (header.type === "link") {
      const target = await this.place(header.target)
      if (target !== undefined) await context.sys("link", target, path)
      return undefined
    }
    if (header.type === "other") return undefined
    const output = await context.create(path)
    return {
      writer: output.writer,
      finish: async () => {
        await output.close()
        await context.sys("chmod", path, this.modeOf(header)).catch((error: unknown) => {
          if (!isErrno(error, "EPERM")) throw error
        })
        if (!line.has("m")) await context.sys("utimes", path, header.mtimeMs, header.mtimeMs)
      }
    }
  }
}
