/**
 * Open files of a VM as `@effect/platform` File. Each has one position, for reading and writing; what is appended goes to
 * the end and leaves it alone.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { FileHandle, FilesystemError, FilesystemShape } from "../../services/Filesystem.ts"
import type { VirtualStat } from "../../src/config/FileStat.ts"
import { Turns } from "../../src/Turns.ts"
import { checkWhole, length } from "./Arguments.ts"
import { failedCall, type Origin, platformError } from "./PlatformErrors.ts"
import type { At } from "./VmFileSystem.ts"

/**
 * @since 0.1.0
 * @category models
 */
export type Open = (
  method: string,
  path: string,
  options?: FileSystem.OpenFileOptions
) => Effect.Effect<FileSystem.File, PlatformError, Scope.Scope>

/**
 * @since 0.1.0
 * @category constructors
 */
export const makeOpen = (filesystem: FilesystemShape, at: At): Open => {
  // Descriptors of the host's process are not involved: the numbers only tell files apart.
  let nextDescriptor = 3
  return (method, path, options) =>
    Effect.flatMap(Effect.scope, (scope) =>
      at(method, path, (path) =>
        Effect.zipRight(
          options?.mode === undefined ? Effect.void : checkWhole(method, "mode", options.mode),
          Scope.extend(filesystem.open(path, options ?? {}), scope)
        ))).pipe(
        Effect.map((handle) =>
          new VmFile(FileSystem.FileDescriptor(nextDescriptor++), handle, options?.flag?.startsWith("a") === true)
        )
      )
}

class VmFile implements FileSystem.File {
  readonly [FileSystem.FileTypeId]: FileSystem.FileTypeId = FileSystem.FileTypeId
  private readonly turns = new Turns()
  private position = 0n

  constructor(
    readonly fd: FileSystem.File.Descriptor,
    private readonly handle: FileHandle,
    private readonly append: boolean
  ) {}

  get stat() {
    return this.explained("stat", Effect.map(this.handle.stat, fileInfo))
  }

  get sync() {
    return this.explained("sync", this.handle.sync)
  }

  seek(offset: FileSystem.SizeInput, from: FileSystem.SeekMode) {
    return this.turns.take(
      Effect.sync(() => {
        this.position = FileSystem.Size(offset) + (from === "current" ? this.position : 0n)
        return this.position
      })
    )
  }

  read(buffer: Uint8Array) {
    return Effect.map(this.readNext("read", buffer.length), (bytes) => {
      buffer.set(bytes)
      return FileSystem.Size(bytes.length)
    })
  }

  readAlloc(size: FileSystem.SizeInput) {
    return Effect.map(
      this.readNext("readAlloc", Number(size)),
      (bytes) => bytes.length === 0 ? Option.none() : Option.some(bytes)
    )
  }

  truncate(size?: FileSystem.SizeInput) {
    return this.turns.take(
      Effect.flatMap(
        length("truncate", size),
        (size) =>
          Effect.map(this.explained("truncate", this.handle.truncate(size)), () => {
            const end = BigInt(size)
            if (!this.append && this.position > end) this.position = end
          })
      )
    )
  }

  write(buffer: Uint8Array) {
    return Effect.as(this.writeNext("write", buffer), FileSystem.Size(buffer.length))
  }

  writeAll(buffer: Uint8Array) {
    return this.writeNext("writeAll", buffer)
  }

  private readNext(method: string, size: number): Effect.Effect<Uint8Array, PlatformError> {
    return this.turns.take(
      Effect.flatMap(
        this.place(method, "read"),
        (place) =>
          Effect.map(this.explained(method, this.handle.pread(place, size)), (bytes) => {
            this.position += BigInt(bytes.length)
            return bytes
          })
      )
    )
  }

  private writeNext(method: string, bytes: Uint8Array): Effect.Effect<void, PlatformError> {
    return this.turns.take(Effect.suspend(() => {
      if (this.append) return this.explained(method, this.handle.write(bytes))
      return Effect.flatMap(
        this.place(method, "write"),
        (place) =>
          Effect.map(this.explained(method, this.handle.pwrite(place, bytes)), () => {
            this.position += BigInt(bytes.length)
          })
      )
    }))
  }

  /** The position, where there can be bytes. */
  private place(method: string, syscall: string): Effect.Effect<number, PlatformError> {
    return Effect.suspend(() => {
      const place = Number(this.position)
      return place >= 0 && Number.isSafeInteger(place)
        ? Effect.succeed(place)
        : Effect.fail(failedCall(this.origin(method), "EINVAL", syscall))
    })
  }

  private explained<A>(method: string, effect: Effect.Effect<A, FilesystemError>): Effect.Effect<A, PlatformError> {
    return Effect.mapError(effect, (error) => platformError(this.origin(method), error))
  }

  private origin(method: string): Origin {
    return { module: "FileSystem", method, pathOrDescriptor: this.fd }
  }
}

const S_IFMT = 0o170000

const types: Readonly<Record<number, FileSystem.File.Type>> = {
  0o010000: "FIFO",
  0o020000: "CharacterDevice",
  0o040000: "Directory",
  0o060000: "BlockDevice",
  0o100000: "File",
  0o120000: "SymbolicLink",
  0o140000: "Socket"
}

/**
 * What is known about a file. The kernel has no block size of its own.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fileInfo = (stat: VirtualStat): FileSystem.File.Info => ({
  type: types[stat.mode & S_IFMT] ?? "Unknown",
  mtime: Option.some(new Date(stat.mtimeMs)),
  atime: Option.some(new Date(stat.atimeMs)),
  birthtime: Option.some(new Date(stat.birthtimeMs)),
  dev: stat.dev,
  rdev: Option.some(stat.rdev),
  ino: Option.some(stat.ino),
  mode: stat.mode,
  nlink: Option.some(stat.nlink),
  uid: Option.some(stat.uid),
  gid: Option.some(stat.gid),
  size: FileSystem.Size(stat.size),
  blksize: Option.none(),
  blocks: Option.some(stat.blocks)
})
