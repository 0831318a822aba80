/**
 * What SQLite's WebAssembly asks of its surroundings: the system calls of its C library, answered by the files and the
 * clock of the VM. Nothing else of JavaScript is in its reach.
 */
import type { LocalZone } from "../programs/time/local-zone.ts"
import type { GuestStat } from "../protocol.ts"
import { resolvePath } from "../shell/paths.ts"
import type { SystemChannel } from "../wasm/channel.ts"
import { WasiFault } from "../wasm/channel.ts"
import type { DatabaseFiles } from "./files.ts"
import type { Memory } from "./memory.ts"

const NOT_SUPPORTED = -52
const INVALID = -28
const RANGE = -68
/** Flags of open(2) that are handed on: the access, O_CREAT, O_EXCL, O_TRUNC. */
const OPEN_FLAGS = 0o3 | 0o100 | 0o200 | 0o1000
const NO_FOLLOW = 0x100
const REMOVE_DIRECTORY = 0x200
const GET_LOCK = 12
const SET_LOCK = 13
const SET_LOCK_WAIT = 14
const UNLOCKED = 2
/** The user that SQLite takes itself for: it does more only for root. */
const USER = 1000
const PAGE = 65536

type Import = (...args: ReadonlyArray<never>) => unknown

/** The outcome of a system call: a number, or the error's, negative. */
const call = (run: () => number): number => {
  try {
    return run()
  } catch (error) {
    if (error instanceof WasiFault) return -error.code
    throw error
  }
}

/** The outcome of a function of WASI: none, or the error's number. */
const wasi = (run: () => void): number =>
  -call(() => {
    run()
    return 0
  })

const writeStat = (memory: Memory, to: number, stat: GuestStat): number => {
  const { view } = memory
  const words = [stat.dev, stat.mode, stat.nlink, stat.uid, stat.gid, stat.rdev]
  words.forEach((word, index) => view.setUint32(to + 4 * index, word, true))
  view.setBigInt64(to + 24, BigInt(stat.size), true)
  view.setUint32(to + 32, 4096, true)
  view.setUint32(to + 36, Math.ceil(stat.size / 512), true)
  const times = [stat.atimeMs, stat.mtimeMs, stat.ctimeMs]
  times.forEach((time, index) => {
    view.setBigInt64(to + 40 + 16 * index, BigInt(Math.floor(time / 1000)), true)
    view.setUint32(to + 48 + 16 * index, Math.floor(time % 1000) * 1_000_000, true)
  })
  view.setBigInt64(to + 88, BigInt(stat.ino), true)
  return 0
}

/** Broken-down time as struct tm has it, in the zone of the process. */
const writeTime = (memory: Memory, zone: LocalZone, seconds: bigint, to: number): number => {
  const instant = Number(seconds) * 1000
  const { offset } = zone.at(instant)
  const time = new Date(instant + offset)
  if (Number.isNaN(time.getTime())) return 1
  const year = time.getUTCFullYear()
  const day = Math.floor((time.getTime() - Date.UTC(year, 0, 1)) / 86_400_000)
  const words = [
    time.getUTCSeconds(),
    time.getUTCMinutes(),
    time.getUTCHours(),
    time.getUTCDate(),
    time.getUTCMonth(),
    year - 1900,
    time.getUTCDay(),
    day,
    0,
    offset / 1000
  ]
  words.forEach((word, index) => memory.view.setInt32(to + 4 * index, word, true))
  return 0
}

/** By path. */
const pathCalls = (memory: Memory, files: DatabaseFiles, cwd: () => string): Record<string, Import> => {
  const path = (at: number) => resolvePath(cwd(), memory.text(at))
  const stat = (at: number, to: number, follow: boolean) =>
    call(() => writeStat(memory, to, files.stat(path(at), follow)))
  return {
    __syscall_stat64: (at: number, to: number) => stat(at, to, true),
    __syscall_lstat64: (at: number, to: number) => stat(at, to, false),
    __syscall_newfstatat: (_: number, at: number, to: number, flags: number) => stat(at, to, (flags & NO_FOLLOW) === 0),
    __syscall_faccessat: (_: number, at: number) =>
      call(() => {
        files.stat(path(at), true)
        return 0
      }),
    __syscall_openat: (_: number, at: number, flags: number) =>
      call(() => files.openFile(path(at), flags & OPEN_FLAGS)),
    __syscall_unlinkat: (_: number, at: number, flags: number) =>
      (flags & REMOVE_DIRECTORY) !== 0 ? NOT_SUPPORTED : call(() => {
        files.unlink(path(at))
        return 0
      }),
    __syscall_readlinkat: (_: number, at: number, to: number, size: number) =>
      call(() => memory.put(to, size, files.readlink(path(at)))),
    __syscall_getcwd: (to: number, size: number) => {
      const bytes = Buffer.from(`${cwd()}\0`)
      if (bytes.length > size) return RANGE
      memory.bytes.set(bytes, to)
      return bytes.length
    },
    __syscall_mkdirat: () => NOT_SUPPORTED,
    __syscall_rmdir: () => NOT_SUPPORTED,
    __syscall_chmod: () => 0,
    __syscall_utimensat: () => 0
  }
}

/** By descriptor. */
const fileCalls = (memory: Memory, files: DatabaseFiles): Record<string, Import> => {
  const buffers = (at: number, count: number) =>
    Array.from({ length: count }, (_, index) => {
      const start = memory.view.getUint32(at + 8 * index, true)
      return memory.bytes.subarray(start, start + memory.view.getUint32(at + 8 * index + 4, true))
    })
  return {
    __syscall_fstat64: (fd: number, to: number) =>
      call(() => {
        const { stat } = files.describe(fd)
        return stat === undefined ? INVALID : writeStat(memory, to, stat)
      }),
    __syscall_ftruncate64: (fd: number, size: bigint) =>
      call(() => {
        files.truncate(fd, Number(size))
        return 0
      }),
    __syscall_fcntl64: (fd: number, command: number, rest: number) =>
      call(() => {
        if (command < GET_LOCK || command > SET_LOCK_WAIT) return command === 1 || command === 2 ? 0 : INVALID
        const { view } = memory
        const at = view.getUint32(rest, true)
        // who holds the lock of the file knows that nobody else writes
        if (command === GET_LOCK) view.setInt16(at, UNLOCKED, true)
        if (command !== SET_LOCK && command !== SET_LOCK_WAIT) return 0
        files.lock(
          fd,
          view.getInt16(at, true),
          Number(view.getBigInt64(at + 8, true)),
          Number(view.getBigInt64(at + 16, true))
        )
        return 0
      }),
    __syscall_fchmod: () => 0,
    __syscall_fchown32: () => 0,
    fd_close: (fd: number) => wasi(() => files.close(fd)),
    fd_sync: (fd: number) => wasi(() => files.sync(fd)),
    fd_fdstat_get: () => -INVALID,
    fd_seek: (fd: number, offset: bigint, whence: number, to: number) =>
      wasi(() => memory.view.setBigInt64(to, BigInt(files.seek(fd, Number(offset), whence)), true)),
    fd_read: (fd: number, at: number, count: number, to: number) =>
      wasi(() => {
        let size = 0
        for (const buffer of buffers(at, count)) size += files.read(fd, buffer)
        memory.view.setUint32(to, size, true)
      }),
    fd_write: (fd: number, at: number, count: number, to: number) =>
      wasi(() => {
        let size = 0
        for (const buffer of buffers(at, count)) {
          files.write(fd, buffer)
          size += buffer.length
        }
        memory.view.setUint32(to, size, true)
      })
  }
}

/** The C library's own needs: time, memory, the end. */
const libraryCalls = (memory: Memory, channel: SystemChannel, zone: LocalZone): Record<string, Import> => {
  const abort = (what: string) => (): never => {
    throw new Error(what)
  }
  return {
    emscripten_date_now: () => channel.ask("now", {}),
    emscripten_get_now: () => performance.now(),
    clock_time_get: (_: number, _precision: bigint, to: number) => {
      memory.view.setBigInt64(to, BigInt(Math.round(channel.ask("now", {}) * 1000)) * 1000n, true)
      return 0
    },
    _localtime_js: (seconds: bigint, to: number) => writeTime(memory, zone, seconds, to),
    _tzset_js: (zone: number, daylight: number, standard: number, summer: number) => {
      memory.view.setInt32(zone, 0, true)
      memory.view.setInt32(daylight, 0, true)
      for (const name of [standard, summer]) memory.bytes.set(Buffer.from("UTC\0"), name)
    },
    __syscall_geteuid32: () => USER,
    _mmap_js: () => NOT_SUPPORTED,
    _munmap_js: () => NOT_SUPPORTED,
    environ_sizes_get: (count: number, size: number) => {
      memory.view.setUint32(count, 0, true)
      memory.view.setUint32(size, 0, true)
      return 0
    },
    environ_get: () => 0,
    emscripten_get_heap_max: () => 2 ** 31,
    emscripten_resize_heap: (wanted: number) => memory.grow(Math.ceil((wanted >>> 0) / PAGE)),
    _abort_js: abort("aborted"),
    __assert_fail: abort("an assertion failed"),
    __handle_stack_overflow: abort("stack overflow"),
    warnLegacyFunction: () => {}
  }
}

/** What is around the program, beside its system calls. */
export interface Surroundings {
  /** The working directory, which commands change. */
  readonly cwd: () => string
  readonly zone: LocalZone
}

/** The imports of the module, by the names of its two groups. */
export const importsOf = (
  memory: Memory,
  files: DatabaseFiles,
  channel: SystemChannel,
  { cwd, zone }: Surroundings
) => {
  const all = { ...pathCalls(memory, files, cwd), ...fileCalls(memory, files), ...libraryCalls(memory, channel, zone) }
  return { env: all, wasi_snapshot_preview1: all }
}
