/** Who may do what to an inode: the rules of path_resolution(7) and the checks that Linux makes before changes. */
import { R_OK, W_OK, X_OK } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { S_ISGID, S_ISUID, S_ISVTX } from "./inode.ts"

export interface Credentials {
  readonly uid: number
  readonly gid: number
  readonly groups: ReadonlyArray<number>
  readonly umask: number
  /** Owner of what this caller creates; by default `uid` and `gid`. */
  readonly createUid?: number
  readonly createGid?: number
}

export const inGroup = (credentials: Credentials, gid: number): boolean =>
  credentials.gid === gid || credentials.groups.includes(gid)

/** Whether all of `mask` (R_OK, W_OK, X_OK) is allowed. The superuser needs only some execute bit, to execute. */
export const permitted = (inode: Inode, credentials: Credentials, mask: number): boolean => {
  if (credentials.uid === 0) return (mask & X_OK) === 0 || inode.isDirectory || (inode.mode & 0o111) !== 0
  const bits = credentials.uid === inode.uid
    ? inode.mode >> 6
    : inGroup(credentials, inode.gid)
    ? inode.mode >> 3
    : inode.mode
  return (bits & mask & (R_OK | W_OK | X_OK)) === mask
}

export const owns = (inode: Inode, credentials: Credentials): boolean =>
  credentials.uid === 0 || credentials.uid === inode.uid

/** Whether entries of `directory` may be added. */
export const mayCreateIn = (directory: Inode, credentials: Credentials): boolean =>
  permitted(directory, credentials, W_OK | X_OK)

/** Whether the sticky bit of `directory` forbids removing or renaming `child`. */
export const isStuck = (directory: Inode, child: Inode, credentials: Credentials): boolean =>
  (directory.mode & S_ISVTX) !== 0 && !owns(child, credentials) && !owns(directory, credentials)

/** Whether a file with this mode runs with the rights of its owner or its group. */
export const runsWithPrivilege = (mode: number): boolean =>
  (mode & S_ISUID) !== 0 || (mode & (S_ISGID | 0o010)) === (S_ISGID | 0o010)

/**
 * The mode of a file of group `gid` without what must not survive a change of its content or owner by somebody. A
 * set-group-ID bit without the right to execute is kept for members of the group.
 */
export const withoutPrivilege = (mode: number, gid: number, credentials: Credentials): number => {
  const kept = (mode & 0o010) === 0 && (credentials.uid === 0 || inGroup(credentials, gid))
  return mode & ~S_ISUID & (kept ? ~0 : ~S_ISGID)
}
