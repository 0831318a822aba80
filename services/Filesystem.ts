/**
 * The files of one VM, from the host. Paths are absolute and normalized; they are checked in that order before anything
 * is sent, and writes below `/proc` are refused at once where the seeds say so. The host acts with root's rights; what it
 * creates belongs to the VM's user.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import type { DirEntry, VirtualStat } from "../src/config/FileStat.ts"
import type { MountInput } from "../src/config/Mounts.ts"
import type { RootSnapshotExport } from "../src/config/Snapshot.ts"
import type { ConfigError } from "../src/errors/ConfigError.ts"
import type { KernelError } from "../src/errors/KernelError.ts"
import type { NotYetSupported } from "../src/errors/NotYetSupported.ts"
import type { PathError } from "../src/errors/PathError.ts"
import type { SidecarError } from "../src/errors/SidecarError.ts"
import type { TransportError } from "../src/errors/TransportError.ts"
import type { WatchOverflow } from "../src/errors/WatchOverflow.ts"

/**
 * Everything that an operation on files can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type FilesystemError = PathError | KernelError | SidecarError | TransportError

/**
 * @since 0.1.0
 * @category models
 */
export interface BatchWriteEntry {
  readonly path: string
  /** Text is written as UTF-8. */
  readonly content: string | Uint8Array
}

/**
 * The outcome of one write of a batch; `error` only where it failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchWriteResult {
  readonly path: string
  readonly success: boolean
  readonly error?: string
}

/**
 * The outcome of one read of a batch; `content` is `null` and `error` is there where it failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchReadResult {
  readonly path: string
  readonly content: Uint8Array | null
  readonly error?: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface MountInfo {
  readonly path: string
  /** `memory`, `host_dir`, `proc`, ... */
  readonly type: string
  /** A label; never a path of the host. */
  readonly source: string
  readonly readOnly: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface OpenOptions {
  /** As fopen(3): `r` (default), `r+`, `w`, `w+`, `a`, `a+`, and with an `x` the file must not exist: `wx`, ... */
  readonly flag?: OpenFlag | undefined
  /** Permission bits of a file that is created. Default `0o666`, less the umask 022. */
  readonly mode?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export type OpenFlag = "r" | "r+" | "w" | "wx" | "w+" | "wx+" | "a" | "ax" | "a+" | "ax+"

/**
 * A file that is held open: it lives until its Scope closes, even when all its names are gone.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileHandle {
  /** The next bytes, at most `length`; empty at the end. */
  readonly read: (length: number) => Effect.Effect<Uint8Array, FilesystemError>
  readonly pread: (offset: number, length: number) => Effect.Effect<Uint8Array, FilesystemError>
  /** Writes all of the bytes at the position. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, FilesystemError>
  readonly pwrite: (offset: number, bytes: Uint8Array) => Effect.Effect<void, FilesystemError>
  /** Moves the position; gives the new one. */
  readonly seek: (offset: number, whence?: "start" | "current" | "end") => Effect.Effect<number, FilesystemError>
  readonly stat: Effect.Effect<VirtualStat, FilesystemError>
  readonly truncate: (size: number) => Effect.Effect<void, FilesystemError>
  /** As fsync(2). The files of a VM are in memory: there is nothing to wait for. `EINVAL` for a device. */
  readonly sync: Effect.Effect<void, FilesystemError>
  /** Another handle of the same open file, with the same position and lock; the file is closed with the last of them. */
  readonly dup: Effect.Effect<FileHandle, FilesystemError, Scope.Scope>
  /**
   * Takes the lock of the file as flock(2) does: it belongs to this open file, binds only who asks for it too, and ends
   * with `unlock` or when the file is closed. A second call changes the kind; what was held is given up first. It waits
   * for others, unless `wait` is false: then `EAGAIN` where it would have to. `ENOLCK` when 1,024 requests of the VM
   * wait already. Interrupted while it waits, the file holds no lock.
   */
  readonly lock: (kind: LockKind, options?: LockOptions) => Effect.Effect<void, FilesystemError>
  /** Gives the lock up, if there is one. */
  readonly unlock: Effect.Effect<void, FilesystemError>
}

/**
 * `shared` by any number of open files at once, or `exclusive`.
 *
 * @since 0.1.0
 * @category models
 */
export type LockKind = "shared" | "exclusive"

/**
 * @since 0.1.0
 * @category models
 */
export interface LockOptions {
  /** Whether to wait until the lock can be had. Default `true`. */
  readonly wait?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SetXattrOptions {
  /** `create`: the attribute must not exist (`EEXIST`); `replace`: it must (`ENODATA`). Default: either. */
  readonly mode?: "create" | "replace" | undefined
}

/**
 * The flags of renameat2(2); not both (`EINVAL`).
 *
 * @since 0.1.0
 * @category models
 */
export interface MoveOptions {
  /** The destination must not exist (`EEXIST`). */
  readonly noReplace?: boolean | undefined
  /** Both paths exist (`ENOENT`) and change places, at once. */
  readonly exchange?: boolean | undefined
}

/**
 * What statfs(2) tells. All mounts of a VM share its limits; generated ones (`/proc`) have no blocks and no files.
 *
 * @since 0.1.0
 * @category models
 */
export interface FilesystemStatistics {
  /** `rootfs`, `memory`, `proc`, ... */
  readonly type: string
  /** Bytes of a block. */
  readonly blockSize: number
  /** `filesystemBytes`, in blocks. */
  readonly blocks: number
  readonly blocksFree: number
  /** The limit `inodes`. */
  readonly files: number
  readonly filesFree: number
  /** Bytes of the longest name. */
  readonly nameMax: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ReadStreamOptions {
  /** Bytes to leave out at the beginning. Default 0. */
  readonly offset?: number | undefined
  /** Bytes to read at most. Default: to the end. */
  readonly length?: number | undefined
  /**
   * Bytes of each piece but the last, from 1 to 16 MiB; another number is `EINVAL` with the limit `chunkSize`. Without it,
   * pieces come as they are received, of at most 64 KiB.
   */
  readonly chunkSize?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface WatchOptions {
  /** Also what is deeper than the entries of the directory. Default `false`. */
  readonly recursive?: boolean | undefined
  /** The cursor of the last event that is known: the watch goes on after it. Default: from now on. */
  readonly since?: number | undefined
}

/**
 * What a watch tells. `ready` comes first: whatever changes from then on is told. A cursor is the number of an event in
 * its VM; they only grow.
 *
 * @since 0.1.0
 * @category models
 */
export type WatchEvent =
  | { readonly _tag: "ready"; readonly cursor: number }
  | {
    readonly _tag: "created" | "modified" | "removed"
    readonly cursor: number
    /** As it was then. */
    readonly path: string
    readonly ino: number
  }
  | {
    readonly _tag: "moved"
    readonly cursor: number
    readonly path: string
    readonly from: string
    readonly ino: number
  }

/**
 * @since 0.1.0
 * @category models
 */
export interface FilesystemShape {
  /** The whole content of a file. `EFBIG` above the limit `readBytes` (64 MiB). */
  readonly readFile: (path: string) => Effect.Effect<Uint8Array, FilesystemError>
  /** The content as UTF-8 text; invalid sequences become U+FFFD. */
  readonly readFileString: (path: string) => Effect.Effect<string, FilesystemError>
  /** Creates or replaces a file. Its directory must exist (`ENOENT`). */
  readonly writeFile: (path: string, content: string | Uint8Array) => Effect.Effect<void, FilesystemError>
  /** Writes in order, making directories as needed, in one round trip. Never fails: see each result. */
  readonly writeFiles: (entries: Iterable<BatchWriteEntry>) => Effect.Effect<Array<BatchWriteResult>>
  /** Reads in order, in one round trip. Never fails: see each result. */
  readonly readFiles: (paths: Iterable<string>) => Effect.Effect<Array<BatchReadResult>>
  /** One level, `EEXIST` when it exists; with `recursive` all missing levels, and existing ones are fine. */
  readonly mkdir: (path: string, options?: { readonly recursive?: boolean }) => Effect.Effect<void, FilesystemError>
  /** Names, sorted, without `.` and `..`. `ENOMEM` above the limit `readdirEntries`. */
  readonly readdir: (path: string) => Effect.Effect<Array<string>, FilesystemError>
  /**
   * All entries below a directory, breadth first, each directory's sorted. `maxDepth` 0 lists the direct children only;
   * names in `exclude` are left out at any depth, with what is below them. Links are reported and not followed.
   */
  readonly readdirRecursive: (
    path: string,
    options?: { readonly maxDepth?: number; readonly exclude?: ReadonlyArray<string> }
  ) => Effect.Effect<Array<DirEntry>, FilesystemError>
  /**
   * What `readdirRecursive` lists, as it is found, in one request and at the reader's pace: neither side holds more than a
   * window of entries and the directories that are still to be listed. What changes meanwhile may be in it or not.
   */
  readonly walk: (
    path: string,
    options?: { readonly maxDepth?: number; readonly exclude?: ReadonlyArray<string> }
  ) => Stream.Stream<DirEntry, FilesystemError>
  /**
   * The absolute paths that match a pattern, sorted: `*`, `?`, `[a-z]`, `[!a]`, `{a,b}`, `**` for any number of names,
   * a backslash before what is meant as it stands, a slash at the end for directories only. A pattern that does not
   * begin with a slash starts at `cwd` (default `/`). Names with a dot at their beginning match only a pattern that has
   * it too, or with `dot`. Links are reported and not followed. `ENOMEM` above the limit `readdirEntries`.
   */
  readonly glob: (
    pattern: string,
    options?: { readonly cwd?: string; readonly dot?: boolean }
  ) => Effect.Effect<Array<string>, FilesystemError>
  /** Follows links. */
  readonly stat: (path: string) => Effect.Effect<VirtualStat, FilesystemError>
  /** Of a link itself. */
  readonly lstat: (path: string) => Effect.Effect<VirtualStat, FilesystemError>
  /** What a link says. `EINVAL` when the path is no link. */
  readonly readlink: (path: string) => Effect.Effect<string, FilesystemError>
  /** The path with every link resolved. */
  readonly realpath: (path: string) => Effect.Effect<string, FilesystemError>
  /** Makes a link at `path` that says `target`, whatever is there. */
  readonly symlink: (target: string, path: string) => Effect.Effect<void, FilesystemError>
  /** Gives a file another name. */
  readonly link: (existing: string, path: string) => Effect.Effect<void, FilesystemError>
  /** Permission bits, as in `0o644`. */
  readonly chmod: (path: string, mode: number) => Effect.Effect<void, FilesystemError>
  readonly chown: (path: string, uid: number, gid: number) => Effect.Effect<void, FilesystemError>
  /** Times in milliseconds since 1970; fractions count. */
  readonly utimes: (path: string, atimeMs: number, mtimeMs: number) => Effect.Effect<void, FilesystemError>
  /**
   * The value of an extended attribute, `user.NAME`. Files and directories have them; they go with copies, moves, forks
   * and snapshots. Links are followed. `ENODATA` when there is none of that name, `ENOTSUP` for other namespaces.
   */
  readonly getXattr: (path: string, name: string) => Effect.Effect<Uint8Array, FilesystemError>
  /**
   * Sets an extended attribute. A name has at most 255 bytes (`ERANGE`), a value 64 KiB (`E2BIG`), all names of a file
   * together 64 KiB (`ENOSPC`); names and values count as bytes of the filesystem.
   */
  readonly setXattr: (
    path: string,
    name: string,
    value: string | Uint8Array,
    options?: SetXattrOptions
  ) => Effect.Effect<void, FilesystemError>
  /** The names of all extended attributes, sorted. */
  readonly listXattrs: (path: string) => Effect.Effect<Array<string>, FilesystemError>
  /** `ENODATA` when there is none of that name. */
  readonly removeXattr: (path: string, name: string) => Effect.Effect<void, FilesystemError>
  /**
   * Holds the lock of a file or directory as long as the Scope is open: what flock(1) does. A file that is missing is
   * created. See `FileHandle.lock`.
   */
  readonly lock: (
    path: string,
    options?: LockOptions & { readonly kind?: LockKind | undefined }
  ) => Effect.Effect<void, FilesystemError, Scope.Scope>
  /** Cuts a file, or extends it by a hole. */
  readonly truncate: (path: string, size?: number) => Effect.Effect<void, FilesystemError>
  /** Fails with `EACCES` unless the host could do all that the letters ask: `r`, `w`, `x`. */
  readonly access: (path: string, mode?: string) => Effect.Effect<void, FilesystemError>
  /** Copies a file, or with `recursive` a tree: links stay links; modes and times are kept. */
  readonly copy: (
    from: string,
    to: string,
    options?: { readonly recursive?: boolean }
  ) => Effect.Effect<void, FilesystemError>
  /** At most `length` bytes at an offset; fewer at the end of the file. */
  readonly pread: (path: string, offset: number, length: number) => Effect.Effect<Uint8Array, FilesystemError>
  /** Writes bytes at an offset of an existing file; gives their number. */
  readonly pwrite: (path: string, offset: number, bytes: Uint8Array) => Effect.Effect<number, FilesystemError>
  /** An open file, for as long as the Scope is open. */
  readonly open: (path: string, options?: OpenOptions) => Effect.Effect<FileHandle, FilesystemError, Scope.Scope>
  /** The content of a file of any size, or a range of it, as it is read. */
  readonly readStream: (path: string, options?: ReadStreamOptions) => Stream.Stream<Uint8Array, FilesystemError>
  /** Replaces a file by what it is fed, of any size; the file changes at the end, all at once. */
  readonly writeStream: (path: string) => Sink.Sink<void, Uint8Array, never, FilesystemError>
  /** `false` where the path cannot be reached; a path that breaks the guards still fails. */
  readonly exists: (path: string) => Effect.Effect<boolean, FilesystemError>
  /** A rename; what goes to another mount is copied and then removed, without options (`EXDEV` with one). */
  readonly move: (from: string, to: string, options?: MoveOptions) => Effect.Effect<void, FilesystemError>
  /** How much the filesystem at a path may hold, and what of that is free: the VM's limits as statfs(2) tells them. */
  readonly statfs: (path: string) => Effect.Effect<FilesystemStatistics, FilesystemError>
  /** Removes a file, a link itself, or a directory: an empty one, or with `recursive` all of it. */
  readonly delete: (path: string, options?: { readonly recursive?: boolean }) => Effect.Effect<void, FilesystemError>
  /** The root filesystem in the seeds' portable format, without mounts, devices and `/proc`. Goes back in as a lower. */
  readonly snapshotRootFilesystem: () => Effect.Effect<RootSnapshotExport, FilesystemError>
  /** Mounts a filesystem while the VM runs. Kinds as in the `mounts` configuration. */
  readonly mountFs: (
    path: string,
    mount: MountInput,
    options?: { readonly readOnly?: boolean }
  ) => Effect.Effect<void, FilesystemError | ConfigError | NotYetSupported>
  /**
   * `EINVAL` when nothing is mounted there. `EBUSY` while it is used: something is mounted below it, a file of it is open,
   * here or in a guest, a process works in a directory of it, or a change is being told to its driver. A read that is under
   * way goes on in what the mount covered, or fails; what a driver holds is written before this ends.
   */
  readonly unmountFs: (path: string) => Effect.Effect<void, FilesystemError>
  /**
   * Every change of a file, or of a directory and its entries, in order: created, modified (content, mode, owner, times,
   * mounts), removed, moved. Writes in a row are one event to whoever has not read the first. A reader that falls behind
   * by more than 8,192 events fails with `WatchOverflow`, and so does every watch when the VM is restored.
   */
  readonly watch: (path: string, options?: WatchOptions) => Stream.Stream<WatchEvent, FilesystemError | WatchOverflow>
  /** What is mounted, sorted by path. */
  readonly listMounts: Effect.Effect<ReadonlyArray<MountInfo>, FilesystemError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Filesystem extends Context.Tag("effect-agent-os/Filesystem")<Filesystem, FilesystemShape>() {}
