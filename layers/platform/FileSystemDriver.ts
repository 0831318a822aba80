/**
 * Any `FileSystem` of `@effect/platform` as a driver, to be mounted into a VM.
 *
 * @since 0.1.0
 */
import type * as PlatformFileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { VirtualStat } from "../../src/config/FileStat.ts"
import type { Driver } from "../../src/Driver.ts"
import { errnoOf } from "../../src/Driver.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import { inOwnFiber } from "../../src/OwnFiber.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The directory of the file system that becomes the root. Default `/`. `..` goes no higher, links may. */
  readonly root?: string | undefined
}

const typeBits: Readonly<Record<PlatformFileSystem.File.Type, number>> = {
  File: 0o100000,
  Directory: 0o040000,
  SymbolicLink: 0o120000,
  BlockDevice: 0o060000,
  CharacterDevice: 0o020000,
  FIFO: 0o010000,
  Socket: 0o140000,
  Unknown: 0o010000
}

const time = (date: Option.Option<Date>): number => Option.match(date, { onNone: () => 0, onSome: (d) => d.getTime() })

const statOf = (info: PlatformFileSystem.File.Info): VirtualStat => ({
  mode: typeBits[info.type] | (info.mode & 0o7777),
  size: Number(info.size),
  blocks: Math.ceil(Number(info.size) / 512),
  dev: info.dev,
  rdev: 0,
  isDirectory: info.type === "Directory",
  isSymbolicLink: info.type === "SymbolicLink",
  atimeMs: time(info.atime),
  mtimeMs: time(info.mtime),
  ctimeMs: time(info.mtime),
  birthtimeMs: time(info.birthtime),
  ino: Option.getOrElse(info.ino, () => 0),
  nlink: Option.getOrElse(info.nlink, () => 1),
  uid: Option.getOrElse(info.uid, () => 0),
  gid: Option.getOrElse(info.gid, () => 0)
})

const link = (target: string): VirtualStat => {
  const size = new TextEncoder().encode(target).length
  const none = {
    blocks: 0,
    dev: 0,
    rdev: 0,
    atimeMs: 0,
    mtimeMs: 0,
    ctimeMs: 0,
    birthtimeMs: 0,
    ino: 0,
    uid: 0,
    gid: 0
  }
  return { ...none, mode: 0o120777, size, isDirectory: false, isSymbolicLink: true, nlink: 1 }
}

/** As POSIX has it, `/..` is `/`: what would go above the root stays in it. */
const withoutUps = (path: string): string => {
  if (!path.includes("..")) return path
  const done: Array<string> = []
  for (const name of path.split("/").slice(1)) {
    if (name === "..") done.pop()
    else done.push(name)
  }
  return `/${done.join("/")}`
}

const nothing = new Uint8Array(0)

/** Of a stream, as one. */
const collect = (stream: Stream.Stream<Uint8Array, unknown>): Effect.Effect<Uint8Array, unknown> =>
  Effect.map(Stream.runCollect(stream), (parts) => {
    const whole = new Uint8Array(Chunk.reduce(parts, 0, (size, part) => size + part.length))
    Chunk.reduce(parts, 0, (at, part) => {
      whole.set(part, at)
      return at + part.length
    })
    return whole
  })

/**
 * A driver that does what the file system does. The guest owns all of it. A platform file system cannot tell a link's own
 * attributes, so that a link has those of any link, and no times.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (fs: PlatformFileSystem.FileSystem, options: Options = {}): Driver => {
  const prefix = options.root === undefined || options.root === "/" ? "" : options.root.replace(/\/+$/, "")
  const at = (path: string): string => {
    const place = withoutUps(path)
    return place === "/" ? prefix || "/" : prefix + place
  }
  const within = (path: string): string => path.startsWith(prefix) ? path.slice(prefix.length) || "/" : path
  const stat = (path: string) => Effect.map(fs.stat(at(path)), statOf)
  const lstat = (path: string) =>
    Effect.matchEffect(fs.readLink(at(path)), {
      onSuccess: (target) => Effect.succeed(link(target)),
      // no link, or not there
      onFailure: () => stat(path)
    })
  /** What replaces nothing by itself must not be there. */
  const free = (syscall: string, path: string) =>
    Effect.matchEffect(lstat(path), {
      onSuccess: () => Effect.fail(new KernelError({ errno: "EEXIST", syscall, path })),
      onFailure: () => Effect.void
    })
  const readFile = (path: string) => fs.readFile(at(path))
  const remove = (path: string, directory: boolean) =>
    Effect.flatMap(lstat(path), ({ isDirectory }): Effect.Effect<void, unknown> => {
      if (directory !== isDirectory) {
        return Effect.fail(new KernelError({ errno: directory ? "ENOTDIR" : "EISDIR", syscall: "remove", path }))
      }
      if (!directory) return fs.remove(at(path))
      if (at(path) === at("/")) return Effect.fail(new KernelError({ errno: "EBUSY", syscall: "rmdir", path }))
      return Effect.flatMap(fs.readDirectory(at(path)), (names): Effect.Effect<void, unknown> =>
        names.length > 0
          ? Effect.fail(new KernelError({ errno: "ENOTEMPTY", syscall: "rmdir", path }))
          : fs.remove(at(path), { recursive: true }))
    })
  return {
    owner: "vm",
    readFile,
    readTextFile: (path) => fs.readFileString(at(path)),
    readDir: (path) => fs.readDirectory(at(path)),
    readDirWithTypes: (path) =>
      Effect.flatMap(fs.readDirectory(at(path)), (names) =>
        inOwnFiber(Effect.forEach(names, (name) =>
          Effect.map(
            lstat(path === "/" ? `/${name}` : `${path}/${name}`),
            ({ isDirectory, isSymbolicLink }) => ({ name, isDirectory, isSymbolicLink })
          ), { concurrency: 8 }))),
    writeFile: (path, content) => fs.writeFile(at(path), content),
    createDir: (path) => Effect.zipRight(free("mkdir", path), fs.makeDirectory(at(path))),
    mkdir: (path, recursive) =>
      recursive
        ? fs.makeDirectory(at(path), { recursive })
        : Effect.zipRight(free("mkdir", path), fs.makeDirectory(at(path))),
    exists: (path) =>
      Effect.catchIf(
        Effect.as(fs.stat(at(path)), true),
        (error) => ["ENOENT", "ENOTDIR", "ELOOP"].includes(errnoOf(error)),
        () => Effect.succeed(false)
      ),
    stat,
    lstat,
    removeFile: (path) => remove(path, false),
    removeDir: (path) => remove(path, true),
    rename: (from, to) => fs.rename(at(from), at(to)),
    realpath: (path) => Effect.map(fs.realPath(at(path)), within),
    symlink: (target, path) => fs.symlink(target, at(path)),
    readlink: (path) => fs.readLink(at(path)),
    link: (existing, path) => fs.link(at(existing), at(path)),
    chmod: (path, mode) => fs.chmod(at(path), mode),
    chown: (path, uid, gid) => fs.chown(at(path), uid, gid),
    utimes: (path, atimeMs, mtimeMs) => fs.utimes(at(path), atimeMs / 1000, mtimeMs / 1000),
    truncate: (path, length) => fs.truncate(at(path), length),
    pread: (path, offset, length) =>
      length === 0
        ? Effect.succeed(nothing)
        : collect(fs.stream(at(path), { offset, bytesToRead: length, chunkSize: 256 * 1024 })),
    pwrite: (path, offset, content) =>
      Effect.scoped(Effect.flatMap(fs.open(at(path), { flag: "r+" }), (file) =>
        Effect.as(
          Effect.zipRight(file.seek(offset, "start"), file.writeAll(content)),
          content.length
        )))
  }
}
