/** What the descriptors of a program are: files and directories of the VM, by requests. */
import { Fd, wasi } from "@bjorn3/browser_wasi_shim"
import type { FileType, GuestStat } from "../protocol.ts"
import { answered, outcome, type SystemChannel, WasiFault } from "./channel.ts"
import type { Described, ListedEntry, Place } from "./protocol.ts"
import { WINDOW_BYTES, WRITE_BYTES } from "./protocol.ts"

const ALL_RIGHTS = (1n << 30n) - 1n
/** A terminal is told by these being absent. */
const SEEKING = BigInt(wasi.RIGHTS_FD_SEEK | wasi.RIGHTS_FD_TELL)

const types: Readonly<Record<FileType | "pipe", number>> = {
  file: wasi.FILETYPE_REGULAR_FILE,
  directory: wasi.FILETYPE_DIRECTORY,
  symlink: wasi.FILETYPE_SYMBOLIC_LINK,
  character: wasi.FILETYPE_CHARACTER_DEVICE,
  block: wasi.FILETYPE_BLOCK_DEVICE,
  socket: wasi.FILETYPE_SOCKET_STREAM,
  fifo: wasi.FILETYPE_UNKNOWN,
  pipe: wasi.FILETYPE_UNKNOWN
}

const nanoseconds = (milliseconds: number): bigint => BigInt(Math.round(milliseconds * 1000)) * 1000n

/** The library puts the times where WASI preview 1 has none of them: two bytes too early. */
class VmFilestat extends wasi.Filestat {
  override write_bytes(view: DataView, at: number): void {
    view.setBigUint64(at, this.dev, true)
    view.setBigUint64(at + 8, this.ino, true)
    view.setBigUint64(at + 16, BigInt(this.filetype), true)
    view.setBigUint64(at + 24, this.nlink, true)
    view.setBigUint64(at + 32, this.size, true)
    view.setBigUint64(at + 40, this.atim, true)
    view.setBigUint64(at + 48, this.mtim, true)
    view.setBigUint64(at + 56, this.ctim, true)
  }
}

const filestat = (type: FileType | "pipe", stat: GuestStat | undefined): wasi.Filestat => {
  const made = new VmFilestat(BigInt(stat?.ino ?? 0), types[type], BigInt(stat?.size ?? 0))
  made.dev = BigInt(stat?.dev ?? 0)
  made.nlink = BigInt(stat?.nlink ?? 1)
  made.atim = nanoseconds(stat?.atimeMs ?? 0)
  made.mtim = nanoseconds(stat?.mtimeMs ?? 0)
  made.ctim = nanoseconds(stat?.ctimeMs ?? 0)
  return made
}

const rightsOf = (type: number, flags: number, rights: bigint): wasi.Fdstat => {
  const made = new wasi.Fdstat(type, flags)
  made.fs_rights_base = rights
  made.fs_rights_inherited = ALL_RIGHTS
  return made
}

/** Times to be set: the flags say which of them are given, and which are to be the present. */
const chosen = (flags: number, given: number, now: number, time: bigint): number | "now" | undefined =>
  (flags & now) !== 0 ? "now" : (flags & given) !== 0 ? Number(time / 1000n) / 1000 : undefined

const times = (flags: number, atim: bigint, mtim: bigint) => ({
  atimeMs: chosen(flags, wasi.FSTFLAGS_ATIM, wasi.FSTFLAGS_ATIM_NOW, atim),
  mtimeMs: chosen(flags, wasi.FSTFLAGS_MTIM, wasi.FSTFLAGS_MTIM_NOW, mtim)
})

const NOTHING = new Uint8Array(0)

/** Something open that the shell worker knows by a number. */
export class VmFd extends Fd {
  private described: Described | undefined

  constructor(protected readonly channel: SystemChannel, readonly fd: number, private flags = 0) {
    super()
  }

  private describe(): Described {
    return (this.described ??= this.channel.ask("describe", { fd: this.fd }))
  }

  override fd_close() {
    return outcome(() => this.channel.ask("close", { fd: this.fd }))
  }

  override fd_fdstat_get(): { ret: number; fdstat: wasi.Fdstat | null } {
    const { ret, value } = answered(() => {
      const { terminal, type } = this.describe()
      return rightsOf(types[type], this.flags, terminal ? ALL_RIGHTS & ~SEEKING : ALL_RIGHTS)
    })
    return { ret, fdstat: value ?? null }
  }

  /** Whether it appends is settled when it is opened. */
  override fd_fdstat_set_flags(flags: number) {
    if ((flags & wasi.FDFLAGS_APPEND) !== (this.flags & wasi.FDFLAGS_APPEND)) return wasi.ERRNO_NOTSUP
    this.flags = flags
    return wasi.ERRNO_SUCCESS
  }

  override fd_fdstat_set_rights() {
    return wasi.ERRNO_SUCCESS
  }

  override fd_filestat_get() {
    const { ret, value } = answered(() => {
      const { stat, type } = this.channel.ask("describe", { fd: this.fd })
      return filestat(type, stat)
    })
    return { ret, filestat: value ?? null }
  }

  override fd_filestat_set_size(size: bigint) {
    return outcome(() => this.channel.ask("truncate", { fd: this.fd, size: Number(size) }))
  }

  override fd_filestat_set_times(atim: bigint, mtim: bigint, flags: number) {
    return outcome(() => this.channel.ask("utimes", { of: this.fd, ...times(flags, atim, mtim) }))
  }

  /** Makes a file at least so long. */
  override fd_allocate(offset: bigint, length: bigint) {
    return outcome(() => {
      const { stat } = this.channel.ask("describe", { fd: this.fd })
      const size = Number(offset + length)
      if (stat === undefined) throw new WasiFault(wasi.ERRNO_SPIPE)
      if (size > stat.size) this.channel.ask("truncate", { fd: this.fd, size })
    })
  }

  override fd_read(size: number) {
    const { ret, value } = answered(() => this.channel.ask("read", { fd: this.fd, max: Math.min(size, WINDOW_BYTES) }))
    return { ret, data: value ?? NOTHING }
  }

  /** All of the bytes, in pieces; fewer when something goes wrong on the way. */
  override fd_write(data: Uint8Array) {
    let nwritten = 0
    const ret = outcome(() => {
      do {
        const bytes = data.slice(nwritten, nwritten + WRITE_BYTES)
        this.channel.ask("write", { fd: this.fd, bytes })
        nwritten += bytes.length
      } while (nwritten < data.length)
    })
    return { ret: nwritten > 0 ? wasi.ERRNO_SUCCESS : ret, nwritten }
  }

  override fd_seek(offset: bigint, whence: number) {
    const from = whence === wasi.WHENCE_SET ? "start" : whence === wasi.WHENCE_CUR ? "current" : "end"
    const { ret, value } = answered(() =>
      BigInt(this.channel.ask("seek", { fd: this.fd, offset: Number(offset), whence: from }))
    )
    return { ret, offset: value ?? 0n }
  }

  override fd_tell() {
    return this.fd_seek(0n, wasi.WHENCE_CUR)
  }

  override fd_pread(size: number, offset: bigint) {
    return this.at(offset, () => this.fd_read(size), (ret) => ({ ret, data: NOTHING }))
  }

  override fd_pwrite(data: Uint8Array, offset: bigint) {
    return this.at(offset, () => this.fd_write(data), (ret) => ({ ret, nwritten: 0 }))
  }

  /** Does something at an offset and comes back to where it was. */
  private at<A>(offset: bigint, run: () => A, failed: (ret: number) => A): A {
    const before = this.fd_tell()
    if (before.ret !== wasi.ERRNO_SUCCESS) return failed(before.ret)
    const there = this.fd_seek(offset, wasi.WHENCE_SET)
    if (there.ret !== wasi.ERRNO_SUCCESS) return failed(there.ret)
    const result = run()
    this.fd_seek(before.offset, wasi.WHENCE_SET)
    return result
  }

  override fd_sync() {
    return outcome(() => this.channel.ask("sync", { fd: this.fd }))
  }
}

const O_WRONLY = 1
const O_RDWR = 2
const O_CREAT = 0o100
const O_EXCL = 0o200
const O_TRUNC = 0o1000
const O_APPEND = 0o2000
const O_NONBLOCK = 0o4000
const O_DIRECTORY = 0o200000
const O_NOFOLLOW = 0o400000

const LOOKUP_FOLLOW = 1

/** The flags of open(2) for those of path_open. */
const openFlags = (dirflags: number, oflags: number, rights: bigint, fdflags: number): number => {
  const has = (right: number) => (rights & BigInt(right)) !== 0n
  const isDirectory = (oflags & wasi.OFLAGS_DIRECTORY) !== 0
  const writes = has(wasi.RIGHTS_FD_WRITE) && !isDirectory
  const reads = has(wasi.RIGHTS_FD_READ) || has(wasi.RIGHTS_FD_READDIR)
  return (writes ? reads ? O_RDWR : O_WRONLY : 0) |
    ((oflags & wasi.OFLAGS_CREAT) !== 0 ? O_CREAT : 0) |
    ((oflags & wasi.OFLAGS_EXCL) !== 0 ? O_EXCL : 0) |
    ((oflags & wasi.OFLAGS_TRUNC) !== 0 ? O_TRUNC : 0) |
    (isDirectory ? O_DIRECTORY : 0) |
    ((dirflags & LOOKUP_FOLLOW) === 0 ? O_NOFOLLOW : 0) |
    ((fdflags & wasi.FDFLAGS_APPEND) !== 0 ? O_APPEND : 0) |
    ((fdflags & wasi.FDFLAGS_NONBLOCK) !== 0 ? O_NONBLOCK : 0)
}

/** A directory, below which paths are looked for. */
export class VmDirectory extends VmFd {
  private listing: ReadonlyArray<ListedEntry> = []

  /** Without a path it is the one that a program begins with. */
  constructor(channel: SystemChannel, fd: number, private readonly base?: string) {
    super(channel, fd)
  }

  /** A path below it. */
  place(path: string): Place {
    return { base: this.base, path }
  }

  private get begins(): boolean {
    return this.base === undefined
  }

  override fd_close() {
    return this.begins ? wasi.ERRNO_SUCCESS : super.fd_close()
  }

  override fd_fdstat_get() {
    return { ret: wasi.ERRNO_SUCCESS, fdstat: rightsOf(wasi.FILETYPE_DIRECTORY, 0, ALL_RIGHTS) }
  }

  override fd_filestat_get() {
    return this.path_filestat_get(LOOKUP_FOLLOW, ".")
  }

  override fd_prestat_get() {
    return this.begins
      ? { ret: wasi.ERRNO_SUCCESS, prestat: wasi.Prestat.dir("/") }
      : { ret: wasi.ERRNO_BADF, prestat: null }
  }

  /** The entries are those of the moment when the first of them was asked for. */
  override fd_readdir_single(cookie: bigint) {
    const ret = cookie > 0n ? wasi.ERRNO_SUCCESS : outcome(() => {
      this.listing = this.list()
    })
    const entry = this.listing[Number(cookie)]
    if (ret !== wasi.ERRNO_SUCCESS || entry === undefined) return { ret, dirent: null }
    const { ino, name, type } = entry
    return { ret, dirent: new wasi.Dirent(cookie + 1n, BigInt(ino), name, types[type]) }
  }

  private list(): ReadonlyArray<ListedEntry> {
    const own = { type: "directory", ino: 0 } as const
    const all: Array<ListedEntry> = [{ name: ".", ...own }, { name: "..", ...own }]
    for (let from = 0, more = true; more;) {
      const page = this.channel.ask("list", { place: this.place("."), from })
      all.push(...page.entries)
      from += page.entries.length
      more = page.more
    }
    return all
  }

  override path_create_directory(path: string) {
    return outcome(() => this.channel.ask("mkdir", { place: this.place(path) }))
  }

  override path_filestat_get(flags: number, path: string) {
    const { ret, value } = answered(() => {
      const stat = this.channel.ask("stat", { place: this.place(path), follow: (flags & LOOKUP_FOLLOW) !== 0 })
      return filestat(stat.type, stat)
    })
    return { ret, filestat: value ?? null }
  }

  override path_filestat_set_times(_flags: number, path: string, atim: bigint, mtim: bigint, flags: number) {
    return outcome(() => this.channel.ask("utimes", { of: this.place(path), ...times(flags, atim, mtim) }))
  }

  override path_open(dirflags: number, path: string, oflags: number, rights: bigint, _: bigint, fdflags: number) {
    const { ret, value } = answered(() => {
      const flags = openFlags(dirflags, oflags, rights, fdflags)
      const opened = this.channel.ask("open", { place: this.place(path), flags })
      return opened.type === "directory"
        ? new VmDirectory(this.channel, opened.fd, opened.path)
        : new VmFd(this.channel, opened.fd, fdflags)
    })
    return { ret, fd_obj: value ?? null }
  }

  override path_readlink(path: string) {
    const { ret, value } = answered(() => this.channel.ask("readlink", { place: this.place(path) }))
    return { ret, data: value ?? null }
  }

  override path_remove_directory(path: string) {
    return outcome(() => this.channel.ask("rmdir", { place: this.place(path) }))
  }

  override path_unlink_file(path: string) {
    return outcome(() => this.channel.ask("unlink", { place: this.place(path) }))
  }
}
