/**
 * The filesystem of just-bash over system calls. Making one causes no call: the synchronous methods by which just-bash
 * would lay out `/bin` and `/dev` do nothing, because the kernel's base image has them.
 */
import type { ByteString, FsStat, IFileSystem } from "just-bash"
import { unsafeBytesFromLatin1 } from "just-bash"
import type { Errno } from "../../../../src/Errno.ts"
import type { GuestDirectoryEntry, GuestStat, SystemCallName, SystemCalls } from "../../protocol.ts"
import { isErrno, SystemCallError } from "../../shell/client.ts"
import type { CallSystem } from "../../shell/engine.ts"
import { foldPath, resolvePath } from "../../shell/paths.ts"
import { decodeContent, encodeContent, toByteString } from "./bytes.ts"
import type { ProcessDevices } from "./devices.ts"

type Encoding = { readonly encoding?: string | null | undefined } | string | undefined

const encodingOf = (options: Encoding): string | undefined =>
  typeof options === "string" ? options : options?.encoding ?? undefined

const toFsStat = (stat: GuestStat): FsStat => ({
  isFile: stat.type !== "directory" && stat.type !== "symlink",
  isDirectory: stat.type === "directory",
  isSymbolicLink: stat.type === "symlink",
  mode: stat.mode & 0o7777,
  size: stat.size,
  mtime: new Date(stat.mtimeMs),
  dev: stat.dev,
  ino: stat.ino,
  identity: `${stat.dev}:${stat.ino}`
})

const deviceStat: FsStat = {
  isFile: true,
  isDirectory: false,
  isSymbolicLink: false,
  mode: 0o666,
  size: 0,
  mtime: new Date(0)
}

const compareNames = (left: GuestDirectoryEntry, right: GuestDirectoryEntry) =>
  left.name < right.name ? -1 : left.name > right.name ? 1 : 0

/** Files of which is kept what their status has told, for a reader that comes later. */
const MAX_TOLD = 1024

export class GuestFilesystem implements IFileSystem {
  /** What `exists` learnt, for the `stat` that follows it at once. */
  private lastStat: { readonly path: string; readonly stat: GuestStat } | undefined
  /** By path: the size that was told of a file, or its content, where the size tells nothing. */
  private readonly told = new Map<string, number | Uint8Array>()

  constructor(
    private readonly systemCall: CallSystem,
    private readonly pid: number,
    private readonly devices: ProcessDevices,
    /** The path of the command that is run; the shell has looked it up. */
    private readonly program: string,
    private readonly cwd: string
  ) {}

  private async call<Name extends SystemCallName>(
    name: Name,
    ...args: Parameters<SystemCalls[Name]>
  ): Promise<ReturnType<SystemCalls[Name]>> {
    this.lastStat = undefined
    return this.systemCall(this.pid, name, ...args)
  }

  // just-bash lays out a default tree through these when it is constructed.
  mkdirSync(): void {}
  writeFileSync(): void {}

  /** What just-bash reads it has measured before, and it takes a file for broken that has more to give than that. */
  async readFileBuffer(path: string): Promise<Uint8Array> {
    if (this.devices.isDevice(path)) return this.devices.read(path)
    const told = this.told.get(path)
    this.told.delete(path)
    if (told instanceof Uint8Array) return told
    const bytes = await this.call("readFile", path)
    return told === undefined ? bytes : bytes.subarray(0, told)
  }

  /** A file of `/proc` has content and no size: it is read when its size is asked for. */
  private async measured(path: string, stat: GuestStat): Promise<GuestStat> {
    if (stat.type !== "file") return stat
    this.told.delete(path)
    const content = stat.size === 0 ? await this.contentOf(path) : undefined
    this.told.set(path, content ?? stat.size)
    if (this.told.size > MAX_TOLD) this.told.delete(this.told.keys().next().value!)
    return content === undefined ? stat : { ...stat, size: content.length }
  }

  private contentOf(path: string): Promise<Uint8Array | undefined> {
    return this.call("readFile", path).catch((error: unknown) => {
      if (error instanceof SystemCallError && error.code !== "ECANCELED") return undefined
      throw error
    })
  }

  async readFile(path: string, options?: Encoding): Promise<string> {
    return decodeContent(await this.readFileBuffer(path), encodingOf(options))
  }

  async readFileBytes(path: string): Promise<ByteString> {
    return unsafeBytesFromLatin1(toByteString(await this.readFileBuffer(path)))
  }

  writeFile(path: string, content: string | Uint8Array, options?: Encoding): Promise<void> {
    return this.put(path, encodeContent(content, encodingOf(options)), false)
  }

  appendFile(path: string, content: string | Uint8Array, options?: Encoding): Promise<void> {
    return this.put(path, encodeContent(content, encodingOf(options)), true)
  }

  private put(path: string, bytes: Uint8Array, append: boolean): Promise<void> {
    if (this.devices.isLive(path) || this.devices.isDevice(path)) return this.devices.write(path, bytes)
    return this.call("writeFile", path, bytes, append)
  }

  async exists(path: string): Promise<boolean> {
    // The shell asks before it opens a target for writing. "No" spares it the next question; it creates nothing.
    if (this.devices.isLive(path)) return false
    if (this.devices.isDevice(path) || path === this.program) return true
    try {
      const stat = await this.call("stat", path)
      this.lastStat = { path, stat }
      return true
    } catch (error) {
      if (error instanceof SystemCallError) return false
      throw error
    }
  }

  async stat(path: string): Promise<FsStat> {
    if (this.devices.isDevice(path)) return deviceStat
    if (path === this.program) return { ...deviceStat, mode: 0o755 }
    const known = this.lastStat?.path === path ? this.lastStat.stat : undefined
    this.lastStat = undefined
    return toFsStat(await this.measured(path, known ?? await this.call("stat", path)))
  }

  async lstat(path: string): Promise<FsStat> {
    return this.devices.isDevice(path) ? deviceStat : toFsStat(await this.call("lstat", path))
  }

  async mkdir(path: string, options?: { readonly recursive?: boolean }): Promise<void> {
    await this.call("mkdir", path, undefined, options?.recursive === true)
  }

  async readdir(path: string): Promise<Array<string>> {
    return (await this.call("readdir", path)).map((entry) => entry.name).sort()
  }

  async readdirWithFileTypes(path: string) {
    return [...await this.call("readdir", path)].sort(compareNames).map((entry) => ({
      name: entry.name,
      // who walks through directories passes by what waits or never ends
      isFile: entry.type === "file",
      isDirectory: entry.type === "directory",
      isSymbolicLink: entry.type === "symlink"
    }))
  }

  async rm(path: string, options?: { readonly recursive?: boolean; readonly force?: boolean }): Promise<void> {
    if (options?.recursive === true) return this.call("remove", path, true, options.force === true)
    try {
      await this.call("unlink", path)
    } catch (error) {
      if (options?.force === true && isErrno(error, "ENOENT")) return
      // Linux says EISDIR, POSIX EPERM. The callers mean an empty directory.
      if (!isErrno(error, "EISDIR", "EPERM")) throw error
      await this.call("rmdir", path)
    }
  }

  async cp(source: string, destination: string, options?: { readonly recursive?: boolean }): Promise<void> {
    if (this.devices.isDevice(source) || this.devices.isDevice(destination)) {
      return this.writeFile(destination, await this.readFileBuffer(source))
    }
    await this.call("copy", source, destination, options?.recursive === true)
  }

  async mv(source: string, destination: string): Promise<void> {
    try {
      await this.call("rename", source, destination)
    } catch (error) {
      if (!isErrno(error, "EXDEV")) throw error
      await this.call("copy", source, destination, true)
      await this.call("remove", source, true, false)
    }
  }

  /**
   * What is given to the program is for the kernel to resolve. From its own directories a program goes up by text, until it
   * is at the root, and compares paths: none of them ends in a slash or a dot.
   */
  resolvePath(base: string, path: string): string {
    if (path === ".." && base !== this.cwd) return foldPath(base, path)
    return resolvePath(base, path === "" ? "." : path).replace(/(?:\/\.?)+$/, "") || "/"
  }

  /** Only a fallback for commands that glob by themselves; the shell has done so before. */
  getAllPaths(): Array<string> {
    return []
  }

  async chmod(path: string, mode: number): Promise<void> {
    await this.call("chmod", path, mode)
  }

  async symlink(target: string, path: string): Promise<void> {
    await this.call("symlink", target, path)
  }

  async link(existing: string, path: string): Promise<void> {
    await this.call("link", existing, path)
  }

  async readlink(path: string): Promise<string> {
    return this.call("readlink", path)
  }

  async realpath(path: string): Promise<string> {
    return this.call("realpath", path)
  }

  async utimes(path: string, accessed: Date, modified: Date): Promise<void> {
    await this.call("utimes", path, accessed.getTime(), modified.getTime())
  }

  /** Beyond what just-bash knows, for commands of our own. */
  async truncate(path: string, size: number): Promise<void> {
    await this.call("truncate", path, size)
  }
}

/** The error name of a failed filesystem operation, if it is one. */
export const errnoOf = (error: unknown): Errno | undefined => error instanceof SystemCallError ? error.code : undefined
