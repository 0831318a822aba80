/**
 * Changing a folder of the host. Paths are below the folder, without links; no link is followed. Bits that give away
 * rights (set-user-id, set-group-id, sticky) are never set.
 *
 * @since 0.1.0
 */
import { constants } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import { lchown, link, lutimes, mkdir, rename, rmdir, symlink, unlink } from "node:fs/promises"
import type { At, HostFolder } from "../writeback/HostFolder.ts"
import { factsOf, unlessAbsent } from "../writeback/HostFolder.ts"
import { CodedError } from "./BeneathRoot.ts"
import type { Reads } from "./Reads.ts"

const { O_CREAT, O_RDONLY, O_WRONLY } = constants

/**
 * @since 0.1.0
 * @category models
 */
export class Changes {
  constructor(
    private readonly folder: HostFolder,
    private readonly reads: Reads,
    private readonly readOnly: boolean
  ) {}

  private check(path: string): void {
    if (this.readOnly) throw new CodedError("EROFS")
    if (path === "/") throw new CodedError("EBUSY")
    // nothing may appear where the VM is told that there is nothing
    if (path.split("/").some((name) => this.reads.isExcluded(name))) throw new CodedError("EACCES")
  }

  private beside<A>(path: string, run: (at: At, name: string) => Promise<A>): Promise<A> {
    this.check(path)
    return this.folder.beside(path, run)
  }

  private with<A>(path: string, flags: number, use: (handle: FileHandle) => Promise<A>): Promise<A> {
    this.check(path)
    return this.reads.with(path, flags, use)
  }

  replace(path: string, content: Uint8Array): Promise<void> {
    // cut only once it is known to be a file
    return this.with(path, O_WRONLY | O_CREAT, async (handle) => {
      await handle.truncate(0)
      await writeAt(handle, 0, content)
    })
  }

  write(path: string, offset: number, content: Uint8Array): Promise<number> {
    return this.with(path, O_WRONLY, async (handle) => {
      await writeAt(handle, offset, content)
      return content.length
    })
  }

  truncate(path: string, length: number): Promise<void> {
    return this.with(path, O_WRONLY, (handle) => handle.truncate(length))
  }

  makeDirectory(path: string): Promise<void> {
    return this.beside(path, (at, name) => mkdir(at(name)))
  }

  async makeDirectories(path: string): Promise<void> {
    this.check(`${path}/.`)
    const names = path.split("/").slice(1)
    for (let depth = 1; depth <= names.length; depth++) {
      const directory = `/${names.slice(0, depth).join("/")}`
      if (directory === "/" || (await this.folder.facts(directory))?.type === "directory") continue
      await this.makeDirectory(directory)
    }
  }

  unlink(path: string): Promise<void> {
    return this.beside(path, (at, name) => unlink(at(name)))
  }

  removeDirectory(path: string): Promise<void> {
    return this.beside(path, (at, name) => rmdir(at(name)))
  }

  rename(from: string, to: string): Promise<void> {
    this.check(to)
    return this.beside(from, (atOld, old) => this.folder.beside(to, (atNew, name) => rename(atOld(old), atNew(name))))
  }

  link(existing: string, path: string): Promise<void> {
    this.check(path)
    return this.beside(existing, async (atOld, old) => {
      if ((await factsOf(atOld(old))).type === "other") throw new CodedError("EPERM")
      await this.folder.beside(path, (at, name) => link(atOld(old), at(name)))
    })
  }

  symlink(target: string, path: string): Promise<void> {
    return this.beside(path, (at, name) => symlink(target, at(name)))
  }

  setTimes(path: string, atimeMs: number, mtimeMs: number): Promise<void> {
    return this.beside(path, (at, name) => lutimes(at(name), atimeMs / 1000, mtimeMs / 1000))
  }

  setOwner(path: string, uid: number, gid: number): Promise<void> {
    return this.beside(path, (at, name) => lchown(at(name), uid, gid))
  }

  /** By a descriptor: there is no other way that follows no link. */
  async setMode(path: string, mode: number): Promise<void> {
    this.check(path)
    const bits = mode & 0o777
    const directory = await unlessAbsent(() => this.folder.beside(path, (at, name) => factsOf(at(name))))
    if (directory?.type === "directory") return this.folder.withHandle(path, (handle) => handle.chmod(bits))
    await this.reads.with(path, O_RDONLY, (handle) => handle.chmod(bits))
  }
}

const writeAt = async (handle: FileHandle, offset: number, content: Uint8Array): Promise<void> => {
  for (let written = 0; written < content.length;) {
    const { bytesWritten } = await handle.write(content, written, content.length - written, offset + written)
    written += bytesWritten
  }
}
