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
import { makeDirectoriesSteps, makeDirectory, makeFifo, makeLink, makeSymlink } from "./create.ts"
import { truncateTo } from "./data.ts"
import { O_RDONLY, R_OK, W_OK } from "./flags.ts"
import { Base } from "./foreign/base.ts"
import type { Calls } from "./foreign/calls.ts"
import { Journal } from "./foreign/journal.ts"
import { perform } from "./foreign/perform.ts"
import type { ForeignStat, Port } from "./foreign/port.ts"
import { Turns } from "./foreign/turns.ts"
import type { GlobOptions } from "./glob.ts"
import { globSteps } from "./glob.ts"
import type { MountInfo } from "./mount-table.ts"
import type { MountOptions } from "./mounting.ts"
import { mountAt, reattachMounts, unmountAt } from "./mounting.ts"
import { openFile, readUpTo, readWhole, type WriteOptions, writeWhole } from "./open.ts"
import type { OpenFile } from "./open-file.ts"
import type { Caller, FollowOptions } from "./operation.ts"
import { Operation } from "./operation.ts"
import { permitted } from "./permissions.ts"
import type { MovePermits, PermitAt, PermitBetween } from "./permit.ts"
import type { DirectoryEntry } from "./readdir.ts"
import { listSteps } from "./readdir.ts"
import type { RenameOptions } from "./rename.ts"
import { renamePath } from "./rename.ts"
import { Walk } from "./resolve.ts"
import { appendSteps, readSteps, StagedWrite, writeSteps } from "./staged-write.ts"
import type { FilesystemStat, Stat } from "./stat.ts"
import { statfsOf, statOf } from "./stat.ts"
import type { FilesystemOptions } from "./state.ts"
import { State } from "./state.ts"
import { finish, type Pause, STEP_BYTES, type Steps, type Work } from "./steps.ts"
import { Snapshot, Tree } from "./tree.ts"
import type { RemoveOptions } from "./unlink.ts"
import { removeDirectory, removePath, removeSteps, unlinkPath } from "./unlink.ts"
import type { SyntheticVolume } from "./volume.ts"
import { XattrOperations } from "./xattr-operations.ts"

export type { Caller } from "./operation.ts"
export type { Credentials } from "./permissions.ts"
export type { DirectoryEntry } from "./readdir.ts"
export type { FilesystemStat, Stat } from "./stat.ts"
export type { FilesystemLimits, FilesystemOptions } from "./state.ts"

/** A foreign filesystem: who serves it, and what its root is. */
export interface ForeignOptions {
  readonly port: Port
  readonly live: boolean
  readonly root: ForeignStat
  /** Who owns all of it; without, whoever the outside says. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
}

/** What the VM has allocated and holds open. */
export interface Usage {
  readonly bytes: number
  readonly inodes: number
  readonly openFiles: number
}

const absent: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EACCES", "ELOOP"])

const seen = (found: Stat | Fault): Stat => {
  if (found instanceof Fault) throw found
  return found
}

export class Filesystem extends XattrOperations {
  constructor(options: FilesystemOptions) {
    super(new State(options))
  }

  stat(caller: Caller, path: string): Stat {
    return seen(this.look(caller, path, true))
  }

  lstat(caller: Caller, path: string): Stat {
    return seen(this.look(caller, path, false))
  }

  /** As `stat`, or `lstat`; but a path that leads nowhere gives its fault: much that shells look for is not there. */
  look(caller: Caller, path: string, follow: boolean): Stat | Fault {
    const op = new Operation(caller, follow ? "stat" : "lstat", path)
    const walk = new Walk(op, this.state.mounts, path)
    const errno = walk.reach(follow)
    return errno === undefined ? statOf(walk.mount, walk.inode) : op.fault(errno)
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

  /** The bytes of a file, or its content, where it has more of them than `atOnce`: to be read in steps. */
  readUpTo(caller: Caller, path: string, max: number, atOnce: number): Uint8Array | Content {
    return readUpTo(new Operation(caller, "open", path), this.state, max, atOnce)
  }

  /** Makes a copy of `data` the content of a file, or appends it. */
  writeFile(caller: Caller, path: string, data: Uint8Array, options?: WriteOptions): void {
    const refused = this.put(caller, path, data, options)
    if (refused !== undefined) throw refused
  }

  /** The same, but what a policy refuses gives its fault; others are thrown. */
  put(caller: Caller, path: string, data: Uint8Array, options?: WriteOptions): Fault | undefined {
    writeWhole(new Operation(caller, "open", path), this.state, data, options)
    return undefined
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
    finish(this.mkdirpSteps(caller, path, mode))
  }

  /** The same in as many steps as the depth needs. */
  mkdirpSteps(caller: Caller, path: string, mode = 0o777): Steps {
    return makeDirectoriesSteps(new Operation(caller, "mkdir", path), this.state, mode)
  }

  mkfifo(caller: Caller, path: string, mode = 0o666): void {
    makeFifo(new Operation(caller, "mkfifo", path), this.state, mode)
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
  removeSteps(caller: Caller, path: string, options: RemoveOptions = {}, permit?: PermitAt): Steps {
    return removeSteps(new Operation(caller, "rm", path), this.state, options, permit)
  }

  /** The entries of a directory by name, without "." and "..". */
  readdir(caller: Caller, path: string): Array<DirectoryEntry> {
    return finish(this.readdirSteps(caller, path))
  }

  /** The same, as they are at the first of as many steps as there are entries for. */
  readdirSteps(caller: Caller, path: string): Steps<Array<DirectoryEntry>> {
    const op = new Operation(caller, "scandir", path)
    const { inode, mount } = this.find(op)
    if (!inode.isDirectory) throw op.fault("ENOTDIR")
    if (!permitted(inode, caller.credentials, R_OK)) throw op.fault("EACCES")
    return listSteps(op, this.state, mount, inode)
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
  copySteps(caller: Caller, from: string, to: string, options: CopyOptions = {}, permit?: PermitBetween): Steps {
    return copySteps(new Operation(caller, "cp", from, to), this.state, from, to, options, permit)
  }

  move(caller: Caller, from: string, to: string): void {
    movePath(new Operation(caller, "rename", from, to), this.state, from, to)
  }

  /** The same in steps; within a mount, in one. */
  moveSteps(caller: Caller, from: string, to: string, permits?: MovePermits): Steps {
    return moveSteps(new Operation(caller, "rename", from, to), this.state, from, to, permits)
  }

  /** Grafts a tree onto a directory, which is made if it is missing. */
  mount(path: string, root: Snapshot, options: MountOptions = {}): void {
    mountAt(this.state, path, new Tree(root), options)
  }

  /**
   * Grafts a foreign filesystem onto a directory: live, what is looked at and changed is the outside as it is; else as an
   * overlay, which keeps what it has looked at, and whose changes stay here.
   */
  mountForeign(path: string, foreign: ForeignOptions, options: MountOptions = {}): void {
    const { limits } = this.state
    const { live, owner, port, root } = foreign
    const base = new Base({ port, live, root, owner, path, epochs: this.state.epochs, limits })
    const journal = live && options.readOnly !== true ? new Journal(owner === undefined) : undefined
    const tree = new Tree(Snapshot.over(base), journal)
    const mount = mountAt(this.state, path, tree, options)
    if (journal !== undefined) this.state.writables.set(mount, { tree, port, turns: new Turns() })
  }

  /** How a live foreign filesystem was mounted. */
  liveMount(path: string): ForeignOptions | undefined {
    const mount = this.state.mounts.find(path)
    return mount?.base?.live === true ? mount.base.foreign : undefined
  }

  /** The calls to the outside that are under way. */
  get calls(): Calls {
    return this.state.calls
  }

  /** Whether operations must be performed in steps, as they may need something of a foreign filesystem. */
  get foreign(): boolean {
    return this.state.foreign > 0
  }

  /**
   * Performs an operation that may need something of a foreign filesystem. `again`: whether `start` can be called anew
   * when something is missing.
   */
  perform<A, P = never>(start: () => Work<A, P>, again = true): Generator<P | Pause, A, void> {
    const { calls, epochs, mounts, writables } = this.state
    if (this.performing === 0) {
      for (const { base, children, tree } of mounts.list) {
        base?.sweep((ino) => tree!.isHeld(ino) || children?.has(ino) === true)
      }
    }
    return this.counted(perform({ calls, epochs, writables: () => Array.from(writables.values()) }, start, again))
  }

  private performing = 0

  private *counted<A, P>(work: Generator<P | Pause, A, void>): Generator<P | Pause, A, void> {
    this.performing++
    try {
      return yield* work
    } finally {
      this.performing--
    }
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
    return this.mountedTree(path).snapshot()
  }

  private mountedTree(path: string): Tree {
    const tree = this.state.mounts.find(path)?.tree
    // what is live is not ours to keep
    if (tree === undefined || tree.base?.live === true) throw new Fault("EINVAL", "snapshot", path)
    return tree
  }

  /** The tree mounted at a path as it is now, in constant time; what it holds stays charged until it is forgotten. */
  keep(path: string): Snapshot {
    const tree = this.mountedTree(path)
    this.state.ledgers.add(tree.account.ledger)
    return tree.keep()
  }

  forget({ account, kept }: Snapshot): void {
    const { ledgers } = this.state
    if (kept === undefined || !ledgers.has(account.ledger)) return
    account.ledger.forget(kept)
    if (account.ledger.empty) ledgers.delete(account.ledger)
  }

  /** Makes the root tree what the snapshot holds. Files that were open in it are closed; mounts stay. */
  restore(snapshot: Snapshot): void {
    const tree = this.state.mounts.root.tree!
    tree.restore(snapshot)
    this.state.locks.forget(tree)
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
    this.state.locks.release()
    this.state.calls.close()
  }

  usage(): Usage {
    return { bytes: this.state.bytes(), inodes: this.state.inodes(), openFiles: this.state.openFiles }
  }
}
