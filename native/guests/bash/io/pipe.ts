/** A pipe between processes of the worker: bounded, with backpressure, broken when nobody reads. */
import { SystemCallError } from "../../shell/client.ts"
import { PIPE_CAPACITY } from "../limits.ts"
import type { Process } from "../processes/process.ts"
import { SIGPIPE } from "../processes/signals.ts"
import { END, OpenFile } from "./open-file.ts"

class Channel {
  readonly chunks: Array<Uint8Array> = []
  size = 0
  hasReader = true
  hasWriter = true
  private readonly readers: Array<() => void> = []
  private readonly writers: Array<() => void> = []

  constructor(readonly id: number) {}

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

class PipeReader extends OpenFile {
  readonly target: string
  constructor(private readonly channel: Channel) {
    super()
    this.target = `pipe:[${channel.id}]`
  }

  override peek(): Uint8Array | undefined {
    const { channel } = this
    return channel.chunks[0] ?? (channel.hasWriter ? undefined : END)
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
    this.channel.hasReader = false
    this.channel.chunks.length = 0
    this.channel.wakeWriters()
  }
}

class PipeWriter extends OpenFile {
  readonly target: string
  constructor(private readonly channel: Channel) {
    super()
    this.target = `pipe:[${channel.id}]`
  }

  override write(process: Process, bytes: Uint8Array): Promise<void> | undefined {
    const { channel } = this
    if (!channel.hasReader) this.broken(process)
    if (bytes.length === 0) return undefined
    if (channel.size > 0 && channel.size + bytes.length > PIPE_CAPACITY) return this.writeSlowly(process, bytes)
    this.put(bytes)
    return channel.size >= PIPE_CAPACITY ? this.awaitRoom(process) : undefined
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
    this.channel.hasWriter = false
    this.channel.wakeReaders()
  }
}

let nextId = 1_000

export const makePipe = (): { readonly reader: OpenFile; readonly writer: OpenFile } => {
  const channel = new Channel(nextId++)
  return { reader: new PipeReader(channel), writer: new PipeWriter(channel) }
}
