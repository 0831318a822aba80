/**
 * The filesystem under a permission policy: every operation first resolves its paths, then asks, then is done. In an
 * operation of several steps the first of its paths is asked about again before each step.
 */
import type { Policy } from "../../../src/policy/Policy.ts"
import { Fault } from "../fault.ts"
import type { DecisionLog } from "../policy/decision-log.ts"
import type { TimeChange } from "./attributes.ts"
import type { Content } from "./content.ts"
import type { CopyOptions } from "./copy.ts"
import { Filesystem } from "./filesystem.ts"
import { O_ACCMODE, O_CREAT, O_NOFOLLOW, O_RDONLY, O_TRUNC, O_WRONLY, R_OK, W_OK } from "./flags.ts"
import type { GlobOptions } from "./glob.ts"
import { type FsOperation, Guard, join, type Place } from "./guard.ts"
import type { WriteOptions } from "./open.ts"
import type { OpenFile } from "./open-file.ts"
import type { Caller, FollowOptions } from "./operation.ts"
import { Operation } from "./operation.ts"
import type { PermitAt, PermitBetween } from "./permit.ts"
import type { DirectoryEntry } from "./readdir.ts"
import type { RenameOptions } from "./rename.ts"
import type { StagedWrite } from "./staged-write.ts"
import type { Stat } from "./stat.ts"
import type { FilesystemStat } from "./stat.ts"
import type { FilesystemOptions } from "./state.ts"
import { isFault, type Pause, type Steps, type Work } from "./steps.ts"
import type { RemoveOptions } from "./unlink.ts"
import type { SetXattrOptions } from "./xattr.ts"

export class GuardedFilesystem extends Filesystem {
  private guard: Guard | undefined

  constructor(options: FilesystemOptions, private readonly decisions: DecisionLog) {
    super(options)
  }

  /** Puts a policy in place, at once for everything that begins after it. Nobody is asked where all is open and unheard. */
  enforce(policy: Policy): void {
    const { decisions } = this
    this.guard = policy.isOpen("fs") && !decisions.all ? undefined : new Guard(policy, this.state.mounts, decisions)
  }

  override perform<A, P = never>(start: () => Work<A, P>, again?: boolean): Generator<P | Pause, A, void> {
    return super.perform(this.decisions.once(start), again)
  }

  /** Whether an entry may be seen by whoever lists what is around it. Paths are those of the VM, without links. */
  shows(path: string): boolean {
    return this.guard === undefined || this.guard.allows("stat", path)
  }

  /** Whether the content of a path may be seen. */
  reveals(path: string): boolean {
    return this.guard === undefined || (this.guard.allows("stat", path) && this.guard.allows("read", path))
  }

  /** Faults unless something may be mounted on, or unmounted from, a directory. */
  mayMount(caller: Caller, path: string): void {
    const op = new Operation(caller, "mount", path)
    this.guard?.check(op, "mount_sensitive", path)
    this.guard?.checkGuard(op, "mount_sensitive", path)
  }

  /** Asks before the first step, and again before each further one, which is no further decision while it is the same. */
  private *asking<A>(check: () => void, begin: () => Steps<A>): Steps<A> {
    const { decisions } = this
    check()
    const steps = begin()
    for (;;) {
      const result = decisions.within(() => steps.next())
      if (result.done === true) return result.value
      yield result.value
      try {
        decisions.within(check)
      } catch (refused) {
        steps.throw(refused)
        // whatever the operation made of it
        throw refused
      }
    }
  }

  /** Goes on with a file that an operation has been allowed to use. */
  within<A>(run: () => A): A {
    return this.decisions.within(run)
  }

  private asked(op: Operation, operation: FsOperation, follow = true): void {
    const { guard } = this
    if (guard !== undefined) guard.check(op, operation, guard.end(op, op.path, follow).path)
  }

  private askedWriting(op: Operation, operation: FsOperation, follow = true): void {
    const { guard } = this
    if (guard !== undefined) guard.checkWriting(op, operation, guard.end(op, op.path, follow).path)
  }

  private askedTarget(op: Operation): void {
    const refused = this.refusedTarget(op)
    if (refused !== undefined) throw refused
  }

  private refusedTarget(op: Operation): Fault | undefined {
    const place = this.guard?.target(op, op.path)
    return place && this.guard!.checked(op, "write", place.path)
  }

  private askedRemoval(op: Operation): void {
    const place = this.guard?.name(op, op.path)
    if (place === undefined) return
    this.guard!.check(op, "rm", place.path)
    if (place.inode?.isDirectory === true) this.guard!.checkGuard(op, "rm", place.path)
  }

  // --- looking ------------------------------------------------------------------------------------------------------

  override look(caller: Caller, path: string, follow: boolean): Stat | Fault {
    const { guard } = this
    if (guard === undefined) return super.look(caller, path, follow)
    const op = new Operation(caller, follow ? "stat" : "lstat", path)
    const place = guard.seek(op, path, follow)
    if (place instanceof Fault) return place
    return guard.checked(op, "stat", place.path) ?? super.look(caller, path, follow)
  }

  override exists(caller: Caller, path: string): boolean {
    if (!super.exists(caller, path)) return false
    const { guard } = this
    if (guard === undefined) return true
    const op = new Operation(caller, "access", path)
    try {
      return guard.reveals(op, guard.end(op, path).path)
    } catch (thrown) {
      // the way there is refused, whatever is at its end
      if (isFault(thrown, "EACCES")) return false
      throw thrown
    }
  }

  override access(caller: Caller, path: string, mask: number): void {
    const op = new Operation(caller, "access", path)
    this.asked(op, "stat")
    if ((mask & R_OK) !== 0) this.asked(op, "read")
    if ((mask & W_OK) !== 0) this.asked(op, "write")
    super.access(caller, path, mask)
  }

  override realpath(caller: Caller, path: string): string {
    this.asked(new Operation(caller, "realpath", path), "stat")
    return super.realpath(caller, path)
  }

  override readlink(caller: Caller, path: string): string {
    this.asked(new Operation(caller, "readlink", path), "readlink", false)
    return super.readlink(caller, path)
  }

  override statfs(caller: Caller, path: string): FilesystemStat {
    this.asked(new Operation(caller, "statfs", path), "stat")
    return super.statfs(caller, path)
  }

  override readdirSteps(caller: Caller, path: string): Steps<Array<DirectoryEntry>> {
    const { guard } = this
    if (guard === undefined) return super.readdirSteps(caller, path)
    const op = new Operation(caller, "scandir", path)
    const at = guard.end(op, path).path
    guard.check(op, "readdir", at)
    return this.listed(super.readdirSteps(caller, path), at)
  }

  private *listed(entries: Steps<Array<DirectoryEntry>>, at: string): Steps<Array<DirectoryEntry>> {
    return (yield* entries).filter(({ name }) => this.shows(join(at, name)))
  }

  override *glob(caller: Caller, pattern: string, options: GlobOptions): Steps<Array<string>> {
    const found = yield* super.glob(caller, pattern, options)
    const { guard } = this
    if (guard === undefined) return found
    const op = new Operation(caller, "glob", pattern)
    return found.filter((path) => {
      const place = guard.name(op, path.startsWith("/") ? path : join(options.cwd, path))
      if (place === undefined) return true
      const above = place.path.slice(0, Math.max(1, place.path.lastIndexOf("/")))
      return this.shows(place.path) && guard.allows("readdir", above)
    })
  }

  override watch(caller: Caller, path: string): ReturnType<Filesystem["watch"]> {
    const op = new Operation(caller, "watch", path)
    this.asked(op, "stat")
    this.asked(op, "readdir")
    return super.watch(caller, path)
  }

  // --- content ------------------------------------------------------------------------------------------------------

  override open(caller: Caller, path: string, flags: number = O_RDONLY, mode = 0o666): OpenFile {
    const { guard } = this
    if (guard !== undefined) {
      const op = new Operation(caller, "open", path)
      const access = flags & O_ACCMODE
      const creates = (flags & O_CREAT) !== 0
      const place = creates && (flags & O_NOFOLLOW) === 0
        ? guard.target(op, path)
        : creates
        ? guard.name(op, path)
        : guard.end(op, path, (flags & O_NOFOLLOW) === 0)
      if (place !== undefined) {
        if (access !== O_WRONLY) guard.check(op, "read", place.path)
        if (access !== O_RDONLY || (creates && place.inode === undefined)) guard.check(op, "write", place.path)
        if ((flags & O_TRUNC) !== 0) guard.checkWriting(op, "truncate", place.path)
      }
    }
    return super.open(caller, path, flags, mode)
  }

  override readFile(caller: Caller, path: string, options?: { readonly max?: number }): Uint8Array {
    this.asked(new Operation(caller, "open", path), "read")
    return super.readFile(caller, path, options)
  }

  override readUpTo(caller: Caller, path: string, max: number, atOnce: number): Uint8Array | Content {
    this.asked(new Operation(caller, "open", path), "read")
    return super.readUpTo(caller, path, max, atOnce)
  }

  override readSteps(caller: Caller, path: string): Steps<Uint8Array> {
    const op = new Operation(caller, "open", path)
    return this.asking(() => this.asked(op, "read"), () => super.readSteps(caller, path))
  }

  override put(caller: Caller, path: string, data: Uint8Array, options?: WriteOptions): Fault | undefined {
    return this.refusedTarget(new Operation(caller, "open", path)) ?? super.put(caller, path, data, options)
  }

  override writeSteps(caller: Caller, path: string, data: Uint8Array, options: WriteOptions = {}): Steps {
    const op = new Operation(caller, "open", path)
    return this.asking(() => this.askedTarget(op), () => super.writeSteps(caller, path, data, options))
  }

  override stage(caller: Caller, path: string): StagedWrite {
    const op = new Operation(caller, "open", path)
    this.askedTarget(op)
    const staged = super.stage(caller, path)
    const { guard } = this
    if (guard === undefined) return staged
    const commit = staged.commit.bind(staged)
    staged.commit = (...args: Parameters<StagedWrite["commit"]>) => {
      this.within(() => this.askedTarget(op))
      return commit(...args)
    }
    return staged
  }

  override truncate(caller: Caller, path: string, size: number): void {
    this.askedWriting(new Operation(caller, "truncate", path), "truncate")
    super.truncate(caller, path, size)
  }

  // --- names --------------------------------------------------------------------------------------------------------

  private askedNew(op: Operation, path: string, operation: FsOperation): void {
    const place = this.guard?.name(op, path)
    if (place !== undefined) this.guard!.check(op, operation, place.path)
  }

  override mkdir(caller: Caller, path: string, mode?: number): void {
    this.askedNew(new Operation(caller, "mkdir", path), path, "create_dir")
    super.mkdir(caller, path, mode)
  }

  override mkdirpSteps(caller: Caller, path: string, mode?: number): Steps {
    const op = new Operation(caller, "mkdir", path)
    return this.asking(() => {
      for (const missing of this.guard?.missing(op, path) ?? []) this.guard!.check(op, "create_dir", missing)
    }, () => super.mkdirpSteps(caller, path, mode))
  }

  override mkfifo(caller: Caller, path: string, mode?: number): void {
    this.askedNew(new Operation(caller, "mkfifo", path), path, "write")
    super.mkfifo(caller, path, mode)
  }

  override symlink(caller: Caller, target: string, path: string): void {
    const op = new Operation(caller, "symlink", target, path)
    const place = this.guard?.name(op, path)
    if (place !== undefined) {
      this.guard!.checkWriting(op, "symlink", place.path)
      this.guard!.checkGuard(op, "symlink", place.path)
    }
    super.symlink(caller, target, path)
  }

  override link(caller: Caller, existing: string, path: string): void {
    const { guard } = this
    if (guard !== undefined) {
      const op = new Operation(caller, "link", existing, path)
      const from = guard.end(op, existing, false)
      const to = guard.name(op, path)
      guard.check(op, "write", from.path)
      if (to !== undefined) {
        guard.check(op, "write", to.path)
        guard.checkGain(op, from.path, to.path)
        if (from.inode?.isSymlink === true) guard.checkGuard(op, "write", to.path)
      }
    }
    super.link(caller, existing, path)
  }

  private askedRename(op: Operation, from: string, to: string, exchange: boolean): void {
    const { guard } = this
    const source = guard?.name(op, from)
    const target = guard?.name(op, to)
    if (guard === undefined || source === undefined || target === undefined) return
    const oneWay = (a: Place, b: Place) => {
      guard.check(op, "rename", a.path)
      guard.check(op, "write", b.path)
      guard.checkGuard(op, "rename", b.path)
      if (a.inode === undefined) return
      guard.checkGain(op, a.path, b.path)
      if (!a.inode.isDirectory) return
      guard.checkGuard(op, "rename", a.path)
      guard.checkMove(op, a, b.path)
    }
    oneWay(source, target)
    guard.check(op, "rename", target.path)
    if (exchange) oneWay(target, source)
  }

  override rename(caller: Caller, from: string, to: string, options: RenameOptions = {}): void {
    this.askedRename(new Operation(caller, "rename", from, to), from, to, options.exchange === true)
    super.rename(caller, from, to, options)
  }

  override move(caller: Caller, from: string, to: string): void {
    this.askedRename(new Operation(caller, "rename", from, to), from, to, false)
    super.move(caller, from, to)
  }

  override moveSteps(caller: Caller, from: string, to: string): Steps {
    const op = new Operation(caller, "rename", from, to)
    const { guard } = this
    const each = new Operation(caller, "rename", from, to)
    const permits = guard && { remove: this.permitRemoval(each, guard), copy: this.permitCopy(each, guard) }
    let moved = false
    // after the first step the old name may be gone, which is what was allowed
    return this.asking(() => {
      if (!moved) this.askedRename(op, from, to, false)
      moved = true
    }, () => super.moveSteps(caller, from, to, permits))
  }

  /** What the copy of each entry asks; of the top it is no further decision. */
  private readonly permitCopy = (op: Operation, guard: Guard): PermitBetween => (from, to) => (relative, inode) => {
    if (relative === "") return this.decisions.within(() => guard.checkCopy(op, from.path, to.path, inode))
    guard.checkCopy(op, join(from.path, relative), join(to.path, relative), inode)
  }

  private readonly permitRemoval = (op: Operation, guard: Guard): PermitAt => (top) => (relative, inode) => {
    if (relative !== "") return guard.check(op, "rm", join(top.path, relative))
    this.decisions.within(() => guard.check(op, "rm", top.path))
    if (inode.isDirectory) guard.checkGuard(op, "rm", top.path)
  }

  override copySteps(caller: Caller, from: string, to: string, options: CopyOptions = {}): Steps {
    const { guard } = this
    if (guard === undefined) return super.copySteps(caller, from, to, options)
    const op = new Operation(caller, "cp", from, to)
    const source = guard.end(op, from, false)
    const target = guard.name(op, to)
    // what may not be looked at is refused, whatever else is wrong with it
    if (target !== undefined && source.inode !== undefined) {
      guard.checkCopy(op, source.path, target.path, source.inode)
    }
    return super.copySteps(caller, from, to, options, this.permitCopy(op, guard))
  }

  override copy(caller: Caller, from: string, to: string, options: CopyOptions = {}): void {
    for (const steps = this.copySteps(caller, from, to, options);;) if (steps.next().done === true) return
  }

  override rmdir(caller: Caller, path: string): void {
    this.askedRemoval(new Operation(caller, "rmdir", path))
    super.rmdir(caller, path)
  }

  override unlink(caller: Caller, path: string): void {
    this.askedRemoval(new Operation(caller, "unlink", path))
    super.unlink(caller, path)
  }

  override removeSteps(caller: Caller, path: string, options: RemoveOptions = {}): Steps {
    const { guard } = this
    if (guard === undefined) return super.removeSteps(caller, path, options)
    const op = new Operation(caller, "rm", path)
    this.found(() => this.askedRemoval(op))
    return super.removeSteps(caller, path, options, this.permitRemoval(op, guard))
  }

  /** What is missing is for the operation itself to tell. */
  private found(run: () => void): void {
    try {
      run()
    } catch (thrown) {
      if (!isFault(thrown, "ENOENT", "ENOTDIR")) throw thrown
    }
  }

  override remove(caller: Caller, path: string, options: RemoveOptions = {}): void {
    for (const steps = this.removeSteps(caller, path, options);;) if (steps.next().done === true) return
  }

  // --- attributes ---------------------------------------------------------------------------------------------------

  override chmod(caller: Caller, path: string, mode: number): void {
    this.askedWriting(new Operation(caller, "chmod", path), "chmod")
    super.chmod(caller, path, mode)
  }

  override chown(caller: Caller, path: string, uid: number, gid: number, options?: FollowOptions): void {
    this.asked(new Operation(caller, "chown", path), "write", options?.follow)
    super.chown(caller, path, uid, gid, options)
  }

  override utimes(caller: Caller, path: string, atime: TimeChange, mtime: TimeChange, options?: FollowOptions): void {
    this.asked(new Operation(caller, "utime", path), "write", options?.follow)
    super.utimes(caller, path, atime, mtime, options)
  }

  override getXattr(caller: Caller, path: string, name: string, options?: FollowOptions): Uint8Array {
    this.asked(new Operation(caller, "getxattr", path), "read", options?.follow)
    return super.getXattr(caller, path, name, options)
  }

  override listXattrs(caller: Caller, path: string, options?: FollowOptions): Array<string> {
    this.asked(new Operation(caller, "listxattr", path), "stat", options?.follow)
    return super.listXattrs(caller, path, options)
  }

  override setXattr(
    caller: Caller,
    path: string,
    name: string,
    value: Uint8Array,
    options: SetXattrOptions & FollowOptions = {}
  ): void {
    this.asked(new Operation(caller, "setxattr", path), "write", options.follow)
    super.setXattr(caller, path, name, value, options)
  }

  override removeXattr(caller: Caller, path: string, name: string, options?: FollowOptions): void {
    this.asked(new Operation(caller, "removexattr", path), "write", options?.follow)
    super.removeXattr(caller, path, name, options)
  }
}
