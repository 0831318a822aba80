/**
 * The filesystem of one VM: every operation on paths, synchronous and atomic. It fails by throwing a `Fault` and then
 * has changed nothing.
 */
import { Fault } from "../fault.ts"
import type { TimeChange } from "./attributes.ts"
import { changeMode, changeOwner, changeTimes } from "./attributes.ts"
import type { ChangeLog } from "./change-log.ts"
import type { Content } from "./content.ts"
import type { CopyOptions } from "./copy.ts"
import { copyPath, copySteps, movePath, moveSteps } from "./copy.ts"
import { makeDirectories, makeDirectory, makeLink, makeSymlink } from "./create.ts"
import { truncateTo } from "./data.ts"
import { O_RDONLY, R_OK, W_OK } from "./flags.ts"
import type { GlobOptions } from "./glob.ts"
import { globSteps } from "./glob.ts"
import type { MountInfo } from "./mount-table.ts"
import type { MountOptions } from "./mounting.ts"
import { mountAt, reattachMounts, unmountAt } from "./mounting.ts"
import { contentAt, openFile, readWhole, type WriteOptions, writeWhole } from "./open.ts"
import type { OpenFile } from "./open-file.ts"
import type { Caller } from "./operation.ts"
import { Operation } from "./operation.ts"
import { permitted } from "./permissions.ts"
import type { DirectoryEntry } from "./readdir.ts"
import { listDirectory } from "./readdir.ts"
import type { RenameOptions } from "./rename.ts"
import { renamePath } from "./rename.ts"
import { resolve, Walk } from "./resolve.ts"
import { appendSteps, readSteps, StagedWrite, writeSteps } from "./staged-write.ts"
import type { FilesystemStat, Stat } from "./stat.ts"
import { statfsOf, statOf } from "./stat.ts"
import type { FilesystemOptions } from "./state.ts"
import { State } from "./state.ts"
import { STEP_BYTES, type Steps } from "./steps.ts"
import type { Snapshot } from "./tree.ts"
import { Tree } from "./tree.ts"
import type { RemoveOptions } from "./unlink.ts"
import { removeDirectory, removePath, removeSteps, unlinkPath } from "./unlink.ts"
import type { SyntheticVolume } from "./volume.ts"

export type { Caller } from "./operation.ts"
export type { Credentials } from "./permissions.ts"
export type { DirectoryEntry } from "./readdir.ts"
export type { FilesystemStat, Stat } from "./stat.ts"
export type { FilesystemLimits, FilesystemOptions } from "./state.ts"

/** Whether the path itself, if it is a symbolic link, is followed. */
export interface FollowOptions {
  readonly follow?: boolean
}

/** What the VM has allocated and holds open. */
export interface Usage {
  readonly bytes: number
  readonly inodes: number
  readonly openFiles: number
}

const absent: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EACCES", "ELOOP"])

export class Filesystem {
  private readonly state: State

  constructor(options: FilesystemOptions) {
    this.state = new State(options)
  }

  private find(op: Operation, follow = true): Walk {
    return resolve(op, this.state.mounts, op.path, follow)
  }

  stat(caller: Caller, path: string): Stat {
    const { inode, mount } = this.find(new Operation(caller, "stat", path))
    return statOf(mount, inode)
  }

  lstat(caller: Caller, path: string): Stat {
    const { inode, mount } = this.find(new Operation(caller, "lstat", path), false)
    return statOf(mount, inode)
  }

  /** False where nothing is found or the caller may not look; other faults are thrown. */
  exists(caller: Caller, path: string): boolean {
    try {
      this.find(new Operation(caller, "access", path))
      return true
    } catch (error) {
      if (error instanceof Fault && absent.has(error.errno)) return false
      throw error
    }
  }

  /** Faults unless the caller has all rights of `mask` (F_OK, R_OK, W_OK, X_OK). */
  access(caller: Caller, path: string, mask: number): void {
    const op = new Operation(caller, "access", path)
    const { inode, mount } = this.find(op)
    if ((mask & W_OK) !== 0 && mount.readOnly && !inode.isDevice) throw op.fault("EROFS")
    if (!permitted(inode, caller.credentials, mask)) throw op.fault("EACCES")
  }

  realpath(caller: Caller, path: string): string {
    return new Walk(new Operation(caller, "realpath", path), this.state.mounts, path, true).toEnd(true).path
  }

  readlink(caller: Caller, path: string): string {
    const op = new Operation(caller, "readlink", path)
    const { inode } = this.find(op, false)
    if (inode.target === undefined) throw op.fault("EINVAL")
    return inode.target
  }

  statfs(caller: Caller, path: string): FilesystemStat {
    return statfsOf(this.state, this.find(new Operation(caller, "statfs", path)).mount)
  }

  open(caller: Caller, path: string, flags: number = O_RDONLY, mode = 0o666): OpenFile {
    return openFile(new Operation(caller, "open", path), this.state, flags, mode)
  }

  /** The whole content of a file. More than `max` bytes (by default 64 MiB) are EFBIG. */
  readFile(caller: Caller, path: string, options?: { readonly max?: number }): Uint8Array {
    return readWhole(new Operation(caller, "open", path), this.state, options?.max)
  }

  /** Makes a copy of `data` the content of a file, or appends it. */
  writeFile(caller: Caller, path: string, data: Uint8Array, options?: WriteOptions): void {
    writeWhole(new Operation(caller, "open", path), this.state, data, options)
  }

  /** `readFile` in as many steps as the size needs. */
  *readSteps(caller: Caller, path: string): Steps<Uint8Array> {
    const op = new Operation(caller, "open", path)
    const { content } = this.find(op).inode
    if (content === undefined || content.size <= STEP_BYTES) return this.readFile(caller, path)
    return yield* readSteps(op, this.state)
  }

  /** `writeFile` in as many steps as the size needs. */
  *writeSteps(caller: Caller, path: string, data: Uint8Array, options: WriteOptions = {}): Steps {
    if (data.length <= STEP_BYTES || options.exclusive === true) return this.writeFile(caller, path, data, options)
    const op = new Operation(caller, "open", path)
    yield* (options.append === true ? appendSteps : writeSteps)(op, this.state, data, options.mode)
  }

  /** A write of a whole file, piece by piece, that takes effect at its end. */
  stage(caller: Caller, path: string): StagedWrite {
    return new StagedWrite(new Operation(caller, "open", path), this.state)
  }

  mkdir(caller: Caller, path: string, mode = 0o777): void {
    makeDirectory(new Operation(caller, "mkdir", path), this.state, mode)
  }

  /** Makes a directory and whatever is missing above it; a directory that exists is fine. */
  mkdirp(caller: Caller, path: string, mode = 0o777): void {
    makeDirectories(new Operation(caller, "mkdir", path), this.state, mode)
  }

  rmdir(caller: Caller, path: string): void {
    removeDirectory(new Operation(caller, "rmdir", path), this.state)
  }

  unlink(caller: Caller, path: string): void {
    unlinkPath(new Operation(caller, "unlink", path), this.state)
  }

  remove(caller: Caller, path: string, options: RemoveOptions = {}): void {
    removePath(new Operation(caller, "rm", path), this.state, options)
  }

  /** The same in steps, between which others may change the tree: as with rm(1), what they add to it stays. */
  removeSteps(caller: Caller, path: string, options: RemoveOptions = {}): Steps {
    return removeSteps(new Operation(caller, "rm", path), this.state, options)
  }

  /** The entries of a directory by name, without "." and "..". */
  readdir(caller: Caller, path: string): Array<DirectoryEntry> {
    const op = new Operation(caller, "scandir", path)
    const { inode, mount } = this.find(op)
    if (!inode.isDirectory) throw op.fault("ENOTDIR")
    if (!permitted(inode, caller.credentials, R_OK)) throw op.fault("EACCES")
    return listDirectory(op, this.state, mount, inode)
  }

  /** The paths that match a pattern. */
  glob(caller: Caller, pattern: string, options: GlobOptions): Steps<Array<string>> {
    return globSteps(new Operation(caller, "glob", pattern), this.state, options)
  }

  rename(caller: Caller, from: string, to: string, options: RenameOptions = {}): void {
    renamePath(new Operation(caller, "rename", from, to), this.state, from, to, options)
  }

  link(caller: Caller, existing: string, path: string): void {
    makeLink(new Operation(caller, "link", existing, path), this.state, existing, path)
  }

  symlink(caller: Caller, target: string, path: string): void {
    makeSymlink(new Operation(caller, "symlink", target, path), this.state, target, path)
  }

  chmod(caller: Caller, path: string, mode: number): void {
    const op = new Operation(caller, "chmod", path)
    const { inode, mount } = this.find(op)
    changeMode(op, this.state, mount, inode, mode)
  }

  /** An id of -1 stays as it is. */
  chown(caller: Caller, path: string, uid: number, gid: number, options?: FollowOptions): void {
    const op = new Operation(caller, "chown", path)
    const { inode, mount } = this.find(op, options?.follow)
    changeOwner(op, this.state, mount, inode, uid, gid)
  }

  utimes(caller: Caller, path: string, atime: TimeChange, mtime: TimeChange, options?: FollowOptions): void {
    const op = new Operation(caller, "utime", path)
    const { inode, mount } = this.find(op, options?.follow)
    changeTimes(op, this.state, mount, inode, atime, mtime)
  }

  truncate(caller: Caller, path: string, size: number): void {
    const op = new Operation(caller, "truncate", path)
    if (!(size >= 0)) throw op.fault("EINVAL")
    const { inode, mount } = this.find(op)
    if (inode.isDirectory) throw op.fault("EISDIR")
    if (!inode.isFile) throw op.fault("EINVAL")
    const tree = this.state.writable(op, mount)
    if (!permitted(inode, caller.credentials, W_OK)) throw op.fault("EACCES")
    truncateTo(op, this.state, tree, inode.ino, size)
  }

  copy(caller: Caller, from: string, to: string, options: CopyOptions = {}): void {
    copyPath(new Operation(caller, "cp", from, to), this.state, from, to, options)
  }

  /** The same in steps. What is copied is the original as it was at the first of them. */
  copySteps(caller: Caller, from: string, to: string, options: CopyOptions = {}): Steps {
    return copySteps(new Operation(caller, "cp", from, to), this.state, from, to, options)
  }

  move(caller: Caller, from: string, to: string): void {
    movePath(new Operation(caller, "rename", from, to), this.state, from, to)
  }

  /** The same in steps; within a mount, in one. */
  moveSteps(caller: Caller, from: string, to: string): Steps {
    return moveSteps(new Operation(caller, "rename", from, to), this.state, from, to)
  }

  /** The content of a file as it is now, which stays so. */
  content(caller: Caller, path: string): Content {
    return contentAt(new Operation(caller, "open", path), this.state)
  }

  /** Grafts a tree onto a directory, which is made if it is missing. */
  mount(path: string, root: Snapshot, options: MountOptions = {}): void {
    mountAt(this.state, path, new Tree(root), options)
  }

  /** Grafts a generated, read-only filesystem onto a directory. */
  mountSynthetic(path: string, volume: SyntheticVolume, options: MountOptions = {}): void {
    mountAt(this.state, path, volume, { ...options, readOnly: true })
  }

  unmount(path: string): void {
    unmountAt(this.state, path)
  }

  mounts(): Array<MountInfo> {
    return this.state.mounts.list.map(({ path, readOnly, source, type }) => ({ path, type, source, readOnly }))
  }

  /** The root tree as it is now, in constant time. */
  snapshot(): Snapshot {
    return this.state.mounts.root.tree!.snapshot()
  }

  snapshotMount(path: string): Snapshot {
    const tree = this.state.mounts.find(path)?.tree
    if (tree === undefined) throw new Fault("EINVAL", "snapshot", path)
    return tree.snapshot()
  }

  /** Makes the root tree what the snapshot holds. Files that were open in it are closed; mounts stay. */
  restore(snapshot: Snapshot): void {
    this.state.mounts.root.tree!.restore(snapshot)
    reattachMounts(this.state)
  }

  /** What has changed since the first watch, which this is if there was none. */
  watch(caller: Caller, path: string): { readonly log: ChangeLog; readonly path: string } {
    const { log, mounts } = this.state
    const real = new Walk(new Operation(caller, "watch", path), mounts, path, true).toEnd(true).path
    log.arm()
    return { log, path: real }
  }

  /** Ends what hangs on the filesystem. */
  close(): void {
    this.state.log.close()
  }

  usage(): Usage {
    return { bytes: this.state.bytes(), inodes: this.state.inodes(), openFiles: this.state.openFiles }
  }
}
