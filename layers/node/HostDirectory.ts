/**
 * Reads a folder of the host, strictly: links are kept and never followed, and nothing outside the folder is reached
 * even when somebody swaps a part of it for a link meanwhile. Every directory and file is opened without following a
 * link in its last step, and its place is then checked by the descriptor, not by the name.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { constants } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import { lstat, open, readdir, readlink, realpath } from "node:fs/promises"
import { join, resolve, sep } from "node:path"
import type { HostDirConfig } from "../../src/config/Mounts.ts"
import { ConfigError } from "../../src/errors/ConfigError.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import type { HostEntry, ReadDirectory } from "../remote/RemoteMounts.ts"

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

const nothing = new Uint8Array(0)

/**
 * The folder itself as `/`, its directories, regular files and links, parents first, each directory's sorted by name. Sockets, pipes and
 * devices are left out, and so is what vanishes or cannot be read by the host's user.
 *
 * @since 0.1.0
 * @category constructors
 */
export const readDirectory: ReadDirectory = (config, bounds) =>
  Stream.unwrap(Effect.map(
    openRoot(config),
    (root) => Stream.fromAsyncIterable(walk(root, new Set(config.exclude), bounds), (cause) => failure(cause, config))
  ))

const openRoot = (config: HostDirConfig): Effect.Effect<string, ConfigError> =>
  Effect.tryPromise({
    try: async () => {
      const root = await realpath(resolve(config.hostPath))
      if (!(await lstat(root)).isDirectory()) throw new Error("it is not a directory")
      return root
    },
    catch: (cause) => failure(cause, config) as ConfigError
  })

const failure = (cause: unknown, config: HostDirConfig): ConfigError | KernelError =>
  cause instanceof KernelError
    ? cause
    : new ConfigError({
      path: "plugin.config.hostPath",
      detail: `cannot read the folder ${config.hostPath}: ${cause instanceof Error ? cause.message : String(cause)}`
    })

/** What an open refers to is gone, or is a link by now, or is not ours to read: it is left out. */
const unreadable = new Set(["ENOENT", "ELOOP", "ENOTDIR", "EACCES", "EPERM", "ENXIO", "EMLINK"])

const skipUnreadable = async <A>(run: () => Promise<A>): Promise<A | undefined> => {
  try {
    return await run()
  } catch (cause) {
    if (unreadable.has((cause as NodeJS.ErrnoException).code ?? "")) return undefined
    throw cause
  }
}

/** Opens without following a last link, and makes sure that the descriptor lies within the root. */
const openBeneath = async (root: string, path: string, flags: number): Promise<FileHandle | undefined> => {
  const handle = await skipUnreadable(() => open(path, flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK))
  if (handle === undefined) return undefined
  const place = await skipUnreadable(() => placeOf(handle, path))
  if (place !== undefined && (place === root || place.startsWith(root === sep ? root : root + sep))) return handle
  await handle.close()
  return undefined
}

/** Where a descriptor really is. Linux tells; elsewhere the path is resolved again. */
const placeOf = (handle: FileHandle, path: string): Promise<string> =>
  process.platform === "linux" ? readlink(`/proc/self/fd/${handle.fd}`) : realpath(path)

const walk = async function*(
  root: string,
  exclude: ReadonlySet<string>,
  bounds: { readonly bytes: number; readonly inodes: number }
): AsyncGenerator<HostEntry> {
  const budget = new Budget(bounds)
  const { mode, mtimeMs } = await lstat(root)
  // the folder itself, so that in the VM it belongs to the user like what is in it
  yield { path: "/", type: "directory", mode: mode & 0o7777, mtimeMs, target: undefined, content: nothing }
  const queue = [""]
  for (let at = 0; at < queue.length; at++) {
    const directory = queue[at]
    for (const name of await names(root, join(root, directory))) {
      if (exclude.has(name)) continue
      const path = `${directory}/${name}`
      const entry = await skipUnreadable(() => entryOf(root, path, budget))
      if (entry === undefined) continue
      budget.entry()
      yield entry
      if (entry.type === "directory") queue.push(path)
    }
  }
}

const names = async (root: string, path: string): Promise<Array<string>> => {
  const handle = await openBeneath(root, path, O_DIRECTORY)
  if (handle === undefined) return []
  try {
    return (await readdir(process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : path)).sort()
  } finally {
    await handle.close()
  }
}

const entryOf = async (root: string, path: string, budget: Budget): Promise<HostEntry | undefined> => {
  const hostPath = join(root, path)
  const stat = await lstat(hostPath)
  const entry = { path, mode: stat.mode & 0o7777, mtimeMs: stat.mtimeMs, target: undefined, content: nothing }
  if (stat.isSymbolicLink()) return { ...entry, type: "symlink", target: await readlink(hostPath) }
  if (stat.isDirectory()) return { ...entry, type: "directory" }
  if (!stat.isFile()) return undefined
  const handle = await openBeneath(root, hostPath, 0)
  if (handle === undefined) return undefined
  try {
    const opened = await handle.stat()
    if (!opened.isFile()) return undefined
    budget.file(opened.size)
    return { ...entry, type: "file", content: await readAtMost(handle, opened.size) }
  } finally {
    await handle.close()
  }
}

/** The first `size` bytes, or as many as there are by now: a file that grows meanwhile cannot pass its bound. */
const readAtMost = async (handle: FileHandle, size: number): Promise<Uint8Array> => {
  const content = new Uint8Array(size)
  let filled = 0
  while (filled < size) {
    const { bytesRead } = await handle.read(content, filled, size - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled === size ? content : content.subarray(0, filled)
}

/** What may still be read. */
class Budget {
  private bytes = 0
  private entries = 0

  constructor(private readonly bounds: { readonly bytes: number; readonly inodes: number }) {}

  file(size: number): void {
    this.bytes += size
    if (this.bytes > this.bounds.bytes) this.refuse("filesystemBytes", this.bounds.bytes)
  }

  entry(): void {
    this.entries++
    if (this.entries > this.bounds.inodes) this.refuse("inodes", this.bounds.inodes)
  }

  private refuse(name: string, value: number): never {
    throw new KernelError({ errno: "ENOSPC", syscall: "mount", limit: { name, value } })
  }
}
