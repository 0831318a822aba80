/**
 * The data plane: operations on files and processes of a leased VM, with the codecs of their bodies. `vm` is the handle
 * that the lease gave. An operation's streams are noted as `up` (host to sidecar) and `down`.
 *
 * @since 0.1.0
 */
import * as Codec from "./Codec.ts"

/**
 * One operation: its number, name and bodies.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<A, B> {
  readonly code: number
  readonly name: string
  readonly request: Codec.Codec<A>
  readonly response: Codec.Codec<B>
}

const make = <A, B>(
  code: number,
  name: string,
  request: Codec.Codec<A>,
  response: Codec.Codec<B>
): Operation<A, B> => ({
  code,
  name,
  request,
  response
})

const nothing = Codec.struct({})
const onPath = Codec.struct({ vm: Codec.u32, path: Codec.string })

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
 * One change between two states of a tree.
 *
 * @since 0.1.0
 * @category codecs
 */
export const changeCodec = Codec.struct({
  kind: Codec.literals("created", "removed", "modified", "moved"),
  path: Codec.string,
  from: Codec.optional(Codec.string),
  type: fileTypeCodec,
  size: Codec.f64,
  mode: Codec.u32
})

/**
 * One entry of a tree on its way into or out of a VM: the seeds' snapshot entry with bytes as bytes.
 *
 * @since 0.1.0
 * @category codecs
 */
export const entryCodec = Codec.struct({
  path: Codec.string,
  type: Codec.literals("file", "directory", "symlink"),
  mode: Codec.u16,
  uid: Codec.u32,
  gid: Codec.u32,
  mtimeMs: Codec.optional(Codec.f64),
  /** Of a link. */
  target: Codec.optional(Codec.string),
  /** Of a file. */
  content: Codec.rest
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

const environment = Codec.array(Codec.struct({ name: Codec.string, value: Codec.string }))

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
/**
 * Names of one directory: what `readdir` gives.
 *
 * @since 0.1.0
 * @category codecs
 */
export const namesCodec = Codec.array(Codec.string, 1_048_576)

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
/** @since 0.1.0 @category operations */
export const move = make(26, "move", Codec.struct({ vm: Codec.u32, path: Codec.string, dest: Codec.string }), nothing)
/** @since 0.1.0 @category operations */
export const remove = make(
  27,
  "delete",
  Codec.struct({ vm: Codec.u32, path: Codec.string, recursive: Codec.bool }),
  nothing
)
/** Down: records of `entryCodec`. @since 0.1.0 @category operations */
export const exportTree = make(28, "exportTree", onPath, nothing)
/** Up: records of `entryCodec`, below `path`. `owned`: ids as given, else the VM's user. @since 0.1.0 @category operations */
export const importTree = make(
  29,
  "importTree",
  Codec.struct({
    vm: Codec.u32,
    target: Codec.literals("lower", "mount", "bootstrap"),
    path: Codec.string,
    readOnly: Codec.bool,
    source: Codec.string
  }),
  Codec.struct({ entries: Codec.u32 })
)
/** Down: records of `changeCodec`, what became of the tree at `path` since `snapshot`. @since 0.1.0 @category operations */
export const diff = make(
  30,
  "diff",
  Codec.struct({ vm: Codec.u32, path: Codec.string, snapshot: Codec.u32 }),
  nothing
)

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

const answeringPath = Codec.struct({ path: Codec.string })
const onFile = Codec.struct({ vm: Codec.u32, file: Codec.u32 })

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
/** Opens with the flags of open(2) on Linux; gives the number of the open file. @since 0.1.0 @category operations */
export const open = make(
  41,
  "open",
  Codec.struct({ vm: Codec.u32, path: Codec.string, flags: Codec.u32, mode: Codec.u16 }),
  Codec.struct({ file: Codec.u32 })
)
/** At most 512 KiB at an offset, or at the file's own position; empty at the end. @since 0.1.0 @category operations */
export const readAt = make(
  42,
  "readAt",
  Codec.struct({ vm: Codec.u32, file: Codec.u32, offset: Codec.optional(Codec.f64), length: Codec.u32 }),
  Codec.rest
)
/** Writes at an offset, or at the file's own position. @since 0.1.0 @category operations */
export const writeAt = make(
  43,
  "writeAt",
  Codec.struct({ vm: Codec.u32, file: Codec.u32, offset: Codec.optional(Codec.f64), content: Codec.rest }),
  Codec.struct({ written: Codec.u32 })
)
/** Moves the file's own position; gives the new one. @since 0.1.0 @category operations */
export const seek = make(
  44,
  "seek",
  Codec.struct({
    vm: Codec.u32,
    file: Codec.u32,
    offset: Codec.f64,
    whence: Codec.literals("start", "current", "end")
  }),
  Codec.struct({ position: Codec.f64 })
)
/** @since 0.1.0 @category operations */
export const statFile = make(45, "statFile", onFile, statCodec)
/** @since 0.1.0 @category operations */
export const truncateFile = make(
  46,
  "truncateFile",
  Codec.struct({ vm: Codec.u32, file: Codec.u32, size: Codec.f64 }),
  nothing
)
/** @since 0.1.0 @category operations */
export const closeFile = make(47, "closeFile", onFile, nothing)
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

/**
 * Runs a command. Up: standard input, until its end. Down: chunks that begin with a byte of channel: 0 the
 * process has started (its pid as u32 follows), 1 stdout, 2 stderr. A cancel kills the process and all its descendants.
 *
 * @since 0.1.0
 * @category operations
 */
export const run = make(
  48,
  "run",
  Codec.struct({
    vm: Codec.u32,
    command: Codec.string,
    argv: Codec.array(Codec.string),
    cwd: Codec.optional(Codec.string),
    env: environment,
    /** Milliseconds until the process is killed. */
    timeoutMs: Codec.optional(Codec.f64),
    /** Bytes of standard output, and of standard error, after which the process is killed. */
    maxOutputBytes: Codec.optional(Codec.f64),
    /** Whether standard input follows as a stream; without it, it is empty. */
    stdin: Codec.bool
  }),
  Codec.struct({
    pid: Codec.u32,
    exitCode: Codec.u16,
    signal: Codec.optional(Codec.string),
    /** Whether the deadline or the output limit ended it. */
    stopped: Codec.literals("no", "deadline", "output")
  })
)

/** Down: records of `pathCodec`, the paths that match, sorted. @since 0.1.0 @category operations */
export const glob = make(
  50,
  "glob",
  Codec.struct({ vm: Codec.u32, pattern: Codec.string, cwd: Codec.string, dot: Codec.bool }),
  nothing
)

/**
 * What a watch tells: first `ready`, then changes. `overflow` is the last: what came from `cursor` up to `to` is lost.
 *
 * @since 0.1.0
 * @category codecs
 */
export const watchEventCodec = Codec.struct({
  kind: Codec.literals("ready", "created", "modified", "removed", "moved", "overflow"),
  cursor: Codec.f64,
  ino: Codec.f64,
  path: Codec.string,
  from: Codec.optional(Codec.string),
  to: Codec.optional(Codec.f64)
})

/** Down: records of `watchEventCodec`, until the request is withdrawn. @since 0.1.0 @category operations */
export const watch = make(
  51,
  "watch",
  Codec.struct({ vm: Codec.u32, path: Codec.string, recursive: Codec.bool, since: Codec.optional(Codec.f64) }),
  nothing
)

/**
 * The event channel that carries the control plane's messages.
 *
 * @since 0.1.0
 * @category constants
 */
export const CONTROL_CHANNEL = 1

/**
 * Every operation of the data plane, by name.
 *
 * @since 0.1.0
 * @category operations
 */
export const all: Readonly<Record<string, Operation<any, any>>> = {
  stat,
  lstat,
  exists,
  readFile,
  writeFile,
  writeFiles,
  readFiles,
  mkdir,
  readdir,
  readdirRecursive,
  move,
  remove,
  exportTree,
  importTree,
  diff,
  readlink,
  realpath,
  symlink,
  link,
  chmod,
  chown,
  utimes,
  truncate,
  access,
  copy,
  open,
  readAt,
  writeAt,
  seek,
  statFile,
  truncateFile,
  closeFile,
  readRange,
  run,
  glob,
  watch
}
