/**
 * The outside of a foreign filesystem: what the kernel asks whoever serves it. Paths are absolute within that filesystem,
 * with "/" for its root; no directory on the way is a link. Every call takes bounded time and fails by a `Fault`. What it
 * gives has been checked: types, names, sizes.
 */
import type { Steps } from "../steps.ts"
import type { Calls } from "./calls.ts"

/** What the outside tells of an entry. Times in milliseconds since 1970. */
export interface ForeignStat {
  readonly type: "file" | "directory" | "symlink"
  /** Permission bits. */
  readonly mode: number
  readonly size: number
  readonly uid: number
  readonly gid: number
  /** 0 where it is not known. */
  readonly ino: number
  readonly dev: number
  readonly nlink: number
  readonly atimeMs: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly birthtimeMs: number
  /** Of a link. */
  readonly target: string | undefined
}

export interface ForeignEntry {
  readonly name: string
  readonly stat: ForeignStat
}

/** One change of a foreign filesystem. */
export interface ForeignChange {
  readonly kind:
    | "create"
    | "mkdir"
    | "unlink"
    | "rmdir"
    | "rename"
    | "symlink"
    | "link"
    | "write"
    | "truncate"
    | "set"
    | "sync"
  readonly path: string
  /** The new path of a rename or a link; what a symbolic link says. */
  readonly dest?: string | undefined
  /** Of what is made, or to be set. */
  readonly mode?: number | undefined
  readonly uid?: number | undefined
  readonly gid?: number | undefined
  readonly atimeMs?: number | undefined
  readonly mtimeMs?: number | undefined
  /** Where to write; the size to cut to. */
  readonly offset?: number | undefined
  /** Of a file that is made or replaced as a whole, or the bytes to write. */
  readonly content?: Uint8Array | undefined
}

export interface Port {
  /** What is known of a directory, then of the first name in it, the second in that, until something is missing. */
  readonly lookup: (
    calls: Calls,
    path: string,
    names: ReadonlyArray<string>
  ) => Steps<ReadonlyArray<ForeignStat | undefined>>
  /** The entries of a directory; no more than `max`, else ENOMEM. */
  readonly list: (calls: Calls, path: string, max: number) => Steps<ReadonlyArray<ForeignEntry>>
  /** At most `length` bytes of a file, fewer only at its end, and what the file is while it is read. */
  readonly read: (
    calls: Calls,
    path: string,
    offset: number,
    length: number
  ) => Steps<{ readonly stat: ForeignStat; readonly bytes: Uint8Array }>
  readonly change: (calls: Calls, change: ForeignChange) => Steps
}

/** Most bytes of one read or write. */
export const TRANSFER_BYTES = 256 * 1024
