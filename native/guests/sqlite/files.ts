/**
 * The files that SQLite has open, each through the system calls of its process. Pages are read some at a time and written
 * together where they follow each other; what is held back leaves before anything else happens to any file, so the
 * journal is complete before the database is touched.
 */
import type { SystemChannel } from "../wasm/channel.ts"
import { WasiFault } from "../wasm/channel.ts"
import type { Described, Requests } from "../wasm/protocol.ts"
import { WRITE_BYTES } from "../wasm/protocol.ts"
import { RangeLocks } from "./locks.ts"

/** Bytes that one read asks for, from a multiple of it on. */
const BLOCK = 64 * 1024

interface Open {
  position: number
  /** What was read last, and is as the file has it. */
  block: { readonly at: number; readonly bytes: Uint8Array } | undefined
  readonly locks: RangeLocks
}

interface Held {
  readonly fd: number
  readonly offset: number
  readonly chunks: Array<Uint8Array>
  size: number
}

/** ENOSPC and EDQUOT by WASI's numbers. */
const FULL: ReadonlySet<number> = new Set([51, 19])

export class DatabaseFiles {
  private readonly open = new Map<number, Open>()
  private held: Held | undefined
  /** A write has failed since this was last looked at because there is no room. */
  full = false

  /** The path of a database that may only be read. */
  readOnly: string | undefined

  constructor(private readonly channel: SystemChannel) {}

  /** Throws `WasiFault`, as all of these. */
  openFile(path: string, flags: number): number {
    this.flush()
    if (path === this.readOnly && (flags & WRITES) !== 0) throw new WasiFault(NO_ACCESS)
    const { fd } = this.channel.ask("open", { place: at(path), flags })
    this.open.set(fd, { position: 0, block: undefined, locks: new RangeLocks() })
    return fd
  }

  close(fd: number): void {
    this.require(fd)
    try {
      this.flush()
    } finally {
      this.open.delete(fd)
      this.channel.ask("close", { fd })
    }
  }

  private require(fd: number): Open {
    const file = this.open.get(fd)
    if (file === undefined) throw new WasiFault(BAD_DESCRIPTOR)
    return file
  }

  read(fd: number, target: Uint8Array): number {
    const file = this.require(fd)
    this.flush()
    let done = 0
    while (done < target.length) {
      const start = Math.floor(file.position / BLOCK) * BLOCK
      if (file.block?.at !== start) {
        file.block = { at: start, bytes: this.channel.ask("pread", { fd, offset: start, max: BLOCK }) }
      }
      const piece = file.block.bytes.subarray(file.position - start).subarray(0, target.length - done)
      if (piece.length === 0) break
      target.set(piece, done)
      done += piece.length
      file.position += piece.length
    }
    return done
  }

  write(fd: number, bytes: Uint8Array): void {
    const file = this.require(fd)
    const { held } = this
    const follows = held !== undefined && held.fd === fd && held.offset + held.size === file.position &&
      held.size + bytes.length <= WRITE_BYTES
    if (!follows) this.flush()
    const target: Held = follows ? held : { fd, offset: file.position, chunks: [], size: 0 }
    target.chunks.push(bytes.slice())
    target.size += bytes.length
    this.held = target
    file.position += bytes.length
    file.block = undefined
  }

  /** Hands on what is held back. */
  flush(): void {
    const { held } = this
    if (held === undefined) return
    this.held = undefined
    try {
      this.channel.ask("pwrite", { fd: held.fd, offset: held.offset, bytes: joined(held) })
    } catch (error) {
      if (error instanceof WasiFault && FULL.has(error.code)) this.full = true
      throw error
    }
  }

  seek(fd: number, offset: number, whence: number): number {
    const file = this.require(fd)
    const base = whence === 0 ? 0 : whence === 1 ? file.position : this.describe(fd).stat?.size ?? 0
    if (base + offset < 0) throw new WasiFault(INVALID)
    file.position = base + offset
    return file.position
  }

  truncate(fd: number, size: number): void {
    this.require(fd).block = undefined
    this.flush()
    this.channel.ask("truncate", { fd, size })
  }

  sync(fd: number): void {
    this.require(fd)
    this.flush()
    this.channel.ask("sync", { fd })
  }

  describe(fd: number): Described {
    this.require(fd)
    this.flush()
    return this.channel.ask("describe", { fd })
  }

  stat(path: string, follow: boolean): Requests["stat"][1] {
    this.flush()
    return this.channel.ask("stat", { place: at(path), follow })
  }

  readlink(path: string): string {
    return this.channel.ask("readlink", { place: at(path) })
  }

  unlink(path: string): void {
    this.flush()
    this.channel.ask("unlink", { place: at(path) })
  }

  /** fcntl's lock of a range, by the lock of the whole file. */
  lock(fd: number, kind: number, start: number, length: number): void {
    const file = this.require(fd)
    const { next, was, undo } = file.locks.change(kind, start, length)
    if (next === was) return
    this.flush()
    // others may have written while it was not locked
    file.block = undefined
    try {
      this.channel.ask("lock", { fd, kind: next })
    } catch (error) {
      undo()
      throw error
    }
  }
}

const BAD_DESCRIPTOR = 8
const INVALID = 28
const NO_ACCESS = 2
/** O_WRONLY and O_RDWR. */
const WRITES = 0o3

/** An absolute path. */
const at = (path: string) => ({ base: "/", path })

const joined = ({ chunks, size }: Held): Uint8Array => {
  if (chunks.length === 1) return chunks[0]
  const bytes = new Uint8Array(size)
  let end = 0
  for (const chunk of chunks) {
    bytes.set(chunk, end)
    end += chunk.length
  }
  return bytes
}
