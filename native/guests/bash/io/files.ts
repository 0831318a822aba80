/**
 * Files of the VM as open files. The position belongs to the description, as in POSIX: whoever shares it reads on where
 * another stopped. Content is read in advance, and what is written is gathered and posted in pieces, at the latest before
 * any other system call of the machine.
 */
import type { GuestStat, OpenedFile } from "../../protocol.ts"
import { TRANSFER_BYTES } from "../../protocol.ts"
import { SystemCallError } from "../../shell/client.ts"
import { clockStands } from "../../shell/clock.ts"
import type { Machine, Timer } from "../machine.ts"
import type { Process } from "../processes/process.ts"
import { refuseSize } from "./file-size.ts"
import { END, type LockRequest, OpenFile } from "./open-file.ts"

const GATHER_BYTES = 64 * 1024
/** What the first read in advance takes; each further one takes twice as much. */
const FIRST_BYTES = 32 * 1024
/**
 * A file whose whole content came with its opening has no more to read: the reads are as if made at that moment. That may
 * be said for this long, and not at all where the machine's time must make no difference.
 */
const MOMENT_MS = 20

export interface Access {
  readonly reads: boolean
  readonly writes: boolean
  /** What is written goes to the end. */
  readonly appends: boolean
}

export class VmFile extends OpenFile {
  /** What tells the inode apart. */
  readonly inode: string
  private readonly file: number
  private offset = 0
  private ahead: Uint8Array
  private next = FIRST_BYTES
  /** The next read finds the end. */
  private atEnd = false
  private readonly openedAt = performance.now()
  private isWhole: boolean
  private reading: Promise<void> | undefined
  private pending: Array<Uint8Array> = []
  private size = 0
  private failure: unknown

  constructor(
    private readonly machine: Machine,
    readonly target: string,
    { file, head, stat }: OpenedFile,
    private readonly access: Access
  ) {
    super()
    this.file = file!
    this.inode = `${stat.dev}:${stat.ino}`
    this.ahead = head
    this.isWhole = access.reads && !clockStands() && stat.type === "file" && stat.size === head.length
    machine.vm.files.add(this)
  }

  // --- reading ------------------------------------------------------------------------------------------------------

  override peek(): Uint8Array | undefined {
    if (!this.access.reads) return super.peek()
    if (this.size > 0) return undefined
    if (this.ahead.length > 0) return this.ahead
    if (this.isWhole && performance.now() - this.openedAt < MOMENT_MS) return END
    return this.atEnd ? END : undefined
  }

  override consume(count: number): void {
    if (count === 0) {
      this.atEnd = false
      this.isWhole = false
      return
    }
    this.offset += count
    this.ahead = this.ahead.subarray(count)
  }

  override async readable(process: Process): Promise<void> {
    this.reading ??= this.readAhead().finally(() => {
      this.reading = undefined
    })
    await process.block(this.reading)
  }

  private async readAhead(): Promise<void> {
    const { offset } = this
    const bytes = await this.machine.sys("pread", this.file, offset, this.next)
    if (this.offset !== offset || this.size > 0) return
    this.ahead = bytes
    this.atEnd = bytes.length === 0
    this.next = Math.min(2 * this.next, TRANSFER_BYTES)
  }

  /** Somebody else has changed the file: what was read in advance may be outdated. */
  forget(): void {
    this.ahead = END
    this.atEnd = false
    this.isWhole = false
  }

  // --- writing ------------------------------------------------------------------------------------------------------

  override write(process: Process, bytes: Uint8Array): Promise<void> | undefined {
    if (!this.access.writes) return super.write(process, bytes)
    if (this.failure !== undefined) this.fail()
    if (bytes.length === 0) return undefined
    const { soft } = process.limits.get("f")
    if (soft !== Infinity) return this.writeWithin(process, bytes, soft)
    return this.gather(process, bytes)
  }

  /** Up to the size that files of the process may have; who has reached it is told so by a signal, or by EFBIG. */
  private async writeWithin(process: Process, bytes: Uint8Array, limit: number): Promise<void> {
    const at = this.access.appends ? (await this.stat(process)).size + this.size : this.offset
    const room = Math.max(0, limit - at)
    if (room < bytes.length) {
      if (room > 0) await this.gather(process, bytes.subarray(0, room))
      refuseSize(process, "write", this.target)
    }
    await this.gather(process, bytes)
  }

  private gather(process: Process, bytes: Uint8Array): Promise<void> | undefined {
    this.forget()
    this.machine.vm.files.changed(this.inode, this)
    this.pending.push(bytes)
    this.size += bytes.length
    this.offset += bytes.length
    this.machine.dirty.add(this)
    return this.size >= GATHER_BYTES ? this.drain(process) : undefined
  }

  private async drain(process: Process): Promise<void> {
    await process.block(this.flush() ?? Promise.resolve())
    if (this.failure !== undefined) this.fail()
  }

  private fail(): never {
    const { failure } = this
    this.failure = undefined
    throw failure
  }

  /** Posts what has been gathered. A failure is reported to the next write, or when the file is closed. */
  override flush(): Promise<void> | undefined {
    this.machine.dirty.delete(this)
    if (this.size === 0) return undefined
    const bytes = this.pending.length === 1 ? this.pending[0] : Buffer.concat(this.pending)
    const start = this.offset - this.size
    this.pending = []
    this.size = 0
    const posts: Array<Promise<void>> = []
    for (let at = 0; at < bytes.length; at += TRANSFER_BYTES) {
      // A copy: a view would carry the whole of its buffer along.
      const piece = new Uint8Array(bytes.subarray(at, at + TRANSFER_BYTES))
      posts.push(this.machine.post("pwrite", this.file, start + at, piece))
    }
    return Promise.all(posts).then(() => {}, (error: unknown) => {
      this.failure ??= error
    })
  }

  // --- position and state -------------------------------------------------------------------------------------------

  override async stat(process: Process): Promise<GuestStat> {
    return process.block(this.machine.sys("fstat", this.file))
  }

  override async seek(process: Process, offset: number, whence: "start" | "current" | "end"): Promise<number> {
    const base = whence === "start" ? 0 : whence === "current" ? this.offset : (await this.stat(process)).size
    const position = base + offset
    if (!(position >= 0)) throw new SystemCallError("EINVAL", "lseek", this.target)
    if (this.size > 0) await process.block(this.flush() ?? Promise.resolve())
    this.forget()
    return (this.offset = position)
  }

  override async truncate(process: Process, size: number): Promise<void> {
    if (!this.access.writes) throw new SystemCallError("EINVAL", "ftruncate", this.target)
    if (size > process.limits.get("f").soft && size > (await this.stat(process)).size + this.size) {
      refuseSize(process, "ftruncate", this.target)
    }
    this.forget()
    this.machine.vm.files.changed(this.inode, this)
    await process.block(this.machine.sys("ftruncate", this.file, size))
  }

  override lock(process: Process, request: LockRequest, wait: boolean): Timer {
    const lock = this.machine.lock(process, this.file, request, wait)
    // who had it before may have written
    return { ...lock, done: lock.done.then(() => this.forget()) }
  }

  protected override async close(): Promise<void> {
    await this.flush()
    this.machine.vm.files.remove(this)
    this.machine.release(this.file)
    if (this.failure !== undefined) this.fail()
  }
}

/** The files that are open in the worker, by inode: a write to one makes others forget what they read in advance. */
export class OpenInodes {
  private readonly byInode = new Map<string, Set<VmFile>>()

  add(file: VmFile): void {
    const files = this.byInode.get(file.inode)
    if (files === undefined) this.byInode.set(file.inode, new Set([file]))
    else files.add(file)
  }

  remove(file: VmFile): void {
    const files = this.byInode.get(file.inode)
    files?.delete(file)
    if (files?.size === 0) this.byInode.delete(file.inode)
  }

  changed(inode: string, by: VmFile | undefined): void {
    const files = this.byInode.get(inode)
    if (files === undefined || (files.size === 1 && by !== undefined)) return
    for (const file of files) if (file !== by) file.forget()
  }

  /** Some file was changed by its path. */
  changedByPath(): void {
    for (const files of this.byInode.values()) for (const file of files) file.forget()
  }
}
