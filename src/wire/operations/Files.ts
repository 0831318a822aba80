/**
 * Files by path: what `Filesystem` does without a file being open.
 *
 * @since 0.1.0
 */
import * as Codec from "../Codec.ts"
import { make, nothing, onPath } from "./Operation.ts"

/**
 * Types of directory entries.
 *
 * @since 0.1.0
 * @category codecs
 */
export const fileTypeCodec = Codec.literals("file", "directory", "symlink", "character", "block", "fifo", "socket")

/**
 * What stat(2) tells; times in milliseconds with fractions.
 *
 * @since 0.1.0
 * @category codecs
 */
export const statCodec = Codec.struct({
  mode: Codec.u32,
  size: Codec.f64,
  blocks: Codec.f64,
  dev: Codec.f64,
  rdev: Codec.f64,
  atimeMs: Codec.f64,
  mtimeMs: Codec.f64,
  ctimeMs: Codec.f64,
  birthtimeMs: Codec.f64,
  ino: Codec.f64,
  nlink: Codec.u32,
  uid: Codec.u32,
  gid: Codec.u32
})

/**
 * A file to write, as `writeFiles` streams them.
 *
 * @since 0.1.0
 * @category codecs
 */
export const fileCodec = Codec.struct({ path: Codec.string, content: Codec.rest })

/**
 * The outcome of one entry of a batch, as `writeFiles` and `readFiles` stream them: an error, or none and the content.
 *
 * @since 0.1.0
 * @category codecs
 */
export const outcomeCodec = Codec.struct({
  path: Codec.string,
  error: Codec.optional(Codec.string),
  content: Codec.rest
})

/**
 * A path, as `readFiles` streams them.
 *
 * @since 0.1.0
 * @category codecs
 */
export const pathCodec = Codec.struct({ path: Codec.string })

/**
 * Names of one directory: what `readdir` gives.
 *
 * @since 0.1.0
 * @category codecs
 */
export const namesCodec = Codec.array(Codec.string, 1_048_576)

/**
 * An entry of `readdirRecursive`.
 *
 * @since 0.1.0
 * @category codecs
 */
export const treeEntryCodec = Codec.struct({
  path: Codec.string,
  type: Codec.literals("file", "directory", "symlink"),
  size: Codec.f64
})
/** @since 0.1.0 @category operations */
export const stat = make(16, "stat", onPath, statCodec)
/** @since 0.1.0 @category operations */
export const lstat = make(17, "lstat", onPath, statCodec)
/** @since 0.1.0 @category operations */
export const exists = make(18, "exists", onPath, Codec.bool)

/**
 * Down: the size as f64 and then the content, when it is larger than a frame; else it is the response.
 *
 * @since 0.1.0
 * @category operations
 */
export const readFile = make(19, "readFile", onPath, Codec.rest)
/** Up: the content, when `streamed`; else it is in the request. @since 0.1.0 @category operations */
export const writeFile = make(
  20,
  "writeFile",
  Codec.struct({ vm: Codec.u32, path: Codec.string, streamed: Codec.bool, content: Codec.rest }),
  nothing
)
/** Up: records of `fileCodec`. Down: records of `outcomeCodec`, in order. @since 0.1.0 @category operations */
export const writeFiles = make(21, "writeFiles", Codec.struct({ vm: Codec.u32 }), nothing)
/** Up: records of `pathCodec`. Down: records of `outcomeCodec`, in order. @since 0.1.0 @category operations */
export const readFiles = make(22, "readFiles", Codec.struct({ vm: Codec.u32 }), nothing)
/** @since 0.1.0 @category operations */
export const mkdir = make(
  23,
  "mkdir",
  Codec.struct({ vm: Codec.u32, path: Codec.string, recursive: Codec.bool }),
  nothing
)
/** Down: `namesCodec`, when it is larger than a frame; else it is the response. @since 0.1.0 @category operations */
export const readdir = make(24, "readdir", onPath, Codec.rest)
/** Down: records of `treeEntryCodec`. @since 0.1.0 @category operations */
export const readdirRecursive = make(
  25,
  "readdirRecursive",
  Codec.struct({
    vm: Codec.u32,
    path: Codec.string,
    maxDepth: Codec.optional(Codec.u32),
    exclude: Codec.array(Codec.string, 16_384)
  }),
  nothing
)
/** `mode` as renameat2(2): the destination must not exist, or both change places. @since 0.1.0 @category operations */
export const move = make(
  26,
  "move",
  Codec.struct({
    vm: Codec.u32,
    path: Codec.string,
    dest: Codec.string,
    mode: Codec.literals("replace", "noReplace", "exchange")
  }),
  nothing
)
/** @since 0.1.0 @category operations */
export const remove = make(
  27,
  "delete",
  Codec.struct({ vm: Codec.u32, path: Codec.string, recursive: Codec.bool }),
  nothing
)

const answeringPath = Codec.struct({ path: Codec.string })
/** @since 0.1.0 @category operations */
export const readlink = make(31, "readlink", onPath, answeringPath)
/** @since 0.1.0 @category operations */
export const realpath = make(32, "realpath", onPath, answeringPath)
/** A link at `path` that says `target`. @since 0.1.0 @category operations */
export const symlink = make(
  33,
  "symlink",
  Codec.struct({ vm: Codec.u32, target: Codec.string, path: Codec.string }),
  nothing
)
/** Another name `dest` for what is at `path`. @since 0.1.0 @category operations */
export const link = make(34, "link", Codec.struct({ vm: Codec.u32, path: Codec.string, dest: Codec.string }), nothing)
/** @since 0.1.0 @category operations */
export const chmod = make(35, "chmod", Codec.struct({ vm: Codec.u32, path: Codec.string, mode: Codec.u16 }), nothing)
/** @since 0.1.0 @category operations */
export const chown = make(
  36,
  "chown",
  Codec.struct({ vm: Codec.u32, path: Codec.string, uid: Codec.u32, gid: Codec.u32 }),
  nothing
)
/** @since 0.1.0 @category operations */
export const utimes = make(
  37,
  "utimes",
  Codec.struct({ vm: Codec.u32, path: Codec.string, atimeMs: Codec.f64, mtimeMs: Codec.f64 }),
  nothing
)
/** @since 0.1.0 @category operations */
export const truncate = make(
  38,
  "truncate",
  Codec.struct({ vm: Codec.u32, path: Codec.string, size: Codec.f64 }),
  nothing
)
/** `mask` as access(2): 4 read, 2 write, 1 execute; 0 existence. @since 0.1.0 @category operations */
export const access = make(39, "access", Codec.struct({ vm: Codec.u32, path: Codec.string, mask: Codec.u8 }), nothing)
/** @since 0.1.0 @category operations */
export const copy = make(
  40,
  "copy",
  Codec.struct({ vm: Codec.u32, path: Codec.string, dest: Codec.string, recursive: Codec.bool }),
  nothing
)
/** Down: `length` bytes from `offset`, or to the end. @since 0.1.0 @category operations */
export const readRange = make(
  49,
  "readRange",
  Codec.struct({
    vm: Codec.u32,
    path: Codec.string,
    offset: Codec.f64,
    length: Codec.optional(Codec.f64),
    chunk: Codec.u32
  }),
  nothing
)
/** Down: records of `pathCodec`, the paths that match, sorted. @since 0.1.0 @category operations */
export const glob = make(
  50,
  "glob",
  Codec.struct({ vm: Codec.u32, pattern: Codec.string, cwd: Codec.string, dot: Codec.bool }),
  nothing
)
