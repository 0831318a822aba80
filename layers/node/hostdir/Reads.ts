/**
 * Looking at a folder of the host. Paths are below the folder, without links; what has become a link meanwhile is not
 * there.
 *
 * @since 0.1.0
 */
import { constants } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import { open, readlink } from "node:fs/promises"
import type { VirtualStat } from "../../../src/config/FileStat.ts"
import type { DriverEntry } from "../../../src/Driver.ts"
import type { At, Facts, HostFolder } from "../writeback/HostFolder.ts"
import { factsOf, unlessAbsent } from "../writeback/HostFolder.ts"
import { CodedError } from "./BeneathRoot.ts"

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

const typeBits = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const

/** How `HostFolder` names a directory: the folder itself is the empty path. */
const folderPath = (path: string): string => path === "/" ? "" : path

const milliseconds = (nanos: bigint): number => Number(nanos / 1000n) / 1000

/**
 * What the host tells, as drivers tell it.
 *
 * @since 0.1.0
 * @category conversions
 */
export const statOf = (facts: Facts): VirtualStat => {
  const { atimeNs, birthtimeNs, ctimeNs, dev, gid, ino, mode, mtimeNs, nlink, size, type, uid } = facts
  return {
    mode: (type === "other" ? 0o010000 : typeBits[type]) | mode,
    size: Number(size),
    blocks: Math.ceil(Number(size) / 512),
    dev: Number(dev % 0x100000000n),
    rdev: 0,
    isDirectory: type === "directory",
    isSymbolicLink: type === "symlink",
    atimeMs: milliseconds(atimeNs),
    mtimeMs: milliseconds(mtimeNs),
    ctimeMs: milliseconds(ctimeNs),
    birthtimeMs: milliseconds(birthtimeNs),
    ino: Number(ino % 0x20000000000000n),
    nlink: Number(nlink),
    uid,
    gid
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export class Reads {
  constructor(
    private readonly folder: HostFolder,
    private readonly exclude: ReadonlySet<string>,
    private readonly told: (path: string, facts: Facts) => void
  ) {}

  /** What is left out is not there. */
  check(path: string): void {
    if (this.exclude.size > 0 && path.split("/").some((name) => this.exclude.has(name))) throw new CodedError("ENOENT")
  }

  isExcluded(name: string): boolean {
    return this.exclude.has(name)
  }

  async stat(path: string): Promise<VirtualStat> {
    const facts = path === "/"
      ? await this.folder.within("", (at) => factsOf(at(".")))
      : await this.folder.beside(path, (at, name) => factsOf(at(name)))
    if (facts.type === "other") throw new CodedError("EACCES")
    return statOf(facts)
  }

  async names(path: string): Promise<Array<string>> {
    this.check(path)
    const names = await this.folder.list(folderPath(path))
    return names.filter((name) => !this.exclude.has(name))
  }

  /** The entries under some names; what is none, or gone by now, is left out. */
  async entries(path: string, names: ReadonlyArray<string>): Promise<Array<DriverEntry>> {
    this.check(path)
    return this.folder.within(folderPath(path), async (at) => {
      const found: Array<DriverEntry> = []
      for (const name of names) {
        const entry = await this.entry(path, at, name)
        if (entry !== undefined) found.push(entry)
      }
      return found
    })
  }

  /** The first name, the next in that, and so on, until one is missing. */
  async descend(path: string, names: ReadonlyArray<string>): Promise<Array<DriverEntry>> {
    this.check(path)
    const found: Array<DriverEntry> = []
    let directory = folderPath(path)
    for (const name of names) {
      const within = directory
      const entry = await unlessAbsent(() => this.folder.within(within, (at) => this.entry(within, at, name)))
      if (entry === undefined) break
      found.push(entry)
      if (!entry.stat.isDirectory) break
      directory = `${directory}/${name}`
    }
    return found
  }

  private async entry(path: string, at: At, name: string): Promise<DriverEntry | undefined> {
    if (this.exclude.has(name) || name.includes("/") || name === ".." || name === ".") return undefined
    const facts = await unlessAbsent(() => factsOf(at(name)))
    if (facts === undefined || facts.type === "other") return undefined
    const target = facts.type === "symlink" ? await readlink(at(name)) : undefined
    this.told(`${folderPath(path)}/${name}`, facts)
    return { name, stat: statOf(facts), target }
  }

  link(path: string): Promise<string> {
    return this.folder.beside(path, (at, name) => readlink(at(name)))
  }

  /** Opens a file, and nothing else, without following a link. */
  async open(path: string, flags = READ, mode?: number): Promise<FileHandle> {
    if (path === "/") throw new CodedError("EISDIR")
    return this.folder.beside(path, async (at, name) => {
      // to open a device or a pipe would already wake it
      if ((await unlessAbsent(() => factsOf(at(name))))?.type === "other") throw new CodedError("EACCES")
      const handle = await open(at(name), flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, mode)
      try {
        const stat = await handle.stat()
        if (!stat.isFile()) throw new CodedError(stat.isDirectory() ? "EISDIR" : "EACCES")
        return handle
      } catch (cause) {
        await handle.close()
        throw cause
      }
    })
  }

  async with<A>(path: string, flags: number, use: (handle: FileHandle) => Promise<A>): Promise<A> {
    const handle = await this.open(path, flags)
    try {
      return await use(handle)
    } finally {
      await handle.close()
    }
  }

  whole(path: string): Promise<Uint8Array> {
    return this.with(path, READ, async (handle) => {
      const { size } = await handle.stat()
      return readAt(handle, 0, size)
    })
  }

  /** Bytes of a file, and what it is meanwhile. */
  range(
    path: string,
    offset: number,
    length: number
  ): Promise<{ readonly stat: VirtualStat; readonly content: Uint8Array }> {
    this.check(path)
    return this.with(path, READ, async (handle) => {
      const facts = await factsOf(handle)
      const wanted = Math.max(0, Math.min(length, Number(facts.size) - offset))
      return { stat: statOf(facts), content: await readAt(handle, offset, wanted) }
    })
  }
}

const readAt = async (handle: FileHandle, offset: number, length: number): Promise<Uint8Array> => {
  const content = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(content, filled, length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled === length ? content : content.subarray(0, filled)
}
