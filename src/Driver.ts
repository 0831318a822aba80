/**
 * Filesystems that live in the host's program and are mounted into VMs: the contract that their drivers fulfil.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { VirtualDirEntry, VirtualStat } from "./config/FileStat.ts"
import type { Errno } from "./Errno.ts"
import { errnoTable } from "./Errno.ts"
import { KernelError } from "./errors/KernelError.ts"

/**
 * The methods of a filesystem (the seeds' 23). Paths are absolute within it and begin with a slash; its root is `/`. What
 * a method fails with becomes an error number for the guest, see `errnoOf`; a method that takes too long is `ETIMEDOUT`.
 * A driver that is mounted never sees a path through a link: links are resolved by the VM, from the VM's own root.
 *
 * @since 0.1.0
 * @category models
 */
export interface Driver {
  /** The whole content. */
  readonly readFile: (path: string) => Effect.Effect<Uint8Array, unknown>
  /** The whole content as UTF-8 text. */
  readonly readTextFile: (path: string) => Effect.Effect<string, unknown>
  /** Names, in any order; `.` and `..` are ignored. */
  readonly readDir: (path: string) => Effect.Effect<ReadonlyArray<string>, unknown>
  readonly readDirWithTypes: (path: string) => Effect.Effect<ReadonlyArray<VirtualDirEntry>, unknown>
  /** Creates or replaces a file. Its directory must exist. */
  readonly writeFile: (path: string, content: Uint8Array) => Effect.Effect<void, unknown>
  /** One level; `EEXIST` when it is there. */
  readonly createDir: (path: string) => Effect.Effect<void, unknown>
  /** With `recursive`, what is missing above too, and a directory that is there is fine. */
  readonly mkdir: (path: string, recursive: boolean) => Effect.Effect<void, unknown>
  readonly exists: (path: string) => Effect.Effect<boolean, unknown>
  /** Follows links. */
  readonly stat: (path: string) => Effect.Effect<VirtualStat, unknown>
  /** Of a link itself. */
  readonly lstat: (path: string) => Effect.Effect<VirtualStat, unknown>
  /** Of a file, or of a link itself. */
  readonly removeFile: (path: string) => Effect.Effect<void, unknown>
  /** Of an empty directory. */
  readonly removeDir: (path: string) => Effect.Effect<void, unknown>
  /** Replaces a file at the new path. */
  readonly rename: (from: string, to: string) => Effect.Effect<void, unknown>
  readonly realpath: (path: string) => Effect.Effect<string, unknown>
  /** Makes a link at `path` that says `target`. */
  readonly symlink: (target: string, path: string) => Effect.Effect<void, unknown>
  readonly readlink: (path: string) => Effect.Effect<string, unknown>
  readonly link: (existing: string, path: string) => Effect.Effect<void, unknown>
  readonly chmod: (path: string, mode: number) => Effect.Effect<void, unknown>
  readonly chown: (path: string, uid: number, gid: number) => Effect.Effect<void, unknown>
  /** Milliseconds since 1970. */
  readonly utimes: (path: string, atimeMs: number, mtimeMs: number) => Effect.Effect<void, unknown>
  readonly truncate: (path: string, length: number) => Effect.Effect<void, unknown>
  /** At most `length` bytes, fewer only at the end. */
  readonly pread: (path: string, offset: number, length: number) => Effect.Effect<Uint8Array, unknown>
  /** Writes all of the bytes into an existing file; gives their number. */
  readonly pwrite: (path: string, offset: number, content: Uint8Array) => Effect.Effect<number, unknown>
  /**
   * Ends when what was written to a file so far is safe; what has gone wrong with it meanwhile is told here at the latest.
   * Without it, everything is safe when it is answered.
   */
  readonly sync?: ((path: string) => Effect.Effect<void, unknown>) | undefined
  /**
   * Who owns the files for the guest: the VM's user, whatever `uid` and `gid` say (`vm`, the default), or whom the driver
   * names (`driver`).
   */
  readonly owner?: "vm" | "driver" | undefined
  /** What a driver can do faster than by the methods above. */
  readonly shortcuts?: DriverShortcuts | undefined
}

/**
 * What is known of an entry: its `lstat`, and what it says if it is a link.
 *
 * @since 0.1.0
 * @category models
 */
export interface DriverEntry {
  readonly name: string
  readonly stat: VirtualStat
  readonly target?: string | undefined
}

/**
 * Reads that take several methods, in one.
 *
 * @since 0.1.0
 * @category models
 */
export interface DriverShortcuts {
  /** The entries under some names of a directory; those that are missing are left out. */
  readonly entries: (path: string, names: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<DriverEntry>, unknown>
  /** The first name, the next in that, and so on, from a directory on; ends before what is missing. */
  readonly descend: (path: string, names: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<DriverEntry>, unknown>
  /** Bytes of a file, and what it is while they are read. */
  readonly read: (
    path: string,
    offset: number,
    length: number
  ) => Effect.Effect<{ readonly stat: VirtualStat; readonly content: Uint8Array }, unknown>
}

const isErrno = (code: unknown): code is Errno => typeof code === "string" && Object.hasOwn(errnoTable, code)

/** `@effect/platform`'s reasons. */
const reasons: Readonly<Record<string, Errno>> = {
  AlreadyExists: "EEXIST",
  BadResource: "EBADF",
  Busy: "EBUSY",
  InvalidData: "EINVAL",
  NotFound: "ENOENT",
  PermissionDenied: "EACCES",
  TimedOut: "ETIMEDOUT",
  UnexpectedEof: "EIO",
  WouldBlock: "EAGAIN",
  WriteZero: "EIO"
}

const codeOf = (error: object): Errno | undefined => {
  const { _tag, code, errno, reason } = error as { _tag?: unknown; code?: unknown; errno?: unknown; reason?: unknown }
  if (isErrno(errno)) return errno
  if (isErrno(code)) return code
  // what never reached the operating system, such as a path with NUL: told by Node.js, and by `@effect/platform`
  if (code === "ERR_INVALID_ARG_VALUE" || _tag === "BadArgument") return "EINVAL"
  return typeof reason === "string" ? reasons[reason] : undefined
}

/**
 * The error number of what a driver has failed with: that of a `KernelError`; the `code` of an error of Node.js, also as
 * the cause of another; the reason of a platform error; `EINVAL` for what Node.js takes for a bad argument; a number at
 * the beginning of a message; else `EIO`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const errnoOf = (error: unknown): Errno => {
  let last: Errno | undefined
  for (let at = error, depth = 0; typeof at === "object" && at !== null && depth < 8; depth++) {
    if (at instanceof KernelError) return at.errno
    const found = codeOf(at)
    // the cause knows better than a platform error's reason, which is one of few
    if (found !== undefined && (at as { cause?: unknown }).cause === undefined) return found
    last = found ?? last
    at = (at as { cause?: unknown }).cause
  }
  if (last !== undefined) return last
  const text = error instanceof Error ? error.message : typeof error === "string" ? error : ""
  const [, name] = /^(E[A-Z0-9]+)\b/.exec(text) ?? []
  return isErrno(name) ? name : "EIO"
}
