/**
 * Copies as Node makes them, out of the kernel's: what is missing is copied in one call, whatever its size.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { FilesystemError, FilesystemShape } from "../../services/Filesystem.ts"
import type { VirtualStat } from "../../src/config/FileStat.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import { dirname, joinChild } from "../../src/Paths.ts"

/**
 * Copies a file or a tree. What exists is kept, or with `overwrite` replaced; directories are merged.
 *
 * @since 0.1.0
 * @category combinators
 */
export const copyTree: (
  filesystem: FilesystemShape,
  from: string,
  to: string,
  overwrite: boolean
) => Effect.Effect<void, FilesystemError> = Effect.fnUntraced(function*(filesystem, from, to, overwrite) {
  yield* checkApart(filesystem, from, to)
  const pending: Array<readonly [from: string, to: string]> = [[from, to]]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [source, target] = next
    const existing = yield* lookup(filesystem, target)
    if (existing === undefined) {
      if (source === from) yield* filesystem.mkdir(dirname(target), { recursive: true })
      yield* filesystem.copy(source, target, { recursive: true })
      continue
    }
    const { isDirectory } = yield* filesystem.lstat(source)
    if (isDirectory && existing.isDirectory) {
      for (const name of yield* filesystem.readdir(source)) {
        pending.push([below(source, name), below(target, name)])
      }
    } else if (isDirectory || existing.isDirectory) {
      return yield* failed(isDirectory ? "ENOTDIR" : "EISDIR", source, target)
    } else if (overwrite) {
      yield* filesystem.copy(source, target)
    }
  }
})

/** A directory may be given with a trailing slash. */
const below = (directory: string, name: string) =>
  joinChild(directory.length > 1 && directory.endsWith("/") ? directory.slice(0, -1) : directory, name)

/** A tree cannot be copied onto or into itself: the copy would grow while it is read. */
const checkApart = Effect.fnUntraced(function*(filesystem: FilesystemShape, from: string, to: string) {
  const source = yield* filesystem.lstat(from)
  for (let at = to;; at = dirname(at)) {
    const found = yield* lookup(filesystem, at)
    const same = found !== undefined && found.ino === source.ino && found.dev === source.dev
    if (same && (at === to || source.isDirectory)) return yield* failed("EINVAL", from, to)
    if (at === "/") return
  }
})

const lookup = (
  filesystem: FilesystemShape,
  path: string
): Effect.Effect<VirtualStat | undefined, FilesystemError> =>
  Effect.catchIf(filesystem.lstat(path), isMissing, () => Effect.succeed(undefined))

const isMissing = (error: FilesystemError) => error._tag === "KernelError" && error.errno === "ENOENT"

const failed = (errno: KernelError["errno"], path: string, dest: string) =>
  Effect.fail(new KernelError({ errno, syscall: "cp", path, dest }))

/**
 * Copies the content and the mode of a file; links are followed at both ends.
 *
 * @since 0.1.0
 * @category combinators
 */
export const copyFile: (
  filesystem: FilesystemShape,
  from: string,
  to: string
) => Effect.Effect<void, FilesystemError> = Effect.fnUntraced(function*(filesystem, from, to) {
  const source = yield* filesystem.realpath(from)
  const existing = yield* lookup(filesystem, to)
  // a link that leads nowhere yet: its file is made through it
  if (existing?.isSymbolicLink === true && !(yield* filesystem.exists(to))) yield* filesystem.writeFile(to, "")
  const target = existing?.isSymbolicLink === true ? yield* filesystem.realpath(to) : to
  const known = existing === undefined ? undefined : yield* filesystem.stat(target)
  const origin = yield* filesystem.stat(source)
  // a file onto itself, perhaps by another name: nothing to do
  if (known !== undefined && !known.isDirectory && known.ino === origin.ino && known.dev === origin.dev) return
  yield* filesystem.copy(source, target)
})
