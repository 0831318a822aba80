/**
 * Inode records: everything that a tree knows about one file. Records are persistent like the nodes that hold them (see
 * owner.ts): only `Tree.edit` hands out one that may be changed.
 */
import type { FileType } from "../../guests/protocol.ts"
import type { Content } from "./content.ts"
import { Account, Owner } from "./owner.ts"
import type { PersistentMap } from "./persistent-map.ts"
import type { XattrSet } from "./xattr-set.ts"

export const S_IFMT = 0o170000
export const S_IFSOCK = 0o140000
export const S_IFLNK = 0o120000
export const S_IFREG = 0o100000
export const S_IFBLK = 0o060000
export const S_IFDIR = 0o040000
export const S_IFCHR = 0o020000
export const S_IFIFO = 0o010000
export const S_ISUID = 0o4000
export const S_ISGID = 0o2000
export const S_ISVTX = 0o1000

/** The parent of an inode with several names. */
export const SEVERAL = 0

const fileTypes: Readonly<Record<number, FileType>> = {
  [S_IFSOCK]: "socket",
  [S_IFLNK]: "symlink",
  [S_IFREG]: "file",
  [S_IFBLK]: "block",
  [S_IFDIR]: "directory",
  [S_IFCHR]: "character",
  [S_IFIFO]: "fifo"
}

/** The type that the type bits of a mode stand for. */
export const fileTypeOf = (mode: number): FileType => fileTypes[mode & S_IFMT]

export class Inode {
  nlink = 1
  rdev = 0
  atime: bigint
  mtime: bigint
  ctime: bigint
  birthtime: bigint
  /** Of a regular file. */
  content: Content | undefined = undefined
  /** Of a directory: the inode numbers of its entries. */
  entries: PersistentMap<number> | undefined = undefined
  /** Of a symbolic link. */
  target: string | undefined = undefined
  /** Extended attributes, if there are any. */
  xattrs: XattrSet | undefined = undefined
  /** The directory and the name under which the inode is found; `SEVERAL` once it has had more than one name. */
  parent = SEVERAL
  name = ""

  constructor(
    readonly owner: Owner,
    readonly ino: number,
    /** Who created it: with `ino`, what tells two inodes apart across snapshots. */
    readonly origin: Account,
    public mode: number,
    public uid: number,
    public gid: number,
    time: bigint
  ) {
    this.atime = time
    this.mtime = time
    this.ctime = time
    this.birthtime = time
  }

  get type(): FileType {
    return fileTypeOf(this.mode)
  }

  get isDirectory(): boolean {
    return (this.mode & S_IFMT) === S_IFDIR
  }

  get isFile(): boolean {
    return (this.mode & S_IFMT) === S_IFREG
  }

  get isSymlink(): boolean {
    return (this.mode & S_IFMT) === S_IFLNK
  }

  get isDevice(): boolean {
    return (this.mode & S_IFMT) === S_IFCHR
  }

  get isFifo(): boolean {
    return (this.mode & S_IFMT) === S_IFIFO
  }
}

/** A copy of the record under another owner. */
export const cloneInode = (inode: Inode, owner: Owner): Inode => {
  const copy = new Inode(owner, inode.ino, inode.origin, inode.mode, inode.uid, inode.gid, inode.birthtime)
  copy.nlink = inode.nlink
  copy.rdev = inode.rdev
  copy.atime = inode.atime
  copy.mtime = inode.mtime
  copy.ctime = inode.ctime
  copy.content = inode.content
  copy.entries = inode.entries
  copy.target = inode.target
  copy.xattrs = inode.xattrs
  copy.parent = inode.parent
  copy.name = inode.name
  return copy
}

/** Stands for an inode of a base that a tree has removed. */
export const gone = new Inode(new Owner(new Account()), 0, new Account(), 0, 0, 0, 0n)

/** Whether two records stand for the same inode at two moments. */
export const sameInode = (a: Inode, b: Inode): boolean => a.ino === b.ino && a.origin === b.origin
