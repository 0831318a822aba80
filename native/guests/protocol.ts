/**
 * What a guest worker and the kernel say to each other over a MessagePort (structured clone, both ends are ours, but the
 * kernel checks whatever it receives: a guest that escaped its engine speaks here too).
 *
 * A worker is bound to one VM for its whole life. Processes in it are told apart by their pid. A system call is atomic:
 * killing the worker at any instant leaves its effects complete or absent.
 */
import type { Errno } from "../../src/Errno.ts"

/** Kernel to worker. */
export type ToWorker =
  /** Become part of a VM. Sent once, before anything else. */
  | {
    readonly _tag: "bind"
    readonly hostname: string
    readonly user: string
    readonly uid: number
    readonly gid: number
  }
  /** Start a process. `stdin` is its whole standard input. `argv` are the positional parameters of a script. */
  | {
    readonly _tag: "spawn"
    readonly pid: number
    readonly command: string
    readonly argv: ReadonlyArray<string>
    readonly cwd: string
    readonly env: Readonly<Record<string, string>>
    readonly stdin: Uint8Array
  }
  /** Ask a process to stop at its next yield. The kernel ends the worker when it does not. */
  | { readonly _tag: "signal"; readonly pid: number; readonly signal: "SIGTERM" | "SIGINT" | "SIGKILL" }
  /** The kernel has handed on `bytes` of a process's output: the worker may send as many more. */
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

/** Worker to kernel. */
export type FromWorker =
  /** The worker has loaded its engine and can be bound. */
  | { readonly _tag: "ready" }
  | {
    readonly _tag: "call"
    readonly id: number
    readonly pid: number
    readonly name: SystemCallName
    readonly args: ReadonlyArray<unknown>
  }
  /** Output of a process; at most 64 KiB each, and never more than the credit in hand. */
  | { readonly _tag: "output"; readonly pid: number; readonly channel: "stdout" | "stderr"; readonly bytes: Uint8Array }
  /** The process has ended, after its last output. */
  | { readonly _tag: "exit"; readonly pid: number; readonly exitCode: number; readonly signal?: string | undefined }

/** Output bytes that a process may have under way to the kernel before it waits for credit. */
export const OUTPUT_WINDOW = 256 * 1024
/** Largest piece of output in one message. */
export const OUTPUT_CHUNK = 64 * 1024
/** System calls that a worker may have unanswered. A worker that sends more is killed. */
export const MAX_PENDING_CALLS = 256

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
}

export interface GuestDirectoryEntry {
  readonly name: string
  readonly type: FileType
}

/** The system calls, by name: arguments and result. Paths are absolute. Every call may fault. */
export interface SystemCalls {
  readonly stat: (path: string) => GuestStat
  readonly lstat: (path: string) => GuestStat
  readonly readFile: (path: string) => Uint8Array
  /** Creates with `mode` (default 0o666 less the umask); truncates unless `append`. */
  readonly writeFile: (path: string, bytes: Uint8Array, append: boolean, mode?: number) => void
  readonly readdir: (path: string) => ReadonlyArray<GuestDirectoryEntry>
  /** A directory with the lstat of each entry, in one call. */
  readonly readdirStat: (path: string) => ReadonlyArray<GuestDirectoryEntry & { readonly stat: GuestStat }>
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
  readonly utimes: (path: string, atimeMs: number, mtimeMs: number) => void
  readonly truncate: (path: string, size: number) => void
  /** Milliseconds of the VM's clock. */
  readonly now: () => number
  /** Waits on the VM's clock. */
  readonly sleep: (milliseconds: number) => void
}

export type SystemCallName = keyof SystemCalls
