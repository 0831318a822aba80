/**
 * Folders of the host as drivers: `host_dir`. Nothing outside the folder is reached, even when somebody swaps a part of
 * it for a link meanwhile: every path is walked from the folder's own descriptor, name by name, following no link. Only
 * files, directories and links are there for a VM; a device, a pipe or a socket is not. A hard link is the file itself,
 * wherever its other names are: nothing can tell it from one of the folder's own.
 *
 * No error names a path of the host, but for the `ConfigError` about a folder that cannot be opened.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { HostDirConfig } from "../../../src/config/MountPlugins.ts"
import type { Driver } from "../../../src/Driver.ts"
import { errnoOf } from "../../../src/Driver.ts"
import { ConfigError } from "../../../src/errors/ConfigError.ts"
import { KernelError } from "../../../src/errors/KernelError.ts"
import type { Baseline } from "../writeback/Baseline.ts"
import type { Facts } from "../writeback/HostFolder.ts"
import { HostFolder } from "../writeback/HostFolder.ts"
import { resolve } from "./BeneathRoot.ts"
import { Changes } from "./Changes.ts"
import { Reads } from "./Reads.ts"

/**
 * A folder of the host as a driver, with what it has told of the folder so far.
 *
 * @since 0.1.0
 * @category models
 */
export interface HostDirectory extends Driver {
  /** What each entry was when it was told of: what `WriteBack` compares the host with. Grows while the driver is used. */
  readonly baseline: Baseline
}

/**
 * Opens a folder until the Scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (config: HostDirConfig): Effect.Effect<HostDirectory, ConfigError, Scope.Scope> =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.tryPromise({ try: () => HostFolder.open(config.hostPath), catch: (cause) => refused(config, cause) }),
      (folder) => Effect.promise(() => folder.close())
    )
    const identity = yield* Effect.tryPromise({
      try: () => folder.identity(),
      catch: (cause) => refused(config, cause)
    })
    const entries = new Map<string, Facts>()
    const reads = new Reads(folder, new Set(config.exclude), (path, facts) => void entries.set(path, facts))
    return driverOf(folder, reads, new Changes(folder, reads, config.readOnly), {
      root: folder.root,
      identity,
      entries
    })
  })

const refused = (config: HostDirConfig, cause: unknown): ConfigError =>
  new ConfigError({
    path: "plugin.config.hostPath",
    detail: `cannot read the folder ${config.hostPath}: ${cause instanceof Error ? cause.message : String(cause)}`
  })

/** Without the path of the host that the operating system's error has. */
const attempt = <A>(syscall: string, path: string, run: () => Promise<A>): Effect.Effect<A, KernelError> =>
  Effect.tryPromise({ try: run, catch: (cause) => new KernelError({ errno: errnoOf(cause), syscall, path }) })

const driverOf = (folder: HostFolder, reads: Reads, changes: Changes, baseline: Baseline): HostDirectory => {
  /** Links on the way are followed, within the folder. */
  const at = <A>(syscall: string, path: string, run: (path: string) => Promise<A>, followLast = true) =>
    attempt(syscall, path, async () => {
      const place = await resolve(folder, path, followLast)
      reads.check(place)
      return await run(place)
    })
  /** The name itself. */
  const name = <A>(syscall: string, path: string, run: (path: string) => Promise<A>) => at(syscall, path, run, false)
  const readFile = (path: string) => at("open", path, (place) => reads.whole(place))
  return {
    baseline,
    owner: "vm",
    readFile,
    readTextFile: (path) => Effect.map(readFile(path), (bytes) => new TextDecoder().decode(bytes)),
    readDir: (path) => at("scandir", path, (place) => reads.names(place)),
    readDirWithTypes: (path) =>
      at(
        "scandir",
        path,
        async (place) =>
          (await reads.entries(place, await reads.names(place))).map(({ name, stat }) => ({
            name,
            isDirectory: stat.isDirectory,
            isSymbolicLink: stat.isSymbolicLink
          }))
      ),
    exists: (path) =>
      Effect.catchAll(
        Effect.as(at("access", path, (place) => reads.stat(place)), true),
        (error) =>
          ["ENOENT", "ENOTDIR", "EACCES", "ELOOP"].includes(error.errno) ? Effect.succeed(false) : Effect.fail(error)
      ),
    stat: (path) => at("stat", path, (place) => reads.stat(place)),
    lstat: (path) => name("lstat", path, (place) => reads.stat(place)),
    realpath: (path) =>
      at("realpath", path, async (place) => {
        await reads.stat(place)
        return place
      }),
    readlink: (path) => name("readlink", path, (place) => reads.link(place)),
    pread: (path, offset, length) =>
      at("read", path, async (place) => (await reads.range(place, offset, length)).content),
    writeFile: (path, content) => at("open", path, (place) => changes.replace(place, content)),
    createDir: (path) => name("mkdir", path, (place) => changes.makeDirectory(place)),
    mkdir: (path, recursive) =>
      recursive
        ? at("mkdir", path, (place) => changes.makeDirectories(place))
        : name("mkdir", path, (place) => changes.makeDirectory(place)),
    removeFile: (path) => name("unlink", path, (place) => changes.unlink(place)),
    removeDir: (path) => name("rmdir", path, (place) => changes.removeDirectory(place)),
    rename: (from, to) => name("rename", from, async (old) => changes.rename(old, await resolve(folder, to, false))),
    symlink: (target, path) => name("symlink", path, (place) => changes.symlink(target, place)),
    link: (existing, path) =>
      name("link", existing, async (old) => changes.link(old, await resolve(folder, path, false))),
    chmod: (path, mode) => at("chmod", path, (place) => changes.setMode(place, mode)),
    chown: (path, uid, gid) => at("chown", path, (place) => changes.setOwner(place, uid, gid)),
    utimes: (path, atimeMs, mtimeMs) => at("utime", path, (place) => changes.setTimes(place, atimeMs, mtimeMs)),
    truncate: (path, length) => at("truncate", path, (place) => changes.truncate(place, length)),
    pwrite: (path, offset, content) => at("write", path, (place) => changes.write(place, offset, content)),
    shortcuts: {
      entries: (path, names) => attempt("scandir", path, () => reads.entries(path, names)),
      descend: (path, names) => attempt("lookup", path, () => reads.descend(path, names)),
      read: (path, offset, length) => attempt("read", path, () => reads.range(path, offset, length))
    }
  }
}
