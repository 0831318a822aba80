/** Numbers of the Linux interface (x86-64) that callers pass in. */
import type { LimitFact } from "../fault.ts"

export const O_RDONLY = 0
export const O_WRONLY = 1
export const O_RDWR = 2
export const O_ACCMODE = 3
export const O_CREAT = 0o100
export const O_EXCL = 0o200
export const O_TRUNC = 0o1000
export const O_APPEND = 0o2000
/** Of no meaning for files and directories; named pipes are the guests' own. */
export const O_NONBLOCK = 0o4000
export const O_DIRECTORY = 0o200000
export const O_NOFOLLOW = 0o400000

export const F_OK = 0
export const X_OK = 1
export const W_OK = 2
export const R_OK = 4

/** Limits of names, paths, links and one transfer. */
export const NAME_MAX = 255
/** Counts the terminating zero, as Linux does: a path has at most 4,095 bytes. */
export const PATH_MAX = 4096
/** Both, as errors tell them. */
export const nameLimit: LimitFact = { name: "nameBytes", value: NAME_MAX }
export const pathLimit: LimitFact = { name: "pathBytes", value: PATH_MAX }
export const SYMLINK_MAX = 40
export const LINK_MAX = 65_000
/** Most bytes moved by one read; a longer read is answered short. */
export const READ_MAX = 64 * 1024 * 1024
