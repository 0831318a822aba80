/**
 * What the worker of a WebAssembly program and the shell worker that started it say to each other. A program has one
 * system call under way at most: its worker posts the request and sleeps until the answer is in the memory that both
 * share, so that for the program every call is synchronous.
 */
import type { LockRequest } from "../bash/io/open-file.ts"
import type { FileType, GuestStat } from "../protocol.ts"
import type { Module } from "./engine.ts"

/** Most bytes of one answer. */
export const WINDOW_BYTES = 256 * 1024
/** Most bytes of one write: what a pipe holds. */
export const WRITE_BYTES = 64 * 1024

/** Words before the bytes of an answer: whether it is there, what kind it is, how many bytes it has. */
export const HEADER_WORDS = 4
export const HEADER_BYTES = HEADER_WORDS * 4
export const STATE = 0
export const KIND = 1
export const LENGTH = 2

export const PENDING = 0
export const ANSWERED = 1

/** Bytes of a file; JSON; or the name of an error number. */
export const BYTES = 0
export const JSON_TEXT = 1
export const FAULT = 2

/**
 * A path as a program says it: below a directory that it has open, or, without one, below the only directory that it
 * begins with. There the C library of WASI hands on relative and absolute names alike.
 */
export interface Place {
  readonly base: string | undefined
  readonly path: string
}

/** What is behind a descriptor. */
export interface Described {
  readonly type: FileType | "pipe"
  readonly terminal: boolean
  /** Of what is a file of the VM. */
  readonly stat: GuestStat | undefined
}

export interface Opened {
  readonly fd: number
  /** Without links and dots, for what is looked for below it. */
  readonly path: string
  readonly type: Described["type"]
}

export interface ListedEntry {
  readonly name: string
  readonly type: FileType
  readonly ino: number
}

/** The requests by name: what each is asked with, and what it is answered with. Any of them may fault. */
export interface Requests {
  readonly read: [{ readonly fd: number; readonly max: number }, Uint8Array]
  readonly write: [{ readonly fd: number; readonly bytes: Uint8Array }, null]
  readonly seek: [
    { readonly fd: number; readonly offset: number; readonly whence: "start" | "current" | "end" },
    number
  ]
  readonly describe: [{ readonly fd: number }, Described]
  readonly truncate: [{ readonly fd: number; readonly size: number }, null]
  /** Takes no more of what was written back: a failed write is told here at the latest. */
  readonly sync: [{ readonly fd: number }, null]
  readonly close: [{ readonly fd: number }, null]
  /** With the flags of open(2) as Linux numbers them. */
  readonly open: [{ readonly place: Place; readonly flags: number }, Opened]
  readonly stat: [{ readonly place: Place; readonly follow: boolean }, GuestStat]
  /** Entries from an index on, as many as fit; all when it begins again at 0. */
  readonly list: [
    { readonly place: Place; readonly from: number },
    { readonly entries: ReadonlyArray<ListedEntry>; readonly more: boolean }
  ]
  readonly mkdir: [{ readonly place: Place }, null]
  readonly unlink: [{ readonly place: Place }, null]
  readonly rmdir: [{ readonly place: Place }, null]
  readonly rename: [{ readonly from: Place; readonly to: Place }, null]
  readonly link: [{ readonly from: Place; readonly to: Place }, null]
  readonly symlink: [{ readonly target: string; readonly place: Place }, null]
  readonly readlink: [{ readonly place: Place }, string]
  /** Milliseconds since 1970; what is not given stays. */
  readonly utimes: [
    {
      readonly of: Place | number
      readonly atimeMs: number | "now" | undefined
      readonly mtimeMs: number | "now" | undefined
    },
    null
  ]
  /** Reads, and writes all, at a place of a file. */
  readonly pread: [{ readonly fd: number; readonly offset: number; readonly max: number }, Uint8Array]
  readonly pwrite: [{ readonly fd: number; readonly offset: number; readonly bytes: Uint8Array }, null]
  /** flock(2), without waiting. */
  readonly lock: [{ readonly fd: number; readonly kind: LockRequest }, null]
  /** Milliseconds of the VM's clock. */
  readonly now: [object, number]
  /** Waits until one of the descriptors has something to read, or the time is over: then nothing is ready. */
  readonly poll: [
    { readonly reads: ReadonlyArray<number>; readonly timeoutMs: number | undefined },
    ReadonlyArray<number>
  ]
}

export type RequestName = keyof Requests

export type Request = {
  readonly [Name in RequestName]: { readonly op: Name } & Requests[Name][0]
}[RequestName]

/** Worker to shell: a request, or its end, after which it only waits to be ended. */
export type FromProgram =
  | Request
  /** A program of our own, compiled, for its next runs. */
  | { readonly op: "compiled"; readonly module: Module }
  | { readonly op: "exit"; readonly code: number }
  | { readonly op: "trap"; readonly reason: string }

/** A program of somebody else's, compiled. */
export interface WasiProgram {
  readonly kind: "wasi"
  readonly module: Module
}

/** A program of our own, which the worker has the code of. */
export interface OwnProgram {
  readonly kind: "sqlite3"
  readonly cwd: string
  /** Bytes of memory that it may have. */
  readonly memory: number
  /** Compiled, where it has run before. */
  readonly module: Module | undefined
}

/** Shell to worker, once: the program that it is to run. */
export interface ProgramStart {
  readonly program: WasiProgram | OwnProgram
  readonly argv: ReadonlyArray<string>
  /** As `NAME=value`. */
  readonly env: ReadonlyArray<string>
  readonly answers: SharedArrayBuffer
  /** 32 random bytes, from which all randomness of the program comes. */
  readonly seed: Uint8Array
}
