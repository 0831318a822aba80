/** The system calls on files that a worker holds open. */
import type { GuestStat, OpenedFile, SystemCalls } from "../../guests/protocol.ts"
import { TRANSFER_BYTES } from "../../guests/protocol.ts"
import type { Filesystem } from "../filesystem/filesystem.ts"
import {
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  R_OK,
  W_OK
} from "../filesystem/flags.ts"
import { fileTypeOf } from "../filesystem/inode.ts"
import type { OpenFile } from "../filesystem/open-file.ts"
import type { Caller } from "../filesystem/operation.ts"
import type { Stat } from "../filesystem/stat.ts"
import { isFault } from "../filesystem/steps.ts"
import type { OpenFiles } from "../open-files.ts"
import type { Arguments } from "./arguments.ts"

export interface FileContext {
  readonly filesystem: Filesystem
  readonly caller: Caller
  /** What the worker holds open. */
  readonly files: OpenFiles
}

export type FileCall = "open" | "pread" | "pwrite" | "fstat" | "ftruncate" | "mkfifo"

const NOTHING = new Uint8Array(0)
const ALL_FLAGS = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK

/** A mode that a guest gives is exact: its own umask, which the kernel does not know, is taken off already. */
export const making = (caller: Caller, mode: number | undefined): Caller =>
  mode === undefined ? caller : { ...caller, credentials: { ...caller.credentials, umask: 0 } }

/** Opens a file; a named pipe is only checked. */
const open = ({ caller, files, filesystem }: FileContext, args: Arguments): OpenedFile => {
  const path = args.string(0)
  const flags = args.number(1, ALL_FLAGS)
  const mode = args.mode(2)
  const head = args.number(3, TRANSFER_BYTES)
  try {
    const opened = filesystem.open(making(caller, mode), path, flags, mode)
    return hold(files, opened, head)
  } catch (error) {
    if (!isFault(error, "ENXIO")) throw error
    const stat = filesystem.stat(caller, path)
    if (fileTypeOf(stat.mode) !== "fifo") throw error
    const access = flags & O_ACCMODE
    filesystem.access(caller, path, (access === O_WRONLY ? 0 : R_OK) | (access === O_RDONLY ? 0 : W_OK))
    return { file: undefined, stat: guestStat(stat), head: NOTHING }
  }
}

/** What is open, with its first bytes. Where those cannot be had, or not yet, it is closed again. */
const hold = (files: OpenFiles, opened: OpenFile, head: number): OpenedFile => {
  try {
    const stat = guestStat(opened.stat())
    const bytes = head > 0 && stat.type === "file" ? opened.pread(0, head) : NOTHING
    return { file: files.add(opened), stat, head: bytes }
  } catch (thrown) {
    opened.close()
    throw thrown
  }
}

export const fileCalls: {
  readonly [Name in FileCall]: (context: FileContext, args: Arguments) => ReturnType<SystemCalls[Name]>
} = {
  open,
  pread: ({ files }, args) => files.get(args.number(0)).pread(args.number(1), args.number(2, TRANSFER_BYTES)),
  pwrite: ({ files }, args) => {
    const bytes = args.bytes(2)
    if (bytes.length > TRANSFER_BYTES) args.refuse()
    files.get(args.number(0)).pwrite(args.number(1), bytes)
  },
  fstat: ({ files }, args) => guestStat(files.get(args.number(0)).stat()),
  ftruncate: ({ files }, args) => files.get(args.number(0)).truncate(args.number(1)),
  mkfifo: ({ caller, filesystem }, args) => {
    const mode = args.mode(1)
    filesystem.mkfifo(making(caller, mode), args.string(0), mode)
  }
}

const milliseconds = (nanos: bigint): number => Number(nanos / 1000n) / 1000

export const guestStat = (stat: Stat): GuestStat => ({
  type: fileTypeOf(stat.mode),
  mode: stat.mode,
  size: stat.size,
  nlink: stat.nlink,
  uid: stat.uid,
  gid: stat.gid,
  ino: stat.ino,
  dev: stat.dev,
  atimeMs: milliseconds(stat.atime),
  mtimeMs: milliseconds(stat.mtime),
  ctimeMs: milliseconds(stat.ctime),
  rdev: stat.rdev
})
