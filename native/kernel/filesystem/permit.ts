/**
 * What an operation on a whole tree asks before it changes anything: about each entry, as the snapshot has it that the
 * operation works on. What somebody else puts in the place of a path meanwhile is not in that snapshot.
 */
import type { Inode } from "./inode.ts"

/** Where a path led: without links, and with what is there, if anything is. */
export interface Found {
  readonly path: string
  readonly inode: Inode | undefined
}

/** Asked of the top with an empty name, and of all below it. Throws `Fault`. */
export type Permit = (relative: string, inode: Inode) => void

/** What the removal of a place asks. */
export type PermitAt = (top: Found) => Permit

/** What a copy from one place to another asks. */
export type PermitBetween = (from: Found, to: Found) => Permit

/** What a move asks that is a copy and a removal. */
export interface MovePermits {
  readonly remove: PermitAt
  readonly copy: PermitBetween
}
