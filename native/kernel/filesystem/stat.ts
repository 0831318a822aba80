/** What stat(2) and statfs(2) report. Times are nanoseconds since 1970. */
import type { Inode } from "./inode.ts"
import type { Mount } from "./mount-table.ts"
import type { State } from "./state.ts"
import { utf8Length } from "./text.ts"

export interface Stat {
  readonly dev: number
  readonly ino: number
  /** Permission and type bits. */
  readonly mode: number
  readonly nlink: number
  readonly uid: number
  readonly gid: number
  readonly rdev: number
  readonly size: number
  /** Units of 512 bytes, of allocated chunks only. */
  readonly blocks: number
  readonly atime: bigint
  readonly mtime: bigint
  readonly ctime: bigint
  readonly birthtime: bigint
}

export interface FilesystemStat {
  readonly type: string
  readonly blockSize: number
  readonly blocks: number
  readonly blocksFree: number
  readonly files: number
  readonly filesFree: number
  readonly nameMax: number
}

const DIRECTORY_SIZE = 4096
const BLOCK_SIZE = 4096

export const sizeOf = (inode: Inode): number => {
  if (inode.content !== undefined) return inode.content.size
  if (inode.target !== undefined) return utf8Length(inode.target)
  return inode.isDirectory ? DIRECTORY_SIZE : 0
}

export const statOf = (mount: Mount, inode: Inode): Stat => ({
  dev: mount.dev,
  ino: inode.ino,
  mode: inode.mode,
  nlink: inode.nlink,
  uid: inode.uid,
  gid: inode.gid,
  rdev: inode.rdev,
  size: sizeOf(inode),
  blocks: inode.content === undefined ? 0 : Math.ceil(inode.content.allocated / 512),
  atime: inode.atime,
  mtime: inode.mtime,
  ctime: inode.ctime,
  birthtime: inode.birthtime
})

/** The allowance of the VM, as a filesystem's capacity. */
export const statfsOf = (state: State, mount: Mount): FilesystemStat => {
  const stored = mount.tree !== undefined
  const { bytes, inodes } = state.limits
  return {
    type: mount.type,
    blockSize: BLOCK_SIZE,
    blocks: stored ? Math.floor(bytes / BLOCK_SIZE) : 0,
    blocksFree: stored ? Math.max(0, Math.floor((bytes - state.bytes()) / BLOCK_SIZE)) : 0,
    files: stored ? inodes : 0,
    filesFree: stored ? Math.max(0, inodes - state.inodes()) : 0,
    nameMax: 255
  }
}
