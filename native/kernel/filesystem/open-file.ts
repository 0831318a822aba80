/**
 * An open file description: a position, access rights and a hold on an inode, which lives until it is closed even when
 * all its names are gone.
 */
import type { TimeChange } from "./attributes.ts"
import { changeMode, changeOwner, changeTimes } from "./attributes.ts"
import { truncateTo, writeAt } from "./data.ts"
import { readDevice, writeDevice } from "./devices.ts"
import { O_ACCMODE, O_APPEND, O_RDONLY, O_WRONLY, READ_MAX } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { type LockKind, type LockOutcome, lockWaitersLimit } from "./lock-table.ts"
import type { Mount } from "./mount-table.ts"
import type { Caller } from "./operation.ts"
import { Operation } from "./operation.ts"
import type { DirectoryEntry } from "./readdir.ts"
import { listDirectory } from "./readdir.ts"
import type { Stat } from "./stat.ts"
import { statOf } from "./stat.ts"
import type { State } from "./state.ts"
import { isTree } from "./volume.ts"

/** Most bytes of a foreign file that one read gives. */
const FOREIGN_READ_MAX = 512 * 1024

export class OpenFile {
  private offset = 0
  /** Descriptors of this description. */
  private references = 1
  private readonly generation: number
  /** The content of a generated file, as it was when first read. */
  private generated: Uint8Array | undefined

  /** Made by `open` only, which has checked access and counted the description. */
  constructor(
    private readonly state: State,
    private readonly caller: Caller,
    private readonly mount: Mount,
    private readonly ino: number,
    /** The path that was opened. */
    readonly path: string,
    readonly flags: number
  ) {
    this.generation = mount.tree?.generation ?? 0
    mount.tree?.hold(ino)
    state.openFiles++
  }

  get position(): number {
    return this.offset
  }

  private operation(syscall: string): Operation {
    const op = new Operation(this.caller, syscall, this.path)
    // A restore of the tree ends what was open in it.
    if (this.references === 0 || (this.mount.tree?.generation ?? 0) !== this.generation) throw op.fault("EBADF")
    return op
  }

  private inode(op: Operation): Inode {
    const inode = this.mount.volume.inode(this.ino, this.caller.pid)
    // A generated node goes away with what it describes.
    if (inode === undefined) throw op.fault("ESRCH")
    return inode
  }

  private load(op: Operation, inode: Inode, offset: number, length: number): Uint8Array {
    if ((this.flags & O_ACCMODE) === O_WRONLY) throw op.fault("EBADF")
    if (inode.isDirectory) throw op.fault("EISDIR")
    if (!(offset >= 0) || !(length >= 0)) throw op.fault("EINVAL")
    if (inode.isDevice) return readDevice(this.state, inode.rdev, length)
    // what comes from elsewhere comes in small parts
    const wanted = Math.min(length, inode.content?.pages === undefined ? READ_MAX : FOREIGN_READ_MAX)
    if (inode.content !== undefined) return inode.content.read(offset, wanted)
    const { volume } = this.mount
    if (isTree(volume)) throw op.fault("EINVAL")
    this.generated ??= volume.read(inode, this.caller.pid)
    return this.generated.slice(offset, offset + wanted)
  }

  /** Reads from the position on; empty at the end. At most 64 MiB at once. */
  read(length: number): Uint8Array {
    const op = this.operation("read")
    const data = this.load(op, this.inode(op), this.offset, length)
    this.offset += data.length
    return data
  }

  pread(offset: number, length: number): Uint8Array {
    const op = this.operation("read")
    return this.load(op, this.inode(op), offset, length)
  }

  private store(op: Operation, offset: number | undefined, data: Uint8Array): number {
    const inode = this.inode(op)
    if ((this.flags & O_ACCMODE) === O_RDONLY) throw op.fault("EBADF")
    if (inode.isDevice) return this.offset + writeDevice(op, inode.rdev, data.length)
    const tree = this.state.writable(op, this.mount)
    // Writing nothing moves nothing, not even an appending position.
    if (data.length === 0) return this.offset
    const at = (this.flags & O_APPEND) !== 0 ? inode.content!.size : offset ?? this.offset
    writeAt(op, this.state, tree, this.ino, at, data)
    return at + data.length
  }

  /** Writes all of `data` at the position, or at the end for an appending description. */
  write(data: Uint8Array): number {
    this.offset = this.store(this.operation("write"), undefined, data)
    return data.length
  }

  /** Writes all of `data` at `offset`; an appending description writes at the end regardless, as on Linux. */
  pwrite(offset: number, data: Uint8Array): number {
    this.store(this.operation("write"), offset, data)
    return data.length
  }

  seek(offset: number, whence: "start" | "current" | "end" = "start"): number {
    const op = this.operation("lseek")
    const inode = this.inode(op)
    const base = whence === "start" ? 0 : whence === "current" ? this.offset : inode.content?.size ?? 0
    const position = base + offset
    if (!Number.isSafeInteger(position) || position < 0) throw op.fault("EINVAL")
    return (this.offset = position)
  }

  truncate(size: number): void {
    const op = this.operation("ftruncate")
    const inode = this.inode(op)
    if ((this.flags & O_ACCMODE) === O_RDONLY || inode.content === undefined) throw op.fault("EINVAL")
    truncateTo(op, this.state, this.state.writable(op, this.mount), this.ino, size)
  }

  stat(): Stat {
    return statOf(this.mount, this.inode(this.operation("fstat")))
  }

  chmod(mode: number): void {
    const op = this.operation("fchmod")
    changeMode(op, this.state, this.mount, this.inode(op), mode)
  }

  chown(uid: number, gid: number): void {
    const op = this.operation("fchown")
    changeOwner(op, this.state, this.mount, this.inode(op), uid, gid)
  }

  utimes(atime: TimeChange, mtime: TimeChange): void {
    const op = this.operation("futime")
    changeTimes(op, this.state, this.mount, this.inode(op), atime, mtime)
  }

  readdir(): Array<DirectoryEntry> {
    const op = this.operation("scandir")
    const inode = this.inode(op)
    if (!inode.isDirectory) throw op.fault("ENOTDIR")
    return listDirectory(op, this.state, this.mount, inode)
  }

  /** Only what is mounted may have something to write back; what fsync(2) refuses is refused. */
  sync(): void {
    const op = this.operation("fsync")
    const inode = this.inode(op)
    if (inode.isDevice) throw op.fault("EINVAL")
    if (inode.nlink > 0) this.mount.tree?.journal?.sync(this.ino)
  }

  /** What locks of the inode belong to: generated filesystems have no tree of their own. */
  private get lockDomain(): object {
    return this.mount.volume
  }

  /** Takes the lock of the inode, as flock(2) with LOCK_NB does: EAGAIN when somebody else's stands against it. */
  lock(kind: LockKind): void {
    const op = this.operation("flock")
    if (!this.state.locks.take(this.lockDomain, this.ino, this, kind)) throw op.fault("EAGAIN")
  }

  /**
   * The same, waiting for it if need be: then `settle` is called later, once, unless the result was called before, which
   * withdraws the request. Nothing is returned when the lock has been taken already, and `settle` is not called.
   */
  lockLater(kind: LockKind, settle: (outcome: LockOutcome) => void): (() => void) | undefined {
    const op = this.operation("flock")
    const { locks } = this.state
    if (locks.take(this.lockDomain, this.ino, this, kind)) return undefined
    if (locks.full) throw op.fault("ENOLCK", lockWaitersLimit)
    return locks.wait(this.lockDomain, this.ino, this, kind, settle)
  }

  /** Gives the lock up, if there is one. */
  unlock(): void {
    this.operation("flock")
    this.state.locks.drop(this.lockDomain, this.ino, this)
  }

  /** Another descriptor of this description: it is closed when both are. Counts as an open file. */
  duplicate(): this {
    const op = this.operation("dup")
    this.state.admitOpen(op)
    this.references++
    this.state.openFiles++
    return this
  }

  /** Gives a descriptor up, and with the last one the inode. One too many is a fault, one after a restore is not. */
  close(): void {
    if (this.references === 0) throw new Operation(this.caller, "close", this.path).fault("EBADF")
    this.references--
    this.state.openFiles--
    if (this.references > 0) return
    this.generated = undefined
    this.state.locks.close(this.lockDomain, this.ino, this)
    const { tree } = this.mount
    if (tree !== undefined && tree.generation === this.generation) tree.release(this.ino)
  }
}
