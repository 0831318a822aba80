/**
 * What a guest worker and the kernel say to each other over a MessagePort (structured clone, both ends are ours, but the
 * kernel checks whatever it receives: a guest that escaped its engine speaks here too).
 *
 * A worker is bound to one VM for its whole life. Processes in it are told apart by their pid. A system call is atomic:
 * killing the worker at any instant leaves its effects complete or absent.
 */
import type { Errno } from "../../src/Errno.ts"
import type { Signal } from "../../src/Signals.ts"

/**
 * Where a process that the host starts has its standard input from: nowhere, a pipe that `stdin` messages fill, or its
 * controlling terminal, where its two outputs then lead as well.
 */
export type StdinKind = "none" | "pipe" | "terminal"

/** The shell session that a script runs in. The environment and the directory are then what is to be set in it. */
export interface SpawnSession {
  /** What its last script left; none at its beginning. */
  readonly state: Uint8Array | undefined
  /** Bytes of state that may be kept. */
  readonly maxBytes: number
}

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** Kernel to worker. */
export type ToWorker =
  /** Become part of a VM. Sent once, before anything else. `processes` may live at once; one more is EAGAIN. */
  | {
    readonly _tag: "bind"
    readonly hostname: string
    readonly user: string
    readonly uid: number
    readonly gid: number
    readonly processes: number
    /** Bounds of the words and the environment of a program that a process runs: more is E2BIG. */
    readonly argvBytes: number
    readonly envBytes: number
    /** Memory of one WebAssembly program. */
    readonly wasmMemoryBytes: number
    /** 32 random bytes, from which all randomness of the worker comes. */
    readonly seed: Uint8Array
    /** Take messages one at a time, each when nothing is left to do, and let no time pass between them. */
    readonly stepwise: boolean
  }
  /** Answer `settled` when nothing is left to do. */
  | { readonly _tag: "probe"; readonly id: number }
  /** Process numbers that the worker may give to processes that it forks, each once. More follow as they are used. */
  | { readonly _tag: "pids"; readonly first: number; readonly count: number }
  /**
   * Start a process: it leads a session and a group of its own, and its parent is init. A `script` is shell text with
   * `argv` as its positional parameters; a `program` is looked for along PATH, with `argv` as the arguments that follow
   * its name. `tty` is the path of its controlling terminal.
   */
  | {
    readonly _tag: "spawn"
    readonly pid: number
    readonly form: "script" | "program"
    readonly command: string
    readonly argv: ReadonlyArray<string>
    readonly cwd: string
    readonly env: Readonly<Record<string, string>>
    readonly stdin: StdinKind
    readonly tty: string | undefined
    /** Of the terminal, in characters. */
    readonly size?: TerminalSize | undefined
    readonly session?: SpawnSession | undefined
  }
  /** The window of a terminal has another size. */
  | { readonly _tag: "resize"; readonly pid: number; readonly columns: number; readonly rows: number }
  /** Nobody is at a terminal any more. */
  | { readonly _tag: "hangUp"; readonly pid: number }
  /** Standard input of a process that the host started, within the credit that the worker gave. */
  | { readonly _tag: "stdin"; readonly pid: number; readonly bytes: Uint8Array }
  /** Its end. */
  | { readonly _tag: "stdinEnd"; readonly pid: number }
  /**
   * A signal for one process, for those of a process group, or for a tree: all that descend from a process that the host
   * started, also those that left its session or lost their parent. Killed processes are gone, or the worker is ended.
   */
  | {
    readonly _tag: "signal"
    readonly scope: "process" | "group" | "tree"
    readonly id: number
    readonly signal: Signal
  }
  /** The kernel has handed on `bytes` of a process's output, overhead included: the worker may send as many more. */
  | { readonly _tag: "credit"; readonly pid: number; readonly bytes: number }
  /** The answer to a system call. */
  | { readonly _tag: "return"; readonly id: number; readonly value: unknown }
  | {
    readonly _tag: "fault"
    readonly id: number
    readonly errno: Errno
    readonly syscall: string
    readonly path?: string | undefined
  }

/** What is said to the worker, with the milliseconds of the VM's clock where the worker does not count them itself. */
export type Dated<Message> = Message & { readonly now?: number | undefined }

/**
 * What the worker tells of its processes, after the fact and without an answer. The kernel keeps its table by them, and
 * ends a worker that says what cannot be: a number that was not granted, a parent that does not exist.
 */
export type Notice =
  /** A new process. What is left out is its parent's. */
  | {
    readonly _tag: "fork"
    readonly pid: number
    readonly ppid: number
    readonly pgid?: number | undefined
    readonly argv?: ReadonlyArray<string> | undefined
    readonly cwd?: string | undefined
  }
  /** The process is another program now. At most `ARGV_SHOWN` characters of `argv` are told. */
  | {
    readonly _tag: "exec"
    readonly pid: number
    readonly argv: ReadonlyArray<string>
    readonly cwd?: string | undefined
    readonly descriptors?: number | undefined
  }
  | { readonly _tag: "chdir"; readonly pid: number; readonly cwd: string }
  /** setpgid(2), within the session. */
  | { readonly _tag: "group"; readonly pid: number; readonly pgid: number }
  /** setsid(2): it leads a session and a group of its own, without a terminal. */
  | { readonly _tag: "session"; readonly pid: number }
  | { readonly _tag: "stop"; readonly pid: number; readonly signal: Signal }
  | { readonly _tag: "continue"; readonly pid: number }
  /** Processor time and open descriptors, from time to time. */
  | { readonly _tag: "usage"; readonly pid: number; readonly cpuMs: number; readonly descriptors: number }
  /** The process has ended. Unless `reaped`, it is a zombie until its parent has waited for it, or ends itself. */
  | {
    readonly _tag: "exit"
    readonly pid: number
    readonly exitCode: number
    readonly signal?: Signal | undefined
    readonly cpuMs?: number | undefined
    readonly reaped?: boolean | undefined
  }
  /** Its parent has waited for it. */
  | { readonly _tag: "reap"; readonly pid: number }

/** Worker to kernel. */
export type FromWorker =
  /** The worker has loaded its engine and can be bound. */
  | { readonly _tag: "ready" }
  /** Whatever was said before the probe has been dealt with: the worker waits. */
  | { readonly _tag: "settled"; readonly id: number }
  /** A system call of a living process. Each has one answer. */
  | {
    readonly _tag: "call"
    readonly id: number
    readonly pid: number
    readonly name: SystemCallName
    readonly args: ReadonlyArray<unknown>
  }
  /** A call that waits is to fail with EINTR. When its answer is already on the way, nothing happens. */
  | { readonly _tag: "cancel"; readonly id: number }
  /** At most `MAX_NOTICES`, in the order of what happened; before any later message of the processes they name. */
  | { readonly _tag: "notices"; readonly notices: ReadonlyArray<Notice> }
  /**
   * Output of the tree of a process that the host started, by that one's pid; at most 64 KiB each, and never more than the
   * credit in hand.
   */
  | { readonly _tag: "output"; readonly pid: number; readonly channel: "stdout" | "stderr"; readonly bytes: Uint8Array }
  /**
   * No process holds the outputs of a process that the host started any more, which has itself ended. Other processes that
   * it left behind live on, as children of init.
   */
  | { readonly _tag: "closed"; readonly pid: number }
  /** `bytes` of standard input have been read: the kernel may send as many more. */
  | { readonly _tag: "stdinCredit"; readonly pid: number; readonly bytes: number }
  /** Nobody will read more of it. */
  | { readonly _tag: "stdinClosed"; readonly pid: number }
  /** Files that no process holds any more; at most `MAX_CLOSES`. */
  | { readonly _tag: "close"; readonly files: ReadonlyArray<number> }

/** Output that a process may have under way to the kernel before it waits for credit: bytes, and so many per message. */
export const OUTPUT_WINDOW = 256 * 1024
export const OUTPUT_OVERHEAD = 64
/** Largest piece of output, or of input, in one message. */
export const OUTPUT_CHUNK = 64 * 1024
/** Input bytes that the kernel may have under way to a process before it waits for credit. */
export const STDIN_WINDOW = 256 * 1024
/** System calls whose answer may be long in coming; they do not count among those that must make room for others. */
export const isParked = (name: string): boolean =>
  name === "sleep" || name === "flock" || name === "tool" || name === "toolNext"
/** Such calls that a worker may have unanswered. */
export const MAX_PARKED_CALLS = 1024
/** System calls that a worker may have unanswered. A worker that sends more is killed. */
export const MAX_PENDING_CALLS = 256 + MAX_PARKED_CALLS
/** Notices in one message. */
export const MAX_NOTICES = 1024
/** Characters, and words, of a process's arguments that a notice tells. */
export const ARGV_SHOWN = 4096
export const WORDS_SHOWN = 256
/** Process numbers in one grant. */
export const PID_BLOCK = 256

/** A process as ps(1) shows it. */
export interface GuestProcess {
  readonly pid: number
  readonly ppid: number
  readonly pgid: number
  readonly sid: number
  /** Path of the controlling terminal. */
  readonly tty: string | undefined
  /** Name of the program, without its path. */
  readonly command: string
  readonly argv: ReadonlyArray<string>
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  readonly state: "running" | "stopped" | "zombie"
  /** Milliseconds since 1970 on the VM's clock. */
  readonly startedAtMs: number
  readonly cpuMs: number
  readonly descriptors: number
}
/** Files in one message that closes some. */
export const MAX_CLOSES = 256
/** Most bytes that one `pread` answers or one `pwrite` takes. */
export const TRANSFER_BYTES = 256 * 1024
/** Files that one `readFiles` reads. */
export const FILES_TOGETHER = 32

export type FileType = "file" | "directory" | "symlink" | "character" | "block" | "fifo" | "socket"

export interface GuestStat {
  readonly type: FileType
  /** Permission and type bits as in stat(2). */
  readonly mode: number
  readonly size: number
  readonly nlink: number
  readonly uid: number
  readonly gid: number
  readonly ino: number
  readonly dev: number
  readonly atimeMs: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  /** Of a device: its number, the major one from the ninth bit on. */
  readonly rdev: number
}

export interface GuestSpace {
  readonly bytes: number
  readonly freeBytes: number
  readonly inodes: number
  readonly freeInodes: number
}

export interface GuestDirectoryEntry {
  readonly name: string
  readonly type: FileType
}

/** A file that has been opened. Positions are the worker's: all who share a description live in it. */
export interface OpenedFile {
  /** By which it is read and written; none for a named pipe, whose content never leaves the worker. */
  readonly file: number | undefined
  readonly stat: GuestStat
  /** The beginning of its content, as asked for. */
  readonly head: Uint8Array
}

/** What comes of a tool call: a line of progress, after which `toolNext` gives what follows, or its end. */
export type ToolStep =
  | { readonly _tag: "progress"; readonly call: number; readonly text: string }
  | {
    readonly _tag: "done"
    readonly status: "ok" | "error" | "timeout" | "denied"
    /** JSON text, in pieces. */
    readonly output: ReadonlyArray<Uint8Array>
  }

/** The system calls, by name: arguments and result. Paths are absolute. Every call may fault. */
export interface SystemCalls {
  readonly stat: (path: string) => GuestStat
  readonly lstat: (path: string) => GuestStat
  readonly readFile: (path: string) => Uint8Array
  /** At most `FILES_TOGETHER`, by their paths joined with NUL: each as `readFile` gives it, or the error that it faults with. */
  readonly readFiles: (paths: string) => ReadonlyArray<Uint8Array | Errno>
  /** Creates with exactly `mode` (default 0o644); truncates unless `append`. */
  readonly writeFile: (path: string, bytes: Uint8Array, append: boolean, mode?: number) => void
  /**
   * Opens a file with the flags of open(2) as Linux numbers them; `mode` is what a new one gets, exactly (default 0o644). Answers
   * with the first `head` bytes. Open until a `close` message, or until the worker ends.
   */
  readonly open: (path: string, flags: number, mode: number | undefined, head: number) => OpenedFile
  /** At most `TRANSFER_BYTES`; empty at the end. */
  readonly pread: (file: number, offset: number, length: number) => Uint8Array
  /** All of the bytes, at most `TRANSFER_BYTES`, at an offset; at the end if the file was opened to append. */
  readonly pwrite: (file: number, offset: number, bytes: Uint8Array) => void
  readonly fstat: (file: number) => GuestStat
  readonly ftruncate: (file: number, size: number) => void
  readonly mkfifo: (path: string, mode: number | undefined) => void
  readonly readdir: (path: string) => ReadonlyArray<GuestDirectoryEntry>
  /** A directory with the lstat of each entry, in one call. */
  readonly readdirStat: (path: string) => ReadonlyArray<GuestDirectoryEntry & { readonly stat: GuestStat }>
  /** With exactly `mode` (default 0o755). */
  readonly mkdir: (path: string, mode: number | undefined, recursive: boolean) => void
  readonly unlink: (path: string) => void
  readonly rmdir: (path: string) => void
  /** Removes a whole tree; `force` makes a missing path no fault. */
  readonly remove: (path: string, recursive: boolean, force: boolean) => void
  readonly rename: (from: string, to: string) => void
  readonly copy: (from: string, to: string, recursive: boolean) => void
  readonly link: (existing: string, path: string) => void
  readonly symlink: (target: string, path: string) => void
  readonly readlink: (path: string) => string
  readonly realpath: (path: string) => string
  readonly chmod: (path: string, mode: number) => void
  readonly chown: (path: string, uid: number, gid: number, follow: boolean) => void
  readonly utimes: (path: string, atimeMs: number, mtimeMs: number) => void
  readonly truncate: (path: string, size: number) => void
  /** The value of an extended attribute; of a link itself unless `follow`. */
  readonly getxattr: (path: string, name: string, follow: boolean) => Uint8Array
  /** The names of all extended attributes, in order. */
  readonly listxattr: (path: string, follow: boolean) => ReadonlyArray<string>
  /** `mode`: 0 either, 1 the attribute must not exist, 2 it must. */
  readonly setxattr: (path: string, name: string, value: Uint8Array, mode: number, follow: boolean) => void
  readonly removexattr: (path: string, name: string, follow: boolean) => void
  /** How much the filesystem of a path holds, and what is left. */
  readonly statfs: (path: string) => GuestSpace
  /** Milliseconds of the VM's clock. */
  readonly now: () => number
  /** Waits on the VM's clock. */
  readonly sleep: (milliseconds: number, name?: number) => void
  /** Ends a sleep of the same process early, by the name that it was given; a wait for a lock fails with EINTR. */
  readonly wake: (name: number) => void
  /** flock(2) of an open file: 0 shared, 1 exclusive, 2 gives it up. EAGAIN instead of waiting, unless it may wait. */
  readonly flock: (file: number, kind: number, wait: boolean, name: number) => void
  /**
   * kill(2): a process, a group when negative, the caller's own group when 0, all but the caller and init when -1. Signal
   * "0" only asks. ESRCH when there is none; EPERM for init.
   */
  readonly kill: (target: number, signal: Signal | "0") => void
  /** All processes of the VM, init first. */
  readonly processes: () => ReadonlyArray<GuestProcess>
  /** Faults unless the program of that name, found at that path, may be started. */
  readonly mayRun: (name: string, path: string) => void
  /** The VM's tool kits, as JSON. */
  readonly tools: () => string
  /** Calls a tool of the host, `KIT:TOOL`, with the JSON of its input; waits for what comes first. */
  readonly tool: (name: string, input: Uint8Array) => ToolStep
  /** Waits for what comes next of a call of the same process. */
  readonly toolNext: (call: number) => ToolStep
  /**
   * What the shell session of a process has become, told by the process that its script was started in, before it ends.
   * Without a state: it is larger than may be kept.
   */
  readonly saveSession: (state: Uint8Array | undefined) => void
}

export type SystemCallName = keyof SystemCalls
