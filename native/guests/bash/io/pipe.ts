/** A pipe between processes of the worker: bounded, with backpressure, broken when nobody reads. */
import { SystemCallError } from "../../shell/client.ts"
import { PIPE_CAPACITY } from "../limits.ts"
import type { Process } from "../processes/process.ts"
import { SIGPIPE } from "../processes/signals.ts"
import { END, OpenFile } from "./open-file.ts"

let nextId = 1_000

export class Channel {
  readonly id = nextId++
  readonly chunks: Array<Uint8Array> = []
  size = 0
  /** Open files of each end. */
  private readEnds = 0
  private writeEnds = 0
  private readonly readers: Array<() => void> = []
  private readonly writers: Array<() => void> = []

  constructor(private readonly onClosed: () => void = () => {}) {}

  get hasReader(): boolean {
    return this.readEnds > 0
  }

  get hasWriter(): boolean {
    return this.writeEnds > 0
  }

  addReader(): void {
    this.readEnds++
  }

  addWriter(): void {
    this.writeEnds++
  }

  removeReader(): void {
    if (--this.readEnds > 0) return
    this.chunks.length = 0
    this.size = 0
    this.wakeWriters()
    if (!this.hasWriter) this.onClosed()
  }

  removeWriter(): void {
    if (--this.writeEnds > 0) return
    this.wakeReaders()
    if (!this.hasReader) this.onClosed()
  }

  wakeReaders(): void {
    for (const wake of this.readers.splice(0)) wake()
  }

  wakeWriters(): void {
    for (const wake of this.writers.splice(0)) wake()
  }

  awaitData(): Promise<void> {
    return new Promise((resolve) => this.readers.push(resolve))
  }

  awaitRoom(): Promise<void> {
    return new Promise((resolve) => this.writers.push(resolve))
  }
}

export class PipeReader extends OpenFile {
  /** `blocking`: false is O_NONBLOCK: EAGAIN instead of a wait. */
  constructor(
    private readonly channel: Channel,
    readonly target = `pipe:[${channel.id}]`,
    private readonly blocking = true
  ) {
    super()
    channel.addReader()
  }

  override peek(): Uint8Array | undefined {
    const { channel } = this
    const [first] = channel.chunks
    if (first !== undefined) return first
    if (!channel.hasWriter) return END
    if (!this.blocking) throw new SystemCallError("EAGAIN", "read", this.target)
    return undefined
  }

  override consume(count: number): void {
    const { channel } = this
    if (count === 0) return
    const first = channel.chunks[0]
    if (count < first.length) channel.chunks[0] = first.subarray(count)
    else channel.chunks.shift()
    channel.size -= count
    if (channel.size < PIPE_CAPACITY) channel.wakeWriters()
  }

  override readable(process: Process): Promise<void> {
    return process.block(this.channel.awaitData(), true)
  }

  protected override close(): undefined {
    this.channel.removeReader()
  }
}

export class PipeWriter extends OpenFile {
  constructor(
    private readonly channel: Channel,
    readonly target = `pipe:[${channel.id}]`,
    private readonly blocking = true
  ) {
    super()
    channel.addWriter()
  }

  override write(process: Process, bytes: Uint8Array): Promise<void> | undefined {
    const { channel } = this
    if (!channel.hasReader) this.broken(process)
    if (bytes.length === 0) return undefined
    if (channel.size > 0 && channel.size + bytes.length > PIPE_CAPACITY) {
      if (!this.blocking) throw new SystemCallError("EAGAIN", "write", this.target)
      return this.writeSlowly(process, bytes)
    }
    this.put(bytes)
    return this.blocking && channel.size >= PIPE_CAPACITY ? this.awaitRoom(process) : undefined
  }

  private put(bytes: Uint8Array): void {
    this.channel.chunks.push(bytes)
    this.channel.size += bytes.length
    this.channel.wakeReaders()
  }

  private async writeSlowly(process: Process, bytes: Uint8Array): Promise<void> {
    while (this.channel.size > 0 && this.channel.size + bytes.length > PIPE_CAPACITY) await this.room(process)
    this.put(bytes)
    if (this.channel.size >= PIPE_CAPACITY) await this.awaitRoom(process)
  }

  private async awaitRoom(process: Process): Promise<void> {
    while (this.channel.size >= PIPE_CAPACITY) await this.room(process)
  }

  private async room(process: Process): Promise<void> {
    await process.block(this.channel.awaitRoom())
    if (!this.channel.hasReader) this.broken(process)
  }

  private broken(process: Process): never {
    process.signal(SIGPIPE)
    process.check()
    throw new SystemCallError("EPIPE", "write", undefined)
  }

  protected override close(): undefined {
    this.channel.removeWriter()
  }
}

export const makePipe = (): { readonly reader: OpenFile; readonly writer: OpenFile } => {
  const channel = new Channel()
  return { reader: new PipeReader(channel), writer: new PipeWriter(channel) }
}
