/**
 * Files of the VM as open files, over whole-file system calls: a reader takes the content when it is first read, a
 * writer gathers what is written and appends it in pieces, at the latest before any other system call of the machine.
 */
import { SystemCallError } from "../../shell/client.ts"
import type { Machine } from "../machine.ts"
import type { Process } from "../processes/process.ts"
import { END, OpenFile } from "./open-file.ts"

const GATHER_BYTES = 64 * 1024

export class FileReader extends OpenFile {
  private content: Uint8Array | undefined
  private offset = 0

  constructor(private readonly machine: Machine, readonly target: string) {
    super()
  }

  override peek(): Uint8Array | undefined {
    const { content } = this
    if (content === undefined) return undefined
    return this.offset === 0 ? content : content.subarray(this.offset)
  }

  override consume(count: number): void {
    this.offset += count
  }

  override async readable(process: Process): Promise<void> {
    this.content ??= await process.block(this.machine.sys("readFile", this.target))
  }
}

export class FileWriter extends OpenFile {
  private pending: Array<Uint8Array> = []
  private size = 0
  private failure: unknown

  constructor(private readonly machine: Machine, readonly target: string) {
    super()
  }

  override write(process: Process, bytes: Uint8Array): Promise<void> | undefined {
    if (this.failure !== undefined) this.fail()
    this.pending.push(bytes)
    this.size += bytes.length
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
    this.pending = []
    this.size = 0
    // A view would carry the whole of its buffer along.
    const whole = bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
    return this.machine.post("writeFile", this.target, whole, true).catch((error: unknown) => {
      this.failure = error
    })
  }

  protected override async close(): Promise<void> {
    await this.flush()
    if (this.failure !== undefined) this.fail()
  }
}

/** Opened with `<>`: reads what was there, writes over it from the start on. */
export class FileUpdater extends OpenFile {
  private offset = 0
  private content: Uint8Array | undefined
  private changed = false

  constructor(private readonly machine: Machine, readonly target: string) {
    super()
  }

  override peek(): Uint8Array | undefined {
    return this.content === undefined ? undefined : this.content.subarray(this.offset)
  }

  override consume(count: number): void {
    this.offset += count
  }

  override async readable(process: Process): Promise<void> {
    this.content ??= await process.block(this.machine.sys("readFile", this.target))
  }

  override async write(process: Process, bytes: Uint8Array): Promise<void> {
    await this.readable(process)
    const old = this.content ?? END
    const end = this.offset + bytes.length
    const next = new Uint8Array(Math.max(old.length, end))
    next.set(old)
    next.set(bytes, this.offset)
    this.content = next
    this.offset = end
    this.changed = true
    this.machine.dirty.add(this)
  }

  override flush(): Promise<void> | undefined {
    this.machine.dirty.delete(this)
    if (!this.changed || this.content === undefined) return undefined
    this.changed = false
    return this.machine.post("writeFile", this.target, this.content.slice(), false)
  }

  protected override async close(): Promise<void> {
    await this.flush()
  }
}

/** A file that has been opened for writing only answers reads so. */
export const badDescriptor = (operation: string): SystemCallError => new SystemCallError("EBADF", operation, undefined)
