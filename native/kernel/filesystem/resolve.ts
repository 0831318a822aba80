/**
 * Path resolution as in path_resolution(7): iterative, linear in the path and in the targets of at most 40 symbolic
 * links. A walk stands at a directory and takes one component at a time, so that callers can stop before the last.
 */
import type { Errno } from "../../../src/Errno.ts"
import { NAME_MAX, nameLimit, PATH_MAX, pathLimit, SYMLINK_MAX, X_OK } from "./flags.ts"
import type { Inode } from "./inode.ts"
import type { Mount, MountTable } from "./mount-table.ts"
import type { Operation } from "./operation.ts"
import { permitted } from "./permissions.ts"
import { exceeds } from "./text.ts"

const SLASH = 47

/** Characters of all link targets that one resolution may walk: four of the longest. */
const FOLLOWED_MAX = 4 * PATH_MAX

/** What the last component of a path is. `root` means that there is none: the path is nothing but slashes. */
export type LastKind = "name" | "dot" | "dotdot" | "root"

export const checkPath = (op: Operation, path: string): void => {
  if (path === "") throw op.fault("ENOENT")
  if (path.includes("\0")) throw op.fault("EINVAL")
  if (exceeds(path, PATH_MAX - 1)) throw op.fault("ENAMETOOLONG", pathLimit)
}

export class Walk {
  mount: Mount
  inode: Inode
  /** The component taken last, and whether it is the last of the path. */
  name = ""
  last = false
  /** Whether the path ends in a slash: its last component must be a directory. */
  trailing = false
  /** Whether the component in `name` comes from the target of a link, not from the path itself. */
  inTarget = false
  /** The names from the root to here, when asked for. */
  readonly trail: Array<string> | undefined
  private text = ""
  private position = 0
  /** What is left of the path, and of the targets that were being walked, behind the present text. */
  private pending: Array<readonly [text: string, position: number, inTarget: boolean]> | undefined
  private links = 0
  private followed = 0
  /** Set on the way to the working directory, which the caller already holds. */
  private trusted = false

  constructor(private readonly op: Operation, private readonly mounts: MountTable, path: string, trail = false) {
    checkPath(op, path)
    this.mount = mounts.root
    this.inode = mounts.root.volume.inode(mounts.root.volume.rootIno, op.caller.pid)!
    this.trail = trail ? [] : undefined
    if (path.charCodeAt(0) !== SLASH && op.caller.cwd !== "/") {
      checkPath(op, op.caller.cwd)
      this.trusted = true
      this.text = op.caller.cwd
      while (this.next()) this.step(true)
      if (!this.inode.isDirectory) throw op.fault("ENOTDIR")
      this.trusted = false
      this.last = false
      this.trailing = false
      this.inTarget = false
    }
    this.text = path
    this.position = 0
  }

  private skipSlashes(): void {
    while (this.position < this.text.length && this.text.charCodeAt(this.position) === SLASH) this.position++
  }

  /** Takes the next component into `name`; false at the end of the path. */
  next(): boolean {
    this.skipSlashes()
    while (this.position >= this.text.length) {
      const rest = this.pending?.pop()
      if (rest === undefined) return false
      this.text = rest[0]
      this.position = rest[1]
      this.inTarget = rest[2]
      this.skipSlashes()
    }
    const slash = this.text.indexOf("/", this.position)
    const end = slash === -1 ? this.text.length : slash
    this.name = this.text.slice(this.position, end)
    this.position = end
    this.skipSlashes()
    // What is pending always holds another component.
    if (this.position === this.text.length && (this.pending === undefined || this.pending.length === 0)) {
      this.last = true
      if (this.position > end) this.trailing = true
    } else {
      this.last = false
    }
    return true
  }

  /** Faults unless the caller may search where the walk stands. */
  search(): void {
    if (!this.inode.isDirectory) throw this.op.fault("ENOTDIR")
    if (!this.maySearch) throw this.op.fault("EACCES")
  }

  private get maySearch(): boolean {
    return this.trusted || permitted(this.inode, this.op.credentials, X_OK)
  }

  /** The inode under `name` here, before any mount or link is followed. The name must be an ordinary one. */
  lookup(): Inode | undefined {
    this.announce(this.mount)
    const child = this.mount.volume.child(this.inode, this.name, this.op.caller.pid)
    if (child === undefined && exceeds(this.name, NAME_MAX)) throw this.op.fault("ENAMETOOLONG", nameLimit)
    return child
  }

  private up(): void {
    this.trail?.pop()
    if (this.inode.ino === this.mount.volume.rootIno && this.mount.parent !== undefined) {
      const { parent, point } = this.mount
      this.mount = parent
      this.inode = parent.volume.inode(point, this.op.caller.pid)!
    }
    this.inode = this.mount.volume.inode(this.inode.parent, this.op.caller.pid)!
  }

  /** Steps into a child, through whatever is mounted on it. */
  enter(child: Inode): void {
    this.trail?.push(this.name)
    this.inode = child
    const mounted = this.mount.children?.get(child.ino)
    if (mounted === undefined) return
    this.announce(mounted)
    this.mount = mounted
    this.inode = mounted.volume.inode(mounted.volume.rootIno, this.op.caller.pid)!
  }

  /** Tells a live foreign filesystem what will be asked of it next, so that it can be asked at once. */
  private announce(mount: Mount): void {
    const { base } = mount
    if (base?.live === true) base.ahead = () => namesAhead(this.text, this.position)
  }

  /** Goes on with the target of a link, then with the rest of the path. */
  follow(link: Inode): void {
    // Many long targets would be walked for as long as all of them together.
    this.followed += link.target!.length
    if (++this.links > SYMLINK_MAX || this.followed > FOLLOWED_MAX) throw this.op.fault("ELOOP")
    if (this.position < this.text.length) (this.pending ??= []).push([this.text, this.position, this.inTarget])
    this.text = link.target!
    this.position = 0
    this.inTarget = true
    if (this.text.charCodeAt(0) !== SLASH) return
    this.mount = this.mounts.root
    this.inode = this.mount.volume.inode(this.mount.volume.rootIno, this.op.caller.pid)!
    if (this.trail !== undefined) this.trail.length = 0
  }

  /** Takes the component in `name`. A link is followed unless it is last, bare, and `followLast` is false. */
  step(followLast: boolean): void {
    const errno = this.taken(followLast)
    if (errno !== undefined) throw this.op.fault(errno)
  }

  /** Why the component cannot be taken, if so. Most paths that lead nowhere are expected to, and a throw takes its time. */
  protected taken(followLast: boolean): Errno | undefined {
    if (!this.inode.isDirectory) return "ENOTDIR"
    if (!this.maySearch) return "EACCES"
    if (this.name === ".") return undefined
    if (this.name === "..") {
      this.up()
      return undefined
    }
    const child = this.lookup()
    if (child === undefined) return "ENOENT"
    if (child.isSymlink && (followLast || !this.last || this.trailing)) this.follow(child)
    else this.enter(child)
    return undefined
  }

  /** Walks to the directory of the last component and leaves that component in `name`. */
  toParent(): LastKind {
    while (this.next()) {
      if (!this.last) {
        this.step(true)
        continue
      }
      this.search()
      return this.name === "." ? "dot" : this.name === ".." ? "dotdot" : "name"
    }
    return "root"
  }

  /** Walks to the end. */
  toEnd(followLast: boolean): this {
    const errno = this.reach(followLast)
    if (errno !== undefined) throw this.op.fault(errno)
    return this
  }

  /** Walks to the end, or as far as it goes: then it gives why it goes no further. */
  reach(followLast: boolean): Errno | undefined {
    while (this.next()) {
      const errno = this.taken(followLast)
      if (errno !== undefined) return errno
    }
    return this.trailing && !this.inode.isDirectory ? "ENOTDIR" : undefined
  }

  /** The absolute path of where the walk stands. */
  get path(): string {
    return `/${this.trail!.join("/")}`
  }
}

/** Names that are asked for at once at most. */
const MAX_AHEAD = 32

/** The names of a text from a position on, up to the first that is none. */
const namesAhead = (text: string, position: number): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (const name of text.slice(position).split("/")) {
    if (name === "" || name === ".") continue
    if (name === ".." || names.length === MAX_AHEAD || exceeds(name, NAME_MAX)) break
    names.push(name)
  }
  return names
}

/** Resolves a whole path. */
export const resolve = (op: Operation, mounts: MountTable, path: string, follow: boolean): Walk =>
  new Walk(op, mounts, path).toEnd(follow)
