/** What the shell worker does for a program: each request on the process's own descriptors, or as its system call. */
import type { ExecContext } from "../bash/interpret/external.ts"
import { openPath } from "../bash/interpret/open.ts"
import { type OpenFile, readChunk } from "../bash/io/open-file.ts"
import type { GuestStat, SystemCallName, SystemCalls } from "../protocol.ts"
import { SystemCallError } from "../shell/client.ts"
import { resolvePath } from "../shell/paths.ts"
import { Places } from "./places.ts"
import type { Described, ListedEntry, Place, Request, RequestName, Requests } from "./protocol.ts"
import { WINDOW_BYTES } from "./protocol.ts"

/** Bytes of JSON that one page of a listing may have. */
const PAGE_BYTES = WINDOW_BYTES / 2
/** Of an entry, beside its name. */
const ENTRY_BYTES = 64

type Handlers = { readonly [Name in RequestName]: (request: Requests[Name][0]) => Promise<Requests[Name][1]> }

const DIRECTORY_MODE = 0o777

export class ProgramCalls {
  private readonly places: Places
  /** The directory that is being listed, from its beginning. */
  private listing: ReadonlyArray<ListedEntry> = []

  constructor(private readonly context: ExecContext, argv: ReadonlyArray<string>) {
    this.places = new Places(context, argv)
  }

  /** Throws `SystemCallError`. */
  perform(request: Request): Promise<unknown> {
    const { op } = request
    // the worker runs our own code, but what it sends is checked as a guest's is
    if (!Object.hasOwn(this.handlers, op)) throw new SystemCallError("ENOSYS", String(op), undefined)
    return (this.handlers[op] as (request: Request) => Promise<unknown>)(request)
  }

  private file(fd: number): OpenFile {
    return this.context.process.descriptors.require(fd)
  }

  private sys<Name extends SystemCallName>(
    name: Name,
    ...args: Parameters<SystemCalls[Name]>
  ): Promise<ReturnType<SystemCalls[Name]>> {
    const { machine, process } = this.context
    return process.block(machine.sysAs(process, name, ...args))
  }

  private readonly handlers: Handlers = {
    read: async ({ fd, max }) => {
      const file = this.file(fd)
      if (max === 0) return new Uint8Array(0)
      return readChunk(file, this.context.process, Math.min(max, WINDOW_BYTES))
    },
    write: async ({ bytes, fd }) => {
      const pending = this.file(fd).write(this.context.process, bytes)
      if (pending !== undefined) await pending
      return null
    },
    seek: ({ fd, offset, whence }) => this.file(fd).seek(this.context.process, offset, whence),
    describe: ({ fd }) => this.describe(this.file(fd)),
    truncate: async ({ fd, size }) => {
      await this.file(fd).truncate(this.context.process, size)
      return null
    },
    sync: async ({ fd }) => {
      const pending = this.file(fd).flush()
      if (pending !== undefined) await this.context.process.block(pending)
      return null
    },
    close: async ({ fd }) => {
      const { process } = this.context
      this.file(fd)
      const pending = process.descriptors.set(fd, undefined)
      if (pending !== undefined) await process.block(pending)
      return null
    },
    open: ({ flags, place }) => this.open(place, flags),
    stat: async ({ follow, place }) => this.sys(follow ? "stat" : "lstat", await this.places.resolve(place)),
    list: ({ from, place }) => this.list(place, from),
    mkdir: async ({ place }) => {
      await this.sys("mkdir", await this.places.resolve(place), DIRECTORY_MODE & ~this.context.umask, false)
      return null
    },
    unlink: async ({ place }) => {
      await this.sys("unlink", await this.places.resolve(place))
      return null
    },
    rmdir: async ({ place }) => {
      await this.sys("rmdir", await this.places.resolve(place))
      return null
    },
    rename: async ({ from, to }) => {
      await this.sys("rename", await this.places.resolve(from), await this.places.resolve(to))
      return null
    },
    link: async ({ from, to }) => {
      await this.sys("link", await this.places.resolve(from), await this.places.resolve(to))
      return null
    },
    symlink: async ({ place, target }) => {
      await this.sys("symlink", target, await this.places.resolve(place))
      return null
    },
    readlink: async ({ place }) => this.sys("readlink", await this.places.resolve(place)),
    utimes: async ({ atimeMs, mtimeMs, of }) => {
      const path = typeof of === "number" ? this.file(of).target : await this.places.resolve(of)
      const now = atimeMs === "now" || mtimeMs === "now" ? await this.sys("now") : 0
      const stat = atimeMs === undefined || mtimeMs === undefined ? await this.sys("stat", path) : undefined
      const time = (asked: number | "now" | undefined, present: number | undefined) =>
        asked === "now" ? now : asked ?? present ?? 0
      await this.sys("utimes", path, time(atimeMs, stat?.atimeMs), time(mtimeMs, stat?.mtimeMs))
      return null
    },
    pread: ({ fd, max, offset }) => this.readAt(fd, offset, Math.min(max, WINDOW_BYTES)),
    pwrite: async ({ bytes, fd, offset }) => {
      const file = this.file(fd)
      await file.seek(this.context.process, offset, "start")
      const pending = file.write(this.context.process, bytes)
      if (pending !== undefined) await pending
      return null
    },
    lock: async ({ fd, kind }) => {
      const { process } = this.context
      await process.block(this.file(fd).lock(process, kind, false).done)
      return null
    },
    now: () => this.sys("now"),
    poll: ({ reads, timeoutMs }) => this.poll(reads, timeoutMs)
  }

  private async open(place: Place, flags: number): Promise<Requests["open"][1]> {
    const { descriptors } = this.context.process
    const fd = descriptors.free(3)
    if (fd === undefined) throw new SystemCallError("EMFILE", "open", place.path)
    const path = await this.places.resolve(place)
    const file = await openPath(this.context, path, flags)
    void descriptors.set(fd, file)
    return { fd, path: resolvePath("/", path), type: (await this.describe(file)).type }
  }

  private async describe(file: OpenFile): Promise<Described> {
    const stat = await this.statOf(file)
    if (stat !== undefined) return { type: stat.type, terminal: false, stat }
    const { isTerminal, target } = file
    return { type: isTerminal || target.startsWith("/dev/") ? "character" : "pipe", terminal: isTerminal, stat }
  }

  /** As much as was asked for, unless the file ends. */
  private async readAt(fd: number, offset: number, size: number): Promise<Uint8Array> {
    const { process } = this.context
    const file = this.file(fd)
    await file.seek(process, offset, "start")
    const bytes = new Uint8Array(size)
    let end = 0
    while (end < size) {
      const chunk = await readChunk(file, process, size - end)
      if (chunk.length === 0) break
      bytes.set(chunk, end)
      end += chunk.length
    }
    return bytes.subarray(0, end)
  }

  private async statOf(file: OpenFile): Promise<GuestStat | undefined> {
    return file.isTerminal ? undefined : file.stat(this.context.process)
  }

  private async list(place: Place, from: number): Promise<Requests["list"][1]> {
    if (from === 0) {
      const entries = await this.sys("readdirStat", await this.places.resolve(place))
      this.listing = entries.map(({ name, stat, type }) => ({ name, type, ino: stat.ino }))
    }
    let to = from
    for (let size = 0; to < this.listing.length && size < PAGE_BYTES; to++) {
      // as much as JSON may make of a name
      size += ENTRY_BYTES + 6 * this.listing[to].name.length
    }
    return { entries: this.listing.slice(from, to), more: to < this.listing.length }
  }

  private async poll(reads: ReadonlyArray<number>, timeoutMs: number | undefined): Promise<ReadonlyArray<number>> {
    const { machine, process } = this.context
    const files = reads.map((fd) => ({ fd, file: this.file(fd) }))
    const ready = () => files.filter(({ file }) => file.peek(process) !== undefined).map(({ fd }) => fd)
    const first = ready()
    if (first.length > 0 || timeoutMs === 0) return first
    if (files.length === 0) {
      if (timeoutMs !== undefined) await machine.sleep(process, timeoutMs)
      return []
    }
    const timer = timeoutMs === undefined ? undefined : machine.timer(process, timeoutMs)
    try {
      const waits = files.map(({ file }) => file.readable(process))
      // who loses the race is nobody's failure
      for (const wait of waits) wait.catch(() => {})
      await process.block(Promise.race(timer === undefined ? waits : [...waits, timer.done]))
    } finally {
      timer?.cancel()
    }
    return ready()
  }
}
