/**
 * A folder of the host that is changed from within: every path is walked from the folder's own descriptor, one name at a
 * time and following no link, so that nothing outside can be reached even when somebody swaps a part of it meanwhile.
 *
 * @since 0.1.0
 */
import { constants } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import { lstat, open, readdir, readlink, realpath, rmdir, unlink } from "node:fs/promises"
import { join, resolve } from "node:path"

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

const byDescriptor = process.platform === "linux"

/**
 * What is known of an entry without following it. Two states with the same facts are taken for the same.
 *
 * @since 0.1.0
 * @category models
 */
export interface Facts {
  readonly type: "file" | "directory" | "symlink" | "other"
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: bigint
  readonly dev: bigint
  readonly ino: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly atimeNs: bigint
  readonly birthtimeNs: bigint
  readonly nlink: bigint
}

/**
 * Gives the usable path of a name in an open directory.
 *
 * @since 0.1.0
 * @category models
 */
export type At = (name: string) => string

/**
 * The directory part and the last name of a path below the folder, as in `/a/b`.
 *
 * @since 0.1.0
 * @category getters
 */
export const split = (path: string): readonly [directory: string, name: string] => {
  const at = path.lastIndexOf("/")
  return [path.slice(0, at), path.slice(at + 1)]
}

const absent = new Set(["ENOENT", "ENOTDIR", "ELOOP"])

/**
 * The value, or `undefined` where the path leads nowhere, or through a link.
 *
 * @since 0.1.0
 * @category combinators
 */
export const unlessAbsent = async <A>(run: () => Promise<A>): Promise<A | undefined> => {
  try {
    return await run()
  } catch (cause) {
    if (absent.has((cause as NodeJS.ErrnoException).code ?? "")) return undefined
    throw cause
  }
}

/**
 * Of a path, whose last link is not followed, or of an open file.
 *
 * @since 0.1.0
 * @category getters
 */
export const factsOf = async (of: string | FileHandle): Promise<Facts> => {
  const stat = typeof of === "string" ? await lstat(of, { bigint: true }) : await of.stat({ bigint: true })
  const type = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : stat.isSymbolicLink() ? "symlink" : "other"
  const { atimeNs, birthtimeNs, ctimeNs, dev, ino, mtimeNs, nlink, size } = stat
  const [mode, uid, gid] = [Number(stat.mode) & 0o7777, Number(stat.uid), Number(stat.gid)]
  return { type, mode, uid, gid, size, dev, ino, mtimeNs, ctimeNs, atimeNs, birthtimeNs, nlink }
}

/**
 * Whether an entry is still what it was. A directory is, when it is the same directory: its entries speak for themselves.
 * `relinked`: it was renamed or linked by us, which touches its ctime.
 *
 * @since 0.1.0
 * @category combinators
 */
export const isSame = (a: Facts, b: Facts, relinked = false): boolean =>
  a.type === b.type && a.dev === b.dev && a.ino === b.ino && a.mode === b.mode &&
  (a.type === "directory" || (a.size === b.size && a.mtimeNs === b.mtimeNs && (relinked || a.ctimeNs === b.ctimeNs)))

/**
 * @since 0.1.0
 * @category models
 */
export class HostFolder {
  private constructor(
    /** Without links. */
    readonly root: string,
    private readonly handle: FileHandle
  ) {}

  /** Opens a folder. It must be closed again. */
  static async open(path: string): Promise<HostFolder> {
    const root = await realpath(resolve(path))
    return new HostFolder(root, await open(root, DIRECTORY))
  }

  /** What tells this folder from one that takes its place. */
  async identity(): Promise<string> {
    const { dev, ino } = await this.handle.stat({ bigint: true })
    return `${dev}:${ino}`
  }

  close(): Promise<void> {
    return this.handle.close()
  }

  /** How the host's user names a path below the folder. */
  name(path: string): string {
    return join(this.root, path)
  }

  /** Uses a directory below the folder. Fails with ENOENT, ENOTDIR or ELOOP where there is none. */
  within<A>(directory: string, use: (at: At) => Promise<A>): Promise<A> {
    if (!byDescriptor) return this.withinNamed(directory, use)
    return this.withHandle(directory, (handle) => use((name) => `/proc/self/fd/${handle.fd}/${name}`))
  }

  /** Uses the descriptor of a directory. */
  async withHandle<A>(directory: string, use: (handle: FileHandle) => Promise<A>): Promise<A> {
    // the parent of the folder is not in it, whoever asks
    if (directory.split("/").includes("..")) throw moved(this.name(directory))
    if (!byDescriptor) {
      return this.withinNamed(directory, async (at) => {
        const handle = await open(at("."), DIRECTORY)
        return use(handle).finally(() => handle.close())
      })
    }
    let handle = this.handle
    try {
      for (const name of directory.split("/")) {
        if (name === "") continue
        const next = await open(`/proc/self/fd/${handle.fd}/${name}`, DIRECTORY)
        if (handle !== this.handle) await handle.close()
        handle = next
      }
      if (await readlink(`/proc/self/fd/${handle.fd}`) !== this.name(directory)) throw moved(this.name(directory))
      return await use(handle)
    } finally {
      if (handle !== this.handle) await handle.close()
    }
  }

  /** Where descriptors have no names, the place is checked right before its use. */
  private async withinNamed<A>(directory: string, use: (at: At) => Promise<A>): Promise<A> {
    const path = this.name(directory)
    if (await realpath(path) !== path) throw moved(path)
    return use((name) => join(path, name))
  }

  /** Uses the last directory of a path, and the name in it. */
  beside<A>(path: string, use: (at: At, name: string) => Promise<A>): Promise<A> {
    const [directory, name] = split(path)
    if (name === ".." || name === ".") return Promise.reject(moved(this.name(path)))
    return this.within(directory, (at) => use(at, name))
  }

  facts(path: string): Promise<Facts | undefined> {
    return unlessAbsent(() => this.beside(path, (at, name) => factsOf(at(name))))
  }

  list(directory: string): Promise<Array<string>> {
    return this.within(directory, (at) => readdir(at(".")))
  }

  /** Removes an entry, and what is in it if it is a directory. */
  async removeTree(path: string): Promise<void> {
    const directories: Array<string> = []
    const pending = [path]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const entry = next
      const isDirectory = await this.beside(entry, async (at, name) => {
        if ((await factsOf(at(name))).type === "directory") return true
        await unlink(at(name))
        return false
      })
      if (!isDirectory) continue
      directories.push(entry)
      for (const name of await this.list(entry)) pending.push(`${entry}/${name}`)
    }
    for (const directory of directories.reverse()) await this.beside(directory, (at, name) => rmdir(at(name)))
  }
}

const moved = (path: string): Error =>
  Object.assign(new Error(`ENOTDIR: not a directory, open '${path}'`), { code: "ENOTDIR" })
