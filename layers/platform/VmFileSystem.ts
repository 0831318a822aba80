/**
 * The files of a VM as `@effect/platform` FileSystem. It behaves as Node's does, with these differences:
 *
 * - `..` is resolved by its letters, before links are followed.
 * - The host acts with root's rights, and what it creates belongs to the VM's user; the umask is 022.
 * - Copies keep times and owners, with and without `preserveTimestamps`, and links keep their text.
 * - `readDirectory` gives names in order and does not follow links to directories below.
 * - Errors that Node leaves `Unknown` have a better reason where there is one.
 * - `watch` gives absolute paths, and loses no event without saying so.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import { isPlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type { FilesystemError, FilesystemShape } from "../../services/Filesystem.ts"
import { dirname } from "../../src/Paths.ts"
import { checkPath, checkWhole, length, milliseconds } from "./Arguments.ts"
import { copyFile, copyTree } from "./CopyTree.ts"
import { failedCall, type Origin, platformError } from "./PlatformErrors.ts"
import * as Temporary from "./Temporary.ts"
import { fileInfo, makeOpen } from "./VmFile.ts"
import { absolute } from "./VmPath.ts"
import { makeWatch } from "./VmWatch.ts"

/** What the VM's processes leave out of the modes of what they create; the host does the same. */
const UMASK = 0o022

/**
 * Runs an operation on a path of the caller.
 *
 * @since 0.1.0
 * @category models
 */
export type At = <A>(
  method: string,
  path: string,
  use: (path: string) => Effect.Effect<A, FilesystemError | PlatformError>
) => Effect.Effect<A, PlatformError>

type Between = <A>(
  method: string,
  from: string,
  to: string,
  use: (from: string, to: string) => Effect.Effect<A, FilesystemError | PlatformError>
) => Effect.Effect<A, PlatformError>

/** Of two paths, errors name the first. */
const makeBetween = (cwd: string): Between => (method, from, to, use) =>
  Effect.suspend(() => {
    const origin: Origin = { module: "FileSystem", method, pathOrDescriptor: from }
    const refused = checkPath(origin, from) ?? checkPath(origin, to)
    return refused === undefined
      ? Effect.mapError(
        use(absolute(cwd, from), absolute(cwd, to)),
        (error) => isPlatformError(error) ? error : platformError(origin, error)
      )
      : Effect.fail(refused)
  })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (filesystem: FilesystemShape, cwd: string): FileSystem.FileSystem => {
  const between = makeBetween(cwd)
  const at: At = (method, path, use) => between(method, path, path, use)
  const makeDirectory = directoryMaker(filesystem, at)
  const open = makeOpen(filesystem, at)
  const remove = remover(filesystem, at)
  return FileSystem.make({
    ...attributes(filesystem, at),
    ...names(filesystem, at, between),
    ...Temporary.make({ makeDirectory, open, remove }),
    makeDirectory: (path, options) => makeDirectory("makeDirectory", path, options),
    open: (path, options) => open("open", path, options),
    remove: (path, options) => remove("remove", path, options),
    copy: (from, to, options) =>
      between("copy", from, to, (from, to) => copyTree(filesystem, from, to, options?.overwrite === true)),
    copyFile: (from, to) => between("copyFile", from, to, (from, to) => copyFile(filesystem, from, to)),
    readDirectory: (path, options) =>
      at(
        "readDirectory",
        path,
        (path) => options?.recursive === true ? readRecursive(filesystem, path) : filesystem.readdir(path)
      ),
    readFile: (path) => at("readFile", path, filesystem.readFile),
    writeFile: (path, bytes, options) => at("writeFile", path, (path) => write(filesystem, path, bytes, options)),
    watch: makeWatch(filesystem, cwd)
  })
}

const write = (
  filesystem: FilesystemShape,
  path: string,
  bytes: Uint8Array,
  options: FileSystem.WriteFileOptions = {}
): Effect.Effect<void, FilesystemError | PlatformError> =>
  (options.flag ?? "w") === "w" && options.mode === undefined
    ? filesystem.writeFile(path, bytes)
    : Effect.scoped(
      checkWhole("writeFile", "mode", options.mode ?? 0).pipe(
        Effect.zipRight(filesystem.open(path, { flag: options.flag ?? "w", mode: options.mode })),
        Effect.flatMap((file) => file.write(bytes))
      )
    )

/** What is known about files and is set on them. */
const attributes = (filesystem: FilesystemShape, at: At) =>
  ({
    access: (path, options) =>
      at("access", path, (path) =>
        filesystem.access(path, `${options?.readable === true ? "r" : ""}${options?.writable === true ? "w" : ""}`)),
    chmod: (path, mode) =>
      at("chmod", path, (path) =>
        Effect.zipRight(checkWhole("chmod", "mode", mode), filesystem.chmod(path, mode))),
    chown: (path, uid, gid) =>
      at("chown", path, (path) =>
        Effect.zipRight(
          Effect.zipRight(checkWhole("chown", "uid", uid), checkWhole("chown", "gid", gid)),
          filesystem.chown(path, uid, gid)
        )),
    stat: (path) =>
      at("stat", path, (path) =>
        Effect.map(filesystem.stat(path), fileInfo)),
    truncate: (path, size) =>
      at(
        "truncate",
        path,
        (path) => Effect.flatMap(length("truncate", size), (size) => filesystem.truncate(path, size))
      ),
    utimes: (path, atime, mtime) =>
      at("utimes", path, (path) =>
        Effect.flatMap(
          Effect.zip(milliseconds("utimes", atime), milliseconds("utimes", mtime)),
          ([atimeMs, mtimeMs]) => filesystem.utimes(path, atimeMs, mtimeMs)
        ))
  }) satisfies Partial<FileSystem.FileSystem>

/** Names of files and where they lead. */
const names = (filesystem: FilesystemShape, at: At, between: Between) =>
  ({
    link: (from, to) => between("link", from, to, filesystem.link),
    readLink: (path) => at("readLink", path, filesystem.readlink),
    realPath: (path) => at("realPath", path, filesystem.realpath),
    rename: (from, to) => between("rename", from, to, (from, to) => filesystem.move(from, to)),
    symlink: (target, path) => at("symlink", path, (path) => filesystem.symlink(target, path))
  }) satisfies Partial<FileSystem.FileSystem>

/**
 * @since 0.1.0
 * @category models
 */
export type MakeDirectory = (
  method: string,
  path: string,
  options?: FileSystem.MakeDirectoryOptions
) => Effect.Effect<void, PlatformError>

/** Node gives the mode to every directory that it makes. */
const directoryMaker = (filesystem: FilesystemShape, at: At): MakeDirectory => (method, path, options) =>
  at(method, path, (path) =>
    Effect.gen(function*() {
      const recursive = options?.recursive === true
      const mode = options?.mode
      if (mode === undefined) return yield* filesystem.mkdir(path, { recursive })
      yield* checkWhole(method, "mode", mode)
      const missing = recursive ? yield* missingFrom(filesystem, path) : [path]
      yield* filesystem.mkdir(path, { recursive })
      for (const made of missing) yield* filesystem.chmod(made, mode & ~UMASK)
    }))

/** The path and the directories above it that are not there, from the lowest up. */
const missingFrom = Effect.fnUntraced(function*(filesystem: FilesystemShape, path: string) {
  const missing: Array<string> = []
  for (let at = path; !(yield* filesystem.exists(at)); at = dirname(at)) missing.push(at)
  return missing
})

/**
 * @since 0.1.0
 * @category models
 */
export type Remove = (
  method: string,
  path: string,
  options?: FileSystem.RemoveOptions
) => Effect.Effect<void, PlatformError>

/** Without `recursive`, Node removes no directory, not even an empty one. */
const remover = (filesystem: FilesystemShape, at: At): Remove => (method, path, options) => {
  const recursive = options?.recursive === true
  const origin: Origin = { module: "FileSystem", method, pathOrDescriptor: path }
  const removed = at(method, path, (path) =>
    recursive
      ? filesystem.delete(path, { recursive })
      : Effect.flatMap(
        filesystem.lstat(path),
        (stat): Effect.Effect<void, FilesystemError | PlatformError> =>
          stat.isDirectory ? Effect.fail(failedCall(origin, "EISDIR", "rm", path)) : filesystem.delete(path)
      ))
  return options?.force === true
    ? Effect.catchIf(removed, (error) => error._tag === "SystemError" && error.reason === "NotFound", () => Effect.void)
    : removed
}

/** Paths below the directory, relative to it. */
const readRecursive = (filesystem: FilesystemShape, path: string) =>
  Effect.map(filesystem.readdirRecursive(path), (entries) => {
    const start = path.endsWith("/") ? path.length : path.length + 1
    return entries.map((entry) => entry.path.slice(start))
  })
